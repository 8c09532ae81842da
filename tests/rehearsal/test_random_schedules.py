"""Random fault schedules: whatever goes wrong together, each way keeps its promises, and all end alike.

``--schedules`` says how many (20 by default), ``--hypothesis-seed`` which (0 by default)::

    python -m pytest tests/rehearsal/test_random_schedules.py --schedules 5000 -n 2

What "alike" means, and where it is asked for exactly, is in docs/faults.md.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import HealthCheck, note, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from orchbench.faults.promise import Observation, broken_promises, differences
from orchbench.faults.rehearsed import observe
from orchbench.rehearsal import Fault, Scenario, rehearse
from orchbench.rehearsal.fault import CALL_KINDS, OF_ANOTHER, OF_NOBODY, STATEMENT_EVENT_KINDS, Kind
from orchbench.trace import Work
from orchbench.ways import Way, all_ways
from orchbench.ways.way import Waits

SHARDS = 4
WAYS = tuple(all_ways())
SUBMIT, DESCRIBE, CANCEL, LIST = (
    "BatchExecuteStatement",
    "DescribeStatement",
    "CancelStatement",
    "ListStatements",
)
ATTEMPTS = 7
"""At a state's or a step's work, whatever goes wrong with it."""
CALLS_AN_ATTEMPT = 3
RETRIED_CALLS = ATTEMPTS * CALLS_AN_ATTEMPT
SHORT = st.integers(0, 120)
CALLS = st.sampled_from([SUBMIT, DESCRIBE, DESCRIBE, CANCEL, LIST])
FAILING = st.sampled_from([Kind.THROTTLE, Kind.UNAVAILABLE, Kind.DISCONNECT, Kind.LOSE_ANSWER])
DYING = (Kind.CRASH_BEFORE, Kind.CRASH_AFTER)
"""A function's process dies: the services pause differently before they invoke again."""
MOST_DEATHS = 2
OF_WAITS = (Work.WAKE, Work.WAIT)
"""Works that only ways have which wait for an event."""
MOMENTS = (Kind.STOP, Kind.SWEEP, Kind.FAIL, Kind.ABORT, Kind.UNKNOWN_STATUS, Kind.LATE_EVENT)
NEVER = 10_000
JITTERS = (0.02, 0.25, 0.5, 0.75, 1.0)
RESTARTS = (1.0, 2.0, 5.0, 10.0)


