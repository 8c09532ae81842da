"""What all charts share: axes with units, and marks that nobody needs colours to tell apart.

Colours are CSS variables, so that a page can be light or dark; dashes, shapes and hatches say the same.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import altair as alt
from altair.utils import schemapi

from orchbench.evaluation.variants import parent_of

FONT = "Arial, Helvetica, Liberation Sans, sans-serif"
"""What vl-convert measures texts with, and what is as wide as that nearly everywhere."""
ROOM_FOR_WIDER_FONTS = 26
"""Pixels on the left, where no font is as narrow as the one that was measured with."""
INK, MUTED, GRID, SURFACE = "var(--ink)", "var(--muted)", "var(--grid)", "var(--surface)"
DASHES = ([1, 0], [7, 3], [2, 2], [8, 2, 2, 2], [12, 3], [1, 4], [5, 5], [10, 2, 2, 2, 2, 2])
SHAPES = (
    "circle",
    "square",
    "triangle-up",
    "diamond",
    "cross",
    "triangle-down",
    "triangle-right",
    "triangle-left",
)
COLOURS = tuple(f"var(--way-{number})" for number in range(1, 8))
BOLD, PLAIN = 2.5, 1
"""Widths of a line: of the pair, which the comparison is about, and of its variants."""
NARROW = 480
"""Below this many pixels a chart is for a phone."""
HEIGHT = 300
SHORT_DURATIONS = (
    "datum.value < 60 ? datum.value + ' s' : datum.value < 3600 ? datum.value / 60 + ' min'"
    " : datum.value / 3600 + ' h'"
)
CROWDED_TICKS = (10, 43_200)
DURATION_TICKS = (1, 2, 5, 10, 20, 60, 300, 900, 3_600, 14_400, 43_200, 86_400)


def values(rows: Sequence[Mapping[str, Any]]) -> alt.InlineData:
    """Return rows as a chart's data: as a tuple, which altair does not copy with every layer."""
    held: Any = tuple(dict(row) for row in rows)
    return alt.InlineData(values=held)


def legend_of(columns: int) -> alt.Legend:
    """Return a legend of so many ways in a line."""
    return alt.Legend(title=None, columns=columns)


def way_colour(ways: Sequence[str], *, legend: alt.Legend | None = None) -> alt.Color:
    """Return the ways' colours; the legend shows dashes and shapes as well."""
    scale = alt.Scale(domain=list(ways), range=list(_some(COLOURS, ways)))
    return alt.Color("way:N", scale=scale, legend=legend)


def way_dash(ways: Sequence[str]) -> alt.StrokeDash:
    """Return the ways' dashes."""
    scale = alt.Scale(domain=list(ways), range=[list(dash) for dash in _some(DASHES, ways)])
    return alt.StrokeDash("way:N", scale=scale, legend=None)


def way_width(ways: Iterable[str]) -> alt.StrokeWidthValue:
    """Return the ways' widths of line: the pair is bold."""
    of_the_pair = alt.FieldOneOfPredicate(field="way", oneOf=[way for way in ways if parent_of(way) is None])
    widths: Any = alt.condition(of_the_pair, alt.value(BOLD), alt.value(PLAIN))
    return alt.StrokeWidthValue(**widths)


def way_axis(names: Mapping[str, str], **options: Any) -> alt.Axis:
    """Return an axis of what is of a way each, by its name there; what is the pair's stands bold."""
    bold = [name for name, way in names.items() if parent_of(way) is None]
    of_the_pair = alt.FieldOneOfPredicate(field="value", oneOf=bold)
    weight = alt.condition(of_the_pair, alt.value("bold"), alt.value("normal"))
    return alt.Axis(labelColor=INK, labelFontWeight=weight, **options)


def way_shape(ways: Sequence[str], *, legend: alt.Legend | None = None) -> alt.Shape:
    """Return the ways' shapes."""
    scale = alt.Scale(domain=list(ways), range=list(_some(SHAPES, ways)))
    return alt.Shape("way:N", scale=scale, legend=legend)


