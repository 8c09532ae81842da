"""Whether a difference matters, what decides where it does not, and whether an answer survives its ranges."""

import json
from dataclasses import replace
from decimal import Decimal
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from orchbench.cli import main
from orchbench.commands.estimation import candidates
from orchbench.evaluation.assumptions import default_assumptions
from orchbench.evaluation.decision import Answer, Material, Promise, Question, answer, best_of
from orchbench.evaluation.estimate import Terms
from orchbench.evaluation.prices import price_list
from orchbench.evaluation.ranges import tornado, worst_corner
from orchbench.evaluation.warehouse import Warehouse
from orchbench.evaluation.workload import from_distribution

PRICES = price_list("us-east-1")
TERMS = Terms(PRICES, "x86_64", 128, default_assumptions())
WORKLOAD = from_distribution("lognormal:median=25m,p95=2h,max=6h")
REDSHIFT = Warehouse.serverless(default_assumptions().named["redshift_rpus"], PRICES["redshift_rpu_hour"])
THREE = ["sfn-poll", "durable-poll", "durable-condition"]
ASKED = "decide --duration lognormal:median=25m,p95=2h --runs-a-month 6000 --acceptable-lag 1m"


def asked(runs: int = 6_000, **changes: object) -> Answer:
    question = Question(
        WORKLOAD.durations_seconds, Decimal(runs), Promise(61), 24_000, TERMS, warehouse=REDSHIFT
    )
    return answer(replace(question, **changes), candidates(THREE))  # type: ignore[arg-type]


