import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from page_reader import read_page
from stored_results import change, copy_of_results, report_of

from orchbench.cli import main
from orchbench.evaluation.prices import price_list
from orchbench.report.document import document
from orchbench.report.page import page
from orchbench.report.reading import read_results


def said(capsys: Any) -> str:
    text = capsys.readouterr().err
    assert text.count("\n") == 1
    return str(text)


@pytest.mark.parametrize(
    "command",
    [
        "report NOTHING --out OUT",
        "report NOTHING --print table",
        "decide NOTHING --record OUT",
        "supplement NOTHING",
    ],
)
def test_a_folder_without_results_is_one_sentence_and_exit_code_2(
    command: str, tmp_path: Path, capsys: Any
) -> None:
    places = {"NOTHING": str(tmp_path / "nothing"), "OUT": str(tmp_path / "out")}

    assert main([places.get(word, word) for word in command.split()]) == 2

    assert "comparison.json cannot be read" in said(capsys)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("file", "text", "sentence"),
    [
        ("comparison.json", "{", "is not valid JSON"),
        ("comparison.json", "{}", "has the schema None"),
        ("traces/sfn-poll-1.json", "", "is not valid JSON"),
        ("traces/sfn-poll-1.json", "{}", "does not follow"),
        ("rehearsals.json", '{"schema": "orchbench.rehearsals/1"}', "does not follow"),
        ("rehearsals.json", "[]", "is not a JSON object"),
        ("complexity.json", "{}", "has the schema None"),
    ],
)
def test_a_broken_file_is_one_sentence_that_names_it(
    file: str, text: str, sentence: str, tmp_path: Path, capsys: Any
) -> None:
    folder = copy_of_results(tmp_path / "results")
    (folder / file).write_text(text)

    assert main(["report", str(folder), "--out", str(tmp_path / "out")]) == 2
    message = said(capsys)
    assert sentence in message
    assert not (tmp_path / "out").exists()


def test_a_missing_trace_is_named(tmp_path: Path, capsys: Any) -> None:
    folder = copy_of_results(tmp_path / "results")
    (folder / "traces" / "sfn-poll-2.json").unlink()

    assert main(["report", str(folder)]) == 2
    message = said(capsys)
    assert "sfn-poll-2.json cannot be read" in message
    assert "the folder is not whole" in message


def test_a_missing_rehearsal_names_the_command_that_makes_it(
    monday: Path, tmp_path: Path, capsys: Any
) -> None:
    folder = copy_of_results(tmp_path / "results", supplemented=True)
    next((folder / "rehearsals").iterdir()).unlink()

    assert main(["report", str(folder)]) == 2
    assert f"`orchbench supplement {folder}`" in said(capsys)


def test_a_comparison_without_a_run_is_nothing_to_report(tmp_path: Path, capsys: Any) -> None:
    folder = copy_of_results(tmp_path / "results")
    change(folder / "comparison.json", lambda one: one.update(runs=[]))

    assert main(["report", str(folder)]) == 2
    assert "holds no run yet" in said(capsys)


def test_the_same_folder_twice_is_refused(tmp_path: Path, capsys: Any) -> None:
    folder = copy_of_results(tmp_path / "results")

    assert main(["report", str(folder), str(folder)]) == 2
    assert "is named twice" in said(capsys)


@pytest.mark.slow
def test_a_page_alone_is_written_where_a_file_is_named(monday: Path, tmp_path: Path, capsys: Any) -> None:
    assert main(["report", str(monday), "--out", str(tmp_path / "page.html")]) == 0

    assert [file.name for file in tmp_path.iterdir()] == ["page.html"]
    assert "page.html" in capsys.readouterr().out


