import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchbench.cli import main
from orchbench.commands.failure import UsageError
from orchbench.commands.resume import require_same_deployment, require_same_rows, resume_command
from orchbench.evaluation.prices import price_list
from orchbench.results.folder import ResultsFolder
from orchbench.results.summary import summarize

FOLDER = Path("results/nightly")


@pytest.fixture
def stored(tmp_path: Any, comparison: Any) -> Any:
    """Write a comparison, and return how to write it otherwise."""

    def store(**settings: Any) -> Any:
        changed = replace(comparison, settings=replace(comparison.settings, **settings))
        folder = ResultsFolder(tmp_path / "results")
        for run in changed.runs:
            folder.write_run(run, {"description": {}, "events": []})
        folder.write(changed, summarize(changed, price_list("us-east-1")))
        return folder.path

    return store


def said(capsys: Any) -> str:
    return " ".join(capsys.readouterr().err.split())


def test_a_complete_comparison_is_said_to_be_and_shown(stored: Any, capsys: Any) -> None:
    path = stored()

    assert main(["compare", "--resume", str(path), "--json"]) == 0

    shown = capsys.readouterr()
    assert f"{path} is complete: all 2 runs were made" in " ".join(shown.err.split())
    assert json.loads(shown.out)["complete"]


def test_a_folder_without_a_comparison_says_how_to_start_one(tmp_path: Any, capsys: Any) -> None:
    assert main(["compare", "--resume", str(tmp_path)]) == 2
    assert "holds no comparison: `orchbench compare` starts one." in said(capsys)


@pytest.mark.parametrize(
    ("arguments", "left_out"),
    [
        (["--runs", "3"], "--runs"),
        (["--way", "all"], "--way"),
        (["--rows", "5", "--out", "elsewhere"], "--rows, --out"),
    ],
)
def test_what_the_folder_says_already_is_refused(
    stored: Any, capsys: Any, arguments: Any, left_out: str
) -> None:
    assert main(["compare", "--resume", str(stored()), *arguments]) == 2
    assert f"takes its settings from the folder: leave out {left_out}." in said(capsys)


def test_another_host_is_refused_before_anything_starts(stored: Any, capsys: Any) -> None:
    assert main(["compare", "--resume", str(stored(host="aws"))]) == 2
    assert "was made on aws: give --target aws to go on there." in said(capsys)


def test_a_deployment_that_differs_is_refused_with_what_differs(comparison: Any) -> None:
    settings = comparison.settings
    connection = SimpleNamespace(stack_name="orchbench-2", clients=SimpleNamespace(region=settings.region))
    bench: Any = SimpleNamespace(
        connection=connection,
        architecture=lambda: "arm64",
        ways=lambda: [SimpleNamespace(name=name) for name in comparison.ways],
    )
    warehouse: Any = SimpleNamespace(target=settings.target, database=settings.database)

    with pytest.raises(UsageError) as refused:
        require_same_deployment(FOLDER, comparison, bench, warehouse)

    assert str(refused.value) == (
        "results/nightly cannot go on on this deployment: its stack was orchbench, here it is orchbench-2; "
        "its architecture was x86_64, here it is arm64."
    )


@pytest.mark.parametrize(
    ("deployed", "differs"),
    [
        (["sfn-poll", "durable-poll", "durable-condition"], ""),
        (["sfn-poll"], "its ways was sfn-poll, durable-poll, here it is sfn-poll"),
    ],
)
def test_a_deployment_may_have_further_ways_and_must_have_those_that_ran(
    comparison: Any, deployed: list[str], differs: str
) -> None:
    settings = comparison.settings
    clients = SimpleNamespace(region=settings.region)
    bench: Any = SimpleNamespace(
        connection=SimpleNamespace(stack_name=settings.stack_name, clients=clients),
        architecture=lambda: settings.architecture,
        ways=lambda: [SimpleNamespace(name=name) for name in deployed],
    )
    warehouse: Any = SimpleNamespace(target=settings.target, database=settings.database)

    if not differs:
        require_same_deployment(FOLDER, comparison, bench, warehouse)
        return
    with pytest.raises(UsageError, match=differs):
        require_same_deployment(FOLDER, comparison, bench, warehouse)


def test_other_rows_are_refused(comparison: Any) -> None:
    require_same_rows(FOLDER, comparison, 3000)
    with pytest.raises(UsageError, match="was measured over 3,000 orders, and this deployment has 10"):
        require_same_rows(FOLDER, comparison, 10)


def test_the_way_on_names_the_deployment_where_it_is_not_the_local_one(comparison: Any) -> None:
    on_aws = replace(comparison, settings=replace(comparison.settings, host="aws"))

    assert resume_command(FOLDER, comparison) == "orchbench compare --resume results/nightly"
    assert resume_command(FOLDER, on_aws) == (
        "orchbench compare --resume results/nightly --target aws --stack orchbench --region us-east-1"
    )
