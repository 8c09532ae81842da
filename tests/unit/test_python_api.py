"""What a script finds in ``orchbench``."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import orchbench
from orchbench import local

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "python-api.md").read_text()


@pytest.mark.parametrize("name", orchbench.__all__)
def test_whatever_is_offered_is_there_and_documented(name: str) -> None:
    assert getattr(orchbench, name) is not None
    # Results of calls are shown by what they are used for.
    assert name in {"Bench", "Execution"} or f"`{name}" in DOCUMENT or f"orchbench.{name}`" in DOCUMENT


def test_the_version_is_the_projects() -> None:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert orchbench.__version__ == document["project"]["version"]


def test_the_documented_exceptions_are_those_that_are_offered() -> None:
    offered = {name for name in orchbench.__all__ if isinstance(getattr(orchbench, name), type)}
    errors = {name for name in offered if issubclass(getattr(orchbench, name), Exception)}
    assert set(re.findall(r"^\| `([A-Z]\w+)` \|", DOCUMENT, re.MULTILINE)) == errors
    assert errors <= set(re.findall(r"\w+", orchbench.__doc__ or ""))


def test_what_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'orchbench' has no attribute 'nothing'"):
        orchbench.nothing  # noqa: B018 - what is tested


def test_importing_the_package_imports_nothing_large() -> None:
    asked = "import sys, orchbench; print(sorted(set(sys.modules) & {'boto3', 'numpy', 'rich'}))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_what_the_local_stack_offers_is_there() -> None:
    assert {name for names in local.DEFINED_IN.values() for name in names} == set(local.__all__)
    assert [name for name in local.__all__ if not hasattr(local, name)] == []
