"""Probes as a document shows them: what each claims and what became of it, on AWS and on the emulators."""

from collections.abc import Iterable, Iterator, Mapping

from orchbench.evaluation.prices import PriceList
from orchbench.probes.cost import services_usd
from orchbench.probes.probe import Probe
from orchbench.trace import Json

NOT_YET = "*not yet run*"


def summary(probes: Iterable[Probe], aws: Json | None, local: Json | None) -> Iterator[str]:
    """Yield the lines of the table.

    Args:
        probes: in their order.
        aws: the stored document of a run on AWS, if there is one.
        local: that of a run on the emulators.
    """
    yield from ("| probe | what we assume | on AWS | on the emulators |", "|---|---|---|---|")
    for probe in probes:
        on_aws, emulated = _verdict(aws, probe), _verdict(local, probe)
        yield f"| [`{probe.name}`](#{probe.name}) | {probe.claim} | {on_aws} | {emulated} |"


def _verdict(stored: Json | None, probe: Probe) -> str:
    found: Mapping[str, Json] = stored["probes"] if stored else {}
    return str(found[probe.name]["verdict"]) if probe.name in found else NOT_YET


def details(probes: Iterable[Probe], prices: PriceList, local: Json | None) -> Iterator[str]:
    """Yield a section for each probe: how it is tried, what each verdict looks like, and what follows."""
    for probe in probes:
        signs = probe.signs
        actions = dict.fromkeys(action for one in probe.permissions for action in one.actions)
        yield from (f"### {probe.name}", "")
        yield f"{probe.claim} {probe.how}"
        yield ""
        yield f"- **Confirmed**: {signs.confirmed}."
        yield f"- **Refuted**: {signs.refuted}. Then: {signs.if_refuted}"
        yield f"- **Inconclusive**: {signs.inconclusive}."
        yield f"- **Used in**: {', '.join(f'`{file}`' for file in probe.used_in)}"
        yield f"- **Takes** about {probe.seconds} s on AWS and costs {told_cost(probe, prices)}."
        yield f"- **Needs**: {', '.join(f'`{action}`' for action in actions)}"
        if local and probe.name in local["probes"]:
            one = local["probes"][probe.name]
            yield f"- **On the emulators**, {one['verdict']}: {one['reason']}"
        yield ""


def told_cost(probe: Probe, prices: PriceList) -> str:
    """Return what a probe costs, with its label."""
    usd = services_usd([probe], prices)
    parts = [f"${usd:.5f} (estimated)"] if usd else []
    if probe.warehouse_seconds:
        parts.append(f"up to {probe.warehouse_seconds} s of the warehouse (assumed)")
    return " and ".join(parts) or "nothing"
