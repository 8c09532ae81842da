"""mypy skips the inside of packages that give nothing of ours a type: so nothing of ours may import them."""

import ast
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from project import ROOT

SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]


def patterns(follow_imports: str) -> list[str]:
    overrides = [one for one in SETTINGS["overrides"] if one.get("follow_imports") == follow_imports]
    return [pattern for one in overrides for pattern in one["module"]]


def checked_files() -> Iterator[Path]:
    for folder in SETTINGS["files"]:
        yield from (ROOT / folder).rglob("*.py")


def imported(code: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def is_skipped(module: str) -> bool:
    """Tell whether mypy takes a module for Any, as its patterns do: ``a.*`` is ``a`` and all within it."""

    def within(pattern: str) -> bool:
        return module == pattern.removesuffix(".*") or fnmatch(module, pattern)

    return any(map(within, patterns("skip"))) and not any(map(within, patterns("normal")))


def test_nothing_of_ours_imports_what_type_checking_skips() -> None:
    assert is_skipped("moto")
    assert is_skipped("urllib3.util")
    assert not is_skipped("moto.stepfunctions.parser.api")
    names = [pattern.removesuffix(".*") for pattern in patterns("skip")]
    found = {
        f"{path.relative_to(ROOT)} imports {module}"
        for path in checked_files()
        if (code := path.read_text()) and any(name in code for name in names)
        for module in imported(code)
        if is_skipped(module)
    }
    assert found == set()
