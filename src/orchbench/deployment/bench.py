"""The Python API: start, wait for and stop executions of a deployment, and take their traces.

``connect`` finds the deployment; everything else is a method of what it returns. The command line is built
on this.
"""

import json
import re
import secrets
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from orchbench.deployment.connection import Connection, connect_aws, connect_running
from orchbench.deployment.execution import Evidence, Execution, Live
from orchbench.deployment.invocations import Patience, read_invocations
from orchbench.deployment.reports import read_reports
from orchbench.platforms.errors import (
    ExecutionNotFound,
    InvalidName,
    OrchestratorError,
    StillRunning,
)
from orchbench.platforms.platform import LONGEST_NAME, Service, StartCase
from orchbench.project import working_folder
from orchbench.trace import ExecutionStatus, Json, Trace, error_class_name
from orchbench.ways import Way, all_ways, the_pair, told_parameters, way_named

NAME = re.compile(rf"[A-Za-z0-9_-]{{1,{LONGEST_NAME}}}")
PATIENCE = {"local": Patience(10, 0.25), "aws": Patience(60, 3)}
SUBMITS_IN_FLIGHT_SECONDS = 3
SEEN_AFTER_SECONDS = 10
"""Describing an execution is eventually consistent (API reference of DescribeExecution)."""
NOT_SUBMITTED = "NOT_SUBMITTED"
NOTHING_TO_CANCEL_YET = "NothingToCancelYet"
"""The cancel function's error where no statement bears the execution's name."""
LOOK_AGAIN_SECONDS = {"local": 0.2, "aws": 2.0}


