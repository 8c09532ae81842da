"""Moto's ASL interpreter in virtual time: the one place that names its private parts.

The interpreter runs in the calling thread: no worker threads for the machine and its tasks, so that a task's
handler runs in the main thread, as in Lambda, and a timeout interrupts it at its virtual moment.
"""

import copy
import functools
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from moto.stepfunctions.parser.asl.component.common.path import result_path
from moto.stepfunctions.parser.asl.component.common.retry import jitter_strategy_decl, retrier_decl
from moto.stepfunctions.parser.asl.component.common.string import string_expression
from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import EvalTimeoutError
from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.component.state.choice.comparison.operator.implementations import (
    is_operator,
)
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_aws_sdk,
    state_task_service_callback,
    state_task_service_sns,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import (
    StateTaskService,
)
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.timestamp import Timestamp
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.eval import environment, states
from moto.stepfunctions.parser.asl.eval.callback.callback import (
    CallbackConsumerTimeout,
    CallbackOutcomeTimedOut,
)
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.utils import json_path

from orchbench.virtual_time.clock import Timer, VirtualClock
from orchbench.virtual_time.patching import Seam, replaced

WAIT = Seam(WaitFunction, "_wait_interval", "to have Wait states pass on its clock")
WAIT_UNTIL = Seam(
    Timestamp, "_get_wait_seconds", "to wait until a moment on its clock, and not up to a second less"
)
BACKOFF = Seam(retrier_decl, "time", "to have the back-off of Retry pass on its clock")
JITTER = Seam(jitter_strategy_decl, "random", "to seed the jitter of Retry")
TASK = Seam(ExecutionState, "_evaluate_with_timeout", "to run a Task in this thread, under a virtual timeout")
PROGRAM = Seam(Program, "eval", "to run the machine in this thread")
EVENTS = Seam(environment, "EventManager", "to keep the history, and its quota, itself")
LAMBDA = Seam(lambda_eval_utils, "boto_client_for", "to have Tasks call the handlers in process")
CALLBACK = Seam(
    state_task_service_callback.StateTaskServiceCallback,
    "_eval_wait_for_task_token",
    "to wait for a token on its clock",
)
DEFINITION = Seam(
    AmazonStateLanguageParser, "parse", "to parse each definition once: what it makes keeps no state"
)
PARSE = Seam(json_path, "parse", "to parse each JSONPath once: parsing was two thirds of a rehearsal")
PARSE_RESULT_PATH = Seam(result_path, "parse", PARSE.reason)
COPY = Seam(states, "copy", "to copy JSON values with less ado: copying was a fifth of a rehearsal")
COPY_EXPRESSION = Seam(string_expression, "copy", COPY.reason)
SDK = Seam(state_task_service_aws_sdk, "boto_client_for", "to have SDK integrations call the rehearsed AWS")
SNS = Seam(state_task_service_sns, "boto_client_for", SDK.reason)
SDK_SERVICES = Seam(
    StateTaskService, "_SERVICE_NAME_SFN_TO_BOTO_OVERRIDES", "to name the Data API as boto3 names it"
)
SDK_ERRORS = Seam(
    state_task_service_aws_sdk, "_SERVICE_ERROR_NAMES", "to name the Data API's errors as Step Functions does"
)
TIMESTAMP = Seam(
    is_operator.IsTimestamp,
    "string_to_timestamp",
    "to compare moments with an offset, such as its own of a state's entry",
)
SEAMS = (
    WAIT, WAIT_UNTIL, BACKOFF, JITTER, TASK, PROGRAM, EVENTS, LAMBDA, SDK, SNS, SDK_SERVICES, SDK_ERRORS,
    TIMESTAMP, CALLBACK, DEFINITION, PARSE, PARSE_RESULT_PATH, COPY, COPY_EXPRESSION,
)  # fmt: skip

_parse_definition_once = functools.lru_cache(maxsize=32)(getattr(DEFINITION.owner, DEFINITION.name))
_parse_once = functools.cache(getattr(json_path, PARSE.name))
_parse_result_path_once = functools.cache(getattr(result_path, PARSE_RESULT_PATH.name))


class TaskTimedOut(BaseException):
    """Interrupts a Task's handler at the Task's timeout."""


