"""A report in the system's Chromium, where there is one."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright
from stored_results import copy_of_results

from orchbench.cli import main

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


@dataclass
class Opened:
    """A page that has loaded, and what the browser said of it: errors, warnings, requests."""

    page: Page
    protocol: CDPSession
    complaints: list[Any] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def evaluate(self, expression: str) -> Any:
        return self.page.evaluate(expression)


Open = Callable[..., Opened]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("there is no Chromium here to open the page in: Debian has it as the package chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program)
        yield started
        started.close()


@pytest.fixture(scope="module")
def open_page(browser: Browser, address: str) -> Iterator[Open]:
    """Open the report in a window of its own."""
    contexts = []

    usual = address

    def opened(*, width: int, dark: bool = False, address: str = usual) -> Opened:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            is_mobile=width < 600,
        )
        contexts.append(context)
        page = context.new_page()
        found = Opened(page, context.new_cdp_session(page))

        def complained(told: Any) -> None:
            # A method of a list takes no attribute, which the library would give it.
            found.complaints.append(told)

        page.on("console", lambda message: found.complaints.append(message.text))
        page.on("pageerror", lambda error: found.complaints.append(str(error)))
        page.on("request", lambda request: found.requests.append(request.url))
        for domain, event in (("Log", "entryAdded"), ("Audits", "issueAdded")):
            found.protocol.on(f"{domain}.{event}", complained)
            found.protocol.send(f"{domain}.enable")
        page.goto(address)
        return found

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def shown(open_page: Open) -> Open:
    """Show the report in a window that others looked at before: everything is folded, as at first."""
    windows = cache(open_page)

    def folded(*, width: int, dark: bool = False) -> Opened:
        found: Opened = windows(width=width, dark=dark)
        found.evaluate("document.querySelectorAll('details').forEach(one => one.open = false)")
        return found

    return folded


@pytest.fixture(scope="session")
def several(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of two folders."""
    folder = tmp_path_factory.mktemp("several")
    monday = copy_of_results(folder / "monday", supplemented=True)
    on_aws = copy_of_results(folder / "tuesday", host="aws")
    assert main(["report", str(monday), str(on_aws), "--out", str(folder / "report.html")]) == 0
    return (folder / "report.html").as_uri()


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page's, on disk."""
    folder = copy_of_results(tmp_path_factory.mktemp("results") / "monday", supplemented=True)
    file: Path = folder / "report.html"
    assert main(["report", str(folder), "--out", str(file)]) == 0
    return file.as_uri()
