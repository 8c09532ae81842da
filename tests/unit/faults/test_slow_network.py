"""The network between the functions and the Data API: passes on, slows down, breaks."""

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from orchbench.faults.slow_network import Network


class _Echo(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def network() -> Iterator[Network]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    relay = Network()
    relay.lead_to(server.server_port)
    yield relay
    relay.close()
    server.shutdown()
    server.server_close()


def ask(network: Network, body: bytes = b"{}") -> bytes:
    connection = http.client.HTTPConnection(network.url.removeprefix("http://"), timeout=60)
    try:
        connection.request("POST", "/", body, {"X-Amz-Target": "RedshiftData.DescribeStatement"})
        return connection.getresponse().read()
    finally:
        connection.close()


def test_requests_and_answers_pass(network: Network) -> None:
    large = b"x" * 300_000
    assert ask(network, large) == large
    assert ask(network) == b"{}"


def test_it_tells_who_waits_for_an_answer(network: Network) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        network.lead_to(server.getsockname()[1])
        waiting = threading.Thread(target=ask, args=(network, b'{"Id": "one"}'))
        waiting.start()
        connection, _ = server.accept()
        with connection:
            while b"one" not in connection.recv(1000):
                pass
            assert network.is_asking("DescribeStatement", '"one"')
            assert not network.is_asking("DescribeStatement", '"two"')
            assert not network.is_asking("CancelStatement", '"one"')
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            waiting.join()
    assert not network.is_asking("DescribeStatement", '"one"')


def test_a_slow_network_delays_both_ways(network: Network) -> None:
    network.delay_seconds = 0.1
    began = time.monotonic()
    ask(network)
    assert time.monotonic() - began >= 0.2


def test_a_network_that_is_cut_breaks_connections_until_it_is_mended(network: Network) -> None:
    network.is_cut = True
    with pytest.raises((http.client.HTTPException, OSError)):
        ask(network)
    network.is_cut = False
    assert ask(network) == b"{}"
