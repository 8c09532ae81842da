"""Arbitrary requests to the local Data API: each is answered, in one of the service's own words."""

import base64
import json
import logging
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchbench.redshift.clock import WallClock
from orchbench.redshift.endpoint import Endpoint
from orchbench.redshift.faults import FaultPlan, FaultRule
from orchbench.redshift.model import OPERATIONS, service_model, targets
from orchbench.redshift.parameters import names_used
from orchbench.redshift.quotas import Quotas
from orchbench.redshift.script import lasting
from orchbench.redshift.scripted import ScriptedExecutor
from orchbench.redshift.service import DataApi

HOME = {"WorkgroupName": "orders", "Database": "dev"}
UNKNOWN_ID = "00000000-0000-0000-0000-000000000000"

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=12,
)
texts = st.text(max_size=30) | st.sampled_from(
    ["SELECT 1", "SELECT :a", "\ud800", "\0", UNKNOWN_ID, "/*", "$a$"]
)


def values_of(shape: Any) -> st.SearchStrategy[Any]:
    """Return values that botocore's model would take, or nearly."""
    match shape.type_name:
        case "structure":
            members = {name: nearly(member) for name, member in shape.members.items()}
            return st.fixed_dictionaries({}, optional=members)
        case "list":
            return st.lists(nearly(shape.member), max_size=4)
        case "boolean":
            return st.booleans()
        case "integer" | "long":
            # Above 1 a WaitTimeSeconds would only make the test slow.
            return st.integers(max_value=1)
        case _:
            allowed = shape.metadata.get("enum")
            return st.sampled_from(allowed) if allowed else texts


def nearly(shape: Any) -> st.SearchStrategy[Any]:
    return values_of(shape) | anything


requests = {
    operation: st.builds(
        lambda request, home: home | request if isinstance(request, dict) else request,
        nearly(service_model().operation_model(operation).input_shape),
        st.sampled_from([HOME, {"Id": UNKNOWN_ID}, {}]),
    )
    for operation in OPERATIONS
}


@pytest.fixture(scope="module")
def endpoint() -> Endpoint:
    clock = WallClock()
    quotas = Quotas(calls_per_second={}, active_statements=None)
    return Endpoint(DataApi(ScriptedExecutor(clock, lasting(0)), clock, quotas=quotas))


@pytest.fixture(autouse=True)
def no_traceback(caplog: pytest.LogCaptureFixture) -> Any:
    """Fail where the service logs the traceback of what it did not foresee."""
    yield
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def check_is_answered(endpoint: Endpoint, target: str, body: bytes) -> tuple[int, Any]:
    answer = endpoint.answer(target, body)
    content = json.loads(answer.body)
    if answer.status == 200:
        assert "__type" not in content
    else:
        assert answer.status == 400, content
        assert answer.headers["x-amzn-ErrorType"] == content["__type"]
        message = content["Message"]
        assert message
        assert len(message.splitlines()) == 1
        assert len(message) < 1000
    return answer.status, content


def post(endpoint: Endpoint, operation: str, body: Any) -> tuple[int, Any]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return check_is_answered(endpoint, f"RedshiftData.{operation}", raw)


def submitted(endpoint: Endpoint) -> str:
    _, answer = post(endpoint, "BatchExecuteStatement", HOME | {"Sqls": ["SELECT 1", "SELECT 2"]})
    return str(answer["Id"])


@given(
    target=st.text() | st.sampled_from(list(targets())),
    body=st.binary() | anything.map(json.dumps).map(str.encode),
)
def test_any_bytes_are_answered(endpoint: Endpoint, target: str, body: bytes) -> None:
    check_is_answered(endpoint, target, body)


@pytest.mark.slow
@pytest.mark.parametrize("operation", OPERATIONS)
@given(data=st.data())
def test_any_request_of_an_operation_is_answered(
    endpoint: Endpoint, operation: str, data: st.DataObject
) -> None:
    post(endpoint, operation, data.draw(requests[operation]))


@given(
    sqls=st.lists(texts, max_size=3), names=st.lists(texts, max_size=3), values=st.lists(texts, max_size=3)
)
def test_any_batch_is_answered(
    endpoint: Endpoint, sqls: list[str], names: list[str], values: list[str]
) -> None:
    parameters = [{"name": name, "value": value} for name, value in zip(names, values, strict=False)]
    request = HOME | {"Sqls": sqls, "Parameters": parameters}
    status, answer = post(endpoint, "BatchExecuteStatement", request)
    if status == 200:
        assert post(endpoint, "DescribeStatement", {"Id": answer["Id"]})[0] == 200


@given(
    token=st.text() | anything.map(json.dumps).map(str.encode).map(base64.urlsafe_b64encode).map(bytes.decode)
)
def test_any_token_of_a_page_is_answered(endpoint: Endpoint, token: str) -> None:
    post(endpoint, "ListStatements", {"NextToken": token})
    post(endpoint, "GetStatementResult", {"Id": submitted(endpoint), "NextToken": token})