class Bench:
    """A deployment with both ways; ``connect`` makes one."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._services: dict[str, Service] = {}

    @property
    def host(self) -> str:
        """``local`` or ``aws``."""
        return self.connection.host

    def ways(self) -> list[Way]:
        """Return the ways that are deployed."""
        return [way for way in all_ways().values() if way.target_output in self.connection.outputs]

    def architecture(self) -> str:
        """Return the functions' instruction set, as they are deployed."""
        names = (name for way in self.ways() for name in way.log_groups(self.connection.stack_name))
        function_name = next(names)
        client = self.connection.clients.client("lambda")
        return str(client.get_function_configuration(FunctionName=function_name)["Architectures"][0])

    def start(self, way: str, document: Json | None = None, *, name: str | None = None) -> Execution:
        """Start an execution, or return the one that has this name.

        Args:
            way: by its name.
            document: the input; an empty one is valid and takes every default.
            name: at most 64 letters, digits, hyphens and underscores; made up where it is None. Put the
                way into it, as a made-up one does: durable functions may share one space of names.

        Returns:
            The execution, and in ``case`` whether it was started, already runs, or had closed.

        Raises:
            InvalidName: one of the services would not take the name.
            OrchestratorError: the name is in use with another input, or the way is not deployed.
        """
        name = name or f"{way}-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
        require_name(name)
        started = self._service(way).start(self._target(way), name, document or {})
        if started.case is StartCase.OTHER_FUNCTION:
            raise OrchestratorError(
                f"The name {name!r} is {started.case}, so {way} was not started: put the way into the name."
            )
        if started.case is StartCase.OTHER_INPUT or started.execution_arn is None:
            raise OrchestratorError(
                f"The name {name!r} was used for {way} with another input: choose another name."
            )
        return Execution(way, name, started.execution_arn, started.case)

    def run_many(
        self, runs: Iterable[tuple[str, Json]], *, timeout_seconds: float | None = None
    ) -> list[Trace]:
        """Start executions at once, wait for all of them, and return their traces.

        Batches that write the same tables wait for each other in Redshift: their query times then hold each
        other's. What is started runs on where this raises.

        Args:
            runs: each a way's name and an input, which may be empty.
            timeout_seconds: how long to wait at most for all of them; None for as long as it takes.

        Returns:
            The traces in the order of ``runs``; an execution that failed has a trace that says so.

        Raises:
            StillRunning: one has not ended in that time.
            OrchestratorError: one could not be started.
        """
        executions = [self.start(way, document) for way, document in runs]
        deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        for execution in executions:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            self.wait(execution, timeout_seconds=left)
        return [self.trace(execution) for execution in executions]

    def find(self, way: str, name_or_arn: str) -> Execution:
        """Return an execution by its name or its ARN.

        Raises:
            ExecutionNotFound: there is none, or the ARN is another way's.
        """
        service = self._service(way)
        if name_or_arn.startswith("arn:"):
            platform, target = way_named(way).platform, self._target(way)
            if not platform.runs(target, name_or_arn):
                raise ExecutionNotFound(
                    f"{name_or_arn!r} is not an execution of {way}, which is {target}: give the execution's "
                    "name, or the ARN that its start printed."
                )
            service.status(name_or_arn)
            return Execution(way, platform.execution_name(name_or_arn), name_or_arn)
        arn = service.find(self._target(way), name_or_arn)
        if arn is None:
            raise ExecutionNotFound(f"There is no execution {name_or_arn!r} of {way}.")
        return Execution(way, name_or_arn, arn)

    def live(self, execution: Execution, since: float) -> Live:
        """Return how an execution stands; ``since`` is a moment of the monotonic clock."""
        service = self._service(execution.way)
        return Live(
            service.status(execution.arn),
            service.polls_so_far(execution.arn),
            time.monotonic() - since,
        )

    def wait(
        self,
        execution: Execution,
        *,
        timeout_seconds: float | None = None,
        on_progress: Callable[[Live], None] | None = None,
    ) -> ExecutionStatus:
        """Wait until an execution has ended, and return how.

        Args:
            execution: from ``start`` or ``find``.
            timeout_seconds: how long to wait at most; None for as long as it takes.
            on_progress: called about once a second with how it stands.

        Raises:
            StillRunning: it has not ended in that time.
        """
        since = told = time.monotonic()
        while (status := self._status(execution, since)) is ExecutionStatus.RUNNING:
            now = time.monotonic()
            if timeout_seconds is not None and now - since > timeout_seconds:
                raise StillRunning(
                    f"The execution {execution.name} still runs after {timeout_seconds:g} seconds."
                )
            if on_progress is not None and now - told >= 1:
                on_progress(self.live(execution, since))
                told = now
            time.sleep(LOOK_AGAIN_SECONDS[self.host])
        return status

    def _status(self, execution: Execution, since: float) -> ExecutionStatus:
        """Return how an execution stands; both services may not know a new one for a moment."""
        try:
            return self._service(execution.way).status(execution.arn)
        except ExecutionNotFound:
            if time.monotonic() - since > SEEN_AFTER_SECONDS:
                raise
            return ExecutionStatus.RUNNING

    def stop(self, execution: Execution, cause: str = "Stopped by its user.") -> str | None:
        """Stop an execution and cancel its statement; one that has ended is left as it ended.

        The statement is cancelled by the deployed cancel function, because the Data API lets only the
        functions' role do so.

        Returns:
            The statement's status after it, ``NOT_SUBMITTED`` where there is none; None for an execution that
            had ended.

        Raises:
            OrchestratorError: the execution is stopped, but its statement may still run.
        """
        service = self._service(execution.way)
        if service.status(execution.arn) is not ExecutionStatus.RUNNING:
            return None
        service.stop(execution.arn, cause)
        for _attempt in range(SUBMITS_IN_FLIGHT_SECONDS):
            status, refusal = self._cancel(execution)
            if refusal is None:
                return status
            # A submit that was under way ends all the same, and a statement that waits will run.
            time.sleep(1)
        if refusal == NOTHING_TO_CANCEL_YET:
            return NOT_SUBMITTED
        raise OrchestratorError(
            f"{execution.name} is stopped, but its statement may still run: the cancel function failed with "
            f"{refusal}."
        )

    def _cancel(self, execution: Execution) -> tuple[str, str | None]:
        """Return the statement's status, or the name of the error that the cancel function ended with."""
        answer = self.connection.clients.client("lambda").invoke(
            FunctionName=f"{self.connection.stack_name}-cancel",
            Payload=json.dumps({"execution_id": execution.arn, "progress": {}}).encode(),
        )
        document = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            return "", error_class_name(document.get("errorType")) or "an error without a name"
        return str(document["output"]["status"]), None

    def outcome(self, execution: Execution) -> tuple[ExecutionStatus, Any, str | None]:
        """Return how an execution stands: its status, its output, and its error as one line."""
        trace = self.trace(execution, reports=False)
        error = f"{trace.error_name}: {trace.cause}" if trace.error_name else None
        return trace.status, trace.output, error

    def trace(self, execution: Execution, *, reports: bool = True) -> Trace:
        """Return an execution's trace.

        Args:
            execution: from ``start`` or ``find``.
            reports: with Lambda's reports of its invocations, which take their time to be found in the logs.
        """
        if reports:
            return self.trace_of(execution.way, self.evidence(execution))
        record = self._service(execution.way).record(execution.arn)
        return self.trace_of(execution.way, Evidence(record, ()))

    def evidence(self, execution: Execution) -> Evidence:
        """Return what was recorded of an execution: the raw material of its trace."""
        way = way_named(execution.way)
        record = self._service(execution.way).record(execution.arn)
        bare = way.platform.trace(way, self.host, record, ())
        invocations = read_invocations(
            way.platform.requests(record),
            way.log_groups(self.connection.stack_name),
            (bare.started_at, bare.ended_at or time.time()),
            partial(read_reports, self.connection.clients.client("logs")),
            PATIENCE[self.host],
        )
        return Evidence(record, tuple(invocations))

    def trace_of(self, way: str, evidence: Evidence) -> Trace:
        """Return the trace that evidence amounts to."""
        known = way_named(way)
        return known.platform.trace(known, self.host, evidence.record, evidence.invocations)

    def _service(self, way: str) -> Service:
        platform = way_named(way).platform
        if platform.name not in self._services:
            self._services[platform.name] = platform.service(self.connection.clients)
        return self._services[platform.name]

    def _target(self, way: str) -> str:
        output = way_named(way).target_output
        if output not in self.connection.outputs:
            how = "" if way in the_pair() else f"; {told_parameters([way])} deploys it"
            raise OrchestratorError(
                f"The stack {self.connection.stack_name} has no output {output}: {way} is not deployed "
                f"there{how}."
            )
        return self.connection.outputs[output]


def require_name(name: str) -> None:
    """Refuse an execution's name that not every service takes.

    Raises:
        InvalidName: which says what would be right.
    """
    if not NAME.fullmatch(name):
        raise InvalidName(
            f"The name {name!r} is not one that both services take: use 1 to {LONGEST_NAME} letters, "
            "digits, hyphens and underscores."
        )


def connect(
    target: str = "local",
    *,
    stack_name: str = "orchbench",
    region: str | None = None,
    profile: str | None = None,
    folder: Path | None = None,
) -> Bench:
    """Return the deployment to work with.

    Args:
        target: ``local`` for the stack that ``orchbench up`` runs, ``aws`` for a deployed one.
        stack_name: of the CloudFormation stack; on AWS only.
        region: on AWS only; boto3's own choice where it is None.
        profile: on AWS only, of the credentials.
        folder: where ``orchbench up`` was started; where the command line looks for it if None.

    Raises:
        OrchestratorError: there is no such deployment; the message says what to do.
    """
    if target == "local":
        return Bench(connect_running(folder or working_folder()))
    if target == "aws":
        return Bench(connect_aws(stack_name, region, profile))
    raise OrchestratorError(f"The target {target!r} is unknown: it takes 'local' or 'aws'.")
