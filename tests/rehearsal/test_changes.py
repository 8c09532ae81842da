"""Changes that teams make, as patches to each of the pair: they fit, and do what they are for.

The engines run a Map's items one after another, and do not stop one, so of these changes a part is rehearsed:
docs/complexity.md says which.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from examples import CHANGES, PAIR, with_change

from orchbench.rehearsal import Fault, Rehearsal, Scenario, rehearse
from orchbench.rehearsal.aws import Aws
from orchbench.rehearsal.rehearse import Services
from orchbench.trace import ExecutionStatus
from orchbench.virtual_time.application import load_application
from orchbench.virtual_time.clock import VirtualClock

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("way", PAIR)]

CONCURRENT = '"MaxConcurrency": 4'
"""Moto runs a Map's items in threads, and a rehearsal has one clock."""

MAPS = (PAIR[0],)
"""What runs a Map, which moto does not end when its execution is stopped."""


def rehearsed(folder: Path, way: str, seconds: float, *faults: str, services: Any = None) -> Rehearsal:
    application = load_application(folder / "template.yaml")
    machines = {
        name: replace(one, definition=one.definition.replace(CONCURRENT, '"MaxConcurrency": 1'))
        for name, one in application.state_machines.items()
    }
    return rehearse(
        Scenario(seconds, faults=tuple(map(Fault.parse, faults))),
        way,
        application=replace(application, state_machines=machines),
        services=services,
    )


def ended(done: Rehearsal) -> tuple[str, str | None, int, int]:
    return done.trace.status, done.trace.error_name, done.statements_executed, done.statements_running


def test_a_failure_is_told_once_and_keeps_its_name(way: str, tmp_path: Path) -> None:
    told: list[Mapping[str, Any]] = []

    def publish(request: Mapping[str, Any]) -> dict[str, str]:
        told.append(request)
        return {"MessageId": "1"}

    project = with_change("1-notify-on-failure", way, tmp_path)

    assert ended(rehearsed(project, way, 95, "fail:at=42", services={"sns": {"Publish": publish}})) == (
        "FAILED",
        "BatchFailed",
        1,
        0,
    )
    assert [one["Subject"] for one in told] == ["BatchFailed"]
    assert (
        rehearsed(project, way, 95, services={"sns": {"Publish": publish}}).trace.status
        is ExecutionStatus.SUCCEEDED
    )
    assert len(told) == 1


def test_a_new_transient_error_is_retried_under_its_name_and_ends_an_execution_under_it(
    way: str, tmp_path: Path
) -> None:
    project = with_change("2-retry-a-new-error", way, tmp_path)
    short = rehearsed(project, way, 95, "unavailable:work=look,since=30,until=45")
    long = rehearsed(project, way, 900, "unavailable:work=look,nth=3,calls=21")

    assert ended(short) == ("SUCCEEDED", None, 1, 0)
    assert ended(long) == ("FAILED", "DataApiFailed", 1, 0)


@pytest.mark.parametrize(("change", "batches"), [("3-a-second-batch", 2), ("3-then-a-third", 3)])
def test_further_batches_run_one_after_another_each_once(
    way: str, change: str, batches: int, tmp_path: Path
) -> None:
    project = with_change(change, way, tmp_path)
    done = rehearsed(project, way, 25, "lose-answer:work=submit,calls=4")

    assert ended(done) == ("SUCCEEDED", None, batches, 0)
    starts = [one.created_at for one in done.batches]
    assert all(later - earlier >= 30 for earlier, later in pairwise(starts))
    if way not in MAPS:
        assert ended(rehearsed(project, way, 900, "stop:at=33"))[2:] == (1, 0)


def test_four_batches_must_all_succeed_and_none_outlives_one_that_fails(way: str, tmp_path: Path) -> None:
    project = with_change("4-four-in-parallel", way, tmp_path)

    assert ended(rehearsed(project, way, 25)) == ("SUCCEEDED", None, 4, 0)
    if way not in MAPS:
        assert ended(rehearsed(project, way, 900, "stop:at=33"))[2:] == (4, 0)
    (project / "functions" / "second.sql").unlink()
    failed = rehearsed(project, way, 900)
    assert (failed.trace.status, failed.statements_running) == ("FAILED", 0)


HOUR_SECONDS = 3_600.0
APPROVAL = {
    "sfn-poll": ("stepfunctions", "SendTaskSuccess", "taskToken", {"output": "{}"}),
    "durable-poll": ("lambda", "SendDurableExecutionCallbackSuccess", "CallbackId", {}),
}
"""How whoever was asked says yes: an operation, what takes the token that was sent along, and the rest."""


def person(way: str, asked: list[str], after_seconds: float) -> Callable[[Aws, VirtualClock], Services]:
    """Return somebody who is asked over SNS, and approves after a while."""

    def at_hand(aws: Aws, clock: VirtualClock) -> Services:
        service, operation, token, request = APPROVAL[way]

        def publish(message: Mapping[str, Any]) -> dict[str, str]:
            def approve() -> None:
                aws.invoke(service, operation, request | {token: message["Message"]})

            asked.append(message["Subject"])
            clock.at(clock.now() + after_seconds, approve)
            return {"MessageId": "1"}

        return {"sns": {"Publish": publish}}

    return at_hand


def test_the_second_batch_waits_until_somebody_has_approved(way: str, tmp_path: Path) -> None:
    asked: list[str] = []
    project = with_change("5-an-approval-between", way, tmp_path)
    done = rehearsed(project, way, 25, services=person(way, asked, HOUR_SECONDS))

    assert ended(done) == ("SUCCEEDED", None, 2, 0)
    assert asked == ["second.sql"]
    first, second = (one.created_at for one in done.batches)
    assert HOUR_SECONDS <= second - first <= HOUR_SECONDS + 60


def test_an_approval_that_nobody_gives_in_twelve_hours_fails_the_execution(way: str, tmp_path: Path) -> None:
    asked: list[str] = []
    project = with_change("5-an-approval-between", way, tmp_path)
    done = rehearsed(project, way, 25, services=person(way, asked, 13 * HOUR_SECONDS))

    assert ended(done) == ("FAILED", "ApprovalTimedOut", 1, 0)
    assert done.trace.ended_at is not None
    assert 12 <= (done.trace.ended_at - done.trace.started_at) / HOUR_SECONDS <= 12.1


def test_there_is_a_patch_for_every_change(way: str) -> None:
    assert len(CHANGES) >= 5
    assert len({name.partition("-")[0] for name in CHANGES}) == 5
    from examples import change_file

    assert [name for name in CHANGES if not change_file(name, way).exists()] == []
