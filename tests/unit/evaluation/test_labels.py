"""Every figure of every document in JSON says how it came to be, and from what."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from project import ROOT

from orchbench.cli import main
from orchbench.commands.estimation import print_json

LABELS = {"measured", "rehearsed", "estimated", "assumed", "missing", "quoted"}
ASKED = {"settings", "number", "fatal", "mart", "input"}
"""What repeats the question, numbers a row, or is to be handed to an execution."""
DOCUMENTS = (
    "estimate --duration 1h --redshift-rpus 8 --redshift-rpu-hour-usd 0.375",
    "decide --duration lognormal:median=20m,p95=2h --runs-a-month 3000 --acceptable-lag 60s --budget-usd 1",
    "decide --duration 20m --runs-a-month 3000 --acceptable-lag 5s --timeout 24h",
    "decide --duration 20m --runs-a-month 3000 --acceptable-lag 60s --alternatives",
    "estimate --duration 1h --alternatives",
    "limits --timeout 24h --no-poll-budget",
    "prices --region ap-northeast-1",
    "limits --timeout 12h --poll fixed:10s --no-poll-budget",
    "estimate --duration 12h --poll fixed:10s --no-poll-budget --timeout 24h",
    "decide --duration 1m --runs-a-month 1500000 --acceptable-lag 2s",
    "decide --duration 1h --runs-a-month 5000000 --acceptable-lag 5s",
    "decide --duration 1h --timeout 30m --runs-a-month 5 --acceptable-lag 5s",
    "rehearse --duration 60 --poll fixed:10s --processes 1",
    "rehearse --duration 60 --timeout 30 --poll fixed:10s --processes 1",
    "prices --region eu-north-1",
    "complexity",
    f"complexity {ROOT / 'statemachine' / 'sfn_poll.asl.json'}",
    f"complexity {ROOT / 'functions' / 'durable_poll' / 'handler.py'}",
    f"inspect {ROOT / 'statemachine' / 'sfn_poll.asl.json'}",
    f"inspect {ROOT / 'tests' / 'unit' / 'histories' / 'durable_condition.json'}",
    f"inspect {ROOT / 'tests' / 'unit' / 'histories' / 'sfn_succeeded.json'}",
    f"compare --from {ROOT / 'docs' / 'results' / 'compare-local'}",
)


def figures(value: Any, path: str = "", label: str = "", source: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield each number with the label and the source of the nearest object around it that has them."""
    if isinstance(value, dict):
        label, source = value.get("label", label), value.get("source", source)
        for key, one in value.items():
            if key not in ASKED:
                yield from figures(one, f"{path}.{key}", label, source)
    elif isinstance(value, list):
        for one in value:
            yield from figures(one, path, label, source)
    elif _is_number(value) and not path.endswith((".date", ".started_at")):
        yield path, label, source


def nulls(value: Any) -> Iterator[str]:
    """Yield the label of each figure without a value."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if isinstance(value, dict) and "label" in value and value.get("value", "") is None:
        yield value["label"]
    for one in parts:
        yield from nulls(one)


def _is_number(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int | float) or (isinstance(value, str) and value.replace(".", "", 1).isdigit())


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is not valid JSON")


@pytest.mark.slow
@pytest.mark.parametrize("command", DOCUMENTS)
def test_every_figure_has_a_label_and_a_source(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    main([*command.split(), "--json"])
    printed = capsys.readouterr()
    found = list(figures(json.loads(printed.out, parse_constant=refuse)))

    # Only a bar of progress may be beside it.
    assert command.startswith("rehearse") or printed.err == ""
    assert found
    assert [path for path, label, source in found if label not in LABELS or not source] == []
    assert [label for label in nulls(json.loads(printed.out)) if label != "missing"] == []


@pytest.mark.parametrize(
    "command", ["decide", "estimate", "limits", "rehearse", "complexity", "prices", "stored_summary", "start"]
)
def test_a_command_prints_no_document_with_a_figure_that_is_no_number(command: str) -> None:
    text = (ROOT / "src" / "orchbench" / "commands" / f"{command}.py").read_text()
    printed = [line for line in text.splitlines() if "print(json.dumps(" in line]

    assert printed or "print_json(" in text
    assert all("allow_nan=False" in line for line in printed)


def test_a_figure_that_is_no_number_is_refused_before_anything_is_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        print_json({"value": float("nan")})
    assert capsys.readouterr().out == ""
