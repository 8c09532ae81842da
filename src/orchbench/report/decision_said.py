"""A decision in words: what to choose, what it costs, and whether that matters beside Redshift."""

import json
from collections.abc import Sequence
from decimal import Decimal

from orchbench.evaluation.decision import Answer, Option
from orchbench.evaluation.figures import told_excess, told_money, told_share
from orchbench.evaluation.loads import Load
from orchbench.evaluation.price_keys import price_keys
from orchbench.evaluation.tariff import plain
from orchbench.evaluation.variants import parent_of
from orchbench.trace import Json
from orchbench.ways.durations import shown_duration


def said(answer: Answer, asked: int, would_fit: Json | None, budget_usd: Decimal | None) -> list[str]:
    """Return the first lines: three or five where there is an answer, else one that says why not.

    Args:
        answer: to a question.
        asked: how many ways it was asked about.
        would_fit: the shortest interval that would fit where none does, as the document has it.
        budget_usd: a month's, None where there is none.
    """
    question = answer.question
    if question.none_ends:
        return [
            f"Every query runs longer than the timeout of {question.timeout_seconds:,} s, so no way sees "
            "one end: give a longer timeout."
        ]
    if not answer.ranked and not answer.beyond:
        return [
            f"No way sees every end within {question.promise.told} up to a timeout of "
            f"{shown_duration(question.timeout_seconds)}: accept a longer lag, or a shorter timeout."
        ]
    if not answer.ranked:
        nearest = answer.beyond[0]
        return [
            f"No plan fits: {nearest.way}, {nearest.policy.told}, needs "
            f"{_shares(nearest.exceeded)}. {_fitting(answer, would_fit)}"
        ]
    said_first = [_choice(answer, budget_usd), _proportion(answer, asked), _kept(answer)]
    return [*said_first, *([] if len(answer.ranked) == 1 or answer.cost_decides else _ranking(answer))]


def without_polls(one: Json) -> str:
    """Say in one line what a way that waits for an event costs, and both of its lags.

    Args:
        one: of the document's ``instead``.
    """
    usd, event = told_money(Decimal(one["usd_a_month"]["value"])), one["event"]
    came, lost = (event[name]["value"] for name in ("lag_when_it_comes", "worst_lag_when_lost"))
    return (
        f"Without polling, {one['way']} costs ${usd} a month: an end is seen {came:g} s late if its event "
        f"arrives, and {_told_lag(lost)} late at worst if it is lost."
    )


def what_events_change(one: Json) -> list[str]:
    """Say besides what its lag comes to, which input it takes, and what could overturn it."""
    event, (lost, delay) = one["event"], one["lag_ranges"]
    mean, p95 = (one[f"detection_lag_{name}"] for name in ("mean", "p95"))
    found = (
        f"{one['way']}: with {told_share(event['lost_share']['value'])} of the events lost "
        f"({event['lost_share']['label']}), an end is seen {_seconds(mean)} late on average and "
        f"{_seconds(p95)} at the 95th percentile. The mean is {_range(lost)} over the range of that share, "
        f"and {_range(delay)} over the range of the event's delay."
    )
    probe = f" The probe {event['probe']} could overturn it." if event["probe"] else ""
    return [found, f"Start {one['way']} with {json.dumps(one['input'])} in its input.{probe}"]


def _range(swing: Json) -> str:
    return f"{_seconds(swing['low'])} to {_seconds(swing['high'])}"


def _seconds(figure: Json) -> str:
    return f"{figure['value']:.3g} s" if figure["value"] is not None else "unknown"


def _told_lag(seconds: float) -> str:
    return shown_duration(seconds).replace(" m", " min")


def _kept(answer: Answer) -> str:
    best, promise = answer.ranked[0], answer.question.promise
    text = f"Every end is seen within {promise.told}"
    if best.candidate.is_woken:
        lost = _told_lag(best.estimate.when_lost.lag.worst_seconds)
        text = f"{text} if its event arrives, and within {lost} if it is lost"
    if best.candidate.probe:
        tested = "the cost" if best.candidate.polls else "that"
        text = f"{text}; the probe {best.candidate.probe} tests {tested}"
    text = f"{text}."
    if timed_out := float(best.estimate.polled.timed_out.mean()):
        timeout = shown_duration(answer.question.timeout_seconds)
        text += (
            f" {timed_out:.2%} of the runs reach the timeout of {timeout}, and their queries are cancelled."
        )
    return text


