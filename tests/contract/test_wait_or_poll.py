"""docs/wait-or-poll.md is short, and its pictures are those of the estimates and of the rehearsals."""

import re

import pytest
from event_pictures import PICTURES, pictures
from project import ROOT
from sample_report import words

DOCUMENT = ROOT / "docs" / "wait-or-poll.md"
MOST_WORDS = 400


def test_the_page_has_at_most_400_words_two_pictures_and_one_table() -> None:
    text = re.sub(r"<!--.*?-->", "", DOCUMENT.read_text())
    said = [word for word in text.split() if re.search(r"\w", word)]

    assert len(said) <= MOST_WORDS
    assert len(re.findall(r"^!\[", text, re.MULTILINE)) == 2
    assert len(re.findall(r"^\|[-:|]+\|$", text, re.MULTILINE)) == 1


@pytest.mark.slow
def test_the_pictures_are_drawn_from_the_same_figures() -> None:
    drawn = pictures()

    assert set(drawn) == {path.name for path in PICTURES.iterdir()}
    assert [name for name in drawn if name not in DOCUMENT.read_text()] == []
    changed = [name for name in drawn if words(drawn[name]) != words((PICTURES / name).read_text())]
    assert changed == [], (
        "`PYTHONPATH=functions .venv/bin/python tests/contract/document_blocks.py` draws them anew"
    )
