"""A decision as a person reads it in a terminal: the answer, the options, and what would turn it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchbench.commands.alternatives_table import RUNS_ALONE, print_alternatives, small_table_of
from orchbench.commands.brief import print_brief, print_next
from orchbench.commands.estimation import described, print_whole, sentence
from orchbench.evaluation.figures import NOTHING, told_money, told_names, told_share
from orchbench.evaluation.turning import FACTORS
from orchbench.evaluation.variants import parent_of, told_ratio
from orchbench.report.decision_said import what_events_change, without_polls
from orchbench.trace import Json
from orchbench.ways import in_table_order

MOST_TURNS = 4
PROMISES_KEPT = (
    "Promises do not affect the ranking: each way keeps all of them under every fault of `orchbench faults` "
    "that it can meet."
)
LAGS = ("mean", "p95", "worst")


def print_decision_brief(
    document: Json, besides: Sequence[str | Text] = (), following: str | None = None
) -> None:
    """Print a decision in at most ten lines.

    Args:
        document: of a decision.
        besides: what else must be said: what nobody gave, where a record is.
        following: the next command to run; None for the one that suits the answer.
    """
    headline, *others = document["said"]
    warning = [document["warning"]] if document["warning"] else []
    if rows := document.get("alternatives"):
        body = [*warning, small_table_of(rows), *besides]
        print_brief(headline, body, following or next_command(document), [*_runs_alone(document), *others])
        return
    instead = [without_polls(one) for one in document["instead"][:1]]
    extra = [*others[2:3], *instead, *others[3:], *_others(document), *_turned(document)[:1]]
    print_brief(headline, [*others[:2], *warning, *besides], following or next_command(document), extra)


def _runs_alone(document: Json) -> list[str]:
    """Say what of a month compares with an alternative's."""
    best = document["recommended"]
    if not best:
        return []
    usd = told_money(Decimal(best["month"]["runs"]["value"]))
    return [f"{best['way']}'s runs alone: ${usd}. {RUNS_ALONE}"]


def next_command(document: Json) -> str:
    """Return what to run after a decision: write the way that was chosen, or look at what limits them all."""
    best = document["recommended"]
    return f"orchbench template --way {best['way']} --out my-batch" if best else "orchbench limits"


def _others(document: Json) -> list[str]:
    """Say what the other ways cost that keep the promise."""
    others = [one for one in (document["runner_up"], *document["others"]) if one]
    costs = [f"{one['way']} ${told_money(Decimal(one['usd_a_month']['value']))}" for one in others]
    return [f"The others cost, a month: {', '.join(costs)}."] if costs else []


def print_decision(document: Json, besides: Sequence[str | Text] = (), following: str | None = None) -> None:
    """Print a decision to standard output, with all that it stands on.

    Args:
        document: of a decision.
        besides: what else must be said: what nobody gave, where a record is.
        following: the next command to run; None for the one that suits the answer.
    """
    console = Console()
    for line in document["said"]:
        console.print(line, style="bold", highlight=False, soft_wrap=True)
    if document["warning"]:
        console.print(document["warning"], highlight=False, soft_wrap=True)
    for line in besides:
        console.print(line, highlight=False, soft_wrap=True)
    options = [
        *(document[name] for name in ("recommended", "runner_up")),
        *document["others"],
        document["adaptive"],
        *document["instead"],
        *document["beyond_quotas"],
        document["would_fit"],
    ]
    shown = [option for option in options if option]
    if shown:
        console.print()
        print_whole(console, _table(shown, document["recommended"]))
    question = document["question"]
    console.print(
        described(question["queries"], question["median_duration"], question["longest_duration"])
        + " Lags are for an end at any moment between two polls."
        + (" Those of an event are expected values." if any(one["event"] for one in shown) else ""),
        highlight=False,
        style="dim",
        soft_wrap=True,
    )
    for line in sentences_of(document):
        console.print(line, highlight=False, style="dim", soft_wrap=True)
    print_alternatives(console, document.get("alternatives", ()))
    print_next(console, following or next_command(document))


def _table(shown: list[Json], recommended: Json | None) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("way", "poll"):
        table.add_column(title, no_wrap=True)
    for title in (
        "polls a run",
        *(f"{name} lag, s" for name in LAGS),
        "USD a month",
        "of the whole",
        "parts",
        "label",
        "fits",
    ):
        table.add_column(title, justify="right", no_wrap=True)
    varied = any(parent_of(option["way"]) for option in shown)
    if varied:
        table.add_column("USD ratio", no_wrap=True)
    costs = {option["way"]: Decimal(option["usd_a_month"]["value"]) for option in reversed(shown)}
    order = in_table_order(costs)
    for option in sorted(shown, key=lambda one: order.index(one["way"])):
        is_its_plan = Decimal(option["usd_a_month"]["value"]) == costs[option["way"]]
        share = option["share_of_the_whole"]["value"]
        table.add_row(
            option["way"],
            f"event, {option['poll']}" if option["event"] else option["poll"],
            f"{option['polls']['value']:.1f}",
            *(_lag(option[f"detection_lag_{name}"]["value"]) for name in LAGS),
            told_money(Decimal(option["usd_a_month"]["value"])),
            NOTHING if share in (None, 1) else told_share(share),
            str(option["parts"]["value"]),
            option["usd_a_month"]["label"],
            "yes" if option["fits"] else "no",
            *([told_ratio(option["way"], costs) if is_its_plan else ""] if varied else []),
            style="bold" if option is recommended else None,
        )
    return table


