"""Commands that are parts of others now: their former names lead there."""

import argparse
import shlex

import pytest

from orchbench.cli import build_parser, main
from orchbench.commands.former import FORMER


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("show results", "`orchbench show` is now `orchbench report FOLDER --print table`."),
        ("show --json results", "`orchbench show` is now `orchbench report FOLDER --print table`."),
        ("show", "`orchbench show` is now `orchbench report FOLDER --print table`."),
        ("show --help", "`orchbench show` is now `orchbench report FOLDER --print table`."),
        (
            "adr --check old.json",
            "`orchbench adr` is now `orchbench decide --record FOLDER` "
            "(and `orchbench decide --check OLD.json`).",
        ),
    ],
)
def test_a_former_name_says_the_present_one(
    arguments: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments.split()) == 2

    assert capsys.readouterr() == ("", f"orchbench: {said}\n")


def test_no_help_lists_a_former_name() -> None:
    listed = [line.split()[0] for line in build_parser().format_help().splitlines() if line.startswith("  ")]
    assert "report" in listed
    assert set(listed) & set(FORMER) == set()


@pytest.mark.parametrize(
    "present", [one for said in FORMER.values() for one in said.split("`") if "orch" in one]
)
def test_a_present_name_is_one_that_the_program_takes(present: str) -> None:
    assert isinstance(build_parser().parse_args(shlex.split(present)[1:]), argparse.Namespace)
