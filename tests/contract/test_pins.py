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
    document = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for direct, lock in (
        (document["project"]["dependencies"], "requirements.lock"),
        (document["dependency-groups"]["development"], "locks/development.lock"),
    ):
        asked = pins("\n".join(direct))
        assert len(asked) == len(direct)
        assert asked.items() <= pins((ROOT / lock).read_text()).items()


def test_what_only_tests_need_is_not_installed_to_run() -> None:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text())
    running = pins((ROOT / "requirements.lock").read_text())
    testing = pins((ROOT / "locks" / "development.lock").read_text())
    only_tests = {"pytest", "mypy", "ruff", "cfn-lint", "playwright", "hypothesis"}
    assert only_tests <= pins("\n".join(document["dependency-groups"]["development"])).keys()
    assert not only_tests & running.keys()
    shared = running.keys() & testing.keys()
    assert {name: testing[name] for name in shared} == {name: running[name] for name in shared}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_has_hashes_and_no_address(lock: object) -> None:
    text = lock.read_text()  # type: ignore[attr-defined]
    assert "--hash=sha256:" in text
    assert "://" not in text
    assert "index-url" not in text
