"""Reads what Lambda reports of each invocation from CloudWatch Logs: duration, billed duration, memory, init.

Plain boto3, the same on AWS and on the local AWS. It reads both formats a function can log in: the text line
that starts with REPORT, and the ``platform.report`` record of the JSON format.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

REPORT_LINE = re.compile(r"REPORT RequestId: (?P<request_id>\S+)\s(?P<figures>.*)", re.DOTALL)
FIGURE = re.compile(r"(?P<name>[A-Z][A-Za-z ]+): (?P<value>[\d.]+) (?:ms|MB)")
FILTERS = ("REPORT", '"platform.report"')


@dataclass(frozen=True)
class InvocationReport:
    """One invocation, as Lambda reports it.

    Attributes:
        started_at: The report's time less the duration: Lambda logs no start in this record.
        init_seconds: Of a cold start; None for a warm one, and always on the local AWS, whose durations
            include the start of the worker.
    """

    function_name: str
    request_id: str
    started_at: datetime
    duration_seconds: float
    billed_seconds: float
    memory_mb: int
    max_memory_used_mb: int | None
    init_seconds: float | None


def read_reports(logs: Any, log_group: str, start: datetime, end: datetime) -> list[InvocationReport]:
    """Return the reports of a window in the order of their times; nothing for a log group that is not there.

    Args:
        logs: A boto3 client of CloudWatch Logs.
        log_group: Of one function; its last part is taken for the function's name.
        start: First moment of the window, in the times of the log.
        end: Last moment of the window. On AWS a report can reach the log some seconds after its invocation.
    """
    function_name = log_group.rpartition("/")[2]
    for pattern in FILTERS:
        found = [
            report
            for event in matching_events(logs, log_group, pattern, start, end)
            if (report := parse_report(event, function_name)) is not None
        ]
        if found:
            return found
    return []


def matching_events(
    logs: Any, log_group: str, pattern: str, start: datetime, end: datetime
) -> Iterator[dict[str, Any]]:
    """Yield the events of a window that match a filter pattern."""
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=log_group,
        filterPattern=pattern,
        startTime=int(start.timestamp() * 1000),
        endTime=int(end.timestamp() * 1000),
    )
    try:
        for page in pages:
            yield from page["events"]
    except logs.exceptions.ResourceNotFoundException:
        return


def parse_report(event: dict[str, Any], function_name: str) -> InvocationReport | None:
    """Return the report in a log event, or None when it is another event that mentions the word."""
    message = event["message"]
    found = REPORT_LINE.match(message)
    if found is not None:
        figures = {
            figure["name"].strip(): float(figure["value"]) for figure in FIGURE.finditer(found["figures"])
        }
        request_id = found["request_id"]
    else:
        request_id, figures = parse_json_report(message)
    if "Duration" not in figures:
        return None
    ended_at = datetime.fromtimestamp(event["timestamp"] / 1000).astimezone()
    init = figures.get("Init Duration")
    used = figures.get("Max Memory Used")
    return InvocationReport(
        function_name=function_name,
        request_id=request_id,
        started_at=ended_at - timedelta(milliseconds=figures["Duration"]),
        duration_seconds=figures["Duration"] / 1000,
        billed_seconds=figures["Billed Duration"] / 1000,
        memory_mb=int(figures["Memory Size"]),
        max_memory_used_mb=None if used is None else int(used),
        init_seconds=None if init is None else init / 1000,
    )


def parse_json_report(message: str) -> tuple[str, dict[str, float]]:
    """Return the request's id and the figures of a ``platform.report`` record, named as in the text line."""
    names = {
        "durationMs": "Duration",
        "billedDurationMs": "Billed Duration",
        "memorySizeMB": "Memory Size",
        "maxMemoryUsedMB": "Max Memory Used",
        "initDurationMs": "Init Duration",
    }
    try:
        event = json.loads(message)
        if event["type"] != "platform.report":
            return "", {}
        record = event["record"]
        return record["requestId"], {
            names[name]: value for name, value in record["metrics"].items() if name in names
        }
    except (ValueError, TypeError, KeyError):
        return "", {}
