import json
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from orchbench.cli import main
from orchbench.evaluation.assumptions import default_assumptions
from orchbench.trace import Json

LABELS = {"measured", "rehearsed", "estimated", "assumed", "quoted"}


@pytest.fixture
def past(tmp_path: Path) -> Path:
    random = np.random.default_rng(3)
    durations = np.round(np.minimum(random.lognormal(np.log(600), 1.2, 10_000), 86_000), 3)
    path = tmp_path / "durations.csv"
    path.write_text("duration_seconds\n" + "\n".join(map(str, durations)) + "\n")
    return path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Json]:
    def run_command(*arguments: str) -> Json:
        capsys.readouterr()
        main([*arguments, "--json"])
        printed = capsys.readouterr()
        assert printed.err == ""
        document: Json = json.loads(printed.out)
        return document

    return run_command


def cheapest(document: Json) -> str:
    rows = [row for row in document["estimates"] if not row["poll_budget_stretches"]]
    return str(min(rows, key=lambda row: Decimal(row["cost"]["value"]))["way"])


def figures_in(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        if "value" in value or "amount_usd" in value:
            yield path, value
            return
        for key, one in value.items():
            yield from figures_in(one, f"{path}.{key}")
    elif isinstance(value, list):
        for one in value:
            yield from figures_in(one, path)
    elif isinstance(value, float):
        yield path, value


def test_ten_thousand_durations_are_decided_in_less_than_three_seconds(
    past: Path, run: Callable[..., Json]
) -> None:
    began = time.perf_counter()
    answer = run("decide", "--durations", str(past), "--runs-a-month", "3000", "--acceptable-lag", "60s")

    assert time.perf_counter() - began < 3
    assert answer["recommended"]["detection_lag_worst"]["value"] <= 60
    costs = [Decimal(one["usd_a_month"]["value"]) for one in (answer["recommended"], answer["runner_up"])]
    assert costs[0] < costs[1]


def test_estimate_finds_the_interval_at_which_the_answer_flips_again(
    past: Path, run: Callable[..., Json]
) -> None:
    answer = run("decide", "--durations", str(past), "--runs-a-month", "3000", "--acceptable-lag", "60s")
    flip = next(one for one in answer["flips"] if one["direction"] == "longer")
    interval = flip["interval"]["value"]

    before, after = (
        run("estimate", "--durations", str(past), "--poll", f"fixed:{at}s") for at in (interval - 1, interval)
    )

    assert cheapest(before) == answer["recommended"]["way"]
    assert cheapest(after) == flip["way"] != answer["recommended"]["way"]


def test_the_months_bill_is_the_estimated_one(past: Path, run: Callable[..., Json]) -> None:
    arguments = ("--durations", str(past), "--runs-a-month", "3000")
    best = run("decide", *arguments, "--acceptable-lag", "60s")["recommended"]
    again = run("estimate", *arguments, "--poll", best["poll"], "--way", best["way"])["estimates"][0]

    assert again["bill"] == best["bill"]


def test_an_assumption_changed_by_the_factor_that_is_told_changes_the_answer(
    past: Path, run: Callable[..., Json]
) -> None:
    arguments = ("decide", "--durations", str(past), "--runs-a-month", "10", "--acceptable-lag", "20m")
    answer = run(*arguments)
    turn = next(one for one in answer["sensitivity"] if one["kind"] == "assumption")
    value = default_assumptions()[turn["what"]]

    for step, way in ((0.99, answer["recommended"]["way"]), (1.01, turn["way"])):
        factor = Decimal(str(round(turn["factor"]["value"] * step, 6)))
        assert run(*arguments, "--assume", f"{turn['what']}={value * factor}")["recommended"]["way"] == way


def test_where_no_way_keeps_the_lag_it_says_what_each_can(
    run: Callable[..., Json],
) -> None:
    answer = run(
        "decide", "--duration", "20m", "--runs-a-month", "10", "--acceptable-lag", "5s", "--timeout", "24h"
    )

    assert answer["recommended"] is None
    shortest = {one["way"]: one["shortest_lag"]["value"] for one in answer["left_out"]}
    assert shortest["sfn-poll"] == 32
    assert shortest["durable-poll"] == 61
    assert "accept a longer lag, or a shorter timeout" in answer["said"]


def test_a_workload_beyond_a_quota_shows_it_first(run: Callable[..., Json]) -> None:
    answer = run(
        "decide",
        "--duration",
        "1h",
        "--runs-a-month",
        "3000000",
        "--acceptable-lag",
        "60s",
        "--way",
        "sfn-poll",
    )

    nearest = answer["limits"][0]
    assert nearest["share"]["value"] > 1
    assert "statements" in nearest["quota"] or "Statement" in nearest["quota"]


def test_a_budget_that_is_too_small_is_told_with_the_interval_that_fits(run: Callable[..., Json]) -> None:
    answer = run(
        "decide",
        "--duration",
        "1h",
        "--runs-a-month",
        "1000",
        "--acceptable-lag",
        "30s",
        "--budget-usd",
        "0.4",
    )

    assert answer["within_budget"]["fits"] is False
    interval = answer["within_budget"]["shortest_interval_within_it"]["value"]
    assert interval > answer["recommended"]["interval"]["value"]


@pytest.mark.parametrize(
    "arguments",
    [
        (
            "decide",
            "--duration",
            "lognormal:median=20m,p95=2h",
            "--runs-a-month",
            "9",
            "--acceptable-lag",
            "60s",
        ),
        ("estimate", "--duration", "1h", "--redshift-rpus", "8", "--redshift-rpu-hour-usd", "0.375"),
        ("estimate", "--benchmark", "1000"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_every_figure_of_the_json_carries_its_label_and_its_source(
    arguments: tuple[str, ...], run: Callable[..., Json]
) -> None:
    found = list(figures_in(run(*arguments)))

    assert found
    for path, one in found:
        assert isinstance(one, dict), path
        assert one["label"] in LABELS, path
        assert one["source"], path


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--duration", "soon"), "is no distribution"),
        (("--durations", "nowhere.csv"), "cannot be read"),
        (("--duration", "1h", "--runs-a-month", "some"), "is no number of 0 or more"),
        (("--duration", "1h", "--way", "other"), "There is no way 'other'"),
        (("--duration", "1h", "--assume", "speed=3"), "There is no assumption 'speed'"),
        (("--duration", "1h", "--timeout", "25h"), "is not from 1 second to 24h"),
        (("--duration", "1h", "--poll", "hourly"), "is no poll policy"),
    ],
    ids=str,
)
def test_wrong_usage_is_one_sentence_and_exit_code_2(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["estimate", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err
    assert len(printed.err.strip().splitlines()) == 1


def test_a_line_that_is_no_duration_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "past.txt"
    path.write_text("10s\n\n1.5h\nlong\n")

    assert main(["estimate", "--durations", str(path)]) == 2
    assert "line 4: 'long' is no duration" in capsys.readouterr().err
