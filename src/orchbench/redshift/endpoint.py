"""AWS JSON 1.1: a target header and a body in, a status and a body out. Both ways in use it.

Faults are applied here, so that they look the same in process and over HTTP.
"""

import itertools
import json
import logging
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from orchbench.redshift.call_counts import CallCounts
from orchbench.redshift.errors import ServiceError, serialization, throttled, unavailable
from orchbench.redshift.faults import Call, Fault, FaultKind, Faults, NoFaults
from orchbench.redshift.model import answer_encoder, request_check, targets
from orchbench.redshift.service import DataApi

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/x-amz-json-1.1"


class Disconnected(Exception):
    """The transport must break the connection without an answer."""


class PatienceExhausted(Exception):
    """The caller stopped waiting before the answer came; the operation may have taken effect."""


_EARLY_FAULTS: dict[FaultKind, Callable[[], Exception]] = {
    FaultKind.THROTTLE: throttled,
    FaultKind.UNAVAILABLE: unavailable,
    FaultKind.DISCONNECT: Disconnected,
    FaultKind.LOSE_ANSWER: Disconnected,
}


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A status, headers and a body."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Endpoint:
    """The Data API behind the AWS JSON 1.1 protocol.

    Args:
        api: the service.
        faults: what goes wrong on purpose.
        counts: of the calls that were answered.
    """

    api: DataApi
    faults: Faults = field(default_factory=NoFaults)
    counts: CallCounts = field(default_factory=CallCounts)
    _calls: Counter[str] = field(default_factory=Counter, init=False)
    _requests: "itertools.count[int]" = field(default_factory=itertools.count, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def answer(self, target: str, body: bytes, *, patience_seconds: float | None = None) -> HttpAnswer:
        """Answer one request.

        Args:
            target: the X-Amz-Target header.
            body: the JSON body.
            patience_seconds: the caller's read timeout, for a transport that has none of its own.

        Raises:
            Disconnected: the connection is to be broken.
            PatienceExhausted: more time than that has passed on the service's clock.
        """
        began = self.api.clock.now()
        try:
            answer = self._success(self._counted(_operation(target), body, patience_seconds))
        except ServiceError as error:
            answer = self.failure(error)
        if patience_seconds is not None and self.api.clock.now() - began > patience_seconds:
            raise PatienceExhausted
        return answer

    def failure(self, error: ServiceError) -> HttpAnswer:
        """Shape the answer that carries an error."""
        content = {"__type": error.code, "Message": error.message, **error.members}
        headers = self._headers() | {"x-amzn-ErrorType": error.code}
        return HttpAnswer(error.http_status, headers, json.dumps(content).encode())

    def _counted(self, operation: str, body: bytes, patience_seconds: float | None) -> Any:
        try:
            content = self._perform(operation, body, patience_seconds)
        except ServiceError as error:
            self.counts.note(operation, error.code, self.api.clock.now())
            raise
        self.counts.note(operation, None, self.api.clock.now())
        return content

    def _perform(self, operation: str, body: bytes, patience_seconds: float | None) -> Any:
        with self._lock:
            self._calls[operation] += 1
            number = self._calls[operation]
        given_up = self._apply_before(self.faults.before(self._call(operation, number)), patience_seconds)
        try:
            content = self._operate(operation, body)
        finally:
            if given_up:
                raise PatienceExhausted
        self._apply_after(self.faults.after(self._call(operation, number)))
        return content

    def _operate(self, operation: str, body: bytes) -> Any:
        request = _parse(body)
        request_check(operation)(request)
        given = {name: value for name, value in request.items() if value is not None}
        try:
            return answer_encoder(operation)(self.api.call(operation, given))
        except ServiceError:
            raise
        except Exception as error:  # whatever happens to one request, its caller gets an answer
            log.exception("%s failed inside the local service", operation)
            raise unavailable() from error

    def _call(self, operation: str, number: int) -> Call:
        return Call(operation, number, self.api.clock.now())

    def _apply_before(self, fault: Fault | None, patience_seconds: float | None) -> bool:
        """Return True if the caller has given up, while the operation still happens."""
        if fault is None:
            return False
        if fault.kind is not FaultKind.DELAY:
            raise _EARLY_FAULTS[fault.kind]()
        gives_up = patience_seconds is not None and fault.seconds > patience_seconds
        self.api.clock.sleep(patience_seconds if gives_up and patience_seconds is not None else fault.seconds)
        return gives_up

    def _apply_after(self, fault: Fault | None) -> None:
        if fault is None:
            return
        if fault.kind is FaultKind.DELAY:
            self.api.clock.sleep(fault.seconds)
            return
        raise _EARLY_FAULTS[fault.kind]()

    def _success(self, content: Any) -> HttpAnswer:
        return HttpAnswer(200, self._headers(), json.dumps(content).encode())

    def _headers(self) -> dict[str, str]:
        request_id = str(uuid.UUID(int=next(self._requests)))
        return {"Content-Type": CONTENT_TYPE, "x-amzn-RequestId": request_id}


def _operation(target: str) -> str:
    operation = targets().get(target)
    if operation is None:
        raise ServiceError("UnknownOperationException", f"The operation '{target}' is unknown.")
    return operation


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise serialization("The request body is not JSON.") from error
