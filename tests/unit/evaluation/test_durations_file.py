"""Files of durations and policies as they are given: read as meant, or refused in one sentence."""

import json
from pathlib import Path

import pytest

from orchbench.cli import main
from orchbench.evaluation.workload import InvalidWorkload, from_file


def file_of(folder: Path, text: str, name: str = "past.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,secs\n1,600\n", "line 1: 'id,secs' has 2 columns: name one with --column, of id, secs"),
        ("1,000\n2\n", "line 1: '1,000' has 2 columns: it takes one duration a line"),
        ("600\n1,000\n", "line 2: '1,000' has 2 columns"),
        ('"1,000"\n', "line 1: '1,000' is not a duration"),
        ("-5\n10\n", "line 1: '-5' is not a duration"),
        ("inf\n10\n", "line 1: 'inf' is not a duration"),
        ("nan\n10\n", "line 1: 'nan' is not a duration"),
        ("1e3\n10\n", "line 1: '1e3' is not a duration"),
    ],
)
def test_what_can_be_misread_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InvalidWorkload) as raised:
        from_file(file_of(tmp_path, text))
    assert said in str(raised.value)


def test_a_column_is_read_by_its_name_and_told(tmp_path: Path) -> None:
    found = from_file(file_of(tmp_path, "id,secs,who\n1,600,a\n2,20m,b\n"), "secs")

    assert list(found.durations_seconds) == [600, 1_200]
    assert found.source == "2 durations of past.csv, column 'secs'"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,secs\n1,600\n", "has no column 'ms': there are id, secs"),
        ("1,600\n", "has no column 'ms': its first line names none"),
        ("ms,ms\n1,600\n", "has 2 columns 'ms'"),
        ("id,ms\n1\n", "line 2 has no duration"),
        ("[60]", "is JSON, and has no column"),
    ],
)
def test_a_column_that_is_not_there_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InvalidWorkload) as raised:
        from_file(file_of(tmp_path, text), "ms")
    assert said in str(raised.value)


def test_a_list_of_json_is_read_whatever_its_file_is_called(tmp_path: Path) -> None:
    assert list(from_file(file_of(tmp_path, " [90, 60]", "past.txt")).durations_seconds) == [60, 90]


def test_a_heading_an_empty_line_and_an_empty_last_column_are_no_durations(tmp_path: Path) -> None:
    assert list(from_file(file_of(tmp_path, "\ufeffsecs,\n10,\n\n20,\n")).durations_seconds) == [10, 20]


@pytest.mark.parametrize("command", ["estimate", "decide --runs-a-month 9 --acceptable-lag 60s"])
def test_how_many_durations_there_are_and_how_long_is_shown(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = file_of(tmp_path, "id,secs\n1,600\n2,1200\n3,4000\n")

    assert main([*command.split(), "--durations", str(path), "--column", "secs", "--verbose"]) == 0
    shown = capsys.readouterr().out
    assert "3 durations of past.csv, column 'secs': median 1,200 s, longest 4,000 s." in shown


def test_a_column_without_a_file_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["estimate", "--duration", "1h", "--column", "secs"]) == 2
    assert "give --durations with it" in capsys.readouterr().err


def polls_of(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert main(["estimate", "--duration", "20m", "--way", "sfn-poll", "--json", *arguments]) == 0
    return [row["poll"] for row in json.loads(capsys.readouterr().out)["estimates"]]


def test_policies_are_listed_with_commas_and_each_is_taken_once(capsys: pytest.CaptureFixture[str]) -> None:
    two = "adaptive:share=0.1,minimum=4s,fixed:10s"
    found = polls_of(["--poll", two, "--poll", "fixed:10s"], capsys)

    assert found == ["adaptive:share=0.1,minimum=4s,maximum=300s", "fixed:10s"]
    assert polls_of(["--poll", "fixed:10s,adaptive"], capsys) == ["fixed:10s", "adaptive"]


@pytest.mark.parametrize(
    ("poll", "said"),
    [
        ("adaptive:share=0.05,share=0.1", "gives its share twice"),
        ("adaptive:share=1e-12", "it takes a number without an exponent, such as 0.05"),
        (",", "--poll is empty"),
    ],
)
def test_a_policy_that_is_no_policy_is_told_why(
    poll: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["estimate", "--duration", "20m", "--poll", poll]) == 2
    assert said in capsys.readouterr().err


def test_a_row_whose_interval_the_budget_stretches_is_marked(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["estimate", "--duration", "20h", "--way", "sfn-poll", "--poll", "fixed:10s,fixed:60s"]
    assert main([*arguments, "--verbose"]) == 0
    shown = capsys.readouterr().out

    assert "fixed:10s, stretched" in shown
    assert "fixed:60s, stretched" not in shown
    assert "sfn-poll, fixed:10s: the poll budget stretches it" in shown


def test_runs_that_end_differently_are_shown_with_their_shares(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["estimate", "--duration", "uniform:1m,2h", "--timeout", "1h", "--way", "sfn-poll"]
    assert main([*arguments, "--verbose"]) == 0

    assert "SUCCEEDED 49.6%, FAILED: BatchTimedOut 50.4%" in capsys.readouterr().out


@pytest.mark.parametrize("region", ["xx", "../us-east-1", "US-EAST-1"])
@pytest.mark.parametrize("command", ["prices", "limits", "estimate --duration 1h"])
def test_a_region_that_is_none_is_refused_alike(
    command: str, region: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), "--region", region])
    assert ended.value.code == 2
    assert f"{region!r} is not a region" in capsys.readouterr().err
