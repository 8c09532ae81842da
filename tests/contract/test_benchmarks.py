"""The benchmarks run as the documents say, and print figures."""

import json
import subprocess
import sys
from typing import Any

import pytest
from interval_coverage import LENGTHS, coverage, table
from project import ROOT

from orchbench.cli import main
from orchbench.ways import all_ways

LABELS = {"measured", "estimated", "assumed"}


def figures_of(script: str, *arguments: str) -> Any:
    ended = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / script, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.mark.slow
def test_every_way_is_rehearsed_and_timed() -> None:
    assert set(figures_of("rehearsal.py", "--seconds", "60")) == set(all_ways())


@pytest.mark.slow
def test_a_million_scenarios_are_estimated_in_less_than_two_seconds_of_one_core() -> None:
    # Three looks: what else the machine does can only add to the processor time of the same work.
    looks = (figures_of("estimate.py") for _ in range(3))
    found = next((one for one in looks if one["processor_seconds"]["value"] < 2), None)
    assert found
    assert found["points"]["value"] == 1_000_000
    assert {one["label"] for one in found.values()} <= LABELS
    assert all(one["source"] for one in found.values())


@pytest.mark.slow
def test_decisions_are_timed_as_whole_processes() -> None:
    found = figures_of("decide.py", "100", "--rounds", "1")
    assert found["durations"]["value"] == 100
    assert 0 < found["processor_seconds_least"]["value"] <= found["processor_seconds_median"]["value"]
    assert {one["label"] for one in found.values()} <= LABELS


def test_the_documents_table_of_coverage_is_the_benchmarks() -> None:
    text = (ROOT / "docs" / "how-it-is-measured.md").read_text()
    for lengths in LENGTHS:
        median, difference = coverage(lengths, 6, 10_000).values()
        row = f"| 6 | 1 and 6 | {lengths} | {median:.1%} | {difference:.1%} | not shown | not shown |"
        assert row in text
    assert next(table(1)) in text


def test_the_former_option_says_where_the_benchmark_is(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--benchmark", "1000000"], ["--benchmark"]):
        assert main(["estimate", *arguments]) == 2
        told = capsys.readouterr().err
        assert "`orchbench estimate --benchmark` is now `python benchmarks/estimate.py`." in told
