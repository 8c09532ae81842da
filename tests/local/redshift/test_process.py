import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

pytestmark = pytest.mark.local

SOURCE = Path(__file__).parents[3] / "src"
LAUNCH = [sys.executable, "-m", "orchbench.redshift"]
# Stands for the bench: starts the server, passes its readiness on, and is killed.
BENCH = f"""
import os, signal, subprocess, sys
server = subprocess.Popen({LAUNCH!r} + ["--parent-pid", str(os.getpid()), *sys.argv[1:]])
signal.pause()
"""


def start(command: list[str], **options: Any) -> tuple["subprocess.Popen[str]", dict[str, Any]]:
    environment = os.environ | {"PYTHONPATH": str(SOURCE)}
    process = subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, **options)
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())


def finish(process: "subprocess.Popen[str]") -> int:
    assert process.stdout is not None
    process.stdout.close()
    return process.wait(120)


def processes_naming(text: str) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes()
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if text.encode() in command and state != "Z" and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found


def until(condition: Callable[[], Any], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_everything_and_leaves_nothing(tmp_path: Path, number: int, client_of: Any) -> None:
    data = tmp_path / "data"
    process, ready = start([*LAUNCH, "--data-dir", str(data), "--workgroup", "orders"])
    client = client_of(ready["url"])
    home = {"WorkgroupName": "orders", "Database": "dev"}
    statement_id = client.execute_statement(Sql="SELECT pg_sleep(600)", **home)["Id"]
    with psycopg.connect(ready["postgresql"]) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    until(lambda: client.describe_statement(Id=statement_id)["Status"] == "STARTED")
    assert processes_naming(ready["directory"])
    process.send_signal(number)
    assert finish(process) == 0
    assert not processes_naming(ready["directory"])
    assert not Path(ready["directory"]).exists()
    assert not data.exists()


def test_the_death_of_the_parent_ends_everything_and_leaves_nothing(tmp_path: Path) -> None:
    bench, ready = start([sys.executable, "-c", BENCH, "--data-dir", str(tmp_path / "data")])
    bench.kill()
    finish(bench)
    until(lambda: not processes_naming(ready["directory"]))
    until(lambda: not Path(ready["directory"]).exists())
    until(lambda: not processes_naming(f"--parent-pid\0{bench.pid}"))


def test_postgresql_dies_with_a_killed_server(shared_directory: Path) -> None:
    process, ready = start([*LAUNCH, "--data-dir", str(shared_directory)])
    process.kill()
    finish(process)
    until(lambda: not processes_naming(ready["directory"]))


def test_it_listens_on_loopback_and_postgresql_on_no_port() -> None:
    process, ready = start(LAUNCH)
    sockets = _listening_sockets()
    owners = [process.pid, *processes_naming(ready["directory"])]
    listening = {sockets[each] for owner in owners for each in _open_sockets(owner) if each in sockets}
    process.terminate()
    assert finish(process) == 0
    assert listening == {f"0100007F:{ready['port']:04X}"}


@pytest.fixture
def shared_directory() -> Iterator[Path]:
    """A directory that the unprivileged user of a PostgreSQL started by root can reach, unlike tmp_path."""
    path = Path(tempfile.mkdtemp(prefix="orchbench-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def test_the_files_of_a_killed_server_are_used_again_and_then_deleted(shared_directory: Path) -> None:
    command = [*LAUNCH, "--data-dir", str(shared_directory)]
    process, ready = start(command)
    with psycopg.connect(ready["postgresql"]) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.commit()
        connection.execute("CHECKPOINT")
    process.kill()
    finish(process)
    until(lambda: not processes_naming(ready["directory"]))
    assert Path(ready["directory"]).exists()
    process, ready = start(command)
    with psycopg.connect(ready["postgresql"]) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    process.terminate()
    finish(process)
    assert list(shared_directory.iterdir()) == []


def test_files_that_are_to_be_kept_stay(shared_directory: Path) -> None:
    process, ready = start([*LAUNCH, "--data-dir", str(shared_directory), "--keep-data"])
    process.terminate()
    finish(process)
    assert Path(ready["directory"]).parent == shared_directory
    assert (Path(ready["directory"]) / "data" / "PG_VERSION").exists()


@pytest.mark.parametrize(
    "arguments", [["--latency", "Describe=1"], ["--latency", "DescribeStatement"], ["--port", "x"]]
)
def test_a_wrong_option_is_a_usage_error(arguments: list[str]) -> None:
    environment = os.environ | {"PYTHONPATH": str(SOURCE)}
    done = subprocess.run([*LAUNCH, *arguments], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert arguments[0] in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    process, ready = start(LAUNCH)
    command = [*LAUNCH, "--port", str(ready["port"]), "--data-dir", str(tmp_path / "data")]
    environment = os.environ | {"PYTHONPATH": str(SOURCE)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    process.terminate()
    finish(process)
    assert done.returncode == 1
    assert done.stderr.startswith("The local Redshift could not run:")
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_latency_given_at_the_start_delays_calls(client_of: Any) -> None:
    process, ready = start([*LAUNCH, "--latency", "ListStatements=0.4"])
    began = time.monotonic()
    client_of(ready["url"]).list_statements()
    took = time.monotonic() - began
    process.terminate()
    finish(process)
    assert took >= 0.4


def test_no_sql_reaches_the_log_at_info(tmp_path: Path, client_of: Any) -> None:
    log = tmp_path / "log"
    with log.open("w") as stderr:
        process, ready = start([*LAUNCH, "--log-level", "INFO"], stderr=stderr)
        home = {"WorkgroupName": "orders", "Database": "dev", "WaitTimeSeconds": 30}
        parameters = [{"name": "who", "value": "confidential"}]
        client = client_of(ready["url"])
        client.execute_statement(Sql="SELECT 'classified', :who", Parameters=parameters, **home)
        client.execute_statement(Sql="SELECT classified FROM nowhere", **home)
        server_log = (Path(ready["directory"]) / "postgresql.log").read_text()
        process.terminate()
        finish(process)
    assert "accepted" in log.read_text()
    for text in (log.read_text(), server_log):
        assert "SELECT" not in text
        assert "confidential" not in text


def _listening_sockets() -> dict[str, str]:
    """Map the inode of each listening TCP socket to its local address."""
    found = {}
    for name in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]:
            parts = line.split()
            if parts[3] == "0A":
                found[parts[9]] = parts[1]
    return found


def _open_sockets(process_id: int) -> list[str]:
    links = []
    for entry in Path(f"/proc/{process_id}/fd").iterdir():
        try:
            links.append(str(entry.readlink()))
        except OSError:
            continue
    return [link[8:-1] for link in links if link.startswith("socket:[")]
