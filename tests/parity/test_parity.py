"""Every way that there is ends a scenario alike: outcome, error, statements, nothing left running."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from orchbench.faults.unmeetable import without_what_a_fault_meets
from orchbench.rehearsal import Fault, Rehearsal, Scenario, rehearse
from orchbench.rehearsal.fault import INSIDE_A_FUNCTION, Kind
from orchbench.trace import to_epoch
from orchbench.ways import all_ways, the_pair, way_named
from orchbench.ways.way import Waits

pytestmark = pytest.mark.slow

WAYS = tuple(all_ways())
SUBMIT, DESCRIBE, CANCEL = "BatchExecuteStatement", "DescribeStatement", "CancelStatement"


@dataclass(frozen=True)
class Expected:
    outcome: str
    error: str | None = None
    statements: int = 1
    cause: str = ""


PAUSED_BY = {
    Kind.THROTTLE,
    Kind.UNAVAILABLE,
    Kind.DISCONNECT,
    Kind.LOSE_ANSWER,
    Kind.HANG,
    Kind.CRASH_BEFORE,
    Kind.CRASH_AFTER,
    Kind.CHECKPOINT,
}
MOMENTS = {"polls", "created_at", "updated_at"}

SUCCESS = Expected("SUCCEEDED")


@dataclass(frozen=True)
class Case:
    scenario: Scenario
    expected: Expected
    output: dict[str, Any] = field(default_factory=dict)


def case(
    expected: Expected,
    *faults: str,
    duration: float = 95.0,
    document: Any = None,
    inline_sql: bool = False,
    output: dict[str, Any] | None = None,
) -> Case:
    scenario = Scenario(
        duration_seconds=duration,
        input={} if document is None else document,
        faults=tuple(map(Fault.parse, faults)),
        rows=1000,
        seed=11,
        inline_sql=inline_sql,
    )
    return Case(scenario, expected, output or {})


def refused(error: str, document: Any, *, inline_sql: bool = False) -> Case:
    return case(
        Expected("FAILED", error, statements=0), document=document, inline_sql=inline_sql, duration=10
    )


ADAPTIVE = {"timeout_seconds": 600, "poll": {"policy": "adaptive"}}
SHORT = {"timeout_seconds": 60, "poll": {"policy": "fixed", "interval_seconds": 10}}

CASES = {
    "a batch that succeeds": case(
        SUCCESS, document=ADAPTIVE, output={"status": "FINISHED", "statement_count": 2}
    ),
    "the article's own input": case(SUCCESS, output={"polls": 10, "query_seconds": 95.0}),
    "a batch that has finished at its submit": case(SUCCESS, duration=0.0, output={"polls": 1}),
    "a batch that queues": case(SUCCESS, "queue:seconds=40", output={"polls": 14, "query_seconds": 95.0}),
    "a statement that fails": case(
        Expected("FAILED", "BatchFailed", cause="out of disk"), "fail:at=42,error=ERROR: out of disk"
    ),
    "a statement that somebody aborts": case(Expected("FAILED", "BatchAborted"), "abort:at=42"),
    "a statement aborted while it queues": case(
        Expected("FAILED", "BatchAborted"), "queue:seconds=60", "abort:at=42"
    ),
    "a deadline that passes": case(
        Expected("FAILED", "BatchTimedOut", cause="60 seconds"), document=SHORT, duration=600
    ),
    "a batch that finishes between its deadline and its cancel": case(
        SUCCESS, f"delay:operation={CANCEL},seconds=5", document=SHORT, duration=62, output={"polls": 6}
    ),
    "a batch that finishes at its deadline": case(SUCCESS, document=SHORT, duration=60),
    "a status that nobody knows": case(Expected("FAILED", "UnknownStatementStatus"), "unknown-status:at=42"),
    "throttling that recovers": case(SUCCESS, f"throttle:operation={DESCRIBE},first_call=3,calls=9"),
    "throttling at random": case(SUCCESS, f"throttle:operation={DESCRIBE},rate=0.3"),
    "throttling that does not recover": case(
        Expected("FAILED", "DataApiThrottled"),
        f"throttle:operation={DESCRIBE},first_call=3,calls=21",
        duration=3000,
    ),
    "a throttled submit that recovers": case(SUCCESS, f"throttle:operation={SUBMIT},calls=5"),
    "a throttled submit that does not recover": case(
        Expected("FAILED", "DataApiThrottled", statements=0), f"throttle:operation={SUBMIT},calls=0"
    ),
    "a Data API that is away for a while": case(
        SUCCESS, f"unavailable:operation={DESCRIBE},since=30,until=45"
    ),
    "a Data API that stays away from its checks": case(
        Expected("FAILED", "DataApiUnavailable"),
        f"unavailable:operation={DESCRIBE},first_call=3,calls=21",
        duration=3000,
    ),
    "a broken connection at the submit": case(SUCCESS, f"disconnect:operation={SUBMIT},calls=4"),
    "a submit whose answer is lost": case(SUCCESS, f"lose-answer:operation={SUBMIT},calls=4"),
    "a submit whose answer is never heard": case(
        Expected("FAILED", "DataApiUnavailable"), f"lose-answer:operation={SUBMIT},calls=0", duration=3000
    ),
    "a check whose answer is lost": case(SUCCESS, f"lose-answer:operation={DESCRIBE},first_call=2,calls=4"),
    "a cancel whose answer is lost": case(
        Expected("FAILED", "BatchTimedOut"),
        f"lose-answer:operation={CANCEL},calls=1",
        document=SHORT,
        duration=600,
    ),
    "a cancel that nobody takes at first": case(
        Expected("FAILED", "BatchTimedOut"),
        f"unavailable:operation={CANCEL},calls=4",
        document=SHORT,
        duration=600,
    ),
    "a slow answer": case(SUCCESS, f"delay:operation={DESCRIBE},seconds=4,first_call=2"),
    "a handler that hangs once": case(SUCCESS, f"hang:operation={DESCRIBE},first_call=2"),
    "a handler that hangs at every check": case(
        Expected("FAILED", "HandlerTimedOut"),
        f"hang:operation={DESCRIBE},first_call=2,calls=7",
        duration=3000,
    ),
    "a handler that hangs at its submit": case(
        Expected("FAILED", "HandlerTimedOut", statements=0), f"hang:operation={SUBMIT},calls=0"
    ),
    "a crash before the submit": case(SUCCESS, f"crash-before:operation={SUBMIT}"),
    "a crash after the submit": case(SUCCESS, f"crash-after:operation={SUBMIT}"),
    "a crash after a check": case(SUCCESS, f"crash-after:operation={DESCRIBE},first_call=3"),
    "a checkpoint that is lost": case(SUCCESS, "checkpoint:first_call=2"),
    "a second start of the same name": case(SUCCESS, "duplicate-start:at=5"),
    "no JSON object": refused("InvalidInput", ["refresh_customer_summary.sql"]),
    "an unknown key": refused("InvalidInput", {"sqlfile": "a.sql"}),
    "two sources": refused("InvalidInput", {"sql_file": "a.sql", "sql": "SELECT 1"}),
    "a file outside the folder": refused("SqlFileNotAllowed", {"sql_file": "../template.yaml"}),
    "a file that is not there": refused("SqlFileNotAllowed", {"sql_file": "none.sql"}),
    "inline SQL where none is allowed": refused("InlineSqlNotAllowed", {"sql": "SELECT 1"}),
    "no statement": refused("EmptyBatch", {"sql": "-- nothing"}, inline_sql=True),
    "too many statements": refused("TooManyStatements", {"statements": ["SELECT 1"] * 41}, inline_sql=True),
    "a statement that is too long": refused(
        "StatementTooLong", {"sql": f"SELECT '{'x' * 204_800}'"}, inline_sql=True
    ),
    "transaction control": refused("TransactionControlInBatch", {"sql": "BEGIN; SELECT 1"}, inline_sql=True),
    "a statement that needs AUTO_COMMIT": refused(
        "StatementNeedsAutoCommit", {"sql": "VACUUM orders"}, inline_sql=True
    ),
    "a parameter that nothing uses": refused("InvalidParameters", {"parameters": {"day": "2026-01-01"}}),
    "a timeout out of bounds": refused("InvalidTimeout", {"timeout_seconds": 0}),
    "a poll policy that makes no sense": refused("InvalidPollPolicy", {"poll": {"policy": "eager"}}),
    "AUTO_COMMIT": case(
        SUCCESS,
        document={"sql": "VACUUM orders", "execution_mode": "AUTO_COMMIT"},
        inline_sql=True,
        output={"statement_count": 1},
    ),
}


def declared(name: str, scenario: Scenario) -> bool:
    """Tell whether a way says that it cannot meet a scenario's faults, or that it takes no such input."""
    way = way_named(name)
    given = scenario.input if isinstance(scenario.input, dict) else {}
    inside = [fault for fault in scenario.faults if fault.kind in INSIDE_A_FUNCTION]
    return bool(without_what_a_fault_meets(way, inside) or set(way.refuses) & set(given))


