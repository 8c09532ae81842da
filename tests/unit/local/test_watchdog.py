import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from orchbench.local import watchdog

SLEEP = "import time; time.sleep(600)"
IGNORE_TERM = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"
# Says that it was asked to end.
ON_TERM = """
import pathlib, signal, sys, time
def end(*_): pathlib.Path(sys.argv[1]).touch(); sys.exit()
signal.signal(15, end); print(1, flush=True); time.sleep(600)
"""
# Starts a child that leaves the group, as PostgreSQL's processes do, and says its pid.
LEAVE_GROUP = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {SLEEP!r}], start_new_session=True)
print(child.pid, flush=True); time.sleep(600)
"""


def start(code: str, *arguments: str, mark: str = "mark-1") -> "subprocess.Popen[bytes]":
    environment = {**os.environ, watchdog.MARK_VARIABLE: mark}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, start_new_session=True)


def watch(*orders: dict[str, Any], mark: str = "mark-1") -> None:
    """Run the watchdog as an owner that gives its orders and is gone."""
    lines = "".join(json.dumps(order) + "\n" for order in orders)
    command = [sys.executable, "-I", "-S", watchdog.__file__, mark]
    subprocess.run(command, input=lines.encode(), check=True, timeout=120)


def collect(process: "subprocess.Popen[bytes]") -> int:
    assert process.stdout is not None
    process.stdout.close()
    return process.wait(timeout=120)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_a_group_without_a_grace_period_is_killed() -> None:
    process = start(SLEEP)
    watch({"group": process.pid, "grace_seconds": 0})
    assert collect(process) == -signal.SIGKILL


def test_a_group_with_a_grace_period_may_end_by_itself(tmp_path: Path) -> None:
    process = start(ON_TERM, str(tmp_path / "asked"))
    assert process.stdout is not None
    process.stdout.readline()
    watch({"group": process.pid, "grace_seconds": 120})
    assert collect(process) == 0
    assert (tmp_path / "asked").exists()


def test_a_group_that_ignores_the_request_is_killed_after_its_grace_period() -> None:
    process = start(IGNORE_TERM)
    assert process.stdout is not None
    process.stdout.readline()
    watch({"group": process.pid, "grace_seconds": 0.1})
    assert collect(process) == -signal.SIGKILL


def test_a_process_that_left_its_group_is_found_by_its_mark() -> None:
    process = start(LEAVE_GROUP, mark="mark-2")
    assert process.stdout is not None
    child = int(process.stdout.readline())
    watch({"group": process.pid, "grace_seconds": 0}, mark="mark-2")
    collect(process)
    wait_for(lambda: gone(child))


def test_another_stacks_processes_are_left_alone() -> None:
    other = start(SLEEP, mark="another")
    watch()
    assert other.poll() is None
    other.kill()
    collect(other)


def test_files_and_folders_are_removed_and_a_missing_one_is_fine(tmp_path: Path) -> None:
    folder, file = tmp_path / "folder", tmp_path / "file"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "file").touch()
    file.touch()
    watch({"remove": str(folder)}, {"remove": str(file)}, {"remove": str(tmp_path / "missing")})
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_pruned_only_when_nothing_of_value_is_in_it(tmp_path: Path) -> None:
    empty, used = tmp_path / "empty", tmp_path / "used"
    empty.mkdir()
    used.mkdir()
    (empty / ".gitignore").touch()
    (used / "kept.log").touch()
    watch({"prune": str(empty)}, {"prune": str(used)}, {"prune": str(tmp_path / "missing")})
    assert list(tmp_path.iterdir()) == [used]
