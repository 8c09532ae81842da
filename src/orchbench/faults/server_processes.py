"""The processes of one local stack, found to be killed: function workers, the Data API, PostgreSQL.

They are found through /proc by what the stack gave them: its mark in their environment, its folder in their
command. Where there is no /proc there is nothing to find.
"""

import contextlib
import os
import resource
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from orchbench.local.stack import LocalStack
from orchbench.local.watchdog import MARK_VARIABLE, PROCESSES

START_SECONDS = 240.0
LOOK_SECONDS = 0.1

T = TypeVar("T")


class NotFoundInTime(Exception):
    """What a fault needs did not come about; one sentence."""


def eventually(
    found: Callable[[], T],
    what: str,
    seconds: float = START_SECONDS,
    look_seconds: float = LOOK_SECONDS,
) -> T:
    """Return the first true answer.

    Args:
        look_seconds: between two questions; each of them costs the servers time as well.

    Raises:
        NotFoundInTime: there was none in so many seconds.
    """
    deadline = time.monotonic() + seconds
    while not (answer := found()):
        if time.monotonic() > deadline:
            raise NotFoundInTime(f"{what}: not within {seconds:g} s.")
        time.sleep(look_seconds)
    return answer


def kill_workers(stack: LocalStack, function: str) -> float:
    """Kill every worker of a function with SIGKILL and return the moment, seconds since the epoch.

    Args:
        function: its name without the stack's.
    """
    folder = f"ministack-lambda-{stack.state.stack_name}-{function}-"
    found = eventually(lambda: _working_in(stack, folder), f"No worker of {function} runs")
    moment = time.time()
    for process_id in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process_id, signal.SIGKILL)
    return moment


def kill_data_api(stack: LocalStack) -> Callable[[], None]:
    """Kill the Data API's server with SIGKILL, its PostgreSQL with it, and return what starts it again.

    It comes back on the same port and the same files, and has forgotten its statements.
    """
    (process_id,) = _with_command(stack, "orchbench.redshift")
    command = _words(process_id, "cmdline")
    environment = dict(word.partition("=")[::2] for word in _words(process_id, "environ"))
    os.kill(process_id, signal.SIGKILL)

    def start_again() -> None:
        # No Popen: whoever holds one answers for the process's end, which is the stack's watchdog's work.
        os.posix_spawn(
            command[0],
            command,
            environment,
            file_actions=[(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_RDWR, 0) for stream in (0, 1, 2)],
            setsid=True,
        )
        eventually(lambda: _answers(f"{stack.redshift['url']}/health"), "The Data API did not come back")

    return start_again


def limit_files(stack: LocalStack, size_bytes: int) -> int:
    """Let no file that PostgreSQL's new processes write grow beyond a size, and return the limit before.

    Nobody else may set a process's limits than its own user, who for a stack of root's is another one.
    """
    pid_file = Path(stack.redshift["directory"]) / "data" / "postmaster.pid"
    process_id = int(pid_file.read_text().splitlines()[0])
    (before,) = (
        line.split()[3]
        for line in (PROCESSES / str(process_id) / "limits").read_text().splitlines()
        if line.startswith("Max file size")
    )

    def limit() -> None:
        resource.prlimit(process_id, resource.RLIMIT_FSIZE, (size_bytes, resource.RLIM_INFINITY))

    subprocess.run(
        ["/bin/true"],
        user=(PROCESSES / str(process_id)).stat().st_uid if os.geteuid() == 0 else None,
        preexec_fn=limit,
        check=True,
    )
    return resource.RLIM_INFINITY if before == "unlimited" else int(before)


def _with_command(stack: LocalStack, part: str) -> list[int]:
    """Return the stack's processes whose command has a part; PostgreSQL's own have commands of their own."""
    return [
        process_id
        for process_id in _marked(stack)
        if any(part in word for word in _words(process_id, "cmdline"))
    ]


def _working_in(stack: LocalStack, part: str) -> list[int]:
    """Return the stack's processes whose working folder's path has a part: a worker's is its code's."""
    return [process_id for process_id in _marked(stack) if part in _folder(process_id)]


def _folder(process_id: int) -> str:
    try:
        return str((PROCESSES / str(process_id) / "cwd").readlink())
    except OSError:
        return ""


def _marked(stack: LocalStack) -> Iterator[int]:
    wanted = f"{MARK_VARIABLE}={stack.state.stack_id}"
    for entry in PROCESSES.iterdir():
        if entry.name.isdigit() and wanted in _words(int(entry.name), "environ"):
            yield int(entry.name)


def _words(process_id: int, file: str) -> list[str]:
    try:
        return (PROCESSES / str(process_id) / file).read_text().rstrip("\0").split("\0")
    except (OSError, UnicodeDecodeError):
        return []


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - a loopback address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
