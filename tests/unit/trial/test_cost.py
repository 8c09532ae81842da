"""What a warehouse of a trial should cost, by hand."""

from decimal import Decimal

from orchbench.trial.cost import warehouse_cost


def test_the_warehouse_is_paid_for_the_time_that_it_is_active() -> None:
    cost = warehouse_cost("us-east-1", 4, 6, 60, 8)
    # 300 s to prepare and six runs of 60 s with 60 s beside them: 1,020 s of 4 RPU.
    assert cost.expected_seconds == 1020
    assert cost.expected_usd == Decimal("0.375") * 4 * 1020 / 3600
    assert cost.most_usd_a_day == Decimal("3.000")


def test_a_region_whose_price_is_not_known_is_taken_to_be_dear() -> None:
    cost = warehouse_cost("eu-west-1", 4, 6, 60, 8)
    assert (cost.rpu_hour_usd, cost.is_known) == (Decimal("0.494"), False)
