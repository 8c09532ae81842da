"""Which tables a statement writes, so that writers of one table can be made to wait for each other.

Redshift locks a table for its first writer; the next one waits and reads its snapshot only then
(docs.aws.amazon.com/redshift/latest/dg/c_write_readwrite.html). PostgreSQL locks rows, so the executor
takes a table lock first. Only the leading verb counts: a writing CTE, which Redshift does not have, is not
seen.
"""

from collections.abc import Iterator

from sqlparse import lexer
from sqlparse import tokens as kinds

# The word that may stand between the verb and the table.
_VERBS = {
    "INSERT": {"INTO"},
    "DELETE": {"FROM", "ONLY"},
    "UPDATE": {"ONLY"},
    "MERGE": {"INTO", "ONLY"},
    "TRUNCATE": {"TABLE", "ONLY"},
    "COPY": set[str](),
}


def written_tables(sql: str) -> tuple[str, ...]:
    """Return the tables that a statement writes, as written in it (quotes and schema included)."""
    words = _words(sql)
    verb = next(words, "").upper()
    if verb == "WITH":
        verb = _verb_after_with(words)
    return tuple(_targets(words, verb)) if verb in _VERBS else ()


def lock_statements(sql: str) -> tuple[str, ...]:
    """Return what to run before a statement: locks that block other writers and no reader."""
    return tuple(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE" for table in written_tables(sql))


def _verb_after_with(words: Iterator[str]) -> str:
    depth = 0
    for word in words:
        depth += {"(": 1, ")": -1}.get(word, 0)
        if depth == 0 and (word.upper() in _VERBS or word.upper() == "SELECT"):
            return word.upper()
    return ""


def _words(sql: str) -> Iterator[str]:
    """Yield the words of a statement; sqlparse may read `a.b` or `DELETE FROM` as one token or as several."""
    for kind, text in lexer.tokenize(sql):  # type: ignore[no-untyped-call]
        if kind in kinds.Whitespace or kind in kinds.Newline or kind in kinds.Comment:
            continue
        if kind in kinds.Keyword or kind in kinds.DML:
            yield from text.split()
        else:
            yield text


def _targets(words: Iterator[str], verb: str) -> Iterator[str]:
    name = ""
    for word in words:
        if not name and word.upper() in _VERBS[verb]:
            continue
        if word == "." or name.endswith(".") or not name:
            name += word
            continue
        yield name
        name = ""
        if not (verb == "TRUNCATE" and word == ","):
            return
    if name and name != ";":
        yield name
