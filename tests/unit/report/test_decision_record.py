import json
import re
import shlex
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from stored_results import change, copy_of_results

from orchbench.cli import main
from orchbench.report.record import told_factor

HEADINGS = [
    "## Context and Problem Statement",
    "## Decision Drivers",
    "## Considered Options",
    "## Decision Outcome",
    "### Consequences",
    "### Confirmation",
    "## Pros and Cons of the Options",
    "## More Information",
]


@pytest.fixture(scope="module")
def record(monday: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("record")
    assert main(["decide", str(monday), "--record", str(out)]) == 0
    return out


@pytest.mark.slow
def test_twice_the_same_results_make_the_same_record(record: Path, monday: Path, tmp_path: Path) -> None:
    assert main(["decide", str(monday), "--record", str(tmp_path)]) == 0

    for name in ("decision.md", "decision.json"):
        assert (tmp_path / name).read_bytes() == (record / name).read_bytes()


def test_a_record_has_the_headings_of_madr_in_order(record: Path) -> None:
    lines = (record / "decision.md").read_text().splitlines()

    assert [line for line in lines if line in HEADINGS] == HEADINGS
    assert lines[0] == "---"
    assert "date: 2026-11-21" in lines


def test_a_board_finds_the_summary_the_rejected_the_operations_the_maturity_and_fields_to_fill(
    record: Path,
) -> None:
    text = (record / "decision.md").read_text()
    document = json.loads((record / "decision.json").read_text())
    best = document["decision"]["recommended"]["way"]
    _, head, body = text.split("---\n", 2)

    assert 'decision-makers: "to fill in' in head
    assert 'review-by: "to fill in' in head
    summary = body.split("## Context")[0]
    assert "**In short**: 3,000 queries a month in us-east-1 run on" in summary
    assert "of the whole bill with Redshift in it" in summary
    assert "Nothing here has been measured on AWS yet." in summary
    for heading in ("What was not considered for", "What can go wrong,", "Operations", "Maturity and rev"):
        assert f"\n### {heading}" in body
    assert f"rehearses {document['faults']} faults on every way" in body
    operated = document["operated"][best]
    assert f"* To run: {len(operated['functions'])} functions (" in body
    assert f"* Alarms: {operated['alarms']}, in a stack of their own" in body
    assert operated["open_claim"]["claim"] in body


def test_what_nobody_said_is_assumed_and_the_record_says_so(record: Path) -> None:
    document = json.loads((record / "decision.json").read_text())
    text = (record / "decision.md").read_text()

    # Queries of local servers say nothing about those of Redshift.
    assert document["inputs"]["duration"] == {
        "value": "lognormal:median=20m,p95=2h",
        "origin": "assumed, as nothing says it",
    }
    assert "| runs a month | 3,000 | assumed, as nothing says it |" in text
    assert "| region | us-east-1 | from the results |" in text


@pytest.mark.slow
def test_runs_on_aws_say_how_long_queries_take_and_how_often_they_are_polled(tmp_path: Path) -> None:
    folder = copy_of_results(tmp_path / "aws", host="aws")

    assert main(["decide", "--record", str(folder)]) == 0

    inputs = json.loads((folder / "decision.json").read_text())["inputs"]
    assert len(inputs["durations_seconds"]["value"]) == 9
    assert inputs["durations_seconds"]["origin"] == "from the results"
    assert inputs["acceptable_lag"] == {"value": "2s", "origin": "from the results"}


def test_a_record_says_how_it_is_made_again(record: Path) -> None:
    text = (record / "decision.md").read_text()

    # What was assumed is assumed again; from its own folder the results are found.
    (command,) = (line for line in text.splitlines() if line.startswith("orchbench decide "))
    assert re.fullmatch(r"orchbench decide (\.\./)+\S*monday --record \.", command)


GIVEN = [
    *("--durations", "past.csv", "--column", "secs", "--runs-a-month", "400", "--acceptable-lag", "90s"),
    *("--region", "ap-northeast-1", "--memory", "256", "--architecture", "arm64", "--timeout", "2h"),
    *(
        "--assume",
        "log_bytes_a_check=300",
        "--way",
        "durable-poll",
        "--budget-usd",
        "99",
        "--peak-factor",
        "12",
    ),
    *("--material", "25", "--material", "2%", "--redshift-rpus", "16", "--redshift-rpu-hour-usd", "0.4"),
    "--free-tier",
]


@pytest.mark.slow
@pytest.mark.parametrize("given", [[], GIVEN], ids=["nothing given", "all given"])
@pytest.mark.parametrize("on_results", [False, True], ids=["estimates alone", "results"])
def test_the_command_of_a_record_makes_the_same_record_again(
    given: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, on_results: bool
) -> None:
    if on_results:
        copy_of_results(tmp_path / "monday")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "past.csv").write_text("secs\n" + "\n".join(map(str, range(100, 140))))
    assert main(["decide", *(["monday"] if on_results else []), "--record", "out/choice.md", *given]) == 0
    made = [(tmp_path / "out" / name).read_bytes() for name in ("choice.json", "choice.md")]

    (command,) = (line for line in made[1].decode().splitlines() if line.startswith("orchbench decide "))
    monkeypatch.chdir("out")
    assert main(shlex.split(command)[1:]) == 0

    assert [(tmp_path / "out" / name).read_bytes() for name in ("choice.json", "choice.md")] == made
    assert str(tmp_path) not in made[1].decode()


