"""What PostgreSQL takes and Redshift does not: found in SQL text by its tokens, and said, never refused.

The list is data (``dialect.json``), with a source for each entry. A comment, a string, a dollar-quoted body
and a quoted name hold no tokens that could match, but for a quoted name that is called. A statement with a
comment that holds ``IGNORED`` was written for PostgreSQL on purpose.
"""

import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from sqlparse import tokens as kinds
from sqlparse.engine.statement_splitter import StatementSplitter
from sqlparse.keywords import SQL_REGEX
from sqlparse.lexer import Lexer

ENTRIES = Path(__file__).with_name("dialect.json")
IGNORED = "dialect: postgresql"
READING = {"FROM", "JOIN", "INTO", "UPDATE"}
NOT_OF_TABLES = {"EXTRACT", "SUBSTRING", "TRIM", "OVERLAY", "POSITION"}
"""Functions in whose parentheses FROM names no table."""
CATALOGUE = ("PG_", "INFORMATION_SCHEMA")


@dataclass(frozen=True)
class Entry:
    """One construct.

    Attributes:
        construct: as a warning names it.
        kind: ``word`` (a bare word), ``call`` (a function's name before its parenthesis), ``type`` (where a
            type stands), ``start`` (how a statement begins) or ``phrase`` (words that follow each other).
        matches: words in capitals, of a phrase or start with one blank between tokens.
        sure: ``stated``, ``disputed`` or ``inferred``; the file says what each means.
        only_with_tables: it does no harm in a statement that names no table.
        within: how a statement begins that this is looked for in; in every one where it is empty.
    """

    construct: str
    kind: str
    matches: tuple[str, ...]
    why: str
    instead: str
    source: str
    sure: str
    only_with_tables: bool = False
    within: tuple[str, ...] = ()


@dataclass(frozen=True)
class Difference:
    """A construct in a text: ``statement`` counts from 1, ``line`` within the whole text too."""

    entry: Entry
    statement: int
    line: int

    @property
    def said(self) -> str:
        """One sentence or two, without any SQL of the text."""
        one = self.entry
        return f"{one.construct}: {one.why} Write {one.instead} ({one.sure}; AWS: {one.source!r})."


@dataclass(frozen=True)
class _Token:
    word: str
    line: int
    quoted: bool
    outside: str
    """The word before the innermost open parenthesis."""
    is_name: bool = False
    """Whether it stood in quotes: a name, and no word of the language."""


@cache
def entries() -> tuple[Entry, ...]:
    """Return the list."""
    document = json.loads(ENTRIES.read_text(encoding="utf-8"))
    return tuple(
        Entry(**one | {"matches": tuple(one["matches"]), "within": tuple(one.get("within", ()))})
        for one in document["entries"]
    )


def differences(sql: str) -> list[Difference]:
    """Return what a text holds that Redshift may not take, in the order of the text.

    A construct is told once a statement, however often it stands there.
    """
    found: list[Difference] = []
    line, number = 1, 0
    for piece in StatementSplitter().process(_lexer().get_tokens(sql)):
        lexed = [(token.ttype, token.value) for token in piece]
        tokens, following = _tokens(lexed, line)
        if tokens:
            number += 1
            if not any(kind in kinds.Comment and IGNORED in value for kind, value in lexed):
                found.extend(_in_statement(tokens, number))
        line = following
    return found


def count_statements(sql: str) -> int:
    """Return how many statements a text holds; comments alone are none."""
    pieces = StatementSplitter().process(_lexer().get_tokens(sql))
    return sum(bool(_tokens([(token.ttype, token.value) for token in piece], 1)[0]) for piece in pieces)


def _tokens(lexed: Sequence[tuple[Any, str]], line: int) -> tuple[list[_Token], int]:
    """Return a statement's words in capitals, and the line that the next statement begins on."""
    found: list[_Token] = []
    outside: list[str] = []
    for kind, value in lexed:
        if kind not in kinds.Comment and kind not in kinds.Whitespace and value != ";":
            quoted = kind in kinds.Literal or value[:1] in ("'", '"', "$")
            for word in [value] if quoted else value.upper().split():
                if word == ")" and outside:
                    outside.pop()
                found.append(_Token(word, line, quoted, outside[-1] if outside else ""))
                if word == "(":
                    outside.append(found[-2].word if len(found) > 1 else "")
        line += value.count("\n")
    return found, line


