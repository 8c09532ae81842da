"""The local Redshift Data API of one rehearsal: scripted on its clock, reached by real clients in process."""

import json
import random
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from orchbench.redshift.endpoint import Endpoint, HttpAnswer
from orchbench.redshift.in_process import attach
from orchbench.redshift.scripted import Script, ScriptedExecutor, ScriptedStatement
from orchbench.redshift.service import DataApi
from orchbench.redshift.statement import Run, Work
from orchbench.rehearsal.clock import VirtualClock
from orchbench.rehearsal.scenario import Scenario
from orchbench.rehearsal.scripted_faults import Fault, Kind, ScriptedFaults, statement_error

RUNNING = ("SUBMITTED", "PICKED", "STARTED")
UNKNOWN_STATUS = "RESUMING"


class RehearsedDataApi:
    """The service, and what a rehearsal wants to know of it: the statements it ran."""

    def __init__(self, scenario: Scenario, clock: VirtualClock, faults: ScriptedFaults) -> None:
        generator = random.Random(f"{scenario.seed} statement ids")  # noqa: S311 - nothing is secret
        self._executor = _RecordingExecutor(scenario, clock)
        service = DataApi(
            self._executor,
            clock,
            new_id=lambda: str(uuid.UUID(int=generator.getrandbits(128), version=4)),
        )
        self._endpoint: Any = Endpoint(service, faults)
        unknown_after = _at(scenario, Kind.UNKNOWN_STATUS)
        if unknown_after is not None:
            self._endpoint = _EndpointToCome(self._endpoint, clock, clock.now() + unknown_after)

    def attach(self, client: Any) -> None:
        """Answer every call of a boto3 client."""
        attach(client, self._endpoint)

    @property
    def statements_executed(self) -> int:
        """How many batches were accepted and began."""
        return len(self._executor.runs)

    @property
    def statements_running(self) -> int:
        """How many batches have not ended by now."""
        return sum(not run.progress().status.ended for run in self._executor.runs)


class _RecordingExecutor:
    """The scripted executor, which remembers what it ran."""

    def __init__(self, scenario: Scenario, clock: VirtualClock) -> None:
        self.runs: list[Run] = []
        self._scripted = ScriptedExecutor(clock, script_for(scenario))

    def submit(self, work: Work) -> Run:
        run = self._scripted.submit(work)
        self.runs.append(run)
        return run

    def close(self) -> None:
        self._scripted.close()


class _EndpointToCome:
    """An endpoint that, from a moment on, tells a status which today's service model does not have."""

    def __init__(self, endpoint: Endpoint, clock: VirtualClock, unknown_from: float) -> None:
        self._endpoint = endpoint
        self._clock = clock
        self._unknown_from = unknown_from

    def answer(self, target: str, body: bytes, *, patience_seconds: float | None = None) -> HttpAnswer:
        """Answer one request."""
        answer = self._endpoint.answer(target, body, patience_seconds=patience_seconds)
        if self._clock.now() < self._unknown_from or not target.endswith(".DescribeStatement"):
            return answer
        document = json.loads(answer.body)
        if document.get("Status") in RUNNING:
            document["Status"] = UNKNOWN_STATUS
        return replace(answer, body=json.dumps(document).encode())


def script_for(scenario: Scenario) -> Callable[[Work], Script]:
    """Return what a scenario has a batch do: its duration, spread evenly over the statements, and its end."""
    failure = next((one for one in scenario.faults if one.kind is Kind.FAIL), None)
    queue = sum(one.seconds or 0.0 for one in scenario.faults if one.kind is Kind.QUEUE)

    def script(work: Work) -> Script:
        return Script(
            statements=_statements(scenario, len(work.sqls), failure),
            queue_seconds=scenario.queue_seconds + queue,
            aborted_after_seconds=_at(scenario, Kind.ABORT),
        )

    return script


def _statements(scenario: Scenario, count: int, failure: Fault | None) -> tuple[ScriptedStatement, ...]:
    share = scenario.duration_seconds / count
    statements = [ScriptedStatement(share, scenario.rows) for _ in range(count)]
    if failure is not None:
        fails_at = min(failure.at or 0.0, scenario.duration_seconds)
        index = min(int(fails_at / share), count - 1) if share else 0
        statements[index] = ScriptedStatement(fails_at - index * share, error=statement_error(failure))
    return tuple(statements)


def _at(scenario: Scenario, kind: Kind) -> float | None:
    return next((one.at for one in scenario.faults if one.kind is kind), None)