@pytest.mark.slow
@pytest.mark.parametrize(
    "flags",
    [
        "--material 0 --material 0%",
        "--redshift-rpus 64 --redshift-rpu-hour-usd 0.3 --free-tier",
        "--redshift-hour-usd 0.25 --peak-factor 3",
        "--no-redshift --budget-usd 1",
    ],
)
def test_a_record_says_what_decide_says_with_the_same_flags_and_its_check_too(
    flags: str, tmp_path: Path, capsys: Any
) -> None:
    asked = ["decide", "--duration", "1207s", "--runs-a-month", "3000", "--acceptable-lag", "1m"]
    asked += flags.split()
    code = main([*asked, "--json"])
    decided = json.loads(capsys.readouterr().out)

    assert main([*asked, "--record", str(tmp_path)]) == code
    record = json.loads((tmp_path / "decision.json").read_text())
    assert record["decision"] == decided
    capsys.readouterr()
    assert main(["decide", "--check", str(tmp_path / "decision.json")]) == 0
    assert capsys.readouterr().out == f"The decision stands: {decided['recommended']['way']}.\n"


@pytest.mark.slow
def test_a_record_lists_the_price_and_the_size_that_were_given_and_names_what_costs_least(
    tmp_path: Path,
) -> None:
    flags = "--redshift-rpus 64 --redshift-rpu-hour-usd 0.3 --material 25 --budget-usd 99"
    asked = "decide --duration 100s --runs-a-month 3000 --acceptable-lag 601s --timeout 1h --memory 1769"
    ways = ["durable-poll", "sfn-poll"]
    assert main([*asked.split(), *flags.split(), "--way", ",".join(ways), "--record", str(tmp_path)]) == 0

    text = (tmp_path / "decision.md").read_text()
    assert "| redshift rpus | 64 | 4 | 128 | RPU | stated by the caller |" in text
    assert "| Redshift RPU hour | 0.3 | RPU-hour | given by the caller |" in text
    assert ", without a free tier; Redshift is seen beside it." in text
    assert "saves 25 USD and 1.0%\nof the whole bill (given)" in text
    assert "* Good, because it is within the budget of 99.00 USD a month (given)." in text
    # The first of those that cost alike is not the one that costs least.
    assert "the runner-up, sfn-poll, costs 0.09 USD a month less (" in text
    dear, cheap = (text.split(f"\n### {way}\n")[1].split("\n### ")[0] for way in ways)
    assert ", the least." in cheap
    assert ", the least." not in dear


@pytest.mark.slow
def test_a_record_stands_without_runs_and_takes_a_region(tmp_path: Path, capsys: Any) -> None:
    asked = ["--region", "ap-northeast-1", "--duration", "1207s", "--runs-a-month", "40"]
    assert main(["decide", "--record", str(tmp_path), *asked]) == 0

    text = (tmp_path / "decision.md").read_text()
    said = " ".join(capsys.readouterr().out.split())
    assert "where 40 queries a month (given) take 20.1 min each (given: one duration" in " ".join(
        text.split()
    )
    assert "an end may stay unseen for 1 min (assumed)" in " ".join(text.split())
    assert "| region | ap-northeast-1 | given |" in text
    assert "This record is not based on runs" in text
    # What nobody gave is named, and nothing else is.
    assert "Assumed, as nobody said otherwise: architecture x86_64, memory 128, acceptable lag 60s." in said


@pytest.mark.slow
def test_results_and_another_region_are_estimated_in_that_region(monday: Path, tmp_path: Path) -> None:
    assert main(["decide", str(monday), "--region", "ap-northeast-1", "--record", str(tmp_path)]) == 0

    document = json.loads((tmp_path / "decision.json").read_text())
    assert document["prices"]["region"] == document["decision"]["question"]["region"] == "ap-northeast-1"
    assert document["measured"][0]["region"] == "us-east-1"


