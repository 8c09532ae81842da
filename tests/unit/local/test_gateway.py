import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote

import pytest

from orchbench.local.gateway import Gateway
from orchbench.local.http_relay import LARGEST_BODY_BYTES, Answer, Upstream

ARN = "arn:aws:lambda:us-east-1:000000000000:function:poll:1/durable-execution/first/1"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:poll:live"
EXECUTION = "arn:aws:states:us-east-1:000000000000:execution:machine:first"


def as_json(content: Any, status: int = 200) -> Answer:
    return Answer(status, {"Content-Type": "application/json"}, json.dumps(content).encode())


def durable_function(execution_timeout: int = 3700) -> Any:
    """Answer as ministack does: one durable function, everything else plain."""

    def answer(seen: Any) -> Answer:
        if "/functions/poll/configuration" in seen.path:
            config = {"ExecutionTimeout": execution_timeout}
            return as_json({"FunctionArn": FUNCTION, "Version": "1", "DurableConfig": config})
        if "/configuration" in seen.path:
            return as_json({"FunctionArn": FUNCTION, "Version": "$LATEST"})
        return as_json({"from": "ministack"})

    return answer


def started(_seen: Any) -> Answer:
    return as_json({"ExecutionArn": ARN}, 201)


def invoke(
    client: Upstream, payload: bytes = b"{}", name: str = "first", function: str = FUNCTION, **headers: str
) -> Answer:
    sent = {"X-Amz-Invocation-Type": "Event", "X-Amz-Durable-Execution-Name": name}
    sent |= {key.replace("_", "-"): value for key, value in headers.items()}
    path = f"/2015-03-31/functions/{quote(function, safe='')}/invocations"
    return client.call("POST", path, sent, payload)


def test_redshift_data_goes_to_the_local_data_api(stubs: Any, client: Upstream) -> None:
    client.call("POST", "/", {"X-Amz-Target": "RedshiftData.DescribeStatement"}, b'{"Id": "1"}')
    assert [seen.body for seen in stubs.redshift.seen] == [b'{"Id": "1"}']
    assert not stubs.ministack.seen


def test_the_durable_api_goes_to_the_runner_with_its_path_as_sent(stubs: Any, client: Upstream) -> None:
    path = f"/2025-12-01/durable-executions/{quote(ARN, safe='')}/history?MaxItems=10"
    client.call("GET", path, {})
    assert stubs.runner.paths() == [path]


def test_executions_are_listed_by_the_bare_name_of_their_function(stubs: Any, client: Upstream) -> None:
    client.call("GET", f"/2025-12-01/functions/{quote(FUNCTION, safe='')}/durable-executions?MaxItems=1", {})
    assert stubs.runner.paths() == ["/2025-12-01/functions/poll/durable-executions?MaxItems=1"]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
def test_everything_else_goes_to_ministack(stubs: Any, client: Upstream, method: str) -> None:
    client.call(method, "/bucket/key?list-type=2", {})
    assert [(seen.method, seen.path) for seen in stubs.ministack.seen] == [
        (method, "/bucket/key?list-type=2")
    ]


def test_the_health_check_tells_which_stack_this_is(client: Upstream) -> None:
    assert json.loads(client.call("GET", "/_orchbench/health", {}).body) == {"stack_id": "stack-1"}


def test_an_invocation_of_a_plain_function_is_passed_on(stubs: Any, client: Upstream) -> None:
    stubs.ministack.answer = durable_function()
    answer = invoke(client, b'{"value": 1}', function="plain")
    assert json.loads(answer.body) == {"from": "ministack"}
    assert stubs.ministack.seen[-1].body == b'{"value": 1}'


def test_an_event_for_a_durable_function_starts_an_execution_of_the_aliased_version(
    stubs: Any, client: Upstream
) -> None:
    stubs.ministack.answer, stubs.runner.answer = durable_function(), started
    answer = invoke(client, b'{"polls": 3}')
    assert answer.status == 202
    assert answer.headers["X-Amz-Durable-Execution-Arn"] == ARN
    order = json.loads(stubs.runner.seen[0].body)
    wanted = {
        "FunctionName": "poll",
        "FunctionQualifier": "1",
        "ExecutionName": "first",
        "Input": '{"polls": 3}',
    }
    assert order.items() >= wanted.items()
    assert order["ExecutionTimeoutSeconds"] == 3700


def test_the_same_name_and_payload_return_the_execution_there_is(stubs: Any, client: Upstream) -> None:
    stubs.ministack.answer, stubs.runner.answer = durable_function(), started
    answers = [invoke(client), invoke(client)]
    assert [answer.headers["X-Amz-Durable-Execution-Arn"] for answer in answers] == [ARN, ARN]
    assert len(stubs.runner.seen) == 1


