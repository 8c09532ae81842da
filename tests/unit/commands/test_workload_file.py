"""The workload in a file, for ``decide``, its record and the report; what is wrong in it names its line."""

import json
from pathlib import Path

import pytest

from orchbench.cli import build_parser, main
from orchbench.commands.report import asked_of
from orchbench.commands.workload_file import KEYS, read_workload_file, with_workload_file

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "orchbench.toml"
ASKED = "--duration lognormal:median=25m,p95=2h --runs-a-month 6000 --acceptable-lag 1m"
FLAGS = f"{ASKED} --assume redshift_rpus=32"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the example, where commands run."""
    (tmp_path / "orchbench.toml").write_text(EXAMPLE.read_text())
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
def test_decide_answers_for_the_file_as_it_does_for_the_same_options(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["decide", "--json"])
    of_file = json.loads(capsys.readouterr().out)
    (here / "orchbench.toml").unlink()
    main(["decide", "--json", *FLAGS.split()])

    assert json.loads(capsys.readouterr().out) == of_file


@pytest.mark.usefixtures("here")
def test_an_option_counts_before_the_file_and_the_terminal_names_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["decide", "--duration", "1h", "--acceptable-lag", "10s"]) == 0

    printed = capsys.readouterr().out
    assert "a poll every 10 s" in printed
    assert "The workload is that of orchbench.toml." in printed


@pytest.mark.slow
def test_a_record_says_what_the_file_gives_and_is_made_again_without_it(here: Path) -> None:
    assert main(["decide", "--record", "record"]) == 0

    inputs = json.loads((here / "record" / "decision.json").read_text())["inputs"]
    assert inputs["runs_a_month"] == {"value": "6000", "origin": "given"}
    assert FLAGS.split(" --assume", maxsplit=1)[0] in (here / "record" / "decision.md").read_text()


@pytest.mark.usefixtures("here")
def test_a_report_is_asked_what_decide_is_asked() -> None:
    arguments = build_parser("report").parse_args(["report"])

    with_workload_file(arguments)
    asked = asked_of(arguments)

    assert (asked.told_runs, asked.per) == ("6,000 runs a month", "a month")
    assert asked.queries == "queries of lognormal:median=25m,p95=2h"
    assert asked.promise.told == "1 min"


def test_past_durations_are_found_from_the_file_that_names_them(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('durations = "past.csv"\n')

    assert read_workload_file(tmp_path / "mine.toml") == {"durations": tmp_path / "past.csv"}


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("runs_per_month = 6000", "there is no key 'runs_per_month'; did you mean runs_a_month?"),
        ("budget = 5", f"there is no key 'budget'; it takes {', '.join(KEYS)} and [assume]."),
        ("duration = 25", 'duration takes a time with its unit, or a distribution, such as "25m"'),
        ('duration = "25 parsecs"', 'and not "25 parsecs".'),
        (
            "runs_a_month = true",
            "takes a number from 1 to a billion, such as 6000, and not true.",
        ),
        ('acceptable_lag = "60 USD"', 'such as "1m" or "5%", and not "60 USD".'),
        ('timeout = "2d"', 'timeout takes a time from 1s to 24h with its unit, such as "4h", and not "2d".'),
        ('bearable_lag = "5%"', 'bearable_lag takes a time from 1s to 24h with its unit, such as "30m"'),
        ('lost_events = "often"', 'lost_events takes a share, such as "0.1%" or 0.001, and not "often".'),
        ('region = "Tokyo"', 'region takes the name of a region, such as "us-east-1", and not "Tokyo".'),
        ('memory = "512 MB"', "memory takes a whole number of MB from 128 to 10240"),
        ('duration = "1h"\ndurations = "past.csv"', "duration is given already: keep one of the two."),
        ("duration = ", "this is not valid TOML"),
        ("[assume]\nrpus = 8", "There is no assumption 'rpus'"),
        ("[redshift]\nrpus = 8", "there is no key 'redshift'"),
        ("assume = 3", "assume is a table: write [assume]"),
    ],
)
def test_what_is_wrong_is_one_sentence_with_its_line(
    line: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f"# A comment.\n{line}\n")

    assert main(["decide", "--workload", str(file)]) == 2

    said = capsys.readouterr().err
    number = 3 if "\n" in line and not line.startswith("[redshift") else 2
    assert said.startswith(f"orchbench: {file}, line {number}: ")
    assert sentence in said
    assert said.count("\n") == 1


def test_a_file_that_is_not_there_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--workload", "nowhere.toml"]) == 2
    assert "--workload 'nowhere.toml' cannot be read (No such file" in capsys.readouterr().err