@pytest.mark.slow
def test_an_unchanged_decision_stands(record: Path, capsys: Any) -> None:
    assert main(["decide", "--check", str(record / "decision.json")]) == 0
    assert capsys.readouterr().out == "The decision stands: durable-condition.\n"


@pytest.mark.slow
def test_a_changed_price_that_flips_the_decision_is_found(record: Path, prices: Path, capsys: Any) -> None:
    change(prices, lambda one: one["prices"]["durable_operation"].update(usd="0.0008"))

    assert main(["decide", "--check", str(record / "decision.json"), "--prices", str(prices)]) == 3

    said = capsys.readouterr().out.splitlines()
    assert said[0] == "Price of durable operation: 0.000008 USD then, 0.0008 now."
    assert said[-1] == "The decision flips: durable-condition then, sfn-direct now."


@pytest.mark.slow
def test_a_changed_price_that_flips_nothing_is_told(record: Path, prices: Path, capsys: Any) -> None:
    change(prices, lambda one: one["prices"]["durable_operation"].update(usd="0.000009"))

    assert main(["decide", "--check", str(record / "decision.json"), "--prices", str(prices)]) == 0

    said = capsys.readouterr().out
    assert "Price of durable operation: 0.000008 USD then, 0.000009 now." in said
    assert "A month then: 8.194 USD; now: " in said
    assert said.endswith("The decision stands: durable-condition.\n")


@pytest.mark.slow
def test_what_a_way_uses_today_is_held_to_the_old_record(record: Path, tmp_path: Path, capsys: Any) -> None:
    old = tmp_path / "old.json"
    old.write_text((record / "decision.json").read_text())
    change(old, lambda one: one["counts"]["values"]["sfn-poll"].update(usage="0" * 64))
    change(old, lambda one: one["decision"]["recommended"].update(way="sfn-poll"))

    assert main(["decide", "--check", str(old)]) == 3

    said = capsys.readouterr().out
    assert "What sfn-poll uses, by its own statement or its poll budget, is not what it was." in said
    assert "The decision flips: sfn-poll then, durable-condition now." in said


@pytest.mark.slow
def test_a_record_stands_in_the_folder_of_its_results_or_where_a_file_is_named(
    record: Path, monday: Path, tmp_path: Path, capsys: Any
) -> None:
    folder = copy_of_results(tmp_path / "monday", supplemented=True)

    assert main(["decide", "--record", str(folder)]) == 0
    assert main(["decide", str(monday), "--record", str(tmp_path / "out" / "choice.md")]) == 0

    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["choice.json", "choice.md"]
    for name in (folder / "decision.json", tmp_path / "out" / "choice.json"):
        documents = [json.loads(file.read_text()) for file in (name, record / "decision.json")]
        for one in documents:
            one["inputs"].pop("results")
        assert documents[0] == documents[1]
    assert (folder / "decision.md").read_text().endswith("\norchbench decide --record .\n```\n")
    assert f"The decision record: {tmp_path / 'out' / 'choice.md'}\n" in capsys.readouterr().out


@pytest.mark.slow
def test_a_record_as_json_prints_the_decision_and_nothing_else(
    record: Path, monday: Path, tmp_path: Path, capsys: Any
) -> None:
    assert main(["decide", str(monday), "--record", str(tmp_path), "--json"]) == 0

    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((record / "decision.json").read_text())["decision"]


@pytest.mark.slow
def test_a_record_of_named_ways_considers_these_and_is_checked_with_these(
    monday: Path, tmp_path: Path, capsys: Any
) -> None:
    ways = ["--way", "sfn-poll", "--way", "durable-poll"]
    assert main(["decide", str(monday), "--record", str(tmp_path), *ways]) == 0

    document = json.loads((tmp_path / "decision.json").read_text())
    text = (tmp_path / "decision.md").read_text()
    assert list(document["ways"]) == ["sfn-poll", "durable-poll"]
    assert document["decision"]["recommended"]["way"] == "sfn-poll"
    assert "| way | sfn-poll, durable-poll | given |" in text
    assert " --way sfn-poll,durable-poll --record ." in text

    capsys.readouterr()
    assert main(["decide", "--check", str(tmp_path / "decision.json")]) == 0
    assert capsys.readouterr().out == "The decision stands: sfn-poll.\n"


