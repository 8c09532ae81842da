"""How much of each quota a workload uses at its busiest: of one execution, and of the whole account."""

from dataclasses import dataclass

from orchbench.evaluation.candidate import Candidate
from orchbench.evaluation.figures import figure
from orchbench.evaluation.limits import AwsQuota, quotas
from orchbench.platforms.meters import Meter
from orchbench.trace import Json, Label
from orchbench.ways.usage import Ending

FITS = 1 + 1e-9
"""A share of a quota up to this fits: what is beyond a whole one is the rounding of a sum."""


@dataclass(frozen=True)
class Load:
    """How much of a quota a workload uses at its peak, and what the quota allows in a region."""

    of: AwsQuota
    used: float
    limit: int

    @property
    def quota(self) -> str:
        """What it is called."""
        return f"{self.of.service}: {self.of.what}"

    @property
    def share(self) -> float:
        """The share of the quota that is used."""
        return self.used / self.limit

    def to_json(self) -> Json:
        """Return the figures with their labels and sources."""
        source, quota = "closed form, times the peak", self.of
        return {
            "quota": self.quota,
            "scope": quota.scope,
            "used": figure(round(float(self.used), 6), quota.unit, Label.ESTIMATED, source),
            "limit": {"value": self.limit, "unit": quota.unit, "label": "quoted", "source": quota.source},
            "share": figure(round(self.share, 6), "of the quota", Label.ESTIMATED, source),
            "fits": self.share <= FITS,
        }


def loads(
    way: Candidate,
    region: str,
    *,
    starts_a_second: float,
    statement_seconds: float,
    makespan_seconds: float,
    polls: float,
    most_polls: int,
) -> list[Load]:
    """Return the use of every quota that polling comes near, the nearest first.

    Args:
        way: with its own counts, and the quotas of its platform.
        region: whose quotas.
        starts_a_second: of executions, at the busiest.
        statement_seconds: that Redshift works on one, on average.
        makespan_seconds: of an execution, on average.
        polls: of an execution, on average.
        most_polls: of the longest execution.
    """
    usage, account, every = way.usage, way.account, quotas()
    executions = max(1.0, starts_a_second * makespan_seconds)
    a_second = executions / max(makespan_seconds, 1e-6)

    def of_one(meter: Meter, polls: float) -> float:
        fixed = usage.start.of(meter) + usage.event.of(meter) + usage.endings[Ending.SUCCEEDED].of(meter)
        return fixed + polls * usage.poll.of(meter)

    used = {
        "redshift_describe_statement_a_second": a_second * polls,
        "redshift_batch_execute_statement_a_second": starts_a_second,
        # A statement ends when it ends, seen or not.
        "redshift_active_statements": max(1.0, starts_a_second * statement_seconds),
        account.starts_a_second: starts_a_second,
        account.open_executions: executions,
        **{
            key: amount
            for meter, key in account.a_second.items()
            if (amount := a_second * of_one(meter, polls))
        },
    }
    if usage.quota is not None:
        used[usage.quota.key] = of_one(usage.quota.meter, most_polls)
    found = (Load(every[key], amount, every[key].in_region(region)) for key, amount in used.items())
    return sorted(found, key=lambda load: -load.share)
