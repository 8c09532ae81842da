"""A report in a real browser, where there is one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import Browser, chromium, executable
from stored_results import copy_of_results

from orchbench.cli import main


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = executable()
    if program is None:
        pytest.skip("there is no Chromium here: Debian has it as the package chromium")
    with chromium(program, tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page's, on disk."""
    folder = copy_of_results(tmp_path_factory.mktemp("results") / "monday", supplemented=True)
    file: Path = folder / "report.html"
    assert main(["report", str(folder), "--out", str(file)]) == 0
    return file.as_uri()
