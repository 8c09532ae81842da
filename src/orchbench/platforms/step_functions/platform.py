"""Step Functions as a platform: its ARNs, its records as traces, and what it meters.

A state transition is counted each time a state is entered, and once for each retry of a Task (Step Functions
pricing).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from orchbench.platforms.meters import (
    HISTORY_EVENTS,
    HISTORY_READS,
    STATE_TRANSITIONS,
    WAKES,
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
)
from orchbench.platforms.step_functions.exported import record_in_export, works_in_history
from orchbench.platforms.step_functions.history import invocation_requests, trace_from_history
from orchbench.platforms.step_functions.service import PERMISSIONS, StepFunctions
from orchbench.trace import EventKind, Invocation, Trace, TraceEvent, Work

HISTORY_QUOTA = ExecutionQuota(
    "sfn_history_events", HISTORY_EVENTS, 25_000, reserve=100 * 3, kept_for_the_end=1
)
"""The last event of a full history is the execution's own end. 100 retries of 3 events each are kept."""


class StepFunctionsPlatform(Platform):
    """Standard workflows."""

    name = "step-functions"
    title = "Step Functions"
    meters: Sequence[Meter] = (STATE_TRANSITIONS,)
    permissions = PERMISSIONS
    account_quotas = AccountQuotas(
        starts_a_second="sfn_start_execution_a_second",
        open_executions="sfn_open_executions",
        a_second={
            STATE_TRANSITIONS: "sfn_state_transitions_a_second",
            WAKES: "sfn_task_callbacks_a_second",
            HISTORY_READS: "sfn_get_execution_history_a_second",
        },
    )
    execution_quotas = (HISTORY_QUOTA,)
    longest_execution = "sfn_execution_seconds"
    alarms = 5

    def service(self, clients: Clients) -> Service:
        """Return Step Functions in one account and region."""
        return StepFunctions(clients.client("stepfunctions"))

    def owns(self, execution_arn: str) -> bool:
        """Tell whether an ARN is an execution's: arn:aws:states:REGION:ACCOUNT:execution:MACHINE:NAME."""
        return execution_arn.split(":")[2:3] == ["states"]

    def execution_name(self, execution_arn: str) -> str:
        """Return the ARN's last part."""
        return execution_arn.rpartition(":")[2]

    def runs(self, target_arn: str, execution_arn: str) -> bool:
        """Tell whether an execution is one of a state machine."""
        machine, execution = target_arn.split(":"), execution_arn.split(":")
        return len(execution) >= 8 and (machine[2], machine[6]) == (execution[2], execution[6])

    def requests(self, record: Record) -> list[InvocationRequest]:
        """Return the invocations that a history shows."""
        return invocation_requests(record.events)

    def trace(self, way: TracedWay, host: str, record: Record, invocations: Sequence[Invocation]) -> Trace:
        """Return an execution's trace."""
        return trace_from_history(way, self.name, host, record, invocations)

    def exported(self, documents: Sequence[Any]) -> Record | None:
        """Return the record that an export of a history holds."""
        return record_in_export(documents)

    def works_in(self, record: Record) -> Mapping[str, Work]:
        """Guess what the history's states do."""
        return works_in_history(record.events)

    def retries(self, events: Sequence[TraceEvent]) -> int:
        """Count the attempts beyond the first that Tasks scheduled."""
        retries = attempts = 0
        for event in events:
            if event.kind is EventKind.STATE_ENTERED:
                attempts = 0
            elif event.kind is EventKind.TASK_SCHEDULED:
                retries += attempts > 0
                attempts += 1
        return retries

    def metered(self, events: Sequence[TraceEvent]) -> Mapping[Meter, int]:
        """Count the state transitions."""
        entered = sum(event.kind is EventKind.STATE_ENTERED for event in events)
        return {STATE_TRANSITIONS: entered + self.retries(events)}
