"""What an inspection found as JSON values: every figure with its unit, its label and its source."""

from dataclasses import asdict
from decimal import Decimal

from orchbench.evaluation.cost import HISTORY, HOST_LABELS
from orchbench.evaluation.counts import names_of_counts
from orchbench.evaluation.figures import figure
from orchbench.evaluation.limits import quotas
from orchbench.evaluation.prices import PriceList
from orchbench.inspection.findings import DefinitionFigures
from orchbench.inspection.histories import HistoryFigures
from orchbench.inspection.polling import Loop
from orchbench.platforms.meters import STATE_TRANSITIONS
from orchbench.trace import Json, Label

SCHEMA = "orchbench.inspect/1"
RECORDS = "the services' own records"
DEFINITION = "the definition"
PACE = "the polls so far, carried on to the quota"
EVENTS_QUOTA = "sfn_history_events"


def history_document(file: str, found: HistoryFigures, prices: PriceList) -> Json:
    """Return a history's figures."""
    trace, label = found.trace, HOST_LABELS[found.trace.host]
    counts = found.counts.to_json()
    return {
        "schema": SCHEMA,
        "file": file,
        "kind": "history",
        "service": found.platform,
        "way": found.way or None,
        "execution_name": trace.execution_name,
        "status": trace.status.value,
        "error_name": trace.error_name,
        "latencies": {
            key: figure(value, "s", label, RECORDS) for key, value in asdict(found.latency).items()
        },
        "counts": {
            key: figure(counts[key], key.replace("_", " "), label, HISTORY)
            for key in names_of_counts()
            if counts.get(key) is not None
        },
        "bill": {
            "region": prices.region,
            "total_usd": figure(str(found.bill.total_usd), "USD", found.bill.label, "the sum of the lines"),
            "lines": [
                {
                    key: str(value) if isinstance(value, Decimal) else value
                    for key, value in asdict(line).items()
                }
                for line in found.bill.lines
            ],
        },
        "quotas": [
            {
                "key": one.key,
                "what": one.what,
                "used": figure(round(one.used, 6), one.unit, label, HISTORY),
                "limit": {
                    "value": one.limit,
                    "unit": one.unit,
                    "label": "quoted",
                    "source": quotas()[one.key].source,
                },
                "used_up_after": figure(
                    None if one.seconds is None else round(one.seconds, 3), "s", Label.ESTIMATED, PACE
                ),
            }
            for one in found.quotas
        ],
        "notes": list(found.notes),
    }


def definition_document(file: str, name: str, found: DefinitionFigures, prices: PriceList) -> Json:
    """Return a definition's figures and findings."""
    return {
        "schema": SCHEMA,
        "file": file,
        "kind": "definition",
        "name": name or None,
        "states": figure(found.states, "states", Label.MEASURED, DEFINITION),
        "tasks": figure(found.tasks, "Tasks", Label.MEASURED, DEFINITION),
        "loops": [_loop(one, prices) for one in found.loops],
        "findings": [
            asdict(one) | {"label": Label.MEASURED.value, "source": DEFINITION} for one in found.findings
        ],
    }


def _loop(loop: Loop, prices: PriceList) -> Json:
    polls, seconds = polls_to_quota(loop)
    counted = "the states of one poll, and the events that AWS writes for each"
    return {
        "choice": loop.choice,
        "variable": loop.variable,
        "states": list(loop.path),
        "through_function": loop.through_function,
        "transitions_a_poll": figure(loop.transitions, STATE_TRANSITIONS.unit, Label.ESTIMATED, counted),
        "events_a_poll": figure(loop.events, "history events", Label.ESTIMATED, counted),
        "pause": figure(loop.pause_seconds, "s", Label.ESTIMATED, "the Waits of one poll, and nothing else"),
        "usd_a_poll": figure(
            str(loop.transitions * prices[str(STATE_TRANSITIONS.price)].usd),
            "USD",
            Label.ESTIMATED,
            "transitions at the list price; functions left out",
        ),
        "most_polls": figure(polls, "polls", Label.ESTIMATED, quotas()[EVENTS_QUOTA].source),
        "history_full_after": figure(seconds, "s", Label.ESTIMATED, "most polls, times the pause"),
        "fates": {status: fate.value for status, fate in loop.fates.items()},
    }


def polls_to_quota(loop: Loop) -> tuple[int | None, float | None]:
    """Return how many polls fill a history, and how long that takes; None where that is not known."""
    polls = quotas()[EVENTS_QUOTA].value // loop.events if loop.events else None
    pause = loop.pause_seconds
    return polls, None if polls is None or pause is None else polls * pause
