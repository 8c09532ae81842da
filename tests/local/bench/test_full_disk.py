"""A disk that is full, or takes no files: one sentence that names it, and nothing left running."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orchbench.cli import main

pytestmark = pytest.mark.local

Mount = Callable[..., Path]
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def mount() -> Iterator[Mount]:
    """Mount small file systems; skip where that is not permitted."""
    made: list[Path] = []

    def mounted(*options: str) -> Path:
        # A short path that others may pass: PostgreSQL is no root, and its socket lies below.
        folder = Path(tempfile.mkdtemp(prefix="ob-"))
        folder.chmod(0o711)
        command = ["mount", *options, str(folder)]
        tried = subprocess.run(command, capture_output=True, text=True, check=False)
        if tried.returncode != 0:
            folder.rmdir()
            pytest.skip(f"mounting is not permitted here: {tried.stderr.strip()}")
        made.append(folder)
        return folder

    try:
        yield mounted
    finally:
        for folder in made:
            subprocess.run(["umount", str(folder)], check=True)
            folder.rmdir()


def small_disk(mount: Mount, size: str) -> Path:
    return mount("-t", "tmpfs", "-o", f"size={size},mode=711", "tmpfs")


def start(folder: Path, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "orchbench.cli", *arguments],
        cwd=folder,
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return what runs a command, in a process of its own where that has its own environment."""

    def ended(folder: Path, *arguments: str, **environment: str) -> tuple[int, str]:
        if environment:
            with start(folder, *arguments, **environment) as process:
                assert process.stderr is not None
                said = process.stderr.read()
            code = process.returncode
        else:
            monkeypatch.chdir(folder)
            capsys.readouterr()
            code = main(arguments)
            said = capsys.readouterr().err
        assert "Traceback" not in said
        return code, said.splitlines()[-1]

    return ended


def fill(folder: Path) -> Path:
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(65536)):
            pass
    return filler


COMPARE = ["compare", "--rows", "2000", "--poll-interval", "1", "--runs", "2"]


def test_a_disk_without_room_for_results_is_said_before_anything_starts(
    project: Any, mount: Mount, run: Run
) -> None:
    disk = small_disk(mount, "64k")

    code, said = run(project, *COMPARE, "--out", str(disk / "results"))

    assert (code, said) == (
        2,
        f"orchbench: --out '{disk}/results' cannot be written to (No space left on device): free some space "
        "there, or name another folder.",
    )


def test_a_folder_that_is_read_only_is_said_before_anything_starts(
    project: Any, mount: Mount, run: Run
) -> None:
    disk = mount("-t", "tmpfs", "-o", "ro", "tmpfs")

    code, said = run(project, *COMPARE, "--out", str(disk / "results"))

    assert code == 2
    assert "cannot be written to (Read-only file system): name a folder that can." in said


def test_a_temporary_folder_without_room_for_a_stack_is_said_before_anything_starts(
    project: Any, mount: Mount, run: Run
) -> None:
    disk = small_disk(mount, "20m")

    for arguments in (COMPARE, ["up"]):
        code, said = run(project, *arguments, TMPDIR=str(disk))
        assert code == 1
        assert f"{disk} has 20 MB free, and a local stack needs 150 MB there" in said
        assert list(disk.iterdir()) == []


def test_a_read_only_working_folder_is_said_before_a_stack_starts(
    project: Any, mount: Mount, run: Run
) -> None:
    folder = mount("--bind", "-o", "ro", str(project))

    code, said = run(folder, "up")

    assert code == 1
    assert f"The local stack could not be started: {folder}/.orchbench: Read-only file system" in said
    assert not (project / ".orchbench").exists()


@pytest.mark.parametrize("full", ["results", "stack"])
def test_a_disk_that_fills_up_stops_the_comparison_which_goes_on_once_there_is_room(
    project: Any, mount: Mount, full: str, run: Run
) -> None:
    disk = small_disk(mount, "3m" if full == "results" else "300m")
    results = disk / "results" if full == "results" else project / "results"
    where = {} if full == "results" else {"TMPDIR": str(disk)}
    with start(project, *COMPARE, "--out", str(results), **where) as process:
        assert process.stderr is not None
        next(line for line in process.stderr if "run 1:" in line)
        filler = fill(disk)
        said = process.stderr.read()
    filler.unlink()
    left = [path for path in disk.iterdir() if path.name != "results"]

    code, _said = run(project, "compare", "--resume", str(results), **where)

    assert (process.returncode, code, left) == (1, 0, [])
    assert "Traceback" not in said
    sentence = said.splitlines()[-1]
    assert f"{disk} is full" in sentence or "could not be written (No space left on device)" in sentence
    assert f"orchbench compare --resume {Path(results.name) if full == 'stack' else results}" in said


def test_a_stack_whose_disk_fills_up_while_it_runs_still_ends_clean(project: Any, mount: Mount) -> None:
    disk = small_disk(mount, "300m")
    with start(project, "up", "--rows", "2000", TMPDIR=str(disk)) as process:
        assert process.stderr is not None
        next(line for line in process.stderr if "It runs until" in line)
        filler = fill(disk)
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        said = process.stderr.read()

    filler.unlink()
    assert process.returncode == 0
    assert said.endswith("Stopped, and nothing of it is left.\n")
    assert list(disk.iterdir()) == []
