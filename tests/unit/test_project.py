"""Where the project's files are, and where what is made goes."""

from pathlib import Path

import pytest

from orchbench import NotDeployed, connect
from orchbench.local.state import state_file
from orchbench.project import TEMPLATE, is_clone, project_folder, project_root, working_folder

ROOT = Path(__file__).resolve().parents[2]


def test_in_a_clone_the_files_are_at_its_root() -> None:
    assert (is_clone(), project_root()) == (True, ROOT)
    assert (project_root() / TEMPLATE).is_file()


def test_a_copy_of_the_project_is_worked_on_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / TEMPLATE).symlink_to(ROOT / TEMPLATE)
    monkeypatch.chdir(tmp_path)

    assert (project_folder(), working_folder()) == (tmp_path, tmp_path)


@pytest.mark.parametrize("content", [None, "Resources: {}\n"])
def test_another_folder_is_not_taken_for_the_project(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if content is not None:
        (tmp_path / TEMPLATE).write_text(content)
    monkeypatch.chdir(tmp_path)

    assert (project_folder(), working_folder()) == (ROOT, ROOT)


def test_a_script_looks_for_the_local_stack_where_the_command_line_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if state_file(ROOT).exists():
        pytest.skip("a local stack runs in this clone")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(NotDeployed, match=f"No local stack runs in {ROOT}: start one"):
        connect("local")
