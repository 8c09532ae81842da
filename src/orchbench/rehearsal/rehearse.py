"""Rehearses one scenario on one way: everything wired to one clock, run to its end, told as a trace."""

import hashlib
import json
import random
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from botocore.client import BaseClient

from orchbench.platforms.meters import DURABLE_OPERATIONS, WRITTEN_BYTES, Meter
from orchbench.rehearsal.aftermath import Aftermath
from orchbench.rehearsal.aws import Aws, Operation
from orchbench.rehearsal.data_api import AcceptedBatch, RehearsedDataApi
from orchbench.rehearsal.event_bridge import Deliveries, EventBridge
from orchbench.rehearsal.fault import Fault, Kind
from orchbench.rehearsal.function_calls import FunctionCalls
from orchbench.rehearsal.host import Death, Host, Surroundings
from orchbench.rehearsal.hosts import hosting_named
from orchbench.rehearsal.scenario import Scenario
from orchbench.rehearsal.scripted_faults import ScriptedFaults
from orchbench.rehearsal.statement_events import StatementEvents
from orchbench.rehearsal.works import Works
from orchbench.trace import Trace
from orchbench.virtual_time.application import STACK, Application, load_application
from orchbench.virtual_time.botocore_patches import botocore_in_virtual_time
from orchbench.virtual_time.clock import VirtualClock
from orchbench.virtual_time.environment import deployed, is_below
from orchbench.virtual_time.functions import Functions
from orchbench.virtual_time.latency import Latency, profile_named
from orchbench.virtual_time.quiet import quiet
from orchbench.ways import way_named
from orchbench.ways.way import Way

HOST = "rehearse"
Services = Mapping[str, Mapping[str, Operation]]
STOP_CAUSE = "Stopped by an operator."


@dataclass(frozen=True)
class Rehearsal:
    """One scenario on one way, as it went.

    Attributes:
        trace: what happened, in virtual time.
        statements_executed: batches that the Data API accepted for this execution.
        statements_running: those that ran when the execution had ended, its event was delivered and, where it
            was not or in vain, the sweeps had been.
        batches: the same batches, as they stood then.
        deliveries: how the event of the execution's end fared.
        statement_events: how the events of its statements fared; whose attempts are invocations of the trace
            where the way states so.
        struck_at: when the first fault took effect; None where none did.
        unmet: the scenario's faults that took no effect.
        metered: what the service counted itself; what only the history shows is not here.
        death: where a quota ended the execution.
        restarts: the ARNs that further starts of the same name were answered with.
        rehearsal_seconds: of this process's CPU that it took, what is imported once apart.
    """

    scenario: Scenario
    trace: Trace
    statements_executed: int
    statements_running: int
    batches: tuple[AcceptedBatch, ...]
    deliveries: Deliveries
    statement_events: Deliveries
    struck_at: float | None
    unmet: tuple[Fault, ...]
    metered: Mapping[Meter, int]
    death: Death | None
    restarts: tuple[str, ...]
    rehearsal_seconds: float

    @property
    def operations(self) -> int | None:
        """Durable operations as AWS meters them; None where the platform has none."""
        return self.metered.get(DURABLE_OPERATIONS)

    @property
    def written_bytes(self) -> int | None:
        """What the execution stored; None where the platform does not count it."""
        return self.metered.get(WRITTEN_BYTES)


def rehearse(
    scenario: Scenario,
    way: str | Way,
    *,
    application: Application | None = None,
    services: Services | Callable[[Aws, VirtualClock], Services] | None = None,
) -> Rehearsal:
    """Run a scenario on a way and return what happened.

    One rehearsal at a time runs in a process, in its main thread: the wall clock is the rehearsal's own
    meanwhile, and so are the signals that stand for a handler's remaining time.

    Args:
        way: a way, or its name.
        application: what is deployed; the project's own template by default.
        services: what answers operations of further services, by boto3's names, such as an application's own
            ``{"sns": {"Publish": ...}}``; or what makes them of the rehearsal's AWS and its clock, where they
            have something happen later, such as the end of a callback.
    """
    way = way_named(way) if isinstance(way, str) else way
    application = application or load_application(InlineSqlAllowed=str(scenario.inline_sql).lower())
    stage = _Stage(scenario, way, application)
    found = services(stage.aws, stage.clock) if callable(services) else services
    for service, operations in (found or {}).items():
        stage.aws.serve(service, operations)
    return stage.run()


