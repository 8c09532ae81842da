"""A decision record: what was decided, on which figures, and whether it would be decided so again.

The JSON twin holds the inputs, the prices and assumptions with digests, and every figure; the Markdown in
the form of MADR is made of it and of nothing else.
"""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from shlex import quote
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from orchbench.evaluation.candidate import Candidate
from orchbench.evaluation.complexity_rows import ROWS
from orchbench.evaluation.figures import told_money, told_share
from orchbench.evaluation.limits import reach, told_quota
from orchbench.evaluation.month import SHARED_ALARMS, SMALL_PRICES, with_small_prices
from orchbench.evaluation.price_keys import price_keys
from orchbench.evaluation.prices import told_price
from orchbench.evaluation.tariff import plain
from orchbench.faults.catalogue import REHEARSED
from orchbench.probes import all_probes
from orchbench.report.decision_said import what_events_change, without_polls
from orchbench.report.figures import decimals, money, told_duration
from orchbench.report.reading import Given, Results
from orchbench.report.sources import used_prices
from orchbench.trace import Json, Label
from orchbench.ways import all_ways
from orchbench.ways.durations import Policy, parse_policy

SCHEMA = "orchbench.adr/1"
MEASURED = ("makespan_seconds", "overhead_seconds", "detection_lag_seconds")
MOST_TURNS = 6
OPTIONS = (
    *("duration", "durations", "column", "runs_a_month", "acceptable_lag"),
    *("bearable_lag", "lost_events", "timeout"),
    *("region", "architecture", "memory", "prices", "budget_usd", "peak_factor", "free_tier"),
    *("redshift_rpus", "redshift_hour_usd", "redshift_rpu_hour_usd", "no_redshift"),
)
"""Inputs that are options of the command, in its order."""
COMPLEXITY = ("decisions", "error names", "references across a boundary", "states or operations", "resources")


def record(
    results: Sequence[Results], given: Given, decision: Json, inputs: Json, titles: Mapping[str, str]
) -> Json:
    """Return the record as JSON values.

    Args:
        results: what was measured; none where the record stands on estimates alone.
        given: prices, assumptions and the ways' own counts.
        decision: as ``orchbench decide --json`` says it.
        inputs: each argument with its ``value`` and its ``origin``; many durations as ``durations_seconds``.
        titles: of the ways.
    """
    return {
        "schema": SCHEMA,
        "date": max((one.began[:10] for one in results), default=given.today.isoformat()),
        "ways": {one.name: titles[one.name] for one in given.candidates},
        "inputs": inputs,
        "decision": decision,
        "warning": decision["warning"],
        "measured": [_measured(one) for one in results],
        "reach": [
            _reach(one.name, policy, given) for policy in _policies(decision) for one in given.candidates
        ],
        "complexity": _complexity(results),
        "faults": len(REHEARSED),
        "operated": {one.name: _operated(one) for one in given.candidates},
        "conclusion": next((one.complexity["conclusion"] for one in results if one.complexity), []),
        **basis(given),
    }


def basis(given: Given) -> Json:
    """Return what a decision stands on besides its inputs, each part with a digest."""
    prices = {
        key: {
            "usd": plain(one.usd),
            "unit": one.unit,
            "source": one.told_source,
            "confidence": one.confidence,
        }
        for key, one in with_small_prices(given.prices).prices.items()
    }
    assumed = {
        name: {
            "value": plain(one.value),
            "unit": one.unit,
            "label": one.label,
            "source": one.source,
            "low": plain(one.low),
            "high": plain(one.high),
        }
        for name, one in given.assumed.named.items()
    }
    counts = {
        one.name: {"budget_polls": one.budget_polls, "usage": _digest(one.usage.to_json())}
        for one in given.candidates
    }
    keys = price_keys((one.usage for one in given.candidates), given.architecture)
    told = given.prices.told(keys)
    return {
        "prices": {"region": given.prices.region, "told": told, "sha256": _digest(prices), "values": prices},
        "assumptions": {"sha256": _digest(assumed), "values": assumed},
        "counts": {"sha256": _digest(counts), "values": counts},
    }


