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
        latency: zero               # a profile of latency_profile.yaml, or a probes.json of AWS
        inline_sql: false           # whether the deployment allows SQL in the input
        input: {}                   # the whole input instead of timeout, poll and poll_budget
        faults:
          - {kind: throttle, operation: DescribeStatement, rate: 0.2}
"""

import itertools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

import yaml

from orchbench.rehearsal.fault import Fault, InvalidFault
from orchbench.virtual_time.latency import UnknownProfile, profile_named
from orchbench.ways import durations

LONGEST_SECONDS = 86_400
LONGEST_FILE_CHARACTERS = 1_000_000
MOST_VALUES = 100_000
DEEPEST = 50
LARGEST_NUMBER = 1e15
"""Beyond it a moment in microseconds is no longer exact."""


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
        try:
            profile_named(self.latency)
        except UnknownProfile as error:
            raise InvalidScenario(str(error)) from error

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
        shown = poll if isinstance(poll, str) else str(policy.get("policy", "fixed"))
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
            raise InvalidScenario(f"A scenario is a mapping, and this one is {shortened(repr(document))}.")
        unknown = sorted(set(document) - _KEYS)
        if unknown:
            raise InvalidScenario(
                f"A scenario has the unknown key {shortened(repr(unknown[0]))}: "
                f"known are {', '.join(sorted(_KEYS))}."
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
        raise InvalidScenario(f"A scenario's 'faults' is {shortened(repr(listed))}: it takes a list.")
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
        document = plain(yaml.safe_load(_text(path)))
    except OSError as error:
        raise InvalidScenario(f"{path} cannot be read: {error.strerror}.") from None
    except InvalidScenario as error:
        raise InvalidScenario(f"{path} {error}") from None
    except yaml.YAMLError as error:
        first = str(error).splitlines()[0]
        raise InvalidScenario(f"{path} is not valid YAML: {first}.") from None
    except RecursionError:
        raise InvalidScenario(f"{path} is not valid YAML: it is nested too deeply.") from None
    except (ValueError, OverflowError, AttributeError, KeyError) as error:
        # PyYAML's own way with a date that is none, 5,000 digits, or a tag on what it does not fit.
        raise InvalidScenario(f"{path} is not valid YAML: {shortened(str(error))}.") from None
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


def _text(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        text = file.read(LONGEST_FILE_CHARACTERS + 1)
    if len(text) > LONGEST_FILE_CHARACTERS:
        raise InvalidScenario(f"is longer than {LONGEST_FILE_CHARACTERS:,} characters: split it.")
    return text


def plain(document: Any) -> Any:
    """Return a document of a file as JSON would hold it, every alias written out.

    Raises:
        InvalidScenario: it is endless, too large written out, or holds what JSON has no word for.
    """
    left = itertools.count(MOST_VALUES, -1)

    def copied(value: Any, depth: int) -> Any:
        if depth > DEEPEST or next(left) <= 0:
            raise InvalidScenario(
                f"holds more than {MOST_VALUES:,} values, or nests them more than {DEEPEST} deep, its "
                "aliases written out: leave some out."
            )
        if isinstance(value, list):
            return [copied(one, depth + 1) for one in value]
        if isinstance(value, dict):
            odd = next((key for key in value if not isinstance(key, str)), None)
            if odd is not None:
                raise InvalidScenario(f"has the key {shortened(repr(odd))}, which is not text: quote it.")
            return {key: copied(one, depth + 1) for key, one in value.items()}
        if value is None or isinstance(value, (bool, str)):
            return value
        if isinstance(value, (int, float)) and abs(value) < LARGEST_NUMBER:
            return value
        raise InvalidScenario(f"holds {_kind_of(value)}: it takes texts, numbers, true, false and null.")

    return copied(document, 0)


def _kind_of(value: Any) -> str:
    if isinstance(value, (int, float)):
        return f"a number of {LARGEST_NUMBER:g} or more, or none at all"
    return f"the {type(value).__name__} {shortened(str(value))!r}, which is to be quoted"


def shortened(text: str) -> str:
    """Return a text as an error shows it: on one line, and not all of a long one."""
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:60]}..."


def parse_duration(value: Any) -> float:
    """Read seconds from a number or from text such as ``90``, ``10s``, ``5m``, ``1.5h`` or ``1d``."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < LARGEST_NUMBER:
        return float(value)
    try:
        return durations.parse_duration(shortened(value if isinstance(value, str) else repr(value)))
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
            raise InvalidScenario(
                f"{shortened(repr(poll))} polls every {seconds:g} s: it takes whole seconds, 1 at least."
            )
        return {"policy": "fixed", "interval_seconds": int(seconds)}
    raise InvalidScenario(
        f"{shortened(repr(poll))} is not a poll policy: it takes fixed:INTERVAL (fixed:10s), or adaptive."
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
        raise InvalidScenario(
            f"A scenario's {key!r} is {shortened(repr(value))}: it takes a whole number of 0 or more."
        )
    return value


def _boolean(document: Mapping[str, Any], key: str, default: bool) -> bool:
    value = document.get(key, default)
    if not isinstance(value, bool):
        raise InvalidScenario(f"A scenario's {key!r} is {shortened(repr(value))}: it takes true or false.")
    return value


def scenario_fields() -> tuple[str, ...]:
    """Return the names of a scenario's fields, as results store them."""
    return tuple(one.name for one in fields(Scenario))