@contextmanager
def moto_in_virtual_time(
    clock: VirtualClock,
    generator: random.Random,
    *,
    events: Any,
    client_of: Callable[[str], Any],
    is_over: Callable[[], bool],
) -> Iterator[None]:
    """Have the interpreter wait on a clock, and make its calls and record its events here.

    Args:
        client_of: gives the client of a service that a Task calls, by boto3's name of it.
        generator: draws the jitter of retries.
        events: what takes the place of moto's EventManager.
        is_over: tells whether the execution has ended, which ends a wait early.
    """

    def wait(_self: Any, env: Any, wait_seconds: float) -> None:  # noqa: ARG001 - moto's own signature
        clock.sleep_until(clock.now() + max(0, wait_seconds), is_over)

    def seconds_until(self: Any, env: Any) -> float:
        self.string.eval(env=env)
        moment = _moment(env.stack.pop())
        if moment is None:
            raise ValueError("A Wait state takes a moment in ISO 8601 with its offset.")
        return moment.timestamp() - clock.now()

    def back_off(seconds: float) -> None:
        clock.sleep_until(clock.now() + seconds, is_over)

    timeouts: dict[str, Timer] = {}

    def wait_for_token(_self: Any, env: Any, timeout_seconds: int, callback_endpoint: Any, **_: Any) -> Any:  # noqa: ARG001
        def enough() -> bool:
            return callback_endpoint.get_outcome() is not None or is_over()

        # The Task's own timeout ends the wait, after whatever completes the token at that very moment.
        timeout = timeouts[callback_endpoint.callback_id]
        timeout.cancel()
        clock.sleep_until(timeout.moment, enough)
        return callback_endpoint.get_outcome() or CallbackOutcomeTimedOut(callback_endpoint.callback_id)

    def client_for(*_: Any, service: str, **__: Any) -> Any:
        return client_of(service)

    def run_task(self: Any, env: Any) -> None:
        _run_task(self, env, clock, timeouts)

    with replaced(
        [
            (WAIT, wait),
            (WAIT_UNTIL, seconds_until),
            (BACKOFF, SimpleNamespace(sleep=back_off)),
            (JITTER, generator),
            (TASK, run_task),
            (PROGRAM, _run_program),
            (EVENTS, lambda *_, **__: events),
            (LAMBDA, client_for),
            (SDK, client_for),
            (SNS, client_for),
            (
                SDK_SERVICES,
                getattr(SDK_SERVICES.owner, SDK_SERVICES.name) | {"redshiftdata": "redshift-data"},
            ),
            (SDK_ERRORS, getattr(SDK_ERRORS.owner, SDK_ERRORS.name) | {"redshiftdata": "RedshiftData"}),
            (TIMESTAMP, _moment),
            (CALLBACK, wait_for_token),
            (DEFINITION, _parse_definition_once),
            (PARSE, _parse_once),
            (PARSE_RESULT_PATH, _parse_result_path_once),
            (COPY, _JSON_COPY),
            (COPY_EXPRESSION, _JSON_COPY),
        ]
    ):
        yield


def copied(value: Any) -> Any:
    """Return what ``copy.deepcopy`` does of a JSON value, in which nothing stands twice."""
    kind = type(value)
    if kind is dict:
        return {key: copied(one) for key, one in value.items()}
    if kind is list:
        # A schedule of a day is hundreds of numbers, and copied for every state.
        return value.copy() if _UNCHANGING.issuperset(map(type, value)) else [copied(one) for one in value]
    if kind in _UNCHANGING:
        return value
    return copy.deepcopy(value)


_UNCHANGING = frozenset({str, int, float, bool, type(None)})
_JSON_COPY = SimpleNamespace(deepcopy=copied)


def _moment(text: str) -> datetime | None:
    """Read a moment in ISO 8601; None where it is none, or has no offset to compare it by."""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return None if moment.tzinfo is None else moment


def _run_program(self: Any, env: Any) -> None:
    """Do what ``Program.eval`` does, in this thread; the machine's timeout is the host's."""
    env.next_state_name = self.start_at.start_at_name
    EvalComponent.eval(self, env)


def _run_task(self: Any, env: Any, clock: VirtualClock, timeouts: dict[str, Timer]) -> None:
    """Do what ``ExecutionState._evaluate_with_timeout`` does, in this thread.

    Args:
        timeouts: of Tasks that wait for a token, by the token.
    """
    self.timeout.eval(env=env)
    timeout_seconds = env.stack.pop()
    _renew_token(env)
    frame = env.open_frame()
    frame.states.reset(input_value=env.states.get_input())
    frame.stack = copied(env.stack)

    def time_out() -> None:
        raise TaskTimedOut

    try:
        with clock.timer(timeout_seconds, time_out) as timer:
            if endpoint := _token_endpoint(env):
                timeouts[endpoint.callback_id] = timer
            self._eval_execution(frame)
    except TaskTimedOut:
        raise EvalTimeoutError from None
    finally:
        frame.set_ended()
        env.close_frame(frame)
        if endpoint := _token_endpoint(env):
            endpoint.report(CallbackConsumerTimeout())
    output = frame.stack[-1]
    env.stack.append(output)
    if not self._is_language_query_jsonpath():
        env.states.set_result(output)
    if self.assign_decl:
        self.assign_decl.eval(env=env)
    if self.result_selector:
        self.result_selector.eval(env=env)
    if self.result_path:
        self.result_path.eval(env)
    else:
        env.states.reset(input_value=env.stack.pop())


def _token_endpoint(env: Any) -> Any:
    """Return where the outcome of the Task's token arrives; None for a Task that waits for none."""
    token = env.states.context_object.context_object_data.get("Task", {}).get("Token")
    return env.callback_pool_manager.get(token)


def _renew_token(env: Any) -> None:
    """Give another attempt of a Task a token of its own, which moto does not: an earlier one's is closed."""
    endpoint = _token_endpoint(env)
    if endpoint is not None and endpoint.consumer_error is not None:
        env.callback_pool_manager.add(env.states.context_object.update_task_token())
