"""One command run by another."""

from pathlib import Path

import pytest

from orchbench.commands.failure import CommandFailed
from orchbench.commands.other_command import run_command

ROOT = Path(__file__).resolve().parents[3]


def test_a_command_is_run_with_the_defaults_of_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    run_command("report", [str(ROOT / "docs" / "results" / "compare-local"), "--print", "table"])
    assert "makespan" in capsys.readouterr().out


def test_one_that_ends_with_another_exit_code_than_0_has_failed(tmp_path: Path) -> None:
    changed = tmp_path / "decision.json"
    stored = (ROOT / "docs" / "results" / "compare-local").resolve()
    distribution = ["--duration", "20m", "--runs-a-month", "3000", "--acceptable-lag", "1m"]
    run_command("decide", [str(stored), "--record", str(tmp_path), *distribution])
    text = changed.read_text()
    winner = "durable-poll"
    assert winner in text
    changed.write_text(text.replace(f'"{winner}"', '"sfn-poll"'))

    with pytest.raises(CommandFailed, match="`orchbench decide` ended with exit code 3"):
        run_command("decide", ["--check", str(changed)])
