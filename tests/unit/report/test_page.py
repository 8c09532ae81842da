import csv
import re
from itertools import pairwise
from pathlib import Path

import pytest
from page_reader import Page

from orchbench.cli import main
from orchbench.evaluation.figures import GIVEN

LABELS = {"measured", "rehearsed", "estimated", "assumed", "missing", "quoted"}
ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.slow
def test_every_number_of_the_page_says_its_label_its_source_and_its_file(page: Page) -> None:
    assert len(page.figures) > 500
    for one in page.figures:
        assert one["data-label"] in LABELS, one
        assert one["data-source"], one
        assert one["data-file"], one
        assert re.search(r"\d", one["shown"] or ""), one
        float(one["value"] or "")


@pytest.mark.slow
def test_no_number_stands_in_a_cell_without_its_origin(page: Page) -> None:
    figures = [text for text, has_figure in page.cells if has_figure]
    words = [text for text, has_figure in page.cells if not has_figure]

    assert [text for text in figures if re.search(r"\d", text)] == []
    # What is no figure is a phrase: a unit, a source, a file. None of them is a number or begins with one.
    assert [text for text in words if re.match(r"[^\w]*\d+(?![\w%.]*\s\w+ of)", text)] == []


def test_where_a_figure_comes_from_can_be_read_without_a_pointer(page: Page) -> None:
    origins = {tuple(row) for row in page.origins if row}
    keys = ("shown", "data-unit", "data-label", "data-source", "data-file")
    # A chart's own stand in the table below it, beside what is said of them.
    outside = [one for one in page.figures if one["in_details"] == "no"]

    assert len(outside) > 200
    assert [one for one in outside if tuple(one[key] for key in keys) not in origins] == []


def test_the_verdict_tells_the_pair_then_a_variant_then_no_polls_then_what_could_overturn_it(
    page: Page, written: Path
) -> None:
    pair, variant, unpolled, unless, basis = page.sentences

    assert pair.startswith("Choose durable-poll over sfn-poll (estimated): orchestration is ")
    assert "Redshift included" in pair
    assert "you operate  functions instead of  and a state machine" in pair
    first = (written / "report.md").read_text().split("\n\n")[1]
    assert "you operate 3 functions instead of 4 and a state machine" in first
    assert variant.startswith("durable-condition does the same for less")
    assert unpolled.startswith(
        "Not polling at all (durable-callback) costs  per 1,000 runs. An end is then seen "
    )
    assert unless.startswith("One probe could overturn the cost, durable-operations-metered: if AWS billed ")
    assert "estimated, not measured on AWS" in basis
    assert "list prices of us-east-1" in basis


def test_the_runs_are_the_proof_and_no_second_conclusion(written: Path) -> None:
    text = (written / "report.md").read_text()
    first, proof = text.split("## What it was measured on")

    assert "local servers" not in first.replace("compare-local", "").split("Every figure")[0]
    assert "whose times are not AWS figures" in proof
    assert "are too few to rank the ways" in proof


def test_there_are_four_numbers_and_one_chart_before_the_first_section(written: Path) -> None:
    first = (written / "report.html").read_text().split("<nav")[0]

    assert re.findall(r'<dd class="value"><data [^>]*>([^<]+)</data>', first) == ["$6.66", "5", "24", "0.2%"]
    assert first.count("<figure") == 1


def test_each_other_way_is_told_when_it_is_right(written: Path) -> None:
    text = (written / "report.html").read_text()
    _, instead = text.split("Choose another way instead")
    items = re.findall(r"<li>(.*?)</li>", instead.split("</ul>")[0], re.DOTALL)

    assert [re.findall(r"<strong>(.*?)</strong>", item) for item in items] == [
        ["sfn-poll"],
        ["sfn-direct"],
        ["sfn-long-poll"],
        ["sfn-callback", "durable-callback"],
        ["durable-condition"],
    ]


def test_what_the_caller_has_set_is_assumed_wherever_it_stands(page: Page, written: Path) -> None:
    settings = [one for one in page.figures if one["data-source"] == GIVEN]

    assert len(settings) >= 3
    assert {one["data-label"] for one in settings} == {"assumed"}
    assert not any(one["data-source"] == "the settings" for one in page.figures)
    # A table whose rows have several labels promises none in its heading.
    assert "Each way, measured" not in (written / "report.html").read_text()


def test_an_amount_is_estimated_at_best(page: Page) -> None:
    amounts = [one for one in page.figures if (one["data-unit"] or "").startswith("USD per 1,000")]

    assert amounts
    assert {one["data-label"] for one in amounts} <= {"estimated", "assumed", "missing"}


def test_every_file_that_a_figure_names_is_there(page: Page, monday: Path) -> None:
    names = {name for one in page.figures for name in (one["data-file"] or "").split("; ")}

    missing = [
        name for name in names if not list((monday.parent if name.startswith("monday/") else ROOT).glob(name))
    ]

    assert missing == []


