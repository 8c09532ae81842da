"""A durable function that does nothing, in the operations of the version that waits for a condition."""

from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import Duration, StepConfig
from aws_durable_execution_sdk_python.serdes import JsonSerDes
from aws_durable_execution_sdk_python.waits import WaitForConditionConfig, WaitForConditionDecision

SLEEP = Duration.from_seconds(10)


@durable_execution
def handler(event: dict[str, object], context: DurableContext) -> None:
    """Return the event from a step, and wait; at the next invocation look once, and wait again."""
    context.step(lambda _: event, name="submit-batch", config=StepConfig(serdes=JsonSerDes()))
    context.wait(SLEEP, name="wait-before-check")
    config = WaitForConditionConfig(
        wait_strategy=lambda _state, _looks: WaitForConditionDecision.continue_waiting(SLEEP),
        initial_state=event,
        serdes=JsonSerDes(),
    )
    context.wait_for_condition(lambda state, _context: state, config, name="check-status")