def test_the_same_payload_written_in_another_order_is_the_same(stubs: Any, client: Upstream) -> None:
    stubs.ministack.answer, stubs.runner.answer = durable_function(), started
    invoke(client, b'{"a": 1, "b": [2]}')
    assert invoke(client, b'{ "b": [2], "a": 1 }').status == 202
    assert invoke(client, b'{"a": 1, "b": [3]}').status == 409
    assert len(stubs.runner.seen) == 1


def test_the_same_name_with_another_payload_is_refused(stubs: Any, client: Upstream) -> None:
    stubs.ministack.answer, stubs.runner.answer = durable_function(), started
    invoke(client)
    answer = invoke(client, b'{"other": 1}')
    assert answer.status == 409
    assert answer.headers["x-amzn-ErrorType"] == "DurableExecutionAlreadyStartedException"


def test_twenty_callers_of_one_name_start_one_execution(stubs: Any, client: Upstream) -> None:
    def start_slowly(seen: Any) -> Answer:
        time.sleep(0.05)  # long enough for the others to arrive meanwhile
        return started(seen)

    stubs.ministack.answer, stubs.runner.answer = durable_function(), start_slowly
    with ThreadPoolExecutor(20) as pool:
        statuses = {answer.status for answer in pool.map(lambda _: invoke(client), range(20))}
    assert statuses == {202}
    assert len(stubs.runner.seen) == 1


def test_a_failed_start_leaves_its_name_free(stubs: Any, client: Upstream) -> None:
    stubs.ministack.answer = durable_function()
    stubs.runner.answer = lambda _seen: as_json({}, 500)
    assert invoke(client).status == 500
    stubs.runner.answer = started
    assert invoke(client).status == 202


def test_without_a_name_every_event_starts_an_execution(stubs: Any, client: Upstream) -> None:
    stubs.ministack.answer, stubs.runner.answer = durable_function(), started
    invoke(client, name="")
    invoke(client, name="")
    assert len({json.loads(seen.body)["ExecutionName"] for seen in stubs.runner.seen}) == 2


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"function": "poll"}, 400, "InvalidParameterValueException"),
        ({"X_Amz_Invocation_Type": "RequestResponse"}, 400, "InvalidParameterValueException"),
        ({"name": "n" * 65}, 400, "InvalidParameterValueException"),
        ({"name": "a name"}, 400, "InvalidParameterValueException"),
        ({"payload": b"{"}, 400, "InvalidRequestContentException"),
        ({"payload": b'"' + b"x" * 1024 * 1024 + b'"'}, 413, "RequestTooLargeException"),
    ],
)
def test_an_invocation_lambda_would_refuse_is_refused(
    stubs: Any, client: Upstream, change: dict[str, Any], status: int, error: str
) -> None:
    stubs.ministack.answer = durable_function()
    answer = invoke(client, **change)
    assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (status, error)
    assert not stubs.runner.seen


def test_a_short_durable_function_can_be_waited_for(stubs: Any, client: Upstream) -> None:
    statuses = iter(["RUNNING", "SUCCEEDED"])

    def run(seen: Any) -> Answer:
        if seen.method == "POST":
            return started(seen)
        return as_json({"Status": next(statuses), "Result": '{"polls": 2}'})

    stubs.ministack.answer, stubs.runner.answer = durable_function(execution_timeout=60), run
    answer = invoke(client, X_Amz_Invocation_Type="RequestResponse")
    assert (answer.status, answer.body) == (200, b'{"polls": 2}')


def test_the_runners_own_invocation_of_a_handler_starts_nothing(stubs: Any, client: Upstream) -> None:
    stubs.ministack.answer = durable_function()
    invoke(client, X_Dex_Handler_Invoke="true")
    assert not stubs.runner.seen
    assert len(stubs.ministack.seen) == 1


def test_a_stops_error_reaches_the_runner_under_its_name(stubs: Any, client: Upstream) -> None:
    path = f"/2025-12-01/durable-executions/{quote(ARN, safe='')}/stop"
    client.call("POST", path, {}, b'{"ErrorType": "Stopped"}')
    client.call("POST", path, {})
    assert [seen.body for seen in stubs.runner.seen] == [b'{"Error": {"ErrorType": "Stopped"}}', b""]