def test_the_page_can_ask_for_nothing(written: Path, page: Page) -> None:
    text = (written / "report.html").read_text()

    (policy,) = (one for one in page.all("meta") if one.get("http-equiv") == "Content-Security-Policy")
    assert (policy["content"] or "").startswith("default-src 'none'")
    assert {tag for tag, _attributes in page.elements} & {
        "script",
        "img",
        "link",
        "iframe",
        "object",
    } == set()
    assert re.findall(r"url\((?!#)", text) == []
    assert "@import" not in text
    addresses = [one["href"] or "" for one in page.all("a")]
    assert [address for address in addresses if not address.startswith("#")] == []


def test_headings_go_down_one_level_at_a_time(page: Page) -> None:
    levels = [level for level, _text in page.headings]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_every_heading_of_a_table_says_what_it_is_for(page: Page) -> None:
    assert {one.get("scope") for one in page.all("th")} <= {"col", "row", "colgroup"}


def test_no_two_elements_have_the_same_id_and_every_reference_finds_its_own(written: Path) -> None:
    text = (written / "report.html").read_text()
    ids = re.findall(r'\bid="([^"]+)"', text)
    named = {name for names in re.findall(r'aria-labelledby="([^"]+)"', text) for name in names.split()}

    assert len(ids) == len(set(ids))
    assert {*re.findall(r"url\(#([^)]+)\)", text), *re.findall(r'href="#([^"]+)"', text), *named} <= set(ids)


def test_every_chart_has_a_title_a_description_and_its_data_below(page: Page) -> None:
    charts = page.all("svg")
    figures = page.all("figure")

    assert len(charts) == 2 * len(figures) > 0
    assert {one["role"] for one in charts} == {"img"}
    assert len(page.all("title")) == len(charts) + 1
    # The answer and every section with figures have one table of them, charts' data included.
    assert sum(one.get("class") == "origins" for one in page.all("details")) == 9


@pytest.mark.slow
def test_the_same_results_make_the_same_bytes(written: Path, monday: Path, tmp_path: Path) -> None:
    assert main(["report", str(monday), "--out", str(tmp_path / "again")]) == 0

    first, again = (
        {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
        for folder in (written, tmp_path / "again")
    )
    assert first == again


def test_figures_csv_holds_every_figure_of_the_page(written: Path, page: Page) -> None:
    with (written / "figures.csv").open() as file:
        rows = list(csv.DictReader(file))

    assert sorted((row["value"], row["label"]) for row in rows) == sorted(
        (one["value"], one["data-label"]) for one in page.figures
    )
    assert all(row["source"] and row["file"] and row["what"] for row in rows)


def test_the_markdown_names_every_chart_that_is_written(written: Path) -> None:
    text = (written / "report.md").read_text()
    charts = {f"charts/{file.name}" for file in (written / "charts").iterdir()}

    assert set(re.findall(r"\]\((charts/[^)]+)\)", text)) == charts
    assert "| makespan, s |" in text


def test_words_stand_to_the_left_and_figures_to_the_right_in_markdown(written: Path) -> None:
    lines = (written / "report.md").read_text().splitlines()

    prices = lines.index("| price | USD | unit | source and date |")
    assert lines[prices + 1] == "|---|--:|---|---|"
    assert not any(line.startswith("|  |") for line in lines)
    assert any(line.startswith("| Lambda GB-second on x86_64 |") for line in lines)
    assert not any("glue" in line or "fargate" in line for line in lines)


def test_paper_says_where_the_data_is_that_it_does_not_show(written: Path) -> None:
    text = (written / "report.html").read_text()

    assert '<p class="paper">What is folded away on a screen is not printed' in text
    _, paper = text.split("@media print")
    assert ".paper { display: block; }" in paper


def test_no_file_names_a_folder_of_this_machine(written: Path) -> None:
    files = [file for file in written.rglob("*") if file.is_file()]

    assert len(files) > 8
    assert [file for file in files if re.search(r"/(home|root|tmp|Users|work)/", file.read_text())] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_lines_can_be_told_from_the_page_in_both_schemes(scheme: str) -> None:
    css = (ROOT / "src/orchbench/report/colours.css").read_text()
    light, dark = css.split("@media")
    colours = dict(re.findall(r"--([\w-]+): (#\w{6})", dark if scheme == "dark" else light))

    for text in ("ink", "muted", "link", *(f"way-{number}" for number in range(1, 8))):
        assert contrast(colours[text], colours["surface"]) >= 4.5, text
        assert contrast(colours[text], colours["tint"]) >= 4.5, text
    assert contrast(colours["bar-strong"], colours["surface"]) >= 3


def contrast(first: str, second: str) -> float:
    """Return the ratio that WCAG 2 defines."""
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
