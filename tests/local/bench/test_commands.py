import json
import re
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest

from orchbench import connect
from orchbench.cli import main
from orchbench.deployment.warehouse import Warehouse
from orchbench.platforms.errors import OrchestratorError
from orchbench.platforms.platform import StartCase
from orchbench.trace import ExecutionStatus
from orchbench.ways import all_ways, the_pair
from orchbench.ways.way import Waits

pytestmark = pytest.mark.local

WAYS = list(all_ways())
DOCS = Path(__file__).resolve().parents[3] / "docs" / "python-api.md"
QUICK = '{"timeout_seconds": 60, "poll": {"policy": "fixed", "interval_seconds": 1}}'


@pytest.fixture(autouse=True)
def here(running_stack: Any, running_project: Any, monkeypatch: Any) -> Any:
    monkeypatch.chdir(running_project)


@pytest.mark.parametrize("way", WAYS)
def test_start_prints_the_output_and_nothing_else_on_standard_output(way: Any, capsys: Any) -> None:
    assert main(["start", way, "--input", QUICK, "--follow"]) == 0

    output = json.loads(capsys.readouterr().out)
    assert output["status"] == "FINISHED"
    assert output["statement_id"]


@pytest.mark.parametrize("way", WAYS)
def test_a_failed_execution_is_one_sentence_and_exit_code_1(way: Any, capsys: Any) -> None:
    assert main(["start", way, "--input", '{"sql_file": "no.sql"}']) == 1

    shown = capsys.readouterr()
    assert shown.out == ""
    assert "SqlFileNotAllowed: There is no bundled SQL file 'no.sql'" in shown.err


@pytest.mark.parametrize("way", WAYS)
def test_the_same_name_and_input_return_the_same_execution(way: Any) -> None:
    bench, document = connect("local"), json.loads(QUICK)
    first = bench.start(way, document, name="twice")
    bench.wait(first, timeout_seconds=240)

    again = bench.start(way, document, name="twice")

    assert (first.case, again.case) == (StartCase.STARTED, StartCase.CLOSED)
    assert first.arn == again.arn == bench.find(way, "twice").arn
    with pytest.raises(OrchestratorError, match="another input"):
        bench.start(way, {}, name="twice")


# One whose look is held ends as soon as its batch does.
@pytest.mark.parametrize("way", [name for name, way in all_ways().items() if way.waits is not Waits.HELD])
def test_a_stopped_execution_is_stopped_and_its_statement_known(
    way: Any, capsys: Any, running_stack: Any
) -> None:
    bench = connect("local")
    # Its statement waits for the table, so that no event of its end comes first.
    with psycopg.connect(running_stack.redshift["postgresql"]) as connection:
        connection.execute("LOCK TABLE mart_customer_summary")
        document = {"poll": {"policy": "fixed", "interval_seconds": 60}}
        execution = bench.start(way, document, name="to-stop")

        assert main(["stop", way, "to-stop"]) == 0

    assert bench.wait(execution, timeout_seconds=240) is ExecutionStatus.STOPPED
    assert "to-stop: STOPPED; its statement:" in " ".join(capsys.readouterr().err.split())


def test_an_execution_that_is_followed_tells_how_it_stands() -> None:
    bench, told = connect("local"), threading.Event()
    execution = bench.start("sfn-poll", {"poll": {"policy": "fixed", "interval_seconds": 3}})

    status = bench.wait(execution, timeout_seconds=240, on_progress=lambda live: told.set())

    assert (status, told.is_set()) == (ExecutionStatus.SUCCEEDED, True)


def test_a_comparison_on_a_running_stack_uses_the_orders_there_are(capsys: Any, tmp_path: Any) -> None:
    folder = str(tmp_path / "results")

    named = ["--way", "all", "--runs", "1", "--poll-interval", "1"]
    assert main(["compare", *named, "--json", "--out", folder]) == 0

    shown = capsys.readouterr()
    summary = json.loads(shown.out)
    assert (summary["settings"]["rows"], list(summary["ways"])) == (3000, WAYS)
    assert "using the stack at http://127.0.0.1:" in " ".join(shown.err.split())
    assert main(["check"]) == 0


def test_check_finds_nothing_to_do(capsys: Any) -> None:
    assert main(["check"]) == 0

    assert "to do" not in capsys.readouterr().out


def test_check_tells_of_what_was_run_that_redshift_may_not_take(running_stack: Any, capsys: Any) -> None:
    warehouse = Warehouse(running_stack.client("redshift-data"), running_stack.outputs)
    warehouse.run("SELECT COUNT(*), CURRENT_TIMESTAMP FROM public.orders", "A count")

    assert main(["check"]) == 0

    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("warn")]
    assert len(told) == 1
    assert "SQL that was run: SQL 1 of statement" in told[0]
    assert "CURRENT_TIMESTAMP" in told[0]
    assert "public.orders" not in told[0]


def test_a_start_of_a_finished_name_shows_its_stored_result_and_says_so(capsys: Any) -> None:
    again = ["start", "sfn-poll", "--input", QUICK, "--name", "stored"]
    assert main(again) == 0
    first = capsys.readouterr().out

    assert main(again) == 0

    shown = capsys.readouterr()
    assert shown.out == first
    assert "nothing was started, and this is its stored result" in " ".join(shown.err.split())


def test_several_that_are_run_at_once_are_returned_in_the_order_that_was_asked_for() -> None:
    document = json.loads(QUICK)
    traces = connect("local").run_many([("durable-poll", document), ("sfn-poll", {"sql_file": "no.sql"})])

    assert [one.orchestrator for one in traces] == ["durable-poll", "sfn-poll"]
    assert [one.status for one in traces] == [ExecutionStatus.SUCCEEDED, ExecutionStatus.FAILED]


def test_the_documented_example_runs(capsys: Any) -> None:
    blocks = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)

    exec("\n".join(blocks), {})

    printed = capsys.readouterr().out
    assert "sfn-poll SUCCEEDED" in printed
    assert "durable-poll SUCCEEDED" in printed
    assert "USD" in printed


def test_a_comparison_with_rows_of_its_own_replaces_those_of_the_stack_and_goes_on_to_its_most_runs(
    capsys: Any, tmp_path: Any
) -> None:
    folder = tmp_path / "results"
    # Intervals need five runs, so it goes on as far as it may.
    until = ["--runs", "1", "--until-within", "10%", "--most-runs", "2"]

    assert main(["compare", *until, "--rows", "2000", "--poll-interval", "1", "--out", str(folder)]) == 0

    said = " ".join(capsys.readouterr().err.split())
    assert "replacing the 3,000 orders of the running stack - seeding 2,000 orders" in said
    stored = json.loads((folder / "comparison.json").read_text())
    runs = [(run["way"], run["number"]) for run in stored["runs"]]
    assert runs == [(way, number) for number in (1, 2) for way in the_pair()]
    assert (stored["complete"], stored["settings"]["runs_each"]) == (True, 2)


def test_stopping_an_arn_of_another_way_says_so(capsys: Any) -> None:
    arn = connect("local").find("sfn-poll", "to-stop").arn

    assert main(["stop", "durable-poll", arn]) == 1

    assert "is not an execution of durable-poll, which is arn:" in " ".join(capsys.readouterr().err.split())
