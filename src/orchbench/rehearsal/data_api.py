"""The local Redshift Data API of one rehearsal: scripted on its clock, reached by real clients in process."""

import json
import random
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

from botocore import UNSIGNED, xform_name
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from orchbench.redshift.endpoint import Endpoint, HttpAnswer
from orchbench.redshift.in_process import attach
from orchbench.redshift.script import Script, ScriptedStatement
from orchbench.redshift.scripted import ScriptedExecutor
from orchbench.redshift.service import DataApi
from orchbench.redshift.statement import Run, Status, Work
from orchbench.redshift.store import Entry
from orchbench.rehearsal.fault import Fault, Kind, statement_error
from orchbench.rehearsal.scenario import Scenario
from orchbench.rehearsal.scripted_faults import ScriptedFaults
from orchbench.virtual_time.application import REGION
from orchbench.virtual_time.clock import VirtualClock

SERVICE = "redshift-data"
RUNNING = ("SUBMITTED", "PICKED", "STARTED")
UNKNOWN_STATUS = "RESUMING"


@cache
def _session() -> Session:
    """Return the process's one session: a second one would read service models and endpoints again."""
    return Session()


class SdkClientException(ClientError):  # type: ignore[misc]  # botocore tells no types
    """What an integration meets where no answer arrives, under the name of AWS's SDK for Java.

    That Step Functions names it so for the Data API is assumed, from Lambda.SdkClientException.
    """

    def __init__(self, message: str, operation: str) -> None:
        response: Any = {
            "Error": {"Code": "SdkClientException", "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": 0, "RequestId": ""},
        }
        super().__init__(response, operation)


def _tell_nobody(_entry: Entry) -> None:
    """Send no event."""