class Schedule(RuleBasedStateMachine):
    """Puts faults on a short batch, and rehearses it on every way when all of them are there."""

    def __init__(self) -> None:
        super().__init__()
        self.scenario: Scenario | None = None
        self.faults: list[Fault] = []

    @initialize(
        duration=SHORT,
        spare=st.one_of(st.integers(-60, 60), st.just(NEVER)),
        poll=st.sampled_from(["fixed:10s", "fixed:15s", "fixed:30s", "adaptive"]),
        budget=st.booleans(),
        queue=st.sampled_from([0, 0, 7, 45, 130]),
        jitter=st.sampled_from([0.5, 1.0, None]),
        number=st.integers(0, 1000),
    )
    def run_a_batch(
        self,
        *,
        duration: int,
        spare: int,
        poll: str,
        budget: bool,
        queue: int,
        jitter: float | None,
        number: int,
    ) -> None:
        self.scenario = Scenario.polled(
            duration,
            poll,
            timeout_seconds=max(1, duration + spare),
            poll_budget=budget,
            queue_seconds=float(queue),
            seed=number,
            jitter=jitter,
            # The same pause before another attempt as a retry's, where retries pause alike.
            restart_seconds=2 * jitter if jitter else 5.0,
        )

    @rule(kind=FAILING, operation=CALLS, first=st.integers(1, 6), calls=st.integers(1, 9))
    def calls_fail(self, kind: Kind, operation: str, first: int, calls: int) -> None:
        self.faults.append(Fault(kind, operation=operation, first_call=first, calls=calls))

    @rule(
        kind=FAILING,
        operation=CALLS,
        first=st.integers(1, 3),
        calls=st.sampled_from([RETRIED_CALLS - 1, RETRIED_CALLS, 3 * RETRIED_CALLS]),
    )
    def calls_fail_until_nobody_tries(self, kind: Kind, operation: str, first: int, calls: int) -> None:
        self.faults.append(Fault(kind, operation=operation, first_call=first, calls=calls))

    @rule(kind=FAILING, since=SHORT, seconds=st.integers(1, 40))
    def everything_fails_for_a_while(self, kind: Kind, since: int, seconds: int) -> None:
        self.faults.append(Fault(kind, since=float(since), until=float(since + seconds)))

    @precondition(lambda self: not self.hangs_on_a_pause())
    @rule(kind=FAILING, rate=st.sampled_from([0.2, 0.5]), since=SHORT)
    def some_calls_fail(self, kind: Kind, rate: float, since: int) -> None:
        self.faults.append(Fault(kind, rate=rate, since=float(since), until=float(since + 60)))

    @rule(operation=CALLS, first=st.integers(1, 6), seconds=st.sampled_from([1, 4, 9, 15]))
    def a_call_is_slow(self, operation: str, first: int, seconds: int) -> None:
        self.faults.append(Fault(Kind.DELAY, operation=operation, first_call=first, seconds=float(seconds)))

    @precondition(lambda self: self.may_die())
    @rule(
        kind=st.sampled_from([Kind.CRASH_BEFORE, Kind.CRASH_AFTER]),
        operation=st.sampled_from([SUBMIT, DESCRIBE, CANCEL]),
        first=st.integers(1, 6),
    )
    def a_function_dies(self, kind: Kind, operation: str, first: int) -> None:
        self.faults.append(Fault(kind, operation=operation, first_call=first))

    @precondition(lambda self: not self.has(Kind.CHECKPOINT))
    @rule(first=st.integers(1, 8))
    def a_checkpoint_is_lost(self, first: int) -> None:
        self.faults.append(Fault(Kind.CHECKPOINT, first_call=first))

    @rule(
        operation=st.sampled_from([SUBMIT, DESCRIBE, CANCEL]),
        first=st.integers(1, 5),
        calls=st.integers(1, 8),
    )
    def a_call_hangs(self, operation: str, first: int, calls: int) -> None:
        self.faults.append(Fault(Kind.HANG, operation=operation, first_call=first, calls=calls))

    @precondition(lambda self: not self.has(Kind.FAIL, Kind.ABORT))
    @rule(kind=st.sampled_from([Kind.FAIL, Kind.ABORT, Kind.UNKNOWN_STATUS]), at=SHORT)
    def the_statement_ends_otherwise(self, kind: Kind, at: int) -> None:
        self.faults.append(Fault(kind, at=float(at)))

    @precondition(lambda self: not self.has(Kind.STOP))
    @rule(halves=st.integers(0, 260))
    def an_operator_stops_it(self, halves: int) -> None:
        self.faults.append(Fault(Kind.STOP, at=halves / 2))

    @rule(kind=st.sampled_from([Kind.DUPLICATE_START, Kind.SWEEP]), at=SHORT)
    def nothing_goes_wrong(self, kind: Kind, at: int) -> None:
        self.faults.append(Fault(kind, at=float(at)))

    @precondition(lambda self: not self.has(Kind.LOSE_EVENT, Kind.LATE_EVENT, Kind.DUPLICATE_EVENT))
    @rule(kind=st.sampled_from([Kind.LOSE_EVENT, Kind.LATE_EVENT, Kind.DUPLICATE_EVENT]), seconds=SHORT)
    def the_event_of_its_end_goes_astray(self, kind: Kind, seconds: int) -> None:
        self.faults.append(Fault(kind, seconds=float(seconds) if kind is Kind.LATE_EVENT else None))

    @precondition(lambda self: not self.has(*STATEMENT_EVENT_KINDS))
    @rule(kind=st.sampled_from(STATEMENT_EVENT_KINDS), seconds=st.one_of(SHORT, st.just(3600)))
    def the_event_of_the_statements_end_goes_astray(self, kind: Kind, seconds: int) -> None:
        late = kind is Kind.LATE_STATEMENT_EVENT
        self.faults.append(Fault(kind, seconds=float(seconds) if late else None))

    @rule(halves=st.integers(0, 260), of=st.sampled_from([None, None, OF_ANOTHER, OF_NOBODY]))
    def an_event_is_forged(self, halves: int, of: str | None) -> None:
        self.faults.append(Fault(Kind.FORGE_STATEMENT_EVENT, at=halves / 2, of=of))

    @rule(first=st.integers(1, 4), calls=st.integers(1, 3))
    def a_history_is_stale(self, first: int, calls: int) -> None:
        self.faults.append(Fault(Kind.STALE_HISTORY, first_call=first, calls=calls))

    @rule(
        kind=FAILING,
        work=st.sampled_from(OF_WAITS),
        first=st.integers(1, 4),
        calls=st.sampled_from([1, 2, 3, 5, RETRIED_CALLS]),
    )
    def who_wakes_or_arms_fails(self, kind: Kind, work: Work, first: int, calls: int) -> None:
        self.faults.append(Fault(kind, work=work, first_call=first, calls=calls))

    @rule(
        kind=st.sampled_from([*DYING, Kind.HANG]),
        work=st.sampled_from(OF_WAITS),
        first=st.integers(1, 4),
    )
    def who_wakes_or_arms_dies_or_hangs(self, kind: Kind, work: Work, first: int) -> None:
        self.faults.append(Fault(kind, work=work, first_call=first))

    @rule(work=st.sampled_from(OF_WAITS), first=st.integers(1, 4), seconds=st.sampled_from([1, 4, 9, 15]))
    def who_wakes_or_arms_is_slow(self, work: Work, first: int, seconds: int) -> None:
        self.faults.append(Fault(Kind.DELAY, work=work, first_call=first, seconds=float(seconds)))

    def has(self, *kinds: Kind) -> bool:
        return self.count(*kinds) > 0

    def count(self, *kinds: Kind) -> int:
        return sum(fault.kind in kinds for fault in self.faults)

    def may_die(self) -> bool:
        rates = any(fault.rate is not None for fault in self.faults)
        return sum(map(is_death, self.faults)) < MOST_DEATHS and not rates

    def hangs_on_a_pause(self) -> bool:
        return self.has(*DYING) or self.scenario is None or self.scenario.jitter is None

    def teardown(self) -> None:
        if self.scenario is not None:
            assert broken_by(replace(self.scenario, faults=tuple(self.faults))) == []


