"""The durable-execution service as the SDK sees it from inside the handler: a clock and three calls."""

from datetime import datetime
from typing import Protocol

from aws_durable_execution_sdk_python.lambda_service import (
    CheckpointOutput,
    DurableServiceClient,
    OperationUpdate,
    StateOutput,
)

from orchbench.virtual_time.clock import VirtualClock


class Checkpoints(Protocol):
    """What takes the calls of the one invocation that runs."""

    def checkpoint(
        self, token: str, updates: list[OperationUpdate], client_token: str | None
    ) -> CheckpointOutput: ...
    def state(self, token: str, marker: str) -> StateOutput: ...


class SdkClock:
    """The testing SDK's ``Clock`` over a rehearsal's."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        """Return the current moment."""
        return self._clock.moment()

    def arm(self, wake: datetime) -> float:
        """Return no real time to wait: the host waits itself."""
        raise NotImplementedError(wake)


class ServiceClient(DurableServiceClient):
    """What the SDK calls from inside the handler."""

    def __init__(self, host: Checkpoints) -> None:
        self._host = host

    def checkpoint(
        self,
        durable_execution_arn: str,  # noqa: ARG002 - the SDK's own signature
        checkpoint_token: str,
        updates: list[OperationUpdate],
        client_token: str | None,
    ) -> CheckpointOutput:
        """Save updates."""
        return self._host.checkpoint(checkpoint_token, updates, client_token)

    def get_execution_state(
        self,
        durable_execution_arn: str,  # noqa: ARG002
        checkpoint_token: str,
        next_marker: str,
        max_items: int = 1000,  # noqa: ARG002
    ) -> StateOutput:
        """Return the operations so far."""
        return self._host.state(checkpoint_token, next_marker)