def _lag(seconds: float | None) -> str:
    return NOTHING if seconds is None else f"{seconds:.1f}"


def sentences_of(document: Json) -> list[str]:
    """Return what stands below the table: what a month is made of, what would turn it, and what is near."""
    said = []
    if best := document["recommended"]:
        month = {name: told_money(Decimal(one["value"])) for name, one in best["month"].items()}
        said.append(
            f"A month of {best['way']}: ${month['runs']} for its runs, ${month['faults']} for what goes "
            f"wrong, ${month['besides']} for traces, metrics, alarms and the sweep."
        )
    if document["runner_up"]:
        said.append(PROMISES_KEPT)
    for one in document["instead"]:
        said += [without_polls(one), *what_events_change(one)]
    said += [_left_out(one) for one in document["left_out"] if one["shortest_lag"]]
    said += _turned(document)
    said += _ranged(document["ranges"])
    if document["limits"]:
        nearest = document["limits"][0]
        said.append(
            f"Nearest quota: {nearest['quota']}, {told_share(nearest['share']['value'])} of "
            f"{nearest['limit']['value']:,} ({nearest['scope']})."
        )
    if document["within_budget"] and not document["within_budget"]["fits"]:
        found = "shortest_interval_within_it" in document["within_budget"]
        said.append(f"It is over the budget{f': {_affordable(document)}' if found else ''}.")
    return [*said, *map(sentence, document["notes"])]


def _left_out(one: Json) -> str:
    return f"{one['way']} is left out: {one['why']} ({one['shortest_lag']['value']:g} s at least)."


def _turned(document: Json) -> list[str]:
    if not document["recommended"]:
        return []
    workload = [one for one in document["turns"] if one["kind"] == "workload"]
    others = [one for one in document["turns"] if one["kind"] != "workload"]
    said = [told_turn(one) for one in (*workload, *others[:MOST_TURNS])]
    if not others:
        said.append(
            "No single price or assumption changes the answer, multiplied or divided by "
            f"{told_names(map(str, FACTORS))}, or at either end of an assumption's range."
        )
    return said


def told_turn(one: Json) -> str:
    """Say what turns an answer, and what is the answer then."""
    instead = f"the answer is {one['way']}, {one['poll']}" if one["way"] else "no way fits"
    what = one["what"].replace("_", " ")
    if one["kind"] == "price":
        what = f"price of {what}"
    if one["at"]:
        longer = "a longer" if one["direction"] == "more" else "a shorter"
        return f"With {longer} {what}, from {one['at']['value']:,.0f} s on, {instead}."
    factor = one["factor"]["value"]
    times = f"{factor:.3g} times" if factor >= 1 else f"{factor:.3g} of"
    return f"At {times} the {what}, {instead}."


def _ranged(ranges: Json | None) -> list[str]:
    if ranges is None:
        return []
    if not ranges["tornado"]:
        return ["No assumption moves the difference between the ways."]
    widest = ranges["tornado"][0]
    low, high = map(told_money, sorted(Decimal(widest[end]["value"]) for end in ("low", "high")))
    moved = (
        f"The assumption that matters most is {widest['what'].replace('_', ' ')}: over its range the "
        f"difference to {ranges['beside']} is ${low} to ${high} a month."
    )
    if ranges["survives"]:
        saved = "No combination of the assumptions lets another way save enough to matter"
        if ranges["same_answer"]:
            return [moved, f"{saved}."]
        other = next(one["answer"] for one in ranges["corners"] if one["answer"] != ranges["recommended"])
        return [
            moved,
            f"{saved}, but with one the answer is {other or 'no way'}, for reasons other than cost.",
        ]
    lost = next(one for one in ranges["corners"] if not one["survived"])
    saved = told_money(-Decimal(lost["costs_more"]["value"]))
    return [
        moved,
        "With one combination of the assumptions another way saves enough to matter: "
        f"{lost['way']} ${saved}.",
    ]


def _affordable(document: Json) -> str:
    budget: dict[str, Any] = document["within_budget"]
    interval = budget["shortest_interval_within_it"]
    if interval is None:
        return "no interval is within it"
    said = f"a poll every {interval['value']} s ({budget['way']}) is within it"
    if budget["within_acceptable_lag"]:
        return said
    return (
        f"{said}, which is past the acceptable lag of {document['question']['acceptable_lag']['value']:g} s"
    )
