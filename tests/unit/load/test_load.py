import io
import json
import re
from argparse import ArgumentTypeError
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from orchbench.commands.failure import UsageError
from orchbench.commands.load import check_that_one_waits_for_events, stack_options
from orchbench.commands.load_table import heading, load_markdown, print_load, way_rows
from orchbench.commands.options import percentage
from orchbench.load.run import Load, LoadedExecution, LoadPlan
from orchbench.load.summary import summarize_load
from orchbench.ways import all_ways
from orchbench.ways.way import Waits

DOCS = Path(__file__).resolve().parents[3] / "docs"
STORED = sorted((DOCS / "results").glob("load-*.json"))
CALLS = {
    "DescribeStatement": {
        "calls": 9,
        "errors": {"ThrottlingException": 2, "InternalServerException": 1},
        "most_a_second": 4,
    }
}


def plan(**changes: Any) -> LoadPlan:
    settings: dict[str, Any] = {
        "ways": ("sfn-poll", "durable-poll"),
        "at_once": 2,
        "poll_interval_seconds": 2,
        "batch_seconds": 3,
        "quota_share": 1.0,
    }
    return LoadPlan(**settings | changes)


@pytest.fixture
def load(traced: Any) -> Load:
    """One that succeeded each way, one that failed, one that did not start and ran all the same."""
    executions = (
        LoadedExecution("sfn-poll", "a", traced("sfn_succeeded", "local")),
        LoadedExecution("sfn-poll", "b", traced("sfn_failed", "local")),
        LoadedExecution("durable-poll", "c", traced("durable_retried", "local")),
        LoadedExecution("durable-poll", "d", None, "not started: no answer"),
    )
    return Load(plan(), executions, {"a": 1, "c": 2, "d": 1}, 4, CALLS, 1.5)


def test_what_is_not_there_exactly_once_is_lost(load: Load) -> None:
    lost = {one["name"]: (one["problem"], one["entries"]) for one in summarize_load(load)["lost"]}

    assert lost["d"] == ("not started: no answer", 1)
    assert lost["c"] == (None, 2)
    assert lost["b"][0].startswith("FAILED: BatchFailed: ")
    assert set(lost) == {"b", "c", "d"}


def test_each_way_has_its_outcomes_retries_and_latencies(load: Load) -> None:
    summary = summarize_load(load)

    durable = summary["ways"]["durable-poll"]
    assert (durable["executions"], durable["succeeded"], durable["entries"]) == (2, 1, 3)
    assert durable["retries"] > 0
    makespan = summary["ways"]["sfn-poll"]["latencies"]["makespan_seconds"]
    assert makespan["count"] == 2
    assert makespan["label"] == "measured"


def test_how_ends_were_learned_is_told_of_ways_that_wait_for_events_and_of_no_others(load: Load) -> None:
    summary = summarize_load(load)
    assert summary["ways"]["sfn-poll"]["learned"] == {"by_event": 0, "by_fallback": 0}
    assert "woken by the event" not in {row[0] for row in way_rows(summary)}

    summary["ways"]["durable-poll"]["learned"] = {"by_event": 3, "by_fallback": 1}
    rows = {row[0]: row[1:] for row in way_rows(summary)}
    assert (rows["woken by the event"], rows["found by the fallback"]) == (["-", "3"], ["-", "1"])


def test_each_operation_has_its_throttles_and_its_quota(load: Load) -> None:
    told = summarize_load(load)["operations"]["DescribeStatement"]

    assert (told["calls"], told["throttled"], told["most_a_second"]) == (9, 2, 4)
    assert told["other_errors"] == {"InternalServerException": 1}
    assert told["quota_a_second"] == 100.0


def test_a_batch_waits_first_and_leaves_its_name_last() -> None:
    document = plan().document("load-1")

    assert document["statements"] == [
        "SELECT pg_sleep(3)",
        "INSERT INTO public.load_ledger VALUES ('load-1')",
    ]
    assert document["poll"] == {"policy": "fixed", "interval_seconds": 2}


@pytest.mark.parametrize(
    ("share", "arguments"),
    [(None, ("--no-quotas",)), (1.0, ("--quota-share", "1")), (0.05, ("--quota-share", "0.05"))],
)
def test_the_stack_holds_the_quotas_of_the_plan(share: Any, arguments: Any) -> None:
    options = stack_options(plan(quota_share=share))

    assert options.redshift_arguments == arguments
    assert options.parameters["InlineSqlAllowed"] == "true"
    assert not options.published


def test_lost_events_are_told_to_the_data_api_and_found_within_a_minute() -> None:
    losing = plan(lost_events=Fraction(1, 2))

    assert stack_options(losing).redshift_arguments[-2:] == ("--lose-statement-events", "1/2")
    assert losing.document("load-1")["fallback"] == {"policy": "fixed", "interval_seconds": 60}
    assert "fallback" not in plan().document("load-1")


def test_a_load_says_what_share_of_the_events_was_lost(load: Load) -> None:
    losing = replace(load, plan=plan(lost_events=Fraction(1, 2)))

    assert heading(summarize_load(losing)).endswith(", AWS's quotas, 50% of the events lost")
    assert heading(summarize_load(load)).endswith(", AWS's quotas")


@pytest.mark.parametrize(
    ("text", "share"), [("50%", Fraction(1, 2)), ("0.5", Fraction(1, 2)), ("0.1%", Fraction(1, 1000))]
)
def test_a_share_is_read_as_it_is_written(text: str, share: Fraction) -> None:
    assert percentage(text) == share


@pytest.mark.parametrize("text", ["half", "101%", "-1%", "50%%", "2", "", "%", "1/0"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="is not a share from 0% to 100%"):
        percentage(text)


def test_events_are_lost_only_where_a_way_waits_for_them() -> None:
    polling = [way for way in all_ways().values() if way.waits is not Waits.FOR_AN_EVENT]

    with pytest.raises(UsageError, match=r"loses what sfn-poll, .* would not wait for: name a way"):
        check_that_one_waits_for_events(polling, Fraction(1, 2))
    check_that_one_waits_for_events(polling, Fraction(0))
    check_that_one_waits_for_events([replace(polling[0], waits=Waits.FOR_AN_EVENT)], Fraction(1, 2))


def test_no_line_of_the_table_is_wider_than_a_terminal(load: Load) -> None:
    console = Console(width=80, record=True, file=io.StringIO())
    print_load(console, summarize_load(load) | {"lost": []})

    text = console.export_text()
    assert max(map(len, text.splitlines()[:-2])) <= 80
    assert "…" not in text


def test_the_documented_loads_are_made_from_the_stored_results() -> None:
    text = (DOCS / "load.md").read_text()
    shown = re.findall(r"<!-- load:begin -->\n(.*?)<!-- load:end -->", text, re.DOTALL)

    assert sorted(shown) == sorted(load_markdown(json.loads(path.read_text())) for path in STORED)
    assert len(STORED) >= 2


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_nothing_was_lost_in_a_documented_load(path: Path) -> None:
    summary = json.loads(path.read_text())

    assert (summary["lost"], summary["succeeded"]) == ([], summary["executions"])
    assert summary["transactions"] == summary["executions"]
