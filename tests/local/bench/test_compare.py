import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from orchbench.cli import main
from orchbench.ways import the_pair

pytestmark = pytest.mark.local

COMPARE = ["compare", "--rows", "20000", "--poll-interval", "1"]
DEADLINE_SECONDS = 400


def test_a_comparison_runs_the_pair_and_its_table_can_be_made_again(
    project: Any, capsys: Any, monkeypatch: Any
) -> None:
    monkeypatch.chdir(project)

    code = main([*COMPARE, "--runs", "1", "--json", "--out", "results"])

    ended = capsys.readouterr()
    assert code == 0, ended.err
    summary = json.loads(ended.out)
    assert list(summary["ways"]) == list(the_pair())
    for way in summary["ways"].values():
        outcomes = way["outcomes"]
        assert (outcomes["runs"], outcomes["succeeded"]) == (1, 1)
        assert (outcomes["marts_right"], outcomes["marts_wrong"]) == (1, 0)
        assert way["counts"]["polls"]["median"] >= 1
        assert all(function["reports_missing"] == 0 for function in way["functions"].values())
    assert summary["ways"]["sfn-poll"]["counts"]["state_transitions"]["median"] >= 5
    assert summary["ways"]["durable-poll"]["counts"]["durable_operations"]["median"] >= 4
    assert main(["report", str(project / "results"), "--print", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == summary
    for way, figures in summary["ways"].items():
        assert main(["inspect", str(project / f"results/histories/{way}-1.json"), "--json"]) == 0
        inspected = json.loads(capsys.readouterr().out)
        assert inspected["way"] == way
        assert inspected["bill"]["lines"] == figures["bill"]["lines"]


def test_an_interrupted_comparison_leaves_whole_files_and_no_stack(project: Any) -> None:
    results = project / "results"
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "orchbench.cli",
            *COMPARE,
            "--way",
            "durable-condition,sfn-poll",
            "--runs",
            "50",
            "--out",
            str(results),
        ],
        cwd=project,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not list(results.glob("traces/*.json")):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=DEADLINE_SECONDS)[1]

    assert process.returncode == 130, said
    assert "Traceback" not in said
    stored = json.loads((results / "comparison.json").read_text())
    assert stored["complete"] is False
    assert list(stored["ways"]) == ["sfn-poll", "durable-condition"]
    assert "go on with: orchbench compare --resume results" in " ".join(said.split())
    assert all(
        (results / run["trace"]).exists() and (results / run["history"]).exists() for run in stored["runs"]
    )
    assert main(["report", str(results), "--print", "table"]) == 0


def test_a_comparison_of_a_batch_that_fails_ends_with_exit_code_1(
    project: Any, tmp_path_factory: Any, capsys: Any, monkeypatch: Any
) -> None:
    broken = tmp_path_factory.mktemp("broken")
    for name in ("template.yaml", "statemachine"):
        (broken / name).symlink_to(project / name)
    copy_with_broken_sql((project / "functions").resolve(), broken / "functions")
    monkeypatch.chdir(broken)

    code = main([*COMPARE, "--runs", "1", "--json", "--sql-file", "broken.sql", "--out", "results"])

    ended = capsys.readouterr()
    assert code == 1, ended.err
    summary = json.loads(ended.out)
    errors = [way["runs"][0]["error_name"] for way in summary["ways"].values()]
    assert errors == ["BatchFailed"] * len(the_pair())
    causes = {way["runs"][0]["cause"] for way in summary["ways"].values()}
    assert len(causes) == 1
    assert "division by zero" in causes.pop()


def copy_with_broken_sql(functions: Path, copy: Path) -> None:
    shutil.copytree(functions, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "sql" / "broken.sql").write_text("SELECT 1 / 0;\n")
