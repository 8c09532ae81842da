"""Durations and poll policies as people write them: ``90``, ``10s``, ``1.5h``; ``fixed:10s``."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([smhd]?)")
_ADAPTIVE = {"share": 0.05, "minimum": 2.0, "maximum": 300.0}


class InvalidDuration(ValueError):
    """Text that is not a duration or no policy, in one sentence."""


def parse_duration(text: str) -> float:
    """Return the seconds that a text says."""
    match = _DURATION.fullmatch(text.strip())
    seconds = float(match[1]) * _UNITS[match[2]] if match else math.inf
    if not math.isfinite(seconds):
        raise InvalidDuration(
            f"{text!r} is not a duration: it takes seconds, or a number with s, m, h or d, such as 6h."
        )
    return seconds


@dataclass(frozen=True)
class Policy:
    """One poll policy: a share of the time elapsed, between bounds; equal bounds are a fixed interval."""

    share: float
    minimum_seconds: int
    maximum_seconds: int
    budget: bool = True

    def at_least(self, seconds: int) -> "Policy":
        """Return the policy with no delay below this."""
        if seconds <= self.minimum_seconds:
            return self
        if seconds >= self.maximum_seconds:
            return self.fixed(seconds, budget=self.budget)
        return replace(self, minimum_seconds=seconds)

    @property
    def is_fixed(self) -> bool:
        """Tell whether every delay is the same."""
        return self.minimum_seconds == self.maximum_seconds

    @classmethod
    def fixed(cls, interval_seconds: int, *, budget: bool = True) -> "Policy":
        """Return a fixed interval."""
        return cls(1.0, interval_seconds, interval_seconds, budget)

    @property
    def shown(self) -> str:
        """The policy as a command line takes it."""
        if self.is_fixed:
            return f"fixed:{self.minimum_seconds}s"
        if (self.share, self.minimum_seconds, self.maximum_seconds) == tuple(_ADAPTIVE.values()):
            return "adaptive"
        return (
            f"adaptive:share={self.share:g},minimum={self.minimum_seconds}s,maximum={self.maximum_seconds}s"
        )

    @property
    def told(self) -> str:
        """The policy in words."""
        if self.is_fixed:
            return f"a poll every {self.minimum_seconds} s"
        longest = f"{self.maximum_seconds} s" if self.maximum_seconds < 86_400 else "any length"
        share = f"{self.share * 100:g} % of the time elapsed"
        return f"each delay {share}, from {self.minimum_seconds} s to {longest}"

    @property
    def stored(self) -> dict[str, Any]:
        """The policy as an execution keeps it, everything filled in."""
        if self.is_fixed:
            bounds: dict[str, Any] = {"policy": "fixed", "interval_seconds": self.minimum_seconds}
        else:
            limits = {"minimum_seconds": self.minimum_seconds, "maximum_seconds": self.maximum_seconds}
            bounds = {"policy": "adaptive", "share": self.share, **limits}
        return {**bounds, "budget": self.budget}

    def to_input(self) -> dict[str, Any]:
        """Return the policy as the ``poll`` of an execution's input, without what is the default there."""
        if self.is_fixed:
            poll: dict[str, Any] = {"policy": "fixed", "interval_seconds": self.minimum_seconds}
        else:
            bounds = {"minimum_seconds": self.minimum_seconds, "maximum_seconds": self.maximum_seconds}
            own = zip({"share": self.share, **bounds}.items(), _ADAPTIVE.values(), strict=True)
            poll = {"policy": "adaptive", **{name: value for (name, value), usual in own if value != usual}}
        return poll if self.budget else {**poll, "budget": False}


def parse_policy(text: str, *, budget: bool = True) -> Policy:
    """Read ``fixed:INTERVAL``, ``adaptive`` or ``adaptive:share=0.05,minimum=2s,maximum=5m``.

    Raises:
        InvalidDuration: in one sentence.
    """
    kind, _, rest = text.partition(":")
    if kind == "fixed" and rest:
        return Policy.fixed(_whole_seconds(rest, text), budget=budget)
    if kind != "adaptive":
        raise InvalidDuration(
            f"{text!r} is not a poll policy: it takes fixed:INTERVAL, such as fixed:10s, or adaptive."
        )
    values = dict(_ADAPTIVE)
    given: set[str] = set()
    for part in filter(None, rest.split(",")):
        name, _, value = part.partition("=")
        if name not in values:
            raise InvalidDuration(f"{text!r} has no {name!r}: adaptive takes {', '.join(values)}.")
        if name in given:
            raise InvalidDuration(f"{text!r} gives its {name} twice: adaptive takes each once.")
        given.add(name)
        values[name] = _share(value, text) if name == "share" else _whole_seconds(value, text)
    if not 0 < values["share"] <= 1 or values["minimum"] > values["maximum"]:
        raise InvalidDuration(
            f"{text!r} is not a poll policy: its share is above 0 and up to 1, its minimum below its maximum."
        )
    return Policy(values["share"], int(values["minimum"]), int(values["maximum"]), budget)


def split_policies(text: str) -> list[str]:
    """Split policies at the commas between them; those within one are followed by NAME=VALUE."""
    policies: list[str] = []
    for part in (part.strip() for part in text.split(",")):
        if policies and "=" in part and ":" not in part:
            policies[-1] += f",{part}"
        elif part:
            policies.append(part)
    return policies


def policy_from_input(poll: Mapping[str, Any]) -> Policy:
    """Read the ``poll`` of an execution's input, its defaults filled in, without a check of its values."""
    adaptive = poll.get("policy") == "adaptive"
    lowest, highest = (2, 300) if adaptive else (10, 10)
    return Policy(
        share=float(poll.get("share", _ADAPTIVE["share"])) if adaptive else 1.0,
        minimum_seconds=int(poll.get("minimum_seconds", poll.get("interval_seconds", lowest))),
        maximum_seconds=int(poll.get("maximum_seconds", poll.get("interval_seconds", highest))),
        budget=bool(poll.get("budget", True)),
    )


def _share(text: str, policy: str) -> float:
    if not re.fullmatch(r"[0-9]*\.?[0-9]+", text.strip()):
        raise InvalidDuration(
            f"{policy!r} has a share of {text!r}: it takes a number without an exponent, such as 0.05."
        )
    return float(text)


def _whole_seconds(text: str, policy: str) -> int:
    seconds = parse_duration(text)
    if seconds != int(seconds) or not 1 <= seconds <= 86_400:
        raise InvalidDuration(
            f"{policy!r} polls every {seconds:g} s: it takes whole seconds from 1 to 86400."
        )
    return int(seconds)


def shown_duration(seconds: float) -> str:
    """Write a duration shortly: hours from one hour on, minutes from one minute on."""
    for unit, size in (("h", 3600), ("m", 60)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"
