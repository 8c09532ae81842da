"""What a warehouse of a trial should cost, by hand."""

from decimal import Decimal

from orchbench.evaluation.price_keys import RPU_HOUR
from orchbench.evaluation.prices import price_list
from orchbench.trial.cost import comparison_seconds, warehouse_cost


def test_the_warehouse_is_paid_for_the_time_that_it_is_active() -> None:
    # 300 s to prepare and six runs of 60 s with 60 s beside them.
    assert comparison_seconds(6, 60) == 1020
    cost = warehouse_cost("us-east-1", 4, 1020, 8)
    assert cost.expected_usd == Decimal("0.375") * 4 * 1020 / 3600
    assert cost.most_usd_a_day == Decimal("3.000")


def test_a_region_whose_price_is_not_known_has_one_assumed_as_everywhere_else() -> None:
    cost = warehouse_cost("eu-west-1", 4, 1020, 8)
    assert (cost.rpu_hour_usd, cost.assumed_from) == (Decimal("0.375"), "us-east-1")
    # The same command names the probes' share of it: one price in both.
    assert cost.rpu_hour_usd == price_list("eu-west-1")[RPU_HOUR].usd