class RehearsedDataApi:
    """The service, and what a rehearsal wants to know of it: the statements it ran.

    Attributes:
        on_end: told of each statement that was submitted ``WithEvent``, at the moment it ends; set by whoever
            sends its event.
    """

    def __init__(self, scenario: Scenario, clock: VirtualClock, faults: ScriptedFaults) -> None:
        self.on_end: Callable[[Entry], None] = _tell_nobody
        generator = random.Random(f"{scenario.seed} statement ids")  # noqa: S311 - nothing is secret
        self._executor = _RecordingExecutor(scenario, clock, faults)
        self._service = service = DataApi(
            self._executor,
            clock,
            new_id=lambda: str(uuid.UUID(int=generator.getrandbits(128), version=4)),
            on_end=self._ended,
        )
        self._faults = scenario.faults
        self._scripted = faults
        self._endpoint: Any = Endpoint(service, faults)
        faults.statement_has_ended = lambda: bool(self._executor.runs) and not self.statements_running
        unknown = _fault_of(scenario, Kind.UNKNOWN_STATUS)
        if unknown is not None:
            self._endpoint = _EndpointToCome(self._endpoint, clock, unknown, faults)

    @property
    def newest_name(self) -> str | None:
        """The name of the statement that was accepted last; None before the first."""
        entry = self._service.newest()
        return None if entry is None else entry.request.get("StatementName")

    def _ended(self, entry: Entry) -> None:
        self.on_end(entry)

    def attach(self, client: Any) -> None:
        """Answer every call of a boto3 client."""
        attach(client, self._endpoint)

    def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Call an operation as another service of AWS does it, once, without a function around the call.

        Raises:
            botocore.exceptions.ClientError: it is refused.
            SdkClientException: no answer arrived.
        """
        with self._scripted.without_a_function():
            try:
                answer: dict[str, Any] = getattr(self._own_client, xform_name(operation))(**request)
            except BotoCoreError as error:
                raise SdkClientException(str(error), operation) from error
        return {key: value for key, value in answer.items() if key != "ResponseMetadata"}

    @cached_property
    def _own_client(self) -> Any:
        """A client that tries once, and checks nothing that the service does not check itself."""
        config = Config(
            signature_version=UNSIGNED, parameter_validation=False, retries={"total_max_attempts": 1}
        )
        client = _session().create_client(SERVICE, region_name=REGION, config=config)
        self.attach(client)
        return client

    @property
    def statements_executed(self) -> int:
        """How many batches were accepted and began."""
        return len(self._executor.runs)

    @property
    def statements_running(self) -> int:
        """How many batches have not ended by now."""
        return sum(not run.progress().status.ended for run in self._executor.runs)

    @property
    def batches(self) -> tuple["AcceptedBatch", ...]:
        """The batches that were accepted, as they stand now."""
        return tuple(run.batch() for run in self._executor.runs)

    @property
    def met(self) -> set[Fault]:
        """The faults of the statement itself that have taken effect by now."""
        batches = self.batches
        showed = {
            Kind.FAIL: any(batch.status is Status.FAILED for batch in batches),
            Kind.ABORT: any(batch.status is Status.ABORTED and not batch.cancelled for batch in batches),
            Kind.QUEUE: bool(batches),
        }
        return {fault for fault in self._faults if showed.get(fault.kind)}


@dataclass(frozen=True)
class AcceptedBatch:
    """A batch as the service knows it, whoever asked.

    Attributes:
        cancelled: whether a call ended it; not, where it ended by itself or somebody else stopped it.
    """

    created_at: float
    status: Status
    updated_at: float
    cancelled: bool

    @property
    def ended_at(self) -> float | None:
        """When it ended; None while it runs."""
        return self.updated_at if self.status.ended else None


class _RecordedRun:
    """A run that remembers whether a call cancelled it."""

    def __init__(self, run: Run, created_at: float) -> None:
        self._run = run
        self._created_at = created_at
        self._cancelled = False
        self.progress, self.wait, self.result = run.progress, run.wait, run.result

    def cancel(self) -> bool:
        stopped = self._run.cancel()
        self._cancelled = self._cancelled or stopped
        return stopped

    def batch(self) -> AcceptedBatch:
        progress = self.progress()
        return AcceptedBatch(self._created_at, progress.status, progress.updated_at, self._cancelled)


class _RecordingExecutor:
    """The scripted executor, which remembers what it ran."""

    def __init__(self, scenario: Scenario, clock: VirtualClock, faults: ScriptedFaults) -> None:
        self.runs: list[_RecordedRun] = []
        self._scripted = ScriptedExecutor(clock, script_for(scenario), at=clock.at)
        self._scenario = scenario
        self._faults = faults

    def submit(self, work: Work, ended: Callable[[], None] | None = None) -> Run:
        run = _RecordedRun(self._scripted.submit(work, ended), work.created_at)
        self.runs.append(run)
        for fault in self._scenario.faults:
            if fault.kind in (Kind.FAIL, Kind.ABORT, Kind.QUEUE):
                self._faults.strikes_at(work.created_at + (fault.at or 0.0))
        return run

    def close(self) -> None:
        self._scripted.close()


class _EndpointToCome:
    """An endpoint that, from a moment on, tells a status which today's service model does not have."""

    def __init__(self, endpoint: Endpoint, clock: VirtualClock, fault: Fault, faults: ScriptedFaults) -> None:
        self._endpoint = endpoint
        self._clock = clock
        self._unknown_from = clock.now() + (fault.at or 0.0)
        self._fault = fault
        self._faults = faults

    def answer(self, target: str, body: bytes, *, patience_seconds: float | None = None) -> HttpAnswer:
        """Answer one request."""
        answer = self._endpoint.answer(target, body, patience_seconds=patience_seconds)
        if self._clock.now() < self._unknown_from or not target.endswith(".DescribeStatement"):
            return answer
        document = json.loads(answer.body)
        if document.get("Status") in RUNNING:
            document["Status"] = UNKNOWN_STATUS
            self._faults.strikes(self._fault)
            self._faults.strikes_at(self._unknown_from)
        return replace(answer, body=json.dumps(document).encode())


def script_for(scenario: Scenario) -> Callable[[Work], Script]:
    """Return what a scenario has a batch do: its duration, spread evenly over the statements, and its end."""
    failure = _fault_of(scenario, Kind.FAIL)
    queue = sum(one.seconds or 0.0 for one in scenario.faults if one.kind is Kind.QUEUE)
    aborted = _fault_of(scenario, Kind.ABORT)

    def script(work: Work) -> Script:
        return Script(
            statements=_statements(scenario, len(work.sqls), failure),
            queue_seconds=scenario.queue_seconds + queue,
            aborted_after_seconds=None if aborted is None else aborted.at,
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


def _fault_of(scenario: Scenario, kind: Kind) -> Fault | None:
    return next((one for one in scenario.faults if one.kind is kind), None)
