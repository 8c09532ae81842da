import os
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchbench.local.state import (
    StackState,
    claim,
    find_state,
    gateway_answers,
    process_lives,
    read_state,
    remove_state,
    state_file,
    write_state,
)

STATE = StackState(
    stack_id="stack-1",
    pid=os.getpid(),
    endpoint_url="http://127.0.0.1:1",
    region="us-east-1",
    stack_name="orchbench",
    ports={"gateway": 1},
    run_folder="/tmp/run",
    parameters={"WorkgroupArn": "arn:1"},
    redshift={"port": 2},
)


def always(_state: StackState) -> bool:
    return True


def never(_state: StackState) -> bool:
    return False


def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_written_state_is_read_as_it_was(tmp_path: Path) -> None:
    write_state(tmp_path, STATE)
    assert read_state(tmp_path) == STATE
    assert find_state(tmp_path, always) == STATE


def test_only_the_owner_can_read_the_state(tmp_path: Path) -> None:
    path = write_state(tmp_path, STATE)
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_a_removed_state_leaves_nothing_behind(tmp_path: Path) -> None:
    write_state(tmp_path, STATE)
    remove_state(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_kept_log_survives_the_state(tmp_path: Path) -> None:
    log = write_state(tmp_path, STATE).with_name("ministack.log")
    log.touch()
    remove_state(tmp_path)
    assert log.exists()
    assert not state_file(tmp_path).exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', '{"unknown": 1}'])
def test_a_file_that_is_no_state_is_removed(tmp_path: Path, content: str) -> None:
    write_state(tmp_path, STATE).write_text(content)
    assert find_state(tmp_path, always) is None
    assert not state_file(tmp_path).exists()


def test_the_state_of_a_dead_process_is_removed(tmp_path: Path) -> None:
    write_state(tmp_path, replace(STATE, pid=dead_pid()))
    assert find_state(tmp_path) is None
    assert not state_file(tmp_path).exists()


def test_the_state_of_a_stack_that_does_not_answer_is_removed(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        write_state(tmp_path, replace(STATE, endpoint_url=f"http://127.0.0.1:{silent.getsockname()[1]}"))
        assert find_state(tmp_path) is None
    assert not state_file(tmp_path).exists()


def test_without_a_state_there_is_nothing_to_find(tmp_path: Path) -> None:
    assert find_state(tmp_path, never) is None
    assert list(tmp_path.iterdir()) == []


def test_a_gateway_is_recognised_by_its_stacks_id(gateway: Any) -> None:
    here = replace(STATE, endpoint_url=f"http://127.0.0.1:{gateway.server_address[1]}")
    assert gateway_answers(here)
    assert not gateway_answers(replace(here, stack_id="another"))


@pytest.mark.parametrize(("pid", "lives"), [(os.getpid, True), (dead_pid, False)])
def test_a_process_is_known_to_live_or_not(pid: Callable[[], int], lives: bool) -> None:
    assert process_lives(pid()) is lives


def test_one_stack_at_a_time_can_claim_a_folder(tmp_path: Path) -> None:
    first = claim(tmp_path)
    assert first is not None
    assert claim(tmp_path) is None
    os.close(first)
    second = claim(tmp_path)
    assert second is not None
    os.close(second)
    assert list(tmp_path.iterdir()) == []
