import os
import signal
import sys
import time
from pathlib import Path

import pytest

from orchbench.local.errors import ServerDidNotStart
from orchbench.local.server import Server, base_environment, free_ports, is_free

STAY = "import time; time.sleep(600)"


def server(log: Path, code: str) -> Server:
    return Server("thing", [sys.executable, "-c", code], {}, log)


def soon() -> float:
    return time.monotonic() + 60


def test_free_ports_are_free_and_distinct() -> None:
    ports = free_ports(8)
    assert len(set(ports)) == 8
    assert all(is_free(port) for port in ports)


def test_a_server_that_nobody_ended_is_gone_once_it_is_collected(tmp_path: Path) -> None:
    started = server(tmp_path / "log", STAY)
    started.start()
    started.collect()
    assert started.exit_code() == -signal.SIGKILL


def test_a_servers_first_line_of_json_is_its_announcement(tmp_path: Path) -> None:
    started = server(
        tmp_path / "log", "print('starting'); print('{\"port\": 5}', flush=True); print('later'); " + STAY
    )
    started.start()
    started.wait_until_ready(soon())
    started.collect()
    assert started.announcement == {"port": 5}


def test_a_server_that_ends_while_it_starts_is_named_with_its_exit_code(tmp_path: Path) -> None:
    started = server(tmp_path / "log", "import sys; sys.exit('no such thing')")
    started.start()
    with pytest.raises(ServerDidNotStart, match="The local thing ended with exit code 1 while it started"):
        started.wait_until_ready(soon())
    assert started.log_tail() == "no such thing"


def test_a_server_that_is_not_ready_in_time_is_named(tmp_path: Path) -> None:
    started = server(tmp_path / "log", STAY)
    started.is_ready = lambda: False
    started.start()
    with pytest.raises(ServerDidNotStart, match="The local thing was not ready in time"):
        started.wait_until_ready(time.monotonic())
    started.collect()


def test_a_server_starts_without_the_users_aws_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "PYTHONPATH", "HTTP_PROXY"):
        monkeypatch.setenv(name, "of the user")
    environment = base_environment(tmp_path, "MARK", "1")
    assert "of the user" not in environment.values()
    assert environment["AWS_CONFIG_FILE"] == os.devnull
    assert environment["TMPDIR"] == str(tmp_path)
    assert environment["MARK"] == "1"
