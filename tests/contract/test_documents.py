"""README and docs say what the program does: commands that run, outputs and figures that are its own."""

import argparse
import ast
import json
import re
import shlex
import shutil
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from concepts import CONCEPTS
from document_blocks import BLOCKS, EXAMPLE_BLOCKS, made, measured_complexity
from documented import DOCUMENTS, Shown, agrees, generated, shell_commands, shown
from example_tables import CHART, promise_chart
from project import FUNCTIONS, ROOT, definition

from orchbench.cli import build_parser, main
from orchbench.commands.former import FORMER
from orchbench.commands.overview import TASKS
from orchbench.commands.rehearse import DURATIONS, POLICIES
from orchbench.commands.stored_summary import read_summary
from orchbench.rehearsal.scenario import load_scenarios
from orchbench.report.markdown import comparison_markdown
from orchbench.ways import all_ways
from orchbench.ways.durations import parse_duration

STORED = ROOT / "docs" / "results" / "compare-local"
COLUMNS = "110"
DISTRIBUTION = ["--duration", "lognormal:median=20m,p95=2h"]

RUN_HERE = {"complexity", "decide", "estimate", "limits", "prices", "rehearse"}
"""Commands of shell blocks that are run as they stand; of a rehearsal all but how long its query takes."""

ELSEWHERE = {
    "orchbench supplement": "tests/unit/report/test_supplement_command.py::"
    "test_a_supplemented_folder_holds_rehearsals_of_every_way_and_the_page_draws_them",
    "orchbench check --target aws": "tests/local/bench/test_as_on_aws.py::"
    "test_check_says_what_the_database_user_lacks_until_it_lacks_nothing",
    "orchbench probe": "tests/local/bench/test_probes.py::"
    "test_the_emulators_say_of_every_probe_what_its_document_says",
    "orchbench check": "tests/local/bench/test_commands.py::test_check_finds_nothing_to_do",
    "orchbench compare-aws": "tests/local/bench/test_compare_aws.py::"
    "test_with_the_local_endpoint_the_path_goes_on_to_its_end_and_removes_what_it_made",
    "orchbench compare --target aws": "tests/local/bench/test_as_on_aws.py::"
    "test_a_comparison_that_was_agreed_to_seeds_nothing_and_compares",
    "orchbench compare --resume": "tests/unit/commands/test_resume.py::"
    "test_a_complete_comparison_is_said_to_be_and_shown",
    "orchbench compare": "tests/local/bench/test_compare.py::"
    "test_a_comparison_runs_the_pair_and_its_table_can_be_made_again",
    "orchbench faults --markdown": "tests/rehearsal/test_fault_matrix.py::"
    "test_the_documents_table_is_the_one_that_the_command_makes",
    "orchbench faults": "tests/rehearsal/test_fault_matrix.py::test_json_is_one_document_on_stdout",
    "orchbench complexity their.asl.json": "tests/unit/inspection/test_files.py::"
    "test_complexity_takes_anybodys_files",
    "orchbench inspect": "tests/unit/inspection/test_histories.py::test_the_terminal_shows_the_bill_by_line",
    "orchbench load": "tests/local/acceptance/test_load.py::"
    "test_a_load_that_the_quotas_do_not_allow_is_slowed_and_loses_nothing",
    "orchbench report": "tests/unit/report/test_report_command.py::"
    "test_several_folders_stand_side_by_side_and_say_which_is_which",
    "orchbench start": "tests/local/bench/test_commands.py::"
    "test_start_prints_the_output_and_nothing_else_on_standard_output",
    "orchbench stop": "tests/local/bench/test_commands.py::"
    "test_a_stopped_execution_is_stopped_and_its_statement_known",
    "orchbench template": "tests/contract/test_one_way.py::"
    "test_a_way_written_alone_has_what_is_left_when_all_others_are_deleted",
    "orchbench up": "tests/contract/test_documented_sessions.py::"
    "test_what_up_says_is_what_its_document_shows",
    "make compare-aws": "tests/local/bench/test_compare_aws.py::"
    "test_with_the_local_endpoint_the_path_goes_on_to_its_end_and_removes_what_it_made",
    "make compare": "tests/local/bench/test_compare.py::"
    "test_a_comparison_runs_the_pair_and_its_table_can_be_made_again",
    "python -m pytest tests/rehearsal/test_random_schedules.py": "tests/rehearsal/test_random_schedules.py::"
    "test_whatever_goes_wrong_together_promises_are_kept_and_all_ways_end_alike",
    "python benchmarks/rehearsal.py": "tests/contract/test_benchmarks.py::"
    "test_every_way_is_rehearsed_and_timed",
    "python benchmarks/interval_coverage.py": "tests/contract/test_benchmarks.py::"
    "test_the_documents_table_of_coverage_is_the_benchmarks",
    "python benchmarks/decide.py": "tests/contract/test_benchmarks.py::"
    "test_decisions_are_timed_as_whole_processes",
    "python benchmarks/estimate.py": "tests/contract/test_benchmarks.py::"
    "test_a_million_scenarios_are_estimated_in_less_than_two_seconds_of_one_core",
    "python benchmarks/cold_start.py": "tests/contract/test_cold_start.py::"
    "test_the_benchmark_measures_every_function_that_is_asked_for",
    "sam build": "tests/local/stack/test_sam_cli.py::test_what_sam_builds_deploys_and_runs_as_well",
    "sam deploy --config-env monitoring": "tests/local/stack/test_sam_cli.py::"
    "test_the_documented_command_deploys_an_alarm_of_each_kind_for_every_way_listed",
    "sam delete": "tests/local/bench/test_compare_aws.py::"
    "test_with_the_local_endpoint_the_path_goes_on_to_its_end_and_removes_what_it_made",
    "sam deploy --config-env schedule": "tests/local/stack/test_sam_cli.py::"
    "test_the_documented_schedule_starts_a_way_once_however_often_it_is_delivered",
    "sam deploy": "tests/local/stack/test_sam_cli.py::"
    "test_the_tools_deploy_the_template_and_both_ways_fill_the_mart",
}
"""Beginnings of commands, and the tests that run them, with fewer rows, runs or executions."""

