import argparse
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

import orchbench
from orchbench.cli import build_parser, main
from orchbench.commands.failure_said import reason_of, sentence_of
from orchbench.commands.former import FORMER
from orchbench.commands.overview import TASKS, overview
from orchbench.commands.sql_check import bundled_files, warnings_of
from orchbench.commands.start import told
from orchbench.deployment.execution import Execution
from orchbench.platforms.platform import StartCase
from orchbench.project import project_root


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--debug"], "the following arguments are required: COMMAND"),
        (["compare", "--runs", "0"], "'0' is not a whole number from 1 to 1000"),
        (["compare", "--rows", "many"], "'many' is not a whole number from 1"),
        (["compare", "--poll-interval", "0.5"], "'0.5' is not a whole number from 1 to 86400"),
        (["compare", "--target", "moon"], "invalid choice: 'moon'"),
        (["compare", "--way", "sfn-poll,sfn-pull"], "There is no way 'sfn-pull': take one of sfn-poll, "),
        (["compare", "--way", ""], "--way is empty: give at least one, or leave it out."),
        (["start", "sfn-pull"], "invalid choice: 'sfn-pull'"),
        (["compare", "--sql-file", "../etc/passwd"], "is not bundled in functions/sql: there are"),
        (["start", "sfn-poll", "--input", "{nope"], "--input is not valid JSON"),
        (
            ["start", "sfn-poll", "--input", "[]"],
            "--input is not a JSON object: an execution takes a JSON object",
        ),
        (["start", "sfn-poll", "--input", " "], "--input is empty: an execution takes a JSON object"),
        (["start", "sfn-poll", "--name", "a b"], "The name 'a b' is not one that both services take: use 1"),
        (["stop", "sfn-poll", "a/b"], "The name 'a/b' is not one that both services take: use 1 to 64"),
        (["report", "results", "--out", "q.pdf"], "--out 'q.pdf' is not a format that a report has: name a"),
        (["load", "--at-once", "501"], "'501' is not a whole number from 1 to 500"),
        (
            ["limits", "--duration", "1h"],
            "unrecognized arguments: --duration 1h (see orchbench limits --help)",
        ),
        (["rehearse", "--duration", "0s"], "--duration '0s' is no time at all: give a query more than 0 s."),
        (["start", "sfn-poll", "--input", "there-is-no.such"], "neither a JSON object nor a file"),
    ],
)
def test_a_usage_error_is_one_sentence_and_exit_code_2(arguments: Any, said: Any, capsys: Any) -> None:
    code = exit_code(arguments)

    shown = capsys.readouterr()
    assert code == 2
    assert said in " ".join(shown.err.split())
    assert shown.err.count("\n") == 1
    assert shown.out == ""


def exit_code(arguments: Any) -> Any:
    try:
        return main(arguments)
    except SystemExit as end:
        return end.code


@pytest.mark.parametrize("text", ["", "-- nothing yet\n", " ;\n"])
def test_a_file_without_a_statement_is_something_to_do(text: str, tmp_path: Any, capsys: Any) -> None:
    file = tmp_path / "empty.sql"
    file.write_text(text)
    assert main(["check", "--sql-file", str(file)]) == 1
    said = capsys.readouterr().out
    assert "holds no statement: name a file that does" in said
    assert "nothing in it is on the list" not in said


def test_an_input_file_that_holds_no_object_is_a_usage_error(tmp_path: Any, capsys: Any) -> None:
    file = tmp_path / "input.json"
    file.write_text("[1]")

    assert main(["start", "sfn-poll", "--input", str(file)]) == 2
    assert "is not a JSON object" in capsys.readouterr().err


def test_a_folder_with_results_is_not_written_over(tmp_path: Any, capsys: Any) -> None:
    (tmp_path / "comparison.json").write_text("{}")

    assert main(["compare", "--out", str(tmp_path)]) == 2
    assert "holds results already" in " ".join(capsys.readouterr().err.split())


