"""The wheel in an empty folder: every command that needs no server runs, and the others say what they need.

It is built from the source archive, and so the archive holds all that the wheel is made of. It is laid over
the environment that runs the tests; nothing is downloaded.
"""

import json
import os
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import pytest
from project import ROOT

from orchbench.commands.deployed import NEEDS_CLONE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
STORED = ROOT / "docs" / "results" / "compare-local"
BUILD = "import sys; from setuptools import build_meta; print(getattr(build_meta, sys.argv[1])(sys.argv[2]))"
SOURCES = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE")
"""What of the clone is needed beside what MANIFEST.in names."""
IN_ONE_PROCESS = """
import contextlib, io, json, sys
from orchbench.cli import main
answers = []
if __name__ == "__main__":
    for words in json.loads(sys.argv[1]):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = main(words)
            except SystemExit as end:
                code = end.code
        answers.append((words, code or 0, out.getvalue(), err.getvalue()))
    print(json.dumps(answers))
"""
WORKLOAD = ("--duration", "20m", "--runs-a-month", "3000")
RUN = [
    ("--version",),
    ("estimate", *WORKLOAD),
    ("limits", "--timeout", "1h"),
    ("decide", *WORKLOAD, "--acceptable-lag", "1m"),
    ("rehearse", "--duration", "1m", "--way", "sfn-poll", "--processes", "1"),
    ("faults", "--fault", "submit-disconnected", "--processes", "1"),
    ("complexity",),
    ("prices", "--region", "us-east-1"),
    ("template", "--way", "sfn-poll", "--out", "alone"),
    ("report", str(STORED), "--out", "page"),
    ("report", "--out", "alone.html"),
    ("report", str(STORED), "--print", "table"),
    ("decide", str(STORED), *WORKLOAD, "--acceptable-lag", "1m", "--record", "record"),
    ("decide", "--check", "record/decision.json"),
    ("probe", "--list"),
]
REFUSED = [
    ("up",),
    ("compare",),
    ("load",),
    ("faults", "--local"),
    ("compare-aws",),
    ("start", "sfn-poll"),
    ("stop", "sfn-poll", "NAME"),
    ("check",),
]


class Answer(NamedTuple):
    """What a command ended with."""

    code: int
    output: str
    error: str


def python(*arguments: str, folder: Path, path: str = "") -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": path, "COLUMNS": "100"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def built(hook: str, source: Path, into: Path) -> Path:
    done = python("-c", BUILD, hook, str(into), folder=source)
    assert done.returncode == 0, done.stderr
    return into / done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that the wheel is installed in."""
    clone, out = tmp_path_factory.mktemp("clone"), tmp_path_factory.mktemp("built")
    for name in (*SOURCES, "functions", "statemachine", "src", "template.yaml"):
        (clone / name).symlink_to(ROOT / name)
    archive = built("build_sdist", clone, out)
    with tarfile.open(archive) as packed:
        packed.extractall(out, filter="data")
    wheel = built("build_wheel", out / archive.name.removesuffix(".tar.gz"), out)
    target = out / "installed"
    install = ["install", "--quiet", "--no-deps", "--no-index", "--no-compile", "--target", str(target)]
    done = python("-m", "pip", "--disable-pip-version-check", *install, str(wheel), folder=out)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the user's folder."""
    return tmp_path_factory.mktemp("empty")


@pytest.fixture(scope="module")
def answers(installed: Path, empty: Path) -> Callable[..., dict[str, Answer]]:
    """Return what runs commands one after the other in one process, and returns what each ended with."""

    def run(commands: Iterable[Sequence[str]]) -> dict[str, Answer]:
        done = python("-c", IN_ONE_PROCESS, json.dumps(list(commands)), folder=empty, path=str(installed))
        assert done.returncode == 0, done.stderr
        return {" ".join(words): Answer(*answer) for words, *answer in json.loads(done.stdout)}

    return run


def test_the_installed_program_is_the_wheels_and_so_are_its_files(installed: Path, empty: Path) -> None:
    asked = (
        "import orchbench, orchbench.project as p; print(orchbench.__file__, p.is_clone(), p.project_root())"
    )
    found = python("-c", asked, folder=empty, path=str(installed)).stdout.split()
    package = installed / "orchbench"
    assert found == [str(package / "__init__.py"), "False", str(package / "project")]


def test_nothing_is_installed_that_nobody_deploys(installed: Path) -> None:
    project = installed / "orchbench" / "project"
    assert {path.name for path in project.iterdir()} - {"__pycache__"} == {
        "__init__.py",
        "functions",
        "statemachine",
        "template.yaml",
        "templates.py",
    }
    assert {path.name for path in installed.iterdir()} - {"bin"} == {
        "orchbench",
        f"orchbench-{version('orchbench')}.dist-info",
    }


def test_every_command_that_needs_no_server_runs(answers: Callable[..., dict[str, Answer]]) -> None:
    found = answers(RUN)
    assert {command: one.error for command, one in found.items() if one.code != 0} == {}
    assert [command for command, one in found.items() if not one.output] == []


def test_every_command_that_needs_a_clone_says_so_in_one_sentence_and_leaves_nothing(
    answers: Callable[..., dict[str, Answer]], empty: Path
) -> None:
    before = set(empty.iterdir())
    found = answers(REFUSED)

    said = {(one.code, one.output, one.error) for one in found.values()}
    assert said == {(2, "", f"orchbench: {NEEDS_CLONE}\n")}
    assert set(empty.iterdir()) == before


def test_a_project_of_the_users_own_is_not_taken_for_this_one(
    answers: Callable[..., dict[str, Answer]], empty: Path
) -> None:
    (empty / "template.yaml").write_text("Resources: {}\n")
    assert answers([("limits", "--json")])["limits --json"].code == 0


def test_the_backend_that_is_tested_is_the_one_that_is_asked_for() -> None:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert document["build-system"]["requires"] == [f"setuptools=={version('setuptools')}"]
