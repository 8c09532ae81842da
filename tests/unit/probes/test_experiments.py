"""What experiments make of AWS's answers, on a stubbed account: only there can most of them be shown."""

import json
from typing import Any

import pytest

from orchbench.probes import all_probes
from orchbench.probes.durable_function import DurableFunction
from orchbench.probes.experiments import (
    alarm_dimensions,
    durable_operations,
    keeps_awake,
    latency,
    sdk_answers,
    sdk_integration,
    sql_functions,
    statement_name,
    waits,
)
from orchbench.probes.lab import Lab
from orchbench.probes.listener import Listener
from orchbench.probes.probe import Finding, Verdict
from orchbench.trace import EventKind, ExecutionStatus, Trace, TraceEvent, Work

STATEMENT = "11111111-1111-4111-8111-111111111111"
SUBMITTED = {"Id": STATEMENT}
MOMENT = 1_000_000.0


def found(name: str, lab: Lab) -> Finding:
    return all_probes()[name].attempt(lab)


def described(status: str, **more: Any) -> dict[str, Any]:
    return {"Id": STATEMENT, "Status": status, "UpdatedAt": MOMENT, **more}


def says(account: Any, *answers: dict[str, Any]) -> None:
    for one in answers:
        account.answer("redshift-data", "describe_statement", one)


@pytest.mark.parametrize(
    ("second", "verdict"), [(STATEMENT, Verdict.CONFIRMED), (STATEMENT.replace("1", "2"), Verdict.REFUTED)]
)
def test_a_token_that_starts_a_second_statement_is_told(
    account: Any, lab: Lab, second: str, verdict: Verdict
) -> None:
    account.answer("redshift-data", "execute_statement", SUBMITTED)
    says(account, described("STARTED"))
    account.answer("redshift-data", "execute_statement", {"Id": second})
    says(account, described("STARTED"))

    assert found("client-token-running", lab).verdict is verdict


@pytest.mark.parametrize(
    ("code", "verdict"),
    [("ValidationException", Verdict.CONFIRMED), ("ConflictException", Verdict.CONFIRMED)],
)
def test_other_sql_that_is_refused_is_not_run(account: Any, lab: Lab, code: str, verdict: Verdict) -> None:
    account.answer("redshift-data", "execute_statement", SUBMITTED)
    says(account, described("FINISHED"))
    account.refuse("redshift-data", "execute_statement", code)

    assert found("client-token-other-parameters", lab).verdict is verdict


def cancels(
    account: Any,
    before: str,
    after: str | None,
    end: dict[str, Any],
    rows: int,
    *,
    code: str = "ValidationException",
) -> None:
    """Tell the account five tries that go the same way, after making the table.

    Args:
        account: that is told.
        before: how a statement stands before its cancel.
        after: how it stands after a cancel that was refused; None for one that was taken.
        end: of each.
        rows: that each has written.
        code: of a refusal.
    """
    account.answer("redshift-data", "execute_statement", SUBMITTED)
    says(account, described("FINISHED"))
    for number in range(1, 6):
        account.answer("redshift-data", "execute_statement", SUBMITTED)
        says(account, described(before))
        if after:
            account.refuse("redshift-data", "cancel_statement", code, "not running")
            says(account, described(after))
        else:
            account.answer("redshift-data", "cancel_statement", {"Status": True})
        says(account, end)
        account.answer("redshift-data", "execute_statement", SUBMITTED)
        says(account, described("FINISHED"))
        record = {"Records": [[{"longValue": number * rows}]]}
        account.answer("redshift-data", "get_statement_result", record)


