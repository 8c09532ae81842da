"""What a command says first: ten lines of whole words in 80 columns, and what to run next."""

import io
import shlex
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path

import pytest

from orchbench.cli import build_parser, main
from orchbench.commands.brief import MOST_LINES, WIDTH, print_brief, small_table
from orchbench.commands.compare_brief import told_range

STORED = Path(__file__).parents[3] / "docs" / "results" / "compare-local"
ASKED = "--duration 1207s --runs-a-month 3000"
COMPARE = f"compare --from {STORED}"
COMMANDS = [
    COMPARE,
    f"decide {ASKED} --acceptable-lag 1m",
    f"decide {ASKED} --acceptable-lag 1m --region ap-northeast-1 --budget-usd 0.1",
    "decide --duration 24h --timeout 24h --runs-a-month 9 --acceptable-lag 1s",
    f"estimate {ASKED}",
    "estimate --duration 24h --poll fixed:10s,adaptive,fixed:30s --no-poll-budget",
    "estimate --duration uniform:1m,2h --timeout 1h --region ap-northeast-1",
    "limits",
    "limits --timeout 25h",
    "limits --timeout 12h --no-poll-budget",
    "prices",
    "complexity",
    "probe --list",
    pytest.param("faults --fault stop --processes 1", marks=pytest.mark.slow),
    pytest.param("rehearse --duration 61 --processes 1", marks=pytest.mark.slow),
]


@pytest.fixture(scope="module")
def said() -> Iterator[Callable[[str, int], str]]:
    """What a command prints, run once for every test that reads it."""

    def run(command: str, width: int) -> str:
        environment.setenv("COLUMNS", str(width))
        printed = io.StringIO()
        with redirect_stdout(printed):
            main(shlex.split(command))
        return printed.getvalue()

    with pytest.MonkeyPatch.context() as environment:
        yield cache(run)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_says_at_most_ten_lines_of_whole_words_and_what_to_run_next(
    command: str, said: Callable[[str, int], str]
) -> None:
    printed = said(command, WIDTH)
    lines = printed.splitlines()

    assert max(map(len, lines)) <= WIDTH
    assert len(lines) <= MOST_LINES
    # As it is copied: a backslash at the end of a line goes on in the next.
    *_, following = printed.replace("\\\n", " ").splitlines()
    assert following.startswith("Next: orchbench ")
    build_parser().parse_args(shlex.split(following.partition("  (")[0])[2:])
    assert "…" not in printed


@pytest.mark.slow
@pytest.mark.parametrize("command", [COMPARE, "limits", "complexity"])
def test_verbose_says_more_and_ends_with_a_command_too(command: str, said: Callable[[str, int], str]) -> None:
    brief, whole = said(command, WIDTH), said(f"{command} --verbose", 200)

    assert len(whole) > len(brief)
    assert whole.replace("\\\n", " ").splitlines()[-1].startswith("Next: orchbench ")


def test_the_whole_table_says_first_what_it_means_and_cuts_no_word(said: Callable[[str, int], str]) -> None:
    printed = said(f"report {STORED} --print table", WIDTH)

    assert printed.startswith("Beyond the query the medians are ")
    assert "…" not in printed
    assert max(map(len, printed.splitlines())) <= WIDTH
    assert "times one of" not in printed


@pytest.mark.parametrize(
    ("low", "high", "told"), [(1.43, 1.99, "1.4 to 2.0"), (1.81, 1.84, "about 1.8"), (1.8, 1.8, "about 1.8")]
)
def test_a_range_whose_ends_read_the_same_is_one_number(low: float, high: float, told: str) -> None:
    assert told_range(low, high) == told


def test_a_comparison_draws_no_conclusion_on_cost_from_runs_of_seconds(
    said: Callable[[str, int], str],
) -> None:
    printed = said(COMPARE, WIDTH)
    estimated = said("estimate --duration 1h --poll fixed:10s", WIDTH)

    # What it says of cost is the estimate of an hour, to the cent.
    rows = [line.split() for line in printed.splitlines() if line.startswith(("sfn-", "durable-"))]
    costs = {row[0]: row[-1] for row in rows}
    rows = [line.split() for line in estimated.splitlines() if line.startswith(("sfn-", "durable-"))]
    of_an_hour = {row[0]: row[-2] for row in rows}
    assert costs
    assert costs.items() <= of_an_hour.items()
    assert "times one of" not in printed


def test_sentences_that_do_not_fit_are_left_to_verbose(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    table = small_table("way", ">USD")
    for number in range(6):
        table.add_row("a-way", str(number))

    print_brief("It costs.", [table], "orchbench limits", ["word " * 20, "Short.", "Not this one."])

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == MOST_LINES
    assert lines[-2] == "Short."
    assert "word" not in " ".join(lines)
