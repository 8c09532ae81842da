"""AWS as everything in a rehearsal reaches it: one way in, whoever calls.

What functions ask through boto3's own clients, what a state machine's integrations ask and what EventBridge
delivers all come through here, so that all meet the same scripted faults. The Data API is the rehearsed one,
an Invoke runs the handler, and questions about the execution go to its host.
"""

import io
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from orchbench.rehearsal.data_api import SERVICE as DATA_API
from orchbench.rehearsal.data_api import RehearsedDataApi
from orchbench.rehearsal.function_calls import FunctionCalls
from orchbench.trace import Json
from orchbench.virtual_time.application import Function
from orchbench.virtual_time.functions import Functions, FunctionStopped, FunctionTimedOut

Operation = Callable[[Mapping[str, Any]], Json]
_REQUEST = "orchbench_request"
"""Where a client's request is kept, in the context of its call."""


class UnknownToRehearsals(NotImplementedError):
    """A call that no rehearsal has needed so far."""


class Aws:
    """Routes calls by their service.

    Args:
        calls: makes those of functions of other services than the Data API; None to have nothing go wrong.
    """

    def __init__(
        self, data_api: RehearsedDataApi, functions: Functions, calls: FunctionCalls | None = None
    ) -> None:
        self._data_api = data_api
        self._functions = functions
        self._calls = calls
        self._operations: dict[tuple[str, str], Operation] = {("lambda", "Invoke"): self._invoke_function}

    def serve(self, service: str, operations: Mapping[str, Operation]) -> None:
        """Have operations of a service answered, by their names as boto3's models have them."""
        self._operations |= {(service, name): operation for name, operation in operations.items()}

    def invoke(self, service: str, operation: str, request: Mapping[str, Any]) -> Json:
        """Call an operation as a service of AWS does it, without a function around the call.

        Args:
            service: as boto3 names it, such as ``redshift-data``.
            operation: as its model names it, such as ``DescribeStatement``.

        Returns:
            The answer in boto3's shape; moments as text, as an integration hands them on.

        Raises:
            botocore.exceptions.ClientError: the service refuses the call.
            UnknownToRehearsals: there is no such operation here.
        """
        if service == DATA_API:
            answer: Json = told(self._data_api.call(operation, request))
            return answer
        return self._operation(service, operation)(request)

    def deliver(self, function: Function, event: Json, *, on_behalf: bool) -> bool:
        """Invoke a function with an event, as Lambda does asynchronously; tell whether it succeeded.

        Args:
            on_behalf: whether the invocation belongs to the execution's trace.
        """
        return "FunctionError" not in self._invoked(function, event, on_behalf=on_behalf)

    def client(self, service: str) -> "Integration":
        """Return what has boto3's methods for a service, for an engine that wants a client."""
        return Integration(self, service)

    def attach(self, client: Any) -> None:
        """Answer every call of a function's own boto3 client; its retries stay its own."""
        service = client.meta.service_model.service_name
        if service == DATA_API:
            self._data_api.attach(client)
            return

        def note(params: Any, context: dict[str, Any], **_: Any) -> None:
            context[_REQUEST] = params

        def answer(model: Any, context: dict[str, Any], **_: Any) -> tuple[Any, Json]:
            def act() -> Json:
                return self.invoke(service, model.name, context.get(_REQUEST) or {})

            if self._calls is None:
                return SimpleNamespace(status_code=200), act()
            return self._calls.make(client, model.name, act)

        hyphenated = client.meta.service_model.service_id.hyphenize()
        events = client.meta.events
        events.register(f"before-parameter-build.{hyphenated}", note, unique_id="orchbench-request")
        events.register(f"before-call.{hyphenated}", answer, unique_id="orchbench-answer")

    def _operation(self, service: str, operation: str) -> Operation:
        found = self._operations.get((service, operation))
        if found is None:
            raise UnknownToRehearsals(f"Rehearsals do not know {operation} of {service}.")
        return found

    def _invoke_function(self, request: Mapping[str, Any]) -> Json:
        """Invoke a function and answer as Lambda does, an error of the function included.

        An invocation of the type Event is made at once too; it belongs to no execution.
        """
        function = self._functions.application.function(request["FunctionName"])
        payload = json.loads(request.get("Payload", b"{}"))
        return self._invoked(function, payload, on_behalf=request.get("InvocationType") != "Event")

    def _invoked(self, function: Function, payload: Any, *, on_behalf: bool) -> Json:
        try:
            return _answer(self._functions.invoke(function, payload, on_behalf=on_behalf))
        except FunctionTimedOut as stopped:
            return _answer(_error("Sandbox.Timedout", str(stopped)), error=True)
        except FunctionStopped as stopped:
            return _answer(_error("Runtime.ExitError", str(stopped)), error=True)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises, Lambda tells its caller
            return _answer(_error(type(error).__name__, str(error)), error=True)


class Integration:
    """A service's operations as methods, named as boto3's clients name them."""

    def __init__(self, aws: Aws, service: str) -> None:
        self._aws = aws
        self._service = service

    def __getattr__(self, method: str) -> Callable[..., Json]:
        operation = "".join(part.capitalize() for part in method.split("_"))

        def call(**request: Any) -> Json:
            return self._aws.invoke(self._service, operation, request)

        return call


def told(value: Any) -> Any:
    """Return an answer as JSON has it: a moment in ISO 8601, to the millisecond, in UTC."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return {key: told(one) for key, one in value.items()}
    return [told(one) for one in value] if isinstance(value, list) else value


def _error(name: str, message: str) -> Json:
    return {"errorMessage": message, "errorType": name}


def _answer(payload: Any, *, error: bool = False) -> Json:
    answer = {
        "StatusCode": 200,
        "ExecutedVersion": "$LATEST",
        "Payload": io.BytesIO(json.dumps(payload).encode()),
    }
    return answer | {"FunctionError": "Unhandled"} if error else answer
