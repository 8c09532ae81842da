"""What is rehearsed: a batch that takes so long, polled like this, with these faults and this seed.

A scenario comes from the command line or from a YAML file::

    scenarios:
      - name: a throttled afternoon
        duration: 6h                # a number of seconds, or with s, m, h, d behind it
        poll: fixed:10s             # fixed:INTERVAL, adaptive, or the input's own mapping
        timeout: 8h                 # the batch's own; else a tenth more than the duration, 1 h at least
        poll_budget: true
        queue: 30s
        rows: 1000
        seed: 7
        latency: zero               # a profile of latency_profile.yaml
        inline_sql: false           # whether the deployment allows SQL in the input
        input: {}                   # the whole input instead of timeout, poll and poll_budget
        faults:
          - {kind: throttle, operation: DescribeStatement, rate: 0.2}
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

import yaml

from orchbench import durations
from orchbench.rehearsal.latency import profiles
from orchbench.rehearsal.scripted_faults import Fault, InvalidFault

LONGEST_SECONDS = 86_400


class InvalidScenario(ValueError):
    """A scenario that cannot be rehearsed, in one sentence."""


@dataclass(frozen=True)
class Scenario:
    """One rehearsal, whichever way runs it.

    Attributes:
        input: the execution's input.
        duration_seconds: what the batch's statements run together, on an idle warehouse.
        name: as the table shows it; also the execution's name, in the characters that one takes.
        jitter: the share of its full length that every pause before a retry takes, 0 to 1; drawn if None.
        restart_seconds: the pause before Lambda invokes a durable function again whose invocation failed,
            doubled each time; AWS does not say how long it is.
    """

    duration_seconds: float
    input: Any = field(default_factory=dict)
    name: str = "rehearsal"
    poll: str = ""
    queue_seconds: float = 0.0
    rows: int = 0
    faults: tuple[Fault, ...] = ()
    seed: int = 0
    latency: str = "zero"
    inline_sql: bool = False
    jitter: float | None = None
    restart_seconds: float = 5.0

    def __post_init__(self) -> None:
        if self.latency not in profiles():
            raise InvalidScenario(
                f"There is no latency profile {self.latency!r}: take one of {', '.join(profiles())}."
            )

    @property
    def execution_name(self) -> str:
        """The name in 64 characters that both services take."""
        return re.sub(r"[^A-Za-z0-9_-]+", "-", self.name)[:64].strip("-") or "rehearsal"

    @classmethod
    def polled(
        cls,
        duration_seconds: float,
        poll: str | Mapping[str, Any],
        *,
        timeout_seconds: float | None = None,
        poll_budget: bool = True,
        name: str | None = None,
        **others: Any,
    ) -> Self:
        """Build a scenario from a duration and a poll policy.

        Args:
            poll: ``fixed:INTERVAL``, ``adaptive``, or the input's own mapping.
            timeout_seconds: the batch's own; else a tenth more than the duration, 1 h at least, 24 h at most.
        """
        policy = poll_policy(poll)
        if not poll_budget:
            policy["budget"] = False
        timeout = timeout_seconds or default_timeout_seconds(duration_seconds)
        shown = poll if isinstance(poll, str) else str(policy["policy"])
        return cls(
            duration_seconds=duration_seconds,
            input={"timeout_seconds": math.ceil(timeout), "poll": policy},
            name=name or f"{shown_duration(duration_seconds)} {shown}",
            poll=shown if poll_budget else f"{shown}, no budget",
            **others,
        )

    @classmethod
    def from_json(cls, document: Any) -> Self:
        """Read a scenario from a mapping of a file.

        Raises:
            InvalidScenario: with one sentence that names the key, what is wrong and what would be right.
        """
        if not isinstance(document, Mapping):
            raise InvalidScenario(f"A scenario is a mapping, and this one is {document!r}.")
        unknown = sorted(set(document) - _KEYS)
        if unknown:
            raise InvalidScenario(
                f"A scenario has the unknown key {unknown[0]!r}: known are {', '.join(sorted(_KEYS))}."
            )
        if "duration" not in document:
            raise InvalidScenario("A scenario needs 'duration', such as 6h.")
        if "input" in document and {"timeout", "poll", "poll_budget"} & set(document):
            raise InvalidScenario(
                "A scenario has 'input', which leaves out 'timeout', 'poll' and 'poll_budget'."
            )
        duration = parse_duration(document["duration"])
        common = _common(document)
        if "input" in document:
            return cls(duration_seconds=duration, input=document["input"], **common)
        timeout = parse_duration(document["timeout"]) if "timeout" in document else None
        budget = _boolean(document, "poll_budget", True)
        return cls.polled(
            duration,
            document.get("poll", "fixed:10s"),
            timeout_seconds=timeout,
            poll_budget=budget,
            **common,
        )


_KEYS = frozenset(
    {
        "name", "duration", "poll", "timeout", "poll_budget", "queue", "rows", "seed", "latency",
        "inline_sql", "input", "faults",
    }
)  # fmt: skip


def _common(document: Mapping[str, Any]) -> dict[str, Any]:
    listed = document.get("faults", [])
    if not isinstance(listed, list):
        raise InvalidScenario(f"A scenario's 'faults' is {listed!r}: it takes a list.")
    try:
        faults = tuple(Fault.from_json(one) for one in listed)
    except InvalidFault as error:
        raise InvalidScenario(str(error)) from None
    found: dict[str, Any] = {
        "faults": faults,
        "queue_seconds": parse_duration(document.get("queue", 0)),
        "rows": _whole(document, "rows"),
        "seed": _whole(document, "seed"),
        "latency": str(document.get("latency", "zero")),
        "inline_sql": _boolean(document, "inline_sql", False),
    }
    return found | ({"name": str(document["name"])} if "name" in document else {})


def load_scenarios(path: Path) -> tuple[Scenario, ...]:
    """Read the scenarios of a YAML file.

    Raises:
        InvalidScenario: with one sentence that names the file and the scenario.
    """
    try:
        document = yaml.safe_load(path.read_text())
    except OSError as error:
        raise InvalidScenario(f"{path} cannot be read: {error.strerror}.") from None
    except yaml.YAMLError as error:
        first = str(error).splitlines()[0]
        raise InvalidScenario(f"{path} is no YAML: {first}.") from None
    listed = document.get("scenarios") if isinstance(document, Mapping) else None
    if not isinstance(listed, list) or not listed:
        raise InvalidScenario(f"{path} needs 'scenarios', a list with at least one scenario.")
    found = []
    for number, one in enumerate(listed, start=1):
        try:
            found.append(Scenario.from_json(one))
        except InvalidScenario as error:
            raise InvalidScenario(f"{path}, scenario {number}: {error}") from None
    return tuple(found)


def parse_duration(value: Any) -> float:
    """Read seconds from a number or from text such as ``90``, ``10s``, ``5m``, ``1.5h`` or ``1d``."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0:
        return float(value)
    try:
        return durations.parse_duration(value if isinstance(value, str) else repr(value))
    except durations.InvalidDuration as error:
        raise InvalidScenario(str(error)) from None