NOT_RUN = {
    "export": "a test finds the program by itself",
    "make setup-tests": "it is a part of make test",
    ".venv/bin/python -m pytest --at-once": "minutes: the same tests run with fewer executions",
    "make setup": "every test runs in what it makes",
    "make test": "it is what runs the tests",
    "make test-fast": "it is a part of make test",
    "make check": "it is the first part of make test",
    ".venv/bin/python -m pytest --hypothesis-profile=full": "minutes: the same tests run with fewer examples",
    "orchbench faults --local": "minutes: its parts are tested apart",
    "PYTHONPATH=functions .venv/bin/python": "it writes into docs: a test holds what it would write",
    "aws ce": "it needs an account with a bill: a test holds its arguments to what the service takes",
    "aws iam create-policy": "the emulators hold no role to its boundary: tests hold the file and its use",
    "aws redshift-serverless": "no emulator knows it: a test holds its arguments to what the service takes",
    "sam deploy --config-env warehouse": "no emulator knows Redshift Serverless: the template is linted",
    "aws stepfunctions get-execution-history": "it needs an account with an execution of a state machine",
    "aws lambda get-durable-execution-history": "it needs an account with a durable execution",
}
"""Commands that are parsed at most, and why."""


def of_program(program: str) -> list[str]:
    commands = [one for document in DOCUMENTS for one in shell_commands(document)]
    commands += [one.command for document in DOCUMENTS for one in shown(document)]
    return [one for one in dict.fromkeys(commands) if Path(one.split()[0]).name == program]


def in_shell_blocks() -> list[str]:
    return list(dict.fromkeys(one for document in DOCUMENTS for one in shell_commands(document)))


def is_run_here(command: str) -> bool:
    words = command.split()
    foreign = any(word in ("history.json", "their.asl.json") for word in words)
    return words[0] == "orchbench" and not foreign and (words[1] in RUN_HERE or "--print" in words)


def timed(commands: list[str]) -> list[pytest.ParameterSet]:
    """Mark those as slow that rehearse, decide or draw."""
    slow = tuple(f"orchbench {name} " for name in ("rehearse", "faults", "decide", "report", "supplement"))
    return [
        pytest.param(one, id=one, marks=[pytest.mark.slow] if one.startswith(slow) else [])
        for one in commands
    ]


