"""Calls that functions make of other services than the Data API, through boto3 and with its retries.

They are answered before botocore would build a request, so its attempts are made here: a client tries again
where botocore's standard mode does (throttling, a service's own failure, no answer), and pauses half of the
longest that botocore may pause. The scripted faults come in as with the Data API's calls.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from orchbench.redshift.faults import Call, FaultKind
from orchbench.rehearsal.scripted_faults import ScriptedFaults
from orchbench.trace import Json
from orchbench.virtual_time.clock import VirtualClock

LONGEST_BACKOFF_SECONDS = 20.0
DEFAULT_ATTEMPTS = 3
"""Of botocore's standard mode."""
THROTTLED = {"lambda": ("TooManyRequestsException", 429)}
"""Lambda's own name and status; every other service throttles with a ThrottlingException."""
ITS_OWN_FAILURE = {"lambda": ("ServiceException", 500)}
"""That every other service names it InternalServerException is assumed."""

Answer = tuple[Any, Json]


class _NoAnswer(Exception):
    """No answer arrived; the call may have taken effect."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


class FunctionCalls:
    """Makes the calls."""

    def __init__(self, faults: ScriptedFaults, clock: VirtualClock) -> None:
        self._faults = faults
        self._clock = clock

    def make(self, client: Any, operation: str, act: Callable[[], Json]) -> Answer:
        """Make a call, and again where botocore would.

        Args:
            client: whose call it is.
            act: has the service do it; it raises ClientError for a refusal.

        Returns:
            A response and its parsed body, as botocore has them.

        Raises:
            botocore.exceptions.HTTPClientError: no attempt had an answer.
        """
        attempts = (client.meta.config.retries or {}).get("total_max_attempts", DEFAULT_ATTEMPTS)
        for attempt in range(1, attempts + 1):
            try:
                answer = self._attempt(client, operation, act)
                if attempt == attempts or not _is_transient(answer):
                    return answer
            except _NoAnswer as none:
                if attempt == attempts:
                    raise none.error from none
            self._clock.sleep(min(2.0 ** (attempt - 1), LONGEST_BACKOFF_SECONDS) / 2)
        raise AssertionError("a client makes at least one attempt")

    def _attempt(self, client: Any, operation: str, act: Callable[[], Json]) -> Answer:
        call = Call(operation, 0, self._clock.now())
        fault = self._faults.before(call)
        late = False
        match fault and fault.kind:
            case FaultKind.THROTTLE:
                return _refusal(client, operation, THROTTLED, ("ThrottlingException", 400))
            case FaultKind.UNAVAILABLE:
                return _refusal(client, operation, ITS_OWN_FAILURE, ("InternalServerException", 500))
            case FaultKind.DISCONNECT:
                raise _NoAnswer(ConnectionClosedError(endpoint_url=client.meta.endpoint_url))
            case FaultKind.DELAY:
                seconds, patience = fault.seconds if fault else 0.0, float(client.meta.config.read_timeout)
                late = seconds > patience
                self._clock.sleep(min(seconds, patience))
        try:
            answer: Answer = SimpleNamespace(status_code=200), act()
        except ClientError as error:
            answer = _refused(error)
        if late:
            raise _NoAnswer(ReadTimeoutError(endpoint_url=client.meta.endpoint_url))
        if self._faults.after(call) is not None:
            raise _NoAnswer(ConnectionClosedError(endpoint_url=client.meta.endpoint_url))
        return answer


def _refusal(
    client: Any, operation: str, of_services: dict[str, tuple[str, int]], otherwise: tuple[str, int]
) -> Answer:
    code, status = of_services.get(client.meta.service_model.service_name, otherwise)
    return _refused(refusal(code, "A fault on purpose.", operation, status=status))


def refusal(code: str, message: str, operation: str, *, status: int = 400) -> ClientError:
    """Return what a service's refusal is to whoever calls it, for hosts that answer calls."""
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": ""},
    }
    return ClientError(response, operation)


def _refused(error: ClientError) -> Answer:
    response: Json = dict(error.response)
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    return SimpleNamespace(status_code=status), response


def _is_transient(answer: Answer) -> bool:
    response, body = answer
    throttled = ("ThrottlingException", "TooManyRequestsException")
    return response.status_code >= 500 or body.get("Error", {}).get("Code") in throttled
