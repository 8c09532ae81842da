"""The estimate of one way, which a command, a page and a question before a comparison show alike."""

import json
from decimal import Decimal

import numpy as np
import pytest

from orchbench.cli import main
from orchbench.commands.estimation import candidates
from orchbench.evaluation.assumptions import default_assumptions
from orchbench.evaluation.candidate import Candidate
from orchbench.evaluation.estimate import Terms, estimate_way, usual_timeouts
from orchbench.evaluation.prices import price_list
from orchbench.ways.durations import Policy

TERMS = Terms(price_list("us-east-1"), "x86_64", 128, default_assumptions())
EVERY_10_S = Policy.fixed(10)


@pytest.mark.parametrize("candidate", candidates(None), ids=lambda one: one.name)
def test_the_command_shows_it(candidate: Candidate, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--duration", "2h", "--poll", "fixed:10s", "--way", candidate.name, "--runs-a-month", "30"]
    assert main(["estimate", *asked, "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["estimates"]

    found = estimate_way(candidate, 7_200, EVERY_10_S, TERMS)

    assert Decimal(row["cost"]["value"]) == found.bill_of(Decimal(30)).total_usd
    assert row["polls"]["value"] == found.polled.polls[0]
    assert row["poll_budget_stretches"] is found.followed.stretched
    assert found.followed.watched.longest_timeout_seconds == 7_920


@pytest.mark.parametrize("candidate", candidates(None), ids=lambda one: one.name)
def test_the_bill_of_many_queries_is_the_mean_of_theirs(candidate: Candidate) -> None:
    together = estimate_way(candidate, np.array([600.0, 1_200.0]), EVERY_10_S, TERMS, 3_600).bill
    apart = [estimate_way(candidate, one, EVERY_10_S, TERMS, 3_600).bill.total_usd for one in (600, 1_200)]

    assert float(together.total_usd) == pytest.approx(float(sum(apart) / 2), rel=1e-12)


def test_the_free_tier_is_taken_off_a_months_bill() -> None:
    found = estimate_way(candidates(["sfn-poll"])[0], 600, EVERY_10_S, TERMS)

    assert found.bill_of(Decimal(10), free_tier=True).total_usd < found.bill_of(Decimal(10)).total_usd


@pytest.mark.parametrize(
    ("seconds", "timeout"), [(60, 3_600), (3_600, 3_960), (4_000.5, 4_401), (86_400, 86_400)]
)
def test_a_batch_may_usually_take_a_tenth_more(seconds: float, timeout: float) -> None:
    assert usual_timeouts(np.array([float(seconds)])).tolist() == [timeout]