@pytest.mark.parametrize(
    ("tried", "queued", "runs_on"),
    [
        (("SUBMITTED", "PICKED", described("ABORTED"), 1), "confirmed", "refuted"),
        (("PICKED", "ABORTED", described("ABORTED"), 0), "confirmed", "confirmed"),
        (("PICKED", "STARTED", described("FINISHED"), 1), "confirmed", "confirmed"),
        # It was refused because it was over: no cancel met one that waited.
        (("PICKED", "FINISHED", described("FINISHED"), 1), "inconclusive", "inconclusive"),
        (("FINISHED", "FINISHED", described("FINISHED"), 1), "inconclusive", "inconclusive"),
        (("PICKED", "STARTED", described("FAILED"), 0), "confirmed", "inconclusive"),
        (("SUBMITTED", None, described("ABORTED"), 0), "refuted", "inconclusive"),
        (("SUBMITTED", None, described("ABORTED", RedshiftQueryId=7), 0), "inconclusive", "inconclusive"),
        (("STARTED", None, described("ABORTED", RedshiftQueryId=7), 0), "inconclusive", "inconclusive"),
    ],
)
def test_a_cancel_is_judged_by_what_it_met_and_by_the_rows_that_were_written(
    account: Any, lab: Lab, tried: tuple[Any, ...], queued: str, runs_on: str
) -> None:
    for name, verdict in (("cancel-queued", queued), ("cancel-refused-runs-on", runs_on)):
        cancels(account, *tried)
        assert found(name, lab).verdict == verdict
    account.all_asked()


def test_a_refusal_with_a_code_that_no_function_tries_again_after_refutes_the_claim(
    account: Any, lab: Lab
) -> None:
    cancels(account, "PICKED", "STARTED", described("FINISHED"), 1, code="ConflictException")
    judged = found("cancel-queued", lab)
    assert (judged.verdict, "with ConflictException" in judged.reason) == ("refuted", True)


def hears(account: Any, *statement_ids: str, late_seconds: float = 1.0, name: str = "") -> None:
    """Tell the account what the probe's queue holds at the next look."""
    sent = str(int((MOMENT + late_seconds) * 1000))
    events = [{"detail": {"statementId": one, "statementName": name}} for one in statement_ids]
    messages = [{"Body": json.dumps(one), "Attributes": {"SentTimestamp": sent}} for one in events]
    account.answer("sqs", "receive_message", {"Messages": messages})


def listens(account: Any) -> None:
    account.answer("sqs", "create_queue", {"QueueUrl": "https://sqs/q"})
    account.answer("events", "put_rule", {"RuleArn": "arn:rule"})
    account.answer("events", "put_targets", {"FailedEntryCount": 0, "FailedEntries": []})


@pytest.mark.parametrize(("late", "verdict"), [(0.4, Verdict.CONFIRMED), (9.0, Verdict.REFUTED)])
def test_an_events_delay_is_from_the_statements_end_to_the_queue(
    account: Any, lab: Lab, late: float, verdict: Verdict
) -> None:
    listens(account)
    for _time in range(5):
        account.answer("redshift-data", "execute_statement", SUBMITTED)
        says(account, described("FINISHED"))
    # The five statements of this account have one id: one event is heard for all.
    hears(account)
    for _time in range(5):
        hears(account, STATEMENT, late_seconds=late)

    finding = found("statement-event-delay", lab)

    assert finding.verdict is verdict
    assert finding.observations["delays_seconds"] == [late] * 5


@pytest.mark.parametrize(
    ("ids", "verdict"),
    [([STATEMENT], Verdict.CONFIRMED), ([STATEMENT, f"{STATEMENT}:1"], Verdict.REFUTED)],
)
def test_events_of_sub_statements_are_counted(
    account: Any, lab: Lab, ids: list[str], verdict: Verdict
) -> None:
    listens(account)
    account.answer("redshift-data", "batch_execute_statement", SUBMITTED)
    says(account, described("FINISHED"))
    hears(account, ids[0])
    hears(account, *ids[1:], "another")

    assert found("statement-event-per-batch", lab).verdict is verdict


def test_a_name_that_arrives_shortened_is_found(account: Any, lab: Lab) -> None:
    listens(account)
    for length in (300, 500):
        account.answer("redshift-data", "execute_statement", SUBMITTED)
        says(account, described("FINISHED"))
        hears(account, STATEMENT, name=statement_name.long_name(lab, 2000)[:length])

    finding = found("statement-name-in-event", lab)

    assert finding.verdict is Verdict.REFUTED