def _some(kinds: Sequence[Any], ways: Sequence[str]) -> list[Any]:
    return [kinds[index % len(kinds)] for index in range(len(ways))]


def duration_axis(field: str, title: str, domain: tuple[float, float], *, narrow: bool) -> alt.X:
    """Return a logarithmic axis of durations, ticks where people have names for them."""
    ticks = [one for one in DURATION_TICKS if domain[0] <= one <= domain[1]]
    if narrow and len(ticks) > 6:
        ticks = ticks[-1::-2][::-1]
    elif len(ticks) > 9:
        ticks = [one for one in ticks if one not in CROWDED_TICKS]
    return alt.X(
        f"{field}:Q",
        title=title,
        scale=alt.Scale(type="log", domain=list(domain), nice=False),
        axis=alt.Axis(values=ticks, labelExpr=SHORT_DURATIONS, labelOverlap=False),
    )


def labels(base: alt.Chart, field: str, colour: alt.Color | None = None, **options: Any) -> list[alt.Chart]:
    """Return texts that can be read on top of a line: with a rim in the colour of the page."""
    rim = base.mark_text(stroke=SURFACE, strokeWidth=4, strokeJoin="round", fill=SURFACE, **options)
    words = base.mark_text(**options)
    # A channel and not a name: altair looks for the class of a name among all of its own.
    found = [rim.encode(text=alt.Text(f"{field}:N")), words.encode(text=alt.Text(f"{field}:N"))]
    return [found[0], found[1].encode(color=colour)] if colour is not None else found


def money_axis(field: str, title: str, amounts: Iterable[float]) -> alt.Y:
    """Return a logarithmic axis of money, with room for labels below and above."""
    # What costs nothing has no place on a logarithmic axis.
    known = [amount for amount in amounts if amount > 0] or [1.0]
    low, high = min(known) * 0.45, max(known) * 1.9
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1,) if high / low > 1_000 else (1, 2, 5)
    ticks = [step * 10.0**power for power in powers for step in steps]
    return alt.Y(
        f"{field}:Q",
        title=title,
        scale=alt.Scale(type="log", domain=[low, high], nice=False),
        axis=alt.Axis(format="~g", values=[one for one in ticks if low <= one <= high]),
    )


def drawn(chart: alt.LayerChart | alt.FacetChart, width: int, height: int) -> Mapping[str, Any]:
    """Return a chart as a specification of this size, in the page's type and colours."""
    # Set on the chart itself: each of altair's own `properties` and `configure` copies every layer.
    sized: Any = chart
    sized.width, sized.height = width, height
    sized.autosize = alt.AutoSizeParams(type="fit", contains="padding")
    sized.config = _config(narrow=width < NARROW)
    # Against the schema only where altair checks at all: its last check is not its debug mode's own.
    document: Mapping[str, Any] = sized.to_dict(validate=schemapi.DEBUG_MODE)
    return document


def _config(*, narrow: bool) -> alt.Config:
    size = 11 if narrow else 12
    return alt.Config(
        font=FONT,
        background="transparent",
        padding={"left": 12 if narrow else ROOM_FOR_WIDER_FONTS, "top": 4, "right": 8, "bottom": 4},
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(
            labelColor=MUTED,
            titleColor=INK,
            titleFontWeight="normal",
            labelFontSize=size,
            titleFontSize=size,
            gridColor=GRID,
            domainColor=MUTED,
            tickColor=MUTED,
            labelLimit=130 if narrow else 200,
            tickCount=5 if narrow else 8,
        ),
        legend=alt.LegendConfig(
            orient="top",
            direction="vertical" if narrow else "horizontal",
            labelColor=INK,
            titleColor=INK,
            labelFontSize=size,
            symbolSize=110,
            symbolStrokeWidth=1.5,
            symbolOpacity=1,
            columnPadding=26,
            labelLimit=260,
            offset=8,
        ),
        text=alt.MarkConfig(color=INK, fontSize=size),
    )
