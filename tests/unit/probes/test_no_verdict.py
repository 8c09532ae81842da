"""What fails for another reason than the one that a probe is about confirms nothing and refutes nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from orchbench.platforms.platform import Record
from orchbench.probes import all_probes
from orchbench.probes.durable_function import DurableFunction, _tried
from orchbench.probes.lab import Lab
from orchbench.probes.probe import Finding, NoAnswer, Verdict
from orchbench.probes.run import attempted
from orchbench.trace import ExecutionStatus

STATEMENT = "11111111-1111-4111-8111-111111111111"
FULL = "ERROR: Disk Full"
NOT_ON_TABLES = "ERROR: Specified types or functions (one per INFO message) not supported on Redshift tables."
NO_CREDENTIALS = (
    "User: arn:aws:sts::1:assumed-role/r is not authorized to perform: redshift-serverless:GetCredentials"
)


def found(name: str, lab: Lab) -> Finding:
    return attempted(all_probes()[name], lab)


def submitted(account: Any, status: str = "FINISHED", error: str = "", statement_id: str = STATEMENT) -> None:
    """Tell the account that it takes a statement, and how that ends."""
    account.answer("redshift-data", "execute_statement", {"Id": statement_id})
    account.answer(
        "redshift-data", "describe_statement", {"Id": statement_id, "Status": status, "Error": error}
    )


def counted(account: Any) -> None:
    """Tell the account how many orders there are."""
    submitted(account)
    account.answer("redshift-data", "get_statement_result", {"Records": [[{"longValue": 4}]]})


@pytest.mark.parametrize(
    ("name", "ended", "verdict"),
    [
        ("sql-current-timestamp", ("FAILED", NOT_ON_TABLES), Verdict.CONFIRMED),
        ("sql-current-timestamp", ("FINISHED", ""), Verdict.REFUTED),
        ("sql-current-timestamp", ("FAILED", FULL), Verdict.INCONCLUSIVE),
        ("sql-current-timestamp", ("ABORTED", ""), Verdict.INCONCLUSIVE),
        ("sql-getdate", ("FAILED", "ERROR: function getdate() does not exist"), Verdict.REFUTED),
        ("sql-getdate", ("FINISHED", ""), Verdict.CONFIRMED),
        ("sql-getdate", ("FAILED", FULL), Verdict.INCONCLUSIVE),
    ],
)
def test_an_insert_that_fails_for_another_reason_says_nothing_of_its_function(
    account: Any, lab: Lab, name: str, ended: tuple[str, str], verdict: Verdict
) -> None:
    counted(account)
    submitted(account)
    submitted(account, *ended)

    assert found(name, lab).verdict is verdict
    account.all_asked()


@pytest.mark.parametrize(
    ("error", "verdict"), [(NOT_ON_TABLES, Verdict.REFUTED), (FULL, Verdict.INCONCLUSIVE)]
)
def test_a_query_that_fails_for_another_reason_says_nothing_of_its_function(
    account: Any, lab: Lab, error: str, verdict: Verdict
) -> None:
    counted(account)
    for _call in range(4):
        submitted(account, "FAILED", error)

    assert found("sql-bundled-functions", lab).verdict is verdict


@pytest.mark.parametrize(
    "name",
    [
        "client-token-running",
        "client-token-finished",
        "client-token-other-parameters",
        "statement-name-300",
    ],
)
def test_a_statement_that_may_not_log_in_names_the_permission(account: Any, lab: Lab, name: str) -> None:
    submitted(account, "FAILED", NO_CREDENTIALS)

    finding = found(name, lab)

    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.reason == "It needs redshift-serverless:GetCredentials, which is not allowed here."
    account.all_asked()


def test_a_statement_that_is_listed_and_failed_says_nothing_of_listing(account: Any, lab: Lab) -> None:
    account.answer("redshift-data", "execute_statement", {"Id": STATEMENT})
    account.answer("redshift-data", "list_statements", {"Statements": [{"Id": STATEMENT}]})
    account.answer(
        "redshift-data", "describe_statement", {"Id": STATEMENT, "Status": "FAILED", "Error": FULL}
    )

    assert found("list-statements-delay", lab).verdict is Verdict.INCONCLUSIVE
    account.all_asked()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("InternalServerException", ""),
        ("ActiveStatementsExceededException", ""),
        ("ThrottlingException", "Rate exceeded"),
        ("ValidationException", NO_CREDENTIALS),
    ],
)
def test_other_sql_that_is_refused_for_another_reason_says_nothing_of_its_token(
    account: Any, lab: Lab, code: str, message: str
) -> None:
    submitted(account)
    account.refuse("redshift-data", "execute_statement", code, message)

    assert found("client-token-other-parameters", lab).verdict is Verdict.INCONCLUSIVE
    account.all_asked()


def test_a_second_statement_says_nothing_where_the_first_was_over(account: Any, lab: Lab) -> None:
    submitted(account, "STARTED")
    submitted(account, "FAILED", "cancelled by an administrator", STATEMENT.replace("1", "2"))

    assert found("client-token-running", lab).verdict is Verdict.INCONCLUSIVE


class Function:
    """A durable function whose executions end as told."""

    name = "f"

    def __init__(self, status: ExecutionStatus, result: str = "", refuses: str = "") -> None:
        self.service = self.client = self
        self._status, self._result, self._refuses = status, result, refuses

    def configure(self, _value: str) -> None: ...
    def publish(self) -> str:
        return "2"

    def point_alias_at(self, _version: str) -> None: ...
    def start(self, _document: Any) -> str:
        return "arn"

    def status(self, _arn: str) -> ExecutionStatus:
        return ExecutionStatus.RUNNING

    def stop(self, _arn: str, _cause: str) -> None: ...
    def delete_function(self, **_which: str) -> None:
        if self._refuses:
            raise ClientError({"Error": {"Code": self._refuses, "Message": ""}}, "DeleteFunction")

    def ended(self, _arn: str, _seconds: float) -> tuple[ExecutionStatus, Record]:
        return self._status, Record({"Result": self._result, "EndTimestamp": 1_000_000.0}, [])

    def events(self, _record: Record) -> tuple[()]:
        return ()


S = ExecutionStatus


@pytest.mark.parametrize(
    ("name", "function", "verdict"),
    [
        ("parameter-only-deploy", Function(S.SUCCEEDED, "before the deploy"), Verdict.CONFIRMED),
        ("parameter-only-deploy", Function(S.SUCCEEDED, "after the deploy"), Verdict.REFUTED),
        ("parameter-only-deploy", Function(S.FAILED), Verdict.REFUTED),
        ("parameter-only-deploy", Function(S.RUNNING), Verdict.INCONCLUSIVE),
        ("parameter-only-deploy", Function(S.STOPPED), Verdict.INCONCLUSIVE),
        ("parameter-only-deploy", Function(S.SUCCEEDED), Verdict.INCONCLUSIVE),
        ("version-deleted-under-execution", Function(S.FAILED), Verdict.CONFIRMED),
        ("version-deleted-under-execution", Function(S.SUCCEEDED), Verdict.REFUTED),
        ("version-deleted-under-execution", Function(S.RUNNING), Verdict.INCONCLUSIVE),
        ("version-deleted-under-execution", Function(S.STOPPED), Verdict.INCONCLUSIVE),
        (
            "version-deleted-under-execution",
            Function(S.FAILED, refuses="ResourceConflictException"),
            Verdict.REFUTED,
        ),
        (
            "version-deleted-under-execution",
            Function(S.FAILED, refuses="TooManyRequestsException"),
            Verdict.INCONCLUSIVE,
        ),
        ("durable-operations-metered", Function(S.RUNNING), Verdict.INCONCLUSIVE),
        ("condition-first-look", Function(S.FAILED), Verdict.INCONCLUSIVE),
    ],
)
def test_an_execution_that_is_not_over_or_was_stopped_says_nothing_of_a_deploy(
    lab: Lab, name: str, function: Function, verdict: Verdict
) -> None:
    lab.made["durable"] = function

    assert found(name, lab).verdict is verdict


def test_an_execution_that_was_not_stopped_says_nothing_of_a_stops_event(account: Any, lab: Lab) -> None:
    lab.made["durable"] = Function(S.SUCCEEDED)
    account.answer("sqs", "create_queue", {"QueueUrl": "https://sqs/q"})
    account.answer("events", "put_rule", {"RuleArn": "arn:rule"})
    account.answer("events", "put_targets", {"FailedEntryCount": 0, "FailedEntries": []})

    finding = found("status-event-durable", lab)

    assert (finding.verdict, finding.reason) == (
        Verdict.INCONCLUSIVE,
        "The execution was not stopped: it is SUCCEEDED.",
    )


def test_a_queue_that_no_event_can_reach_is_no_missing_event(account: Any, lab: Lab) -> None:
    lab.made["durable"] = Function(S.STOPPED)
    account.answer("sqs", "create_queue", {"QueueUrl": "https://sqs/q"})
    account.answer("events", "put_rule", {"RuleArn": "arn:rule"})
    account.answer("events", "put_targets", {"FailedEntryCount": 1, "FailedEntries": [{"TargetId": "queue"}]})

    assert found("status-event-durable", lab).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("name", "status"),
    [("invocation-retries", S.FAILED), ("parameter-only-deploy", S.FAILED), ("resume-latency", S.RUNNING)],
)
def test_a_function_in_which_no_step_succeeds_says_nothing(
    lab: Lab, name: str, status: ExecutionStatus
) -> None:
    function: Any = Function(status)
    fails: Callable[[], DurableFunction] = lambda: _tried(function)  # noqa: E731 - made as own_function makes it
    with pytest.raises(NoAnswer):
        lab.once("durable", fails)

    finding = found(name, lab)

    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.reason.startswith("The probes' durable function does not work here")
