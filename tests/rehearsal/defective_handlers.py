"""The deployed handlers with a defect in their submit, before its call is made or after it was answered."""

from typing import Any

from aws_durable_execution_sdk_python import DurableContext, durable_execution

from durable.execution import run_batch
from durable.steps import BatchSteps
from durable_poll.handler import POLL_BUDGET, poll
from redshift_batch.model import Json
from submit import handler as submit
from telemetry import recorded


@recorded("Submit batch")
def sfn_before_the_call(_event: Json, _context: Any) -> Json:
    raise LookupError("a defect")


@recorded("Submit batch")
def sfn_after_the_call(event: Json, context: Any) -> Json:
    submit.handler(event, context)
    raise LookupError("a defect")


class _DefectiveBefore(BatchSteps):
    def _submit(self, _event: Json) -> Json:
        raise LookupError("a defect")


class _DefectiveAfter(BatchSteps):
    def _submit(self, event: Json) -> Json:
        super()._submit(event)
        raise LookupError("a defect")


@durable_execution
def durable_before_the_call(event: Json, context: DurableContext) -> Json:
    return run_batch(event, context, _DefectiveBefore(context, POLL_BUDGET), poll)


@durable_execution
def durable_after_the_call(event: Json, context: DurableContext) -> Json:
    return run_batch(event, context, _DefectiveAfter(context, POLL_BUDGET), poll)
