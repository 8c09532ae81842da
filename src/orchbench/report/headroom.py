"""Quota headroom: how long a query each way can poll, and what the rehearsals used of their quotas."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import altair as alt

from orchbench.evaluation.candidate import Candidate, kept_policies
from orchbench.evaluation.figures import NOTHING
from orchbench.evaluation.limits import NO_QUOTA, Reach, quotas, reach
from orchbench.evaluation.variants import parent_of, ratio_to_parent
from orchbench.platforms import all_platforms
from orchbench.report import drawing
from orchbench.report.figures import count, hours, seconds, share, times, told_duration, told_poll
from orchbench.report.hour import Hours
from orchbench.report.model import Chart, Datum, Part, Section, Table, Text
from orchbench.report.reading import QUOTAS_IN, Given, Results
from orchbench.results.supplements import KeptRehearsal
from orchbench.trace import Label
from orchbench.ways import all_ways
from orchbench.ways.durations import parse_policy

POLICIES = ("fixed:5s", "fixed:10s", "fixed:30s", "fixed:60s", "adaptive")
FORM = "closed form over the way's own counts and the quota"
LONGEST_HOURS = 24


def section(results: Sequence[Results], given: Given, hours_found: Hours) -> Section:
    """Return the section."""
    found = [
        reach(one, policy)
        for one, policy in kept_policies(
            given.candidates, (parse_policy(text, budget=False) for text in POLICIES)
        )
    ]
    rehearsed = next((one for one in results if one.rehearsals), None)
    ending = {one.policy for one in found if one.ends_early}
    told = [one for one in found if one.policy in ending]
    polling = {one.name for one in given.candidates if one.polls}
    rest = dict.fromkeys(
        told_poll(one.policy) for one in found if one.policy not in ending and one.way in polling
    )
    reached = sorted(hours_found.each, key=lambda one: one.longest.value or 0)
    polled = told_poll(hours_found.chosen.planned.policy)
    title: Text = (
        f"Polled {polled} without a poll budget, a quota ends a run after ",
        reached[0].longest,
        " h or later; with it, none does",
    )
    if not any(one.ends_early for one in found):
        title = ("No quota ends a run before Redshift ends the query",)
    also = f" Polled {' or '.join(rest)}, every way sees a query of 24 h end." if rest else ""
    return Section(
        "quotas",
        "What breaks it",
        title,
        [
            (
                "An execution has a quota of its own: ",
                *_quotas_of(given.candidates),
                f". The poll budget, on by default, slows polling down before the quota is used up.{also}",
            ),
            *_with_and_without(hours_found),
            (
                "`orchbench faults` rehearses what else can go wrong, from a lost answer to a stopped "
                "execution: docs/faults.md lists every fault on every way, and how it ends.",
            ),
            *_lacking(given.candidates),
        ],
        [_chart(told, given)] if told else [],
        more=[_budget_table(told, given), *([_used_table(rehearsed)] if rehearsed else [])],
        more_title="polls that fit, and what the rehearsals used",
    )


def _with_and_without(found: Hours) -> Iterator[Text]:
    """Say why the budget slows a way down before its quota would end it."""
    best = found.chosen
    if (best.promised.value or 0) < (best.longest.value or 0):
        yield (
            f"The budget keeps a reserve for retries and for a clean exit after a failure. So {best.way} "
            "keeps to its interval for timeouts up to ",
            best.promised,
            " h, and polls less often for longer ones. Without a budget it keeps to the interval until the "
            "quota ends it after ",
            best.longest,
            " h.",
        )


def _lacking(candidates: Sequence[Candidate]) -> Iterator[Text]:
    """Yield what each way says that it does not keep."""
    ways = all_ways()
    for name in (one.name for one in candidates if one.name in ways and ways[one.name].lacks):
        yield (f"{name} promises less; docs/ways.md says why: {', '.join(ways[name].lacks)}.",)


def _quotas_of(candidates: Sequence[Candidate]) -> Iterator[Part]:
    """Yield what one execution may use, each quota once; that it has none where no way has one."""
    titles = {quota: one.title for one in all_platforms().values() for quota in one.execution_quotas}
    known = list(dict.fromkeys(one.usage.quota for one in candidates if one.usage.quota))
    for index, quota in enumerate(known):
        found = quotas()[quota.key]
        yield from [", "] if index else []
        yield count(quota.limit, found.unit, "quoted", f"{found.source}, {found.date}", QUOTAS_IN)
        yield f" {quota.meter.unit}" + (f" on {titles[quota]}" if quota in titles else "")
    if not known:
        yield "none of these ways comes near one"


def _files(way: str, given: Given) -> str:
    return f"{given.files[way]}; {QUOTAS_IN}"


def _chart(found: Sequence[Reach], given: Given) -> Chart:
    said = "; ".join(
        f"{one.way} {one.policy.shown} {told_duration(one.without_budget_seconds)}"
        for one in found
        if one.ends_early
    )
    data = [
        Datum(
            f"{one.way}, {one.policy.shown}",
            hours(one.without_budget_seconds, Label.ESTIMATED, FORM, _files(one.way, given)),
        )
        for one in found
    ]

    def draw(width: int) -> Mapping[str, Any]:
        return _drawn(width, found)

    return Chart(
        "quota-headroom",
        "The longest query that is still seen to end, without a poll budget",
        (
            "A full bar reaches the 24 h that Redshift runs a query; a hatched one ends where the quota ends "
            "the execution.",
        ),
        f"Bars of hours for each policy and way. Shorter than 24 h: {said}.",
        draw,
        data,
    )


def _drawn(width: int, found: Sequence[Reach]) -> Mapping[str, Any]:
    narrow = width < drawing.NARROW
    rows: list[dict[str, Any]] = [
        {
            "policy": one.policy.shown,
            "way": one.way,
            "hours": one.without_budget_seconds / 3_600,
            "told": f"{round(one.without_budget_seconds / 3_600, 1):g} h",
            "dies": one.ends_early,
            "bar": f"{told_poll(one.policy)}, {one.way}",
        }
        for one in found
    ]
    order = [row["bar"] for row in rows]
    y = alt.Y(
        "bar:N",
        sort=order,
        title=None,
        axis=drawing.way_axis({row["bar"]: row["way"] for row in rows}, labelLimit=180 if narrow else 240),
    )
    x = alt.X(
        "hours:Q",
        title="duration of the query, hours",
        scale=alt.Scale(domain=[0, LONGEST_HOURS + (8 if narrow else 2)], nice=False),
        axis=alt.Axis(values=[0, 12, 24] if narrow else [0, 4, 8, 12, 16, 20, 24]),
    )
    base = alt.Chart(drawing.values(rows))
    bars = base.mark_bar(height=11, stroke=drawing.INK, strokeWidth=1).encode(
        x=x,
        y=y,
        fill=alt.condition("datum.dies", alt.value("url(#hatch-1)"), alt.value("var(--bar)")),
    )
    told = base.mark_text(align="left", dx=5).encode(x=x, y=y, text=alt.Text("told:N"))
    return drawing.drawn(alt.layer(bars, told), width, 60 + 20 * len(rows))


def _budget_table(found: Sequence[Reach], given: Given) -> Table:
    rows: list[Sequence[Text]] = []
    for one in found:
        files = _files(one.way, given)
        delay = seconds(one.longest_delay_seconds, Label.ESTIMATED, FORM, files)
        rows.append(
            [
                (f"{one.way}, {one.policy.shown}",),
                _polls(one, found, files),
                (hours(one.without_budget_seconds, Label.ESTIMATED, FORM, files),),
                (delay, " (stretched)") if one.stretched else (delay,),
            ]
        )
    return Table(
        "Polls that fit, and the longest delay that the poll budget makes of them, timeout 24 h",
        ("way and policy", "polls that fit", "longest query without a budget, h", "longest delay with it, s"),
        rows,
        main=(2, 3),
    )


def _polls(one: Reach, found: Sequence[Reach], files: str) -> Text:
    """Return how many polls fit, and how many times those of the way that it varies."""
    if one.most_polls is None:
        return (f"{NOTHING} ({NO_QUOTA})",)
    fit = count(one.most_polls, "polls", Label.ESTIMATED, FORM, files)
    ratio = ratio_to_parent(one.way, {other.way: other.most_polls for other in found})
    if ratio is None:
        return (fit,)
    beside = times(ratio, Label.ESTIMATED, "ratio of the polls that fit", files)
    return (fit, " (", beside, f" times {parent_of(one.way)})")


def _used_table(results: Results) -> Table:
    rows: list[Sequence[Text]] = []
    for one in _nearest(results.rehearsals):
        headroom, file = one.figures["headroom"], results.file(one.file)
        source = "counted in the rehearsal's trace"
        rows.append(
            [
                (f"{one.way}, {one.poll}, {told_duration(one.duration_seconds)}",),
                (count(one.figures["polls"], "polls", Label.REHEARSED, source, file),),
                (
                    count(headroom["used"], headroom["quota"], Label.REHEARSED, source, file),
                    f" {headroom['quota']}",
                ),
                (count(headroom["limit"], headroom["quota"], "quoted", "AWS's quota", QUOTAS_IN),),
                (share(headroom["left"], Label.REHEARSED, source, file),),
            ]
        )
    return Table(
        "Of each way and policy the rehearsal that came nearest to its quota",
        ("way, policy and duration", "polls", "used", "quota", "left"),
        rows,
        main=(2, 4),
    )


def _nearest(rehearsals: Sequence[KeptRehearsal]) -> list[KeptRehearsal]:
    """Return the one of each way and policy that left least of its quota: the others left more."""
    found: dict[tuple[str, str], KeptRehearsal] = {}
    for one in rehearsals:
        known = found.get((one.way, one.poll))
        if one.figures["headroom"] is None:
            continue
        if known is None or one.figures["headroom"]["left"] < known.figures["headroom"]["left"]:
            found[one.way, one.poll] = one
    return sorted(found.values(), key=lambda one: (one.poll, float(one.figures["headroom"]["left"])))
