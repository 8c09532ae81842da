"""When a statement's event is sent, what it says, and which ones are lost on purpose."""

import json
import logging
import queue
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest

from orchbench.event_bus.publisher import local_bus, start_publisher
from orchbench.redshift.__main__ import parse, publishing
from orchbench.redshift.event_publishing import EventPublishing
from orchbench.redshift.script import Script, ScriptedStatement, lasting
from orchbench.redshift.statement_event import statement_event
from orchbench.redshift.store import Entry

REGION, ACCOUNT = "eu-west-1", "123456789012"
HOME = {"WorkgroupName": "orders", "Database": "dev"}
Told = list[tuple[float, str, str]]


class Ends:
    """A service that tells of ends, and what it told: when, of which statement, and its state."""

    def __init__(self, make_service: Callable[..., Any], clock: Any) -> None:
        self.told: Told = []
        self.entries: list[Entry] = []
        self._make_service = make_service
        self._clock = clock
        self._began = clock.now()

    def service(self, *statements: ScriptedStatement, **script: Any) -> Any:
        played = Script(statements, **script)
        return self._make_service((lambda _: played) if statements else lasting(10), on_end=self._note)

    def _note(self, entry: Entry) -> None:
        self.entries.append(entry)
        state = entry.run.progress().status.value
        self.told.append((self._clock.now() - self._began, entry.work.statement_id, state))


@pytest.fixture
def ends(make_service: Callable[..., Any], clock: Any) -> Ends:
    return Ends(make_service, clock)


def test_an_end_is_told_once_of_a_batch_that_asked_for_it(ends: Ends, clock: Any) -> None:
    service = ends.service()
    batch = service.submit("SELECT 1", "SELECT 2", WithEvent=True)
    service.submit("SELECT 3", WithEvent=False)
    service.submit("SELECT 4")
    clock.sleep(100)
    assert ends.told == [(10, batch, "FINISHED")]


def test_a_repeated_submit_has_no_event_of_its_own(ends: Ends, clock: Any) -> None:
    service = ends.service()
    first, second = (service.submit("SELECT 1", ClientToken="t" * 64, WithEvent=True) for _ in range(2))
    clock.sleep(100)
    assert (first, len(ends.told)) == (second, 1)


def test_a_failure_is_told_as_one(ends: Ends, clock: Any) -> None:
    service = ends.service(ScriptedStatement(3, error="ERROR: no"))
    failed = service.submit(WithEvent=True)
    clock.sleep(100)
    assert ends.told == [(3, failed, "FAILED")]


def test_a_cancel_is_told_when_it_happens_and_not_again_at_the_end_that_was_planned(
    ends: Ends, clock: Any
) -> None:
    service = ends.service()
    cancelled = service.submit(WithEvent=True)
    clock.sleep(4)
    service.call("CancelStatement", Id=cancelled)
    clock.sleep(100)
    assert ends.told == [(4, cancelled, "ABORTED")]


def test_an_end_at_a_moment_between_two_microseconds_is_told_when_it_is_one(ends: Ends, clock: Any) -> None:
    service = ends.service(ScriptedStatement(50), aborted_after_seconds=1 / 3)
    service.submit(WithEvent=True)
    clock.sleep(100)
    assert [state for _, _, state in ends.told] == ["ABORTED"]


def ended(ends: Ends, clock: Any, operation: str, **request: Any) -> Any:
    """Return the event of a statement of 10 s that returned 7 rows for each SQL."""
    count = len(request.get("Sqls", [""]))
    service = ends.service(*(ScriptedStatement(10 / count, rows=7) for _ in range(count)))
    service.call(operation, WithEvent=True, **{**HOME, **request})
    clock.sleep(100)
    return statement_event(ends.entries[0], region=REGION, account=ACCOUNT)


def test_the_event_says_what_aws_documents(ends: Ends, clock: Any) -> None:
    event = ended(ends, clock, "BatchExecuteStatement", Sqls=["SELECT 1", "SELECT 2"], StatementName="a name")
    assert event.ended_at == clock.now() - 90
    assert event.detail.pop("statementId")
    assert event.detail == {
        "principal": f"arn:aws:iam::{ACCOUNT}:root",
        "statementName": "a name",
        "redshiftQueryId": -1,
        "state": "FINISHED",
        "rows": 14,
        "expireAt": int(clock.now()) - 90 + 86_400,
    }


