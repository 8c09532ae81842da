from typing import Any

from orchbench.redshift.call_counts import CallCounts
from orchbench.redshift.endpoint import Endpoint
from orchbench.redshift.quotas import Quotas


def test_calls_are_counted_with_their_errors_and_the_most_in_one_second() -> None:
    counts = CallCounts()
    for moment in (10.0, 10.2, 10.9, 11.0, 12.5):
        counts.note("DescribeStatement", "ThrottlingException" if moment == 10.9 else None, moment)

    assert counts.to_json() == {
        "DescribeStatement": {"calls": 5, "errors": {"ThrottlingException": 1}, "most_a_second": 3}
    }


def test_a_call_that_was_throttled_is_counted_as_such(make_api: Any, post: Any) -> None:
    endpoint = Endpoint(make_api(quotas=Quotas().scaled(1 / 3)))

    statuses = [post(endpoint, "ListStatements", {"Status": "ALL"})[0] for _ in range(3)]

    assert statuses == [200, 400, 400]
    assert endpoint.counts.to_json()["ListStatements"]["errors"] == {"ThrottlingException": 2}


def test_a_share_of_the_quotas_scales_what_a_load_meets_and_nothing_else() -> None:
    share = Quotas().scaled(0.1)

    assert (share.calls_per_second["DescribeStatement"], share.active_statements) == (10.0, 50)
    assert (share.statements_per_batch, share.sql_bytes) == (40, 200 * 1024)
