"""The path of a trial: what it says, and what it knows to be left wherever it ends."""

import pytest

from orchbench.trial.walk import Left, Step, account_of, walk

WAREHOUSE = Left("w: the warehouse", "w", "sam delete w")
APPLICATION = Left("a: the application", "a", "sam delete a")
TABLES = Left("tables in a cluster of somebody's")


def interrupted() -> str:
    raise KeyboardInterrupt


def test_a_step_that_is_skipped_says_why_and_leaves_nothing() -> None:
    said: list[str] = []
    left: list[Left] = []
    skipped = Step("warehouse", "deploy it", interrupted, "one is there", (WAREHOUSE,))
    walk([skipped, Step("check", "look", lambda: "all is there")], left, said.append)
    assert said == ["warehouse: skipped, because one is there", "check: look", "check: all is there"]
    assert left == []


def test_what_a_step_was_interrupted_at_is_known_to_be_left() -> None:
    left: list[Left] = []
    steps = [
        Step("warehouse", "deploy it", lambda: "there", None, (WAREHOUSE,)),
        Step("application", "deploy it", interrupted, None, (APPLICATION,)),
        Step("never", "come here", lambda: "", None, (TABLES,)),
    ]
    with pytest.raises(KeyboardInterrupt):
        walk(steps, left, lambda _said: None)
    assert left == [WAREHOUSE, APPLICATION]


def test_what_was_made_last_is_removed_first() -> None:
    assert account_of([WAREHOUSE, TABLES, APPLICATION], lambda _name: True) == [
        "This is left in the account:",
        "  a: the application",
        "  tables in a cluster of somebody's",
        "  w: the warehouse",
        "To remove what this command deployed, run in this order:",
        "  sam delete a",
        "  sam delete w",
    ]


def test_a_stack_that_is_not_there_is_not_said_to_be_left() -> None:
    assert account_of([WAREHOUSE, APPLICATION], lambda name: name == "w") == [
        "This is left in the account:",
        "  w: the warehouse",
        "To remove what this command deployed, run in this order:",
        "  sam delete w",
    ]
    assert account_of([WAREHOUSE], lambda _name: False) == ["Nothing of it is in the account."]
