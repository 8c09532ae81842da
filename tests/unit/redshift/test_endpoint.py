import json
from typing import Any

import pytest

from orchbench.redshift.endpoint import Disconnected, Endpoint, PatienceExhausted
from orchbench.redshift.errors import ServiceError
from orchbench.redshift.faults import Call, Fault, FaultKind, FaultPlan, FaultRule, NoFaults
from orchbench.redshift.script import lasting

NOWHERE = "ffffffff-0000-0000-0000-000000000000"
SUBMIT = {"Sqls": ["SELECT 1"], "WorkgroupName": "orders", "Database": "dev"}


def plan(kind: str, **options: Any) -> FaultPlan:
    return FaultPlan([FaultRule.from_json({"operation": "BatchExecuteStatement", "kind": kind, **options})])


def listed(endpoint: Endpoint, post: Any) -> int:
    _, content = post(endpoint, "ListStatements", {"Status": "ALL"})
    return len(content["Statements"])


def test_an_unknown_operation_says_so(make_api: Any, post: Any) -> None:
    status, content = post(Endpoint(make_api()), "DropEverything", {})
    assert (status, content["__type"]) == (400, "UnknownOperationException")
    assert "RedshiftData.DropEverything" in content["Message"]


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 100_000, b"SELECT 1"])
def test_a_body_that_is_not_json_is_refused(make_api: Any, post: Any, body: bytes) -> None:
    status, content = post(Endpoint(make_api()), "ListStatements", body)
    assert (status, content["__type"]) == (400, "SerializationException")


def test_an_error_carries_its_modelled_members_and_header(make_api: Any) -> None:
    body = json.dumps({"Id": NOWHERE}).encode()
    answer = Endpoint(make_api()).answer("RedshiftData.DescribeStatement", body)
    assert answer.headers["x-amzn-ErrorType"] == "ResourceNotFoundException"
    assert json.loads(answer.body)["ResourceId"] == NOWHERE


def test_a_null_member_counts_as_absent(make_api: Any, post: Any) -> None:
    status, _ = post(Endpoint(make_api()), "BatchExecuteStatement", SUBMIT | {"WaitTimeSeconds": None})
    assert status == 200


def test_an_error_inside_the_service_is_answered_as_its_fault(
    make_api: Any, post: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: Any) -> Any:
        raise ZeroDivisionError

    status, content = post(Endpoint(make_api(broken)), "BatchExecuteStatement", SUBMIT)
    assert (status, content["__type"]) == (500, "InternalServerException")
    assert "SELECT" not in caplog.text


def test_an_executor_that_is_not_there_is_an_environmental_error(make_api: Any, post: Any) -> None:
    def gone(_: Any) -> Any:
        raise ConnectionRefusedError("gone")

    status, content = post(Endpoint(make_api(gone)), "BatchExecuteStatement", SUBMIT)
    assert (status, content["__type"]) == (500, "BatchExecuteStatementException")
    assert content["StatementId"]


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [("throttle", 400, "ThrottlingException"), ("unavailable", 500, "InternalServerException")],
)
def test_a_refused_call_does_not_take_effect(
    make_api: Any, post: Any, kind: str, status: int, code: str
) -> None:
    endpoint = Endpoint(make_api(), plan(kind, calls=1))
    answered, content = post(endpoint, "BatchExecuteStatement", SUBMIT)
    assert (answered, content["__type"]) == (status, code)
    assert listed(endpoint, post) == 0
    assert post(endpoint, "BatchExecuteStatement", SUBMIT)[0] == 200


@pytest.mark.parametrize(("kind", "effect"), [("disconnect", 0), ("lose-answer", 1)])
def test_a_broken_connection_may_come_before_or_after_the_effect(
    make_api: Any, post: Any, kind: str, effect: int
) -> None:
    endpoint = Endpoint(make_api(), plan(kind))
    with pytest.raises(Disconnected):
        post(endpoint, "BatchExecuteStatement", SUBMIT)
    assert listed(endpoint, post) == effect


def test_a_delay_passes_on_the_clock_of_the_service(make_api: Any, post: Any, clock: Any) -> None:
    began = clock.now()
    assert post(Endpoint(make_api(), plan("delay", seconds=7)), "BatchExecuteStatement", SUBMIT)[0] == 200
    assert clock.now() - began == 7


def test_a_caller_gives_up_at_its_timeout_and_the_call_takes_effect(
    make_api: Any, post: Any, clock: Any
) -> None:
    endpoint = Endpoint(make_api(), plan("delay", seconds=100))
    began = clock.now()
    with pytest.raises(PatienceExhausted):
        post(endpoint, "BatchExecuteStatement", SUBMIT, patience_seconds=5)
    assert clock.now() - began == 5
    assert listed(endpoint, post) == 1


def test_a_caller_gives_up_on_a_long_poll_that_lasts_longer_than_its_timeout(
    make_api: Any, post: Any
) -> None:
    endpoint = Endpoint(make_api(lasting(100)))
    with pytest.raises(PatienceExhausted):
        post(endpoint, "BatchExecuteStatement", SUBMIT | {"WaitTimeSeconds": 30}, patience_seconds=5)


def test_a_rule_meets_the_calls_it_names(make_api: Any, post: Any) -> None:
    endpoint = Endpoint(make_api(), plan("throttle", first_call=2, calls=2))
    assert [post(endpoint, "BatchExecuteStatement", SUBMIT)[0] for _ in range(5)] == [200, 400, 400, 200, 200]


def test_replacing_the_rules_starts_the_count_again(make_api: Any, post: Any) -> None:
    faults = plan("throttle", first_call=2, calls=1)
    endpoint = Endpoint(make_api(), faults)
    assert post(endpoint, "BatchExecuteStatement", SUBMIT)[0] == 200
    faults.replace([FaultRule("BatchExecuteStatement", FaultKind.THROTTLE, calls=1)])
    assert [post(endpoint, "BatchExecuteStatement", SUBMIT)[0] for _ in range(2)] == [400, 200]


def test_any_object_may_decide_on_faults_by_call_and_time(make_api: Any, post: Any, clock: Any) -> None:
    seen: list[Call] = []

    class FirstMinute:
        def before(self, call: Call) -> Fault | None:
            seen.append(call)
            return Fault(FaultKind.THROTTLE) if call.time < began + 60 else None

        def after(self, call: Call) -> Fault | None:
            return None

    began = clock.now()
    endpoint = Endpoint(make_api(), FirstMinute())
    assert post(endpoint, "BatchExecuteStatement", SUBMIT)[0] == 400
    clock.sleep(60)
    assert post(endpoint, "BatchExecuteStatement", SUBMIT)[0] == 200
    assert seen[1] == Call("BatchExecuteStatement", 2, began + 60)


def test_a_fault_may_be_any_error_of_the_service(make_api: Any, post: Any) -> None:
    class Denied(NoFaults):
        def before(self, call: Call) -> Fault | None:
            raise ServiceError("AccessDeniedException", f"Not allowed to {call.operation}.")

    status, content = post(Endpoint(make_api(), Denied()), "BatchExecuteStatement", SUBMIT)
    assert (status, content["__type"]) == (400, "AccessDeniedException")


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"operation": "Describe", "kind": "delay"},
        {"operation": "DescribeStatement", "kind": "explode"},
        {"operation": "DescribeStatement", "kind": "delay", "minutes": 1},
        [],
    ],
)
def test_a_wrong_rule_is_refused(rule: Any) -> None:
    with pytest.raises(ValueError, match=r"operation|explode"):
        FaultRule.from_json(rule)
