"""Executions that are ended from outside, on real servers: nothing is left running, whoever ends them."""

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from local_bench import Bench

from orchbench.trace import Work
from orchbench.ways import Way, all_ways

pytestmark = pytest.mark.local

WAYS = list(all_ways().values())
POLL = {"policy": "fixed", "interval_seconds": 1}
LONG = {"sql": "INSERT INTO ledger VALUES ('orphan'); SELECT pg_sleep(600)", "poll": POLL}
LONG_EACH = {"sql": "INSERT INTO LEDGER VALUES ('orphan'); SELECT pg_sleep(600)", "poll": POLL}


def eventually(found: Callable[[], Any], seconds: float = 240) -> Any:
    """Return the first true answer."""
    deadline = time.monotonic() + seconds
    while not (answer := found()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.25)
    return answer


def started(bench: Bench, way: Way, name: str, **event: Any) -> str:
    """Start a long batch and wait until it runs in PostgreSQL."""
    bench.sql("TRUNCATE ledger")
    arn = bench.start(way, f"{name}-{way.name}", **(event or LONG))
    eventually(bench.running_queries)
    return arn


def stop(bench: Bench, way: Way, arn: str) -> None:
    """Stop an execution as an operator does, with nothing but the service's own call."""
    if way.platform_name == "step-functions":
        bench.stack.client("stepfunctions").stop_execution(executionArn=arn)
    else:
        bench.stack.client("lambda").stop_durable_execution(DurableExecutionArn=arn)


def key_of(way: Way) -> str:
    """Return under which name an event of the platform has the execution's ARN."""
    return "executionArn" if way.platform_name == "step-functions" else "durableExecutionArn"


def invoke(bench: Bench, function: str, event: dict[str, Any]) -> Any:
    answer = bench.stack.client("lambda").invoke(
        FunctionName=f"orchbench-{function}", Payload=json.dumps(event)
    )
    assert "FunctionError" not in answer
    return json.loads(answer["Payload"].read())


def dead_letters(bench: Bench) -> list[dict[str, Any]]:
    """Take what the dead-letter queue holds."""
    queue = bench.stack.client("sqs")
    url = bench.outputs["DeadLetterQueueUrl"]
    found = queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in found:
        queue.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [json.loads(message["Body"]) for message in found]


@contextmanager
def lost_events(bench: Bench) -> Iterator[None]:
    """Lose the status changes of every way."""
    events = bench.stack.client("events")
    rules = [f"orchbench-{way.name}-ended" for way in WAYS]
    for rule in rules:
        events.disable_rule(Name=rule)
    try:
        yield
    finally:
        for rule in rules:
            events.enable_rule(Name=rule)


def test_a_stop_from_outside_cancels_the_statement(bench: Bench, way: Way) -> None:
    stop(bench, way, started(bench, way, "stopped"))
    eventually(lambda: not bench.running_queries())
    assert bench.sql("SELECT * FROM ledger") == []


def submits(bench: Bench) -> int:
    """Return the submits that the Data API answered so far."""
    with urllib.request.urlopen(bench.stack.redshift["url"] + "/calls", timeout=10) as answer:
        counts: dict[str, Any] = json.load(answer)
    return int(counts.get("BatchExecuteStatement", {}).get("calls", 0))


def aborted(bench: Bench) -> int:
    """Return how many statements were cancelled so far."""
    client = bench.stack.client("redshift-data")
    while True:
        try:
            pages = client.get_paginator("list_statements").paginate(Status="ABORTED")
            return sum(len(page["Statements"]) for page in pages)
        except client.exceptions.ClientError as error:
            # Three calls a second, of which the cancel makes some.
            if error.response["Error"]["Code"] != "ThrottlingException":
                raise
            time.sleep(1)


