"""The versions that are deployed are the ones that are tested, and no lock names an address."""

import re
import tomllib

import pytest
from project import FUNCTIONS, ROOT

LOCKS = [ROOT / "requirements.lock", FUNCTIONS / "requirements.txt", *sorted((ROOT / "locks").glob("*.lock"))]


def pins(text: str) -> dict[str, str]:
    found = re.findall(r"^\s*\"?([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s\";]+)", text, re.MULTILINE)
    return {name.lower(): version for name, version in found}


def test_the_functions_run_with_what_the_tests_run_with() -> None:
    locked = pins((ROOT / "requirements.lock").read_text())
    deployed = pins((FUNCTIONS / "requirements.txt").read_text())
    assert {name: locked.get(name) for name in deployed} == deployed
    asked = pins((FUNCTIONS / "requirements.in").read_text())
    assert asked.items() <= deployed.items()


def test_every_direct_dependency_is_pinned_and_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    direct = [*project["dependencies"], *project["optional-dependencies"]["development"]]
    locked = pins((ROOT / "requirements.lock").read_text())
    for requirement in direct:
        ((name, version),) = pins(requirement).items()
        assert locked[name] == version


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_has_hashes_and_no_address(lock: object) -> None:
    text = lock.read_text()  # type: ignore[attr-defined]
    assert "--hash=sha256:" in text
    assert "://" not in text
    assert "index-url" not in text
