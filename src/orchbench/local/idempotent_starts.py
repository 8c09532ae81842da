"""Starts that AWS makes idempotent by name, and that the local engines do not.

A durable execution's name is a key of its function: the same name with the same payload answers with the
execution there is, running or closed; another payload is refused (Lambda developer guide, durable execution
idempotency; it says unique within account and region, the API's model within the function: here the model
counts). StartExecution answers with the running execution for the same name and input. What is kept here
lives as long as the stack, where AWS keeps a name until its retention ends.
"""

import hashlib
import json
import re
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from .http_relay import Answer, Upstream

LONGEST_SYNCHRONOUS_SECONDS = 900
LARGEST_EVENT_PAYLOAD_BYTES = 1024 * 1024
DEFAULT_RETENTION_DAYS = 14
EXECUTION_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
FUNCTION = re.compile(
    r"(?:arn:[^:]+:lambda:[^:]*:)?(?:\d{12}:)?(?:function:)?(?P<name>[\w.-]+)(?::(?P<qualifier>[\w$.-]+))?"
)
ARN_HEADER = "X-Amz-Durable-Execution-Arn"


class Refused(Exception):
    """A call the service would refuse, with the error it answers."""

    def __init__(self, status: int, error: str, message: str) -> None:
        """Keep the answer's status, the error's code and the sentence."""
        super().__init__(message)
        self.status = status
        self.error = error

    def answer(self) -> Answer:
        """Return the error as Lambda writes it."""
        body = json.dumps({"Type": "User", "Message": str(self)}).encode()
        headers = {"Content-Type": "application/json", "x-amzn-ErrorType": self.error}
        return Answer(self.status, headers | {"x-amzn-RequestId": str(uuid.uuid4())}, body)


@dataclass(frozen=True)
class DurableFunction:
    """What a start needs to know of a function: its name, version and DurableConfig."""

    name: str
    account_id: str
    version: str
    execution_timeout_seconds: int
    retention_days: int


@dataclass
class NamedStart:
    """An execution's name in use, and what it was first used with."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    payload_digest: str = ""
    execution_arn: str = ""


def split_function(reference: str, qualifier: str | None = None) -> tuple[str, str | None]:
    """Return a function's name and qualifier from a name, a partial ARN or an ARN."""
    found = FUNCTION.fullmatch(reference)
    if found is None:
        return reference, qualifier
    return found["name"], qualifier or found["qualifier"]