def test_a_submit_that_was_in_flight_is_found_and_cancelled(bench: Bench, way: Way) -> None:
    if Work.SUBMIT not in way.workers:
        pytest.skip("a state machine that was stopped tries its call no more")
    bench.sql("TRUNCATE ledger")
    # The first answer tells that the handler is at it; its next attempt outlives the stop.
    bench.set_faults(
        {"operation": "BatchExecuteStatement", "kind": "unavailable", "calls": 1},
        {"operation": "BatchExecuteStatement", "kind": "delay", "first_call": 2, "calls": 1, "seconds": 2},
    )
    before, aborted_before = submits(bench), aborted(bench)
    arn = bench.start(way, f"in-flight-{way.name}", **LONG)
    eventually(lambda: submits(bench) > before)
    stop(bench, way, arn)
    # It may run too short a while to be seen running.
    eventually(lambda: aborted(bench) > aborted_before)
    eventually(lambda: not bench.running_queries())
    assert bench.sql("SELECT * FROM ledger") == []


def test_an_event_that_comes_twice_or_late_changes_nothing(bench: Bench, way: Way) -> None:
    arn = started(bench, way, "twice")
    stop(bench, way, arn)
    eventually(lambda: not bench.running_queries())
    again = invoke(bench, "cancel", {"detail": {key_of(way): arn, "status": "STOPPED"}})
    assert (again["execution_id"], again["outcome"]) == (arn, "had ended")


def test_the_sweep_stops_what_a_lost_event_left_and_nothing_else(bench: Bench) -> None:
    bench.new_ledgers()
    bench.sql("CREATE TABLE gate ()")
    with lost_events(bench), psycopg.connect(bench.stack.redshift["postgresql"]) as holder:
        # What is to be kept waits for the table until the sweep is over.
        holder.execute("LOCK TABLE gate")
        orphans = bench.start_each(WAYS, **LONG_EACH)
        eventually(lambda: sum("pg_sleep(600)" in one for one in bench.running_queries()) == len(WAYS))
        for way, arn in orphans:
            stop(bench, way, arn)
        kept = bench.start_each(WAYS, sql="SELECT COUNT(*) FROM gate", poll=POLL)
        eventually(lambda: sum("FROM gate" in one for one in bench.running_queries()) == len(WAYS))
        swept = invoke(bench, "sweep", {})
        assert (sorted(swept["cancelled"]), swept["waiting"]) == (sorted(arn for _way, arn in orphans), 0)
        holder.rollback()
        assert {bench.wait(way, arn).status for way, arn in kept} == {"SUCCEEDED"}
    assert bench.running_queries() == []
    assert bench.entries() == []


def test_a_refused_execution_leaves_no_dead_letter(bench: Bench) -> None:
    dead_letters(bench)
    arns = [(way, bench.start(way, f"refused-{way.name}", sql_file="nope.sql")) for way in WAYS]
    for way, arn in arns:
        assert bench.wait(way, arn).error_name == "SqlFileNotAllowed", way.name
        told = invoke(bench, "cancel", {"detail": {key_of(way): arn, "status": "FAILED"}})
        assert told["outcome"] == "nothing was submitted", way.name
    assert dead_letters(bench) == []


def test_an_execution_whose_statement_cannot_be_found_is_kept_in_the_dead_letter_queue(
    bench: Bench, way: Way
) -> None:
    if Work.SUBMIT not in way.workers:
        pytest.skip("its history itself tells that a submit was refused, and then nothing is looked for")
    dead_letters(bench)
    bench.set_faults({"operation": "BatchExecuteStatement", "kind": "unavailable", "calls": 1000})
    before = submits(bench)
    # A short one: the submit that is on its way may still succeed once this test's faults are gone.
    arn = bench.start(way, f"unknown-{way.name}", sql="SELECT 1", poll=POLL)
    eventually(lambda: submits(bench) > before)
    stop(bench, way, arn)
    (kept,) = eventually(lambda: dead_letters(bench))
    assert arn in json.dumps(kept)
