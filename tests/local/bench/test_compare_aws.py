"""``orchbench compare-aws`` with its own endpoint on this machine: the whole path, and an interrupt in it."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchbench.local import LocalStack, StackOptions
from orchbench.trial.sam import SAM

pytestmark = [
    pytest.mark.local,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not SAM.exists(), reason="run `make tools` first"),
]
ROOT = Path(__file__).resolve().parents[3]
COMMAND = [sys.executable, "-m", "orchbench.cli", "compare-aws", "--rows", "3000", "--runs", "1"]
DEADLINE_SECONDS = 200


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of what is deployed, so that SAM writes nothing into the project."""
    folder = tmp_path_factory.mktemp("trial")
    for name in ("template.yaml", "samconfig.toml"):
        shutil.copy(ROOT / name, folder)
    for name in ("functions", "statemachine"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture(scope="module")
def account(project: Path) -> Iterator[LocalStack]:
    """Yield a local AWS with nothing deployed."""
    with LocalStack.start(StackOptions(folder=project, template=None, published=False)) as stack:
        yield stack


@pytest.fixture
def environment(account: LocalStack, tmp_path: Path) -> dict[str, str]:
    outer = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**outer, "HOME": str(tmp_path), "SAM_CLI_TELEMETRY": "0", **account.exports}


def stacks(account: LocalStack) -> list[str]:
    pages = account.client("cloudformation").get_paginator("list_stacks").paginate()
    every = [one for page in pages for one in page["StackSummaries"]]
    return [one["StackName"] for one in every if one["StackStatus"] != "DELETE_COMPLETE"]


def test_interrupted_in_the_middle_it_says_what_is_left_and_how_it_is_removed(
    account: LocalStack, project: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    command = [*COMMAND, "--yes", "--out", str(tmp_path)]
    with subprocess.Popen(
        command, cwd=project, env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("- compare: run the pair"):
                break
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=DEADLINE_SECONDS)[1]

    assert process.returncode == 143, said
    assert "Traceback" not in said
    assert "This is left in the account:\n  orchbench-trial: the application" in said
    removal = said.split("run in this order:\n  ")[1].splitlines()[0]
    assert removal == f"{SAM} delete --stack-name orchbench-trial --no-prompts --region us-east-1"
    assert "orchbench-trial" in stacks(account)


def test_with_the_local_endpoint_the_path_goes_on_to_its_end_and_removes_what_it_made(
    account: LocalStack, project: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    # Every probe runs on the local AWS in a test of its own.
    probes = ["--probe", "sql-getdate,report-lines,retry-events"]
    command = [*COMMAND, "--yes", "--delete", "--poll-interval", "1", *probes, "--out", str(tmp_path)]
    ended = subprocess.run(
        command,
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    assert "- orchbench-trial is there from an earlier trial: it is used again" in ended.stderr
    assert "- warehouse: skipped, because the endpoint is this machine's" in ended.stderr
    assert 'grants: "IAMR:' in ended.stderr
    assert "- check: nothing is missing" in ended.stderr
    assert "probe: 2 confirmed by the emulator, 1 contradicted by the emulator" in ended.stderr
    assert "1 run of each way did the batch over 3,000 orders" in ended.stdout
    assert (tmp_path / "report.html").stat().st_size > 10_000
    assert "orchbench-trial" not in stacks(account)


def test_a_stack_that_somebody_else_deployed_is_left_alone(
    account: LocalStack, project: Path, environment: dict[str, str]
) -> None:
    cloudformation: Any = account.client("cloudformation")
    queue = '{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}'
    cloudformation.create_stack(StackName="orchbench-trial", TemplateBody=queue)
    ended = subprocess.run(
        [*COMMAND, "--yes"],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    cloudformation.delete_stack(StackName="orchbench-trial")

    assert ended.returncode == 1
    assert "did not make, so it is left alone" in " ".join(ended.stderr.split())
