"""The bill that docs/cost-model.md computes by hand, against the program's."""

import re
from decimal import Decimal
from fractions import Fraction

import pytest
from project import ROOT

from orchbench.commands.estimation import candidates
from orchbench.evaluation.assumptions import default_assumptions
from orchbench.evaluation.cost import bill
from orchbench.evaluation.prices import price_list
from orchbench.evaluation.tariff import Bill, Quantity, free_quantities, priced
from orchbench.rehearsal import Scenario, rehearse
from orchbench.trace import Label

DOCUMENT = (ROOT / "docs" / "cost-model.md").read_text()
PRICES = price_list("us-east-1")
Row = tuple[str, str, str, str, str]


def table_of(way: str) -> list[Row]:
    section = re.split(r"^### ", DOCUMENT, flags=re.MULTILINE)
    text = next(one for one in section if one.startswith(f"{way}\n"))
    rows = [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in text.splitlines()
        if line.startswith("|")
    ]
    return [row for row in rows[2:] if len(row) == 5]


def value_of(expression: str) -> Fraction:
    """Return what ``3834 / 2^30 x 14 / 30`` is."""

    def number(text: str) -> Fraction:
        base, _, power = text.partition("^")
        return Fraction(base) ** int(power or 1)

    first, *rest = re.split(r"\s+(?=[x/])", expression)
    value = number(first)
    for part in rest:
        value = value * number(part[1:].strip()) if part[0] == "x" else value / number(part[1:].strip())
    return value


def rehearsed_bill(way: str) -> Bill:
    return bill(rehearse(Scenario.polled(57.0, "fixed:10s"), way).trace, PRICES)


@pytest.mark.parametrize("way", [way.name for way in candidates(None)])
def test_the_bill_computed_by_hand_is_the_programs_line_by_line(way: str) -> None:
    *written, total = table_of(way)
    found = rehearsed_bill(way)

    lines = {line.what.removeprefix("orchbench-"): line for line in found.lines}
    assert {row[0] for row in written} == set(lines)
    for what, quantity, unit, price, amount in written:
        line = lines[what]
        if not what.startswith("data "):
            assert value_of(quantity) == pytest.approx(Fraction(line.quantity), rel=1e-20), what
            assert Decimal(amount) == line.amount_usd.quantize(Decimal("1e-12")), what
        else:
            # The bytes of a rehearsal differ by the digits of its numbers, and an estimate's do not.
            assert abs(Decimal(amount) - line.amount_usd) < Decimal("1e-6")
        assert unit == line.unit
        assert Decimal(price) == line.price_usd
    assert abs(Decimal(total[4]) - found.total_usd) < Decimal("1e-6")


@pytest.mark.parametrize("way", [way.name for way in candidates(None)])
def test_the_estimated_bill_is_the_one_computed_by_hand_to_the_last_digit(
    way: str, capsys: pytest.CaptureFixture[str]
) -> None:
    import json

    from orchbench.cli import main

    arguments = ["estimate", "--duration", "57s", "--poll", "fixed:10s", "--way", way]
    assert main([*arguments, "--lost-events", "0", "--json"]) == 0
    lines = json.loads(capsys.readouterr().out)["estimates"][0]["bill"]["lines"]
    *written, _total = table_of(way)

    for row, line in zip(written, lines, strict=True):
        assert (row[0], row[2]) == (line["what"], line["unit"])
        assert Decimal(row[4]) == Decimal(line["amount_usd"]).quantize(Decimal("1e-12"))


def test_the_free_tier_is_taken_off_once_for_all_functions() -> None:
    requests = [
        Quantity(name, "lambda_request", Decimal(600), Label.ESTIMATED, "a test") for name in ("one", "other")
    ]

    free = free_quantities(PRICES, free_tier=True)
    found = priced(requests, PRICES, runs=Decimal(1_000), free=free)

    assert [line.quantity for line in found.lines] == [Decimal(0), Decimal(200_000)]
    assert sum(line.free_quantity for line in found.lines) == 1_000_000
    assert priced(requests, PRICES, runs=Decimal(1_000)).total_usd == Decimal("0.24")


def test_a_rehearsed_duration_is_assumed_and_says_so() -> None:
    compute = next(line for line in rehearsed_bill("sfn-poll").lines if line.what.endswith("GB-seconds"))

    assert compute.label is Label.ASSUMED
    assert "assumed" in compute.note
    assert default_assumptions()["checkpoint_seconds"] == Decimal("0.08")


def test_a_region_of_few_prices_says_of_every_other_line_whose_it_takes() -> None:
    found = bill(rehearse(Scenario.polled(57.0, "fixed:10s"), "sfn-poll").trace, price_list("eu-north-1"))
    transitions, *others = found.lines

    assert (transitions.what, transitions.label, transitions.note) == (
        "state transitions",
        Label.ESTIMATED,
        "",
    )
    assert all(line.label is Label.ASSUMED for line in others)
    assert all("assumed to be those of us-east-1" in line.note for line in others)


def test_a_bill_of_a_million_durable_executions_by_hand_is_the_programs_to_the_cent(
    capsys: pytest.CaptureFixture[str],
) -> None:
    import json

    from orchbench.cli import main

    asked = "estimate --duration 1805s --poll fixed:60s --way durable-condition --runs-a-month 1000000"
    assert f"`orchbench {asked}`" in DOCUMENT
    assert main([*asked.split(), "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["estimates"]
    *written, total = table_of("A million durable executions")
    redshift = Decimal(row["redshift"]["value"])

    for (what, quantity, unit, price, amount), line in zip(written, row["bill"]["lines"], strict=True):
        assert (what, unit, Decimal(price)) == (line["what"], line["unit"], Decimal(line["price_usd"]))
        assert value_of(quantity) == pytest.approx(Fraction(line["quantity"]), rel=1e-20), what
        assert Decimal(amount) == Decimal(line["amount_usd"]).quantize(Decimal("0.01")), what
    assert Decimal(total[4]) == Decimal(row["cost"]["value"]).quantize(Decimal("0.01"))
    assert f"Redshift costs {redshift:,.0f} USD for these queries" in DOCUMENT
    assert f"{row['share_of_the_whole']['value'] * 100:.2f} % of it" in DOCUMENT