@pytest.mark.parametrize(
    ("states", "verdict"),
    [(["ABORTED"], "confirmed"), (["FAILED"], "refuted"), (["ABORTED", "ABORTED"], "refuted")],
)
def test_a_cancelled_statements_events_are_read_for_their_state(
    account: Any, lab: Lab, states: list[str], verdict: str
) -> None:
    listens(account)
    account.answer("redshift-data", "execute_statement", SUBMITTED)
    says(account, described("STARTED"), described("STARTED"))
    account.answer("redshift-data", "cancel_statement", {"Status": True})
    says(account, described("ABORTED"), described("ABORTED"))
    bodies = [{"detail": {"statementId": STATEMENT, "state": state}} for state in states]
    stamped = {"Attributes": {"SentTimestamp": str(int(MOMENT * 1000))}}
    messages = [{"Body": json.dumps(one), **stamped} for one in bodies]
    account.answer("sqs", "receive_message", {"Messages": messages})

    assert found("statement-event-cancelled", lab).verdict == verdict


@pytest.mark.parametrize(
    ("heard", "verdict"), [([STATEMENT], "confirmed"), ([STATEMENT, "another"], "refuted")]
)
def test_a_wildcard_that_lets_another_name_through_is_told(
    account: Any, lab: Lab, heard: list[str], verdict: str
) -> None:
    listens(account)
    for _name in ("another", "the one"):
        account.answer("redshift-data", "execute_statement", SUBMITTED)
        says(account, described("FINISHED"))
    hears(account, *heard)

    assert found("statement-name-matched", lab).verdict == verdict


def test_a_name_that_matches_its_rule_has_the_arn_behind_its_first_64_characters(
    account: Any, lab: Lab
) -> None:
    orders: list[Any] = []
    events = account.client("redshift-data").meta.events
    events.register(
        "provide-client-params.redshift-data.ExecuteStatement",
        lambda params, **_more: orders.append(params["StatementName"]),
    )
    listens(account)
    for _name in ("another", "the one"):
        account.answer("redshift-data", "execute_statement", SUBMITTED)
        says(account, described("FINISHED"))
    hears(account, STATEMENT)

    found("statement-name-matched", lab)

    other, matched = orders
    assert matched[64:].startswith(
        " arn:aws:states:us-east-1:123456789012:execution:orchbench-probe-r1-machine:"
    )
    assert " arn:" not in other
    assert len(matched) == statement_name.MATCHED_LENGTH


@pytest.mark.parametrize(
    ("status", "types", "verdict"),
    [
        (ExecutionStatus.SUCCEEDED, ["TaskScheduled", "TaskSucceeded"], "confirmed"),
        (ExecutionStatus.FAILED, ["TaskScheduled", "TaskSubmitted", "TaskTimedOut"], "refuted"),
        (ExecutionStatus.FAILED, ["TaskScheduled", "TaskFailed"], "inconclusive"),
    ],
)
def test_a_token_that_is_completed_too_early_runs_into_the_timeout(
    status: ExecutionStatus, types: list[str], verdict: str
) -> None:
    assert waits.judged_end(status, [{"type": one} for one in types]).verdict == verdict


@pytest.mark.parametrize(
    ("length", "verdict"), [(332, "confirmed"), (1_024, "confirmed"), (1_900, "refuted")]
)
def test_an_id_that_leaves_no_room_in_a_name_is_told(length: int, verdict: str) -> None:
    assert waits.judged_name("a" * 200, ["i" * length]).verdict == verdict


def test_what_listens_goes_again(account: Any, lab: Lab) -> None:
    listens(account)
    Listener(lab, "q", {"source": ["aws.states"]})
    account.answer("events", "remove_targets", {"FailedEntryCount": 0, "FailedEntries": []})
    account.answer("events", "delete_rule", {}, {"Name": "orchbench-probe-r1-q"})
    account.answer("sqs", "get_queue_url", {"QueueUrl": "https://sqs/q"})
    account.answer("sqs", "delete_queue", {}, {"QueueUrl": "https://sqs/q"})
    left: list[Any] = []

    lab.remains.clear(left)

    assert left == []
    account.all_asked()