WORKGROUP = f"arn:aws:redshift-serverless:{REGION}:{ACCOUNT}:workgroup/"
WORKGROUP_ARN = f"{WORKGROUP}00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("where", "arn"),
    [
        ({"WorkgroupName": "orders"}, f"{WORKGROUP}orders"),
        ({"WorkgroupName": WORKGROUP_ARN}, WORKGROUP_ARN),
        (
            {"WorkgroupName": None, "ClusterIdentifier": "dwh", "DbUser": "me"},
            f"arn:aws:redshift:{REGION}:{ACCOUNT}:cluster:dwh",
        ),
    ],
)
def test_its_resource_is_the_arn_of_where_it_ran(ends: Ends, clock: Any, where: Any, arn: str) -> None:
    where = {key: value for key, value in (HOME | where).items() if value is not None}
    service = ends.service()
    service.call("ExecuteStatement", Sql="SELECT 1", WithEvent=True, **where)
    clock.sleep(100)
    event = statement_event(ends.entries[0], region=REGION, account=ACCOUNT)
    assert event.resource == arn
    assert (event.detail["statementName"], event.detail["redshiftQueryId"]) == ("", 1)


@pytest.mark.parametrize(
    ("lost", "published"),
    [("0", [1, 2, 3, 4, 5, 6]), ("1/2", [1, 3, 5]), ("1/3", [1, 2, 4, 5]), ("0.75", [1, 5]), ("1", [])],
)
def test_the_events_that_are_lost_are_always_the_same_ones(
    ends: Ends, clock: Any, lost: str, published: list[int]
) -> None:
    service = ends.service()
    for number in range(1, 7):
        service.submit(StatementName=str(number), WithEvent=True)
    clock.sleep(100)
    put: list[dict[str, Any]] = []
    publish = EventPublishing(put.append, REGION, lost=Fraction(lost))
    for entry in ends.entries:
        publish(entry)
    assert [int(entry["Detail"].partition('"statementName": "')[2][0]) for entry in put] == published
    assert {entry["Time"].timestamp() for entry in put} <= {clock.now() - 90}
    assert {entry["DetailType"] for entry in put} <= {"Redshift Data Statement Status Change"}


def test_an_event_that_cannot_be_put_is_logged_and_the_next_one_is_put(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answers: list[Any] = [ConnectionError("nobody there"), {"FailedEntryCount": 1}, {"FailedEntryCount": 0}]
    put: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def put_events(Entries: list[dict[str, Any]]) -> Any:  # noqa: N803 - boto3's name
        answer = answers.pop(0)
        put.put(Entries[0]["Detail"])
        if isinstance(answer, Exception):
            raise answer
        return answer

    with caplog.at_level(logging.WARNING):
        publish: Callable[[dict[str, Any]], None] = start_publisher(put_events, "a test")
        for detail in ("first", "second", "third"):
            publish({"Source": "aws.redshift-data", "Detail": detail})
        assert [put.get(timeout=60) for _ in range(3)] == ["first", "second", "third"]
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        "An event of aws.redshift-data was not delivered",
        "An event of aws.redshift-data was refused",
    ]


class EventBridge(BaseHTTPRequestHandler):
    """Fails once, and then takes what it is given, but for what nobody sent."""

    asked: ClassVar[list[tuple[str, Any]]] = []

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append((self.headers["X-Amz-Target"], request))
        content = b'{"FailedEntryCount": 0}'
        self.send_response(500 if len(self.asked) == 1 else 200 if request["Entries"] else 400)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_said: Any) -> None:
        """Say nothing."""


def test_events_go_to_the_local_bus_as_boto3_sends_them_and_again_after_a_fault() -> None:
    entry = {"Time": datetime.fromtimestamp(1_750_000_000.5, UTC), "Source": "aws.redshift-data"}
    with HTTPServer(("127.0.0.1", 0), EventBridge) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        put_events = local_bus(f"http://127.0.0.1:{server.server_port}")
        answer = put_events(Entries=[entry])
        with pytest.raises(ValueError, match="answered with 400"):
            put_events(Entries=[])
        server.shutdown()
    assert answer == {"FailedEntryCount": 0}
    sent = {"Entries": [{**entry, "Time": 1_750_000_000}]}
    assert EventBridge.asked == [("AWSEvents.PutEvents", sent)] * 2 + [
        ("AWSEvents.PutEvents", {"Entries": []})
    ]


def test_a_bus_without_an_address_of_plain_http_is_refused() -> None:
    for wrong in ("127.0.0.1:4566", "https://127.0.0.1:4566", ""):
        with pytest.raises(ValueError, match="is not a local address"):
            local_bus(wrong)


def test_the_process_is_told_where_events_go_and_which_share_is_lost() -> None:
    told = parse(["--event-bus", "http://127.0.0.1:1", "--lose-statement-events", "1/2"])
    assert (told.event_bus, told.lose_statement_events) == ("http://127.0.0.1:1", Fraction(1, 2))
    # Without a bus of its own nothing leaves the process, whatever AWS account its environment names.
    assert publishing(parse([])) is None


def test_a_share_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--lose-statement-events", "2"])
    assert "'2' is not a share: it takes a number from 0 to 1" in capsys.readouterr().err
