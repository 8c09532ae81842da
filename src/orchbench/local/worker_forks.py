"""Starts functions' workers by forking a process that has imported the AWS SDKs already.

A cold function of a local stack spends nearly all of its start on importing what every other one imports.
Here one process, the forks' parent, imports it once, and each worker is a fork of it that runs ministack's
own worker script with its own environment, folder and pipes. A worker is started as before where a fork would
differ: where its code brings a package of its own that the parent has loaded, where it has layers or settings
of Python itself, and where the system knows no pidfd.

Both sides are here, and both run under ministack's Python with the standard library alone: ``Forks`` and
``ForkedWorker`` in ministack, ``main`` in the parent.
"""

import contextlib
import functools
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

PRELOADED = (
    "aws_durable_execution_sdk_python",
    "aws_lambda_powertools",
    "aws_lambda_powertools.metrics",
    "botocore.session",
)
"""What the functions import; one that is not installed is left out."""
CALLED = ("redshift-data", "lambda")
"""Services whose models the parent reads: what the functions call."""
WORKER_SCRIPT = "_worker.py"
LAYERS = "_LAMBDA_LAYERS_DIRS"
LONGEST_ORDER_BYTES = 1 << 18


class ForkedWorker:
    """A worker's process, as much of ``subprocess.Popen`` as ministack uses.

    Its parent is another process, so it is watched and signalled by its pidfd, which no other process can
    come to stand behind.
    """

    def __init__(self, pid: int, pidfd: int, streams: tuple[IO[str], IO[str], IO[str]]) -> None:
        """Take over the process and its standard streams."""
        self.pid = pid
        self.returncode: int | None = None
        self.stdin, self.stdout, self.stderr = streams
        self._pidfd = pidfd

    def poll(self) -> int | None:
        """Return 0 when the process has ended, however it did, and None before."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the process has ended.

        Raises:
            subprocess.TimeoutExpired: If it has not after so many seconds.
        """
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(WORKER_SCRIPT, timeout or 0)
        return code

    def terminate(self) -> None:
        """Ask the process to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the process."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, number)

    def _ended(self, seconds: float | None) -> int | None:
        if self.returncode is None:
            poll = select.poll()
            poll.register(self._pidfd, select.POLLIN)
            if poll.poll(None if seconds is None else seconds * 1000):
                self.returncode = 0
        return self.returncode

    def __del__(self) -> None:
        """Give the pidfd back."""
        os.close(self._pidfd)


class Forks:
    """Starts workers; the forks' parent starts with the first of them."""

    def __init__(self, worker_path: str, preloaded: Sequence[str] = PRELOADED) -> None:
        """Start nothing yet.

        Args:
            worker_path: The workers' module path.
            preloaded: Modules that the parent imports.
        """
        self._environment = {**os.environ, "PYTHONPATH": worker_path} if worker_path else dict(os.environ)
        self._preloaded = preloaded
        self._lock = threading.Lock()
        self._parent: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._loaded: frozenset[str] = frozenset()

    def popen(self, command: Sequence[str], **options: Any) -> Any:
        """Start a process as ``subprocess.Popen`` does; a worker is forked where that makes no difference."""
        if len(command) == 2 and Path(command[1]).name == WORKER_SCRIPT and hasattr(os, "pidfd_open"):
            environment, folder = options["env"], Path(options["cwd"])
            with self._lock:
                try:
                    if self._like_the_parent(environment, folder):
                        return self._forked(command[1], environment, folder)
                except OSError:
                    self.close()
        return subprocess.Popen(command, **options)  # noqa: S603 - ministack's own command

    def close(self) -> None:
        """Let the parent go, and the workers that there are live on; the next one has another parent."""
        if self._parent is not None:
            self._parent.close()
            self._parent = None
        if self._process is not None:
            self._process.wait()
            self._process = None

    def _like_the_parent(self, environment: Mapping[str, str], folder: Path) -> bool:
        of_python = {name for name in {*self._environment, *environment} if name.startswith("PYTHON")}
        if LAYERS in environment or any(
            environment.get(name) != self._environment.get(name) for name in of_python
        ):
            return False
        if self._parent is None:
            self._start_the_parent()
        return self._loaded.isdisjoint(path.name.partition(".")[0] for path in folder.iterdir())

    def _start_the_parent(self) -> None:
        mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            self._process = subprocess.Popen(  # noqa: S603 - this file
                [sys.executable, "-P", __file__, str(its.fileno()), *self._preloaded],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                pass_fds=[its.fileno()],
            )
        self._parent = mine
        self._loaded = frozenset(json.loads(self._answer()[0]))

    def _forked(self, script: str, environment: Mapping[str, str], folder: Path) -> ForkedWorker:
        ours, its = [], []
        try:
            for mode in ("w", "r", "r"):
                reading, writing = os.pipe()
                kept, given = (writing, reading) if mode == "w" else (reading, writing)
                its.append(given)
                ours.append(open(kept, mode, buffering=1))  # noqa: PTH123, SIM115 - a descriptor, kept open
            order = json.dumps({"script": script, "folder": str(folder), "environment": dict(environment)})
            assert self._parent is not None  # noqa: S101 - started before
            socket.send_fds(self._parent, [order.encode()], its)
            answer, (pidfd,) = self._answer()
            return ForkedWorker(int(answer), pidfd, (ours[0], ours[1], ours[2]))
        except BaseException:
            for stream in ours:
                stream.close()
            raise
        finally:
            for descriptor in its:
                os.close(descriptor)

    def _answer(self) -> tuple[bytes, list[int]]:
        assert self._parent is not None  # noqa: S101 - started before
        answer, descriptors, _flags, _address = socket.recv_fds(self._parent, LONGEST_ORDER_BYTES, 1)
        if not answer:
            raise BrokenPipeError
        return answer, list(descriptors)


def main() -> None:
    """Import what was asked for, and fork a worker for every order until there are no more."""
    orders = socket.socket(fileno=int(sys.argv[1]))
    for name in sys.argv[2:]:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    if "botocore.session" in sys.modules:
        # Where they cannot be read, each worker reads them, and says itself what is wrong.
        with contextlib.suppress(Exception):
            read_models_once(sys.modules["botocore.session"])
    # Workers are collected by the kernel: nobody asks here how they ended.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.collect()
    # What the workers share stays shared.
    gc.freeze()
    orders.send(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})).encode())
    while True:
        message, streams, _flags, _address = socket.recv_fds(orders, LONGEST_ORDER_BYTES, 3)
        if not message:
            return
        pid = os.fork()
        if pid == 0:
            orders.close()
            _become_the_worker(json.loads(message), streams)
            return
        pidfd = os.pidfd_open(pid)
        socket.send_fds(orders, [str(pid).encode()], [pidfd])
        for descriptor in (pidfd, *streams):
            os.close(descriptor)


def read_models_once(sessions: Any) -> None:
    """Read AWS's models, and let all sessions of a worker share them, as the clients of one session do.

    Args:
        sessions: botocore.session.
    """
    sessions.create_loader = functools.cache(sessions.create_loader)
    stand_in = {"region_name": "us-east-1", "aws_access_key_id": "none", "aws_secret_access_key": "none"}
    for service in CALLED:
        sessions.Session().create_client(service, **stand_in)


def _become_the_worker(order: Mapping[str, Any], streams: Sequence[int]) -> None:
    """Run ministack's worker script as an interpreter of its own would."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["folder"])
    sys.argv[:] = [order["script"]]
    sys.path.insert(0, str(Path(order["script"]).parent))
    runpy.run_path(order["script"], run_name="__main__")


if __name__ == "__main__":
    main()