def broken_by(scenario: Scenario) -> list[str]:
    """Rehearse a schedule on every way and return what it broke."""
    found = observed(scenario)
    broken = [sentence for one in found for sentence in broken_promises(one)]
    broken += apart(scenario, found, is_compared) + apart(scenario, found, is_woken_alike)
    if broken:
        note(f"{scenario}")
    return broken


def apart(scenario: Scenario, found: list[Observation], among: Callable[[Way, Scenario], bool]) -> list[str]:
    """Return how ways did not end alike that must."""
    found = [one for one in found if among(all_ways()[one.way], scenario)]
    if scenario.jitter is None and differences(found):
        # Pauses were drawn, for each way others. What makes the difference must go away when they are equal.
        scenario = replace(scenario, jitter=1.0, restart_seconds=2.0)
        found = [one for one in observed(scenario) if among(all_ways()[one.way], scenario)]
    different = [] if only_durable(scenario) else differences(found)
    if different and function_died(scenario) and each_could_have_ended_like_the_others(scenario, found):
        return []
    return different


def observed(scenario: Scenario) -> list[Observation]:
    return [observe(rehearse(scenario, way)) for way in WAYS]


def is_compared(way: Way, scenario: Scenario) -> bool:
    """Tell whether a way must end as all others do, and not merely keep its promises.

    An integration makes one call an attempt where a function makes three, so it tries again at other moments;
    a look that the service holds sees an end at once, and a deadline late; and who waits for an event looks
    when one comes.
    """
    moments = any(one.kind in MOMENTS for one in scenario.faults)
    if way.waits is Waits.FOR_AN_EVENT:
        looked = any(one.kind in (Kind.STOP, Kind.UNKNOWN_STATUS) for one in scenario.faults)
        return not looked and is_woken_alike(way, scenario)
    if Work.LOOK in way.workers:
        return True
    if calls_fail(scenario):
        return False
    return way.waits is not Waits.HELD or not (moments or scenario.input["timeout_seconds"] < NEVER)


