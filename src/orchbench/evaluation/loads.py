"""How much of each quota a workload uses at its busiest: of one execution, and of the whole account."""

from dataclasses import dataclass

from orchbench.evaluation.limits import Quota, quotas
from orchbench.trace import Json, Label
from orchbench.usage import Ending, Usage


@dataclass(frozen=True)
class Load:
    """How much of a quota a workload uses at its peak.

    Attributes:
        scope: of the quota: an execution, or the whole account in a region.
    """

    quota: str
    used: float
    limit: int
    unit: str
    scope: str
    source: str

    @property
    def share(self) -> float:
        """The share of the quota that is used."""
        return self.used / self.limit

    def to_json(self) -> Json:
        """Return the figures with their labels and sources."""
        estimated = {"label": Label.ESTIMATED.value, "source": "closed form, times the peak"}
        return {
            "quota": self.quota,
            "scope": self.scope,
            "used": {"value": round(self.used, 6), "unit": self.unit, **estimated},
            "limit": {"value": self.limit, "unit": self.unit, "label": "quoted", "source": self.source},
            "share": {"value": round(self.share, 6), "unit": "of the quota", **estimated},
            "fits": self.share <= 1,
        }


@dataclass(frozen=True)
class Peak:
    """A workload at its busiest.

    Attributes:
        executions: running at once.
        starts_a_second: of executions.
    """

    executions: float
    starts_a_second: float


def loads(
    usage: Usage, region: str, peak: Peak, *, makespan_seconds: float, polls: float, most_polls: int
) -> list[Load]:
    """Return the use of every quota that polling comes near, the nearest first.

    Args:
        usage: the way's own counts.
        region: whose quotas hold.
        peak: the workload at its busiest.
        makespan_seconds: of an execution, on average.
        polls: of an execution, on average.
        most_polls: of the longest execution.
    """
    a_second = peak.executions / makespan_seconds if makespan_seconds else 0.0
    fixed = usage.endings[Ending.SUCCEEDED]
    used = {
        "redshift_describe_statement_a_second": a_second * polls,
        "redshift_batch_execute_statement_a_second": peak.starts_a_second,
        "redshift_active_statements": peak.executions,
    }
    if usage.is_durable:
        checkpoints = usage.start.checkpoints + polls * usage.poll.checkpoints
        used["durable_checkpoints_a_second"] = a_second * checkpoints
        used["durable_starts_a_second"] = peak.starts_a_second
        used["durable_running_executions"] = peak.executions
    else:
        transitions = usage.start.transitions + polls * usage.poll.transitions + fixed.transitions
        used["sfn_state_transitions_a_second"] = a_second * transitions
        used["sfn_start_execution_a_second"] = peak.starts_a_second
        used["sfn_open_executions"] = peak.executions
    an_execution = usage.used_of_quota(usage.start) + usage.used_of_quota(fixed)
    used["durable_operations" if usage.is_durable else "sfn_history_events"] = float(
        an_execution + most_polls * usage.used_of_quota(usage.poll)
    )
    found = [_load(quotas()[key], amount, region) for key, amount in used.items()]
    return sorted(found, key=lambda load: -load.share)


def _load(quota: Quota, used: float, region: str) -> Load:
    name = f"{quota.service}: {quota.what}"
    return Load(name, used, quota.in_region(region), quota.unit, quota.scope, quota.source)
