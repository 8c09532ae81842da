"""The durable SDK in virtual time: the one place that names its private parts.

Two things of it take real time. Its checkpoint thread looks every 0.1 s whether the invocation has ended;
here it is told. And a step's start is sent beside the step, so that a slow machine would send it at another
virtual moment than a fast one; here it has arrived when the step begins.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager

from aws_durable_execution_sdk_python import config, state
from aws_durable_execution_sdk_python.lambda_service import OperationUpdate

from orchbench.virtual_time.patching import Seam, replaced

GRACE = Seam(state, "_BLOCKED_CALLER_WAIT_SECONDS", "to send a checkpoint as soon as somebody waits for it")
SEND = Seam(state.ExecutionState, "create_checkpoint", "to have each checkpoint sent at its virtual moment")
STOP = Seam(state.ExecutionState, "stop_checkpointing", "to end an invocation without a real wait")
SIGNAL = Seam(state, "_Signal", "to wake the checkpoint thread at an invocation's end")
JITTER = Seam(config, "random", "to seed the jitter of step retries")
SEAMS = (GRACE, SEND, STOP, SIGNAL, JITTER)
QUEUE_ATTRIBUTE = "_checkpoint_queue"
"""Of ExecutionState, made by its constructor: where the signal is put."""


@contextmanager
def durable_sdk_in_virtual_time(generator: random.Random) -> Iterator[None]:
    """Have checkpoints go out by what happens alone, and jitter come from a generator."""
    send = state.ExecutionState.create_checkpoint
    stop = state.ExecutionState.stop_checkpointing
    wake = state._Signal.REFRESH_WAKE  # noqa: SLF001 - pinned by SIGNAL

    def create_checkpoint(
        self: state.ExecutionState,
        operation_update: OperationUpdate | None = None,
        is_sync: bool = True,  # noqa: ARG001 - the SDK's own signature
    ) -> None:
        send(self, operation_update, is_sync=True)

    def stop_checkpointing(self: state.ExecutionState) -> None:
        stop(self)
        getattr(self, QUEUE_ATTRIBUTE).put(wake)

    with replaced(
        [
            (GRACE, 0.0),
            (SEND, create_checkpoint),
            (STOP, stop_checkpointing),
            (JITTER, generator),
        ]
    ):
        yield
