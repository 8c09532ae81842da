from datetime import UTC, datetime
from typing import Any

from orchbench.deployment.invocations import Patience, matched, read_invocations
from orchbench.deployment.reports import InvocationReport
from orchbench.platforms.platform import InvocationRequest
from orchbench.platforms.step_functions.history import invocation_requests
from orchbench.trace import Label

AT_ONCE = Patience(0, 0)


def report(
    request_id: Any, started_at: Any, function_name: Any = "orchbench-status", milliseconds: Any = 100
) -> Any:
    started = datetime.fromtimestamp(started_at, UTC)
    seconds = milliseconds / 1000
    return InvocationReport(function_name, request_id, started, seconds, seconds, 128, 90, None)


def request(request_id: Any, started_at: Any, ended_at: Any, function_name: Any = "orchbench-status") -> Any:
    return InvocationRequest(function_name, request_id, started_at, ended_at)


def test_the_history_names_function_and_request_of_each_call(recorded: Any) -> None:
    requests = invocation_requests(recorded("sfn_succeeded")["events"])

    assert [(one.function_name, one.request_id) for one in requests] == [
        ("orchbench-submit", "req-submit"),
        ("orchbench-status", "req-check-1"),
        ("orchbench-status", "req-check-2"),
        ("orchbench-status", "req-check-3"),
    ]


def test_reports_are_matched_by_the_requests_id_whatever_their_times() -> None:
    found = matched(
        [request("one", 100, 101), request("two", 102, 103)],
        [report("two", 900, milliseconds=7), report("one", 901, milliseconds=8)],
    )

    assert [one.billed_seconds for one in found] == [0.008, 0.007]


def test_reports_with_other_ids_are_matched_by_time() -> None:
    found = matched(
        [request(None, 100, 101, ""), request(None, 105, 106, "")],
        [report("b", 105.2, "orchbench-status"), report("a", 100.1, "orchbench-submit")],
    )

    assert [one.function_name for one in found] == ["orchbench-submit", "orchbench-status"]
    assert {one.label for one in found} == {Label.MEASURED}


def test_a_report_of_another_execution_is_left_alone() -> None:
    found = matched([request(None, 100, 101)], [report("x", 200), report("y", 100, "orchbench-submit")])

    assert [one.label for one in found] == [Label.MISSING]


def test_an_invocation_without_a_report_is_marked_missing_after_the_patience() -> None:
    found = read_invocations(
        [request("one", 100, 101)], {"f": "/aws/lambda/f"}, (100, 101), lambda *_: [], AT_ONCE
    )

    assert [(one.label, one.billed_seconds) for one in found] == [(Label.MISSING, None)]


def test_reports_that_arrive_late_are_waited_for() -> None:
    answers = iter([[], [report("one", 100)]])

    found = read_invocations(
        [request("one", 100, 101)], {"f": "/f"}, (100, 101), lambda *_: next(answers), Patience(60, 0)
    )

    assert found[0].billed_seconds == 0.1
