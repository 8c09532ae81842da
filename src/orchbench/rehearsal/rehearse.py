"""Rehearses one scenario on one way: everything wired to one clock, run to its end, told as a trace."""

import hashlib
import json
import random
import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from orchbench.orchestrators import durable_history, step_functions_history, way_named
from orchbench.orchestrators.way import TraceBuilder, Way
from orchbench.rehearsal.application import Application, StateMachine, load_application
from orchbench.rehearsal.botocore_patches import botocore_in_virtual_time
from orchbench.rehearsal.clock import VirtualClock
from orchbench.rehearsal.data_api import RehearsedDataApi
from orchbench.rehearsal.durable import DurableHost
from orchbench.rehearsal.durable_sdk_patches import durable_sdk_in_virtual_time
from orchbench.rehearsal.environment import deployed
from orchbench.rehearsal.functions import Functions
from orchbench.rehearsal.host import Death, Host
from orchbench.rehearsal.latency import Latency, profiles
from orchbench.rehearsal.quiet import quiet
from orchbench.rehearsal.scenario import Scenario
from orchbench.rehearsal.scripted_faults import Kind, ScriptedFaults
from orchbench.rehearsal.state_machine import StateMachineHost
from orchbench.trace import Trace

HOST = "rehearse"
STOP_CAUSE = "Stopped by an operator."


@dataclass(frozen=True)
class Rehearsal:
    """One scenario on one way, as it went.

    Attributes:
        trace: what happened, in virtual time.
        statements_executed: batches that the Data API accepted for this execution.
        statements_running: those that had not ended when the execution had.
        operations: durable operations as AWS meters them; None for a state machine.
        death: where a quota ended the execution.
        restarts: the ARNs that further starts of the same name were answered with.
        rehearsal_seconds: real time it took.
    """

    scenario: Scenario
    trace: Trace
    statements_executed: int
    statements_running: int
    operations: int | None
    written_bytes: int | None
    death: Death | None
    restarts: tuple[str, ...]
    rehearsal_seconds: float


def rehearse(scenario: Scenario, way: str | Way, *, application: Application | None = None) -> Rehearsal:
    """Run a scenario on a way and return what happened.

    One rehearsal at a time runs in a process, in its main thread: the wall clock is the rehearsal's own
    meanwhile, and so are the signals that stand for a handler's remaining time.

    Args:
        way: a way, or its name.
        application: what is deployed; the project's own template by default.
    """
    way = way_named(way) if isinstance(way, str) else way
    application = application or load_application(InlineSqlAllowed=str(scenario.inline_sql).lower())
    return _Stage(scenario, way, application).run()


class _Stage:
    """One rehearsal while it is set up and run."""

    def __init__(self, scenario: Scenario, way: Way, application: Application) -> None:
        self._scenario = scenario
        self._way = way
        self._clock = VirtualClock()
        self._latency = Latency(profiles()[scenario.latency], scenario.seed)
        self._faults = ScriptedFaults(scenario.faults, self._clock, self._latency, scenario.seed)
        self._data_api = RehearsedDataApi(scenario, self._clock, self._faults)
        self._application = application
        self._functions = Functions(application, self._clock, self._latency, self._generator("requests"))
        self._restarts: list[str] = []

    def run(self) -> Rehearsal:
        began = time.perf_counter()
        with ExitStack() as stack:
            stack.enter_context(deployed(self._application))
            stack.enter_context(self._clock.wall_clock())
            stack.enter_context(botocore_in_virtual_time(self._clock, self._generator("network")))
            self._data_api.attach(fresh_client(stack))
            stack.enter_context(durable_sdk_in_virtual_time(self._generator("steps")))
            self._functions.load()
            stack.enter_context(quiet())
            stack.callback(self._functions.close)
            host, builder = self._host()
            self._schedule(host)
            host.run(self._scenario.execution_name, self._scenario.input)
            running = self._data_api.statements_running
        record = host.record()
        trace = builder(
            orchestrator=self._way.name,
            host=HOST,
            description=record.description,
            events=record.events,
            invocations=self._functions.invocations,
        )
        return Rehearsal(
            scenario=self._scenario,
            trace=trace,
            statements_executed=self._data_api.statements_executed,
            statements_running=running,
            operations=host.operations,
            written_bytes=host.meter.written_bytes if isinstance(host, DurableHost) else None,
            death=host.death,
            restarts=tuple(self._restarts),
            rehearsal_seconds=round(time.perf_counter() - began, 6),
        )

    def _host(self) -> tuple[Host, TraceBuilder]:
        target = self._application.target(self._way)
        if isinstance(target, StateMachine):
            machine = StateMachineHost(
                target, self._functions, self._clock, self._latency, self._scenario.seed
            )
            return machine, step_functions_history.trace_from_history
        durable = DurableHost(target, self._functions, self._clock, self._latency, self._faults)
        return durable, durable_history.trace_from_history

    def _schedule(self, host: Host) -> None:
        """Have an operator stop or start the execution when the scenario says."""

        def start_again() -> None:
            if not host.is_over:
                self._restarts.append(host.start_again(self._scenario.execution_name, self._scenario.input))

        actions = {Kind.STOP: lambda: host.stop(STOP_CAUSE), Kind.DUPLICATE_START: start_again}
        for fault in self._scenario.faults:
            if fault.kind in actions:
                self._clock.at(self._clock.now() + (fault.at or 0.0), actions[fault.kind])

    def _generator(self, purpose: str) -> random.Random:
        return random.Random(f"{self._scenario.seed} {purpose}")  # noqa: S311 - reproducible, nothing is secret


def fresh_client(stack: ExitStack) -> Any:
    """Return the handlers' own client, built anew: a client remembers throttling, and its retries' jitter."""
    from redshift_batch.data_api import redshift_data_client  # noqa: PLC0415 - importable only here

    redshift_data_client.cache_clear()
    stack.callback(redshift_data_client.cache_clear)
    return redshift_data_client()


def digest(rehearsals: Iterable[Rehearsal]) -> str:
    """Return the SHA-256 of the traces, the measured CPU seconds left out and nothing else."""
    hashed = hashlib.sha256()
    for rehearsal in rehearsals:
        document = rehearsal.trace.to_json()
        for invocation in document["invocations"]:
            del invocation["cpu_seconds"]
        hashed.update(json.dumps(document, sort_keys=True).encode())
    return hashed.hexdigest()