def _digest(values: Any) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()


def _measured(results: Results) -> Json:
    settings = results.comparison.settings
    return {
        "results": results.name,
        "host": settings.host,
        "region": settings.region,
        "began": results.began,
        "apart": results.summary["apart"],
        "ways": {
            way: {
                "runs": figures["outcomes"]["runs"],
                "succeeded": figures["outcomes"]["succeeded"],
                "latencies": {
                    key: {**found, "file": results.traces_of(way)}
                    for key in MEASURED
                    if (found := figures["latencies"].get(key))
                },
                "usd_a_run": {
                    "value": figures["bill"].get("median_usd"),
                    "label": figures["bill"].get("label", Label.MISSING.value),
                    "source": "bill of the run in the middle at list prices",
                    "file": results.traces_of(way),
                },
            }
            for way, figures in results.summary["ways"].items()
        },
    }


def _policies(decision: Json) -> list[Policy]:
    found = decision["recommended"]
    texts = dict.fromkeys(["fixed:10s", *([found["poll"]] if found else [])])
    return [parse_policy(text, budget=False) for text in texts]


def _reach(way: str, policy: Policy, given: Given) -> Json:
    candidate = next(one for one in given.candidates if one.name == way).following(policy)
    found = reach(candidate, candidate.kept(policy))
    return found.to_json() | {"ends_early": found.ends_early, "file": given.files[way]}


def _complexity(results: Sequence[Results]) -> Json | None:
    measured = next((one.complexity for one in results if one.complexity), None)
    if measured is None:
        return None
    return {
        way["way"]: {
            title: found["value"] if isinstance(found := ROWS[title](way), dict) else found
            for title in COMPLEXITY
        }
        for way in measured["ways"]
    }


def _operated(candidate: Candidate) -> Json:
    """Return what runs in an account that holds a way alone, and which claim about AWS its bill hangs on."""
    way = all_ways()[candidate.name]
    probe = all_probes().get(way.probe)
    return {
        "functions": list(way.deployed_functions),
        "state_machine": way.has_definition,
        "versions": way.usage.suspends,
        "alarms": candidate.alarms + SHARED_ALARMS,
        "open_claim": {"probe": probe.name, "claim": probe.claim} if probe else None,
    }


def flipped(old: Json, new: Json) -> bool:
    """Tell whether another way is recommended, or none where there was one."""
    return _recommended(old) != _recommended(new)


def _recommended(decision: Json) -> str | None:
    found = decision["recommended"]
    return str(found["way"]) if found else None


def changes(old: Json, decision: Json, now: Json) -> Iterator[str]:
    """Yield what differs from an old record, a sentence each.

    Args:
        old: the record.
        decision: decided anew from the old record's inputs.
        now: today's ``basis``.
    """
    yield from _changed(old, now, "prices", "usd", "price of {}: {} USD then, {} now")
    yield from _changed(old, now, "assumptions", "value", "assumption {}: {} then, {} now")
    for way in sorted({*old["counts"]["values"], *now["counts"]["values"]}):
        if old["counts"]["values"].get(way) != now["counts"]["values"].get(way):
            yield f"What {way} uses, by its own statement or its poll budget, is not what it was."
    before, after = old["decision"]["recommended"], decision["recommended"]
    if before and after:
        costs = [Decimal(one["usd_a_month"]["value"]) for one in (before, after)]
        if (before["way"], before["poll"]) != (after["way"], after["poll"]):
            then, today = (f"{one['way']}, {one['poll']}" for one in (before, after))
            yield f"Recommended then: {then}; now: {today}."
        if costs[0] != costs[1]:
            yield f"A month then: {money(costs[0])} USD; now: {money(costs[1])} USD."
    elif before or after:
        gone = "There is no way to recommend any more" if before else "There is a way to recommend now"
        yield f"{gone}: {decision['said'][0].rstrip('.')}."


def _changed(old: Json, now: Json, part: str, key: str, said: str) -> Iterator[str]:
    before, after = old[part]["values"], now[part]["values"]
    for name in sorted({*before, *after}):
        values = [one.get(name, {}).get(key, "none") for one in (before, after)]
        if values[0] != values[1]:
            sentence = said.format(name.replace("_", " "), *values)
            yield f"{sentence[0].upper()}{sentence[1:]}."