@pytest.mark.parametrize(
    ("events", "verdict"),
    [
        ([("cause", "User is not authorized", "RedshiftData.RedshiftDataException")], Verdict.CONFIRMED),
        ([("cause", "User is not authorized", "RedshiftData.AccessDenied")], Verdict.REFUTED),
        ([("cause", "no such statement", "RedshiftData.ResourceNotFoundException")], Verdict.INCONCLUSIVE),
    ],
)
def test_an_error_of_an_integration_is_judged_by_its_name(
    events: list[tuple[str, str, str]], verdict: Verdict
) -> None:
    failed = [(name, cause) for _key, cause, name in events]

    assert sdk_integration._named(failed, "AccessDenied", "not authorized").verdict is verdict


NONE = ("RedshiftData.ResourceNotFoundException", "Query does not exist.")
TOO_LONG = ("RedshiftData.ValidationException", "Value at 'waitTimeSeconds' failed to satisfy constraint")
UNKNOWN = ("States.Runtime", "The field 'WaitTimeSeconds' is not supported by Step Functions")


@pytest.mark.parametrize(
    ("failed", "ended", "verdict"),
    [
        ([NONE, TOO_LONG], TOO_LONG[1], Verdict.CONFIRMED),
        # A parameter that is dropped on the way looks like this.
        ([NONE, NONE], NONE[1], Verdict.INCONCLUSIVE),
        ([UNKNOWN], UNKNOWN[1], Verdict.REFUTED),
        ([], UNKNOWN[1], Verdict.REFUTED),
        ([], "The machine was deleted.", Verdict.INCONCLUSIVE),
        ([("States.Timeout", ""), TOO_LONG], TOO_LONG[1], Verdict.INCONCLUSIVE),
    ],
)
def test_a_wait_that_is_too_long_shows_whether_the_parameter_arrives(
    failed: list[tuple[str, str]], ended: str, verdict: Verdict
) -> None:
    assert sdk_integration.judged_waits(failed, ended).verdict is verdict


def test_integrations_are_named_in_the_accounts_own_partition(account: Any, lab_on: Any) -> None:
    lab = lab_on(account, "aws", partition="aws-us-gov")

    named = sdk_integration.task(lab, "describeStatement", {})["Resource"]

    assert named == "arn:aws-us-gov:states:::aws-sdk:redshiftdata:describeStatement"


def test_a_state_machine_is_made_run_and_removed(account: Any, lab: Lab) -> None:
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:orchbench-probe-r1-denied"
    execution = machine.replace("stateMachine", "execution") + ":probe-1"
    role = {"Path": "/", "RoleName": "orchbench-probe-r1-role", "RoleId": "A" * 16, "CreateDate": MOMENT}
    account.answer("iam", "create_role", {"Role": role | {"Arn": "arn:aws:iam::123456789012:role/r"}})
    account.answer("iam", "put_role_policy")
    account.answer(
        "stepfunctions", "create_state_machine", {"stateMachineArn": machine, "creationDate": MOMENT}
    )
    account.answer("stepfunctions", "start_execution", {"executionArn": execution, "startDate": MOMENT})
    failed = {"executionArn": execution, "stateMachineArn": machine, "status": "FAILED", "startDate": MOMENT}
    details = {"resourceType": "aws-sdk:redshiftdata", "resource": "cancelStatement"}
    details |= {"error": sdk_integration.ASSUMED, "cause": "is not authorized to perform"}
    event = {"timestamp": MOMENT, "type": "TaskFailed", "id": 1, "taskFailedEventDetails": details}
    account.answer("stepfunctions", "describe_execution", failed)
    account.answer("stepfunctions", "describe_execution", failed)
    account.answer("stepfunctions", "get_execution_history", {"events": [event]})
    for _time in range(2):
        account.answer("stepfunctions", "describe_execution", failed)
    account.answer("stepfunctions", "delete_state_machine", {}, {"stateMachineArn": machine})
    account.answer("iam", "delete_role_policy")
    account.answer("iam", "delete_role")

    finding = found("sdk-error-access-denied", lab)
    left: list[Any] = []
    lab.remains.clear(left)
    lab.shared.clear(left)

    assert (finding.verdict, left) == (Verdict.CONFIRMED, [])
    account.all_asked()


