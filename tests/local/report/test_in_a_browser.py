"""The page in Chromium, opened from disk: nothing complains, nothing is asked for, everything fits."""

import re
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.local

DESKTOP, PHONE = 1280, 390
Open = Callable[..., Any]
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
    shown: Open, address: str, width: int, dark: bool
) -> None:
    opened = shown(width=width, dark=dark)
    # A round trip more, so that whatever the page did has been told.
    opened.evaluate("document.title")

    assert opened.complaints == []
    assert opened.requests == [address]


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_nothing_scrolls_sideways_but_tables_in_their_own_frame(shown: Open, width: int) -> None:
    opened = shown(width=width)
    for unfolded in (False, True):
        opened.evaluate(
            f"document.querySelectorAll('details').forEach(one => one.open = {str(unfolded).lower()})"
        )

        needed, available = (
            opened.evaluate(f"document.documentElement.{name}") for name in ("scrollWidth", "clientWidth")
        )
        assert width - 20 <= available <= width
        assert needed <= available
        assert opened.evaluate(TOO_WIDE) == []


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_every_chart_is_drawn_and_fits(shown: Open, width: int) -> None:
    opened = shown(width=width)

    opened.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    charts = opened.evaluate(CHARTS)
    assert len(charts) == opened.evaluate("document.querySelectorAll('figure').length") == 7
    for chart in charts:
        assert chart["width"] > 0.8 * min(width, 720)
        assert chart["height"] > 80
        assert chart["right"] <= width
        assert chart["marks"] > 10


FIRST_SCREEN = """
['.verdict', '.numbers', '.glance svg', '.instead'].map(name =>
  [...document.querySelectorAll(name)].filter(one => one.checkVisibility())[0].getBoundingClientRect().bottom)
"""
SCROLLING = """
[...document.querySelectorAll('.scroll')].filter(one => !one.closest('.origins') && one.checkVisibility()
  && one.scrollWidth > one.clientWidth).map(one => one.getAttribute('aria-label'))
"""


def test_the_answer_with_its_numbers_and_its_chart_fits_the_first_screen(shown: Open) -> None:
    opened = shown(width=DESKTOP)

    assert max(opened.evaluate(FIRST_SCREEN)) <= 900


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_no_table_scrolls_sideways_but_those_of_sources(shown: Open, width: int) -> None:
    opened = shown(width=width)
    opened.evaluate("document.querySelectorAll('.fold').forEach(one => one.open = true)")

    assert opened.evaluate("document.querySelectorAll('.fold .scroll').length") > 3
    assert opened.evaluate(SCROLLING) == []


def test_several_folders_stand_side_by_side_unclipped(open_page: Open, several: str) -> None:
    opened = open_page(width=DESKTOP, address=several)

    assert opened.evaluate("document.querySelectorAll('th.group').length") == 2
    assert opened.evaluate(SCROLLING) == []


def test_paper_takes_six_pages_at_most_and_cuts_no_table_from_its_head(open_page: Open) -> None:
    opened = open_page(width=DESKTOP)
    pages = re.findall(rb"/Type /Page\b(?!s)", opened.page.pdf(format="A4"))

    assert 1 < len(pages) <= 6
    opened.page.emulate_media(media="print")
    kept = "[...document.querySelectorAll('.scroll')].filter(one => one.checkVisibility())"
    breaks = opened.evaluate(f"{kept}.map(one => getComputedStyle(one).breakInside)")
    assert set(breaks) == {"avoid"}


def test_a_dark_page_is_dark_in_its_charts_too_and_paper_stays_light(open_page: Open, shown: Open) -> None:
    shade = "getComputedStyle(document.body).backgroundColor"
    line = "getComputedStyle([...document.querySelectorAll('svg path[stroke^=var]')][0]).stroke"

    opened = shown(width=DESKTOP)
    light = opened.evaluate(shade), opened.evaluate(line)
    opened = open_page(width=DESKTOP, dark=True)
    dark = opened.evaluate(shade), opened.evaluate(line)
    opened.page.emulate_media(media="print", color_scheme="dark")
    paper = opened.evaluate(shade), opened.evaluate(line)

    assert light[0] == "rgb(255, 255, 255)"
    assert dark[0] == "rgb(20, 23, 26)"
    assert dark[1] != light[1]
    assert paper == light


def test_the_browser_would_notice_a_request_and_an_error(open_page: Open) -> None:
    opened = open_page(width=DESKTOP)
    opened.evaluate("console.error('an error')")
    opened.evaluate(
        "new Promise(told => { const one = new Image(); one.onerror = told; one.src = '/a.png' })"
    )
    opened.evaluate("document.title")

    assert "an error" in opened.complaints
    # The policy blocks it, which the browser logs.
    assert any("Content Security Policy" in str(one) for one in opened.complaints)
