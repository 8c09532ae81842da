import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from orchbench.deployment.reports import read_reports

START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
END = START + timedelta(minutes=1)
GROUP = "/aws/lambda/orchbench-submit"
TEXT = (
    "REPORT RequestId: 1-2-3\tDuration: 12.50 ms\tBilled Duration: 313 ms\tMemory Size: 128 MB\t"
    "Max Memory Used: 90 MB\tInit Duration: 300.00 ms\t\nXRAY TraceId: 1-5\tSegmentId: 4\tSampled: true\t\n"
)
WARM = "REPORT RequestId: 4\tDuration: 166 ms\tBilled Duration: 166 ms\tMemory Size: 256 MB"
JSON = json.dumps(
    {
        "time": "2026-11-21T12:00:01.000Z",
        "type": "platform.report",
        "record": {
            "requestId": "5",
            "status": "success",
            "metrics": {
                "durationMs": 20.0,
                "billedDurationMs": 21,
                "memorySizeMB": 512,
                "maxMemoryUsedMB": 70,
                "initDurationMs": 400.5,
            },
        },
    }
)


class Logs:
    """A client whose pages hold the messages that contain a filter's words."""

    class exceptions:  # noqa: N801 - boto3's name
        ResourceNotFoundException = KeyError

    def __init__(self, *messages: str, missing: bool = False) -> None:
        self.messages = messages
        self.missing = missing
        self.asked: list[dict[str, Any]] = []

    def get_paginator(self, operation: str) -> "Logs":
        assert operation == "filter_log_events"
        return self

    def paginate(self, **asked: Any) -> Iterator[dict[str, Any]]:
        self.asked.append(asked)
        if self.missing:
            raise KeyError(asked["logGroupName"])
        word = asked["filterPattern"].strip('"')
        at = int((START + timedelta(seconds=1)).timestamp() * 1000)
        for message in self.messages:
            yield {"events": [{"timestamp": at, "message": message}] if word in message else []}


def test_a_cold_invocation_is_read_from_its_report_line() -> None:
    [report] = read_reports(Logs("START RequestId: 1-2-3", TEXT), GROUP, START, END)
    assert (report.function_name, report.request_id) == ("orchbench-submit", "1-2-3")
    assert (report.duration_seconds, report.billed_seconds, report.init_seconds) == (0.0125, 0.313, 0.3)
    assert (report.memory_mb, report.max_memory_used_mb) == (128, 90)
    assert report.started_at == START + timedelta(seconds=1) - timedelta(milliseconds=12.5)


def test_a_warm_invocation_has_no_init_time() -> None:
    [report] = read_reports(Logs(WARM), GROUP, START, END)
    assert report.init_seconds is None
    assert report.billed_seconds == 0.166


def test_a_report_in_the_json_format_says_the_same() -> None:
    [report] = read_reports(Logs(JSON), GROUP, START, END)
    assert (report.request_id, report.duration_seconds, report.billed_seconds) == ("5", 0.02, 0.021)
    assert (report.memory_mb, report.init_seconds) == (512, 0.4005)


def test_a_message_that_only_mentions_a_report_is_passed_over() -> None:
    messages = (
        "the word REPORT in a message",
        '{"message": "platform.report"}',
        "REPORT RequestId: x\tno figures",
    )
    assert read_reports(Logs(*messages), GROUP, START, END) == []


def test_a_log_group_that_is_not_there_has_no_reports() -> None:
    assert read_reports(Logs(missing=True), GROUP, START, END) == []


def test_only_the_window_is_asked_for() -> None:
    logs = Logs(WARM)
    read_reports(logs, GROUP, START, END)
    assert logs.asked[0]["startTime"] == START.timestamp() * 1000
    assert logs.asked[0]["endTime"] == END.timestamp() * 1000
