"""Whatever ends a comparison, at whatever moment: nothing runs on, nothing lies about, and it can go on.

``ORCHBENCH_KILLS=30`` adds that many kills at random moments, which take about 15 s each.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from orchbench.cli import main
from orchbench.ways import the_pair

pytestmark = pytest.mark.local

OPTIONS = ["--rows", "20000", "--poll-interval", "1", "--runs", "2"]
DEADLINE_SECONDS = 400
EXIT_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129, signal.SIGKILL: -9}
KILLS = int(os.environ.get("ORCHBENCH_KILLS", "0"))


@dataclass
class Comparing:
    """A comparison in a process of its own, with a folder of its own for all temporary files."""

    project: Path
    temporary: Path
    said: list[str] = field(default_factory=list)

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start it in a process group of its own, as a terminal does."""
        process = subprocess.Popen(
            [sys.executable, "-m", "orchbench.cli", "compare", *arguments],
            cwd=self.project,
            env=os.environ | {"TMPDIR": str(self.temporary)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._listen, args=(process.stderr,), daemon=True).start()
        return process

    def _listen(self, errors: Any) -> None:
        with errors:
            self.said.extend(errors)

    def until_said(self, process: "subprocess.Popen[str]", words: str) -> None:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not any(words in line for line in list(self.said)):
            assert process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.01)

    def left(self) -> list[str]:
        """Return what is left of it: processes by their command, and files."""
        stacks = {path.name.removeprefix("orchbench-") for path in self.temporary.glob("orchbench-*")}
        found = [str(path) for path in self.temporary.iterdir()]
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                command = (process / "cmdline").read_bytes()
                ours = f"TMPDIR={self.temporary}".encode() in (process / "environ").read_bytes()
                if command and (ours or any(stack.encode() in command for stack in stacks)):
                    found.append(command.replace(b"\0", b" ").decode())
        return found

    def assert_nothing_left(self) -> None:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while left := self.left():
            assert time.monotonic() < deadline, left
            time.sleep(0.05)


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """Let children be interrupted: those of a runner in the background ignore SIGINT, as it does."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def comparing(project: Any) -> Iterator[Comparing]:
    # A short path: PostgreSQL's socket lies below it. Others may pass: PostgreSQL is no root.
    with tempfile.TemporaryDirectory(prefix="ob-") as folder:
        Path(folder).chmod(0o711)
        yield Comparing(project, Path(folder))


def end(process: "subprocess.Popen[str]", number: signal.Signals) -> int:
    process.send_signal(number)
    return process.wait(timeout=DEADLINE_SECONDS)


def runs_in(results: Path) -> list[tuple[str, int]]:
    stored = results / "comparison.json"
    document = json.loads(stored.read_text()) if stored.exists() else {"runs": []}
    return [(run["way"], run["number"]) for run in document["runs"]]


def expected_runs() -> list[tuple[str, int]]:
    return [(way, number) for number in (1, 2) for way in the_pair()]


MOMENTS = [
    pytest.param("starting the servers", signal.SIGKILL, id="killed while the servers start"),
    pytest.param("deploying the template", signal.SIGTERM, id="ended while the template is deployed"),
    pytest.param("seeding", signal.SIGINT, id="interrupted while the tables are filled"),
]


@pytest.mark.parametrize(("words", "number"), MOMENTS)
def test_before_the_first_run_nothing_is_left(
    comparing: Comparing, words: str, number: signal.Signals
) -> None:
    # The first run takes longer than any machine takes to be interrupted.
    process = comparing.start(*OPTIONS, "--poll-interval", "600", "--out", "results")
    comparing.until_said(process, words)

    code = end(process, number)

    comparing.assert_nothing_left()
    assert code == EXIT_CODES[number]
    assert "Traceback" not in "".join(comparing.said)
    assert runs_in(comparing.project / "results") == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "ended"])
def test_a_comparison_cut_off_in_a_run_goes_on_where_it_was(
    comparing: Comparing, number: signal.Signals, capsys: Any
) -> None:
    results = comparing.project / "results"
    process = comparing.start(*OPTIONS, "--out", "results")
    comparing.until_said(process, "run 1:")
    code = end(process, number)
    comparing.assert_nothing_left()
    before = runs_in(results)

    resumed = comparing.start("--resume", "results")

    assert (code, resumed.wait(timeout=DEADLINE_SECONDS)) == (EXIT_CODES[number], 0), comparing.said
    comparing.assert_nothing_left()
    assert 1 <= len(before) < len(expected_runs())
    assert runs_in(results) == expected_runs()
    assert f"going on after {len(before)} runs" in " ".join(comparing.said)
    assert main(["report", str(results), "--print", "json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["complete"]
    assert {one["outcomes"]["succeeded"] for one in summary["ways"].values()} == {2}
    if number is not signal.SIGKILL:
        assert any("go on with: orchbench compare --resume results" in line for line in comparing.said)


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_comparison_killed_at_any_moment_leaves_nothing_and_whole_results(
    comparing: Comparing, seed: int
) -> None:
    chance = random.Random(f"{seed}")
    number = chance.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
    seconds = chance.uniform(0.15, 25)
    results = comparing.project / "results"
    process = comparing.start(*OPTIONS, "--out", "results")
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=seconds)
    code = end(process, number)
    comparing.assert_nothing_left()
    runs = runs_in(results)
    told = f"{signal.Signals(number).name} after {seconds:.2f} s: exit code {code}, {len(runs)} runs whole\n"
    sys.stdout.write(told)
    assert code in (0, EXIT_CODES[number])
    assert "Traceback" not in "".join(comparing.said)
    assert runs == expected_runs()[: len(runs)]
    if runs:
        assert main(["report", str(results), "--print", "table"]) == 0
