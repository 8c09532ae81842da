"""``orchbench supplement``: what it puts beside the runs, and what a page makes of it."""

import json
import multiprocessing
from pathlib import Path

import pytest
from stored_results import copy_of_results

from orchbench.cli import main
from orchbench.commands.beside import rehearsing
from orchbench.ways import all_ways, the_pair


@pytest.mark.slow
def test_a_supplemented_folder_holds_rehearsals_of_every_way_and_the_page_draws_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_of_results(tmp_path / "monday")
    assert main(["supplement", str(folder), "--longest", "5m", "--processes", "1"]) == 0
    # One minute of every way and five of the pair, each polled every 10 s and adaptively.
    assert f"{2 * len(all_ways()) + 2 * len(the_pair())} rehearsals" in capsys.readouterr().err
    kept = json.loads((folder / "rehearsals.json").read_text())
    assert {one["way"] for one in kept["rehearsals"]} == set(all_ways())
    assert {one["duration_seconds"] for one in kept["rehearsals"]} == {60, 300}
    assert all((folder / one["trace"]).exists() for one in kept["rehearsals"])
    assert json.loads((folder / "complexity.json").read_text())["label"] == "measured"
    assert main(["report", str(folder)]) == 0
    assert "rehearsals/" in (folder / "figures.csv").read_text()


@pytest.mark.slow
def test_a_folder_is_supplemented_with_the_ways_that_are_named(tmp_path: Path) -> None:
    folder = copy_of_results(tmp_path / "monday")
    way = list(all_ways())[-1]
    assert main(["supplement", str(folder), "--longest", "1m", "--way", way, "--processes", "1"]) == 0

    kept = json.loads((folder / "rehearsals.json").read_text())
    assert {one["way"] for one in kept["rehearsals"]} == {way}
    measured = json.loads((folder / "complexity.json").read_text())
    assert [one["way"] for one in measured["ways"]] == [way]
    assert main(["report", str(folder)]) == 0


@pytest.mark.slow
def test_a_comparison_is_supplemented_beside_its_runs(tmp_path: Path) -> None:
    folder = copy_of_results(tmp_path / "monday")
    with rehearsing(folder, longest_seconds=60) as rehearsed:
        said = rehearsed()

    assert said.startswith(f"{2 * len(all_ways())} rehearsals, ")
    kept = json.loads((folder / "rehearsals.json").read_text())
    assert {one["way"] for one in kept["rehearsals"]} == set(all_ways())
    assert main(["report", str(folder)]) == 0


def test_a_comparison_that_is_interrupted_ends_its_rehearsals(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), rehearsing(copy_of_results(tmp_path / "monday")):
        raise KeyboardInterrupt
    assert not multiprocessing.active_children()
    assert not (tmp_path / "monday" / "rehearsals.json").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--longest", "30s"], "it takes 1m or more"), (["--longest", "soon"], "'soon' is not a duration")],
)
def test_a_wrong_longest_is_refused(
    tmp_path: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["supplement", str(tmp_path), *arguments])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_a_folder_without_results_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["supplement", str(tmp_path)]) == 2
    assert "name a results folder" in capsys.readouterr().err
