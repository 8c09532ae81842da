"""What the services themselves add, as named distributions: nothing by default, assumptions if asked for.

The figures stand in ``latency_profile.yaml`` beside this module, each with its source and its label; what
``orchbench probe --target aws`` measured stands in its results, and takes their place.
"""

import json
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from orchbench.trace import Json, Label

PROFILES_FILE = Path(__file__).with_name("latency_profile.yaml")
MEASURED_SCHEMA = "orchbench.probes/1"
"""Of the document that measured latencies are read from."""
KINDS = (
    "transition",
    "warm_invocation",
    "cold_invocation",
    "checkpoint",
    "resume",
    "api_call",
    "statement_event",
)
KEPT_WARM_SECONDS = 420.0
"""How long an idle environment is kept, assumed: Lambda says only that it may be frozen and used again."""

# The 95th percentile of a standard normal distribution.
_Z95 = 1.6448536269514722


class UnknownProfile(ValueError):
    """Neither a profile's name nor a file with measured latencies; the message is one sentence."""


@dataclass(frozen=True)
class Distribution:
    """A log-normal distribution of seconds; of median zero, nothing."""

    median_seconds: float
    p95_seconds: float
    label: Label
    source: str

    def sample(self, generator: random.Random) -> float:
        """Draw one duration, to the microsecond."""
        if not self.median_seconds:
            return 0.0
        sigma = math.log(self.p95_seconds / self.median_seconds) / _Z95
        return round(generator.lognormvariate(math.log(self.median_seconds), sigma), 6)


@dataclass(frozen=True)
class Profile:
    """What each kind of thing adds; a kind that is missing adds nothing."""

    name: str
    distributions: dict[str, Distribution] = field(default_factory=dict)


class Latency:
    """Draws the durations of one rehearsal.

    Each kind has its own generator, so that one more of this kind does not change those of another.
    """

    def __init__(self, profile: Profile, seed: int) -> None:
        self._profile = profile
        self._generators = {kind: random.Random(f"{seed} {kind}") for kind in KINDS}  # noqa: S311

    def seconds(self, kind: str) -> float:
        """Return how long the next thing of a kind takes."""
        distribution = self._profile.distributions.get(kind)
        return distribution.sample(self._generators[kind]) if distribution else 0.0


def profile_named(name: str) -> Profile:
    """Return a profile by its name, or the one that probes measured on AWS, by the name of their JSON file.

    A kind that was not measured stays as it is assumed; each distribution carries its own label.

    Raises:
        UnknownProfile: there is no such profile, or the file holds no latencies of AWS.
    """
    if name in profiles():
        return profiles()[name]
    if not name.endswith(".json"):
        raise UnknownProfile(
            f"There is no latency profile {name!r:.80}: take one of {', '.join(profiles())}, or the "
            "probes.json of `orchbench probe --target aws`."
        )
    file = Path(name)
    document = _read(file)
    if document.get("schema") != MEASURED_SCHEMA:
        raise UnknownProfile(f"{file} has the schema {document.get('schema')!r}: take {MEASURED_SCHEMA!r}.")
    if document.get("target") != "aws" or not document.get("latency"):
        raise UnknownProfile(
            f"{file} holds no latency that was measured on AWS: run `orchbench probe --target aws --probe "
            "transition-latency,resume-latency`."
        )
    try:
        measured = _distributions(document["latency"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UnknownProfile(f"{file} does not follow {MEASURED_SCHEMA}: {error!r}.") from error
    return Profile(name, profiles()["assumed"].distributions | measured)


def _read(file: Path) -> Json:
    try:
        document = json.loads(file.read_text())
    except OSError as error:
        raise UnknownProfile(f"{file} cannot be read ({error.strerror}).") from error
    except ValueError as error:
        raise UnknownProfile(f"{file} is not valid JSON: {error}.") from error
    return document if isinstance(document, dict) else {}


def _distributions(kinds: Mapping[str, Mapping[str, Any]]) -> dict[str, Distribution]:
    return {kind: Distribution(**{**one, "label": Label(one["label"])}) for kind, one in kinds.items()}


@cache
def profiles() -> Mapping[str, Profile]:
    """Return the profiles by name."""
    document = yaml.safe_load(PROFILES_FILE.read_text())
    return {name: Profile(name, _distributions(kinds)) for name, kinds in document.items()}
