import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import settings
from project import ROOT

from orchbench.cli import main
from orchbench.commands.estimation import candidates
from orchbench.commands.limits import warnings_before_start
from orchbench.deployment.template import deployed_limits
from orchbench.evaluation.candidate import Candidate
from orchbench.evaluation.limits import misfits, quotas, reach
from orchbench.evaluation.prices import FOLDER, SCHEMA_FILE, known_regions, price_list
from orchbench.rehearsal import Scenario, rehearse
from orchbench.trace import ExecutionStatus
from orchbench.ways.durations import Policy
from orchbench.ways.usage import Ending

WAYS = candidates(None)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_a_quota_ends_an_execution_one_poll_beyond_the_reach_and_not_at_it(way: Candidate) -> None:
    if settings().max_examples < 500:
        pytest.skip("takes half a minute: only with --hypothesis-profile=full")
    # A poll a second, so that the quota is reached soon; the durable loop replays all that went before.
    if way.usage.replayed_more_each_poll:
        pytest.skip("1,500 polls that replay each other take minutes")
    most = reach(way, Policy.fixed(1, budget=False)).most_polls
    assert most
    fits, dies = (
        rehearse(Scenario.polled(float(seconds), "fixed:1s", poll_budget=False), way.name)
        for seconds in (most, most + 1)
    )

    assert (fits.trace.status, fits.death) == (ExecutionStatus.SUCCEEDED, None)
    assert dies.death is not None


def test_the_reach_is_the_one_of_the_facts() -> None:
    at_30 = {way.name: reach(way, Policy.fixed(30, budget=False)) for way in WAYS}

    assert at_30["sfn-poll"].without_budget_seconds == 2_776 * 30
    assert at_30["durable-poll"].without_budget_seconds == 1_499 * 30
    assert at_30["durable-condition"].died is None


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_the_budget_warns_and_its_absence_is_fatal(way: Candidate) -> None:
    def found(*, budget: bool, timeout_seconds: int) -> list[bool]:
        policy = Policy.fixed(10, budget=budget)
        return [one.fatal for one in misfits(way, policy, timeout_seconds)]

    assert found(budget=True, timeout_seconds=3_600) == []
    assert found(budget=True, timeout_seconds=86_400) == [False]
    assert found(budget=False, timeout_seconds=86_400) == [True]
    assert found(budget=True, timeout_seconds=90_000) == [True, False]


def test_a_start_is_warned_of_a_timeout_and_a_policy_that_do_not_fit() -> None:
    document = {
        "timeout_seconds": 86_400,
        "poll": {"policy": "fixed", "interval_seconds": 5, "budget": False},
    }

    assert "loses its execution" in warnings_before_start("sfn-poll", document)[0]
    assert warnings_before_start("sfn-poll", {}) == []
    assert warnings_before_start("sfn-poll", {"poll": "fast"}) == []


def test_a_timeout_that_no_query_may_take_is_refused_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["limits", "--timeout", "25h", "--json"]) == 1

    (refused,) = json.loads(capsys.readouterr().out)["misfits"]
    assert (refused["way"], refused["fatal"]) == ("every way", True)
    assert refused["said"].startswith("A timeout of 25 h is more than the 24 h that Redshift runs a query")


