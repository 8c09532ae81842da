"""A history as the AWS CLI prints it gives the bill, lag and retries of the comparison's figures."""

import json
from collections.abc import Callable
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchbench.cli import main
from orchbench.evaluation.cost import bill
from orchbench.evaluation.prices import price_list
from orchbench.results.comparison import Comparison
from orchbench.results.summary import summarize

PRICES = price_list("us-east-1")
STORED = {"sfn-poll": "sfn_succeeded", "durable-poll": "durable_retried"}
Inspect = Callable[..., dict[str, Any]]


@pytest.fixture
def inspect(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Inspect:
    """Write documents into a file, one behind the other, and inspect it."""

    def run(*documents: Any) -> dict[str, Any]:
        file = tmp_path / "history.json"
        file.write_text("\n".join(json.dumps(one, default=str) for one in documents))
        assert main(["inspect", str(file), "--json"]) == 0
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return run


def exported(way: str, recorded: Any) -> dict[str, Any]:
    """Return a history as the AWS CLI prints it."""
    return {"events" if way.startswith("sfn") else "Events": recorded(STORED[way])["events"]}


@pytest.mark.parametrize("way", STORED)
def test_a_runs_history_gives_the_bill_of_the_comparison(
    way: str, comparison: Comparison, recorded: Any, inspect: Inspect
) -> None:
    (run,) = comparison.of(way)
    kept = recorded(STORED[way]) | {"invocations": [asdict(one) for one in run.trace.invocations]}
    found = inspect(kept)
    summary = summarize(comparison, PRICES)["ways"][way]
    shown = [(line["what"], line["quantity"], line["amount_usd"]) for line in found["bill"]["lines"]]
    assert shown == [
        (line["what"], line["quantity"], line["amount_usd"]) for line in summary["bill"]["lines"]
    ]
    assert found["bill"]["total_usd"]["value"] == summary["runs"][0]["bill_usd"]
    assert found["way"] == way
    assert found["latencies"]["detection_lag_seconds"]["value"] == summary["runs"][0]["detection_lag_seconds"]
    assert found["counts"]["retries"]["value"] == summary["runs"][0]["retries"] > 0


@pytest.mark.parametrize("way", STORED)
def test_a_bare_export_bills_the_same_but_for_the_durations_of_functions(
    way: str, traced: Any, recorded: Any, inspect: Inspect
) -> None:
    found = inspect(exported(way, recorded))
    real = {
        line.what.partition(": ")[2] or line.what: line for line in bill(traced(STORED[way]), PRICES).lines
    }
    for line in found["bill"]["lines"]:
        what = line["what"].partition(": ")[2] or line["what"]
        if what == "GB-seconds":
            assert (line["label"], Decimal(line["quantity"]) > 0) == ("assumed", True)
        elif what != "requests":
            assert (line["quantity"], line["label"]) == (str(real[what].quantity), real[what].label.value)
    latencies = {key: one["value"] for key, one in found["latencies"].items()}
    assert latencies["query_seconds"] == 4.5
    assert latencies["submit_latency_seconds"] == 0.3


def test_pages_may_come_one_behind_the_other_in_a_list_or_as_events_alone(
    recorded: Any, inspect: Inspect
) -> None:
    events = exported("sfn-poll", recorded)["events"]
    pages = [{"events": events[:20], "nextToken": "more"}, {"events": events[20:]}]
    whole = inspect({"events": events})
    assert inspect(*pages) == inspect(pages) == inspect(events) == inspect({"events": events[::-1]}) == whole
    assert whole["status"] == "SUCCEEDED"


def test_what_describes_the_execution_may_stand_in_the_file(recorded: Any, inspect: Inspect) -> None:
    found = inspect(recorded("durable_retried")["description"], exported("durable-poll", recorded))
    assert found["execution_name"] == "nightly"
    assert any(line["what"] == "orchbench-durable-poll: requests" for line in found["bill"]["lines"])


def test_the_time_to_a_quota_carries_the_polls_on(inspect: Inspect) -> None:
    events = polled(polls=3, pause=10)
    found = inspect({"events": events})
    (history, longest) = found["quotas"]
    used = history["used"]["value"]
    assert used == len(events)
    # A poll writes 9 events in 10 s; the last answer is followed by 6 events.
    left = (25_000 - (used - 6)) / 9 * 10
    assert history["used_up_after"]["value"] == pytest.approx(30 + left)
    assert longest["limit"]["value"] == 31_536_000


def test_a_machine_without_functions_has_a_lag_and_no_bill_of_functions(inspect: Inspect) -> None:
    found = inspect({"events": polled(polls=2, pause=10)})
    assert (found["way"], found["counts"]["polls"]["value"]) == (None, 2)
    assert [line["what"] for line in found["bill"]["lines"]] == ["state transitions"]
    assert found["latencies"]["query_seconds"]["value"] == 14.0
    assert found["latencies"]["detection_lag_seconds"]["value"] == 5.0


def test_branches_that_run_at_once_are_no_retries(inspect: Inspect) -> None:
    branches = [
        event(2, "ParallelStateEntered", 0, stateEnteredEventDetails={"name": "Both"}),
        event(3, "ParallelStateStarted", 2),
        event(4, "TaskStateEntered", 3, stateEnteredEventDetails={"name": "One"}),
        event(5, "TaskStateEntered", 3, stateEnteredEventDetails={"name": "Other"}),
        event(
            6, "TaskScheduled", 4, taskScheduledEventDetails={"resourceType": "sns", "resource": "publish"}
        ),
        event(
            7, "TaskScheduled", 5, taskScheduledEventDetails={"resourceType": "sns", "resource": "publish"}
        ),
        event(8, "TaskFailed", 6, taskFailedEventDetails={"resourceType": "sns", "error": "Busy"}),
        event(
            9, "TaskScheduled", 8, taskScheduledEventDetails={"resourceType": "sns", "resource": "publish"}
        ),
    ]
    found = inspect({"events": [event(1, "ExecutionStarted", 0), *branches]})
    assert found["counts"]["retries"]["value"] == 1
    assert found["counts"]["state_transitions"]["value"] == 4
    assert found["status"] == "RUNNING"
    assert any("has no end" in note for note in found["notes"])


def test_the_terminal_shows_the_bill_by_line(recorded: Any, tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "history.json"
    file.write_text(json.dumps(exported("sfn-poll", recorded)))
    assert main(["inspect", str(file)]) == 0
    shown = capsys.readouterr().out
    assert "Step Functions, sfn-poll: SUCCEEDED, 2 polls, 1 retry, 4 Lambda invocations." in shown
    assert "state transitions" in shown
    assert "History events of a Standard execution: 30 of 25,000, used up after" in shown


def event(number: int, kind: str, cause: int, **details: Any) -> dict[str, Any]:
    moment = f"2026-11-21T03:00:{number % 60:02d}.000000+00:00"
    return {"id": number, "type": kind, "previousEventId": cause, "timestamp": moment, **details}


def polled(polls: int, pause: int) -> list[dict[str, Any]]:
    """Return the history of SDK integrations: a submit, polls, and an end 5 s after the statement's."""
    found: list[dict[str, Any]] = []

    def add(seconds: float, kind: str, **details: Any) -> None:
        moment = f"2026-11-21T03:{int(seconds // 60):02d}:{seconds % 60:06.3f}Z"
        found.append(
            {
                "id": len(found) + 1,
                "type": kind,
                "previousEventId": len(found),
                "timestamp": moment,
                **details,
            }
        )

    def task(seconds: float, name: str, action: str, answer: Any) -> None:
        called = {"resourceType": "aws-sdk:redshiftdata", "resource": action}
        add(seconds, "TaskStateEntered", stateEnteredEventDetails={"name": name})
        add(seconds, "TaskScheduled", taskScheduledEventDetails=called)
        add(seconds, "TaskStarted", taskStartedEventDetails=called)
        add(seconds, "TaskSucceeded", taskSucceededEventDetails=called | {"output": json.dumps(answer)})
        add(seconds, "TaskStateExited", stateExitedEventDetails={"name": name})

    def brief(seconds: float, kind: str, name: str) -> None:
        add(seconds, f"{kind}StateEntered", stateEnteredEventDetails={"name": name})
        add(seconds, f"{kind}StateExited", stateExitedEventDetails={"name": name})

    end = polls * pause
    answer = {
        "Id": "1",
        "Status": "FINISHED",
        "CreatedAt": "2026-11-21T03:00:01Z",
        "UpdatedAt": f"2026-11-21T03:00:{end - 5:02d}Z",
        "Duration": (end - 6) * 10**9,
    }
    add(0, "ExecutionStarted", executionStartedEventDetails={"input": "{}"})
    task(0, "Run it", "executeStatement", {"Id": "1"})
    for poll in range(1, polls + 1):
        brief(poll * pause, "Wait", "A while")
        task(poll * pause, "Look", "describeStatement", answer)
        brief(poll * pause, "Choice", "Over?")
    brief(end, "Succeed", "Good")
    add(end, "ExecutionSucceeded", executionSucceededEventDetails={"output": "{}"})
    return found