def markdown(found: Json, named: str = ".") -> str:
    """Return the record as Markdown in the form of MADR.

    Args:
        found: the record.
        named: the record as its command names it, from its own folder.
    """
    decision = found["decision"]
    ranked = [one for one in (decision["recommended"], decision["runner_up"], *decision["others"]) if one]
    return (
        _environment()
        .get_template("record.md.j2")
        .render(
            **found,
            ranked=ranked,
            cheapest=min(ranked, key=_usd, default=None),
            on_aws=any(one["host"] == "aws" for one in found["measured"]),
            used_prices=used_prices(
                found["prices"]["values"], found["inputs"]["architecture"]["value"], SMALL_PRICES
            ),
            workload_turns=[one for one in decision["turns"] if one["kind"] == "workload"],
            turns=[one for one in decision["turns"] if one["kind"] != "workload"][:MOST_TURNS],
            command=command(found["inputs"], named),
            quotas=list(
                dict.fromkeys(told_quota(way.usage) for way in all_ways().values() if way.usage.quota)
            ),
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=False,  # noqa: S701 - Markdown, of the project's own texts
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "money": _money,
        "number": _number,
        "duration": _duration,
        "interval": _interval,
        "factor": told_factor,
        "price_name": told_price,
        "turned": _turned,
        "share": told_share,
        "thousands": _thousands,
        "capitalized": _capitalized,
        "origin": _origin,
        "without_polls": without_polls,
        "what_events_change": what_events_change,
    }
    return environment


def _usd(option: Json) -> Decimal:
    return Decimal(option["usd_a_month"]["value"])


def _money(amount: str | float) -> str:
    return told_money(Decimal(str(amount)))


def _number(value: str | float, digits: int = 2) -> str:
    return decimals(float(value), digits)


def _turned(turn: Json) -> str:
    """Write what turns a decision: a price, an assumption or the workload."""
    what = str(turn["what"])
    return f"price of {told_price(what)}" if turn["kind"] == "price" else what.replace("_", " ")


def _thousands(value: object) -> str:
    """Write a number of four digits or more with thousands apart, and anything else as it is."""
    text = "yes" if value is True else str(value)
    return f"{int(text):,}" if text.isdecimal() else text


def _origin(one: Json) -> str:
    """Write in one word or two where an input comes from."""
    return str(one["origin"]).partition(",")[0]


def _capitalized(clause: str) -> str:
    """Write a clause as a sentence begins, unless it begins with a way's name."""
    return clause if clause.startswith(tuple(all_ways())) else clause[0].upper() + clause[1:]


def told_factor(value: float) -> str:
    """Write a factor that turns a decision so that what is written turns it too: away from 1."""
    digits = max(0, 2 - math.floor(math.log10(value)))
    scaled = round(value * 10**digits, 3)
    return f"{(math.floor if value < 1 else math.ceil)(scaled) / 10**digits:,.{digits}f}"


def _duration(value: str | float) -> str:
    return told_duration(float(value))


def _interval(figure: Json) -> str:
    bounds = figure.get("median_interval")
    if not bounds:
        return f"no interval from {figure['count']} runs"
    return f"95 % interval {bounds['low']:.2f} to {bounds['high']:.2f}"


def command(inputs: Json, named: str) -> str:
    """Return the command line that makes the record again, in its own folder: what was given, and no more."""
    results = inputs["results"]["value"]
    words = ["orchbench", "decide", *(results if results != ["."] else [])]
    for name in OPTIONS:
        one = inputs.get(name)
        if one and one["origin"] == "given":
            flag = f"--{name.replace('_', '-')}"
            words += [flag] if one["value"] is True else [flag, str(one["value"])]
    for name in ("assume", "material"):
        for one in inputs[name]["value"] if name in inputs else ():
            words += [f"--{name}", one]
    if "way" in inputs:
        words += ["--way", ",".join(inputs["way"]["value"])]
    return " ".join(map(quote, [*words, "--record", named]))
