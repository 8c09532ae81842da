"""What probes found, as the JSON document of a results folder; and what it says of latencies."""

from collections.abc import Iterable

from orchbench.probes.probe import Verdict
from orchbench.probes.run import Outcome, Session
from orchbench.trace import Json, Label
from orchbench.virtual_time.latency import MEASURED_SCHEMA

FILE = "probes.json"
AWS, LOCAL = "aws", "local"


def document(session: Session, *, on_aws: bool, settings: Json) -> Json:
    """Return the document.

    Args:
        session: as far as it has come.
        on_aws: whether AWS answered; an emulator's verdicts have words of their own.
        settings: stack, region and moment.
    """
    latencies = _latencies(session.outcomes) if on_aws else {}
    return {
        "schema": MEASURED_SCHEMA,
        "target": AWS if on_aws else LOCAL,
        **settings,
        "probes": {one.probe.name: _outcome(one, on_aws=on_aws) for one in session.outcomes},
        "left": [left.said for left in session.left],
        "latency": latencies,
    }


def _outcome(one: Outcome, *, on_aws: bool) -> Json:
    return {
        "verdict": worded(one.finding.verdict, on_aws=on_aws),
        "reason": one.finding.reason,
        "took_seconds": round(one.took_seconds, 1),
        "observations": dict(one.finding.observations),
    }


def worded(verdict: Verdict, *, on_aws: bool) -> str:
    """Return a verdict's word: only AWS confirms or refutes."""
    return verdict.value if on_aws else verdict.by_an_emulator


def _latencies(outcomes: Iterable[Outcome]) -> Json:
    """Return what was measured, as a latency profile's distributions."""
    return {
        seen["kind"]: {
            "median_seconds": seen["median_seconds"],
            "p95_seconds": seen["p95_seconds"],
            "label": Label.MEASURED.value,
            "source": f"{seen['samples']} samples of `orchbench probe --target aws`.",
        }
        for seen in (one.finding.observations for one in outcomes)
        if "kind" in seen
    }