def _choice(answer: Answer, budget_usd: Decimal | None) -> str:
    """Say what to choose and what it costs, in two lines of a terminal: the third tells the proportion."""
    best, question = answer.ranked[0], answer.question
    runs, usd = plain_number(question.runs_a_month), told_money(best.month.usd)
    keys = price_keys([best.estimate.candidate.usage], question.terms.architecture)
    where = question.terms.prices.told(keys)
    what = "1 run" if question.runs_a_month == 1 else f"{runs} runs"
    cost = f"${usd} a month ({best.month.bill.label.value}) for {what}"
    text = f"Choose {best.way}, {best.told}: {cost} at list prices of {where}"
    if question.free_tier:
        text += ", the free tier taken off"
    if budget_usd is not None and best.month.usd > budget_usd:
        text += f", which is over the budget of ${plain(budget_usd)}"
    return f"{text}."


def _proportion(answer: Answer, asked: int) -> str:
    question, best = answer.question, answer.ranked[0]
    if question.warehouse is None:
        return f"Redshift's own cost is left out. {_verdict(answer, asked)}"
    redshift = question.warehouse_usd
    whole = redshift + best.month.usd
    share = told_share(float(best.month.usd / whole)) if whole else "0%"
    return (
        f"That is {share} of the whole bill: Redshift costs ${told_money(redshift)} for the same queries "
        f"({question.warehouse.told}). {_verdict(answer, asked)}"
    )


def _verdict(answer: Answer, asked: int) -> str:
    best, ranked = answer.ranked[0], answer.ranked
    if len(ranked) == 1:
        return "It is the only way asked for." if asked == 1 else "No other way keeps the promise and fits."
    if answer.cost_decides:
        saved = told_money(ranked[1].month.usd - best.month.usd)
        pair = _of_the_pair(answer)
        better = f"; of the pair, {pair[0].way} is the better one" if best not in pair and pair[1:] else ""
        return f"Cost decides, as {ranked[1].way} costs ${saved} more{better}."
    return "Cost does not decide here."


def _of_the_pair(answer: Answer) -> list[Option]:
    """Return those of the two that the project compares that keep the promise and fit, the better first."""
    return [one for one in answer.ranked if parent_of(one.way) is None]


def _ranking(answer: Answer) -> list[str]:
    """Say what decides instead of cost, between the pair first; and what is taken not to matter."""
    alike = answer.ranked[: answer.alike]
    apart = max(one.month.usd for one in alike) - min(one.month.usd for one in alike)
    return [
        f"{_deciding_first(alike, [one for one in _of_the_pair(answer) if one in alike])}.",
        f"{len(alike)} ways lie ${told_money(apart)} a month apart; a difference below "
        f"${told_money(answer.least_usd)} is taken not to matter.",
    ]


def _deciding_first(alike: Sequence[Option], pair: Sequence[Option]) -> str:
    variant = _cheaper_variant(alike, pair[0]) if pair else None
    if variant is None or alike[0] not in (pair[0], variant):
        return deciding(*(pair[:2] if pair[1:] and alike[0] is pair[0] else alike[:2]))
    saved = told_money(pair[0].month.usd - variant.month.usd)
    same = "does the same" if variant.policy == pair[0].policy else "keeps the same promise"
    first = f"Of the pair, {deciding(*pair[:2])}; " if pair[1:] else ""
    return f"{first}{variant.way} {same} as {pair[0].way} for ${saved} less"


def _cheaper_variant(alike: Sequence[Option], one: Option) -> Option | None:
    """Return the cheapest way that varies another one and costs less; None where none does."""
    found = [two for two in alike if parent_of(two.way) == one.way and two.month.usd < one.month.usd]
    return min(found, key=lambda two: two.month.usd, default=None)


def deciding(first: Option, second: Option) -> str:
    """Say by what one way comes before another that costs alike."""
    reasons = (
        "its mean lag is shorter",
        "it has more room below its quotas",
        "it has fewer parts to operate",
        "it has fewer states or operations to read",
        "they differ only in a cost that does not matter",
    )
    merits = zip(reasons, first.merits, second.merits, strict=False)
    why = next((reason for reason, one, other in merits if one != other), "its name comes first")
    return f"{first.way} comes before {second.way}: {why}"


def plain_number(number: Decimal) -> str:
    """Write a number with its thousands apart."""
    return f"{number:,f}".rstrip("0").rstrip(".") if number % 1 else f"{number:,.0f}"


def _shares(exceeded: Sequence[Load]) -> str:
    return ", ".join(
        f"{told_excess(load.share)} times the quota of {load.limit:,} {load.of.unit} ({load.quota})"
        for load in exceeded
    )


def _fitting(answer: Answer, would_fit: Json | None) -> str:
    if answer.question.promise.share is not None:
        return "Accept a longer lag, run it less often, or spread its peak."
    if would_fit is None:
        return "A longer interval would not fit either: run it less often, or spread its peak."
    return (
        f"The shortest interval that would fit is {would_fit['interval']['value']} s ({would_fit['way']}), "
        f"a lag of {would_fit['detection_lag_worst']['value']:g} s at worst."
    )
