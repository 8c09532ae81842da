"""One local server as a child process: its start, its log, whether it is ready.

It does not know what the server is. Ending it is the watchdog's work, so that there is one way to stop,
whether the owner stops in order or is killed.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from random import SystemRandom
from typing import IO, Any

from .errors import ServerDidNotStart

LOOPBACK = "127.0.0.1"
# Below the range from which Linux and macOS take the ports of outgoing connections: a port found free here
# cannot be taken by one of those between the finding and the binding.
FIRST_PORT, LAST_PORT = 20_000, 31_999


def is_free(port: int) -> bool:
    """Whether a server could listen on a loopback port."""
    with socket.socket() as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """Return distinct loopback ports on which nothing listens."""
    candidates = list(range(FIRST_PORT, LAST_PORT + 1))
    # At random, so that two stacks that start together do not try the same ones.
    SystemRandom().shuffle(candidates)
    ports: list[int] = []
    for port in candidates:
        if len(ports) == count:
            break
        if is_free(port):
            ports.append(port)
    return ports


def http_answers(port: int, path: str) -> Callable[[], bool]:
    """Return a check of whether a GET of a path on a loopback port is answered with 200."""

    def check() -> bool:
        connection = HTTPConnection(LOOPBACK, port, timeout=2)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    return check


@dataclass
class Server:
    """A server to be started: what it is called, how it is run, and when it is ready.

    Attributes:
        is_ready: Asked until it says yes. Without one, the first JSON line of the server's output is waited
            for, and kept in ``announcement``.
        grace_seconds: What the server gets between SIGTERM and SIGKILL; 0 for one with nothing to close.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    is_ready: Callable[[], bool] | None = None
    grace_seconds: float = 0
    announcement: dict[str, Any] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = None
    _announced: threading.Event = field(default_factory=threading.Event)

    def start(self) -> int:
        """Start the process in a session of its own and return its process group."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - commands are built in this package
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if self.is_ready is None else log,
                stderr=log,
                env=dict(self.environment),
                start_new_session=True,
            )
        if self._process.stdout is not None:
            threading.Thread(target=self._read_output, args=(self._process.stdout,), daemon=True).start()
        return self._process.pid

    def _read_output(self, output: IO[bytes]) -> None:
        with output, self.log.open("ab") as log:
            for line in output:
                if not self._announced.is_set() and line.startswith(b"{"):
                    self.announcement.update(json.loads(line))
                    self._announced.set()
                else:
                    log.write(line)
                    log.flush()

    def wait_until_ready(self, deadline: float) -> None:
        """Return when the server is ready.

        Args:
            deadline: On the monotonic clock.

        Raises:
            ServerDidNotStart: If it ends, or the deadline passes, before it is ready.
        """
        ready = self.is_ready or self._announced.is_set
        while not ready():
            code = self.exit_code()
            if code is not None:
                raise ServerDidNotStart(f"The local {self.name} ended with exit code {code} while it started")
            if time.monotonic() > deadline:
                raise ServerDidNotStart(f"The local {self.name} was not ready in time")
            time.sleep(0.02)

    def exit_code(self) -> int | None:
        """Return how the process ended, or None while it runs or before it was started."""
        return None if self._process is None else self._process.poll()

    def collect(self) -> None:
        """Return when the process is gone; what the watchdog left of it, or was too slow for, is killed."""
        if self._process is not None and self._process.poll() is None:
            with contextlib.suppress(OSError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def log_tail(self, lines: int = 200) -> str:
        """Return the end of what the server wrote."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def base_environment(temporary_folder: Path, mark_variable: str, mark: str) -> dict[str, str]:
    """Return the environment every server starts with: nothing of the user's AWS, Python or proxy settings.

    Args:
        temporary_folder: Where the server leaves its temporary files; the stack removes it.
        mark_variable: Name of the variable by which all processes of a stack are found again.
        mark: The stack's id.
    """
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL", "TZ") if name in os.environ}
    return kept | {
        "TMPDIR": str(temporary_folder),
        mark_variable: mark,
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
