"""Lambda durable functions as a platform: their ARNs, their records as traces, and what is metered.

Operations are counted by the table "How durable operations are metered" of the Lambda developer guide.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from orchbench.platforms.durable_functions.exported import record_in_export, works_in_history
from orchbench.platforms.durable_functions.history import invocation_requests, trace_from_history
from orchbench.platforms.durable_functions.service import PERMISSIONS, DurableExecution
from orchbench.platforms.meters import (
    CHECKPOINTS,
    DURABLE_OPERATIONS,
    WAKES,
    WRITTEN_BYTES,
    ExecutionQuota,
    Meter,
)
from orchbench.platforms.platform import (
    AccountQuotas,
    Clients,
    InvocationRequest,
    Platform,
    Record,
    Service,
    TracedWay,
    Unrecorded,
)
from orchbench.trace import EventKind, Invocation, Trace, TraceEvent, Work

WAITS_FOR_CONDITION = "WaitForCondition"
NOT_SHOWN = "The history leaves out what each poll of a condition stores: taken to be as large as a step's"
OPERATIONS_QUOTA = ExecutionQuota("durable_operations", DURABLE_OPERATIONS, 3_000, reserve=100 + 50)
"""100 retries of a call, and 50 invocations that Lambda makes again, are kept: 1 operation each."""
DATA_QUOTA = ExecutionQuota("durable_data_bytes", WRITTEN_BYTES, 100 * 1024 * 1024, reserve=0)
ENDED_STEPS = (EventKind.STEP_SUCCEEDED, EventKind.STEP_FAILED)
MARK = "/durable-execution/"


class DurableFunctionsPlatform(Platform):
    """Durable executions of Lambda functions."""

    name = "durable-functions"
    title = "Lambda durable functions"
    meters = (DURABLE_OPERATIONS, WRITTEN_BYTES)
    permissions = PERMISSIONS
    account_quotas = AccountQuotas(
        starts_a_second="durable_starts_a_second",
        open_executions="durable_running_executions",
        a_second={
            CHECKPOINTS: "durable_checkpoints_a_second",
            WAKES: "durable_wakes_a_second",
        },
    )
    execution_quotas = (OPERATIONS_QUOTA, DATA_QUOTA)
    longest_execution = "durable_execution_seconds"
    alarms = 6

    def service(self, clients: Clients) -> Service:
        """Return durable functions in one account and region."""
        return DurableExecution(clients.client("lambda"))

    def owns(self, execution_arn: str) -> bool:
        """Tell whether an ARN is an execution's: FUNCTION_ARN:VERSION/durable-execution/NAME/ID."""
        return MARK in execution_arn

    def execution_name(self, execution_arn: str) -> str:
        """Return what follows the mark."""
        return execution_arn.partition(MARK)[2].partition("/")[0]

    def runs(self, target_arn: str, execution_arn: str) -> bool:
        """Tell whether an execution is one of a function, whatever its version."""
        function, execution = target_arn.split(":"), execution_arn.split(":")
        return len(execution) >= 8 and (function[2], function[6]) == (execution[2], execution[6])

    def unfit(self, clients: Clients, target_arn: str) -> str | None:
        """Refuse a function that was not created as a durable one."""
        if "DurableConfig" in clients.client("lambda").get_function_configuration(FunctionName=target_arn):
            return None
        return "not a durable function, which only its creation decides: delete it and deploy it anew"

    def requests(self, record: Record) -> list[InvocationRequest]:
        """Return the invocations that a history shows."""
        return invocation_requests(record.events, record.description["FunctionArn"].split(":")[6])

    def trace(self, way: TracedWay, host: str, record: Record, invocations: Sequence[Invocation]) -> Trace:
        """Return an execution's trace."""
        return trace_from_history(way, self.name, host, record, invocations)

    def exported(self, documents: Sequence[Any]) -> Record | None:
        """Return the record that an export of a history holds."""
        return record_in_export(documents)

    def works_in(self, record: Record) -> Mapping[str, Work]:
        """Guess what the history's operations do."""
        return works_in_history(record.events)

    def retries(self, events: Sequence[TraceEvent]) -> int:
        """Count the attempts beyond the first, of steps and of invocations."""
        return _step_retries(events) + _invocation_retries(events)

    def metered(self, events: Sequence[TraceEvent]) -> Mapping[Meter, int]:
        """Count 1 for the execution, 1 an operation, 1 a retry or poll, 1 an invocation retry; and bytes."""
        # A step is metered by its result: one that began, and was refused or is not over, is none yet.
        operations = {
            event.detail["operation_id"]
            for event in events
            if "operation_id" in event.detail
            if event.kind is not EventKind.STEP_STARTED or event.detail.get("type") == WAITS_FOR_CONDITION
        }
        condition_polls = sum(
            str(event.detail.get("type")) == WAITS_FOR_CONDITION and event.kind in ENDED_STEPS
            for event in events
        )
        return {
            DURABLE_OPERATIONS: 1 + len(operations) + self.retries(events) + condition_polls,
            WRITTEN_BYTES: sum(event.detail.get("written_bytes", 0) for event in events),
        }

    def unrecorded(self, events: Sequence[TraceEvent]) -> Sequence[Unrecorded]:
        """Estimate what polls of a condition stored, whose payloads no history shows."""
        ended = [event for event in events if event.kind in ENDED_STEPS]
        known = [int(event.detail["written_bytes"]) for event in ended if "written_bytes" in event.detail]
        silent = sum(
            event.detail.get("type") == WAITS_FOR_CONDITION and "written_bytes" not in event.detail
            for event in ended
        )
        missing = silent * min(known, default=0)
        return [Unrecorded(WRITTEN_BYTES, missing, NOT_SHOWN)] if missing else []


def _step_retries(events: Iterable[TraceEvent]) -> int:
    """Count the failed attempts of steps after which another was planned; a condition's are polls."""
    return sum(
        event.kind is EventKind.STEP_FAILED
        and event.detail.get("type") != WAITS_FOR_CONDITION
        and bool(event.detail.get("next_attempt_seconds"))
        for event in events
    )


def _invocation_retries(events: Iterable[TraceEvent]) -> int:
    """Count the invocations that failed as such and were made again; a step's failure is none of these."""
    ended = [event for event in events if event.kind is EventKind.INVOCATION_ENDED]
    return sum("error" in earlier.detail for earlier, _later in pairwise(ended))
