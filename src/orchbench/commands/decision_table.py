"""A decision as a person reads it in a terminal: the answer, the options, and what would turn it."""

from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table

from orchbench.commands.estimation import NOTHING, described, print_whole, sentence
from orchbench.evaluation.advice import NO_POLLS
from orchbench.evaluation.figures import told_below, told_share, told_usd
from orchbench.evaluation.variants import parent_of, told_ratio
from orchbench.trace import Json
from orchbench.ways import in_table_order


def print_decision(document: Json) -> None:
    """Print a decision to standard output."""
    console = Console()
    console.print(document["said"], style="bold", highlight=False, soft_wrap=True)
    options = [
        *(document[name] for name in ("recommended", "runner_up")),
        *document["others"],
        document["adaptive"],
        *document["beyond_quotas"],
        document["would_fit"],
    ]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("way", "poll"):
        table.add_column(title, no_wrap=True)
    lags = ("mean lag, s", "p95 lag, s", "worst of any end, s")
    for title in ("polls a run", *lags, "USD a month", "label", "fits"):
        table.add_column(title, justify="right", no_wrap=True)
    shown = [option for option in options if option]
    varied = any(parent_of(option["way"]) for option in shown)
    if varied:
        table.add_column("USD ratio", no_wrap=True)
    costs = {option["way"]: Decimal(option["usd_a_month"]["value"]) for option in reversed(shown)}
    order = in_table_order(costs)
    for option in sorted(shown, key=lambda one: order.index(one["way"])):
        is_its_plan = Decimal(option["usd_a_month"]["value"]) == costs[option["way"]]
        table.add_row(
            option["way"],
            option["poll"],
            f"{option['polls']['value']:.1f}",
            *(_lag(option[f"detection_lag_{name}"]["value"]) for name in ("mean", "p95", "worst")),
            told_usd(Decimal(option["usd_a_month"]["value"])),
            option["usd_a_month"]["label"],
            "yes" if option["fits"] else "no",
            *([told_ratio(option["way"], costs) if is_its_plan else ""] if varied else []),
            style="bold" if option is document["recommended"] else None,
        )
    if table.row_count:
        print_whole(console, table)
    question = document["question"]
    console.print(
        described(question["queries"], question["median_duration"], question["longest_duration"])
        + " Mean and p95 lag are of these durations; the worst is of a query that may end at any moment.",
        highlight=False,
        style="dim",
        soft_wrap=True,
    )
    for line in sentences_of(document):
        console.print(line, highlight=False, style="dim", soft_wrap=True)


def _lag(seconds: float | None) -> str:
    return NOTHING if seconds is None else f"{seconds:.1f}"


def sentences_of(document: Json) -> list[str]:
    """Return what stands below the table: what would turn the answer, how far it holds, what is near."""
    said = []
    if document["runner_up"]:
        runner_up = document["runner_up"]
        said.append(f"Runner-up: {runner_up['why']}.")
    said += [
        f"{one['way']} is left out: {one['why']} ({one['shortest_lag']['value']:g} s at least)."
        if one["shortest_lag"]
        else f"{one['way']} is left out: {one['why']}."
        for one in document["left_out"]
        if one["shortest_lag"] or one["why"] == NO_POLLS
    ]
    said += [_flipped(flip) for flip in document["flips"]]
    said += [
        f"It turns to {one['way']} where {one['what']} is {one['factor']['value']:.3g} times what is taken."
        for one in document["sensitivity"][:4]
    ]
    said += _grown(document["growth"])
    if document["recommended"] and not document["sensitivity"]:
        said.append("No single price or assumption turns it, changed up to a hundred times.")
    if document["limits"]:
        nearest = document["limits"][0]
        said.append(
            f"Nearest quota: {nearest['quota']}, {told_share(nearest['share']['value'])} of "
            f"{nearest['limit']['value']:,} ({nearest['scope']})."
        )
    if document["within_budget"] and not document["within_budget"]["fits"]:
        said.append(f"It does not fit the budget: {_affordable(document)}.")
    return [*said, *map(sentence, document["notes"])]


def _flipped(flip: Json) -> str:
    edge = f"At {flip['interval']['value']} s or {flip['direction']}"
    if flip["way"] is None:
        return f"{edge} no way polls so often: every poll budget stretches the interval."
    return f"{edge} the answer is {flip['way']}: {flip['why']}."


def _grown(growths: list[Json]) -> list[str]:
    """Say how far the workload can grow; what meets the same end at the same factor in one sentence."""
    alike: dict[tuple[Any, ...], list[str]] = {}
    for one in growths:
        key = (one["factor"]["value"], one["why"], one["way"], one["poll"])
        alike.setdefault(key, []).append(one["what"])
    return [
        f"It holds up to {told_below(factor)} times the {' or the '.join(names)} ({why}); beyond that "
        + (f"the answer is {way}, {poll}." if way else "nothing fits.")
        for (factor, why, way, poll), names in alike.items()
    ]


def _affordable(document: Json) -> str:
    budget = document["within_budget"]
    interval = budget["shortest_interval_within_it"]
    if interval is None:
        return "no interval does"
    said = f"a poll every {interval['value']} s ({budget['way']}) does"
    if budget["within_acceptable_lag"]:
        return said
    return (
        f"{said}, which is past the acceptable lag of {document['question']['acceptable_lag']['value']:g} s"
    )
