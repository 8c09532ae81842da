"""The files of a local PostgreSQL server: where they go, who may reach them, and that they go away again."""

import fcntl
import shutil
import tempfile
import time
from pathlib import Path
from typing import IO

from orchbench.redshift.parent import is_alive

# sun_path holds 107 characters, and the socket's own name takes 15 of them.
SOCKET_DIRECTORY_LENGTH = 90
LEFTOVER_SECONDS = 5.0


class DataDirectory:
    """One directory for one server at a time.

    Args:
        wanted: the server gets `<wanted>/postgresql`. A new temporary directory is taken instead if it is
            None, or if `user` cannot reach it.
        user: the unprivileged user that the server runs as when this process is root; None otherwise.
        keep_files: leave everything behind, to be used again.
    """

    def __init__(self, wanted: Path | None, *, user: str | None, keep_files: bool) -> None:
        self._wanted = wanted.absolute() if wanted else None
        self._user = user
        self._keep_files = keep_files
        self._created: list[Path] = []
        self._lock: IO[bytes] | None = None
        self.home = Path()

    @property
    def data(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.home / "data"

    @property
    def log(self) -> Path:
        """PostgreSQL's log."""
        return self.home / "postgresql.log"

    def open(self) -> Path:
        """Create what is missing, and return the directory for the socket.

        Raises:
            RuntimeError: another server uses the directory, or files are to be kept where they cannot go.
        """
        self.home = self._choose_home()
        self.home.chmod(0o711)
        self._await_leftover()
        too_long = len(str(self.home)) > SOCKET_DIRECTORY_LENGTH
        sockets = self._temporary() if too_long else self.home / "socket"
        for owned in (self.data, sockets):
            owned.mkdir(mode=0o700, exist_ok=True)
            if self._user is not None:
                shutil.chown(owned, self._user)
        return sockets

    def close(self) -> None:
        """Delete what `open` created, and the files of an earlier server found there. Idempotent."""
        if not self._keep_files:
            for path in reversed(self._created):
                shutil.rmtree(path, ignore_errors=True)
        self._created.clear()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _choose_home(self) -> Path:
        if self._wanted is not None:
            if self._user is None or reachable(self._wanted):
                return self._take(self._wanted)
            if self._keep_files:
                raise RuntimeError(
                    f"the user {self._user}, whom PostgreSQL runs as, cannot reach the data directory "
                    f"{self._wanted}; choose one that every user can reach"
                )
        return self._temporary()

    def _take(self, wanted: Path) -> Path:
        missing = [each for each in (wanted, *wanted.parents) if not each.exists()]
        home = wanted / "postgresql"
        home.mkdir(parents=True, exist_ok=True)
        self._lock = (home / "lock").open("wb")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise RuntimeError(f"another server uses the data directory {wanted}") from error
        self._created.append(missing[-1] if missing else home)
        return home

    def _temporary(self) -> Path:
        path = Path(tempfile.mkdtemp(prefix="orchbench-postgresql-"))
        self._created.append(path)
        return path

    def _await_leftover(self) -> None:
        """Wait for the PostgreSQL of a server that was killed a moment ago."""
        try:
            process_id = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return
        deadline = time.monotonic() + LEFTOVER_SECONDS
        while is_alive(process_id) and time.monotonic() < deadline:
            time.sleep(0.02)


def reachable(path: Path) -> bool:
    """Tell whether every user may pass through a directory and those above it, as far as they exist."""
    return all(each.stat().st_mode & 0o001 for each in (path, *path.parents) if each.exists())