@pytest.mark.slow
def test_several_folders_stand_side_by_side_and_say_which_is_which(
    monday: Path, tmp_path: Path, capsys: Any
) -> None:
    on_aws = copy_of_results(tmp_path / "tuesday", host="aws")

    assert main(["report", str(monday), str(on_aws), "--out", str(tmp_path / "page.html")]) == 0

    page = read_page((tmp_path / "page.html").read_text())
    groups = [one for one in page.all("th") if one.get("scope") == "colgroup"]
    assert [one["colspan"] for one in groups] == ["3", "3"]
    text = (tmp_path / "page.html").read_text()
    assert ">monday (local servers on one machine)</th>" in text
    assert ">tuesday (AWS)</th>" in text
    files = {one["data-file"] for one in page.figures}
    assert {"monday/traces/sfn-poll-*.json", "tuesday/traces/sfn-poll-*.json"} <= files
    assert "The rehearsals are those of monday." in text


def test_folders_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    folders = [copy_of_results(tmp_path / day / "run") for day in ("monday", "tuesday")]

    found = read_results(folders, {"us-east-1": price_list("us-east-1")})

    assert [one.name for one in found] == ["monday/run", "tuesday/run"]


@pytest.mark.slow
def test_without_rehearsals_the_page_says_how_to_add_them(tmp_path: Path) -> None:
    text = document(report_of(copy_of_results(tmp_path / "results")))

    assert text.count("`orchbench supplement`") == 2


@pytest.mark.slow
def test_without_results_and_for_a_workload_the_page_says_what_decide_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    workload = ["--duration", "uniform:1m,2h", "--runs-a-month", "900", "--acceptable-lag", "5%"]
    workload += ["--region", "ap-northeast-1"]
    assert main(["decide", *workload, "--json"]) == 0
    decided = json.loads(capsys.readouterr().out)

    assert main(["report", *workload]) == 0

    assert "The report: report/report.html" in capsys.readouterr().out
    page = read_page((tmp_path / "report" / "report.html").read_text())
    text = (tmp_path / "report" / "report.md").read_text()
    assert "queries of uniform:1m,2h, polled adaptively, at list prices of ap-northeast-1" in text
    assert "- Cost of 900 runs a month: **$" in text
    # A dashboard costs more than so few runs, and no probe says anything of it.
    assert "times the durable operations that we count" in text
    assert "Estimates alone: no results folder was named" in text
    assert "What it was measured on" not in text
    assert not [one for one in page.figures if one["data-label"] == "rehearsed"]
    # The page and the command say the same of each way, to the digit.
    shown = {Decimal(one["value"] or "0") for one in page.figures}
    ways = [decided["recommended"], decided["runner_up"], *decided["others"]]
    assert {Decimal(one["usd_a_month"]["value"]) for one in ways} <= shown


@pytest.mark.slow
def test_what_a_run_says_is_text_and_never_markup(tmp_path: Path) -> None:
    folder = copy_of_results(tmp_path / "results")
    attack = "</p><script>alert(1)</script>"
    change(folder / "comparison.json", lambda one: one["settings"]["input"].update(sql_file=attack))

    text = page(report_of(folder), lambda _chart, _width: "<svg/>")

    assert "<script" not in text
    assert "&lt;script&gt;alert(1)" in text


@pytest.mark.slow
def test_a_run_that_failed_is_reported_and_not_averaged_away(tmp_path: Path) -> None:
    folder = copy_of_results(tmp_path / "results")
    change(
        folder / "traces" / "sfn-poll-1.json",
        lambda one: one.update(status="FAILED", error_name="BatchFailed", cause="it broke", statement=None),
    )

    text = document(report_of(folder))

    assert "Not a comparison to lean on: sfn-poll failed 1 of 3" in text
    assert "| runs that succeeded | 2 of 3 | 3 of 3 | 3 of 3 |" in text
    assert "BatchFailed: it broke" in text


@pytest.mark.slow
def test_what_cannot_be_written_leaves_what_was_there(monday: Path, tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "report.html").write_text("yesterday's")
    (out / "charts").write_text("a file where a folder is wanted")

    assert main(["report", str(monday), "--out", str(out)]) == 2

    assert "cannot be written to" in said(capsys)
    assert (out / "report.html").read_text() == "yesterday's"
    assert sorted(file.name for file in out.iterdir()) == ["charts", "report.html"]