def in_console_blocks(run: str) -> list[Shown]:
    return [one for document in DOCUMENTS for one in shown(document) if one.run == run]


def beginning(command: str, table: dict[str, str]) -> str | None:
    """Return the entry of a table for a command; ``--target aws`` may stand anywhere in it."""
    on_aws = command.replace(" --target aws", "")
    forms = [command]
    if on_aws != command:
        forms = [f"{' '.join(on_aws.split()[:2])} --target aws {' '.join(on_aws.split()[2:])}", on_aws]
    return next((table[key] for form in forms for key in table if f"{form} ".startswith(f"{key} ")), None)


@pytest.mark.parametrize("command", of_program("orchbench"))
def test_every_documented_command_is_one_that_the_program_takes(command: str) -> None:
    build_parser().parse_args(shlex.split(command)[1:])


@pytest.mark.parametrize("command", [one for one in in_shell_blocks() if not is_run_here(one)])
def test_every_documented_command_is_run_by_a_test_or_says_why_not(command: str) -> None:
    test = beginning(command, ELSEWHERE)
    if beginning(command, NOT_RUN):
        return
    assert test, f"no test runs `{command}`: name it in ELSEWHERE, or in NOT_RUN with its reason"
    path, _, name = test.partition("::")
    tree = ast.parse((ROOT / path).read_text())
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_the_tables_of_commands_name_none_that_is_gone() -> None:
    commands = in_shell_blocks()
    found = {beginning(command, ELSEWHERE) for command in commands}
    assert [test for test in ELSEWHERE.values() if test not in found] == []
    reasons = {beginning(command, NOT_RUN) for command in commands}
    assert [command for command, reason in NOT_RUN.items() if reason not in reasons] == []


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder like a reader's, with the files that documents name."""
    folder = tmp_path_factory.mktemp("reader")
    for name in ("docs", "functions", "statemachine", "template.yaml"):
        (folder / name).symlink_to(ROOT / name)
    for name in ("20260101-120000", "monday"):
        shutil.copytree(STORED, folder / "results" / name)
    (folder / "past.csv").write_text("600\n1200\n4000\n")
    assert main(["decide", str(STORED), "--record", str(folder), *DISTRIBUTION]) == 0
    return folder