ASKED = ["--duration", "1h", "--runs-a-month", "9", "--acceptable-lag", "1m"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["decide", "--duration", "1h"],
            "decide needs --runs-a-month, --acceptable-lag, or orchbench.toml with them; only",
        ),
        (
            ["decide", "nowhere", *ASKED],
            "Only a record stands on results, and --record is not given: leave out",
        ),
        (
            ["decide", "--check", "x", "--budget-usd", "1", "--free-tier"],
            "leave out --budget-usd, --free-tier.",
        ),
        (["decide", "--check", "x", "--region", "eu-west-1"], "from the record: leave out --region."),
        (["decide", "--markdown", "--json", *ASKED], "--markdown is one shape: leave out --json"),
        (["decide", "--check", "x", *ASKED], "leave out --duration, --runs-a-month, --acceptable-lag."),
        (["decide", "--check", "x", "--way", "all", "--json"], "leave out --way, --json."),
        (["decide", "monday", "--check", "x"], "from the record: leave out RESULTS."),
        (["decide"], "decide needs --duration or --durations, --runs-a-month, --acceptable-lag, or"),
        (["decide", "--check", "nowhere.json"], "cannot be read"),
        (["decide", "nowhere", "--record", "x"], "comparison.json cannot be read"),
    ],
)
def test_a_usage_error_is_one_sentence(arguments: list[str], sentence: str, capsys: Any) -> None:
    assert main(arguments) == 2

    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1


def test_another_document_is_no_record(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "old.json").write_text("{}")

    assert main(["decide", "--check", str(tmp_path / "old.json")]) == 2
    assert "is not a decision record" in capsys.readouterr().err


def test_a_lag_that_no_way_keeps_is_recorded_as_no_decision(monday: Path, tmp_path: Path) -> None:
    asked = ["--duration", "24h", "--timeout", "24h", "--acceptable-lag", "1s"]

    assert main(["decide", str(monday), *asked, "--record", str(tmp_path)]) == 1

    text = (tmp_path / "decision.md").read_text()
    assert "# No way fits what is asked of long Redshift batches" in text
    assert "**" not in text


def damaged(record: Path, file: Path, how: Callable[[Any], Any]) -> Path:
    file.write_text((record / "decision.json").read_text())
    change(file, how)
    return file


DAMAGES: dict[str, Callable[[Any], Any]] = {
    "its inputs": lambda one: one.pop("inputs"),
    "its duration": lambda one: one["inputs"].pop("duration"),
    "a memory in words": lambda one: one["inputs"]["memory"].update(value="x"),
    "no text of a lag": lambda one: one["inputs"]["acceptable_lag"].update(value=60),
    "assumptions that are none": lambda one: one["inputs"]["assume"].update(value=[1]),
    "an unknown architecture": lambda one: one["inputs"]["architecture"].update(value="z80"),
    "a negative duration": lambda one: one["inputs"].update(
        durations_seconds={"value": [-1], "origin": "given", "source": "a file"}
    ),
    "a budget that is a number": lambda one: one["inputs"].update(budget_usd={"value": 9}),
    "a free tier that is none": lambda one: one["inputs"].update(free_tier={"value": "no"}),
    "its prices": lambda one: one.pop("prices"),
    "a price in the place of one with a source": lambda one: one["prices"]["values"].update(a="1"),
    "its decision": lambda one: one.pop("decision"),
    "what is recommended": lambda one: one["decision"].pop("recommended"),
    "a cost that is no number": lambda one: one["decision"]["recommended"].update(usd_a_month={"value": "x"}),
}


@pytest.mark.parametrize("how", DAMAGES.values(), ids=list(DAMAGES))
def test_a_damaged_record_is_one_sentence(
    how: Callable[[Any], Any], record: Path, tmp_path: Path, capsys: Any
) -> None:
    old = damaged(record, tmp_path / "old.json", how)

    assert main(["decide", "--check", str(old)]) == 2

    said = capsys.readouterr().err
    assert "is not a decision record: " in said
    assert said.count("\n") == 1


def test_a_price_file_that_lacks_a_price_is_refused_by_its_name(
    record: Path, prices: Path, capsys: Any
) -> None:
    change(prices, lambda one: one["prices"].pop("durable_operation"))

    assert main(["decide", "--check", str(record / "decision.json"), "--prices", str(prices)]) == 2
    assert "its prices has no 'durable_operation'" in capsys.readouterr().err


def test_prices_of_another_region_check_no_record(record: Path, prices: Path, capsys: Any) -> None:
    change(prices, lambda one: one.update(region="ap-northeast-1"))

    assert main(["decide", "--check", str(record / "decision.json"), "--prices", str(prices)]) == 2
    assert "holds the prices of ap-northeast-1" in capsys.readouterr().err


