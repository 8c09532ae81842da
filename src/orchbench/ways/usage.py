"""What an execution uses of its services, as every way states it of itself.

So much at the start, so much a look, a wait and an event, so much at its end: the coefficients of the
estimates' closed forms. They are held to rehearsals, count for count.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from functools import cached_property

from orchbench.platforms.meters import ExecutionQuota, Meter
from orchbench.trace import Json


class Ending(StrEnum):
    """How an execution that was answered can end."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """Redshift ended the statement: FAILED or ABORTED."""
    TIMED_OUT = "timed out"
    """The batch's own deadline passed, and its statement was cancelled."""
    TOO_LATE = "finished before its cancel"
    """The same, and the statement had finished; stated where it is the dearest way out."""


@dataclass(frozen=True)
class Amounts:
    """Numbers of what is counted or billed.

    Attributes:
        meters: how much of each meter; written bytes are as rehearsed, give or take some digits.
        invocations: by the suffix of the function's name, as ``Way.functions`` has it.
    """

    meters: Mapping[Meter, int] = field(default_factory=dict)
    invocations: Mapping[str, int] = field(default_factory=dict)

    def of(self, meter: Meter) -> int:
        """Return the amount of one meter."""
        return self.meters.get(meter, 0)

    @property
    def all_invocations(self) -> int:
        """Those of all functions together."""
        return sum(self.invocations.values())

    def to_json(self) -> Json:
        """Return the amounts as JSON values."""
        meters = {meter.key: amount for meter, amount in self.meters.items()}
        return {"meters": meters, "invocations": dict(self.invocations)}

    def __add__(self, other: "Amounts") -> "Amounts":
        meters = dict.fromkeys((*self.meters, *other.meters))
        functions = dict.fromkeys((*self.invocations, *other.invocations))
        return Amounts(
            {one: self.of(one) + other.of(one) for one in meters},
            {one: self.invocations.get(one, 0) + other.invocations.get(one, 0) for one in functions},
        )


NOTHING = Amounts()
_PARTS = ("start", "look", "wait", "event", "in_vain", "by_fallback", "refused_poll", "refused_ending")
_NUMBERS = ("death", "suspends", "replayed_by_first_poll", "replayed_more_each_poll")


@dataclass(frozen=True)
class Usage:
    """What one execution uses: ``start`` + n looks + k waits + e events + one of ``endings``.

    n and k come from the way's schedule, e from the events that are delivered to it. One that a quota ends
    uses ``refused_poll`` or ``refused_ending`` instead of an ending. Of a way that waits for events, a wake
    that finds the statement running uses ``in_vain`` besides its wait and its look, and an end that no event
    told of ``by_fallback``.

    Attributes:
        quota: that its looks and waits use up; None where nothing limits them.
        look: an answered look at the statement.
        wait: one that was begun.
        event: one that was delivered, of a way that waits for events.
        in_vain: what an event costs besides that came before the end.
        by_fallback: what an end costs besides that the slow poll found, with time left up to the deadline.
        refused_poll: what comes after the last poll that was answered where the next one is refused.
        refused_ending: the same where all polls were answered and the ending is refused.
        refused_success: the same where that ending would be a success; None where it makes no difference.
        death: the error that such an execution ends with.
        suspends: whether an invocation ends by suspending the execution, which is billed for a while.
        replayed_by_first_poll: finished operations that the first invocation after the start goes over again.
        replayed_more_each_poll: how many more each further invocation goes over.
        changing_delays: the same where a policy's delays change; None where that makes no difference. A way
            that has it keeps one delay wherever a policy is fixed, and its poll budget rounds that one up.
    """

    start: Amounts
    look: Amounts
    endings: Mapping[Ending, Amounts]
    wait: Amounts = NOTHING
    event: Amounts = NOTHING
    in_vain: Amounts = NOTHING
    by_fallback: Amounts = NOTHING
    quota: ExecutionQuota | None = None
    refused_poll: Amounts = NOTHING
    refused_ending: Amounts = NOTHING
    refused_success: Amounts | None = None
    death: str = ""
    suspends: bool = False
    replayed_by_first_poll: int = 0
    replayed_more_each_poll: int = 0
    changing_delays: "Usage | None" = None

    def to_json(self) -> Json:
        """Return everything that it states as JSON values, in a stable order."""
        return {
            "quota": asdict(self.quota) | {"meter": self.quota.meter.key} if self.quota else None,
            **{name: getattr(self, name).to_json() for name in _PARTS},
            "endings": {ending.value: one.to_json() for ending, one in self.endings.items()},
            **{name: getattr(self, name) for name in _NUMBERS},
            **({"refused_success": self.refused_success.to_json()} if self.refused_success else {}),
            **({"changing_delays": self.changing_delays.to_json()} if self.changing_delays else {}),
        }

    @cached_property
    def poll(self) -> Amounts:
        """A look and the wait before it."""
        return self.look + self.wait

    @property
    def refused_after_its_delay(self) -> bool:
        """Tell whether what refuses the next poll is its look, after its delay, and not already its wait."""
        refused = self.used_of_quota(self.refused_poll)
        return bool(self.refused_poll.invocations) or refused > self.used_of_quota(self.wait) > 0

    @property
    def parts(self) -> tuple[Amounts, ...]:
        """Everything that it may consist of."""
        waited = (self.wait, self.look, self.event, self.in_vain, self.by_fallback)
        return (self.start, *waited, *self.endings.values())

    @cached_property
    def meters(self) -> tuple[Meter, ...]:
        """What it is counted in, in the order of their first use."""
        return tuple(dict.fromkeys(meter for part in self.parts for meter in part.meters))

    @cached_property
    def functions(self) -> tuple[str, ...]:
        """The suffixes of the functions that it invokes, in the order of their first use."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.invocations))

    @property
    def replays(self) -> bool:
        """Tell whether an invocation goes over finished operations again."""
        return bool(self.replayed_by_first_poll or self.replayed_more_each_poll)

    def used_of_quota(self, *amounts: Amounts) -> int:
        """Return how much of the quota some amounts are together."""
        return sum(one.of(self.quota.meter) for one in amounts) if self.quota else 0

    def most_polls(self, ending: Ending = Ending.SUCCEEDED) -> int | None:
        """Return the polls after which an execution can still end in this way, no reserve kept.

        None where no quota limits them.
        """
        return self._fitting(self.used_of_quota(self.start, self.event, self.endings[ending]))

    def answered_polls(self) -> int | None:
        """Return the polls that can be made in full, whatever follows; None where no quota limits them."""
        kept = self.quota.kept_for_the_end if self.quota else 0
        return self._fitting(self.used_of_quota(self.start) + kept)

    @property
    def poll_budget(self) -> int | None:
        """How many polls fit, the reserve and the dearest ending kept; None where no quota limits them.

        The definition or the handler keeps it; a contract test compares.
        """
        if self.quota is None:
            return None
        endings = max(self.used_of_quota(one) for one in self.endings.values())
        return self._fitting(self.used_of_quota(self.start, self.event) + endings + self.quota.reserve)

    def replayed(self, polls: int) -> int:
        """Return the operations that all invocations together go over again."""
        return self.replayed_by_first_poll * polls + self.replayed_more_each_poll * (polls * (polls - 1) // 2)

    def _fitting(self, fixed: int) -> int | None:
        each = self.used_of_quota(self.poll)
        return (self.quota.limit - fixed) // each if self.quota and each else None
