"""The sample report in ``docs`` and its picture are those of the stored results."""

import pytest
from sample_report import PICTURE, SAMPLE, digest, sample, told_digest, with_digest, words

from orchbench.report.build import PAGE, files

ANEW = "`.venv/bin/python tests/contract/sample_report.py` writes it anew"


@pytest.mark.slow
def test_the_sample_is_what_the_stored_results_make() -> None:
    made = files(sample())
    stored = {
        str(path.relative_to(SAMPLE)): path.read_text()
        for path in SAMPLE.rglob("*")
        if path.is_file() and path != PICTURE
    }

    assert set(stored) == set(made)
    changed = [name for name in made if words(made[name]) != words(stored[name])]
    assert changed == [], ANEW


def test_the_picture_is_of_the_sample() -> None:
    page = (SAMPLE / PAGE).read_text()

    assert told_digest(PICTURE.read_bytes()) == digest(page), ANEW


def test_a_picture_says_of_which_page_it_is() -> None:
    bare = with_digest(PICTURE.read_bytes(), "another page")

    # The first of two stands.
    assert told_digest(bare) == digest("another page")


def test_the_sample_opens_from_the_repository() -> None:
    text = (SAMPLE / PAGE).read_text()

    assert "Choose <strong>" in text
    assert "http://" not in text.replace("http://www.w3.org/", "")
    document = (SAMPLE / "report.md").read_text()
    assert all((SAMPLE / name).exists() for name in _charts(document))


def _charts(document: str) -> list[str]:
    return [part.partition(")")[0] for part in document.split("](")[1:]]


def test_words_of_a_chart_are_compared_and_their_places_are_not() -> None:
    one, moved, other = (
        f"<p>a</p><svg><text x='{x}'>{told}</text></svg>" for x, told in (("1", "b"), ("2", "b"), ("1", "c"))
    )

    assert words(one) == words(moved) != words(other)