def poll_policy(poll: Any) -> dict[str, Any]:
    """Read the input's ``poll`` from ``fixed:INTERVAL`` or ``adaptive``; a mapping stays as it is."""
    if isinstance(poll, Mapping):
        return dict(poll)
    if poll == "adaptive":
        return {"policy": "adaptive"}
    kind, colon, interval = str(poll).partition(":")
    if kind == "fixed" and colon:
        seconds = parse_duration(interval)
        if seconds < 1 or seconds != int(seconds):
            raise InvalidScenario(f"{poll!r} polls every {seconds:g} s: it takes whole seconds, 1 at least.")
        return {"policy": "fixed", "interval_seconds": int(seconds)}
    raise InvalidScenario(
        f"{poll!r} is no poll policy: it takes fixed:INTERVAL, such as fixed:10s, or adaptive."
    )


def default_timeout_seconds(duration_seconds: float) -> float:
    """Return the batch's timeout where none is set: a tenth to spare, an hour at least, a day at most."""
    return min(LONGEST_SECONDS, max(3600.0, duration_seconds * 1.1))


def shown_duration(seconds: float) -> str:
    """Write a duration as its largest whole unit."""
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds >= size * (2 if unit == "d" else 1) and seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"


def _whole(document: Mapping[str, Any], key: str) -> int:
    value = document.get(key, 0)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidScenario(f"A scenario's {key!r} is {value!r}: it takes a whole number of 0 or more.")
    return value


def _boolean(document: Mapping[str, Any], key: str, default: bool) -> bool:
    value = document.get(key, default)
    if not isinstance(value, bool):
        raise InvalidScenario(f"A scenario's {key!r} is {value!r}: it takes true or false.")
    return value


def scenario_fields() -> tuple[str, ...]:
    """Return the names of a scenario's fields, as results store them."""
    return tuple(one.name for one in fields(Scenario))
