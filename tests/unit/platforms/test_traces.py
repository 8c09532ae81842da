import json
from typing import Any

import pytest

from orchbench.platforms.durable_functions.history import decoded
from orchbench.platforms.platform import Record
from orchbench.trace import EventKind, ExecutionStatus, Trace, error_class_name, to_epoch
from orchbench.ways import way_named

ALL = (
    "sfn_succeeded",
    "sfn_failed",
    "sfn_refused",
    "sfn_aborted",
    "sfn_local",
    "durable_succeeded",
    "durable_refused",
    "durable_retried",
    "durable_condition",
)
START = to_epoch("2026-11-21T03:00:00Z")


def trace_of(name: str, history: dict[str, Any]) -> Trace:
    way = way_named(name)
    return way.platform.trace(way, "rehearse", Record(history["description"], history["events"]), ())


@pytest.mark.parametrize("name", ALL)
def test_a_trace_written_as_json_reads_back_the_same(traced: Any, name: Any) -> None:
    trace = traced(name)

    assert Trace.from_json(json.loads(json.dumps(trace.to_json()))) == trace


@pytest.mark.parametrize("name", ALL)
def test_a_trace_keeps_every_event_in_order(traced: Any, recorded: Any, name: Any) -> None:
    trace = traced(name)

    assert trace.history_events == len(trace.events) == len(recorded(name)["events"])
    assert [event.at for event in trace.events] == sorted(event.at for event in trace.events)


@pytest.mark.parametrize(
    ("name", "status", "error", "cause"),
    [
        ("sfn_succeeded", ExecutionStatus.SUCCEEDED, None, None),
        ("sfn_failed", ExecutionStatus.FAILED, "BatchFailed", "ERROR: Divide by zero"),
        ("sfn_aborted", ExecutionStatus.STOPPED, "Stopped", "Stopped by its user."),
        ("durable_retried", ExecutionStatus.SUCCEEDED, None, None),
    ],
)
def test_status_and_error_are_in_one_vocabulary(
    traced: Any, name: Any, status: Any, error: Any, cause: Any
) -> None:
    trace = traced(name)

    assert (trace.status, trace.error_name, trace.cause) == (status, error, cause)


def test_both_ways_tell_the_same_error_for_the_same_fault(traced: Any) -> None:
    by_machine, by_function = traced("sfn_refused"), traced("durable_refused")

    assert by_machine.error_name == by_function.error_name == "SqlFileNotAllowed"
    assert by_machine.cause == by_function.cause
    assert by_machine.cause.startswith("There is no bundled SQL file 'nope.sql'")


def test_an_aborted_execution_without_error_in_its_description_takes_it_from_the_last_event(
    recorded: Any, traced: Any
) -> None:
    assert traced("sfn_aborted").error_name == "Stopped"
    history = recorded("sfn_aborted")
    del history["description"]["error"], history["description"]["cause"]
    trace = trace_of("sfn-poll", history)

    assert (trace.error_name, trace.cause) == ("Stopped", "Stopped by its user.")


def test_an_execution_without_a_recorded_stop_ends_with_its_last_event(recorded: Any) -> None:
    history = recorded("sfn_aborted")
    del history["description"]["stopDate"]

    trace = trace_of("sfn-poll", history)

    assert trace.ended_at == START + 1.0


def test_a_succeeded_executions_statement_times_come_from_its_output(traced: Any) -> None:
    statement = traced("sfn_succeeded").statement

    assert statement.status == "FINISHED"
    assert (statement.created_at, statement.updated_at, statement.query_seconds) == (
        START + 0.3,
        START + 5.4,
        4.5,
    )


def test_a_failed_executions_statement_times_come_from_its_last_check(traced: Any) -> None:
    statement = traced("sfn_failed").statement

    assert (statement.status, statement.updated_at) == ("FAILED", START + 1.5)


def test_an_execution_stopped_before_any_check_knows_its_statement_from_the_submit(traced: Any) -> None:
    assert traced("sfn_aborted").statement.status == "SUBMITTED"


@pytest.mark.parametrize("name", ["sfn_refused", "durable_refused"])
def test_an_execution_that_submitted_nothing_has_no_statement(traced: Any, name: Any) -> None:
    assert traced(name).statement is None


def test_the_local_engines_history_without_task_started_gives_the_same_words(traced: Any) -> None:
    kinds = {event.kind for event in traced("sfn_local").events}

    assert EventKind.TASK_STARTED not in kinds
    assert {EventKind.TASK_SCHEDULED, EventKind.TASK_SUCCEEDED, EventKind.STATE_ENTERED} <= kinds


def test_the_durable_sdks_tagged_result_is_read_as_the_value_it_stands_for() -> None:
    tagged = {"t": "m", "v": {"polls": {"t": "i", "v": 2}, "rows": {"t": "l", "v": [{"t": "n", "v": None}]}}}

    assert decoded(tagged) == {"polls": 2, "rows": [None]}
    assert decoded({"t": 1, "v": 2, "w": 3}) == {"t": 1, "v": 2, "w": 3}


def test_a_checks_answer_is_kept_as_its_status_and_next_delay(traced: Any) -> None:
    checks = [
        event
        for name in ("sfn_local", "durable_succeeded")
        for event in traced(name).events
        if event.detail.get("statement_status") == "FINISHED"
    ]

    assert [check.name for check in checks] == ["Check status", "check-status"]


@pytest.mark.parametrize(
    ("recorded_type", "name"),
    [("redshift_batch.errors.BatchFailed", "BatchFailed"), ("BatchFailed", "BatchFailed"), (None, None)],
)
def test_an_errors_name_is_its_last_dotted_part(recorded_type: Any, name: Any) -> None:
    assert error_class_name(recorded_type) == name