class _Stage:
    """One rehearsal while it is set up and run."""

    def __init__(self, scenario: Scenario, way: Way, application: Application) -> None:
        self._scenario = scenario
        self._way = way
        self.clock = VirtualClock()
        self._latency = Latency(profile_named(scenario.latency), scenario.seed)
        self._works = Works(way.works)
        self._faults = ScriptedFaults(scenario.faults, self.clock, self._latency, scenario.seed, self._works)
        self._data_api = RehearsedDataApi(scenario, self.clock, self._faults)
        self._application = application
        self._functions = Functions(application, self.clock, self._latency, self._generator("requests"))
        self.aws = Aws(self._data_api, self._functions, FunctionCalls(self._faults, self.clock))
        self._restarts: list[str] = []

    def run(self) -> Rehearsal:
        with ExitStack() as stack:
            stack.enter_context(deployed(self._application))
            stack.enter_context(self.clock.wall_clock())
            generator = self._generator("network")
            stack.enter_context(botocore_in_virtual_time(self.clock, generator, self.aws.attach))
            forget_clients()
            stack.callback(forget_clients)
            self._functions.load()
            for client in clients_of_modules(self._application):
                self.aws.attach(client)
            stack.enter_context(quiet())
            stack.callback(self._functions.close)
            host = self._host()
            bridge = EventBridge(self._application, self.aws, self.clock, self._works)
            recorded = frozenset(f"{STACK}-{suffix}" for suffix in self._way.unrecorded)
            events = StatementEvents(bridge, self._latency, self._scenario.faults, self._faults, recorded)
            self._data_api.on_end = events.ended
            aftermath = Aftermath(
                self._scenario,
                self._application,
                bridge,
                self.clock,
                self._faults,
                event=host.status_change,
                is_running=lambda: self._data_api.statements_running > 0,
            )
            self._schedule(host, aftermath, events)
            # What a process imports once, engines and handlers, is no part of a rehearsal.
            began = time.process_time()
            host.run(self._scenario.execution_name, self._scenario.input)
            aftermath.announce()
            aftermath.pass_by()
            running = self._data_api.statements_running
        record = host.record()
        met = self._faults.met | self._data_api.met
        trace = self._way.platform.trace(self._way, HOST, record, self._functions.invocations)
        return Rehearsal(
            scenario=self._scenario,
            trace=trace,
            statements_executed=self._data_api.statements_executed,
            statements_running=running,
            batches=self._data_api.batches,
            deliveries=aftermath.deliveries,
            statement_events=events.deliveries,
            struck_at=self._faults.struck_at,
            unmet=tuple(one for one in self._scenario.faults if one not in met),
            metered=host.metered,
            death=host.death,
            restarts=tuple(self._restarts),
            rehearsal_seconds=round(time.process_time() - began, 6),
        )

    def _host(self) -> Host:
        surroundings = Surroundings(
            target=self._application.target(self._way),
            scenario=self._scenario,
            aws=self.aws,
            functions=self._functions,
            clock=self.clock,
            latency=self._latency,
            faults=self._faults,
            works=self._works,
            jitter=self._jitter,
        )
        return hosting_named(self._way.platform_name).host(surroundings)

    def _schedule(self, host: Host, aftermath: Aftermath, events: StatementEvents) -> None:
        """Have what is done from outside happen when the scenario says."""

        def stop(_fault: Fault) -> None:
            host.stop(STOP_CAUSE)
            aftermath.announce()

        def start_again(_fault: Fault) -> None:
            self._restarts.append(host.start_again(self._scenario.execution_name, self._scenario.input))

        def sweep(_fault: Fault) -> None:
            aftermath.sweep()

        def forge(fault: Fault) -> None:
            events.forge(fault, host.execution_arn, self._data_api.newest_name, self.clock.now())

        actions = {
            Kind.STOP: stop,
            Kind.DUPLICATE_START: start_again,
            Kind.SWEEP: sweep,
            Kind.FORGE_STATEMENT_EVENT: forge,
        }

        def act(fault: Fault) -> None:
            if not host.is_over and fault.kind is not Kind.FORGE_STATEMENT_EVENT:
                self._faults.strikes(fault)
            if not host.is_over or fault.kind is Kind.SWEEP:
                actions[fault.kind](fault)

        def schedule(fault: Fault) -> None:
            self.clock.at(self.clock.now() + (fault.at or 0.0), partial(act, fault))

        for fault in self._scenario.faults:
            if fault.kind not in actions:
                continue
            if fault.work is not None and isinstance(fault.nth, int):
                self._works.at(fault.work, fault.nth, partial(schedule, fault))
            else:
                schedule(fault)

    def _jitter(self, purpose: str) -> random.Random:
        share = self._scenario.jitter
        return self._generator(purpose) if share is None else _SameShare(share)

    def _generator(self, purpose: str) -> random.Random:
        return random.Random(f"{self._scenario.seed} {purpose}")  # noqa: S311 - reproducible, nothing is secret


class _SameShare(random.Random):
    """Draws the same share each time, so that every service's pauses are as long as the others'."""

    def __init__(self, share: float) -> None:
        super().__init__(0)
        self._share = share

    def random(self) -> float:
        return self._share


def forget_clients() -> None:
    """Have handlers make their clients anew: a client remembers throttling, and its retries' jitter."""
    import executions  # noqa: PLC0415 - importable only here
    from redshift_batch.data_api import redshift_data_client  # noqa: PLC0415 - importable only here

    redshift_data_client.cache_clear()
    executions.client.cache_clear()


def clients_of_modules(application: Application) -> list[BaseClient]:
    """Return the clients that handlers make when they are imported, as most published handlers do."""
    code = application.code.resolve()
    # By their names first: thousands of other modules are loaded.
    names = {path.stem for path in code.iterdir()}
    named = [one for name, one in list(sys.modules.items()) if name.partition(".")[0] in names]
    modules = [one for one in named if is_below(one, code)]
    return [one for module in modules for one in vars(module).values() if isinstance(one, BaseClient)]


def digest(rehearsals: Iterable[Rehearsal]) -> str:
    """Return the SHA-256 of the traces, the measured CPU seconds left out and nothing else."""
    hashed = hashlib.sha256()
    for rehearsal in rehearsals:
        document = rehearsal.trace.to_json()
        for invocation in document["invocations"]:
            del invocation["cpu_seconds"]
        hashed.update(json.dumps(document, sort_keys=True).encode())
    return hashed.hexdigest()
