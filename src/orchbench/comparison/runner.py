"""Runs a comparison: each way in turn on the same batch, with a look at the mart and the files after each.

It prints nothing and computes no figure. One execution runs at a time, because two batches on one table wait
for each other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

from orchbench.comparison.mart import MartCheck, Stamp
from orchbench.deployment.execution import Evidence, Execution, Live
from orchbench.results.comparison import Comparison, Run
from orchbench.trace import ExecutionStatus, Json, Trace
from orchbench.ways import Way


class RunsExecutions(Protocol):
    """What a comparison asks of a deployment; a ``Bench`` is one."""

    def start(self, way: str, document: Json) -> Execution: ...
    def wait(
        self, execution: Execution, *, on_progress: Callable[[Live], None] | None = None
    ) -> ExecutionStatus: ...
    def evidence(self, execution: Execution) -> Evidence: ...
    def trace_of(self, way: str, evidence: Evidence) -> Trace: ...
    def stop(self, execution: Execution, cause: str) -> str | None: ...


class ChecksMart(Protocol):
    """Looks at the mart before and after a run."""

    def stamp(self) -> Stamp: ...
    def check(self, before: Stamp) -> MartCheck: ...


@dataclass(frozen=True)
class Listener:
    """Whoever follows a comparison: told of each execution, its progress and its end."""

    started: Callable[[Execution, int], None]
    progress: Callable[[Execution, Live], None]
    ended: Callable[[Run], None]
    keep: Callable[[Run, Mapping[str, Any], Comparison], None]


def compare(
    bench: RunsExecutions,
    ways: Sequence[Way],
    comparison: Comparison,
    mart: ChecksMart | None,
    listener: Listener,
    *,
    more_needed: Callable[[Comparison], bool] = lambda _: False,
) -> Comparison:
    """Run every way as often as the settings say, in turn, and return the comparison with its runs.

    Runs that the comparison has already are not made again. After those asked for it goes on, a run of each
    way at a time, while more are needed; the settings grow with it. Whatever interrupts it, KeyboardInterrupt
    included, stops the running execution and its statement first.
    """
    number = 0
    while number < comparison.settings.runs_each or more_needed(comparison):
        number += 1
        if number > comparison.settings.runs_each:
            comparison = replace(comparison, settings=replace(comparison.settings, runs_each=number))
        for way in ways:
            if comparison.has(way.name, number):
                continue
            before = mart.stamp() if mart is not None else None
            evidence = _execute(bench, way.name, number, comparison.settings.input, listener)
            trace = bench.trace_of(way.name, evidence)
            run = Run(way.name, number, _look(trace, mart, before).to_json(), trace)
            comparison = comparison.with_run(run)
            all_made = len(comparison.runs) == len(ways) * comparison.settings.runs_each
            comparison = replace(comparison, complete=all_made and not more_needed(comparison))
            listener.keep(run, history(evidence), comparison)
            listener.ended(run)
    return comparison


def _execute(bench: RunsExecutions, way: str, number: int, document: Json, listener: Listener) -> Evidence:
    execution = bench.start(way, document)
    try:
        listener.started(execution, number)
        bench.wait(execution, on_progress=lambda live: listener.progress(execution, live))
        return bench.evidence(execution)
    except BaseException:
        bench.stop(execution, "The comparison was interrupted.")
        raise


def _look(trace: Trace, mart: ChecksMart | None, before: Stamp | None) -> MartCheck:
    if mart is None or before is None:
        return MartCheck("not checked", "The mart is checked after the bundled SQL file alone.")
    if trace.status is not ExecutionStatus.SUCCEEDED:
        return MartCheck("not checked", "The run did not succeed.")
    return mart.check(before)


def history(evidence: Evidence) -> Json:
    """Return the raw material of a run as it goes into its file."""
    return {
        "description": dict(evidence.record.description),
        "events": [dict(event) for event in evidence.record.events],
        "invocations": [asdict(invocation) for invocation in evidence.invocations],
    }
