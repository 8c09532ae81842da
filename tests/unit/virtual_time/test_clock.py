"""One clock: time passes when somebody waits, and what is due happens on the way."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchbench.virtual_time.clock import START, VirtualClock


def test_a_day_passes_at_once() -> None:
    clock = VirtualClock()
    real = time.monotonic()
    clock.sleep(86_400)
    assert clock.now() == START + 86_400
    assert time.monotonic() - real < 86_400


@given(st.lists(st.floats(min_value=0, max_value=1e6), max_size=20))
def test_what_is_due_happens_in_order_of_its_moments(delays: list[float]) -> None:
    clock = VirtualClock()
    happened: list[tuple[float, int]] = []
    for number, delay in enumerate(delays):
        clock.at(START + delay, lambda number=number: happened.append((clock.now(), number)))  # type: ignore[misc]
    clock.sleep(1e6)
    expected = sorted((round(START + delay, 6), number) for number, delay in enumerate(delays))
    assert happened == expected


def test_of_two_at_the_same_moment_the_one_asked_for_first_comes_first() -> None:
    clock, happened = VirtualClock(), []
    clock.at(START + 5, lambda: happened.append("first"))
    clock.at(START + 5, lambda: happened.append("second"))
    clock.sleep(5)
    assert happened == ["first", "second"]


def test_what_is_cancelled_does_not_happen() -> None:
    clock = VirtualClock()
    happened: list[str] = []
    with clock.timer(10, lambda: happened.append("too late")):
        clock.sleep(9)
    clock.sleep(9)
    assert happened == []


def test_an_action_that_raises_interrupts_whoever_waits_at_its_moment() -> None:
    clock = VirtualClock()

    def interrupt() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError), clock.timer(3, interrupt):
        clock.sleep(60)
    assert clock.now() == START + 3


def test_a_wait_ends_early_once_something_on_the_way_is_enough() -> None:
    clock = VirtualClock()
    happened: list[str] = []
    clock.at(START + 7, lambda: happened.append("stopped"))
    clock.sleep_until(START + 60, enough=lambda: bool(happened))
    assert clock.now() == START + 7


def test_a_hang_that_nothing_would_end_is_an_error_and_no_endless_loop() -> None:
    with pytest.raises(RuntimeError, match="nothing is scheduled"):
        VirtualClock().hang()


def test_the_wall_clock_moves_along_and_is_given_back() -> None:
    clock = VirtualClock()
    with clock.wall_clock():
        clock.sleep(90)
        assert datetime.now(UTC) == datetime(2026, 1, 1, 0, 1, 30, tzinfo=UTC)
        assert time.time() == START + 90
    assert time.time() != START + 90


def test_time_never_goes_back_when_an_action_waits_itself() -> None:
    clock = VirtualClock()
    clock.at(START + 5, lambda: clock.sleep(100))
    clock.sleep(10)
    assert clock.now() == START + 105


def test_what_was_due_waits_while_time_passes_for_something_else() -> None:
    clock = VirtualClock()
    began, seen = clock.now(), []
    clock.at(began + 5, lambda: seen.append(("waited", clock.now() - began)))
    with clock.aside():
        clock.at(began + 2, lambda: seen.append(("meanwhile", clock.now() - began)))
        clock.at(began + 30, lambda: seen.append(("after all", clock.now() - began)))
        clock.sleep(10)
    clock.sleep(30)
    assert seen == [("meanwhile", 2), ("waited", 10), ("after all", 30)]