def state_machine(status: str) -> Any:
    """Answer as ministack does when the name is taken by an execution with the input {"a": 1}."""

    def answer(seen: Any) -> Answer:
        if seen.headers["X-Amz-Target"].endswith("DescribeExecution"):
            found = {"executionArn": EXECUTION, "startDate": 12.5, "status": status, "input": '{"a": 1}'}
            return as_json(found)
        message = f"Execution already exists: '{EXECUTION}'"
        return as_json({"__type": "ExecutionAlreadyExists", "message": message}, 400)

    return answer


def start_execution(client: Upstream, execution_input: str) -> Answer:
    body = json.dumps({"stateMachineArn": "arn:machine", "name": "first", "input": execution_input}).encode()
    return client.call("POST", "/", {"X-Amz-Target": "AWSStepFunctions.StartExecution"}, body)


def test_starting_a_running_name_with_its_input_returns_the_running_execution(
    stubs: Any, client: Upstream
) -> None:
    stubs.ministack.answer = state_machine("RUNNING")
    answer = start_execution(client, '{"a": 1}')
    assert answer.status == 200
    assert json.loads(answer.body) == {"executionArn": EXECUTION, "startDate": 12.5}


@pytest.mark.parametrize(("status", "execution_input"), [("RUNNING", '{"a": 2}'), ("SUCCEEDED", '{"a": 1}')])
def test_another_input_or_a_closed_execution_is_refused(
    stubs: Any, client: Upstream, status: str, execution_input: str
) -> None:
    stubs.ministack.answer = state_machine(status)
    answer = start_execution(client, execution_input)
    assert (answer.status, json.loads(answer.body)["__type"]) == (400, "ExecutionAlreadyExists")


def test_a_body_of_megabytes_arrives_as_it_was_sent(stubs: Any, client: Upstream) -> None:
    body = bytes(range(256)) * 40_000
    client.call("PUT", "/bucket/key", {"Content-Encoding": "aws-chunked"}, body)
    assert stubs.ministack.seen[0].body == body
    assert stubs.ministack.seen[0].headers["Content-Encoding"] == "aws-chunked"


def test_a_chunked_body_arrives_whole(stubs: Any, gateway: Gateway) -> None:
    connection = HTTPConnection("127.0.0.1", gateway.server_address[1])
    pieces = [b"one", b"two" * 100_000, b"three"]
    connection.request("PUT", "/bucket/key", iter(pieces), encode_chunked=True)
    assert connection.getresponse().status == 200
    connection.close()
    assert stubs.ministack.seen[0].body == b"".join(pieces)


def test_a_client_that_asks_may_send_its_body_at_once(gateway: Gateway) -> None:
    head = b"PUT /bucket/key HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    with socket.create_connection(("127.0.0.1", gateway.server_address[1]), timeout=60) as client:
        client.sendall(head)
        assert client.recv(100).startswith(b"HTTP/1.1 100 ")


def test_one_connection_carries_many_requests(stubs: Any, gateway: Gateway) -> None:
    connection = HTTPConnection("127.0.0.1", gateway.server_address[1])
    for number in range(3):
        connection.request("POST", f"/{number}", b"{}")
        assert connection.getresponse().read() == b"{}"
    connection.close()
    assert stubs.ministack.paths() == ["/0", "/1", "/2"]


def test_the_answer_to_head_has_a_length_and_no_body(stubs: Any, client: Upstream) -> None:
    stubs.ministack.answer = lambda _seen: Answer(200, {"ETag": "1"}, b"twelve bytes")
    answer = client.call("HEAD", "/bucket/key", {})
    assert (answer.headers["Content-Length"], answer.headers["ETag"], answer.body) == ("12", "1", b"")


def test_a_body_beyond_all_bounds_is_refused_before_it_is_read(stubs: Any, gateway: Gateway) -> None:
    head = f"PUT /bucket/key HTTP/1.1\r\nHost: x\r\nContent-Length: {LARGEST_BODY_BYTES + 1}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", gateway.server_address[1]), timeout=60) as client:
        client.sendall(head)
        assert client.recv(100).startswith(b"HTTP/1.1 413 ")
    assert not stubs.ministack.seen


def test_a_server_that_is_down_is_named_as_such() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = Upstream("ministack", "127.0.0.1", unused.getsockname()[1])
        with Gateway(0, {"ministack": nobody, "runner": nobody}, "stack-1") as gateway:
            threading.Thread(target=gateway.serve_forever, args=(0.01,), daemon=True).start()
            client = Upstream("gateway", "127.0.0.1", gateway.server_address[1])
            answer = client.call("GET", "/", {})
            without_redshift = client.call("POST", "/", {"X-Amz-Target": "RedshiftData.ListStatements"})
            gateway.shutdown()
    assert answer.status == 503
    assert without_redshift.status == 503
