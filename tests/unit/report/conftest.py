"""A results folder with runs, rehearsals and complexity, and the report of it, made once."""

from pathlib import Path

import pytest
from page_reader import Page, read_page
from stored_results import copy_of_results, price_file

from orchbench.cli import main


@pytest.fixture(scope="session")
def monday(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of_results(tmp_path_factory.mktemp("results") / "monday", supplemented=True)


@pytest.fixture(scope="session")
def written(monday: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the command wrote its report to."""
    out = tmp_path_factory.mktemp("out") / "page"
    assert main(["report", str(monday), "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="session")
def page(written: Path) -> Page:
    return read_page((written / "report.html").read_text())


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    """A price file that a test may change."""
    return price_file(tmp_path / "prices.json")
