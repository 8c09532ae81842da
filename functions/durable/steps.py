"""The work of the durable versions, as steps: what each does, and when it is tried again.

Everything that is not deterministic (a call, the moment) happens inside a step. The retries are the ones
that ``statemachine/sfn_poll.asl.json`` names. A step has one count of attempts where a Task has one for each
of its retriers, so a step's own retries are those of one retrier: faults of the work. What another retrier
counts, a statement that waits to run, a step's result says; what a third one counts, Lambda's own faults, is
Lambda's to invoke again.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import boto3
from aws_durable_execution_sdk_python import DurableContext, StepContext, StepError
from aws_durable_execution_sdk_python.config import Duration, JitterStrategy, StepConfig
from aws_durable_execution_sdk_python.exceptions import DurableOperationError
from aws_durable_execution_sdk_python.retries import (
    RetryDecision,
    RetryStrategyConfig,
    create_retry_strategy,
)
from aws_durable_execution_sdk_python.serdes import JsonSerDes

from redshift_batch import lifecycle
from redshift_batch.clients import session
from redshift_batch.data_api import DataApi, redshift_data_client
from redshift_batch.deadline import run_before_timeout
from redshift_batch.errors import (
    BatchError,
    StatementNotRunningYet,
    TransientFault,
    error_named,
)
from redshift_batch.lifecycle import was_cut_off, with_failure
from redshift_batch.model import Json, Progress
from redshift_batch.settings import Settings
from telemetry import count_cancelled, measure, recorded

# The SDK makes a client of its own with boto3: of this session, so that no model is loaded for it again.
boto3.setup_default_session(botocore_session=session())

TRANSIENT_RETRIES = RetryStrategyConfig(
    max_attempts=7,
    initial_delay=Duration.from_seconds(2),
    backoff_rate=2.0,
    max_delay=Duration.from_seconds(60),
    jitter_strategy=JitterStrategy.FULL,
    retryable_error_types=[TransientFault],
)
# A statement that waits to run cannot be cancelled, and must not run once nobody waits for it. Three quarters
# of an hour on average; each is a step and a wait of the 100 operations that a poll budget keeps for retries.
QUEUED_RETRIES = replace(
    TRANSIENT_RETRIES,
    max_attempts=46,
    initial_delay=Duration.from_seconds(120),
    backoff_rate=1.0,
    max_delay=Duration.from_seconds(120),
    retryable_error_types=[StatementNotRunningYet],
)
WAITS = "waits_to_run"
"""Where the result of a cancel that was refused tells of it."""
NEW_INVOCATION = Duration.from_seconds(1)
"""The shortest wait there is, after which Lambda invokes the function anew."""


class _WithoutTraceback(logging.Filter):
    """Keeps the line and drops its traceback: the message of a failed batch quotes the database."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = record.exc_text = None
        return True


# The SDK logs what a handler raises. The execution's record keeps the error; a log is read by more people.
logging.getLogger("aws_durable_execution_sdk_python.execution").addFilter(_WithoutTraceback())

_retry_transient = create_retry_strategy(TRANSIENT_RETRIES)
retry_queued = create_retry_strategy(QUEUED_RETRIES)


Kept = Callable[[Progress, datetime], Json]
"""What a step keeps of a progress, and of the moment that it was made at."""


def _progress_alone(progress: Progress, _now: datetime) -> Json:
    return progress.to_json()


def retry_strategy(error: Exception, attempts_made: int) -> RetryDecision:
    """Decide on another attempt of a step: after the work's own transient faults, all of them one count."""
    if isinstance(error, StatementNotRunningYet):
        return RetryDecision.no_retry()
    return _retry_transient(error, attempts_made)


def _step_config(faults_before: int) -> StepConfig:
    """Return the steps' configuration.

    Args:
        faults_before: of the same work, in steps before this one.
    """
    # The steps return plain JSON. The SDK's default would tag every value with its type: histories that
    # nobody can read, and a third more time for each replay.
    return StepConfig(
        retry_strategy=lambda error, attempts_made: retry_strategy(error, faults_before + attempts_made),
        serdes=JsonSerDes(),
    )


