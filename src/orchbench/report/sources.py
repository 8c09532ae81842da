"""What the figures stand on: the labels, the prices with their sources, and the assumptions with theirs."""

from collections.abc import Iterator, Sequence

from orchbench.evaluation.prices import Price
from orchbench.evaluation.tariff import plain
from orchbench.report.model import Figure, Section, Table, Text
from orchbench.report.reading import ASSUMED_IN, Given, Results

LABELS: Sequence[Text] = (
    ("measured: a service's own record of a run that took place.",),
    ("rehearsed: counted in virtual time; the deployed files ran, and no service did.",),
    ("estimated: a closed form, held to rehearsals by tests.",),
    ("assumed: nothing better is known; a sum with one assumed part is assumed.",),
    ("missing: should have been measured, and no record of it arrived.",),
    ("quoted: a price or a quota as AWS publishes it, with the place where it was read.",),
)


def section(results: Sequence[Results], given: Given) -> Section:
    """Return the section."""
    return Section(
        "sources",
        "Assumptions and sources",
        [
            (
                "Every number on this page carries its label, its source and the file it came from: point at "
                "it, open the data below a chart, or read figures.csv.",
            )
        ],
        [_prices(given), _assumptions(given)],
        [*LABELS, *_folders(results)],
    )


def _prices(given: Given) -> Table:
    rows = [[(key.replace("_", " "),), *_price(price, given)] for key, price in given.prices.prices.items()]
    return Table(
        f"List prices of {given.prices.requested_region}", ("price", "USD", "unit", "source and date"), rows
    )


def _price(price: Price, given: Given) -> Iterator[Text]:
    label = "assumed" if price.confidence == "assumed" else "quoted"
    yield (
        Figure(
            price.usd, plain(price.usd), f"USD a {price.unit}", label, price.told_source, given.prices_file
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
    return Table("Assumed values", ("name", "value", "unit", "what", "source"), rows)


def _folders(results: Sequence[Results]) -> Iterator[Text]:
    for one in results:
        yield (f"{one.name}: {one.host}, {one.comparison.settings.region}, from {one.began}.",)
