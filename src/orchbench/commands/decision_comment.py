"""A decision as a comment on a pull request, shaped like Infracost's: a verdict, a table, the rest folded."""

from collections.abc import Sequence
from decimal import Decimal

from orchbench.commands.decision_table import sentences_of
from orchbench.evaluation.figures import NOTHING, told_money, told_share
from orchbench.trace import Json


def comment(decision: Json) -> str:
    """Return what a decision costs, and what the other ways would.

    Args:
        decision: as ``orchbench decide --json`` has it.
    """
    best = decision["recommended"]
    if best is None:
        return "\n".join(["### No way fits what is asked", "", *decision["said"]])
    ranked = [best, *([decision["runner_up"]] if decision["runner_up"] else []), *decision["others"]]
    rows = [_option(one, bold=one is best) for one in (*ranked, *decision["instead"])]
    return "\n".join(
        [
            f"### {best['way']}, {best['told']}: ${_usd(best)} a month",
            "",
            " ".join(decision["said"]),
            "",
            "| way | poll | USD a month | of the whole bill | lag at worst |",
            "|---|---|--:|--:|--:|",
            *rows,
            *_folded("What it stands on, and what would change it", sentences_of(decision)),
            *_ending(decision),
        ]
    )


def check_comment(old: Json, decision: Json, changes: Sequence[str], *, flips: bool) -> str:
    """Return whether a decision stands, what a month costs now, and what has changed.

    Args:
        old: the record's decision.
        decision: decided anew from the record's inputs.
        changes: since the record, a sentence each.
        flips: whether another way is the answer now.
    """
    before, after = old["recommended"], decision["recommended"]
    verdict = f"The decision {'flips' if flips else 'stands'}: {_name(before)}"
    changed = list(changes) or ["Nothing: prices, assumptions and counts are those of the record."]
    return "\n".join(
        [
            f"### {verdict}{f' then, {_name(after)} now' if flips else ''}",
            "",
            f"**{_difference(before, after)}**",
            "",
            "| | way | poll | USD a month |",
            "|---|---|---|--:|",
            *(_row(when, one) for when, one in (("then", before), ("now", after))),
            *_folded("What has changed since", changed),
            *_ending(decision),
        ]
    )


def _name(option: Json | None) -> str:
    return str(option["way"]) if option else "no way"


def _usd(option: Json) -> str:
    return told_money(Decimal(option["usd_a_month"]["value"]))


def _option(one: Json, *, bold: bool) -> str:
    share = one["share_of_the_whole"]["value"]
    cells = [
        f"**{one['way']}**" if bold else one["way"],
        f"event, {one['poll']} behind it" if one["event"] else one["poll"],
        _usd(one),
        NOTHING if share in (None, 1) else told_share(share),
        _lags(one),
    ]
    return f"| {' | '.join(cells)} |"


def _lags(one: Json) -> str:
    lag, event = one["detection_lag_worst"]["value"], one["event"]
    if lag is None:
        return NOTHING
    if not event:
        return f"{lag:,.0f} s"
    came, lost = (event[name]["value"] for name in ("lag_when_it_comes", "worst_lag_when_lost"))
    return f"{came:g} s; event lost: {lost:,.0f} s"


def _row(when: str, option: Json | None) -> str:
    if option is None:
        return f"| {when} | no way | {NOTHING} | {NOTHING} |"
    return f"| {when} | {option['way']} | {option['poll']} | {_usd(option)} |"


def _difference(before: Json | None, after: Json | None) -> str:
    """Say by how much a month's cost differs."""
    if before is None or after is None:
        return "There is no cost to compare"
    then, now = (Decimal(one["usd_a_month"]["value"]) for one in (before, after))
    if now == then:
        return f"The monthly cost does not change: ${told_money(now)}"
    word = "increases" if now > then else "decreases"
    share = f" ({(now - then) / then:+.0%})" if then else ""
    return f"The monthly cost {word} by ${told_money(abs(now - then))}{share}, to ${told_money(now)}"


def _folded(title: str, sentences: Sequence[str]) -> list[str]:
    """Return sentences that a reader unfolds; blank lines make GitHub read them as Markdown."""
    listed = [f"- {one}" for one in sentences]
    return ["", f"<details><summary>{title}</summary>", "", *listed, "", "</details>"]


def _ending(decision: Json) -> list[str]:
    said = (
        f"Estimated by orchbench from list prices of {decision['question']['region']}; Redshift is not in it."
    )
    return ["", f"<sub>{said}</sub>"]