@pytest.mark.slow
def test_a_price_file_takes_the_place_of_the_projects_own(monday: Path, prices: Path) -> None:
    change(prices, lambda one: one["prices"]["state_transition"].update(usd="0.000123"))

    assert "| state transition | 0.000123 |" in document(report_of(monday, "--prices", str(prices)))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "is not a price file: it is not valid JSON"),
        ("[]", "is not a price file: it is [], which is not as price_schema.json describes"),
        ('{"region": "us-east-1", "currency": "USD"}', "is not a price file: it has no 'prices'"),
    ],
)
def test_what_is_no_price_file_is_one_sentence(
    text: str, sentence: str, monday: Path, tmp_path: Path, capsys: Any
) -> None:
    file = tmp_path / "prices.json"
    file.write_text(text)

    assert main(["report", str(monday), "--prices", str(file)]) == 2
    assert sentence in said(capsys)


def test_a_price_that_is_missing_is_named(monday: Path, prices: Path, capsys: Any) -> None:
    change(prices, lambda one: one["prices"].pop("durable_operation"))

    assert main(["report", str(monday), "--prices", str(prices)]) == 2
    assert "its prices has no 'durable_operation'" in said(capsys)


@pytest.mark.slow
def test_a_price_that_is_left_out_is_assumed_and_named_in_the_answer(monday: Path, prices: Path) -> None:
    change(prices, lambda one: one["prices"].pop("durable_operation"))
    change(prices, lambda one: one.update(others_assumed_from="us-east-1"))

    text = document(report_of(monday, "--prices", str(prices)))
    assert "list prices of us-east-1 (durable operation assumed from us-east-1)" in text


def test_prices_of_another_region_than_the_results_are_refused(
    monday: Path, prices: Path, capsys: Any
) -> None:
    change(prices, lambda one: one.update(region="ap-northeast-1"))

    assert main(["report", str(monday), "--prices", str(prices)]) == 2
    message = said(capsys)
    assert "holds the prices of ap-northeast-1, where those of us-east-1 belong" in message


@pytest.mark.parametrize("shape", ["table", "markdown", "json"])
def test_a_printed_report_is_on_standard_output_alone(shape: str, tmp_path: Path, capsys: Any) -> None:
    folder = copy_of_results(tmp_path / "results")
    before = sorted(folder.rglob("*"))

    assert main(["report", str(folder), "--print", shape]) == 0

    printed = capsys.readouterr()
    assert "makespan" in printed.out
    assert printed.err == ""
    assert sorted(folder.rglob("*")) == before


def test_a_printed_report_takes_the_prices_that_are_given(tmp_path: Path, prices: Path, capsys: Any) -> None:
    folder = copy_of_results(tmp_path / "results")
    change(prices, lambda one: one["prices"]["state_transition"].update(usd="0.000123"))

    main(["report", str(folder), "--print", "markdown"])
    usual = capsys.readouterr().out
    assert main(["report", str(folder), "--print", "markdown", "--prices", str(prices)]) == 0
    assert capsys.readouterr().out != usual


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--out", "x", "--memory", "256"], "--print writes no file and estimates nothing: leave out --out"),
        (["another"], "--print shows one results folder: name one"),
    ],
)
def test_what_a_printed_report_would_ignore_is_refused(
    arguments: list[str], sentence: str, monday: Path, capsys: Any
) -> None:
    assert main(["report", str(monday), *arguments, "--print", "table"]) == 2
    assert sentence in said(capsys)


@pytest.mark.slow
def test_a_report_is_estimated_at_the_prices_of_the_region_that_is_asked_for(
    monday: Path, tmp_path: Path
) -> None:
    assert main(["report", str(monday), "--region", "ap-northeast-1", "--out", str(tmp_path)]) == 0

    # The runs stay those of their own region.
    text = (tmp_path / "report.md").read_text()
    assert "at list prices of ap-northeast-1" in text
    assert "local servers on one machine, us-east-1" in text
