import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from orchbench.evaluation.cost import bill
from orchbench.evaluation.counts import count
from orchbench.evaluation.latency import Latency, latency
from orchbench.evaluation.prices import known_regions, price_list
from orchbench.platforms.meters import DURABLE_OPERATIONS, STATE_TRANSITIONS, WRITTEN_BYTES
from orchbench.results.summary import summarize
from orchbench.trace import Label


def test_the_baselines_counts_are_those_counted_by_hand(traced: Any) -> None:
    counted = count(traced("sfn_succeeded"))

    # Submit, wait, check, choice, wait, check, choice, succeed; and the throttled check's second attempt.
    assert counted.of(STATE_TRANSITIONS) == 9
    assert (counted.polls, counted.retries, counted.history_events, counted.invocations) == (2, 1, 30, 4)
    assert counted.of(DURABLE_OPERATIONS) is None


def test_the_durable_versions_counts_are_those_counted_by_hand(traced: Any) -> None:
    counted = count(traced("durable_retried"))

    # The execution, submit, wait, check, the check's second attempt, the invocation made again.
    assert counted.of(DURABLE_OPERATIONS) == 6
    assert (counted.polls, counted.retries, counted.history_events, counted.invocations) == (1, 2, 14, 4)
    assert counted.of(STATE_TRANSITIONS) is None


def test_a_last_attempt_that_failed_is_no_retry(traced: Any) -> None:
    counted = count(traced("durable_refused"))

    # The local runner writes a delay of 0 where no attempt follows.
    assert (counted.retries, counted.of(DURABLE_OPERATIONS)) == (0, 2)


def test_each_poll_of_a_wait_for_condition_is_an_operation(traced: Any) -> None:
    counted = count(traced("durable_condition"))

    # The execution, submit, wait; the condition and its three polls.
    assert counted.of(DURABLE_OPERATIONS) == 1 + 1 + 1 + (1 + 3)
    assert (counted.polls, counted.retries, counted.invocations) == (3, 0, 4)


def test_data_written_is_the_size_of_input_results_errors_and_output(traced: Any) -> None:
    trace = traced("durable_refused")
    told = {"ErrorMessage": trace.cause, "ErrorType": "redshift_batch.errors.SqlFileNotAllowed"}
    error = json.dumps(told)

    # The step's error and the execution's are both stored, and so is the input.
    assert count(trace).of(WRITTEN_BYTES) == len('{"sql_file": "nope.sql"}') + 2 * len(error)


def test_latencies_are_those_computed_by_hand(traced: Any) -> None:
    assert latency(traced("sfn_succeeded")) == Latency(
        makespan_seconds=6.8,
        query_seconds=4.5,
        redshift_queue_seconds=0.6,
        submit_latency_seconds=0.3,
        detection_lag_seconds=1.4,
        overhead_seconds=1.7,
    )


def test_an_execution_without_a_statement_has_a_makespan_alone(traced: Any) -> None:
    found = latency(traced("sfn_refused"))

    assert (found.makespan_seconds, found.overhead_seconds) == (0.4, None)


def test_the_baselines_bill_is_the_one_computed_by_hand(traced: Any) -> None:
    lines = {line.what: line for line in bill(traced("sfn_succeeded"), price_list("us-east-1")).lines}

    assert lines["state transitions"].amount_usd == Decimal("0.000225")
    assert lines["orchbench-status: requests"].amount_usd == Decimal("0.0000006")
    # Three invocations of 100 ms at 128 MB.
    assert lines["orchbench-status: GB-seconds"].quantity == Decimal("0.0375")
    assert lines["orchbench-status: GB-seconds"].amount_usd == Decimal("0.0375") * Decimal("0.0000166667")
    # Nothing records the bytes of a log.
    assert lines.pop("logs ingested").label is Label.ASSUMED
    # A measured quantity times a list price is no measured amount: no bill of AWS was read.
    assert {line.quantity_label for line in lines.values()} == {Label.MEASURED}
    assert {line.label for line in lines.values()} == {Label.ESTIMATED}


def test_the_durable_versions_bill_counts_operations_and_data(traced: Any) -> None:
    trace = traced("durable_retried")
    lines = {line.what: line for line in bill(trace, price_list("us-east-1")).lines}

    assert lines["durable operations"].amount_usd == Decimal("0.000048")
    assert lines["data written"].quantity == Decimal(count(trace).of(WRITTEN_BYTES) or 0) / 10**9
    assert lines["data retained"].label is Label.ESTIMATED


def test_arm64_has_its_own_price(traced: Any) -> None:
    trace, prices = traced("sfn_succeeded"), price_list("us-east-1")

    assert bill(trace, prices, architecture="arm64").total_usd < bill(trace, prices).total_usd


def test_durations_of_a_laptop_are_not_billed_as_measured(traced: Any) -> None:
    lines = bill(traced("sfn_succeeded", "local"), price_list("us-east-1")).lines
    compute = [line for line in lines if line.what.endswith("GB-seconds")]

    assert {line.label for line in compute} == {Label.ESTIMATED}
    assert all("this machine" in line.note for line in compute)


def test_a_missing_report_makes_the_bill_say_so(traced: Any) -> None:
    made = bill(traced("sfn_succeeded", billed_seconds=None), price_list("us-east-1"))

    assert made.label is Label.MISSING
    assert any("reports are missing" in line.note for line in made.lines)


def test_tokyos_durable_prices_are_assumed_and_say_so(traced: Any) -> None:
    made = bill(traced("durable_retried"), price_list("ap-northeast-1"))

    operations = next(line for line in made.lines if line.what == "durable operations")
    assert (operations.label, made.label) == (Label.ASSUMED, Label.ASSUMED)
    assert "not known of ap-northeast-1" in operations.note


@pytest.mark.parametrize("region", known_regions())
def test_every_price_names_its_unit_source_date_and_confidence(region: Any) -> None:
    for price in price_list(region).prices.values():
        assert price.unit
        assert price.source
        assert price.date
        assert price.confidence in {"seen", "quoted", "assumed"}


def test_runs_too_few_for_an_interval_rank_no_way(comparison: Any) -> None:
    summary = summarize(comparison, price_list("us-east-1"))

    assert summary["apart"]["verdict"] == "too few runs"
    assert "one run each is too few to rank the ways: 6 are needed" in summary["meaning"]
    # So few runs cannot show that there is no difference either.
    assert "no difference" not in summary["meaning"]


def test_a_failed_run_is_nothing_to_lean_on(comparison: Any, traced: Any) -> None:
    failed = replace(comparison.runs[0], trace=traced("sfn_failed", "local"))

    summary = summarize(replace(comparison, runs=(failed, comparison.runs[1])), price_list("us-east-1"))

    assert summary["meaning"] == "Not a comparison to lean on: sfn-poll failed 1 of 1."


def test_an_interrupted_comparison_with_one_way_alone_says_so(comparison: Any) -> None:
    begun = replace(comparison, runs=comparison.runs[:1], complete=False)

    summary = summarize(begun, price_list("us-east-1"))

    assert summary["meaning"] == "There are not yet runs of every way to compare."
