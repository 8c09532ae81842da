import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from side_by_side import PARTS, Result, run

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]

GOOD = "import pytest\ndef test_good(): pass\n@pytest.mark.skip('no browser')\ndef test_skipped(): pass\n"
BAD = (
    "import pytest\n@pytest.mark.parametrize('n', [1, 2])\ndef test_bad(n): assert n == 2, 'one is not two'\n"
)


def result_of(folder: Path, **sources: str) -> tuple[Result, list[str]]:
    for name, source in sources.items():
        (folder / f"test_{name}.py").write_text(source)
    rootdir = f"--rootdir={folder}"
    parts = {name: (rootdir, "-p", "no:cacheprovider", str(folder / f"test_{name}.py")) for name in sources}
    result = run(parts, folder / "logs")
    return result, list(result.lines())


def test_what_failed_is_named_with_its_file_and_the_count_comes_last(tmp_path: Path) -> None:
    result, lines = result_of(tmp_path, good=GOOD, bad=BAD)

    assert list(result.failed) == ["test_bad.py::test_bad[1]"]
    assert "one is not two" in lines[0]
    assert lines[1:] == [
        "Not run, 1: no browser",
        "Failed: test_bad.py::test_bad[1]",
        "2 passed, 1 failed, 1 skipped",
    ]


def test_a_part_that_failed_before_any_test_ran_is_a_failure(tmp_path: Path) -> None:
    result, lines = result_of(tmp_path, good=GOOD, broken="import there_is_no_such_module\n")

    assert len(result.failed) == 1
    assert "there_is_no_such_module" in lines[0]
    assert lines[-1] == "1 passed, 1 failed, 1 skipped"


def test_a_part_without_a_test_is_a_failure(tmp_path: Path) -> None:
    result, _lines = result_of(tmp_path, nothing="")

    assert list(result.failed) == ["nothing (pytest ended with exit code 5)"]


TESTS = sorted(file.relative_to(ROOT) for file in (ROOT / "tests").rglob("test_*.py"))


def is_run(file: Path, arguments: Sequence[str]) -> bool:
    named = [word for word in arguments if word.startswith("tests/")] or ["tests"]
    ignored = [word.removeprefix("--ignore=") for word in arguments if word.startswith("--ignore=")]
    return any(map(file.is_relative_to, named)) and not any(map(file.is_relative_to, ignored))


def test_every_file_of_tests_is_in_one_part() -> None:
    run_by = {file: [name for name, arguments in PARTS.items() if is_run(file, arguments)] for file in TESTS}

    assert {file: names for file, names in run_by.items() if len(names) != 1} == {}
    assert {name for names in run_by.values() for name in names} == set(PARTS)
    named = {word.removeprefix("--ignore=") for arguments in PARTS.values() for word in arguments}
    assert [path for path in named if path.startswith("tests/") and not (ROOT / path).exists()] == []


def test_a_file_that_needs_local_servers_is_marked_as_a_whole_and_no_other_is() -> None:
    for_all = re.compile(r"^pytestmark = (\[\s*)?pytest\.mark\.local\b", re.MULTILINE)
    marked = [file for file in TESTS if for_all.search((ROOT / file).read_text())]

    assert [file for file in TESTS if not is_run(file, PARTS["computing"])] == marked
    here = Path(__file__).relative_to(ROOT)
    named = [file for file in TESTS if file != here and "mark.local" in (ROOT / file).read_text()]
    assert named == marked
