"""Probes on the local stack: the emulators say what the document says they do, and everything goes again."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aws_calls import IAM_NAMES, IAM_SERVICES

from orchbench.deployment.bench import Bench
from orchbench.deployment.connection import connect_local
from orchbench.local import LocalStack
from orchbench.platforms.durable_functions import PLATFORM as DURABLE
from orchbench.platforms.meters import DURABLE_OPERATIONS
from orchbench.probes import all_probes
from orchbench.probes.document import worded
from orchbench.probes.durable_function import own_function
from orchbench.probes.experiments.durable_operations import LOOKS
from orchbench.probes.lab import PREFIX, Lab
from orchbench.probes.probe import Probe
from orchbench.probes.run import Outcome, Session, run_probes

pytestmark = pytest.mark.local

SLEEPING = ("parameter-only-deploy", "version-deleted-under-execution")
STORED = Path(__file__).resolve().parents[3] / "docs" / "results" / "probes-local" / "probes.json"


class Recording:
    """Clients of a stack that note which actions they are used for."""

    def __init__(self, stack: LocalStack) -> None:
        self._stack = LocalStack(stack.state, STORED.parent)
        self.region = stack.region
        self.called: set[str] = set()
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._stack.client(service)
            self._clients[service].meta.events.register("before-call", self._note)
        return self._clients[service]

    def _note(self, model: Any, **_more: Any) -> None:
        service = IAM_SERVICES.get(model.service_model.signing_name, model.service_model.signing_name)
        action = f"{service}:{model.name}"
        self.called.add(IAM_NAMES.get(action, action))

    def close(self) -> None:
        self._stack.stop()


def lab_of(stack: LocalStack, clients: Any, run_id: str) -> Lab:
    return Lab(Bench(replace(connect_local(stack), clients=clients)), run_id)


def found(stack: LocalStack, probes: Iterable[Probe], run_id: str) -> tuple[Session, dict[str, set[str]]]:
    """Run probes, and return what they found and what each has called."""
    recording, session, called = Recording(stack), Session(), dict[str, set[str]]()

    def after(outcome: Outcome) -> None:
        called[outcome.probe.name] = set(recording.called)
        recording.called.clear()

    run_probes(probes, lab_of(stack, recording, run_id), session, after=after)
    recording.close()
    return session, called


def chosen(names: Collection[str]) -> list[Probe]:
    return [probe for name, probe in all_probes().items() if name in names]


def made_by_probes(stack: LocalStack) -> list[str]:
    """Return the names of everything on the stack that a probe made."""
    names = [one["FunctionName"] for one in stack.client("lambda").list_functions()["Functions"]]
    names += [one["name"] for one in stack.client("stepfunctions").list_state_machines()["stateMachines"]]
    names += [one["Name"] for one in stack.client("events").list_rules()["Rules"]]
    names += [one["RoleName"] for one in stack.client("iam").list_roles()["Roles"]]
    queues = stack.client("sqs").list_queues().get("QueueUrls", [])
    names += [url.rpartition("/")[2] for url in queues]
    return [name for name in names if name.startswith(PREFIX)]


def test_the_emulators_say_of_every_probe_what_its_document_says(running_stack: LocalStack) -> None:
    # Those that sleep run beside the others.
    names = {"retries": {"invocation-retries"}, "sleeping": {"resume-latency", *SLEEPING}}
    names["other"] = all_probes().keys() - names["retries"] - names["sleeping"]
    with ThreadPoolExecutor() as pool:
        runs = list(pool.map(lambda run_id: found(running_stack, chosen(names[run_id]), run_id), names))

    outcomes = [one for session, _called in runs for one in session.outcomes]
    stored = json.loads(STORED.read_text())["probes"]
    said = {one.probe.name: worded(one.finding.verdict, on_aws=False) for one in outcomes}
    assert said == {name: one["verdict"] for name, one in stored.items()}
    assert [one.finding.reason for one in outcomes if "It ended with" in one.finding.reason] == []
    called = {name: actions for _session, each in runs for name, actions in each.items()}
    assert any(called.values())
    for one in outcomes:
        declared = {action for each in one.probe.permissions for action in each.actions}
        assert called[one.probe.name] - declared == set(), one.probe.name
    assert [left for session, _called in runs for left in session.left] == []
    assert made_by_probes(running_stack) == []


def test_what_no_emulator_can_judge_runs_on_it_all_the_same(running_stack: LocalStack) -> None:
    session, lab = Session(), lab_of(running_stack, running_stack, "more")

    def looks(lab: Lab) -> Any:
        function = own_function(lab)
        _status, record = function.ended(function.start({"work": "condition", "times": LOOKS}), 120)
        counted.append(DURABLE.metered(function.events(record))[DURABLE_OPERATIONS])
        return all_probes()["cancel-queued"].attempt(lab)

    counted: list[int] = []
    run_probes([replace(all_probes()["retry-events"], attempt=looks)], lab, session)

    tries = session.outcomes[0].finding.observations["tries"]
    assert {each["end"] for each in tries} <= {"ABORTED", "FINISHED"}
    assert counted == [1 + 1 + LOOKS]
    assert session.left == []


def test_an_interrupted_command_leaves_nothing(
    running_stack: LocalStack, running_project: Path, tmp_path: Path
) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    command = [
        sys.executable,
        "-m",
        "orchbench.cli",
        "probe",
        "--probe",
        "resume-latency",
        "--out",
        str(tmp_path),
    ]
    process = subprocess.Popen(
        command,
        cwd=running_project,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 120
        while not started(running_stack):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        _out, told = process.communicate(timeout=120)
    finally:
        process.kill()

    assert process.returncode == 128 + signal.SIGTERM
    assert "Ended by SIGTERM." in told
    assert made_by_probes(running_stack) == []


def started(stack: LocalStack) -> bool:
    """Tell whether the probe's function is there, which is the last thing that it makes."""
    return any("-durable" in name for name in made_by_probes(stack))