def metrics(account: Any, *dimensions: str, of: str = "reports-sweep") -> None:
    listed = [{"Dimensions": [{"Name": name, "Value": of} for name in dimensions]}] if dimensions else []
    account.answer("cloudwatch", "list_metrics", {"Metrics": listed})


@pytest.mark.parametrize(
    ("spoilt", "verdict"),
    [(None, Verdict.CONFIRMED), ((), Verdict.INCONCLUSIVE), (("FunctionName", "Resource"), Verdict.REFUTED)],
)
def test_an_alarm_on_dimensions_that_are_not_published_is_found(
    account: Any, lab: Lab, spoilt: tuple[str, ...] | None, verdict: Verdict
) -> None:
    for place, dimensions in enumerate(alarm_dimensions.DIMENSIONS.values()):
        metrics(account, *(spoilt if place == 0 and spoilt is not None else dimensions))

    assert found("alarm-dimensions", lab).verdict is verdict


@pytest.mark.parametrize("dimensions", [("FunctionName",), ("FunctionName", "Resource")])
def test_what_another_stack_publishes_says_nothing_of_this_ones_alarms(
    account: Any, lab: Lab, dimensions: tuple[str, ...]
) -> None:
    # Its name begins with this one's.
    for _metric in alarm_dimensions.DIMENSIONS:
        metrics(account, *dimensions, of="reports-trial-sweep")

    assert found("alarm-dimensions", lab).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(("metered", "expected"), [(7.0, 7.0), (None, None)])
def test_metered_operations_are_the_largest_value_of_the_function(
    account: Any, lab: Lab, metered: float | None, expected: float | None
) -> None:
    metrics(account, "FunctionName")
    points = [] if metered is None else [{"Maximum": 1.0}, {"Maximum": metered}]
    account.answer("cloudwatch", "get_metric_statistics", {"Datapoints": points})

    assert durable_operations._metered(lab, "f", lab.now()) == expected


def workgroup(account: Any, capacity: int) -> None:
    one = {"workgroupArn": lab_target(), "workgroupName": "small", "baseCapacity": capacity}
    for _time in range(2):
        account.answer("redshift-serverless", "list_workgroups", {"workgroups": [one]})


def lab_target() -> str:
    return "arn:aws:redshift-serverless:us-east-1:123456789012:workgroup/8d9f4a6e"


def test_a_large_workgroup_is_not_kept_awake_on_purpose(account: Any, lab: Lab) -> None:
    workgroup(account, 128)

    finding = found("describe-keeps-awake", lab)

    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.reason == "At 128 RPU some minutes awake cost more than a probe may."


@pytest.mark.parametrize(
    ("computed", "verdict", "reason"),
    [
        (
            (0.0, 0.0, 0.0),
            Verdict.CONFIRMED,
            "No compute was recorded while an old statement was described, listed and cancelled.",
        ),
        ((60.0, 0.0, 0.0), Verdict.REFUTED, "Compute was recorded: 60 s while describing."),
        (
            (0.0, 60.0, 30.0),
            Verdict.REFUTED,
            "Compute was recorded: 60 s while listing, 30 s while cancelling.",
        ),
    ],
)
def test_compute_while_a_statement_is_looked_at_refutes_that_looking_is_free(
    account: Any, lab: Lab, computed: tuple[float, ...], verdict: Verdict, reason: str
) -> None:
    workgroup(account, 4)
    account.answer("redshift-data", "execute_statement", SUBMITTED)
    looks = keeps_awake.LOOKING_SECONDS // keeps_awake.EVERY_SECONDS + 1
    says(account, *[described("FINISHED")] * (1 + looks))
    for _look in range(looks):
        account.answer("redshift-data", "list_statements", {"Statements": [SUBMITTED]})
    for _look in range(looks):
        account.refuse("redshift-data", "cancel_statement", "ValidationException", "is FINISHED")
    for seconds in (60.0, *computed):
        metrics(account, "Workgroup")
        points = [{"Sum": seconds}] if seconds else []
        account.answer("cloudwatch", "get_metric_statistics", {"Datapoints": points})

    finding = found("describe-keeps-awake", lab)

    assert (finding.verdict, finding.reason) == (verdict, reason)
    account.all_asked()


