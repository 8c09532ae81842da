"""What else could run the batch: the alternatives, folded away, in a table of their own."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from orchbench.evaluation.alternatives import STANDING, Alternative, Queries
from orchbench.evaluation.figures import NOTHING
from orchbench.evaluation.other_solutions import ALTERNATIVES
from orchbench.report.figures import hours, lag_seconds, usd
from orchbench.report.hour import Hours
from orchbench.report.model import Figure, Section, Table, Text
from orchbench.report.reading import ASSUMED_IN, QUOTAS_IN, Given
from orchbench.trace import Json

FILE = "src/orchbench/evaluation/other_solutions.py"
HEADS = (
    "what else",
    "mean lag, s",
    "longest, h",
    "exactly once",
    "run besides",
    "promise broken",
)


def section(given: Given, found: Hours, alternatives: Sequence[Alternative] = ALTERNATIVES) -> Section:
    """Return the section."""
    return Section(
        "alternatives",
        "What else could run it",
        ("Each of these gives up, or may give up, something that the pair keeps",),
        [
            (
                "None of these is a way: nothing here deploys, rehearses or runs them. Each is a closed form "
                "over facts that were read; what was found nowhere is assumed. Metrics and alarms are apart.",
            )
        ],
        more=[table(given, found, alternatives)],
        notes=list(_facts(alternatives)),
        more_title="what each costs, sees and breaks, and the facts behind it",
    )


def table(given: Given, found: Hours, alternatives: Sequence[Alternative]) -> Table:
    """Return a row for each: of what the page's answer is about, one that polls as the chosen way does."""
    question = found.question
    queries = Queries(
        question.durations_seconds,
        int(question.timeout_seconds),
        found.chosen.planned.policy,
        given.terms,
    )
    rows = [_row(one.estimated(queries, given.asked.runs), given) for one in alternatives]
    heads = (HEADS[0], f"USD {given.asked.per}", *HEADS[1:])
    return Table("What else could run it: estimated, never run", heads, rows, main=(1, 2))


def _row(one: Json, given: Given) -> Sequence[Text]:
    cost, standing, lag = one["cost"], one["standing"], one["detection_lag_mean"]
    files = f"{FILE}; {given.prices_file}"
    priced = f"{files}; {ASSUMED_IN}" if cost["label"] == "assumed" else files
    bill = "; ".join(dict.fromkeys(line["price_source"] for line in one["bill"]["lines"]))
    sum_of = f"closed form over its own facts; price: {bill}"
    longest = one["longest_query"]
    besides = (", and ", _standing(standing, sum_of, files), " a month") if standing else ()
    return (
        (one["title"],),
        (usd(Decimal(cost["value"]), given.asked.per, cost["label"], sum_of, priced), *besides),
        (NOTHING if lag["value"] is None else lag_seconds(lag["value"], lag["label"], lag["source"], FILE),),
        (_longest(longest) if longest["value"] is not None else NOTHING,),
        (one["exactly_once"],),
        (one["run_besides"],),
        (one["promise_broken"],),
    )


def _standing(standing: Json, source: str, files: str) -> Figure:
    return usd(Decimal(standing["value"]), STANDING, standing["label"], source, files)


def _longest(longest: Json) -> Figure:
    return hours(longest["value"], longest["label"], longest["source"], f"{FILE}; {QUOTAS_IN}")


def _facts(alternatives: Sequence[Alternative]) -> Iterator[Text]:
    for one in alternatives:
        told = " ".join(f"{fact.said.rstrip('.')} ({fact.source})." for fact in one.facts)
        yield (f"{one.title}: {one.breaks}. {told}",)