def is_woken_alike(way: Way, scenario: Scenario) -> bool:
    """Tell whether a way must end as all others that wait for an event: they look at the same moments."""
    return way.waits is Waits.FOR_AN_EVENT and not calls_fail(scenario)


def calls_fail(scenario: Scenario) -> bool:
    """Tell whether something meets calls that ways make at moments of their own."""
    elsewhere = (Kind.CHECKPOINT, Kind.STALE_HISTORY)
    meeting = [one for one in scenario.faults if one.kind in CALL_KINDS and one.kind not in elsewhere]
    return any(one.work is not Work.WAKE for one in meeting)


def only_durable(scenario: Scenario) -> bool:
    """Tell whether a fault that only durable executions have may move something past a moment."""
    faults = scenario.faults
    moments = any(one.kind in MOMENTS or one.until is not None for one in faults)
    deadline = scenario.input["timeout_seconds"] < NEVER
    moved = moments or deadline or may_run_out(scenario)
    return moved and any(one.kind is Kind.CHECKPOINT for one in faults)


def may_run_out(scenario: Scenario) -> bool:
    """Tell whether faults may use up a work's attempts: one that a lost checkpoint repeats is not counted."""
    faults = [one for one in scenario.faults if one.work not in OF_WAITS]
    hangs = sum(one.calls or 1 for one in faults if one.kind is Kind.HANG)
    failing = sum(one.calls or 1 for one in faults if one.kind is not Kind.HANG)
    return hangs + failing / CALLS_AN_ATTEMPT >= ATTEMPTS - 1


def function_died(scenario: Scenario) -> bool:
    """Tell whether a function dies here, before whose next invocation the services pause differently."""
    return any(map(is_death, scenario.faults))


def is_death(fault: Fault) -> bool:
    return fault.kind in DYING and fault.work not in OF_WAITS


def each_could_have_ended_like_the_others(scenario: Scenario, found: list[Observation]) -> bool:
    """Tell whether each verdict is every way's own too, with other pauses of its service."""
    wanted = {one.verdict for one in found}
    return all(wanted <= reachable(scenario, one.way, wanted) for one in found)


def reachable(scenario: Scenario, way: str, wanted: set[tuple[str, str | None, int]]) -> set[object]:
    seen: set[object] = set()
    for changed in with_other_pauses(scenario):
        if wanted <= seen:
            break
        seen.add(observe(rehearse(changed, way)).verdict)
    return seen


def with_other_pauses(scenario: Scenario) -> Iterator[Scenario]:
    yield scenario
    for jitter, restart in product(JITTERS, RESTARTS):
        yield replace(scenario, jitter=jitter, restart_seconds=restart)


@pytest.mark.slow
@pytest.mark.parametrize("shard", range(SHARDS))
def test_whatever_goes_wrong_together_promises_are_kept_and_all_ways_end_alike(
    shard: int, schedules: int, schedule_seed: int
) -> None:
    machine = seed(schedule_seed * SHARDS + shard)(type("Schedule", (Schedule,), {}))
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=-(-schedules // SHARDS),
            stateful_step_count=6,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
