from typing import Any

import pytest

from orchbench.cli import build_parser, main


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["compare", "--runs", "0"], "'0' is not a whole number from 1 to 1000"),
        (["compare", "--rows", "many"], "'many' is not a whole number from 1"),
        (["compare", "--poll-interval", "0.5"], "'0.5' is not a whole number from 1 to 86400"),
        (["compare", "--target", "moon"], "invalid choice: 'moon'"),
        (["start", "sfn-pull"], "invalid choice: 'sfn-pull'"),
        (["compare", "--sql-file", "../etc/passwd"], "is not bundled in functions/sql: there are"),
        (["start", "sfn-poll", "--input", "{nope"], "--input is no JSON"),
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


def test_an_input_file_that_holds_no_object_is_a_usage_error(tmp_path: Any, capsys: Any) -> None:
    file = tmp_path / "input.json"
    file.write_text("[1]")

    assert main(["start", "sfn-poll", "--input", str(file)]) == 2
    assert "no JSON object" in capsys.readouterr().err


def test_a_folder_with_results_is_not_written_over(tmp_path: Any, capsys: Any) -> None:
    (tmp_path / "comparison.json").write_text("{}")

    assert main(["compare", "--out", str(tmp_path)]) == 2
    assert "holds results already" in " ".join(capsys.readouterr().err.split())


def test_without_a_running_stack_a_start_says_how_to_get_one(
    tmp_path: Any, monkeypatch: Any, capsys: Any
) -> None:
    (tmp_path / "template.yaml").touch()
    monkeypatch.chdir(tmp_path)

    assert main(["start", "sfn-poll"]) == 1
    assert "start one with `orchbench up`" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("command", ["up", "compare", "show", "check", "start", "stop"])
def test_every_command_explains_itself(command: Any, capsys: Any) -> None:
    with pytest.raises(SystemExit) as end:
        build_parser().parse_args([command, "--help"])

    assert end.value.code == 0
    assert f"usage: orchbench {command}" in capsys.readouterr().out
