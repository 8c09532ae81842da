import json
import socket
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from orchbench.redshift.clock import WallClock
from orchbench.redshift.endpoint import Endpoint
from orchbench.redshift.faults import FaultPlan
from orchbench.redshift.http_server import MAX_BODY_BYTES, DataApiServer
from orchbench.redshift.quotas import UNLIMITED
from orchbench.redshift.script import lasting
from orchbench.redshift.scripted import ScriptedExecutor
from orchbench.redshift.service import DataApi

pytestmark = pytest.mark.local

LIST = {"X-Amz-Target": "RedshiftData.ListStatements"}


def served(read_seconds: float) -> Iterator[DataApiServer]:
    clock, plan = WallClock(), FaultPlan()
    api = DataApi(ScriptedExecutor(clock, lasting(0.3)), clock, quotas=UNLIMITED)
    running = DataApiServer(Endpoint(api, plan), plan, read_seconds=read_seconds)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def server() -> Iterator[DataApiServer]:
    yield from served(read_seconds=60)


@pytest.fixture
def impatient_server() -> Iterator[DataApiServer]:
    yield from served(read_seconds=0.3)


@pytest.fixture
def connection(server: DataApiServer) -> Iterator[HTTPConnection]:
    opened = HTTPConnection("127.0.0.1", server.server_port, timeout=60)
    yield opened
    opened.close()


def ask(
    connection: HTTPConnection, method: str, path: str, body: Any = b"", **headers: str
) -> tuple[int, Any]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection.request(method, path, raw, headers)
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def test_it_listens_on_loopback_alone(server: DataApiServer) -> None:
    assert server.socket.getsockname()[0] == "127.0.0.1"


def test_it_says_that_it_is_there(connection: HTTPConnection) -> None:
    assert ask(connection, "GET", "/health") == (200, {"status": "ok"})
    assert ask(connection, "GET", "/elsewhere")[0] == 404


def test_one_connection_serves_many_calls(connection: HTTPConnection) -> None:
    ask(connection, "POST", "/", {}, **LIST)
    opened = connection.sock
    for _ in range(20):
        assert ask(connection, "POST", "/", {}, **LIST)[0] == 200
    assert ask(connection, "POST", "/", b"{", **LIST)[1]["__type"] == "SerializationException"
    assert ask(connection, "POST", "/", {})[1]["__type"] == "UnknownOperationException"
    assert connection.sock is opened


def test_an_answer_waits_for_no_acknowledgement(server: DataApiServer) -> None:
    # Two packets an answer would each time wait 40 ms for one that is delayed.
    handler: Any = server.RequestHandlerClass
    assert handler.disable_nagle_algorithm
    assert handler.wbufsize != 0


def test_a_body_that_is_too_large_is_refused_unread(connection: HTTPConnection) -> None:
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", str(MAX_BODY_BYTES + 1))
    connection.endheaders()
    response = connection.getresponse()
    assert (response.status, response.getheader("Connection")) == (413, "close")
    assert json.loads(response.read())["__type"] == "RequestEntityTooLarge"


@pytest.mark.parametrize("length", ["", "many", "-1"])
def test_a_body_without_a_length_is_refused(connection: HTTPConnection, length: str) -> None:
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", length)
    connection.endheaders()
    response = connection.getresponse()
    assert (response.status, json.loads(response.read())["__type"]) == (400, "SerializationException")


@pytest.mark.parametrize(
    "start", [b"POST / HT", b"POST / HTTP/1.1\r\nContent-", b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n{"]
)
def test_a_client_that_stops_in_the_middle_is_let_go(impatient_server: DataApiServer, start: bytes) -> None:
    with socket.create_connection(("127.0.0.1", impatient_server.server_port)) as slow:
        slow.settimeout(60)
        slow.sendall(start)
        if b"\r\n" in start:
            assert slow.recv(100) == b""
    opened = HTTPConnection("127.0.0.1", impatient_server.server_port, timeout=60)
    assert ask(opened, "GET", "/health")[0] == 200
    opened.close()


def test_faults_are_set_over_http_and_met_by_a_boto3_client(
    server: DataApiServer, connection: HTTPConnection, client_of: Any
) -> None:
    client = client_of(server.url)
    rules = [
        {"operation": "ListStatements", "kind": "throttle", "calls": 1},
        {"operation": "ListStatements", "kind": "disconnect", "first_call": 2, "calls": 1},
        {"operation": "ListStatements", "kind": "delay", "seconds": 0.3, "first_call": 3, "calls": 1},
    ]
    assert ask(connection, "PUT", "/faults", rules) == (200, {"rules": 3})
    with pytest.raises(ClientError, match="ThrottlingException"):
        client.list_statements()
    with pytest.raises(ConnectionClosedError):
        client.list_statements()
    began = time.monotonic()
    client.list_statements()
    assert time.monotonic() - began >= 0.3
    assert ask(connection, "PUT", "/faults", []) == (200, {"rules": 0})


@pytest.mark.parametrize("body", [b"{", {"kind": "delay"}, [{"operation": "X", "kind": "delay"}], [1], 5])
def test_wrong_faults_are_refused_with_a_sentence(connection: HTTPConnection, body: Any) -> None:
    status, content = ask(connection, "PUT", "/faults", body)
    assert status == 400
    assert content["message"].startswith("The body must be a JSON array of fault rules")


def test_a_script_can_be_served_over_http_too(server: DataApiServer, client_of: Any) -> None:
    answer = client_of(server.url).execute_statement(
        Sql="SELECT 1", WorkgroupName="orders", Database="dev", WaitTimeSeconds=30
    )
    assert answer["Status"] == "FINISHED"
