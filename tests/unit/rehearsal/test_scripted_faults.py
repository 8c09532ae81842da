"""Faults as they are written, and which calls they meet."""

import pytest

from orchbench.redshift.faults import Call, FaultKind
from orchbench.rehearsal.fault import Fault, InvalidFault, Kind
from orchbench.rehearsal.scripted_faults import ScriptedFaults
from orchbench.rehearsal.works import Works
from orchbench.trace import Work
from orchbench.virtual_time.clock import VirtualClock
from orchbench.virtual_time.functions import FunctionCrashed
from orchbench.virtual_time.latency import Latency, profiles

DESCRIBE = "DescribeStatement"


def scripted(
    *faults: str, clock: VirtualClock | None = None, seed: int = 0, works: Works | None = None
) -> ScriptedFaults:
    return ScriptedFaults(
        tuple(map(Fault.parse, faults)), clock or VirtualClock(), Latency(profiles()["zero"], 0), seed, works
    )


def call(operation: str = DESCRIBE) -> Call:
    return Call(operation, 1, 0.0)


def test_a_fault_is_written_as_a_kind_and_its_keys() -> None:
    assert Fault.parse("throttle:operation=DescribeStatement,first_call=3,calls=2") == Fault(
        Kind.THROTTLE, operation=DESCRIBE, first_call=3, calls=2
    )
    assert Fault.parse("stop:at=600") == Fault(Kind.STOP, at=600.0)
    assert Fault.parse("fail:at=1,error=ERROR: out of disk").error == "ERROR: out of disk"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("fire", "The fault 'fire' is unknown: it takes one of fail, "),
        ("stop", "The fault 'stop' needs 'at'"),
        ("delay:operation=DescribeStatement", "needs 'seconds'"),
        ("throttle:operation=Describe", "it takes one of .*DescribeStatement"),
        ("throttle:rate=2", "a rate of 2.0: it takes a number above 0"),
        ("throttle:first_call=0", "counts its calls from 1"),
        ("throttle:calls=some", "'calls' is 'some': it takes a whole number"),
        ("stop:at=1,operation=DescribeStatement", "meets no calls"),
        ("stop:600", "'600', which is not KEY=VALUE"),
        ("stop:moment=1", "unknown key 'moment'"),
        ("throttle:work=sleep", "'work' is 'sleep': it takes one of submit, look, cancel, wait, wake"),
        ("throttle:work=prepare", "names the work 'prepare': it takes one of submit, look, cancel"),
        ("throttle:work=look,operation=DescribeStatement", "an operation and a work: give one"),
        ("throttle:nth=2", "has 'nth', which counts a work"),
        ("throttle:work=look,nth=0", "counts a work from 1"),
        ("throttle:work=submit,nth=last", "'last', the look that sees the end"),
        ("stop:at=1,work=look,nth=last", "'last', the look that sees the end"),
        ("fail:at=1,work=look", "meets no work's calls, so it takes no 'work'"),
        ("stale-history:work=wake", "meets no work's calls, so it takes no 'work'"),
        ("late-statement-event", "needs 'seconds'"),
        ("forge-statement-event", "needs 'at'"),
        ("forge-statement-event:at=1,of=me", "'of': a forged event takes it, another or nobody"),
        ("stop:at=1,of=nobody", "'of': a forged event takes it"),
        ("lose-statement-event:calls=2", "meets no calls"),
    ],
)
def test_what_is_wrong_with_a_fault_is_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(InvalidFault, match=sentence):
        Fault.parse(text)


def test_a_fault_meets_one_call_unless_it_is_said_otherwise() -> None:
    faults = scripted(f"throttle:operation={DESCRIBE},first_call=2")
    assert [faults.before(call()) is not None for _ in range(4)] == [False, True, False, False]


def test_no_number_of_calls_means_all_of_them() -> None:
    faults = scripted(f"throttle:operation={DESCRIBE},calls=0")
    assert all(faults.before(call()) is not None for _ in range(9))


def test_calls_of_another_operation_are_not_counted() -> None:
    faults = scripted(f"throttle:operation={DESCRIBE},first_call=2")
    found = [faults.before(call(name)) for name in (DESCRIBE, "CancelStatement", "CancelStatement", DESCRIBE)]
    assert [one is not None for one in found] == [False, False, False, True]


def test_a_window_meets_the_calls_from_its_beginning_to_before_its_end() -> None:
    clock = VirtualClock()
    faults = scripted("unavailable:since=10,until=12", clock=clock)
    met = []
    for seconds in (0, 10, 1.9, 0.1):
        clock.sleep(seconds)
        met.append(faults.before(call()) is not None)
    assert met == [False, True, True, False]


