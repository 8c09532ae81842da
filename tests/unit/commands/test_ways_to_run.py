"""Which ways a comparison runs: the pair, or those that are named, on a deployment that has them."""

from types import SimpleNamespace
from typing import Any

import pytest

from orchbench.commands.comparison_plan import ways_to_run
from orchbench.commands.deployed import local_options
from orchbench.commands.failure import UsageError
from orchbench.ways import all_ways, deployed_by, the_pair, told_parameters

FURTHER = [name for name in all_ways() if name not in the_pair()]


def bench(*names: str) -> Any:
    return SimpleNamespace(
        connection=SimpleNamespace(stack_name="nightly"), ways=lambda: [all_ways()[name] for name in names]
    )


def test_they_run_in_the_order_of_a_table_and_each_once() -> None:
    asked = ["durable-poll", "sfn-poll", "durable-poll"]
    assert [way.name for way in ways_to_run(bench(*all_ways()), asked)] == ["sfn-poll", "durable-poll"]


def test_the_pair_runs_where_further_ways_are_deployed_too() -> None:
    assert [way.name for way in ways_to_run(bench(*all_ways()), the_pair())] == list(the_pair())


@pytest.mark.parametrize("further", FURTHER)
def test_a_further_way_that_is_not_deployed_says_how_to_deploy_it(further: str) -> None:
    with pytest.raises(UsageError) as refused:
        ways_to_run(bench(*the_pair()), ["sfn-poll", further])
    assert str(refused.value) == (
        f"The stack nightly does not have {further}: deploy it with {told_parameters([further])}, or name "
        "other ways with --way."
    )


def test_one_of_the_pair_that_is_not_deployed_is_not_left_out_silently() -> None:
    with pytest.raises(UsageError, match=r"does not have durable-poll: deploy template\.yaml anew, or"):
        ways_to_run(bench("sfn-poll"), the_pair())


def test_a_local_stack_is_deployed_with_what_its_ways_need() -> None:
    assert deployed_by(the_pair()) == deployed_by(["durable-poll"]) == {"Ways": "pair"}
    assert {deployed_by([further])["Ways"] for further in FURTHER} == {"all"}
    assert local_options(all_ways(), published=False).parameters["Ways"] == "all"


def test_a_way_with_a_switch_of_its_own_is_deployed_with_it_alone() -> None:
    assert told_parameters(["sfn-poll", "sfn-long-poll"]) == "Ways=all LongPoll=true"
    assert deployed_by(["sfn-direct"]) == {"Ways": "all"}
