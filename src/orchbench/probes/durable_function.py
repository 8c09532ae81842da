"""A durable function of the probes' own: the deployed package with one more handler in it."""

import io
import json
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from orchbench.platforms.durable_functions import PLATFORM
from orchbench.platforms.durable_functions.service import DurableExecution
from orchbench.platforms.platform import Record
from orchbench.probes.lab import Lab
from orchbench.probes.probe import NoAnswer
from orchbench.probes.state_machines import own_role
from orchbench.trace import ExecutionStatus, Json, TraceEvent

HANDLER = Path(__file__).with_name("deployed_handler.py")
EXECUTION_TIMEOUT_SECONDS = 600
TRIED_SECONDS = 60
ALIAS = "live"


class DurableFunction:
    """A function with an alias; its executions are stopped and it goes in the end."""

    def __init__(self, lab: Lab, what: str = "durable") -> None:
        """Make it; ``own_function`` makes the one that probes of a run share."""
        self._lab = lab
        self.client = lab.client("lambda")
        self.service = DurableExecution(self.client)
        self.name = lab.name(what)
        self._number = 0
        self._create(own_role(lab))

    def _create(self, role: str) -> None:
        deployed = self.client.get_function(FunctionName=_deployed(self._lab))
        found = deployed["Configuration"]
        order = {
            "FunctionName": self.name,
            "Runtime": found["Runtime"],
            "Architectures": found["Architectures"],
            "Role": role,
            "Handler": "deployed_handler.handler",
            "Code": {"ZipFile": _with_handler(_downloaded(deployed["Code"]["Location"]))},
            "Timeout": 60,
            "MemorySize": found["MemorySize"],
            "Environment": {"Variables": {"PROBE_CONFIGURED": "first"}},
            "DurableConfig": {"ExecutionTimeout": EXECUTION_TIMEOUT_SECONDS, "RetentionPeriodInDays": 1},
        }
        with self._lab.shared.making(
            f"The function {self.name}",
            f"aws lambda delete-function --function-name {self.name}",
            lambda: self.client.delete_function(FunctionName=self.name),
        ):
            self._settled(lambda: self.client.create_function(**order))
        self.client.create_alias(
            FunctionName=self.name, Name=ALIAS, FunctionVersion=self.publish(), Description="for probes"
        )

    def publish(self) -> str:
        """Publish what is configured now, and return the version."""
        answer = self._settled(lambda: self.client.publish_version(FunctionName=self.name))
        return str(answer["Version"])

    def configure(self, value: str) -> None:
        """Change what the function's environment says, as a changed parameter of a template does."""
        variables = {"Variables": {"PROBE_CONFIGURED": value}}
        self._settled(
            lambda: self.client.update_function_configuration(FunctionName=self.name, Environment=variables)
        )

    def point_alias_at(self, version: str) -> None:
        """Move the alias on."""
        self.client.update_alias(FunctionName=self.name, Name=ALIAS, FunctionVersion=version)

    def _settled(self, call: Any) -> Any:
        """Make a call, again while an earlier change or a new role is not known everywhere yet."""
        busy: list[ClientError] = []

        def attempt() -> Any:
            try:
                return call()
            except ClientError as error:
                if error.response["Error"]["Code"] not in (
                    "InvalidParameterValueException",
                    "ResourceConflictException",
                ):
                    raise
                busy.append(error)
                return None

        answer = self._lab.until(attempt, 90 if self._lab.on_aws else 5)
        if answer is None:
            raise busy[-1]
        return answer

    def start(self, document: Json, name: str | None = None) -> str:
        """Start an execution through the alias, and return its ARN; one that still runs is stopped."""
        self._number += 1
        name = name or f"{self.name}-{self._number}"
        order = {
            "FunctionName": f"{self.name}:{ALIAS}",
            "InvocationType": "Event",
            "DurableExecutionName": name,
            "Payload": json.dumps(document).encode(),
        }
        listing = (
            f"aws lambda list-durable-executions-by-function --function-name {self.name} --durable-execution-"
            f'name {name} --query "DurableExecutions[0].DurableExecutionArn" --output text'
        )
        # Later probes of the run use the function too.
        self._lab.shared.keep(
            f"The execution {name} of {self.name}",
            f'aws lambda stop-durable-execution --durable-execution-arn "$({listing})"',
            lambda: self._stop(name),
        )
        answer = self._settled(lambda: self.client.invoke(**order))
        return str(answer["DurableExecutionArn"])

    def _stop(self, name: str) -> None:
        # Looked for by its name: an interrupt may have come before the answer with its ARN.
        lab = self._lab
        own = f"arn:{lab.partition}:lambda:{lab.region}:{lab.account}:function:{self.name}"
        if arn := self.service.find(own, name):
            self.service.stop(arn, "The probe is over.")

    def ended(self, arn: str, seconds: float) -> tuple[ExecutionStatus, Record]:
        """Wait for an execution's end and return how it stands, and its record."""
        running = ExecutionStatus.RUNNING
        self._lab.until(lambda: self.service.status(arn) is not running, seconds)
        return self.service.status(arn), self.service.record(arn)

    def events(self, record: Record) -> tuple[TraceEvent, ...]:
        """Return an execution's events as a trace tells them."""
        return PLATFORM.trace(_Nameless(), self._lab.bench.host, record, ()).events


class _Nameless:
    """A way that is none: what a probe runs does no work for a batch."""

    name = "probe"
    works: Json = {}  # noqa: RUF012 - never written to


def own_function(lab: Lab) -> DurableFunction:
    """Return the one durable function of this run, made at the first call.

    Raises:
        NoAnswer: not even a single step succeeds in it, so that no failure of it tells anything.
    """
    return lab.once("durable", lambda: _tried(DurableFunction(lab)))


def _tried(function: DurableFunction) -> DurableFunction:
    status, record = function.ended(function.start({"work": "step", "times": 1}), TRIED_SECONDS)
    if status is not ExecutionStatus.SUCCEEDED:
        error = (record.description.get("Error") or {}).get("ErrorType", "")
        raise NoAnswer(
            f"The probes' durable function does not work here: a single step stood as {status} after "
            f"{TRIED_SECONDS} s ({error or 'no error'})."
        )
    return function


def _deployed(lab: Lab) -> str:
    """Return the name of a deployed durable function, whose package has the SDK."""
    ways = (way for way in lab.bench.ways() if way.platform is PLATFORM)
    name = next((f"{lab.connection.stack_name}-{suffix}" for way in ways for suffix in way.functions), None)
    if name is None:
        raise NoAnswer(f"The stack has no way on {PLATFORM.title}, whose package the probe's function takes.")
    return name


def _downloaded(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310 - what GetFunction answered
        package: bytes = answer.read()
    return package


def _with_handler(package: bytes) -> bytes:
    content = io.BytesIO(package)
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(HANDLER.name, HANDLER.read_text())
    return content.getvalue()