def _in_statement(tokens: Sequence[_Token], number: int) -> Iterator[Difference]:
    tokens = _with_called_names(tokens)
    words = [token.word for token in tokens]
    with_tables = _names_a_table(tokens)
    told: set[Entry] = set()
    for index, token in enumerate(tokens):
        for entry, match in _by_first_word().get(token.word, ()):
            if (
                not token.quoted
                and (not token.is_name or entry.kind == "call")
                and (with_tables or not entry.only_with_tables)
                and _begins_as_wanted(entry, words)
                and _stands_at(words, index, match)
                and _KINDS[entry.kind](tokens, words, index)
                and entry not in told
            ):
                told.add(entry)
                yield Difference(entry, number, token.line)


def _with_called_names(tokens: Sequence[_Token]) -> Sequence[_Token]:
    """Return the words with a quoted name before a parenthesis as if it were not quoted: it may be a call."""
    following = [token.word for token in tokens[1:]] + [""]
    return [
        replace(token, word=token.word[1:-1].upper(), quoted=False, is_name=True)
        if after == "(" and token.word.startswith('"')
        else token
        for token, after in zip(tokens, following, strict=True)
    ]


@cache
def _by_first_word() -> Mapping[str, Sequence[tuple[Entry, Sequence[str]]]]:
    found: dict[str, list[tuple[Entry, Sequence[str]]]] = {}
    for entry in entries():
        for match in entry.matches:
            words = match.split()
            found.setdefault(words[0], []).append((entry, words))
    return found


def _begins_as_wanted(entry: Entry, words: Sequence[str]) -> bool:
    return not entry.within or any(_stands_at(words, 0, beginning.split()) for beginning in entry.within)


def _is_bare(_tokens: Sequence[_Token], words: Sequence[str], index: int) -> bool:
    """Tell a word of the language from a column's or an alias's name."""
    return _at(words, index - 1) not in (".", "AS") and _at(words, index + 1) != "."


def _is_called(_tokens: Sequence[_Token], words: Sequence[str], index: int) -> bool:
    """Tell a call of a built-in function from one of a user's schema, and from its definition."""
    if _at(words, index + 1) != "(":
        return False
    before = _at(words, index - 1)
    if before == ".":
        return _at(words, index - 2) == "PG_CATALOG"
    return before not in ("FUNCTION", "INTO", "TABLE")


def _is_type(tokens: Sequence[_Token], words: Sequence[str], index: int) -> bool:
    """Tell whether a type stands here: after ``::``, in CAST, before a literal, or behind a column's name."""
    before, after = _at(words, index - 1), _at(words, index + 1)
    if before == "::" or (before == "AS" and tokens[index].outside == "CAST"):
        return True
    if index + 1 < len(tokens) and tokens[index + 1].quoted and after.startswith("'"):
        return before not in (".", "AS")
    defines = words[0] in ("CREATE", "ALTER") and "TABLE" in words[:5]
    return (
        defines
        and before not in (".", "(", ",")
        and _at(words, index - 2) in ("(", ",", "COLUMN", "ADD", "EXISTS")
    )


_KINDS: Mapping[str, Callable[[Sequence[_Token], Sequence[str], int], bool]] = {
    "word": _is_bare,
    "call": _is_called,
    "type": _is_type,
    "start": lambda _tokens, _words, index: index == 0,
    "phrase": lambda _tokens, _words, _index: True,
}


def _names_a_table(tokens: Sequence[_Token]) -> bool:
    return any(
        token.word in READING
        and not token.quoted
        and token.outside not in NOT_OF_TABLES
        and not following.word.startswith(CATALOGUE)
        for token, following in itertools.pairwise(tokens)
    )


def _stands_at(words: Sequence[str], index: int, wanted: Sequence[str]) -> bool:
    return list(words[index : index + len(wanted)]) == list(wanted)


def _at(words: Sequence[str], index: int) -> str:
    return words[index] if 0 <= index < len(words) else ""


@cache
def _lexer() -> Lexer:
    """Return a lexer in which a # is Redshift's operator, and not the comment it is in MySQL."""
    lexer = Lexer()
    lexer.default_initialization()
    lexer.set_SQL_REGEX([(pattern.replace("(--|# )", "--"), action) for pattern, action in SQL_REGEX])
    return lexer
