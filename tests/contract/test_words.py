"""What a reader meets first: its length, its figures in both languages, and what is not built."""

import re
from decimal import Decimal

from documented import generated, shell_commands
from project import ROOT

from orchbench.evaluation.candidate import Candidate
from orchbench.evaluation.prices import price_list
from orchbench.ways import the_pair

README, JAPANESE = ROOT / "README.md", ROOT / "README.ja.md"
FIGURE = re.compile(r"\$?\d[\d,.]*\d|\d")
RUNS = 1_000


def test_the_readme_is_at_most_120_lines_and_the_japanese_one_a_page() -> None:
    assert len(README.read_text().splitlines()) <= 120
    assert len(JAPANESE.read_text().splitlines()) <= 60


def test_the_japanese_readme_has_the_figures_of_the_english_one_and_no_others() -> None:
    english, japanese = (path.read_text() for path in (README, JAPANESE))
    assert set(FIGURE.findall(japanese)) - set(FIGURE.findall(english)) == set()
    # Every figure of the answer is in both, way by way.
    rows = [row for row in generated(README)["answer"].splitlines() if row.startswith("| ") and "$" in row]
    assert len(rows) >= 3
    for row in rows:
        way = row.split("|")[1].strip()
        (translated,) = (line for line in japanese.splitlines() if line.startswith(f"| {way} |"))
        assert FIGURE.findall(translated) == FIGURE.findall(row)


def test_the_first_sentence_tells_the_shares_of_the_table() -> None:
    pair = [row for row in generated(README)["answer"].splitlines() if row.startswith("| **")]
    other, chosen = (row.split("|")[3].strip() for row in pair)
    for path in (README, JAPANESE):
        first = path.read_text().partition("**")[2].replace("\n", " ")
        assert {other, chosen} <= set(re.findall(r"[\d.]+%", path.read_text().partition("|")[0])), first


def test_the_first_sentence_counts_what_is_operated_as_the_page_does() -> None:
    other, chosen = (Candidate.of(way).parts for way in the_pair().values())
    words = {3: ("three", "三つ"), 4: ("four", "四つ")}
    english = f"{words[chosen][0]} functions to operate instead of {words[other - 1][0]} and a state machine"
    japanese = f"{words[other - 1][1]}の関数とステートマシンではなく、{words[chosen][1]}の関数です"
    assert english in README.read_text()
    assert japanese in JAPANESE.read_text()


def test_the_japanese_readme_has_commands_of_the_english_one_and_the_two_among_them() -> None:
    english, japanese = list(shell_commands(README)), list(shell_commands(JAPANESE))
    assert [one for one in japanese if one not in english] == []
    assert {"make compare", "make test"} <= set(japanese)


def test_what_is_not_built_costs_what_its_page_says() -> None:
    text = (ROOT / "docs" / "why-not.md").read_text()
    prices = {key: one.usd for key, one in price_list("us-east-1").prices.items()}
    transition, operation = prices["state_transition"], prices["durable_operation"]
    container = prices["fargate_vcpu_hour_x86_64"] / 4 + prices["fargate_gb_hour_x86_64"] / 2
    shell = prices["glue_dpu_hour"] / 16
    # 361 invocations of 50 ms and two cold starts, at an eighth of a GB.
    loop = 363 * transition + 361 * prices["lambda_request"]
    loop += (361 * Decimal("0.05") + 2 * Decimal("0.9")) / 8 * prices["lambda_gb_second_x86_64"]
    # Twelve Express executions of five minutes, at the smallest memory.
    express = 12 * (prices["express_request"] + 300 * Decimal(64) / 1024 * prices["express_gb_second"])
    for usd in (
        1_082 * transition,
        8 * transition,
        6 * operation,
        container + 2 * transition,
        shell + 2 * transition,
        loop,
        express + 26 * transition,
    ):
        assert f"${usd * RUNS:.2f}" in text
    assert f"${prices['scheduler_invocation'] * RUNS:.3f}**" in text
    assert f"${prices['airflow_small_environment_hour'] * 730:.0f} a month" in text
