"""Workers forked from a process that has loaded their packages: as a process started anew, or not at all."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchbench.local.worker_forks import ForkedWorker, Forks

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="this system knows no pidfd")
SCRIPT = """
import os, sys
print(__name__, sys.argv[0], sys.path[0], os.getcwd(), os.environ.get("WHO"), "loaded" in sys.modules)
sys.stderr.write("told\\n")
sys.stdout.flush()
for line in sys.stdin:
    if line == "exit\\n":
        sys.exit(3)
    print(line.strip().upper(), flush=True)
"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packages")
    (folder / "loaded.py").touch()
    return folder


@pytest.fixture(scope="module")
def forks(packages: Path) -> Iterator[Forks]:
    made = Forks(str(packages), ["loaded", "not_installed"])
    yield made
    made.close()


class Started:
    """Workers with folders of their own, which end with the test."""

    def __init__(self, forks: Forks, folder: Path, packages: Path) -> None:
        self._forks, self._folder, self._packages = forks, folder, packages
        self.script = folder / "_worker.py"
        self.script.write_text(SCRIPT)
        self.code = folder / "code"
        self.code.mkdir()
        self._workers: list[Any] = []

    def __call__(self, **environment: str) -> Any:
        worker = self._forks.popen(
            [sys.executable, str(self.script)],
            cwd=str(self.code),
            env={**os.environ, "PYTHONPATH": str(self._packages), "WHO": "a worker", **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self._workers.append(worker)
        return worker

    def end(self) -> None:
        for worker in self._workers:
            worker.kill()
            worker.wait()
            for stream in (worker.stdin, worker.stdout, worker.stderr):
                stream.close()


@pytest.fixture
def started(forks: Forks, tmp_path: Path, packages: Path) -> Iterator[Started]:
    workers = Started(forks, tmp_path, packages)
    yield workers
    workers.end()


def test_a_worker_is_a_fork_that_differs_from_a_process_of_its_own_in_what_is_loaded(
    started: Started,
) -> None:
    worker = started()
    seen = f"__main__ {started.script} {started.script.parent} {started.code} a worker True\n"
    assert isinstance(worker, ForkedWorker)
    assert worker.stdout.readline() == seen
    assert worker.stderr.readline() == "told\n"
    worker.stdin.write("answer\n")
    assert worker.stdout.readline() == "ANSWER\n"
    assert worker.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        worker.wait(timeout=0)


@pytest.mark.parametrize("how", ["exit", "terminate", "kill"])
def test_the_end_of_a_worker_is_noticed_and_closes_its_output(started: Started, how: str) -> None:
    worker, other = started(), started()
    worker.stdout.readline()
    if how == "exit":
        worker.stdin.write("exit\n")
    else:
        getattr(worker, how)()
    assert worker.wait() == worker.poll() == 0
    assert worker.stdout.readline() == ""
    assert other.poll() is None


def test_code_that_brings_a_package_that_is_loaded_gets_a_process_of_its_own(started: Started) -> None:
    (started.code / "loaded").mkdir()
    worker = started()
    assert not isinstance(worker, ForkedWorker)
    assert worker.stdout.readline().endswith("a worker False\n")


@pytest.mark.parametrize("setting", ["_LAMBDA_LAYERS_DIRS", "PYTHONOPTIMIZE"])
def test_layers_and_settings_of_python_get_a_process_of_their_own(started: Started, setting: str) -> None:
    assert isinstance(started(**{setting: "1"}), subprocess.Popen)


def test_a_parent_that_was_killed_costs_one_worker_its_fork_and_no_worker_its_life(started: Started) -> None:
    before = started()
    before.stdout.readline()
    status = Path(f"/proc/{before.pid}/stat").read_text()
    os.kill(int(status.rpartition(")")[2].split()[1]), signal.SIGKILL)
    without, after = started(), started()
    assert not isinstance(without, ForkedWorker)
    assert without.stdout.readline().endswith("a worker False\n")
    assert isinstance(after, ForkedWorker)
    assert after.stdout.readline().endswith("a worker True\n")
    assert before.poll() is None


def test_other_processes_are_started_as_ever(forks: Forks) -> None:
    with forks.popen([sys.executable, "-c", "print(1)"], stdout=subprocess.PIPE) as process:
        assert isinstance(process, subprocess.Popen)
        assert process.stdout is not None
        assert process.stdout.read() == b"1\n"
