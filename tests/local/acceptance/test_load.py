"""Many executions at once of each way, each batch once: with AWS's quotas, and with far too small ones.

``--at-once 20`` puts on more of them.
"""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from local_bench import PROJECT, Bench

from orchbench.cli import main
from orchbench.trace import ExecutionStatus, Trace
from orchbench.ways import Way, all_ways
from orchbench.ways.way import Waits

pytestmark = pytest.mark.local

REFRESH = PROJECT / "functions" / "sql" / "refresh_customer_summary.sql"
POLL = {"policy": "fixed", "interval_seconds": 2}
WAITING = [way.name for way in all_ways().values() if way.waits is Waits.FOR_AN_EVENT]


def test_many_at_once_of_each_way_run_each_batch_once_and_leave_the_mart_right(
    bench: Bench, at_once: int
) -> None:
    bench.sql("TRUNCATE ledger")
    refresh = REFRESH.read_text()
    jobs = [(way, f"load-{way.name}-{number}") for number in range(at_once) for way in all_ways().values()]

    def run(job: tuple[Way, str]) -> Trace:
        way, name = job
        sql = f"{refresh}\nINSERT INTO ledger VALUES ('{name}');"
        return bench.wait(way, bench.start(way, name, sql=sql, poll=POLL), look_seconds=1)

    with ThreadPoolExecutor(len(jobs)) as pool:
        traces = list(pool.map(run, jobs))
    assert [trace.error_name for trace in traces if trace.status is not ExecutionStatus.SUCCEEDED] == []
    entries = [entry for (entry,) in bench.sql("SELECT entry FROM ledger ORDER BY entry")]
    assert entries == sorted(name for _way, name in jobs)
    customers = "SELECT COUNT(*), COUNT(DISTINCT customer_id) FROM mart_customer_summary"
    assert bench.sql(customers) == [(1000, 1000)]
    assert bench.sql("SELECT SUM(total_amount), SUM(total_orders) FROM mart_customer_summary") == bench.sql(
        "SELECT SUM(quantity * unit_price), COUNT(*) FROM orders"
    )
    assert bench.running_queries() == []


def test_a_load_that_the_quotas_do_not_allow_is_slowed_and_loses_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    # 5 % of the quotas: 1 BatchExecuteStatement a second where two of each way come at once, and 5
    # DescribeStatement where those that run meanwhile ask for as many.
    arguments = ["--at-once", "2", "--poll-interval", "1", "--batch-seconds", "8", "--quota-percent", "5"]

    code = main(["load", *arguments, "--json"])

    printed = capsys.readouterr()
    assert code == 0, printed.err
    summary = json.loads(printed.out)
    assert summary["lost"] == []
    assert summary["executions"] == summary["succeeded"] == summary["transactions"] == 2 * len(all_ways())
    for operation in ("BatchExecuteStatement", "DescribeStatement"):
        found = summary["operations"][operation]
        # A machine that is too busy to ask so often is not refused; its submits still come together.
        assert found["throttled"] > 0 or found["most_a_second"] <= 2 * found["quota_a_second"]
    assert summary["operations"]["BatchExecuteStatement"]["throttled"] > 0
    assert sum(way["retries"] for way in summary["ways"].values()) > 0


def test_ends_whose_events_are_lost_are_found_by_the_fallback_and_no_execution_is_lost(
    capsys: pytest.CaptureFixture[str], at_once: int
) -> None:
    ways = [argument for way in WAITING for argument in ("--way", way)]
    arguments = ["--at-once", str(at_once), "--batch-seconds", "10", "--lose-statement-events", "50%"]

    code = main(["load", *ways, *arguments, "--json"])

    printed = capsys.readouterr()
    assert code == 0, printed.err
    summary = json.loads(printed.out)
    executions = at_once * len(WAITING)
    assert summary["lost"] == []
    assert summary["executions"] == summary["succeeded"] == summary["transactions"] == executions
    learned = [way["learned"] for way in summary["ways"].values()]
    found, woken = (sum(one[how] for one in learned) for how in ("by_fallback", "by_event"))
    assert found + woken == executions
    # Every second event of all; but a batch may end before its wait is armed, and what arms it looks first.
    assert 0 < found <= executions // 2
