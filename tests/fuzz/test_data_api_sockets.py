"""Bytes on a socket of the local Data API: whatever they are, it answers or hangs up, and goes on serving."""

import contextlib
import json
import re
import resource
import socket
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orchbench.redshift.clock import WallClock
from orchbench.redshift.endpoint import Endpoint
from orchbench.redshift.faults import FaultPlan
from orchbench.redshift.http_server import MAX_BODY_BYTES, DataApiServer
from orchbench.redshift.quotas import UNLIMITED
from orchbench.redshift.script import lasting
from orchbench.redshift.scripted import ScriptedExecutor
from orchbench.redshift.service import DataApi

pytestmark = pytest.mark.local

READ_SECONDS = 0.5
PATIENT_SECONDS = 300
GIVEN_UP_SECONDS = 120
MOST_CONNECTIONS = 20
POST = b"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: RedshiftData.ListStatements\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[DataApiServer]:
    clock, plan = WallClock(), FaultPlan()
    api = DataApi(ScriptedExecutor(clock, lasting(0)), clock, quotas=UNLIMITED)
    running = DataApiServer(
        Endpoint(api, plan), plan, read_seconds=READ_SECONDS, most_connections=MOST_CONNECTIONS
    )
    running.start()
    yield running
    running.stop()


@pytest.fixture
def patient_server() -> Iterator[DataApiServer]:
    """Yield one that lets nobody go for being slow, so that a test may be as slow as the machine is."""
    clock, plan = WallClock(), FaultPlan()
    api = DataApi(ScriptedExecutor(clock, lasting(0)), clock, quotas=UNLIMITED)
    running = DataApiServer(
        Endpoint(api, plan), plan, read_seconds=PATIENT_SECONDS, most_connections=MOST_CONNECTIONS
    )
    running.start()
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def still_serving(server: DataApiServer) -> Iterator[None]:
    """After each test it answers a good request, and holds no thread of the bad ones."""
    yield
    wait_until_no_connection_is_served()
    assert is_healthy(server)
    wait_until_no_connection_is_served()


def connections_served() -> int:
    return sum("process_request_thread" in thread.name for thread in threading.enumerate())


def wait_until_no_connection_is_served() -> None:
    deadline = time.monotonic() + GIVEN_UP_SECONDS
    while connections_served() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert connections_served() == 0


def is_healthy(server: DataApiServer) -> bool:
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=GIVEN_UP_SECONDS)
    try:
        connection.request("POST", "/", b"{}", {"X-Amz-Target": "RedshiftData.ListStatements"})
        return connection.getresponse().status == 200
    finally:
        connection.close()


def connected(server: DataApiServer) -> socket.socket:
    opened = socket.create_connection(("127.0.0.1", server.server_port), timeout=GIVEN_UP_SECONDS)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened


def answered(server: DataApiServer, sent: bytes) -> bytes:
    """Send bytes and an end of them, and return all that comes back until the server hangs up."""
    received = b""
    with connected(server) as client:
        # It may have hung up before all was sent; what it answered is still there to be read.
        with contextlib.suppress(OSError):
            client.sendall(sent)
            client.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            while piece := client.recv(65_536):
                received += piece
    return received


