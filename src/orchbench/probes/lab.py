"""Where experiments run: a deployment's clients, a clock to wait on, and the note of what has to go again.

Everything that a probe makes has a name that begins with ``PREFIX``.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from orchbench.deployment.bench import Bench
from orchbench.deployment.connection import Connection
from orchbench.probes.remains import Remains

PREFIX = "orchbench-probe-"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
T = TypeVar("T")


@dataclass
class Lab:
    """One run of probes.

    Attributes:
        run_id: tells this run's resources from another's.
        remains: what the probe that runs has made.
        shared: what later probes of the run use too.
        made: things made once a run, by what they are.
        sleep: waits for some seconds.
        now: seconds since the epoch.
    """

    bench: Bench
    run_id: str
    remains: Remains = field(default_factory=Remains)
    shared: Remains = field(default_factory=Remains)
    made: dict[str, Any] = field(default_factory=dict)
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.time

    @property
    def connection(self) -> Connection:
        """The deployment's."""
        return self.bench.connection

    @property
    def outputs(self) -> dict[str, str]:
        """The deployed template's."""
        return self.connection.outputs

    @property
    def on_aws(self) -> bool:
        """Tell whether AWS itself answers: an endpoint on this machine is an emulator's."""
        if self.bench.host != "aws":
            return False
        return urlsplit(self.client("stepfunctions").meta.endpoint_url).hostname not in LOOPBACK

    @property
    def account(self) -> str:
        """The account's number."""
        return self.outputs["DataApiRoleArn"].split(":")[4]

    @property
    def partition(self) -> str:
        """``aws``, or that of another partition."""
        return self.outputs["DataApiRoleArn"].split(":")[1]

    @property
    def region(self) -> str:
        """The region's name."""
        return self.connection.clients.region

    def client(self, service: str) -> Any:
        """Return a boto3 client."""
        return self.connection.clients.client(service)

    def name(self, what: str) -> str:
        """Return the name of something that this run makes."""
        return f"{PREFIX}{self.run_id}-{what}"

    def once(self, what: str, make: Callable[[], T]) -> T:
        """Return what was made earlier in this run, or make it; what failed once fails for everybody."""
        if what not in self.made:
            try:
                self.made[what] = make()
            except Exception as error:
                self.made[what] = error
                raise
        found: T = self.made[what]
        if isinstance(found, Exception):
            raise found
        return found

    def until(self, ask: Callable[[], T], seconds: float, every: float | None = None) -> T:
        """Ask until the answer counts as true or the time is over, and return the last answer."""
        pause = every or (1.0 if self.on_aws else 0.1)
        deadline = self.now() + seconds
        while not (answer := ask()) and self.now() < deadline:
            self.sleep(pause)
        return answer
