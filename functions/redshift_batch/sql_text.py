"""SQL text as far as a batch must understand it: statements, first words, placeholders.

The text is read by sqlparse's lexer and statement splitter, and never grouped into a tree: grouping has
limits that a statement of 200 KB passes, and nothing here needs it.
"""

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from sqlparse import tokens
from sqlparse.engine.statement_splitter import StatementSplitter
from sqlparse.keywords import SQL_REGEX
from sqlparse.lexer import Lexer


def split(sql: str) -> list[str]:
    """Split SQL text into its statements, without the semicolons around them.

    A piece that holds only comments is dropped; a comment before a statement stays with it.
    """
    return list(_split(sql))


# A function runs the same file again and again, and splitting takes longer than everything else of a submit.
@lru_cache(maxsize=1)
def _split(sql: str) -> tuple[str, ...]:
    # What the splitter's pieces hold is lexed already: a large text is read once.
    pieces = (
        [(token.ttype, token.value) for token in piece] for piece in StatementSplitter().process(_lexed(sql))
    )
    trimmed = (_without_outer_semicolons(piece) for piece in pieces)
    return tuple(piece for piece in trimmed if words(piece, at_most=1))


def words(statement: str, at_most: int) -> list[str]:
    """Return the first words in capitals, comments and blanks left out."""
    found: list[str] = []
    for token_type, value in _lexed(statement):
        if not _is_silent(token_type, value):
            found.extend(value.upper().split())
        if len(found) >= at_most:
            break
    return found[:at_most]


def placeholders(statement: str) -> Iterator[str]:
    """Yield the names of the parameters that a statement uses, once for each use."""
    for token_type, value in _lexed(statement):
        if token_type is tokens.Name.Placeholder and value.startswith(":"):
            yield value[1:]


def _without_outer_semicolons(lexed: list[tuple[Any, str]]) -> str:
    told = [index for index, token in enumerate(lexed) if not _is_silent(*token)]
    if not told:
        return ""
    first, last = told[0], told[-1] + 1
    leading = [index + 1 for index in range(first) if lexed[index][1] == ";"]
    trailing = [index for index in range(last, len(lexed)) if lexed[index][1] == ";"]
    start = leading[-1] if leading else 0
    end = trailing[0] if trailing else len(lexed)
    return "".join(value for _type, value in lexed[start:end]).strip()


def _is_silent(token_type: Any, value: str) -> bool:
    return token_type in tokens.Comment or token_type in tokens.Whitespace or value == ";"


def _lexed(sql: str) -> Iterator[tuple[Any, str]]:
    return iter(_lexer().get_tokens(sql))


@cache
def _lexer() -> Lexer:
    """Return a lexer in which a # is Redshift's operator, and not the comment it is in MySQL."""
    lexer = Lexer()
    lexer.default_initialization()
    lexer.set_SQL_REGEX([(pattern.replace("(--|# )", "--"), action) for pattern, action in SQL_REGEX])
    return lexer
