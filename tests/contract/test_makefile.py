"""`make compare-aws` looks for credentials before it installs a tool, and has one sentence without them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from project import ROOT

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")


def make(folder: Path, answer: str) -> "subprocess.CompletedProcess[str]":
    """Run the target where `orchbench` is a script and everything but the tools is installed already."""
    program = folder / "bin" / "orchbench"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\necho "$@" >> {folder}/ran\n{answer}\n')
    program.chmod(0o755)
    if not (folder / ".ready").exists():
        (folder / ".ready").touch()
    # What would install the tools ends at its first command.
    command = ["make", "compare-aws", f"VENV={folder}", "PYTHON=false"]
    # As a user types it: a make that runs these tests would hand its own flags and level on.
    environment = {
        name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")
    }
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_without_credentials_it_says_one_sentence_and_installs_nothing(tmp_path: Path) -> None:
    ended = make(tmp_path, "echo 'orchbench: No AWS credentials were found.' >&2; exit 1")
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1
    assert "*** orchbench: No AWS credentials were found.  Stop." in ended.stderr
    assert (tmp_path / "ran").read_text() == "compare-aws --only-credentials\n"


def test_with_credentials_the_tools_are_installed_before_it_runs(tmp_path: Path) -> None:
    ended = make(tmp_path, "echo a warning >&2")
    assert f"{tmp_path}/tools/sam" in ended.stdout
    assert (tmp_path / "ran").read_text() == "compare-aws --only-credentials\n"

    (tmp_path / ".tools-ready").touch()
    assert make(tmp_path, "").returncode == 0
    assert (tmp_path / "ran").read_text().splitlines()[-1] == "compare-aws"
