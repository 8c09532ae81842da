"""Says what probes will do and cost on AWS, and asks, before anything is done."""

import math
from collections.abc import Sequence

from rich.console import Console

from orchbench.commands.consent import agree, asking
from orchbench.deployment.connection import SERVICE_ERRORS
from orchbench.evaluation.price_keys import RPU_HOUR
from orchbench.evaluation.prices import PriceList, price_list
from orchbench.probes.capacity import base_capacity
from orchbench.probes.cost import ASSUMED_RPU, services_usd, warehouse_usd
from orchbench.probes.lab import PREFIX, Lab
from orchbench.probes.probe import Probe

ANSWER = "probe"


def confirm(probes: Sequence[Probe], lab: Lab, console: Console, *, assume_yes: bool) -> None:
    """Say what will be made, how long it takes and what it should cost; go on only with a yes.

    Raises:
        UsageError: nobody said yes.
    """
    minutes = math.ceil(sum(probe.seconds for probe in probes) / 60)
    prices = price_list(lab.region)
    services = services_usd(probes, prices)
    of = prices.told(key for probe in probes for key in probe.uses)
    console.print(
        f"This runs {told_probes(len(probes))} on the stack {lab.connection.stack_name} in {lab.region}, "
        f"for up to {minutes} min. They make resources and tables of their own, named {PREFIX}..., "
        "and remove them in the end; your tables are read and not changed. AWS should bill about "
        f"${services:.3f} for them, estimated at the list prices of {of}, "
        f"and {_warehouse(probes, lab, prices)}.",
        highlight=False,
        soft_wrap=True,
    )
    if assume_yes:
        return
    agree(
        asking(console), f"Type {ANSWER} to go on: ", lambda said: said == ANSWER, else_said="nothing was run"
    )


def _warehouse(probes: Sequence[Probe], lab: Lab, prices: PriceList) -> str:
    seconds = sum(probe.warehouse_seconds for probe in probes)
    if not seconds:
        return "nothing for the warehouse, which they leave alone"
    if not lab.outputs["Target"].startswith("arn:"):
        return f"{seconds} s of the cluster, which is paid by the hour"
    try:
        known = base_capacity(lab)
    except SERVICE_ERRORS:
        known = None
    rpu = known or ASSUMED_RPU
    how = "as deployed" if known else "assumed"
    usd, hour = warehouse_usd(probes, prices, rpu), prices[RPU_HOUR]
    whose = f", {hour.assumed_from}'s because {prices.region}'s is not known" if hour.assumed_from else ""
    return (
        f"Redshift Serverless up to ${usd:.2f} for {seconds} s at {rpu} RPU ({how}; "
        f"${hour.usd.normalize()} per RPU-hour{whose})"
    )


def told_probes(number: int) -> str:
    """Count probes in words."""
    return f"{number} probe{'' if number == 1 else 's'}"