@pytest.mark.slow
def test_limits_fails_where_a_batch_cannot_fit(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["limits", "--poll", "fixed:10s", "--timeout", "24h", "--json"]

    assert main(arguments) == 0
    document = json.loads(capsys.readouterr().out)
    assert {one["fatal"] for one in document["misfits"]} == {False}
    assert main([*arguments, "--no-poll-budget"]) == 1


def test_every_quota_has_a_source_and_regions_have_their_own() -> None:
    for key, quota in quotas().items():
        assert quota.source, key
        assert quota.value > 0, key
    transitions = quotas()["sfn_state_transitions_a_second"]
    assert (transitions.in_region("us-east-1"), transitions.in_region("ap-northeast-1")) == (5_000, 800)


def test_a_template_that_promises_too_much_is_told(tmp_path: Path) -> None:
    text = (ROOT / "template.yaml").read_text()
    assert list(deployed_limits(ROOT / "template.yaml", 86_400)) == []
    short = tmp_path / "template.yaml"
    short.write_text(text.replace("ExecutionTimeout: 90000", "ExecutionTimeout: 3700"))

    said = list(deployed_limits(short, 86_400))

    assert len(said) == text.count("ExecutionTimeout: 90000")
    assert "its deadline could not be kept" in said[0]


@pytest.mark.parametrize("region", known_regions())
def test_a_price_file_keeps_its_schema(region: str) -> None:
    document = json.loads((FOLDER / f"{region}.json").read_text())

    jsonschema.validate(document, json.loads(SCHEMA_FILE.read_text()))
    assert document["region"] == region


def test_the_schema_refuses_a_price_that_is_assumed_from_nothing() -> None:
    document = json.loads((FOLDER / "us-east-1.json").read_text())
    document["prices"]["durable_operation"] |= {"confidence": "assumed", "note": "guessed"}

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, json.loads(SCHEMA_FILE.read_text()))


def test_every_region_knows_the_same_prices_in_the_same_units() -> None:
    units = [{key: one.unit for key, one in price_list(region).prices.items()} for region in known_regions()]

    assert all(one == units[0] for one in units)


def test_the_table_and_the_sentences_tell_the_same_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    ways = ",".join(one.name for one in WAYS if one.polls)
    asked = ["limits", "--timeout", "12h", "--poll", "fixed:10s", "--no-poll-budget", "--way", ways]
    assert main([*asked, "--json"]) == 1
    document = json.loads(capsys.readouterr().out)

    for one, misfit in zip(document["reach"], document["misfits"], strict=True):
        succeeds, dies = one["most_polls"]["value"], one["dies_after_polls"]["value"]
        query, died_at = one["longest_query_without_poll_budget"]["value"], one["dies_at"]["value"]
        assert f"succeeds takes {succeeds:,} polls, {query:,.0f} s" in misfit["said"]
        assert f"after {dies:,} polls, {died_at:,.0f} s" in misfit["said"]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_a_timeout_that_the_cancel_does_not_fit_any_more_is_told(way: Candidate) -> None:
    answered = way.usage.answered_polls()
    policy = Policy.fixed(10, budget=False)

    def found(polls: int) -> list[bool]:
        return [one.fatal for one in misfits(way, policy, 10 * polls)]

    most = way.usage.most_polls(Ending.TIMED_OUT)
    assert most
    assert answered
    assert found(most) == []
    assert found(answered) == [True]


def test_a_timeout_of_days_is_told_in_the_unit_of_its_limit(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["limits", "--timeout", "48h", "--poll", "fixed:10s"]) == 1
    printed = " ".join(capsys.readouterr().out.split())

    assert "A timeout of 48 h is more than the 24 h that Redshift runs a query" in printed
    assert "172800" not in printed
    assert "2 d" not in printed


def test_the_document_tells_where_each_way_dies_as_the_ways_state_it() -> None:
    rows = {
        cells[0]: cells[1:]
        for line in (ROOT / "docs" / "cost-model.md").read_text().splitlines()
        if line.startswith("| ")
        for cells in [[cell.strip() for cell in line.strip("|").split("|")]]
    }
    usages = [way.usage for way in WAYS]

    assert rows["polls after which it can still succeed"] == [f"{one.most_polls():,}" for one in usages]
    assert rows["polls after which it can still be cancelled at its deadline"] == [
        f"{one.most_polls(Ending.TIMED_OUT):,}" for one in usages
    ]
    assert rows["polls of one that dies"] == [f"{one.answered_polls():,}" for one in usages]
    assert rows["outcome"] == [f"`FAILED: {one.death}`" for one in usages]
