"""Whatever kinds of faults meet in one state or step, every way makes as many attempts at the same moments.

Pauses are equal here, so an attempt more or less, or a pause that grew by another count, ends it elsewhere.
"""

import pytest

from orchbench.rehearsal import Fault, Rehearsal, Scenario, rehearse
from orchbench.trace import Work
from orchbench.ways import all_ways
from orchbench.ways.way import Waits

WAYS = tuple(
    name for name, way in all_ways().items() if Work.LOOK in way.workers and way.waits is Waits.BY_POLLING
)
"""Those that poll, and look in a function: an integration makes one call an attempt, so it tries
again at other moments, and what waits for an event looks at others."""
POLL = {"policy": "fixed", "interval_seconds": 10}
HOURS = {"timeout_seconds": 10_000, "poll": POLL}
MINUTE = {"timeout_seconds": 60, "poll": POLL}
NEW_INVOCATION_SECONDS = 1.0
"""What a durable way waits for an invocation with time left, before it cancels after a hang."""


def by_way(
    *faults: str, document: dict[str, object], duration: float = 20_000.0, jitter: float = 1.0
) -> list[Rehearsal]:
    scenario = Scenario(
        duration_seconds=duration,
        input=document,
        faults=tuple(map(Fault.parse, faults)),
        jitter=jitter,
        restart_seconds=2 * jitter,
    )
    return [rehearse(scenario, way) for way in WAYS]


def seconds(found: list[Rehearsal]) -> list[float]:
    return [round((one.trace.ended_at or 0.0) - one.trace.started_at, 3) for one in found]


def statuses(found: list[Rehearsal]) -> set[str]:
    return {batch.status.value for one in found for batch in one.batches}


@pytest.mark.slow
@pytest.mark.parametrize("faults", [[], ["lose-answer:work=look,calls=21"]])
def test_a_deadline_that_passed_before_a_repeated_submit_is_seen_by_the_check(faults: list[str]) -> None:
    document = {"timeout_seconds": 1, "poll": POLL}
    found = by_way("crash-after:work=submit", *faults, document=document, duration=41)
    assert len({(one.trace.status, one.trace.error_name) for one in found}) == 1
    assert len({round(one.batches[0].updated_at, 2) for one in found}) == 1
    assert len({round(one, 1) for one in seconds(found)}) == 1


THROTTLED, HANGING, DYING = (
    "throttle:work={work},nth={nth},first_call={first},calls=6",
    "hang:work={work},nth={nth},first_call={first},calls=1",
    "crash-before:work={work},nth={nth},first_call={first}",
)


@pytest.mark.slow
@pytest.mark.parametrize(("work", "nth"), [("submit", 1), ("look", 3)])
def test_faults_of_all_kinds_in_one_work_are_counted_alike(work: str, nth: int) -> None:
    met = (THROTTLED, 1), (DYING, 7), (HANGING, 8), (THROTTLED, 9), (HANGING, 15)
    faults = [one.format(work=work, nth=nth, first=first) for one, first in met]
    found = by_way(*faults, document=HOURS, duration=95)
    assert {one.trace.status.value for one in found} == {"SUCCEEDED"}
    assert len(set(seconds(found))) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("hangs", "status"), [(2, "SUCCEEDED"), (3, "FAILED")])
def test_a_hang_after_four_throttled_attempts_has_the_attempts_that_are_left(hangs: int, status: str) -> None:
    found = by_way(
        "throttle:work=look,nth=3,calls=12",
        f"hang:work=look,nth=3,first_call=13,calls={hangs}",
        document=HOURS,
        duration=500,
    )
    assert {one.trace.status.value for one in found} == {status}
    first, *others = seconds(found)
    assert all(0 <= one - first <= NEW_INVOCATION_SECONDS for one in others)


@pytest.mark.slow
@pytest.mark.parametrize(("hangs", "cancelled"), [(6, {"ABORTED"}), (7, {"STARTED"})])
def test_a_cancel_after_a_hang_has_all_its_attempts(hangs: int, cancelled: set[str]) -> None:
    found = by_way(
        "hang:work=look,nth=2,calls=7", f"hang:work=cancel,calls={hangs}", "lose-event", document=HOURS
    )
    assert {one.trace.error_name for one in found} == {"HandlerTimedOut"}
    told = {one.trace.statement.status for one in found if one.trace.statement}
    assert told == cancelled


@pytest.mark.slow
@pytest.mark.parametrize("throttled_attempts", [0, 6])
def test_a_cancel_that_is_refused_in_the_queue_counts_its_faults_apart(throttled_attempts: int) -> None:
    found = by_way(
        "queue:seconds=1500",
        f"throttle:work=cancel,first_call=8,calls={max(1, 3 * throttled_attempts)}",
        document=MINUTE,
        jitter=0.5,
    )
    assert {one.trace.error_name for one in found} == {"BatchTimedOut"}
    assert statuses(found) == {"ABORTED"}
    assert len(set(seconds(found))) == 1
    # By the execution itself, in the first pause after the queue.
    assert 1500 <= seconds(found)[0] < 1560


@pytest.mark.slow
@pytest.mark.parametrize(("throttled_attempts", "told"), [(6, "ABORTED"), (7, "SUBMITTED")])
def test_refusals_do_not_give_a_cancel_its_attempts_back(throttled_attempts: int, told: str) -> None:
    # One throttled attempt of three calls, one refusal, and so on.
    faults = [f"throttle:work=cancel,first_call={1 + 4 * n},calls=3" for n in range(throttled_attempts)]
    found = by_way("queue:seconds=1500", *faults, document=MINUTE, jitter=0.5)
    assert {one.trace.statement.status for one in found if one.trace.statement} == {told}
    assert len({round(one, 2) for one in seconds(found)}) == 1
    assert statuses(found) == {"ABORTED"}


@pytest.mark.slow
def test_an_execution_gives_a_cancel_in_the_queue_up_after_45_refusals_more() -> None:
    found = by_way("queue:seconds=4000", document=MINUTE, jitter=0.5)
    assert set(seconds(found)) == {60 + 45 * 60.0}
    assert {one.trace.error_name for one in found} == {"BatchTimedOut"}
    # The sweep does it: no event's attempt came late enough.
    assert statuses(found) == {"ABORTED"}
    assert {one.deliveries.dead_letters for one in found} == {1}


@pytest.mark.slow
def test_a_statement_that_ends_between_two_refusals_is_told_as_the_success_that_it_is() -> None:
    found = by_way("queue:seconds=70", document=MINUTE, duration=20, jitter=0.5)
    assert {one.trace.status.value for one in found} == {"SUCCEEDED"}
    assert statuses(found) == {"FINISHED"}
