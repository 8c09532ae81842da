"""What a probe states about itself, and what it finds. It runs nothing."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from orchbench.platforms.platform import Permission

if TYPE_CHECKING:
    from orchbench.probes.lab import Lab


PERFORMING = re.compile(r"not authorized to perform: ([\w-]+:\w+)")
"""How services name the permission that a call lacks."""


class Verdict(StrEnum):
    """What became of a claim."""

    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"

    @property
    def by_an_emulator(self) -> str:
        """The word where emulators answered; it says nothing about AWS, and is never mistaken for that."""
        return {
            Verdict.CONFIRMED: "confirmed by the emulator",
            Verdict.REFUTED: "contradicted by the emulator",
            Verdict.INCONCLUSIVE: "cannot be shown",
        }[self]


@dataclass(frozen=True)
class Finding:
    """The end of one experiment.

    Attributes:
        reason: one sentence on why this verdict.
        observations: what was seen, JSON values.
    """

    verdict: Verdict
    reason: str
    observations: Mapping[str, Any] = field(default_factory=dict)


def confirmed(reason: str, **observations: Any) -> Finding:
    """Return that the claim held."""
    return Finding(Verdict.CONFIRMED, reason, observations)


def refuted(reason: str, **observations: Any) -> Finding:
    """Return that the claim did not hold."""
    return Finding(Verdict.REFUTED, reason, observations)


def inconclusive(reason: str, **observations: Any) -> Finding:
    """Return that the experiment does not tell."""
    return Finding(Verdict.INCONCLUSIVE, reason, observations)


def judged(holds: bool, yes: str, no: str, **observations: Any) -> Finding:
    """Return confirmed or refuted, each with its sentence."""
    return confirmed(yes, **observations) if holds else refuted(no, **observations)


class NoAnswer(Exception):
    """Something else kept an experiment from an answer: neither verdict holds. One sentence."""


@dataclass(frozen=True)
class Signs:
    """What each verdict looks like, and what follows where the claim is false."""

    confirmed: str
    refuted: str
    inconclusive: str
    if_refuted: str


@dataclass(frozen=True)
class Probe:
    """One claim about AWS, and the experiment on it.

    Attributes:
        name: as the command line says it.
        claim: what is assumed, as a sentence.
        used_in: the files that lean on it, below the repository's root.
        how: how it is tried, as a sentence.
        signs: what the verdicts look like.
        permissions: that its calls need, with placeholders.
        attempt: the experiment.
        seconds: how long it takes on AWS, about.
        uses: what it is billed for, in amounts by the key of a price; an estimate.
        warehouse_seconds: for which it may keep a warehouse busy; assumed.
        not_local: why no emulator can show it; empty where it is tried on them.
    """

    name: str
    claim: str
    used_in: tuple[str, ...]
    how: str
    signs: Signs
    permissions: tuple[Permission, ...]
    attempt: "Callable[[Lab], Finding]"
    seconds: int
    uses: Mapping[str, float] = field(default_factory=dict)
    warehouse_seconds: int = 0
    not_local: str = ""