class DurableStarts:
    """Starts durable executions at the runner for callers of Lambda's Invoke."""

    def __init__(self, functions: Upstream, runner: Upstream, poll_seconds: float = 0.1) -> None:
        """Keep where functions are described and where executions run."""
        self._functions = functions
        self._runner = runner
        self._poll_seconds = poll_seconds
        self._lock = threading.Lock()
        self._starts: dict[tuple[str, str], NamedStart] = {}

    def find_durable(self, name: str, qualifier: str | None, authorization: str) -> DurableFunction | None:
        """Return the function if it exists and is durable."""
        query = f"?Qualifier={quote(qualifier, safe='')}" if qualifier else ""
        path = f"/2015-03-31/functions/{quote(name, safe='')}/configuration{query}"
        answer = self._functions.call("GET", path, {"Authorization": authorization})
        if answer.status != 200:
            return None
        found = json.loads(answer.body)
        durable = found.get("DurableConfig")
        if not durable:
            return None
        return DurableFunction(
            name=name,
            account_id=found["FunctionArn"].split(":")[4],
            version=found["Version"],
            execution_timeout_seconds=int(durable["ExecutionTimeout"]),
            retention_days=int(durable.get("RetentionPeriodInDays") or DEFAULT_RETENTION_DAYS),
        )

    def invoke(
        self, function: DurableFunction, qualifier: str | None, headers: Mapping[str, str], payload: bytes
    ) -> Answer:
        """Answer an Invoke of a durable function: start an execution, or return the one of that name.

        Args:
            function: From ``find_durable``.
            qualifier: As the caller gave it.
            headers: The request's, with lower-case names.
            payload: The execution's input, JSON.

        Raises:
            Refused: As Lambda refuses the call.
        """
        waits = headers.get("x-amz-invocation-type", "RequestResponse") != "Event"
        name = headers.get("x-amz-durable-execution-name") or str(uuid.uuid4())
        self._check(function, qualifier, name, payload, waits=waits)
        arn = self._start_once(function, name, payload or b"{}")
        headers = {
            "x-amzn-RequestId": str(uuid.uuid4()),
            "X-Amz-Executed-Version": function.version,
            ARN_HEADER: arn,
        }
        return self._wait(arn, headers) if waits else Answer(202, headers)

    @staticmethod
    def _check(
        function: DurableFunction, qualifier: str | None, name: str, payload: bytes, *, waits: bool
    ) -> None:
        if qualifier is None:
            raise Refused(
                400,
                "InvalidParameterValueException",
                f"{function.name} is a durable function: invoke it with a version, an alias or $LATEST.",
            )
        if waits and function.execution_timeout_seconds > LONGEST_SYNCHRONOUS_SECONDS:
            raise Refused(
                400,
                "InvalidParameterValueException",
                "You cannot synchronously invoke a durable function with an executionTimeout greater than "
                "15 minutes.",
            )
        if not EXECUTION_NAME.fullmatch(name):
            raise Refused(
                400,
                "InvalidParameterValueException",
                "A durable execution's name is 1 to 64 letters, digits, hyphens and underscores.",
            )
        if not waits and len(payload) > LARGEST_EVENT_PAYLOAD_BYTES:
            raise Refused(413, "RequestTooLargeException", "An event's payload is at most 1 MB.")
        try:
            json.loads(payload or b"{}")
        except ValueError:
            raise Refused(400, "InvalidRequestContentException", "The payload is not JSON.") from None

    def _start_once(self, function: DurableFunction, name: str, payload: bytes) -> str:
        # By its values: the same input written with other spaces or in another order is the same input.
        digest = hashlib.sha256(json.dumps(json.loads(payload), sort_keys=True).encode()).hexdigest()
        with self._lock:
            start = self._starts.setdefault((function.name, name), NamedStart())
        # A second caller of the same name waits for the first one's start; a failed start leaves no trace.
        with start.lock:
            if not start.execution_arn:
                start.execution_arn = self._start(function, name, payload)
                start.payload_digest = digest
            elif start.payload_digest != digest:
                raise Refused(
                    409,
                    "DurableExecutionAlreadyStartedException",
                    f"The execution {name} was started already with another payload.",
                )
            return start.execution_arn

    def _start(self, function: DurableFunction, name: str, payload: bytes) -> str:
        order = {
            "AccountId": function.account_id,
            "FunctionName": function.name,
            "FunctionQualifier": function.version,
            "ExecutionName": name,
            "ExecutionTimeoutSeconds": function.execution_timeout_seconds,
            "ExecutionRetentionPeriodDays": function.retention_days,
            "InvocationId": str(uuid.uuid4()),
            "Input": payload.decode(),
        }
        headers = {"Content-Type": "application/json"}
        answer = self._runner.call("POST", "/start-durable-execution", headers, json.dumps(order).encode())
        if answer.status != 201:
            raise Refused(500, "ServiceException", "The local durable runner did not start the execution.")
        return str(json.loads(answer.body)["ExecutionArn"])

    def _wait(self, arn: str, headers: Mapping[str, str]) -> Answer:
        while True:
            path = f"/2025-12-01/durable-executions/{quote(arn, safe='')}"
            found: dict[str, Any] = json.loads(self._runner.call("GET", path, {}).body)
            if found["Status"] == "SUCCEEDED":
                return Answer(200, headers, (found.get("Result") or "null").encode())
            if found["Status"] != "RUNNING":
                failed = dict(headers) | {"X-Amz-Function-Error": "Unhandled"}
                return Answer(200, failed, json.dumps(found.get("Error") or {}).encode())
            time.sleep(self._poll_seconds)


def existing_execution(answer: Answer, request_body: bytes, describe: Callable[[str], Answer]) -> Answer:
    """Return what AWS answers to a StartExecution that the engine refused for its name.

    Args:
        answer: The engine's.
        request_body: The StartExecution's.
        describe: DescribeExecution of an ARN, at the engine.
    """
    if answer.status != 400 or b"ExecutionAlreadyExists" not in answer.body:
        return answer
    found_arn = re.search(rb"arn:[^'\"\\\s]+", answer.body)
    if found_arn is None:
        return answer
    described = describe(found_arn[0].decode())
    if described.status != 200:
        return answer
    execution = json.loads(described.body)
    asked_input = json.loads(request_body).get("input", "{}")
    if execution["status"] != "RUNNING" or execution.get("input", "{}") != asked_input:
        return answer
    body = {"executionArn": execution["executionArn"], "startDate": execution["startDate"]}
    return Answer(200, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(body).encode())