def statuses(received: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 ([0-9]{3}) ", received)]


def request(
    body: bytes = b"{}", *headers: bytes, method: bytes = b"POST /", version: bytes = b"HTTP/1.1"
) -> bytes:
    lines = [method + b" " + version, b"Host: x", *headers, b"Content-Length: %d" % len(body)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


methods = st.sampled_from(
    [b"POST /", b"GET /health", b"GET /calls", b"PUT /faults", b"HEAD /", b"DELETE /", b"* *"]
)
header = st.builds(
    lambda name, value: name + b": " + value,
    st.sampled_from(
        [b"X-Amz-Target", b"Content-Length", b"Transfer-Encoding", b"Expect", b"Connection", b"Host"]
    )
    | st.binary(max_size=20),
    st.sampled_from(
        [b"RedshiftData.ListStatements", b"chunked", b"100-continue", b"close", b"-1", b"9" * 5000]
    )
    | st.binary(max_size=20),
)
requests = st.builds(
    request,
    st.binary(max_size=50) | st.sampled_from([b"{}", b"[" * 2000, b"[]", b'{"Id": 1}']),
    header,
    header,
    method=methods | st.binary(max_size=20),
    version=st.sampled_from([b"HTTP/1.1", b"HTTP/1.0", b"HTTP/0.9", b"HTTP/9.9", b""])
    | st.binary(max_size=10),
)


@settings(max_examples=60)
@given(sent=requests | st.lists(requests, max_size=3).map(b"".join) | st.binary(max_size=200))
@example(sent=request(b"[" * 2000, method=b"PUT /faults"))
@example(sent=request(b"{}", b"Content-Length: " + b"9" * 5000))
@example(sent=request(b"{}", b"Transfer-Encoding: gzip"))
@example(sent=b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 200 + b"\r\n")
def test_any_bytes_end_in_an_answer_or_a_hang_up(server: DataApiServer, sent: bytes) -> None:
    received = answered(server, sent)
    assert b"Traceback" not in received
    assert all(status < 500 or status in (501, 505) for status in statuses(received))


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (request(b"[" * 100_000, method=b"PUT /faults"), 400),
        (request(b"{}", method=b"PUT /faults"), 400),
        (request(b'""', method=b"PUT /faults"), 400),
        (request(b"[1]", method=b"PUT /faults"), 400),
        (b"POST / HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
        (b"BREW / HTTP/1.1\r\n\r\n", 501),
        (b"GET " + b"a" * 70_000, 414),
        (b"GET / HTTP/1.1\r\n" + b"a" * 70_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 200 + b"\r\n", 431),
    ],
)
def test_what_it_cannot_serve_it_refuses(server: DataApiServer, sent: bytes, status: int) -> None:
    assert statuses(answered(server, sent))[:1] == [status]


def test_requests_sent_ahead_are_answered_in_turn(server: DataApiServer) -> None:
    assert (
        statuses(answered(server, request(b"{}", b"X-Amz-Target: RedshiftData.ListStatements") * 5))
        == [200] * 5
    )


@pytest.mark.parametrize(
    "start",
    [b"", b"PO", POST, POST + b"Content-Length: 100000\r\n\r\n{"],
    ids=["line", "method", "headers", "body"],
)
def test_a_client_that_drips_has_as_long_as_any_other(server: DataApiServer, start: bytes) -> None:
    began = time.monotonic()
    let_go = False
    with connected(server) as client:
        client.sendall(start or b"P")
        client.settimeout(0.05)
        while not let_go and time.monotonic() - began < GIVEN_UP_SECONDS:
            try:
                client.sendall(b"a")
                let_go = client.recv(1000) == b""
            except TimeoutError:
                continue
            except OSError:
                let_go = True
    assert let_go
    # Never before its time; how long after it is the machine's.
    assert time.monotonic() - began > READ_SECONDS / 2


def test_more_clients_than_there_are_places_are_let_go_and_the_others_served(
    patient_server: DataApiServer,
) -> None:
    clients = [connected(patient_server) for _ in range(3 * MOST_CONNECTIONS)]
    let_go = 0
    for client in clients[MOST_CONNECTIONS:]:
        try:
            let_go += client.recv(1) == b""
        except ConnectionResetError:
            let_go += 1
    assert let_go == 2 * MOST_CONNECTIONS
    assert connections_served() == MOST_CONNECTIONS
    clients[0].sendall(request(b"{}", b"X-Amz-Target: RedshiftData.ListStatements", b"Connection: close"))
    assert clients[0].recv(100).startswith(b"HTTP/1.1 200")
    for client in clients:
        client.close()


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def test_bodies_that_are_announced_and_never_sent_take_no_memory(patient_server: DataApiServer) -> None:
    before = resident_bytes()
    start = POST + b"Content-Length: %d\r\n\r\n" % MAX_BODY_BYTES
    clients = [connected(patient_server) for _ in range(MOST_CONNECTIONS)]
    for client in clients:
        client.sendall(start + b"{" * 1000)
    while connections_served() < MOST_CONNECTIONS:
        time.sleep(0.01)
    # And a moment to read the headers in; one that is too short would miss what takes the memory.
    time.sleep(READ_SECONDS / 2)
    assert resident_bytes() - before < MAX_BODY_BYTES
    for client in clients:
        client.close()


def test_the_largest_bodies_leave_no_memory_behind(patient_server: DataApiServer) -> None:
    body = json.dumps({"Sqls": ["x" * 300_000] * 50, "WorkgroupName": "w" * 100, "Database": "dev"}).encode()
    assert len(body) < MAX_BODY_BYTES
    sent = request(body, b"X-Amz-Target: RedshiftData.DescribeStatement")
    answered(patient_server, sent)
    before = resident_bytes()
    for _ in range(3):
        assert statuses(answered(patient_server, sent)) == [400]
    assert resident_bytes() - before < 2 * MAX_BODY_BYTES


def test_a_client_that_leaves_before_its_answer_is_forgotten(server: DataApiServer) -> None:
    for _ in range(20):
        with connected(server) as client:
            client.sendall(request(b"{}", b"X-Amz-Target: RedshiftData.ListStatements"))
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