@pytest.mark.slow
def test_the_first_three_lines_say_what_to_choose_what_it_costs_and_that_it_does_not_matter(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main([*ASKED.split(), "--region", "ap-northeast-1"]) == 0
    shown = capsys.readouterr().out
    assert shown.splitlines()[:3] == [
        "Choose durable-condition, a poll every 60 s: $10.38 a month (assumed) for 6,000",
        "runs at list prices of ap-northeast-1 (durable prices assumed from us-east-1).",
        "That is 0.1% of the whole bill: Redshift costs $15,708 for the same queries (8",
    ]
    assert main([*ASKED.split(), "--region", "ap-northeast-1", "--verbose"]) == 0
    _, proportion, kept, deciding, apart = capsys.readouterr().out.splitlines()[:5]

    assert proportion.endswith("(8 RPU assumed). Cost does not decide here.")
    assert kept == "Every end is seen within 1 min; the probe condition-first-look tests the cost."
    assert apart.startswith("4 ways lie $")
    # The page and the README choose between the pair, and name the variant: so does this.
    assert deciding == (
        "Of the pair, durable-poll comes before sfn-poll: it has fewer parts to operate; durable-condition "
        "does the same as durable-poll for $1.90 less."
    )
    assert deciding in " ".join(shown.split()), "in ten lines too"


def test_a_saving_that_matters_decides_and_one_that_does_not_is_no_reason() -> None:
    least = Material(Decimal(0), Decimal(0))
    decided, undecided = asked(material=least), asked()

    assert decided.cost_decides
    assert decided.ranked == sorted(decided.ranked, key=lambda one: one.month.usd)
    assert not undecided.cost_decides
    assert undecided.alike == len(undecided.ranked) == 3
    assert undecided.ranked == sorted(undecided.ranked, key=lambda one: one.merits)


def test_a_saving_must_reach_an_amount_and_a_share() -> None:
    gap = asked().ranked[1].month.usd - asked().ranked[0].month.usd
    whole = asked().ranked[0].month.usd + asked().question.warehouse_usd

    for usd, share, decides in (
        (gap, Decimal(0), True),
        (gap + Decimal("0.01"), Decimal(0), False),
        (Decimal(0), gap / whole, True),
        (Decimal(0), gap / whole * 2, False),
        (gap, gap / whole * 2, False),
    ):
        assert asked(material=Material(usd, share)).cost_decides is decides
    assert asked(warehouse=None, material=Material(Decimal(0))).cost_decides, (
        "1 % of so small a bill is little"
    )


def test_more_parts_to_operate_come_after_fewer_where_cost_does_not_decide() -> None:
    (first, *others) = asked(runs=60).ranked

    assert all(first.estimate.candidate.parts <= one.estimate.candidate.parts for one in others)


def small(names: list[str]) -> Answer:
    """Return an answer whose assumptions are few enough for every corner of them."""
    assumed = default_assumptions()
    kept = {
        name: one if name in names else replace(one, low=one.value, high=one.value)
        for name, one in assumed.named.items()
    }
    terms = replace(TERMS, assumed=replace(assumed, named=kept))
    return asked(terms=terms, durations_seconds=np.array([431.0, 2_003.0, 5_001.5]), promise=Promise(500))


@pytest.mark.slow
@pytest.mark.parametrize(
    "names",
    [
        [
            "initialization_seconds",
            "kept_warm_seconds",
            "checkpoint_seconds",
            "replayed_operation_cpu_seconds",
        ],
        ["failed_runs_share", "retried_calls_share", "traces_recorded_share", "log_bytes_a_check"],
        [
            "invocation_wait_seconds",
            "invocation_cpu_seconds",
            "suspension_seconds",
            "log_bytes_an_invocation",
        ],
    ],
    ids=lambda names: names[0],
)
def test_the_worst_corner_is_the_worst_of_all_corners(names: list[str]) -> None:
    found = small(names)
    best, other = found.ranked[0], found.ranked[-1]
    named = found.question.terms.assumed.named

    def more(values: dict[str, Decimal]) -> Decimal:
        there = found.question.assuming(values)
        dear, cheap = (best_of(there, one.estimate.candidate) for one in (other, best))
        assert dear
        assert cheap
        return dear.month.usd - cheap.month.usd

    corners = [
        more(dict(zip(names, corner, strict=True)))
        for corner in product(*((named[name].low, named[name].high) for name in names))
    ]
    worst = worst_corner(found, other, candidates(None))
    assert Decimal(worst["costs_more"]["value"]) == round(min(corners), 6)


def test_a_tornado_begins_with_what_moves_the_difference_most() -> None:
    found = asked()
    swings = tornado(found, found.ranked[1])

    widths = [abs(Decimal(one["high"]["value"]) - Decimal(one["low"]["value"])) for one in swings]

    assert widths == sorted(widths, reverse=True)
    assert "full_core_memory_mb" not in {one["what"] for one in swings}, "it has no range"


def test_an_answer_survives_its_ranges_only_where_no_corner_saves_what_matters() -> None:
    calm, torn = asked(), asked(material=Material(Decimal(0), Decimal(0)))
    corners = [worst_corner(calm, other, candidates(None)) for other in calm.ranked[1:]]

    assert all(one["survived"] for one in corners)
    of_torn = [worst_corner(torn, other, candidates(None)) for other in torn.ranked[1:]]
    costs_more = {Decimal(one["costs_more"]["value"]) > 0 for one in corners}
    assert {one["survived"] for one in of_torn} == costs_more


TURNED = "decide --duration 100s --runs-a-month 3000 --acceptable-lag 601s --timeout 1h --memory 1769"


@pytest.mark.slow
def test_an_assumption_that_turns_the_answer_within_its_range_is_told_and_its_corner_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    # A hundred times as warm, and a hundredth, give the same way: what lies between does not.
    for at, way in (("420", "durable-poll"), ("60", "durable-condition"), ("4.2", "durable-poll")):
        assert main([*TURNED.split(), "--assume", f"kept_warm_seconds={at}"]) == 0
        assert capsys.readouterr().out.startswith(f"Choose {way},")
    assert main([*TURNED.split(), "--verbose"]) == 0
    shown = capsys.readouterr().out

    assert "the kept warm seconds, the answer is durable-condition" in shown
    assert "No single price or assumption changes" not in shown
    assert "another way save enough to matter, but with one the answer is durable-condition" in shown


def test_where_nothing_turns_the_answer_it_says_what_was_looked_at(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([*TURNED.replace("601s", "60s").split(), "--way", "durable-poll", "--verbose"]) == 0

    assert (
        "No single price or assumption changes the answer, multiplied or divided by 10 and "
        "100, or at either end of an assumption's range."
    ) in capsys.readouterr().out


def test_every_assumption_has_a_range_around_it_with_a_reason() -> None:
    for name, one in default_assumptions().named.items():
        assert one.low <= one.value <= one.high, name
        assert one.range_source, name


def test_few_durations_are_warned_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "past.csv"
    path.write_text("431\n2003\n")

    assert main(["decide", "--durations", str(path), "--runs-a-month", "60", "--acceptable-lag", "61s"]) == 0
    assert "A decision on 2 durations fits these and may fit no others" in capsys.readouterr().out


@pytest.mark.slow
def test_of_a_share_it_is_not_said_that_no_interval_fits_a_quota_or_the_budget(
    capsys: pytest.CaptureFixture[str],
) -> None:
    beyond = "decide --duration 1h --runs-a-month 90000000 --acceptable-lag 5% --json"
    assert main(beyond.split()) == 1
    said = json.loads(capsys.readouterr().out)["said"][0]
    over = "decide --duration 1h --runs-a-month 900 --acceptable-lag 5% --budget-usd 1 --verbose"
    assert main(over.split()) == 1
    shown = capsys.readouterr().out

    assert said.startswith("No plan fits")
    assert said.endswith("Accept a longer lag, run it less often, or spread its peak.")
    assert "It is over the budget." in shown
    assert "no interval is within it" not in shown
