"""A durable function that does nothing, in the operations of one that waits for an event.

A callback and a step, twice, each callback begun before the step; its steps return what the version's own do.
"""

from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import CallbackConfig, Duration, StepConfig
from aws_durable_execution_sdk_python.exceptions import CallbackTimeoutError
from aws_durable_execution_sdk_python.serdes import JsonSerDes
from environment import PROGRESS

CONFIG = StepConfig(serdes=JsonSerDes())
WAIT = CallbackConfig(timeout=Duration.from_seconds(1800))


@durable_execution
def handler(_event: dict[str, object], context: DurableContext) -> None:
    """Begin a callback, return from a step, and wait; at the next invocation again."""
    for _ in range(2):
        wait = context.create_callback("await-event", WAIT)
        context.step(lambda _: PROGRESS, name="check-status", config=CONFIG)
        try:
            wait.result()
        except CallbackTimeoutError:
            continue