def test_without_a_running_stack_a_start_says_how_to_get_one(
    tmp_path: Any, monkeypatch: Any, capsys: Any
) -> None:
    (tmp_path / "template.yaml").symlink_to(project_root() / "template.yaml")
    monkeypatch.chdir(tmp_path)

    assert main(["start", "sfn-poll"]) == 1
    assert "start one with `orchbench up`" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_without_a_command_the_program_says_what_it_can_do(arguments: Any, capsys: Any) -> None:
    assert exit_code(arguments) == 0

    shown = capsys.readouterr().out
    assert shown == overview()
    assert max(map(len, shown.splitlines())) <= 80


def test_the_overview_has_every_command_once_with_an_example_that_it_takes() -> None:
    parser = build_parser()
    (subparsers,) = (one for one in parser._actions if isinstance(one, argparse._SubParsersAction))
    entries = [one for task in TASKS for one in task.entries]

    assert sorted(one.name for one in entries) == sorted(set(subparsers.choices) - set(FORMER))
    for one in entries:
        assert parser.parse_args(shlex.split(one.example)[1:]).command == one.name


@pytest.mark.parametrize("command", [["orchbench.cli"], ["orchbench"]])
def test_the_version_is_the_packages_and_imports_no_command(command: Any) -> None:
    told = "import runpy, sys; sys.argv[1:] = ['--version']\n"
    told += f"try: runpy.run_module({command[0]!r}, run_name='__main__')\n"
    told += "except SystemExit as end: assert end.code == 0\n"
    told += "print(sorted(set(sys.modules) & {'boto3', 'rich', 'rich_argparse', 'numpy'}))"
    ended = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)

    assert ended.stdout == f"orchbench {orchbench.__version__}\n[]\n"


@pytest.mark.parametrize("command", ["up", "compare", "load", "report", "check", "start", "stop"])
def test_every_command_explains_itself(command: Any, capsys: Any) -> None:
    with pytest.raises(SystemExit) as end:
        build_parser().parse_args([command, "--help"])

    assert end.value.code == 0
    assert f"Usage: orchbench {command}" in capsys.readouterr().out


def test_what_aws_refuses_is_one_sentence_with_its_code() -> None:
    refused = ClientError(
        {"Error": {"Code": "ExpiredToken", "Message": "The token is old."}}, "DescribeStacks"
    )

    assert sentence_of(refused) == "AWS refused DescribeStacks: ExpiredToken: The token is old."


def test_missing_credentials_are_one_sentence() -> None:
    assert sentence_of(NoCredentialsError()) == "AWS could not be asked: Unable to locate credentials"


@pytest.mark.parametrize(
    "arguments",
    [
        ["report", "MISSING"],
        ["report", "MISSING", "--print", "table"],
        ["supplement", "MISSING"],
        ["compare", "--from", "MISSING"],
        ["compare", "--resume", "MISSING"],
        ["decide", "MISSING", "--record", "record"],
        ["decide", "--check", "MISSING"],
        ["estimate", "--durations", "MISSING", "--runs-a-month", "1"],
        ["rehearse", "--scenarios", "MISSING"],
        ["check", "--sql-file", "MISSING"],
    ],
    ids=" ".join,
)
def test_what_is_missing_is_a_usage_error_everywhere_and_told_without_a_number_of_the_system(
    arguments: Any, tmp_path: Any, monkeypatch: Any, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)

    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert "MISSING" in said
    assert "Errno" not in said
    assert list(tmp_path.iterdir()) == []


def test_what_the_system_says_is_told_without_its_number() -> None:
    missing = FileNotFoundError(2, "No such file or directory", "a.json")
    refused = URLError(ConnectionRefusedError(111, "Connection refused"))

    assert sentence_of(missing) == "a.json cannot be used: No such file or directory."
    assert [reason_of(missing), reason_of(refused)] == ["No such file or directory", "Connection refused"]


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (StartCase.STARTED, ""),
        (StartCase.ALREADY_RUNNING, "nightly is running already with the same input: nothing was started."),
        (StartCase.CLOSED, "nothing was started, and this is its stored result. Give another --name"),
    ],
)
def test_a_start_of_a_name_that_was_used_says_what_is_shown(case: StartCase, said: str) -> None:
    assert said in (told(Execution("sfn-poll", "nightly", "arn", case)) or "")
    assert (told(Execution("sfn-poll", "nightly", "arn", case)) is None) is (said == "")


