"""How much of each quota a workload uses at its busiest: of one execution, and of the whole account."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from orchbench.evaluation.limits import AwsQuota, quotas
from orchbench.platforms.platform import AccountQuotas
from orchbench.trace import Json, Label
from orchbench.ways.usage import Ending, Usage

FITS = 1 + 1e-9
"""A share of a quota up to this fits: what is beyond a whole one is the rounding of a sum."""


@dataclass(frozen=True)
class Load:
    """How much of a quota a workload uses at its peak.

    Attributes:
        used: a number, or a column of them.
        scope: of the quota: an execution, or the whole account in a region.
    """

    quota: str
    used: Any
    limit: int
    unit: str
    scope: str
    source: str

    @property
    def share(self) -> Any:
        """The share of the quota that is used."""
        return self.used / self.limit

    def to_json(self) -> Json:
        """Return the figures with their labels and sources."""
        estimated = {"label": Label.ESTIMATED.value, "source": "closed form, times the peak"}
        return {
            "quota": self.quota,
            "scope": self.scope,
            "used": {"value": round(float(self.used), 6), "unit": self.unit, **estimated},
            "limit": {"value": self.limit, "unit": self.unit, "label": "quoted", "source": self.source},
            "share": {"value": round(float(self.share), 6), "unit": "of the quota", **estimated},
            "fits": bool(self.share <= FITS),
        }


@dataclass(frozen=True)
class Peak:
    """A workload at its busiest; numbers, or columns of them.

    Attributes:
        executions: running at once.
        statements: of them, that Redshift still works on.
        starts_a_second: of executions.
        makespan_seconds: of an execution, on average.
    """

    executions: Any
    statements: Any
    starts_a_second: float
    makespan_seconds: Any


def used_of_quotas(
    usage: Usage, account: AccountQuotas, peak: Peak, polls: Any, most_polls: Any
) -> dict[str, Any]:
    """Return the use of every quota that polling comes near, by the quota's key.

    Args:
        usage: the way's own counts.
        account: the quotas of its platform.
        peak: the workload at its busiest.
        polls: of an execution, on average.
        most_polls: of the longest execution.
    """
    a_second = peak.executions / np.maximum(peak.makespan_seconds, 1e-6)
    fixed, each = usage.start + usage.endings[Ending.SUCCEEDED], usage.poll
    used = {
        "redshift_describe_statement_a_second": a_second * polls,
        "redshift_batch_execute_statement_a_second": peak.starts_a_second,
        "redshift_active_statements": peak.statements,
        account.starts_a_second: peak.starts_a_second,
        account.open_executions: peak.executions,
    }
    by_event = fixed + usage.event
    for meter, key in account.a_second.items():
        if by_event.of(meter) or each.of(meter):
            used[key] = a_second * (by_event.of(meter) + polls * each.of(meter))
    if usage.quota is not None:
        meter = usage.quota.meter
        used[usage.quota.key] = fixed.of(meter) + most_polls * each.of(meter)
    return used


def loads(used: Mapping[str, Any], region: str) -> list[Load]:
    """Return the use of quotas with what they allow in a region."""
    return [_load(quotas()[key], amount, region) for key, amount in used.items()]


def _load(quota: AwsQuota, used: Any, region: str) -> Load:
    name = f"{quota.service}: {quota.what}"
    return Load(name, used, quota.in_region(region), quota.unit, quota.scope, quota.source)
