"""What a month costs besides its runs, and what Redshift costs beside it."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
import yaml
from project import ROOT

from orchbench.cli import main
from orchbench.commands.estimation import candidates
from orchbench.evaluation.assumptions import STATED, Assumption, default_assumptions
from orchbench.evaluation.candidate import Candidate
from orchbench.evaluation.estimate import Terms, estimate_way
from orchbench.evaluation.month import (
    CUSTOM_METRICS,
    SHARED_ALARMS,
    SWEEP_LOOKS,
    SWEEPS,
    WAKE_METRICS,
    fixed_quantities,
    month_of,
    with_small_prices,
)
from orchbench.evaluation.prices import price_list
from orchbench.evaluation.warehouse import Warehouse
from orchbench.trace import Json
from orchbench.ways.durations import Policy
from redshift_batch.status import RUNNING_STATUSES

PRICES = price_list("us-east-1")
TERMS = Terms(PRICES, "x86_64", 128, default_assumptions())
RPUS = default_assumptions().named["redshift_rpus"]


def serverless(rpus: Assumption = RPUS) -> Warehouse:
    return Warehouse.serverless(rpus, PRICES["redshift_rpu_hour"])


def test_an_hour_on_8_rpu_costs_3_dollars() -> None:
    assert serverless().usd(np.array([3_600.0]), 86_400) == Decimal(3)


def test_redshift_bills_60_seconds_at_least_and_no_query_beyond_its_deadline() -> None:
    of_a_minute = serverless().usd(np.array([60.0]), 3_600)

    assert serverless().usd(np.array([7.0]), 3_600) == of_a_minute
    assert serverless().usd(np.array([10_000.0]), 3_600) == 60 * of_a_minute


def test_a_cluster_is_billed_for_the_share_of_its_hour() -> None:
    assert Warehouse.cluster(Decimal("4.8")).usd(np.array([15.0, 45.0]), 3_600) == Decimal("0.04")


def test_an_estimate_bills_redshift_until_the_statement_is_cancelled(run: Callable[[str], Json]) -> None:
    command = "estimate --duration 10000s --timeout 1h --way sfn-poll --poll fixed:7s"
    (row,) = run(f"{command} --redshift-rpus 8 --redshift-rpu-hour-usd 0.375")["estimates"]

    assert Decimal(row["redshift"]["value"]) == Decimal(3)
    assert row["share_of_the_whole"]["value"] == pytest.approx(
        float(row["cost"]["value"]) / (float(row["cost"]["value"]) + 3)
    )


def test_redshift_is_seen_beside_an_estimate_unless_it_is_left_out(run: Callable[[str], Json]) -> None:
    command = "estimate --duration 61m --way sfn-poll --poll fixed:7s"
    (assumed,), (without,), (cluster,) = (
        run(f"{command}{more}")["estimates"] for more in ("", " --no-redshift", " --redshift-hour-usd 6")
    )

    assert "8 RPU at 0.375 USD an hour" in assumed["redshift"]["source"]
    assert assumed["redshift"]["label"] == "assumed"
    assert "redshift" not in without
    assert Decimal(cluster["redshift"]["value"]) == Decimal("6.1")
    assert assumed["cost"] == without["cost"] == cluster["cost"]


def test_a_stated_size_is_told_as_such() -> None:
    stated = default_assumptions().with_values({"redshift_rpus": Decimal(32)}).named["redshift_rpus"]

    assert (serverless().told, serverless(stated).told) == ("8 RPU assumed", "32 RPU")
    assert stated.source == STATED


@pytest.mark.parametrize("way", candidates(None), ids=lambda way: way.name)
def test_a_resume_is_an_invocation_and_so_a_trace_of_its_own(way: Candidate) -> None:
    found = estimate_way(way, 431.0, Policy.fixed(20), TERMS).when_told
    lines = {line.what: line for line in month_of(found, Decimal(100), free_tier=False).bill.lines}
    # What an event invokes is traced by itself.
    resumes, wakes = (22, 0) if way.polls else (1, int(way.is_woken))
    traces = 1 + resumes + wakes if way.usage.suspends else 1

    assert lines["traces recorded"].quantity == traces * 100 * Decimal("1.01")


@pytest.mark.parametrize("runs", [99_000, 1_000_000])
def test_of_the_traces_beyond_one_a_second_a_share_is_recorded(runs: int) -> None:
    (way,) = candidates(["durable-poll"])
    found = estimate_way(way, 431.0, Policy.fixed(20), TERMS)
    lines = {line.what: line for line in month_of(found, Decimal(runs), free_tier=False).bill.lines}
    begun, a_month = 23 * runs * Decimal("1.01"), Decimal(2_592_000)
    recorded = begun if begun < a_month else a_month + (begun - a_month) * Decimal("0.05")

    assert (runs > 99_000) is (begun > a_month)
    assert lines["traces recorded"].quantity == recorded


def test_what_goes_wrong_is_a_share_of_what_is_used() -> None:
    assumed = default_assumptions().with_values(
        {"failed_runs_share": Decimal("0.02"), "retried_calls_share": Decimal("0.5")}
    )
    found = estimate_way(
        candidates(["sfn-poll"])[0], 431.0, Policy.fixed(20), Terms(PRICES, "arm64", 128, assumed)
    )
    month = month_of(found, Decimal(3_000), free_tier=False).parts

    assert month["faults"].total_usd == month["runs"].total_usd * Decimal("0.53")


def test_an_estimate_takes_rates_of_what_goes_wrong(run: Callable[[str], Json]) -> None:
    command = "estimate --duration 431s --way sfn-poll --poll fixed:20s --runs-a-month 3000"
    (usual,), (stated,) = (
        run(f"{command}{more}")["estimates"] for more in ("", " --failures 2% --retries 50%")
    )
    faults, runs = (Decimal(stated["month"][name]["value"]) for name in ("faults", "runs"))

    assert faults == runs * Decimal("0.53")
    assert Decimal(usual["month"]["faults"]["value"]) < faults
    assert stated["cost"] == usual["cost"], "a run by itself meets no fault"


def test_a_rehearsal_carries_its_cost_and_so_does_what_goes_wrong_in_one(run: Callable[[str], Json]) -> None:
    (rehearsed,) = run("rehearse --duration 43 --poll fixed:10s --way sfn-poll --processes 1")["rehearsals"]
    (fault,) = run("faults --fault statement-fails --way sfn-poll --processes 1")["faults"]
    (estimated,) = run("estimate --duration 43 --poll fixed:10s --way sfn-poll")["estimates"]

    assert Decimal(rehearsed["cost"]["value"]) == Decimal(estimated["cost"]["value"])
    assert rehearsed["cost"]["source"] == "the bill of its trace, at list prices of us-east-1"
    assert 0 < Decimal(fault["ways"][0]["cost"]["value"]) < 1


def test_rates_without_a_month_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["estimate", "--duration", "431s", "--failures", "2%"]) == 2
    assert "give --runs-a-month with them" in capsys.readouterr().err


def test_a_region_without_small_prices_takes_others_and_says_so() -> None:
    known = {key: one for key, one in PRICES.prices.items() if key not in ("alarm", "redshift_rpu_hour")}
    completed = with_small_prices(type(PRICES)("eu-west-9", known))

    assert completed["alarm"].confidence == completed["redshift_rpu_hour"].confidence == "assumed"
    assert completed["alarm"].assumed_from == "us-east-1"
    assert "eu-west-9" in completed["alarm"].note


def test_alarms_and_metrics_are_those_that_are_deployed() -> None:
    class Loader(yaml.SafeLoader):
        pass

    def any_tag(loader: Any, _suffix: str, node: Any) -> Any:
        if isinstance(node, yaml.MappingNode):
            return loader.construct_mapping(node, deep=True)
        if isinstance(node, yaml.SequenceNode):
            return loader.construct_sequence(node, deep=True)
        return loader.construct_scalar(node)

    Loader.add_multi_constructor("!", any_tag)
    template = yaml.load((ROOT / "monitoring.yaml").read_text(), Loader)
    mappings, resources = template["Mappings"], template["Resources"]
    of_polls = len(mappings["PollAlarms"])
    shared = len(mappings["FunctionAlarms"]) + sum(name.endswith("Alarm") for name in resources)
    watched = {one.alarms for one in candidates(None)}
    telemetry = (ROOT / "functions" / "telemetry.py").read_text()
    written = re.findall(r'progress_metrics\.add_metric\(\s*"(\w+)"', telemetry)

    assert watched == {
        len(mappings[kind]) + of_polls + of_events
        for kind in ("StateMachineAlarms", "DurableAlarms")
        for of_events in (0, len(mappings["EventAlarms"]))
    }
    assert shared == SHARED_ALARMS
    assert len(written) == CUSTOM_METRICS + WAKE_METRICS
    handlers = {path.parent.name for path in (ROOT / "functions").glob("*/*.py")}
    counting = {
        name
        for name in handlers
        if any("count_cancelled(" in path.read_text() for path in (ROOT / "functions" / name).glob("*.py"))
    }
    assert counting == {"cancel", "sweep", "durable"}
    for way in candidates(None):
        found = estimate_way(way, 431.0, Policy.fixed(20), TERMS)
        (metrics,) = (one.amount for one in fixed_quantities(found) if one.what == "custom metrics")
        wakes = WAKE_METRICS if way.is_woken else 0
        assert metrics == CUSTOM_METRICS + len(counting - {"durable"}) + way.usage.suspends + wakes
    assert len(RUNNING_STATUSES) == SWEEP_LOOKS
    every = yaml.load((ROOT / "template.yaml").read_text(), Loader)["Parameters"]["SweepMinutes"]["Default"]
    assert Decimal(30 * 24 * 60) / every == SWEEPS


@pytest.mark.parametrize(
    "command",
    [
        "estimate --duration 431s --runs-a-month 9",
        "decide --duration 431s --runs-a-month 9 --acceptable-lag 1m",
    ],
    ids=lambda command: command.split()[0],
)
@pytest.mark.parametrize(("region", "own"), [("us-west-2", True), ("eu-west-1", False)])
def test_prices_that_no_page_was_read_for_are_told(
    command: str, region: str, own: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    main([*command.split(), "--region", region, "--verbose"])
    shown = capsys.readouterr().out

    assert "Prices of custom metrics, alarms, dashboards and traces are assumed" in shown
    assert "The price of an RPU-hour is quoted by others: no price page was read for it" in shown
    redshift = next(line for line in shown.splitlines() if "Redshift costs $" in line)
    assert ("the price of us-east-1" not in redshift) is own


def test_estimate_and_decide_say_the_same_of_one_month(run: Callable[[str], Json]) -> None:
    month = "--duration 431s --runs-a-month 3000 --way sfn-poll --failures 2% --poll fixed:60s"
    estimated = run(f"estimate {month}")
    (row,) = estimated["estimates"]
    decided = run(
        "decide --duration 431s --runs-a-month 3000 --way sfn-poll --acceptable-lag 60s "
        "--assume failed_runs_share=0.02"
    )

    assert Decimal(row["redshift"]["value"]) == Decimal(decided["redshift"]["usd_a_month"]["value"])
    assert row["share_of_the_whole"]["value"] == decided["recommended"]["share_of_the_whole"]["value"]
    assert row["month"]["total"]["value"] == decided["recommended"]["usd_a_month"]["value"]
    assert "'what goes wrong' of a month" in estimated["notes"][0]
    assert "Faults and retries count in none of its figures." in run("estimate --duration 431s")["notes"][0]
