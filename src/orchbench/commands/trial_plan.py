"""What ``orchbench compare-aws`` says before it asks: what it will do, how long it should take and cost.

Nothing of it has been measured on an account, so every figure carries its label.
"""

from collections.abc import Iterator

from orchbench.commands.aws_consent import ASSUMED_QUERY_SECONDS, estimated_usd, whose_prices
from orchbench.commands.probe import probes_of
from orchbench.commands.trial_path import Trial
from orchbench.evaluation.figures import told_usd
from orchbench.evaluation.prices import price_list
from orchbench.probes import Probe
from orchbench.probes.cost import services_usd, warehouse_seconds
from orchbench.trial.cost import SECONDS_A_STACK, SECRET_USD_A_MONTH, comparison_seconds, warehouse_cost
from orchbench.ways import the_pair

ARCHITECTURE = "x86_64"
"""The template's default, which a trial leaves as it is."""


def plan(trial: Trial, identity: str) -> list[str]:
    """Return the lines that say what will be deployed, run and paid."""
    return [
        f"As {identity}, in {trial.clients.region}:",
        *(f"  {step.name}: {step.said_before}" for step in trial.steps()),
        "  then it offers to delete what it has deployed",
        *(_said(trial) if not trial.local else ["It costs nothing: nothing leaves this machine."]),
    ]


def _said(trial: Trial) -> Iterator[str]:
    yield _duration(trial)
    yield "What it should cost, at list prices; nothing of it has been measured on an account:"
    arguments, region = trial.arguments, trial.clients.region
    poll = {"policy": "fixed", "interval_seconds": arguments.poll_interval}
    usd = _runs(trial) * estimated_usd(list(the_pair()), region, ARCHITECTURE, poll)
    yield (
        f"  {_runs(trial)} runs: ${told_usd(usd, 2)} for orchestrating queries of {ASSUMED_QUERY_SECONDS} s "
        f"(estimated, prices of {whose_prices(list(the_pair()), region, ARCHITECTURE)})"
    )
    probes = _probes(trial)
    if probes:
        prices = price_list(region)
        whose = prices.told(key for probe in probes for key in probe.uses)
        yield (
            f"  the probes: ${told_usd(services_usd(probes, prices), 2)} for the services that they call "
            f"(estimated, prices of {whose})"
        )
    if not trial.makes_warehouse:
        yield "  the warehouse: what its own queries cost you"
        return
    cost = warehouse_cost(region, trial.rpu, _warehouse_seconds(trial), arguments.rpu_hours)
    borrowed = f", {cost.assumed_from}'s because {region}'s is not known" if cost.assumed_from else ""
    yield (
        f"  the warehouse: ${told_usd(cost.expected_usd, 2)} for {_minutes(cost.expected_seconds)} min of "
        f"{trial.rpu} RPU{', the probes included' if probes else ''} (assumed: ${cost.rpu_hour_usd} per "
        f"RPU-hour{borrowed})"
    )
    yield f"  the most that its usage limit allows: ${told_usd(cost.most_usd_a_day, 2)} a day (assumed)"
    yield f"  while it is kept: ${SECRET_USD_A_MONTH} a month for its admin's secret (assumed), and storage"


def _duration(trial: Trial) -> str:
    deploying = SECONDS_A_STACK * (2 if trial.makes_warehouse else 1)
    comparing = comparison_seconds(_runs(trial), ASSUMED_QUERY_SECONDS)
    probing = sum(probe.seconds for probe in _probes(trial))
    parts = [f"{_minutes(deploying)} to deploy", f"{_minutes(comparing)} for tables and runs"]
    parts += [f"up to {_minutes(probing)} for the probes"] if probing else []
    return (
        f"It should take about {_minutes(deploying + comparing + probing)} min: {', '.join(parts)}; to "
        f"delete it takes about {_minutes(deploying)} min more (all assumed)."
    )


def _runs(trial: Trial) -> int:
    return int(trial.arguments.runs) * len(the_pair())


def _probes(trial: Trial) -> list[Probe]:
    return [] if trial.arguments.no_probes else probes_of(trial.arguments.probe)


def _warehouse_seconds(trial: Trial) -> int:
    """Return for how long the comparison and the probes should keep the warehouse active."""
    comparing = comparison_seconds(_runs(trial), ASSUMED_QUERY_SECONDS)
    return comparing + warehouse_seconds(_probes(trial))


def _minutes(seconds: int) -> int:
    """Return whole minutes, of which a part counts as one."""
    return -(-seconds // 60)
