"""A durable function that does nothing, in the operations of a durable version: a step and a wait, twice.

Its steps return what the version's own do, so that the SDK has as much to keep.
"""

from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import Duration, StepConfig
from aws_durable_execution_sdk_python.serdes import JsonSerDes
from environment import PROGRESS

CONFIG = StepConfig(serdes=JsonSerDes())


@durable_execution
def handler(_event: dict[str, object], context: DurableContext) -> None:
    """Return from a step, and wait; at the next invocation again."""
    for _ in range(2):
        context.step(lambda _: PROGRESS, name="check-status", config=CONFIG)
        context.wait(Duration.from_seconds(10), name="wait-before-check")