@given(suffix=st.text(st.characters(categories=["Nd"]), max_size=5))
def test_any_number_of_a_sub_statement_is_answered(endpoint: Endpoint, suffix: str) -> None:
    post(endpoint, "DescribeStatement", {"Id": f"{submitted(endpoint)}:{suffix}"})


NESTED = b"[" * 100_000


@pytest.mark.parametrize(
    ("operation", "body", "error"),
    [
        ("BatchExecuteStatement", NESTED, "SerializationException"),
        ("BatchExecuteStatement", b'{"Sqls": ' + NESTED, "SerializationException"),
        ("BatchExecuteStatement", b'{"Sqls": NaN}', "SerializationException"),
        ("BatchExecuteStatement", b'{"Sqls": ' + b"9" * 5000 + b"}", "SerializationException"),
        ("BatchExecuteStatement", HOME | {"Sqls": ["SELECT '\ud800'"]}, "SerializationException"),
        ("BatchExecuteStatement", {"\ud800": 1}, "ValidationException"),
        ("BatchExecuteStatement", {"a\nb": 1}, "ValidationException"),
        ("BatchExecuteStatement", {"a" * 10_000: 1}, "ValidationException"),
        ("DescribeStatement", {"Id": f"{UNKNOWN_ID}:{'9' * 5000}"}, "ValidationException"),
        ("DescribeStatement", {"Id": f"{UNKNOWN_ID}:\N{ARABIC-INDIC DIGIT ONE}"}, "ValidationException"),
        ("ListStatements", {"NextToken": base64.b64encode(NESTED).decode()}, "ValidationException"),
        (
            "ListStatements",
            {"NextToken": base64.b64encode(b"[1, " + b"9" * 5000).decode()},
            "ValidationException",
        ),
    ],
)
def test_what_once_was_a_traceback_is_an_error(
    endpoint: Endpoint, operation: str, body: Any, error: str
) -> None:
    assert post(endpoint, operation, body)[1]["__type"] == error


rules = st.fixed_dictionaries(
    {
        "operation": st.sampled_from(OPERATIONS) | anything,
        "kind": st.sampled_from(["delay", "throttle"]) | anything,
    },
    optional={"seconds": anything, "first_call": anything, "calls": anything, "other": anything},
)


@pytest.mark.slow
@given(rule=rules | anything)
def test_a_fault_rule_is_read_or_refused_and_never_breaks_a_call(rule: Any) -> None:
    clock = WallClock()
    api = DataApi(ScriptedExecutor(clock, lasting(0)), clock, quotas=Quotas(calls_per_second={}))
    try:
        read = FaultRule.from_json(rule)
    except ValueError as error:
        refusal = str(error)
        assert len(refusal.splitlines()) == 1
        return
    if read.seconds < 0.01:
        answer = Endpoint(api, FaultPlan([read])).answer("RedshiftData.ListStatements", b"{}")
        assert answer.status in (200, 400)


@pytest.mark.parametrize(
    "wrong",
    [
        {"seconds": "1"}, {"seconds": -1}, {"seconds": float("nan")}, {"seconds": 1e400}, {"seconds": True},
        {"first_call": "1"}, {"first_call": 0}, {"calls": "1"}, {"calls": -1}, {"calls": 1.5},
    ],
)  # fmt: skip
def test_a_fault_rule_of_the_wrong_kind_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        FaultRule.from_json({"operation": "ListStatements", "kind": "delay"} | wrong)


UNITS = ["/* ", "$a$ ", "$$ ", "$1", "'", "E'\\", '"', "--", ":a ", "::", "(", "/*$a$'", "a"]


@pytest.mark.parametrize("unit", UNITS)
def test_the_names_in_a_statement_of_200_kb_are_found_at_once(unit: str) -> None:
    began = time.process_time()
    names_used((unit * 204_800)[:204_800])
    assert time.process_time() - began < 2


def test_tags_that_never_close_cost_no_more() -> None:
    began = time.process_time()
    names_used("".join(f"$t{number}$ " for number in range(25_000)))
    assert time.process_time() - began < 2


def test_what_opens_and_never_closes_hides_what_follows() -> None:
    for opening in ("/* ", "$a$ ", "$$ ", "' ", '" ', "E' "):
        assert names_used(f":before {opening} :after") == {"before"}


@pytest.fixture
def memory_peak() -> Any:
    def peak(call: Callable[[], Any]) -> int:
        tracemalloc.start()
        try:
            call()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    return peak


def test_a_refused_batch_leaves_nothing_behind(endpoint: Endpoint, memory_peak: Callable[..., int]) -> None:
    large = json.dumps(HOME | {"Sqls": ["x" * 204_801] * 40}).encode()
    # The body is read, its texts are made, the error is small: a few times its size at any moment.
    assert memory_peak(lambda: post(endpoint, "BatchExecuteStatement", large)) < 4 * len(large)
