"""What a way of running the batch states about itself.

A way is one module of this package with a ``WAY``; whatever several ways share is their platform's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from orchbench.platforms import platform_named
from orchbench.platforms.platform import Platform
from orchbench.trace import Work
from orchbench.ways.usage import Usage

AFTERCARE = ("cancel", "sweep")
"""The functions of the template that look after every way: whatever ends an execution, no query runs on."""


class Waits(StrEnum):
    """How a way learns of the end."""

    BY_POLLING = "by polling"
    FOR_AN_EVENT = "for an event, with a slow poll behind it"
    HELD = "by looks that the service holds back until the end"


@dataclass(frozen=True)
class Variation:
    """What a further way varies.

    Attributes:
        of: the way of the pair, by its name.
        what: the one thing in which it differs, in a few words.
    """

    of: str
    what: str


@dataclass(frozen=True)
class Way:
    """One way of running the batch.

    Attributes:
        name: as the command line and the traces say it.
        platform_name: of the platform that runs it.
        title: as a person says it.
        target_output: the template's output that holds what a start takes.
        switch: a parameter of the template, off by default, that deploys it besides; empty for none.
        implementation: the definition or the handler, below the repository's root.
        works: which state, step or integration of it does which work, by its name.
        usage: what an execution uses.
        functions: each function's suffix behind the stack's name, which its log group has too.
        workers: which of them does which work.
        unrecorded: those of them whose invocations no history shows, such as what an event invokes.
        varies: None for the pair.
        waits: how it learns of the end.
        least_delay_seconds: of the slow poll behind an event, or how long a look is held, whatever policy is
            asked for; 0 for any.
        lacks: what it does not keep of what every way promises, each with the reason: members of the output
            by their names, and else a few words.
        refuses: members of the input that it takes from nobody.
        probe: the claim about AWS whose refutation would change its bill most; empty where AWS's documents
            leave nothing open.
        order: its place beside ways that vary the same; by name where it is the same.
    """

    name: str
    platform_name: str
    title: str
    target_output: str
    implementation: str
    works: Mapping[str, Work]
    usage: Usage
    functions: Sequence[str] = ()
    workers: Mapping[Work, str] = field(default_factory=dict)
    unrecorded: Sequence[str] = ()
    varies: Variation | None = None
    waits: Waits = Waits.BY_POLLING
    least_delay_seconds: int = 0
    lacks: Mapping[str, str] = field(default_factory=dict)
    refuses: Sequence[str] = ()
    switch: str = ""
    probe: str = ""
    order: int = 10

    @property
    def platform(self) -> Platform:
        """The platform that runs it."""
        return platform_named(self.platform_name)

    @property
    def is_of_the_pair(self) -> bool:
        """Tell whether it is one of the two that the comparison is about."""
        return self.varies is None

    @property
    def has_definition(self) -> bool:
        """Tell whether a state machine runs it."""
        return self.implementation.endswith(".json")

    @property
    def deployed_functions(self) -> Sequence[str]:
        """The functions of a stack that holds this way alone, those that look after it included."""
        return tuple(dict.fromkeys((*self.functions, *AFTERCARE)))

    def log_groups(self, stack_name: str) -> dict[str, str]:
        """Return the log group of each function, by the function's name."""
        names = [f"{stack_name}-{suffix}" for suffix in self.functions]
        return {name: f"/aws/lambda/{name}" for name in names}
