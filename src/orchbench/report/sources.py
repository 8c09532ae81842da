"""What the figures stand on: the labels, the prices with their sources, and the assumptions with theirs."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TypeVar

from orchbench.evaluation.month import with_small_prices
from orchbench.evaluation.price_keys import RPU_HOUR, price_keys
from orchbench.evaluation.prices import Price, told_price
from orchbench.evaluation.tariff import plain
from orchbench.report.model import Figure, Section, Table, Text
from orchbench.report.reading import ASSUMED_IN, Given, Results
from orchbench.ways import all_ways

Value = TypeVar("Value")
LABELS: Text = (
    "**measured**: a service's own record of a run, or a count of the deployed files. **rehearsed**: counted "
    "in virtual time, with the deployed files. **estimated**: a closed form, held to rehearsals by tests. "
    "**assumed**: nothing better is known; a sum with one assumed part is assumed. **missing**: no record of "
    "it arrived. **quoted**: as AWS publishes it.",
)


def section(results: Sequence[Results], given: Given) -> Section:
    """Return the section."""
    return Section(
        "sources",
        "Sources",
        ("Every figure carries its label, its source and its file",),
        [
            (
                "Open the data below a section, or point at a figure. Numbers in names, notes and conditions "
                "are not figures. A report written into a folder has all of them in figures.csv there.",
            ),
            LABELS,
        ],
        more=[_prices(given), _assumptions(given)],
        notes=[*_price_notes(given), *_folders(results)],
        more_title="every price and every assumption",
    )


def _prices(given: Given) -> Table:
    # Of Redshift too, whose share the page tells of.
    used = used_prices(with_small_prices(given.prices).prices, given.architecture, {RPU_HOUR})
    rows = [[(told_price(key),), *_price(price, given)] for key, price in used.items()]
    return Table(
        f"List prices of {given.prices.region} that bills are made of",
        ("price", "USD", "unit", "source and date"),
        rows,
        main=(1, 2),
    )


def _price_notes(given: Given) -> Iterator[Text]:
    used = used_prices(given.prices.prices, given.architecture)
    yield from ((note,) for note in [*given.prices.notes, *given.prices.old(used, given.today)])


def used_prices(
    prices: Mapping[str, Value], architecture: str, besides: Collection[str] = ()
) -> dict[str, Value]:
    """Return those of a list that the ways' bills are made of, and others besides."""
    used = {*price_keys((way.usage for way in all_ways().values()), architecture), *besides}
    return {key: price for key, price in prices.items() if key in used}


def _price(price: Price, given: Given) -> Iterator[Text]:
    label = "assumed" if price.confidence == "assumed" else "quoted"
    yield (
        Figure(
            price.usd, plain(price.usd), f"USD per {price.unit}", label, price.told_source, given.prices_file
        ),
    )
    yield (price.unit,)
    yield (f"assumed: {price.told_source}" if label == "assumed" else price.told_source,)


def _assumptions(given: Given) -> Table:
    rows: list[Sequence[Text]] = [
        [
            (name.replace("_", " "),),
            (Figure(one.value, plain(one.value), one.unit, one.label, one.source, ASSUMED_IN),),
            (one.unit,),
            (one.what,),
            (one.source,),
        ]
        for name, one in given.assumed.named.items()
    ]
    return Table("Assumed values", ("name", "value", "unit", "what", "source"), rows, main=(1, 2))


def _folders(results: Sequence[Results]) -> Iterator[Text]:
    for one in results:
        yield (f"{one.name}: {one.host}, {one.comparison.settings.region}, from {one.began}.",)
