"""The page in Chromium, opened from disk: nothing complains, nothing is asked for, everything fits."""

import pytest
from chromium import Browser

pytestmark = pytest.mark.local

DESKTOP, PHONE = 1280, 390
CHARTS = """
[...document.querySelectorAll('.chart svg')].filter(one => one.checkVisibility()).map(one => {
  const box = one.getBoundingClientRect();
  const marks = [...one.querySelectorAll('path, line, text, rect')]
    .filter(mark => { const it = mark.getBoundingClientRect(); return it.width + it.height > 2; });
  return {width: box.width, height: box.height, right: box.right, marks: marks.length};
})
"""
TOO_WIDE = """
[...document.querySelectorAll('body *')]
  .filter(one => !one.closest('.scroll') && one.checkVisibility()
                 && one.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
  .map(one => one.tagName + ' ' + one.className.toString() + ' ' + (one.textContent || '').slice(0, 40))
"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_the_page_opens_from_disk_without_an_error_or_a_request(
    browser: Browser, address: str, width: int, dark: bool
) -> None:
    browser.open(address, width=width, dark=dark)
    # A round trip more, so that whatever the page did has been told.
    browser.evaluate("document.title")

    assert browser.said("Log.entryAdded") == []
    assert browser.said("Runtime.consoleAPICalled") == []
    assert browser.said("Runtime.exceptionThrown") == []
    assert browser.said("Audits.issueAdded") == []
    assert [one["request"]["url"] for one in browser.said("Network.requestWillBeSent")] == [address]


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_nothing_scrolls_sideways_but_tables_in_their_own_frame(
    browser: Browser, address: str, width: int
) -> None:
    browser.open(address, width=width)
    for opened in (False, True):
        browser.evaluate(
            f"document.querySelectorAll('details').forEach(one => one.open = {str(opened).lower()})"
        )

        needed, available = (
            browser.evaluate(f"document.documentElement.{name}") for name in ("scrollWidth", "clientWidth")
        )
        assert width - 20 <= available <= width
        assert needed <= available
        assert browser.evaluate(TOO_WIDE) == []


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_every_chart_is_drawn_and_fits(browser: Browser, address: str, width: int) -> None:
    browser.open(address, width=width)

    charts = browser.evaluate(CHARTS)
    assert len(charts) == browser.evaluate("document.querySelectorAll('figure').length") == 9
    for chart in charts:
        assert chart["width"] > 0.8 * min(width, 720)
        assert chart["height"] > 80
        assert chart["right"] <= width
        assert chart["marks"] > 10


def test_a_dark_page_is_dark_in_its_charts_too_and_paper_stays_light(browser: Browser, address: str) -> None:
    shade = "getComputedStyle(document.body).backgroundColor"
    line = "getComputedStyle([...document.querySelectorAll('svg path[stroke^=var]')][0]).stroke"

    browser.open(address, width=DESKTOP)
    light = browser.evaluate(shade), browser.evaluate(line)
    browser.open(address, width=DESKTOP, dark=True)
    dark = browser.evaluate(shade), browser.evaluate(line)
    browser.call(
        "Emulation.setEmulatedMedia",
        media="print",
        features=[{"name": "prefers-color-scheme", "value": "dark"}],
    )
    paper = browser.evaluate(shade), browser.evaluate(line)

    assert light[0] == "rgb(255, 255, 255)"
    assert dark[0] == "rgb(20, 23, 26)"
    assert dark[1] != light[1]
    assert paper == light


def test_the_browser_would_notice_a_request_and_an_error(browser: Browser, address: str) -> None:
    browser.open(address, width=DESKTOP)
    browser.evaluate("console.error('an error')")
    browser.evaluate(
        "new Promise(told => { const one = new Image(); one.onerror = told; one.src = '/a.png' })"
    )
    browser.wait_for("Log.entryAdded")

    assert len(browser.said("Runtime.consoleAPICalled")) == 1
    # The policy blocks it, which the browser logs.
    assert any("Content Security Policy" in str(one) for one in browser.said("Log.entryAdded"))