@pytest.fixture
def reader(sandbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(sandbox)
    monkeypatch.setenv("COLUMNS", COLUMNS)


@pytest.mark.parametrize("command", timed([one for one in in_shell_blocks() if is_run_here(one)]))
@pytest.mark.usefixtures("reader")
def test_a_command_of_a_shell_block_runs(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = shlex.split(command)[1:]
    if words[0] == "rehearse":
        words = of_a_minute(words)
    assert main(words) == 0
    assert capsys.readouterr().out


def of_a_minute(words: list[str]) -> list[str]:
    """Return a rehearsal's words with another duration, so that a page of them takes seconds."""
    if "--scenarios" in words:
        return [*words, "--processes", "1"]
    words = [*words, "--processes", "1", *([] if "--duration" in words else ["--duration", "1m"])]
    words[words.index("--duration") + 1] = "1m"
    return words


@pytest.mark.parametrize("example", in_console_blocks("here"), ids=lambda one: one.command)
@pytest.mark.usefixtures("reader")
def test_a_command_prints_what_its_document_shows(example: Shown, capsys: pytest.CaptureFixture[str]) -> None:
    assert prints_what_is_shown(example, capsys)


@pytest.mark.slow
@pytest.mark.parametrize("example", in_console_blocks("slow"), ids=lambda one: one.command)
@pytest.mark.usefixtures("reader")
def test_a_longer_command_prints_what_its_document_shows(
    example: Shown, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prints_what_is_shown(example, capsys)


def prints_what_is_shown(example: Shown, capsys: pytest.CaptureFixture[str]) -> bool:
    program, *words = shlex.split(example.command)
    assert program == "orchbench"
    # In this process: others would take longer to start than the rehearsal takes.
    main([*words, "--processes", "1"] if words[0] == "rehearse" else words)
    printed = capsys.readouterr()
    real = printed.err + printed.out
    assert agrees(example.output, real), f"{example.document} shows another output than:\n{real}"
    return True


@pytest.mark.parametrize(
    ("documented", "real", "same"),
    [
        (["a 1", "..."], "a 1\nb\nc\n", True),
        (["a ... c"], "a b c\n", True),
        (["a 1"], "a 2\n", False),
        (["a 1"], "a 1\nb\n", False),
        (["...", "c"], "a\nb\n", False),
    ],
)
def test_an_output_that_differs_is_found(documented: list[str], real: str, *, same: bool) -> None:
    assert agrees(tuple(documented), real) is same


@pytest.mark.parametrize("command", of_program("make"))
def test_every_documented_target_is_in_the_makefile(command: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {word for word in command.split()[1:] if "=" not in word} <= targets


def test_no_other_program_is_needed() -> None:
    known = {"orchbench", "make", "sam", "aws", "python", "export"}
    programs = [next(word for word in one.split() if "=" not in word) for one in in_shell_blocks()]
    assert {Path(program).name for program in programs} <= known


def test_the_documents_name_every_command() -> None:
    (subparsers,) = (
        action for action in build_parser()._actions if isinstance(action, argparse._SubParsersAction)
    )
    text = "\n".join(document.read_text() for document in DOCUMENTS)
    names = [name for name in subparsers.choices if name not in FORMER]
    assert [name for name in names if f"orchbench {name}" not in text] == []
    assert [name for name in FORMER if f"orchbench {name}" in text] == []


def test_the_readme_leads_to_every_document() -> None:
    reachable, ahead = set(), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        reachable.add(page)
        linked = ((page.parent / link).resolve() for link in links(page) if link.endswith(".md"))
        ahead += [path for path in linked if path not in reachable and path.is_file()]
    assert [path.name for path in DOCUMENTS if path not in reachable] == []


def test_the_two_commands_come_early() -> None:
    # The answer above them has a row a way.
    lines = (ROOT / "README.md").read_text().splitlines()[: 30 + len(all_ways())]
    assert any(line.startswith("make compare") for line in lines)
    assert any(line.startswith("make test") for line in lines)


def test_the_stored_comparisons_table_is_made_from_its_results() -> None:
    assert generated(ROOT / "docs" / "comparison.md")["result"] == comparison_markdown(read_summary(STORED))


@pytest.mark.slow
def test_the_stored_complexity_is_what_the_program_counts() -> None:
    stored = json.loads((STORED / "complexity.json").read_text())
    counted = json.loads(json.dumps(measured_complexity()))
    stored_ways = [one["way"] for one in stored["ways"]]

    assert [one for one in counted["ways"] if one["way"] in stored_ways] == stored["ways"]
    assert counted["conclusion"] == stored["conclusion"]


@pytest.mark.slow
def test_the_chart_of_the_promises_is_drawn_from_the_same_counts() -> None:
    assert (ROOT / "docs" / CHART).read_text() == promise_chart()


def test_at_most_ten_concepts_must_be_known_of_a_way() -> None:
    of_a_way = Counter(way for _concept, way, _text, _file in CONCEPTS)

    assert set(of_a_way) == {"sfn-poll", "durable-poll"}
    assert max(of_a_way.values()) <= 10


@pytest.mark.slow
@pytest.mark.parametrize(
    "blocks", [pytest.param(BLOCKS, id="program"), pytest.param(EXAMPLE_BLOCKS, id="examples")]
)
def test_the_generated_tables_are_the_programs_own(blocks: dict[str, Callable[[], Iterator[str]]]) -> None:
    found = {name: text for document in DOCUMENTS for name, text in generated(document).items()}
    tables = made(blocks)
    assert set(tables) <= set(found)
    outdated = [name for name, text in tables.items() if found[name] != text]
    assert outdated == [], (
        "`PYTHONPATH=functions .venv/bin/python tests/contract/document_blocks.py` writes them anew"
    )


def operation_names() -> Iterator[str]:
    """Yield the names of the durable operations in the handlers."""
    for path in FUNCTIONS.glob("durable*/*.py"):
        yield from re.findall(r'(?:name=|self\._step\(|create_callback\()"([a-z-]+)"', path.read_text())


def test_side_by_side_has_every_state_and_every_operation() -> None:
    text = (ROOT / "docs" / "side-by-side.md").read_text()
    names = set(operation_names())
    assert {"submit-batch", "wait-for-turn", "await-event"} <= names
    assert [name for name in names if f"`{name}`" not in text] == []
    states = definition()["States"]
    assert [name for name, one in states.items() if f"| **{name}**, {one['Type']}" not in text] == []
    waiting = json.loads((ROOT / all_ways()["sfn-callback"].implementation).read_text())["States"]
    others = {name: one["Type"] for name, one in waiting.items() if name not in states}
    assert others == {"Await event": "Task"}
    assert "| **Await event**, Task" in text


def test_operations_tell_the_errors_and_outcomes_that_exist() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    errors = set(re.findall(r"^class (\w+)\(", (FUNCTIONS / "redshift_batch/errors.py").read_text(), re.M))
    told = set(re.findall(r"^\| `(\w+)`", text.partition("| error | what it means")[2], re.M))
    assert {"NothingToCancelYet", "ExecutionNotReadable"} <= told & errors
    outcomes = re.findall(
        r'Release\([^"]*"([a-z ]+)"\)', (FUNCTIONS / "redshift_batch/lifecycle.py").read_text()
    )
    assert len(outcomes) == 3
    assert [outcome for outcome in outcomes if f"`{outcome}`" not in text] == []


def test_the_index_of_decisions_names_each_once() -> None:
    folder = ROOT / "docs" / "adr"
    pages = sorted(path for path in folder.glob("*.md") if path.name != "README.md")
    assert [link for link in links(folder / "README.md") if link.startswith("0")] == [
        one.name for one in pages
    ]
    for number, page in enumerate(pages, start=1):
        text = page.read_text()
        assert text.startswith(f"# {number:04d} ")
        parts = re.findall(r"^## (.*)", text, re.M)
        assert parts == ["Context", "Options", "Decision", "Consequences"], page.name


def links(document: Path) -> list[str]:
    return re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text())


@pytest.mark.parametrize(
    "path", sorted((ROOT / "docs" / "examples").glob("*.yaml")), ids=lambda path: path.name
)
def test_every_example_is_a_file_of_scenarios(path: Path) -> None:
    assert load_scenarios(path)


def test_stored_results_hold_no_path_of_a_machine() -> None:
    files = [path for path in STORED.rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if re.search(r"/(home|root|tmp|Users|work)/", path.read_text())] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_into_the_project_leads_somewhere(document: Path) -> None:
    assert [link for link in links(document) if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_a_document_names_is_there(document: Path) -> None:
    named = re.findall(
        r"`((?:functions|statemachine|src|tests|docs)/[\w./-]+\.(?:py|json|sql|md|yaml))`",
        document.read_text(),
    )
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_json_in_a_document_is_json(document: Path) -> None:
    for block in re.findall(r"```json\n(.*?)```", document.read_text(), re.DOTALL):
        json.loads(block)


def test_the_changelog_and_the_package_agree() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert "## Unreleased" in changelog or f"## {version}" in changelog


def test_no_documented_duration_is_a_multiple_of_its_interval() -> None:
    # Such a query is seen as soon as it ends, as none is that may end at any moment.
    shown_there = (one.command for kind in ("here", "slow") for one in in_console_blocks(kind))
    helped = [one.example for task in TASKS for one in task.entries]
    by_default = f"orchbench rehearse --duration {','.join(DURATIONS)} --poll {','.join(POLICIES)}"
    in_sentences = [one for path in DOCUMENTS for one in re.findall(r"`(orchbench [^`]+)`", path.read_text())]
    commands = [
        shlex.split(command, comments=True)
        for command in (*in_shell_blocks(), *shown_there, *helped, by_default, *in_sentences)
    ]
    duration = re.compile(r"[0-9.]+[smhd]?")
    options = ("--duration", "--poll", "--acceptable-lag")
    given = [
        {one: words[words.index(one) + 1] for one in options if one in words}
        for words in commands
        if "--duration" in words
    ]

    assert given
    for one in given:
        decided = "--acceptable-lag" in one
        intervals = re.findall(r"fixed:([0-9.]+[smhd]?)", one.get("--poll", "" if decided else "fixed:10s"))
        intervals += [lag for lag in [one.get("--acceptable-lag", "")] if duration.fullmatch(lag)]
        for text in filter(duration.fullmatch, one["--duration"].split(",")):
            for interval in intervals:
                assert parse_duration(text) % parse_duration(interval), one