class BatchSteps:
    """The work of one execution; what a step's last attempt ended with is raised under its own name.

    Args:
        poll_budget: how many checks the execution's operations allow.
        callback_id: of the callback that the event of the statement's end completes, where one waits for it.
        kept: what the steps' results are.
    """

    def __init__(
        self,
        context: DurableContext,
        poll_budget: int,
        *,
        callback_id: str = "",
        kept: Kept = _progress_alone,
    ) -> None:
        self._context = context
        self._poll_budget = poll_budget
        self._callback_id = callback_id
        self._kept = kept
        self._execution_id = context.execution_context.durable_execution_arn
        self._settings = Settings.from_environment()

    def submit_batch(self, event: Json) -> Json:
        """Submit, as a step."""
        return self._step("submit-batch", lambda _step: self._attempt("submit-batch", self._submit, event))

    def check_status(self, progress: Json) -> Json:
        """Check, as a step; a fault that outlived its retries becomes the progress's failure."""
        try:
            return self._step("check-status", lambda _step: self.check_status_once(progress))
        except BatchError as error:
            return with_failure(progress, error)

    def check_status_once(self, progress: Json) -> Json:
        """Check, inside an operation that is not a step; a fault is raised as it came."""
        return self._attempt("check-status", self._check, progress)

    def cancel_batch(self, progress: Json) -> Json:
        """Cancel, as a step, and again while the statement waits to run.

        Where even that fails, the progress stays: the execution fails either way.
        """
        if was_cut_off(progress):
            # What hung has used this invocation's time up; a Task has its own.
            self._context.wait(NEW_INVOCATION, name="wait-for-time")
        faults = refusals = 0
        while True:
            try:
                cancelled = self._step("cancel-batch", self._cancel_in_turn(progress, refusals), faults)
            except BatchError:
                return progress
            waits = cancelled.get(WAITS)
            if waits is None:
                return cancelled
            faults += waits["faults"]
            refusals += 1
            self._context.wait(Duration.from_seconds(waits["seconds"]), name="wait-for-turn")

    def _cancel_in_turn(self, progress: Json, refusals: int) -> Callable[[StepContext], Json]:
        """Return the body of a step that cancels, or says when to try again a statement that waits to run."""

        def cancel(step: StepContext) -> Json:
            try:
                return self._attempt("cancel-batch", self._cancel, progress)
            except StatementNotRunningYet as refusal:
                decision = retry_queued(refusal, refusals + 1)
                if not decision.should_retry:
                    raise
                # Drawn in here, so that a replay does not draw it again.
                return {WAITS: {"faults": step.attempt - 1, "seconds": max(1, decision.delay_seconds)}}

        return cancel

    def _submit(self, event: Json) -> Json:
        # Whoever only checks, after a wait and so often in a new environment, does not load what splits SQL.
        from redshift_batch.submission import submit  # noqa: PLC0415

        now = datetime.now(UTC)
        progress = submit(
            event,
            self._execution_id,
            data_api=self._data_api(),
            settings=self._settings,
            poll_budget=self._poll_budget,
            now=now,
            with_event=bool(self._callback_id),
            callback_id=self._callback_id,
        )
        return self._kept(progress, now)

    def _check(self, progress: Json) -> Json:
        now = datetime.now(UTC)
        checked = lifecycle.check(
            Progress.from_json(progress),
            data_api=self._data_api(),
            poll_budget=self._poll_budget,
            now=now,
        )
        measure(self._execution_id, checked, self._poll_budget, now)
        return self._kept(checked, now)

    def _cancel(self, progress: Json) -> Json:
        cancelled = lifecycle.cancel(self._execution_id, progress, data_api=self._data_api())
        count_cancelled(lifecycle.was_cancelled(cancelled))
        return cancelled

    def _data_api(self) -> DataApi:
        return DataApi(redshift_data_client(), self._settings)

    def _step(self, name: str, body: Callable[[StepContext], Json], faults_before: int = 0) -> Json:
        try:
            return self._context.step(body, name=name, config=_step_config(faults_before))
        except StepError as error:
            raise named_as_raised(error) from error

    def _attempt(self, name: str, work: Callable[[Json], Json], kept: Json) -> Json:
        with recorded(name, self._execution_id):
            return run_before_timeout(
                lambda: work(kept), self._context.lambda_context, self._settings.timeout_margin_seconds
            )


def named_as_raised(error: DurableOperationError) -> BatchError:
    """Return what was raised inside an operation: the SDK wraps it, and every version ends with its name."""
    return error_named(error.error_type, error.message)
