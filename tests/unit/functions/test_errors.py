"""The tree of errors, and the way back from a recorded name."""

import pytest

from redshift_batch import errors


@pytest.mark.parametrize("name", sorted(errors.BY_NAME))
def test_an_error_is_rebuilt_from_its_name_with_or_without_a_module(name: str) -> None:
    for recorded in (name, f"redshift_batch.errors.{name}"):
        error = errors.error_named(recorded, "why")
        assert (type(error).__name__, str(error)) == (name, "why")


def test_a_foreign_name_is_kept_in_the_text() -> None:
    error = errors.error_named("builtins.KeyError", "'x'")
    assert type(error) is errors.UnexpectedError
    assert str(error) == "KeyError: 'x'"


def test_the_tree_in_the_docstring_names_every_class() -> None:
    text = errors.__doc__ or ""
    missing = [name for name in errors.BY_NAME if name not in text.split()]
    assert missing == []
