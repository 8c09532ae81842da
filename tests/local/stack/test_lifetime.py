"""How a stack is found, and that nothing of it is left, however it ends."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orchbench.local import (
    DeploymentFailed,
    LocalStack,
    ServerDidNotStart,
    StackAlreadyRunning,
    StackOptions,
    running_stack,
)
from orchbench.local.state import state_file

pytestmark = pytest.mark.local
WaitUntil = Callable[..., Any]
FUNCTION = "def handler(event, context):\n    import time\n    time.sleep(event.get('seconds', 0))\n"
TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  WorkgroupArn:
    Type: String
Resources:
  SleepFunction:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: sleep
      Runtime: python3.14
      Handler: sleep.handler
      CodeUri: code/
      Timeout: 120
"""
# What `orchbench up` does, without its command line.
UP = """
import sys
from pathlib import Path
from orchbench.local import StackOptions, serve
redshift = (sys.executable, "-m", "orchbench.redshift") if sys.argv[2] == "redshift" else None
options = StackOptions(folder=Path(sys.argv[1]), redshift_command=redshift)
serve(options, lambda stack: print(stack.state.stack_id, flush=True))
"""


def project(folder: Path) -> Path:
    (folder / "code").mkdir()
    (folder / "code" / "sleep.py").write_text(FUNCTION)
    (folder / "template.yaml").write_text(TEMPLATE)
    return folder


def up(folder: Path, *, redshift: bool = False) -> "subprocess.Popen[str]":
    """Start a stack in a process of its own, and return when it can be used."""
    command = [sys.executable, "-c", UP, str(folder), "redshift" if redshift else "no"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout is not None
    assert process.stdout.readline().strip()
    return process


def processes_of(stack_id: str) -> list[int]:
    """Return the living processes that carry a stack's mark."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"ORCHBENCH_STACK_ID={stack_id}".encode() in (process / "environ").read_bytes():
                found.append(int(process.name))
        except OSError:
            continue
    return found


def keep_busy(stack: LocalStack) -> None:
    """Leave a function running, so that there is a worker below a server to be ended."""
    order = {"FunctionName": "sleep", "InvocationType": "Event", "Payload": json.dumps({"seconds": 100})}
    stack.client("lambda").invoke(**order)


def listening(stack: LocalStack) -> set[str]:
    """Return the sockets that listen on a stack's ports, each by a number of its own."""
    ports = {f"{port:04X}" for port in stack.state.ports.values()}
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {row[9] for row in rows if row[3] == "0A" and row[1].rpartition(":")[2] in ports}


def assert_nothing_left(stack: LocalStack, folder: Path, sockets: set[str]) -> None:
    assert processes_of(stack.state.stack_id) == []
    assert not Path(stack.state.run_folder).exists()
    assert not state_file(folder).parent.exists()
    assert len(sockets) == len(stack.state.ports)
    # The ports themselves may have been taken by another stack meanwhile.
    assert not sockets & listening(stack)


@pytest.mark.parametrize(("number", "redshift"), [(signal.SIGTERM, True), (signal.SIGINT, False)])
def test_a_signal_ends_a_stack_and_leaves_nothing(
    tmp_path: Path, wait_until: WaitUntil, number: signal.Signals, redshift: bool
) -> None:
    process = up(project(tmp_path), redshift=redshift)
    stack = running_stack(tmp_path)
    assert stack is not None
    keep_busy(stack)
    wait_until(lambda: len(processes_of(stack.state.stack_id)) > len(stack.state.ports))
    sockets = listening(stack)
    process.send_signal(number)
    assert process.wait(timeout=120) == 0
    assert process.stdout is not None
    process.stdout.close()
    stack.stop()
    assert_nothing_left(stack, tmp_path, sockets)


def test_a_killed_owner_takes_its_stack_with_it(tmp_path: Path, wait_until: WaitUntil) -> None:
    process = up(project(tmp_path), redshift=True)
    stack = running_stack(tmp_path)
    assert stack is not None
    keep_busy(stack)
    wait_until(lambda: len(processes_of(stack.state.stack_id)) > len(stack.state.ports))
    sockets = listening(stack)
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()
    stack.stop()
    wait_until(lambda: not processes_of(stack.state.stack_id))
    wait_until(lambda: not Path(stack.state.run_folder).exists())
    wait_until(lambda: not state_file(tmp_path).parent.exists())
    assert_nothing_left(stack, tmp_path, sockets)
    assert running_stack(tmp_path) is None


def test_a_running_stack_is_found_used_and_not_started_twice(tmp_path: Path) -> None:
    options = StackOptions(folder=project(tmp_path), redshift_command=None)
    with LocalStack.start(options) as stack:
        found = running_stack(tmp_path)
        assert found is not None
        assert found.endpoint_url == stack.endpoint_url
        answer = found.client("lambda").invoke(FunctionName="sleep", Payload=b"{}")
        assert answer["StatusCode"] == 200
        sockets = listening(stack)
        found.stop()
        assert running_stack(tmp_path) is not None
        with pytest.raises(StackAlreadyRunning, match="runs already at http"):
            LocalStack.start(options).stop()
    assert running_stack(tmp_path) is None
    assert_nothing_left(stack, tmp_path, sockets)


def test_a_server_that_does_not_start_is_named_and_its_log_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = (sys.executable, "-c", "import sys; sys.exit('no database today')")
    # A folder of its own: other stacks on this machine come and go.
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    with pytest.raises(
        ServerDidNotStart, match=r"The local redshift ended .*: its log is in .*redshift\.log"
    ):
        LocalStack.start(StackOptions(folder=project(tmp_path), redshift_command=broken)).stop()
    assert (tmp_path / ".orchbench" / "redshift.log").read_text() == "no database today\n"
    assert list(temporary.iterdir()) == []


def test_a_template_that_cannot_be_deployed_is_refused_with_the_reason(tmp_path: Path) -> None:
    (project(tmp_path) / "template.yaml").write_text(TEMPLATE.replace("CodeUri: code/", "CodeUri: missing/"))
    with pytest.raises(DeploymentFailed, match=r"cannot be packaged: .*missing"):
        LocalStack.start(StackOptions(folder=tmp_path, redshift_command=None)).stop()
    assert running_stack(tmp_path) is None


@pytest.fixture(scope="module")
def plain_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    folder = project(tmp_path_factory.mktemp("plain"))
    with LocalStack.start(StackOptions(folder=folder, redshift_command=None)) as stack:
        yield stack


def test_an_unknown_parameter_is_refused_with_the_reason(plain_stack: LocalStack) -> None:
    with pytest.raises(DeploymentFailed, match=r"has no parameter Unknown: it has WorkgroupArn"):
        plain_stack.deploy({"Unknown": "1"})


def test_the_exports_are_all_that_a_program_needs(plain_stack: LocalStack, tmp_path: Path) -> None:
    code = "import boto3; print(boto3.client('lambda').list_functions()['Functions'][0]['FunctionName'])"
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **plain_stack.exports}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "sleep\n"
