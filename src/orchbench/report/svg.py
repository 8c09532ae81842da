"""Charts as SVG: drawn by vl-convert without a browser and without the network, then made fit for a page.

The colours are CSS variables, which the page sets for light and dark; an SVG file by itself brings them.
"""

import json
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from html import escape
from pathlib import Path
from typing import Any

import vl_convert
from altair.utils import schemapi

from orchbench.report.model import Chart

WIDE, NARROW = 720, 344
COLOURS_FILE = Path(__file__).with_name("colours.css")
HATCHES = (
    ("hatch-1", "<path d='M0 6L6 0' stroke='var(--ink)' stroke-width='1.2'/>"),
    ("hatch-2", "<path d='M3 0V6' stroke='var(--ink)' stroke-width='1.2'/>"),
    ("hatch-3", "<circle cx='3' cy='3' r='1.1' fill='var(--ink)'/>"),
)


def svg(chart: Chart, width: int) -> str:
    """Return a chart for a page: with a title and a description, and ids that no other chart has."""
    # Checking a chart against Vega-Lite's schema takes longer than drawing it: a test does that.
    with schemapi.debug_mode(False):
        specification = chart.draw(width)
    return _fit_for_a_page(_converted(json.dumps(specification, sort_keys=True)), chart, width)


def svg_file(drawn: str) -> str:
    """Return a chart that was drawn for a page as a file that can be read by itself."""
    style = f"<style>{colours()}svg{{background:var(--surface)}}</style>"
    head = drawn.index(">") + 1
    return f"{drawn[:head]}{style}{drawn[head:]}\n"


@cache
def colours() -> str:
    """Return the colours of both schemes as CSS."""
    return COLOURS_FILE.read_text()


@lru_cache(maxsize=64)
def _converted(specification: str) -> str:
    # No base URL is allowed: a specification that asks for the network fails.
    drawn: str = vl_convert.vegalite_to_svg(specification, allowed_base_urls=[])
    return drawn


def _fit_for_a_page(drawn: str, chart: Chart, width: int) -> str:
    name = f"{chart.name}-{width}"
    head = drawn.index(">") + 1
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', drawn[:head])
    assert size is not None  # noqa: S101 - vega writes one
    body = re.sub(r' (?:role|aria-[a-z]+)="[^"]*"', "", drawn[head:])
    body = re.sub(r'id="([^"]+)"', rf'id="{name}-\1"', body)
    body = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", body)
    patterns = "".join(
        _pattern(f"{name}-{key}", drawing) for key, drawing in HATCHES if f"{name}-{key})" in body
    )
    attributes: Mapping[str, Any] = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {size[1]} {size[2]}",
        "width": size[1],
        "height": size[2],
        "role": "img",
        "aria-labelledby": f"{name}-title {name}-description",
    }
    told = " ".join(f'{key}="{value}"' for key, value in attributes.items())
    return (
        f'<svg {told}><title id="{name}-title">{escape(chart.title)}</title>'
        f'<desc id="{name}-description">{escape(chart.description)}</desc>'
        f"{f'<defs>{patterns}</defs>' if patterns else ''}{body}"
    )


def _pattern(name: str, drawing: str) -> str:
    return (
        f'<pattern id="{name}" width="6" height="6" patternUnits="userSpaceOnUse">'
        f'<rect width="6" height="6" fill="var(--surface)"/>{drawing}</pattern>'
    )
