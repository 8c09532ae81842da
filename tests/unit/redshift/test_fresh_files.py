"""What initdb makes is kept once and copied from then on, or made anew where that cannot be."""

import fcntl
from pathlib import Path

import pytest

from orchbench.redshift.fresh_files import FreshFiles, fresh_files


@pytest.fixture
def made(tmp_path: Path) -> Path:
    folder = tmp_path / "made"
    (folder / "base").mkdir(parents=True, mode=0o700)
    (folder / "PG_VERSION").write_text("18\n")
    (folder / "base" / "1").write_text("a table")
    return folder


@pytest.fixture
def kept(tmp_path: Path) -> FreshFiles:
    return FreshFiles(tmp_path / "share" / "postgresql-1")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return folder


def test_what_was_kept_is_copied(kept: FreshFiles, made: Path, data: Path) -> None:
    assert not kept.copy_to(data, None)
    kept.keep(made)

    assert kept.copy_to(data, None)
    assert (data / "base" / "1").read_text() == "a table"
    assert data.stat().st_mode & 0o777 == made.stat().st_mode & 0o777


def test_what_another_process_is_keeping_is_left_to_it(kept: FreshFiles, made: Path, data: Path) -> None:
    (data.parent / "share").mkdir()
    with (data.parent / "share" / "postgresql-1.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept.keep(made)
    assert not kept.copy_to(data, None)


def test_a_copy_that_fails_leaves_an_empty_directory(kept: FreshFiles, made: Path, data: Path) -> None:
    kept.keep(made)
    (data.parent / "share" / "postgresql-1" / "gone").symlink_to("nowhere")

    assert not kept.copy_to(data, None)
    assert list(data.iterdir()) == []


def test_files_that_cannot_be_kept_are_no_error_and_leave_nothing(
    kept: FreshFiles, made: Path, data: Path
) -> None:
    (made / "gone").symlink_to("nowhere")

    kept.keep(made)

    assert not kept.copy_to(data, None)
    assert [path.name for path in (data.parent / "share").iterdir()] == ["postgresql-1.lock"]


def test_other_arguments_have_other_files() -> None:
    one, other = fresh_files(["-E", "UTF8"]), fresh_files(["-E", "LATIN1"])
    assert one
    assert other
    assert one.folder != other.folder
