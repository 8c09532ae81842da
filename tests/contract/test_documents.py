"""README and docs say what the program does: commands that exist, figures that were measured."""

import argparse
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from project import ROOT

from orchbench.cli import build_parser
from orchbench.commands.show import read_summary
from orchbench.rehearsal.scenario import load_scenarios
from orchbench.report.markdown import comparison_markdown

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
STORED = ROOT / "docs" / "results" / "compare-local"


def commands(document: Path) -> Iterator[list[str]]:
    """Yield the words of every command in a document's shell blocks, comments left out."""
    for block in re.findall(r"```sh\n(.*?)```", document.read_text(), re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words:
                yield words


def all_commands() -> list[tuple[str, list[str]]]:
    return [(document.name, words) for document in DOCUMENTS for words in commands(document)]


def of_program(program: str) -> list[list[str]]:
    return [words[1:] for _document, words in all_commands() if Path(words[0]).name == program]


@pytest.mark.parametrize("words", of_program("orchbench"), ids=" ".join)
def test_every_documented_command_is_one_that_the_program_takes(words: list[str]) -> None:
    build_parser().parse_args(words)


@pytest.mark.parametrize("words", of_program("make"), ids=" ".join)
def test_every_documented_target_is_in_the_makefile(words: list[str]) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {word for word in words if "=" not in word} <= targets


def test_no_other_program_is_needed() -> None:
    known = {"orchbench", "make", "sam", "aws", "eval", "cd", "git", "export", "python"}
    assert {Path(words[0]).name for _document, words in all_commands()} <= known


def test_the_readme_names_every_command() -> None:
    (subparsers,) = (
        action for action in build_parser()._actions if isinstance(action, argparse._SubParsersAction)
    )
    text = "\n".join(document.read_text() for document in DOCUMENTS)
    assert [name for name in subparsers.choices if f"orchbench {name}" not in text] == []


def test_the_two_commands_come_early() -> None:
    lines = (ROOT / "README.md").read_text().splitlines()[:30]
    assert any(line.startswith("make compare") for line in lines)
    assert any(line.startswith("make test") for line in lines)


def test_the_readmes_table_is_made_from_the_stored_results() -> None:
    text = (ROOT / "README.md").read_text()
    shown = text.partition("<!-- result:begin -->\n")[2].partition("<!-- result:end -->")[0]
    assert shown == comparison_markdown(read_summary(STORED))


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "examples").iterdir()), ids=lambda path: path.name)
def test_every_example_is_a_file_of_scenarios(path: Path) -> None:
    assert load_scenarios(path)


def test_stored_results_hold_no_path_of_a_machine() -> None:
    files = [path for path in STORED.rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if re.search(r"/(home|root|tmp|Users|work)/", path.read_text())] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_into_the_project_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_the_changelog_and_the_package_agree() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert "## Unreleased" in changelog or f"## {version}" in changelog
