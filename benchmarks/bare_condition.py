"""A durable function that does nothing, in the operations of the version that waits for a condition.

They return what the version's own do, so that the SDK has as much to keep.
"""

from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import Duration, StepConfig
from aws_durable_execution_sdk_python.serdes import JsonSerDes
from aws_durable_execution_sdk_python.waits import WaitForConditionConfig, WaitForConditionDecision
from environment import PROGRESS

SLEEP = Duration.from_seconds(10)


@durable_execution
def handler(_event: dict[str, object], context: DurableContext) -> None:
    """Return from a step, and wait; at the next invocation look once, and wait again."""
    context.step(lambda _: PROGRESS, name="submit-batch", config=StepConfig(serdes=JsonSerDes()))
    context.wait(SLEEP, name="wait-before-check")
    config = WaitForConditionConfig(
        wait_strategy=lambda _state, _looks: WaitForConditionDecision.continue_waiting(SLEEP),
        initial_state={"progress": PROGRESS},
        serdes=JsonSerDes(),
    )
    context.wait_for_condition(lambda state, _context: state, config, name="check-status")
