"""Stored results as folders that a test may change."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from orchbench.cli import build_parser
from orchbench.commands.report import given_for, results_of
from orchbench.evaluation.complexity_rows import conclusion
from orchbench.evaluation.units import TITLES
from orchbench.report.build import report
from orchbench.report.model import Report
from orchbench.results.folder import ResultsFolder
from orchbench.results.supplements import (
    COMPLEXITY_FILE,
    COMPLEXITY_SCHEMA,
    KeptRehearsal,
    keep_rehearsals,
    rehearsal_file,
)

ROOT = Path(__file__).resolve().parents[4]
STORED = ROOT / "docs" / "results" / "compare-local"
WAYS = ("sfn-poll", "durable-poll", "durable-condition")


def complexity(way: str) -> dict[str, Any]:
    def measured(value: int) -> dict[str, Any]:
        return {"value": value, "label": "measured", "source": "lizard"}

    units = {key: measured(12) for key in TITLES}
    return {
        "way": way,
        "units": units,
        "code": {
            "files": ["functions/some/handler.py"],
            **{key: measured(64) for key in ("lines", "functions", "cyclomatic", "cognitive")},
        },
        "definition": {"lines": measured(202), "units": units} if way == "sfn-poll" else None,
        "deployed": {
            "resources": {"AWS::Lambda::Function": measured(2)},
            "actions": ["lambda:InvokeFunction"],
            "log_actions": ["logs:PutLogEvents"],
        },
        "languages": ["Python"],
        "artefacts": ["function some"],
    }


def supplement(folder: Path) -> None:
    """Let the runs' traces stand for rehearsals: what a report reads of them is the same."""
    results = ResultsFolder(folder)
    traces = {run.way: run.trace for run in results.read().runs}
    kept = [
        KeptRehearsal(
            way,
            scenario := f"{duration}s {poll}",
            duration,
            poll,
            {
                "polls": 6,
                "headroom": {"quota": "history events", "used": 63, "limit": 25_000, "left": 0.99748},
            },
            replace(traces[way], host="rehearse"),
            rehearsal_file(way, scenario),
        )
        for poll, duration in (("fixed:10s", 60.0), ("fixed:10s", 3_600.0), ("adaptive", 86_400.0))
        for way in WAYS
    ]
    keep_rehearsals(results, kept, "0" * 64)
    ways = [complexity(way) for way in WAYS]
    document = {"schema": COMPLEXITY_SCHEMA, "ways": ways, "conclusion": conclusion(ways)}
    results.write_document(COMPLEXITY_FILE, document)


def copy_of_results(folder: Path, *, host: str = "local", supplemented: bool = False) -> Path:
    shutil.copytree(STORED, folder, ignore=shutil.ignore_patterns("rehearsals*", COMPLEXITY_FILE))
    if host != "local":
        change(folder / "comparison.json", lambda one: one["settings"].update(host=host))
        for file in (folder / "traces").iterdir():
            change(file, lambda one: one.update(host=host))
    if supplemented:
        supplement(folder)
    return folder


def change(file: Path, how: Callable[[Any], Any]) -> None:
    document = json.loads(file.read_text())
    how(document)
    file.write_text(json.dumps(document))


def price_file(path: Path) -> Path:
    return Path(shutil.copy(ROOT / "src/orchbench/evaluation/prices/us-east-1.json", path))


def report_of(folder: Path, *options: str) -> Report:
    """Return a folder's report without drawing it."""
    arguments = build_parser().parse_args(["report", str(folder), *options])
    results = results_of(arguments)
    return report(results, given_for(arguments, results))