def test_an_error_nobody_foresaw_names_its_kind_and_the_way_to_its_traceback() -> None:
    said = sentence_of(ZeroDivisionError("division by zero"))

    assert said.startswith("Unexpected error (ZeroDivisionError): division by zero")
    assert "--debug" in said


def test_a_results_folder_that_cannot_be_written_to_is_said_before_anything_runs(
    tmp_path: Any, capsys: Any
) -> None:
    (tmp_path / "file").touch()
    assert main(["compare", "--out", str(tmp_path / "file")]) == 2
    assert "cannot be written to (File exists): name a folder that can." in " ".join(
        capsys.readouterr().err.split()
    )


def test_a_named_sql_file_is_looked_at_without_a_deployment_and_never_refused(
    tmp_path: Any, capsys: Any
) -> None:
    file = tmp_path / "batch.sql"
    file.write_text("DELETE FROM t; -- now()\n\nINSERT INTO t\nSELECT CURRENT_TIMESTAMP FROM s;\n")

    assert main(["check", "--target", "aws", "--sql-file", str(file)]) == 0

    shown = capsys.readouterr().out
    assert f"warn  SQL: {file}, line 4 (statement 2): CURRENT_TIMESTAMP: " in shown
    assert "Write GETDATE()" in shown
    assert "NOW()" not in shown


def test_a_sql_file_that_cannot_be_read_is_a_usage_error(tmp_path: Any, capsys: Any) -> None:
    binary = tmp_path / "binary.sql"
    binary.write_bytes(b"\xff\xfe")

    assert main(["check", "--sql-file", str(tmp_path / "none.sql")]) == 2
    assert "cannot be read: No such file or directory." in capsys.readouterr().err
    assert main(["check", "--sql-file", str(binary)]) == 2
    assert "cannot be read: it is not UTF-8 text." in capsys.readouterr().err


def test_the_bundled_sql_holds_nothing_that_redshift_may_not_take() -> None:
    files = bundled_files(project_root())

    assert {file.name for file in files} >= {"refresh_customer_summary.sql", "tables.sql", "grants.sql"}
    assert list(warnings_of(files)) == []


# The command line, which stands still where it begins to import a module, until its input ends. It looks
# again and again: a signal that comes just before a read would be handled only after it.
PAUSED_IMPORT = """
import select
import sys
class Pause:
    def find_spec(self, name, *_):
        if name == sys.argv[1]:
            print("importing", name, flush=True)
            while not select.select([sys.stdin], [], [], 0.05)[0]:
                pass
sys.meta_path.insert(0, Pause())
from orchbench.cli import main
sys.exit(main(["prices"]))
"""


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let children be interrupted: those of a runner in the background ignore SIGINT, as it does."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.slow
@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("imported", ["orchbench.commands.prices", "jsonschema", "numpy"])
@pytest.mark.parametrize(
    ("number", "code", "said"),
    [(signal.SIGINT, 130, "Interrupted."), (signal.SIGTERM, 143, "Ended by SIGTERM.")],
)
def test_a_signal_while_modules_are_imported_is_one_line(
    imported: str, number: signal.Signals, code: int, said: str
) -> None:
    command = [sys.executable, "-c", PAUSED_IMPORT, imported]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == f"importing {imported}\n"
        process.send_signal(number)
        shown = process.stderr.read().splitlines()

    assert (process.returncode, shown) == (code, [f"orchbench: {said}"])


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_output_that_cannot_be_written_is_one_sentence_and_exit_code_1() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "orchbench.cli", "prices", "--json"]
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)

    assert ended.returncode == 1
    assert ended.stderr == (
        "orchbench: The output cannot be written (No space left on device): free some space there, or name "
        "another folder.\n"
    )


@pytest.mark.slow
def test_a_reader_who_has_seen_enough_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "orchbench.cli", "prices", "--json"]
    with os.fdopen(writing, "w") as output:
        ended = subprocess.run(command, stdout=output, stderr=subprocess.PIPE, text=True, check=False)

    assert (ended.returncode, ended.stderr) == (0, "")
