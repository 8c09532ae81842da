"""The status-change events of both services after a stop, on which the statement is cancelled."""

from orchbench.probes.durable_function import own_function
from orchbench.probes.lab import Lab
from orchbench.probes.listener import Listener
from orchbench.probes.probe import Finding, inconclusive, judged, refuted
from orchbench.probes.state_machines import Machine
from orchbench.trace import ExecutionStatus, to_epoch

PROMPT_SECONDS = 60.0
PATIENCE_SECONDS = 180
THEN = (
    "Nothing is orphaned for longer than the sweep's interval; shorten SweepMinutes, and mend the rule's "
    "pattern if the fields differ."
)


def step_functions(lab: Lab) -> Finding:
    """Stop an execution that waits."""
    pattern = {"source": ["aws.states"], "detail-type": ["Step Functions Execution Status Change"]}
    listener = Listener(lab, "sfn-status", pattern)
    machine = Machine(lab, "status", {"Wait": {"Type": "Wait", "Seconds": 300}})
    arn = machine.start()
    machine.client.stop_execution(executionArn=arn, error="Stopped", cause="The probe stops it.")
    described = machine.client.describe_execution(executionArn=arn)
    if described["status"] != "ABORTED":
        return inconclusive(f"The execution was not stopped: it is {described['status']}.")
    stopped = to_epoch(described["stopDate"])
    return _judged(lab, listener, ("executionArn", arn), "ABORTED", stopped)


def durable(lab: Lab) -> Finding:
    """Stop a durable execution that sleeps."""
    pattern = {"source": ["aws.lambda"], "detail-type": ["Durable Execution Status Change"]}
    function = own_function(lab)
    listener = Listener(lab, "durable-status", pattern)
    arn = function.start({"work": "wait", "times": 1, "seconds": 300})
    lab.sleep(3 if lab.on_aws else 1)
    function.service.stop(arn, "The probe stops it.")
    status, record = function.ended(arn, 60)
    if status is not ExecutionStatus.STOPPED:
        return inconclusive(f"The execution was not stopped: it is {status}.")
    stopped = to_epoch(record.description["EndTimestamp"])
    return _judged(lab, listener, ("durableExecutionArn", arn), "STOPPED", stopped)


def _judged(lab: Lab, listener: Listener, wanted: tuple[str, str], status: str, stopped_at: float) -> Finding:
    def told() -> list[float]:
        listener.hear()
        return [
            event["heard_at"]
            for event in listener.heard
            if event["detail"].get(wanted[0]) == wanted[1] and event["detail"].get("status") == status
        ]

    patience = PATIENCE_SECONDS if lab.on_aws else 60
    heard = lab.until(told, patience)
    if not heard:
        return refuted(f"No event with {wanted[0]} and the status {status} came in {patience} s.")
    delay = max(0.0, heard[0] - stopped_at)
    return judged(
        delay <= PROMPT_SECONDS,
        f"It came {delay:.1f} s after the stop, with the fields that the rule matches.",
        f"It came only {delay:.1f} s after the stop.",
        delay_seconds=round(delay, 3),
        events=len(listener.heard),
    )