@pytest.mark.slow
def test_durations_that_are_given_are_no_measurement_and_two_of_them_are_few(
    monday: Path, tmp_path: Path, capsys: Any
) -> None:
    (tmp_path / "past.csv").write_text("100\n200\n")

    assert (
        main(["decide", str(monday), "--durations", str(tmp_path / "past.csv"), "--record", str(tmp_path)])
        == 0
    )

    text = (tmp_path / "decision.md").read_text()
    assert "(given: 2 durations of past.csv)" in text
    # Both are seen as soon as they end, which says nothing of the next ones.
    assert "60 s at worst, 57.0 s at the 95th percentile and 30.0 s on average, at whatever moment" in text
    assert "A decision on 2 durations fits these and may fit no others" in text
    assert "A decision on 2 durations" in capsys.readouterr().out


@pytest.mark.slow
def test_thirty_durations_are_enough_to_say_nothing(monday: Path, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "past.csv").write_text("\n".join(map(str, range(100, 130))))

    assert (
        main(["decide", str(monday), "--durations", str(tmp_path / "past.csv"), "--record", str(tmp_path)])
        == 0
    )
    assert json.loads((tmp_path / "decision.json").read_text())["warning"] is None
    assert capsys.readouterr().err == ""


@pytest.mark.slow
def test_a_factor_turns_the_decision_as_it_is_written(record: Path, prices: Path) -> None:
    text = (record / "decision.md").read_text()
    (factor,) = re.findall(r"\| price of durable operation \| ([\d.]+) \|", text)
    assert f"price of durable operation is {factor} times what is taken" in text
    usd = Decimal("0.000008") * Decimal(factor)
    change(prices, lambda one: one["prices"]["durable_operation"].update(usd=f"{usd:f}"))

    assert main(["decide", "--check", str(record / "decision.json"), "--prices", str(prices)]) == 3


@pytest.mark.parametrize(
    ("factor", "told"), [(0.12252, "0.122"), (8.5561, "8.56"), (0.5, "0.500"), (43.21, "43.3")]
)
def test_a_factor_is_rounded_away_from_one(factor: float, told: str) -> None:
    assert told_factor(factor) == told


def test_a_record_says_what_was_not_given_and_which_timeout_holds(record: Path) -> None:
    inputs = json.loads((record / "decision.json").read_text())["inputs"]
    text = (record / "decision.md").read_text()

    assert {inputs[name]["origin"] for name in ("timeout", "assume", "prices")} == {"not given"}
    assert "| timeout | 58,514 s | not given: a tenth more than the longest query" in text
    assert "with a longer acceptable lag, from 25.3 min on, the answer is durable-poll" in text
    assert "| redshift rpus | 8 | 4 | 128 | RPU |" in text
    assert "### Ranges" in text
    assert "too few to rank the ways: 6 are needed." in text
    assert "| Lambda GB-second on x86_64 | 0.0000166667 |" in text
    assert "glue" not in text


@pytest.mark.slow
def test_a_check_as_markdown_says_the_verdict_what_a_month_costs_and_what_changed(
    record: Path, prices: Path, capsys: Any
) -> None:
    change(prices, lambda one: one["prices"]["durable_operation"].update(usd="0.0008"))
    check = ["decide", "--check", str(record / "decision.json"), "--markdown"]

    assert main(check) == 0
    unchanged = capsys.readouterr().out.splitlines()
    assert main([*check, "--prices", str(prices)]) == 3
    flipped = capsys.readouterr().out.splitlines()

    assert unchanged[0] == "### The decision stands: durable-condition"
    assert unchanged[2] == "**The monthly cost does not change: $8.19**"
    assert flipped[0] == "### The decision flips: durable-condition then, sfn-direct now"
    assert re.fullmatch(
        r"\*\*The monthly cost increases by \$\d+\.\d\d \(\+\d+%\), to \$\d+\.\d\d\*\*", flipped[2]
    )
    assert "| then | durable-condition | fixed:60s | 8.19 |" in flipped
    assert "- Price of durable operation: 0.000008 USD then, 0.0008 now." in flipped


def test_a_decision_as_markdown_has_the_pair_and_folds_what_it_stands_on(capsys: Any) -> None:
    assert main(["decide", *ASKED, "--markdown"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("### ")
    rows = [line for line in lines if line.startswith("| ") and "| fixed:" in line]
    assert len(rows) == 4
    assert sum(row.startswith("| **") for row in rows) == 1
    assert lines.index("<details><summary>What it stands on, and what would change it</summary>") > 0
    assert "</details>" in lines
