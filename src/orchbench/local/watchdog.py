"""Ends a stack's servers and removes its folders when its owner stops it, or is gone.

A process of its own, because an owner killed with SIGKILL can clean up nothing. It reads one JSON object a
line from standard input: ``{"group": 123, "grace_seconds": 5}`` (a server's process group),
``{"remove": "/path"}`` (a file or folder) and ``{"prune": "/path"}`` (a folder to remove if it holds nothing
but ``.gitignore``).
When its input ends, which the kernel sees to when the owner dies, it ends all groups and whatever else
carries the stack's mark in its environment (PostgreSQL's processes leave their group), removes the paths
and exits. Its argument is the stack's id. It uses the standard library alone and starts in hundredths of a
second.
"""

import contextlib
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path

PROCESSES = Path("/proc")
MARK_VARIABLE = "ORCHBENCH_STACK_ID"


def is_ours(process: Path, groups: Iterable[int], mark: bytes) -> bool:
    """Whether a process that is not a zombie belongs to one of the groups or carries the mark."""
    try:
        state, _parent, group = (process / "stat").read_text().rpartition(")")[2].split()[:3]
        if state in "ZX":
            return False
        return int(group) in groups or mark in (process / "environ").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return False


def living(groups: Iterable[int], mark: str) -> list[int]:
    """Return the processes of a stack that still run; without /proc, the groups that still exist."""
    groups = set(groups)
    if (PROCESSES / "self").exists():
        wanted = f"{MARK_VARIABLE}={mark}".encode()
        found = [int(entry.name) for entry in PROCESSES.iterdir() if entry.name.isdigit()]
        return [pid for pid in found if pid != os.getpid() and is_ours(PROCESSES / str(pid), groups, wanted)]
    return [group for group in groups if group_exists(group)]


def group_exists(group: int) -> bool:
    """Whether a process group has a member."""
    try:
        os.killpg(group, 0)
    except OSError:
        return False
    return True


def end_processes(grace_seconds: dict[int, float], mark: str) -> None:
    """End the groups: with SIGTERM first where one has a grace period, with SIGKILL where not or after it."""
    deadline = time.monotonic() + max(grace_seconds.values(), default=0)
    for group, grace in grace_seconds.items():
        with contextlib.suppress(OSError):
            os.killpg(group, signal.SIGTERM if grace else signal.SIGKILL)
    while living(grace_seconds, mark) and time.monotonic() < deadline:
        # Each look reads of every process on the machine.
        time.sleep(0.05)
    deadline = time.monotonic() + 5
    while (left := living(grace_seconds, mark)) and time.monotonic() < deadline:
        for pid in left:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        for group in grace_seconds:
            with contextlib.suppress(OSError):
                os.killpg(group, signal.SIGKILL)
        time.sleep(0.02)


def remove(path: Path) -> None:
    """Remove a file or a folder with all it holds; one that is not there is fine."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def main() -> None:
    """Collect what to end and to remove until the input ends, then do it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    grace_seconds: dict[int, float] = {}
    paths: list[Path] = []
    empty_folders: list[Path] = []
    for line in sys.stdin:
        order = json.loads(line)
        if "group" in order:
            grace_seconds[order["group"]] = order["grace_seconds"]
        elif "remove" in order:
            paths.append(Path(order["remove"]))
        elif "prune" in order:
            empty_folders.append(Path(order["prune"]))
    end_processes(grace_seconds, sys.argv[1])
    for path in paths:
        remove(path)
    for folder in empty_folders:
        with contextlib.suppress(OSError):
            if {entry.name for entry in folder.iterdir()} <= {".gitignore"}:
                remove(folder)


if __name__ == "__main__":
    main()