def test_a_rate_is_drawn_by_the_seed() -> None:
    def met(seed: int) -> list[bool]:
        faults = scripted("throttle:rate=0.5", seed=seed)
        return [faults.before(call()) is not None for _ in range(200)]

    assert met(1) == met(1)
    assert met(1) != met(2)
    assert 60 < sum(met(1)) < 140


def test_a_lost_answer_lets_the_call_happen_first() -> None:
    faults = scripted("lose-answer")
    assert faults.before(call()) is None
    lost = faults.after(call())
    assert lost is not None
    assert lost.kind is FaultKind.LOSE_ANSWER
    assert (faults.before(call()), faults.after(call())) == (None, None)


def test_a_crash_ends_the_function_before_or_after_the_call() -> None:
    with pytest.raises(FunctionCrashed):
        scripted("crash-before").before(call())
    faults = scripted("crash-after")
    assert faults.before(call()) is None
    with pytest.raises(FunctionCrashed):
        faults.after(call())


def test_checkpoints_are_counted_apart_from_calls() -> None:
    faults = scripted("checkpoint:first_call=2")
    assert faults.before(call()) is None
    assert [faults.checkpoint_fails() for _ in range(3)] == [False, True, False]


def looked(faults: ScriptedFaults, works: Works, attempts: int = 1) -> list[bool]:
    """Look once, with so many calls, and tell which of them met a fault."""
    works.begins("Look")
    met = [faults.before(call()) is not None for _ in range(attempts)]
    works.ends()
    return met


def test_a_fault_of_a_work_meets_its_calls_from_the_time_on_that_it_names() -> None:
    works = Works({"Look": Work.LOOK})
    faults = scripted("throttle:work=look,nth=2,calls=4", works=works)
    assert looked(faults, works, attempts=3) == [False] * 3
    assert looked(faults, works, attempts=3) == [True] * 3
    assert looked(faults, works, attempts=2) == [True, False]


def test_the_same_call_for_another_work_or_for_nobody_is_not_met() -> None:
    works = Works({"Look": Work.LOOK, "Cancel": Work.CANCEL})
    faults = scripted("throttle:work=look", works=works)
    works.begins("Cancel")
    assert faults.before(call()) is None
    works.begins("Look")
    assert faults.before(call("CancelStatement")) is None
    with works.aside():
        assert faults.before(call()) is None
    assert faults.before(call()) is not None


def test_another_attempt_at_a_step_is_not_another_time() -> None:
    works = Works({"Look": Work.LOOK})
    works.begins("Look")
    works.begins("Look", again=True)
    assert works.times(Work.LOOK) == 1


@pytest.mark.parametrize("kind", ["lose-answer", "throttle"])
def test_the_last_look_is_the_first_one_after_the_end(kind: str) -> None:
    works = Works({"Look": Work.LOOK})
    faults = scripted(f"{kind}:work=look,nth=last", works=works)
    met = []
    for ended in (False, True, True):
        faults.statement_has_ended = lambda ended=ended: ended  # type: ignore[misc]
        works.begins("Look")
        met.append(any([faults.before(call()), faults.after(call())]))
    assert met == [False, True, False]
    assert [fault.kind for fault in faults.met] == [Kind(kind)]


def test_a_call_of_another_service_meets_only_a_fault_of_its_work() -> None:
    works = Works()
    faults = scripted("throttle:first_call=2,calls=0", "throttle:work=wake", works=works)
    wakes = call("SendTaskSuccess")
    assert faults.before(wakes) is None
    with works.aside(Work.WAKE):
        assert [faults.before(wakes) is not None for _ in range(2)] == [True, False]
    # The first call of the Data API: the others were not counted.
    assert [faults.before(call()) is not None for _ in range(2)] == [False, True]


def test_only_who_wakes_an_execution_reads_a_stale_history() -> None:
    works = Works()
    faults = scripted("stale-history", works=works)
    assert not faults.history_is_stale()
    with works.aside(Work.WAKE):
        assert [faults.history_is_stale() for _ in range(2)] == [True, False]


def test_another_attempt_at_waking_is_not_another_time() -> None:
    works = Works()
    for again in (False, True):
        with works.aside(Work.WAKE, again=again):
            assert works.times(Work.WAKE) == 1
    assert works.current is None


def test_what_is_to_happen_at_a_work_happens_when_it_begins() -> None:
    works, seen = Works({"Look": Work.LOOK}), []
    works.at(Work.LOOK, 2, lambda: seen.append("second look"))
    works.begins("Look")
    assert seen == []
    works.begins("Look")
    works.begins("Look")
    assert seen == ["second look"]
