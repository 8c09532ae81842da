"""Lambda's own reports of an execution's invocations, read from CloudWatch Logs until they have all arrived.

A report carries a request's id. Where the history carries it too, the two are matched by it; where it does
not (the local engines number their own requests), by time, which is right as long as the executions of a
function do not overlap.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from orchbench.deployment.reports import InvocationReport
from orchbench.platforms.platform import InvocationRequest
from orchbench.trace import Invocation, Label, to_epoch

SLACK_SECONDS = 2.0
"""How far a report's moment may lie outside of what the history says of its invocation."""

ReportReader = Callable[[str, datetime, datetime], Sequence[InvocationReport]]
"""Reads the reports of one log group between two moments."""


@dataclass(frozen=True)
class Patience:
    """How long reports are waited for: AWS delivers them some seconds after the invocation."""

    deadline_seconds: float = 30.0
    pause_seconds: float = 2.0


def read_invocations(
    requests: Sequence[InvocationRequest],
    log_groups: Mapping[str, str],
    window: tuple[float, float],
    read: ReportReader,
    patience: Patience,
) -> list[Invocation]:
    """Return an execution's invocations with what Lambda reported; one without a report is marked missing.

    Args:
        requests: what the history says there was.
        log_groups: of the way's functions, by their names.
        window: start and end of the execution, seconds since the epoch.
        read: reads reports; ``local.reports.read_reports`` with a client.
        patience: when to give up on the missing ones.
    """
    deadline = time.monotonic() + patience.deadline_seconds
    start, end = (datetime.fromtimestamp(moment, UTC) for moment in window)
    slack = timedelta(seconds=SLACK_SECONDS)
    while True:
        reports = [one for group in log_groups.values() for one in read(group, start - slack, end + slack)]
        found = matched(requests, reports)
        complete = all(one.label is not Label.MISSING for one in found)
        if complete or time.monotonic() >= deadline:
            return found
        time.sleep(patience.pause_seconds)


def matched(requests: Iterable[InvocationRequest], reports: Iterable[InvocationReport]) -> list[Invocation]:
    """Return the requests as invocations, each with its report where there is one."""
    requests = list(requests)
    left = sorted(reports, key=lambda report: report.started_at)
    by_id = {report.request_id: report for report in left}
    chosen: dict[int, InvocationReport] = {}
    for index, request in enumerate(requests):
        if request.request_id in by_id:
            chosen[index] = by_id[request.request_id]
    taken = {report.request_id for report in chosen.values()}
    left = [report for report in left if report.request_id not in taken]
    for index, request in enumerate(requests):
        if index in chosen:
            continue
        near = next((report for report in left if _fits(request, report)), None)
        if near is not None:
            chosen[index] = near
            left.remove(near)
    return [_invocation(request, chosen.get(index)) for index, request in enumerate(requests)]


def _fits(request: InvocationRequest, report: InvocationReport) -> bool:
    if request.function_name not in ("", report.function_name):
        return False
    started = to_epoch(report.started_at)
    ended = started + report.duration_seconds
    latest = request.ended_at if request.ended_at is not None else ended
    return started >= request.started_at - SLACK_SECONDS and ended <= latest + SLACK_SECONDS


def _invocation(request: InvocationRequest, report: InvocationReport | None) -> Invocation:
    if report is None:
        return Invocation(request.function_name or "unknown", request.request_id, request.started_at)
    return Invocation(
        function_name=report.function_name,
        request_id=report.request_id,
        started_at=to_epoch(report.started_at),
        duration_seconds=report.duration_seconds,
        billed_seconds=report.billed_seconds,
        init_seconds=report.init_seconds,
        memory_mb=report.memory_mb,
        label=Label.MEASURED,
    )
