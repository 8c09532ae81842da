"""The first wait for an event, which begins before the input was checked."""

from typing import Any

import pytest

from redshift_batch.poll_policy import first_wait_seconds

DAY = 86_400


@pytest.mark.parametrize(
    ("event", "longest", "seconds"),
    [
        ({}, DAY, 1800),
        ({"timeout_seconds": 60}, DAY, 60),
        ({}, 900, 900),
        ({"timeout_seconds": 7200, "fallback": {"interval_seconds": 5400}}, DAY, 5400),
        ({"fallback": {"interval_seconds": 5400}}, DAY, 3600),
        ({"fallback": {"policy": "adaptive", "minimum_seconds": 30}}, DAY, 30),
    ],
)
def test_the_first_wait_lasts_the_fallbacks_delay_and_no_longer_than_the_batch_may(
    event: Any, longest: int, seconds: int
) -> None:
    assert first_wait_seconds(event, longest) == seconds


@pytest.mark.parametrize(
    "event",
    [None, [], 3, {"fallback": 3}, {"fallback": {"interval_seconds": -1}}, {"timeout_seconds": "x"},
     {"timeout_seconds": True}, {"timeout_seconds": -5}, {"timeout_seconds": None}],
)  # fmt: skip
def test_an_input_that_the_submit_will_refuse_waits_as_by_default(event: Any) -> None:
    assert first_wait_seconds(event, DAY) == 1800
