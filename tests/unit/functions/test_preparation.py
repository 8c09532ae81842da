"""What is prepared for a state machine that calls the Data API itself: statements, a deadline, delays."""

from datetime import UTC, datetime
from typing import Any

import pytest

from redshift_batch.errors import InvalidInput, InvalidParameters, InvalidTimeout
from redshift_batch.model import AdaptivePoll, FixedPoll
from redshift_batch.preparation import PollBudgets, prepare
from redshift_batch.schedule import (
    MOST_LISTED,
    delays_up_to_deadline,
    next_delay_seconds,
    same_delay_seconds,
)
from redshift_batch.settings import Settings

NOW = datetime(2026, 1, 1, 12, 0, 0, 250_000, tzinfo=UTC)
SETTINGS = Settings(database="dev", workgroup_name="reports", inline_sql_allowed=True)


def prepared(document: dict[str, Any], same: int = 2_742, listed: int = 2_243) -> dict[str, Any]:
    return prepare(document, settings=SETTINGS, poll_budgets=PollBudgets(same, listed), now=NOW)


def test_the_sql_is_split_as_for_every_way() -> None:
    assert prepared({"sql": "SELECT ';'; -- no more\nSELECT 2"})["output"] == {
        "sqls": ["SELECT ';'", "SELECT 2"]
    }


def test_sql_that_no_payload_would_carry_is_refused() -> None:
    statement = f"SELECT '{'x' * 60_000}'"
    assert prepared({"statements": [statement]})["output"] == {"sqls": [statement]}
    with pytest.raises(InvalidInput, match=r"120,0\d\d bytes of JSON.* at most 102,400"):
        prepared({"statements": [statement, statement]})


def test_a_deadline_is_a_whole_second_and_never_too_early() -> None:
    found = prepared({"timeout_seconds": 65})
    assert found["deadline"] == "2026-01-01T12:01:06Z"
    # Ten seconds before it a further delay of ten just fits.
    assert found["wait"]["last_moment"] == "2026-01-01T12:00:56Z"


def test_the_first_check_is_a_moment_within_the_batchs_time() -> None:
    assert prepared({"timeout_seconds": 65})["first_check"] == "2026-01-01T12:00:11Z"
    short = prepared({"timeout_seconds": 3})
    assert short["first_check"] == short["deadline"] == "2026-01-01T12:00:04Z"


def test_a_number_that_is_only_shown_is_text() -> None:
    assert prepared({"timeout_seconds": 86_400})["timeout_seconds"] == "86400"


def test_a_fixed_interval_is_one_delay_and_no_list() -> None:
    found = prepared({})
    assert (found["delays_change"], found["delays"]) == (False, [])
    assert found["wait"] == {"number": 1, "seconds": 10, "last_moment": "2026-01-01T12:59:51Z"}


def test_a_first_delay_ends_at_the_deadline_at_the_latest() -> None:
    assert prepared({"timeout_seconds": 3})["wait"]["seconds"] == 3
    adaptive = {"policy": "adaptive", "minimum_seconds": 20, "maximum_seconds": 30}
    assert prepared({"timeout_seconds": 3, "poll": adaptive})["delays"] == [3]


def test_delays_that_change_are_listed_up_to_the_deadline() -> None:
    found = prepared({"timeout_seconds": 600, "poll": {"policy": "adaptive"}})
    assert found["delays_change"] is True
    assert sum(found["delays"]) == 600
    assert found["wait"]["seconds"] == found["delays"][0] == 2


@pytest.mark.parametrize(
    ("document", "error"),
    [
        ({"sql": "SELECT :day", "parameters": {"day": "2026-01-01"}}, InvalidParameters),
        ({"sql": "VACUUM orders", "execution_mode": "AUTO_COMMIT"}, InvalidInput),
    ],
)
def test_what_a_definition_cannot_pass_on_is_refused_and_says_what_else_to_do(
    document: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error, match=r"^This way takes no .*start another way\.$"):
        prepared(document)


def test_what_every_way_refuses_is_refused() -> None:
    with pytest.raises(InvalidTimeout):
        prepared({"timeout_seconds": 0})


def test_the_budget_rounds_the_one_delay_up_and_nothing_does_where_it_is_off() -> None:
    assert same_delay_seconds(FixedPoll(10), 86_400, 2_742) == 32
    assert same_delay_seconds(FixedPoll(10), 3_600, 2_742) == 10
    assert same_delay_seconds(FixedPoll(10, budget=False), 86_400, 2_742) == 10


def test_an_adaptive_policy_with_equal_bounds_has_one_delay() -> None:
    assert same_delay_seconds(AdaptivePoll(minimum_seconds=7, maximum_seconds=7), 600, 100) == 7
    assert same_delay_seconds(AdaptivePoll(), 600, 100) is None


def test_the_list_is_what_other_ways_compute_poll_by_poll() -> None:
    policy = AdaptivePoll(share=0.1, minimum_seconds=1, maximum_seconds=60)
    elapsed, expected = 0, list[int]()
    while elapsed < 1_000:
        delay = next_delay_seconds(
            policy,
            elapsed_seconds=elapsed,
            polls=len(expected),
            time_left_seconds=1_000 - elapsed,
            poll_budget=30,
        )
        expected.append(delay)
        elapsed += delay
    assert delays_up_to_deadline(policy, 1_000, 30) == expected
    assert len(expected) <= 30


def test_a_list_without_a_budget_ends_where_no_history_goes_on() -> None:
    every_second = AdaptivePoll(share=0.01, minimum_seconds=1, maximum_seconds=2, budget=False)
    assert len(delays_up_to_deadline(every_second, 86_400, 1)) == MOST_LISTED > 25_000 / 11


def test_a_machine_that_waits_for_no_delay_is_handed_no_list() -> None:
    document = {"poll": {"policy": "adaptive"}, "timeout_seconds": 3600}
    found = prepare(document, settings=SETTINGS, poll_budgets=PollBudgets(3_525), now=NOW)
    assert (found["delays_change"], found["delays"], found["last_moments"]) == (False, [], [])