@pytest.mark.parametrize(
    ("seconds", "verdict"), [(0.02, Verdict.CONFIRMED), (0.2, Verdict.REFUTED), (None, Verdict.INCONCLUSIVE)]
)
def test_a_latency_that_is_not_the_assumed_one_refutes_it(
    lab: Lab, seconds: float | None, verdict: Verdict
) -> None:
    samples = [] if seconds is None else [seconds] * 50

    finding = latency._judged(lab, "transition", samples, 50)

    assert finding.verdict is verdict
    if seconds is not None:
        assert (finding.observations["median_seconds"], finding.observations["samples"]) == (seconds, 50)


def test_every_function_of_the_bundled_sql_is_tried() -> None:
    (file,) = sql_functions.BUNDLED.glob("*.sql")
    sql = file.read_text()

    assert sql_functions.calls(sql[sql.rindex("SELECT") :]) == [
        "COUNT(DISTINCT order_id)",
        "SUM(quantity * unit_price)",
        "MAX(order_date)",
        "GETDATE()",
    ]
    assert sql_functions.source(sql) == "orders"


def test_a_new_role_is_waited_for_and_a_real_refusal_is_raised(account: Any, lab: Lab) -> None:
    function = object.__new__(DurableFunction)
    function._lab = lab
    function.client = account.client("lambda")
    function.name = "f"
    account.refuse("lambda", "publish_version", "ResourceConflictException", "in progress")
    account.answer("lambda", "publish_version", {"Version": "3"})
    assert function.publish() == "3"

    account.refuse("lambda", "publish_version", "AccessDeniedException")
    with pytest.raises(function.client.exceptions.ClientError):
        function.publish()


def looked(*seconds: float, error: str = "", ended: str = "BatchTimedOut") -> Trace:
    """Return a trace of looks that were held so long; the last one may end with an error."""
    events, at = [], 0.0
    for held in seconds:
        answered = EventKind.TASK_FAILED if error and held == seconds[-1] else EventKind.TASK_SUCCEEDED
        events.append(TraceEvent(EventKind.TASK_SCHEDULED, at, "Look", {}, Work.LOOK))
        at += held
        detail = {"error": error} if answered is EventKind.TASK_FAILED else {}
        events.append(TraceEvent(answered, at, "Look", detail, Work.LOOK))
    return Trace(
        orchestrator="held",
        platform="step-functions",
        host="aws",
        execution_name="probe",
        execution_arn="arn",
        input={},
        output=None,
        status=ExecutionStatus.FAILED,
        started_at=0.0,
        ended_at=at,
        history_events=0,
        error_name=ended,
        cause=None,
        statement=None,
        events=tuple(events),
        invocations=(),
    )


@pytest.mark.parametrize(
    ("trace", "verdict"),
    [
        (looked(30.1, 30.2, 30.0), Verdict.CONFIRMED),
        # One that is dropped on the way: every look is answered at once.
        (looked(0.1, 0.1), Verdict.REFUTED),
        (looked(30.1, 30.2, 12.0), Verdict.REFUTED),
        (looked(30.0, 30.1, error="RedshiftData.SdkClientException"), Verdict.REFUTED),
        (looked(30.0, ended="BatchFailed"), Verdict.INCONCLUSIVE),
        (looked(ended="InlineSqlNotAllowed"), Verdict.INCONCLUSIVE),
    ],
)
def test_looks_are_judged_by_how_long_they_were_held_and_how_they_ended(
    trace: Trace, verdict: Verdict
) -> None:
    assert sdk_answers.judged_looks(trace).verdict is verdict
