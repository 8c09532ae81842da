"""What the services themselves add, as named distributions: nothing by default, assumptions if asked for.

The figures stand in ``latency_profile.yaml`` beside this module, each with its source and its label.
"""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

from orchbench.trace import Label

PROFILES_FILE = Path(__file__).with_name("latency_profile.yaml")
KINDS = ("transition", "warm_invocation", "cold_invocation", "checkpoint", "resume", "api_call")
KEPT_WARM_SECONDS = 420.0
"""How long an idle environment is kept, assumed: Lambda says only that it may be frozen and used again."""

# The 95th percentile of a standard normal distribution.
_Z95 = 1.6448536269514722


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
    distributions: Mapping[str, Distribution] = field(default_factory=dict)


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


@cache
def profiles() -> Mapping[str, Profile]:
    """Return the profiles by name."""
    document = yaml.safe_load(PROFILES_FILE.read_text())
    return {
        name: Profile(
            name,
            {kind: Distribution(**one | {"label": Label(one["label"])}) for kind, one in kinds.items()},
        )
        for name, kinds in document.items()
    }
