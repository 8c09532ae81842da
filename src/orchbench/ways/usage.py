"""What an execution uses of its services, as every way states it of itself.

So much at the start, so much a poll, so much at its end: the coefficients of the estimates' closed forms.
They are held to rehearsals, count for count. The poll budget is not repeated here: it is read from the
handler or the definition that keeps it.
"""

import ast
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

HISTORY_EVENTS = "history events"
DURABLE_OPERATIONS = "durable operations"


class Ending(StrEnum):
    """How an execution that was answered can end."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """Redshift ended the statement: FAILED or ABORTED."""
    TIMED_OUT = "timed out"
    """The batch's own deadline passed, and its statement was cancelled."""


@dataclass(frozen=True)
class Amounts:
    """Numbers of what is counted or billed.

    Attributes:
        invocations: by the suffix of the function's name, as ``Way.functions`` has it.
        checkpoints: results and waits that a durable invocation stores and waits for.
        written_bytes: of payloads that durable operations store; as rehearsed, give or take some digits.
    """

    invocations: Mapping[str, int]
    history_events: int
    transitions: int = 0
    operations: int = 0
    checkpoints: int = 0
    written_bytes: int = 0

    @property
    def all_invocations(self) -> int:
        """Those of all functions together."""
        return sum(self.invocations.values())


@dataclass(frozen=True)
class Usage:
    """What one execution uses: ``start``, ``poll`` times its polls, and one of ``endings``.

    One that a quota ends uses ``refused_poll`` or ``refused_ending`` instead of an ending.

    Attributes:
        quota_unit: which of its quotas its polling uses up, ``history events`` or ``durable operations``.
        quota_limit: of one execution.
        refused_poll: what comes after the last poll that was answered where the next one is refused.
        refused_ending: the same where all polls were answered and the ending is refused.
        death: the error that such an execution ends with.
        replayed_by_first_poll: finished operations that the first invocation after the start goes over again.
        replayed_more_each_poll: how many more each further invocation goes over.
    """

    quota_unit: str
    quota_limit: int
    start: Amounts
    poll: Amounts
    endings: Mapping[Ending, Amounts] = field(default_factory=dict)
    refused_poll: Amounts = Amounts({}, history_events=1)
    refused_ending: Amounts = Amounts({}, history_events=1)
    death: str = ""
    replayed_by_first_poll: int = 0
    replayed_more_each_poll: int = 0

    @property
    def is_durable(self) -> bool:
        """Tell whether it is metered in durable operations."""
        return self.quota_unit == DURABLE_OPERATIONS

    @property
    def functions(self) -> tuple[str, ...]:
        """The suffixes of the functions that polling invokes, in the order of their first use."""
        parts = (self.start, self.poll, *self.endings.values())
        return tuple(dict.fromkeys(name for part in parts for name in part.invocations))

    def used_of_quota(self, amounts: Amounts) -> int:
        """Return how much of the quota some amounts are."""
        return amounts.operations if self.is_durable else amounts.history_events

    def most_polls(self, ending: Ending = Ending.SUCCEEDED) -> int:
        """Return the polls after which an execution can still end in this way, no reserve kept."""
        fixed = self.used_of_quota(self.start) + self.used_of_quota(self.endings[ending])
        return (self.quota_limit - fixed) // self.used_of_quota(self.poll)

    def answered_polls(self) -> int:
        """Return the polls that can be made in full, whatever follows."""
        # The last event of a full history is the execution's own end.
        limit = self.quota_limit if self.is_durable else self.quota_limit - 1
        return (limit - self.used_of_quota(self.start)) // self.used_of_quota(self.poll)

    def replayed(self, polls: int) -> int:
        """Return the operations that all invocations together go over again."""
        return self.replayed_by_first_poll * polls + self.replayed_more_each_poll * (polls * (polls - 1) // 2)


@dataclass(frozen=True)
class StatedQuota:
    """The poll budget that a definition or a handler states: ``Quota`` of the functions' own model."""

    unit: str
    limit: int
    start: int
    poll: int
    way_out: int
    retry: int
    reserved_retries: int
    reserved_invocation_retries: int = 0

    @property
    def polls(self) -> int:
        """How many polls fit, the reserve kept."""
        reserve = self.reserved_retries * self.retry + self.reserved_invocation_retries
        return max(0, (self.limit - self.start - self.way_out - reserve) // self.poll)


def stated_quota(implementation: Path) -> StatedQuota:
    """Read the poll budget from the file that keeps it: a definition's JSON, or a handler's ``QUOTA``.

    Raises:
        LookupError: it states none.
    """
    text = implementation.read_text()
    found = (
        next(_quotas_in(json.loads(text)), None)
        if implementation.suffix == ".json"
        else _quota_constant(ast.parse(text))
    )
    if found is None:
        raise LookupError(f"{implementation.name} states no quota for its poll budget.")
    names = {one.name for one in fields(StatedQuota)}
    return StatedQuota(**{key: value for key, value in found.items() if key in names})


def _quotas_in(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the ``quota`` objects of a definition."""
    if isinstance(value, dict):
        if isinstance(value.get("quota"), dict):
            yield value["quota"]
        for one in value.values():
            yield from _quotas_in(one)


def _quota_constant(module: ast.Module) -> dict[str, Any] | None:
    """Return the keywords of ``QUOTA = Quota(...)``."""
    for node in module.body:
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Call)
            and any(isinstance(target, ast.Name) and target.id == "QUOTA" for target in node.targets)
        ):
            return {one.arg: ast.literal_eval(one.value) for one in node.value.keywords if one.arg}
    return None
