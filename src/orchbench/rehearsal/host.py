"""What every host has in common: how an execution is run, watched and ended early, and what was counted."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from orchbench.platforms.meters import Meter
from orchbench.platforms.platform import Record
from orchbench.rehearsal.aws import Aws
from orchbench.rehearsal.scenario import Scenario
from orchbench.rehearsal.scripted_faults import ScriptedFaults
from orchbench.rehearsal.works import Works
from orchbench.trace import Json
from orchbench.virtual_time.application import Resource
from orchbench.virtual_time.clock import VirtualClock
from orchbench.virtual_time.functions import Functions
from orchbench.virtual_time.latency import Latency


class InvalidStart(Exception):
    """The service would refuse this start."""


@dataclass(frozen=True)
class Death:
    """A quota's end of an execution.

    Attributes:
        at: the virtual moment, in seconds since the epoch.
    """

    at: float
    reason: str


@dataclass(frozen=True)
class Surroundings:
    """What a host runs its execution in.

    Attributes:
        target: what a start starts, as the template deploys it.
        functions: to be invoked by the service itself; what an execution calls goes through ``aws``.
        works: to be told of each state or step that begins.
        jitter: gives what draws the pauses of retries, for a purpose.
    """

    target: Resource
    scenario: Scenario
    aws: Aws
    functions: Functions
    clock: VirtualClock
    latency: Latency
    faults: ScriptedFaults
    works: Works
    jitter: Callable[[str], random.Random]


class Host(Protocol):
    """Runs one execution in virtual time.

    Attributes:
        death: where a quota ended it.
    """

    death: Death | None

    @property
    def execution_arn(self) -> str: ...
    @property
    def is_over(self) -> bool: ...
    @property
    def metered(self) -> Mapping[Meter, int]:
        """What the service itself counted by now; what only the history shows is left out."""

    def run(self, name: str, document: Any) -> None: ...
    def start_again(self, name: str, document: Any) -> str: ...
    def stop(self, cause: str) -> None: ...
    def record(self) -> Record: ...
    def status_change(self) -> Json:
        """Return the event that the service sends at the execution's end."""


@dataclass(frozen=True)
class Hosting:
    """How a rehearsal runs the executions of one platform.

    Attributes:
        host: makes the host of one execution; raises a LookupError where it cannot run the target.
    """

    platform_name: str
    host: Callable[[Surroundings], Host]