def comparable(name: str, output: dict[str, Any]) -> dict[str, Any]:
    """Return an output without what its way says it lacks; moments as such, however they are written."""
    lacks = way_named(name).lacks
    kept = {key: value for key, value in output.items() if key not in lacks}
    return {key: to_epoch(value) if key.endswith("_at") else value for key, value in kept.items()}


def looked_at_alike(scenario: Scenario, name: str) -> Scenario:
    """Return the scenario in which a way that waits for an event looks as often as those that poll."""
    given = scenario.input
    if way_named(name).waits is not Waits.FOR_AN_EVENT or not isinstance(given, dict):
        return scenario
    poll = given.get("poll", {"policy": "fixed", "interval_seconds": 10})
    return replace(scenario, input={"fallback": poll, **given})


@pytest.fixture(params=CASES, scope="module")
def rehearsed(request: pytest.FixtureRequest) -> tuple[Case, dict[str, Rehearsal]]:
    chosen = CASES[request.param]
    return chosen, {name: rehearse(looked_at_alike(chosen.scenario, name), name) for name in WAYS}


def test_every_way_ends_alike_and_leaves_nothing_running(
    rehearsed: tuple[Case, dict[str, Rehearsal]],
) -> None:
    chosen, by_way = rehearsed
    expected = chosen.expected
    found = {
        name: (
            one.trace.status.value,
            one.trace.error_name,
            one.statements_executed,
            one.statements_running,
            expected.cause in (one.trace.cause or ""),
        )
        for name, one in by_way.items()
    }
    wanted = (expected.outcome, expected.error, expected.statements, 0, True)
    apart = {name for name in WAYS if declared(name, chosen.scenario)}
    assert not apart & set(the_pair())
    assert {name: one for name, one in found.items() if name not in apart} == dict.fromkeys(
        [name for name in WAYS if name not in apart], wanted
    )
    # What a way cannot meet it survives; what it does not take it refuses before anything is sent.
    assert {found[name][3] for name in apart} <= {0}
    assert {found[name][:3] for name in apart} <= {
        ("SUCCEEDED", None, 1),
        ("FAILED", "InvalidInput", 0),
        ("FAILED", "InvalidParameters", 0),
    }


def test_every_way_hands_out_the_same_output(rehearsed: tuple[Case, dict[str, Rehearsal]]) -> None:
    chosen, by_way = rehearsed
    names = [name for name in WAYS if not declared(name, chosen.scenario)]
    shown = {name: comparable(name, by_way[name].trace.output or {}) for name in names}
    # Each service draws its own pauses between attempts, so a fault may cost another number of polls.
    apart = MOMENTS if any(fault.kind in PAUSED_BY for fault in chosen.scenario.faults) else set()
    pair = shown[next(iter(the_pair()))]
    for name, one in shown.items():
        common = {key: value for key, value in pair.items() if key not in {*apart, *way_named(name).lacks}}
        assert {key: value for key, value in one.items() if key not in apart} == common
    for key, value in chosen.output.items():
        told = [name for name in names if key not in way_named(name).lacks]
        assert [shown[name][key] for name in told] == [value] * len(told)
