"""Named parameters (`:name`) of a statement: where they stand, outside literals, comments and casts.

What opens and never closes reaches to the end: it is read once, and not from each of its beginnings again.
"""

import re
from collections.abc import Iterator

_TOKENS = re.compile(
    r"""
    (?P<opaque>
        [eE]'(?:[^'\\]|\\.|'')*+(?:'|\\?\Z)       # escape string
      | '(?:[^']|'')*+(?:'|\Z)                  # string
      | "(?:[^"]|"")*+(?:"|\Z)                  # quoted identifier
      | --[^\n]*                               # line comment
      | /\*(?:.*?\*/|.*)                       # block comment
      | \$(?P<tag>[A-Za-z_]\w*|)\$(?:.*?\$(?P=tag)\$|.*)   # dollar-quoted string
      | ::                                # cast
    )
  | (?<![\w:]):(?P<name>[0-9a-zA-Z_]+)
    """,
    re.VERBOSE | re.DOTALL,
)


def names_used(sql: str) -> set[str]:
    """Return the names of the parameters that a statement refers to."""
    return {name for match in _TOKENS.finditer(sql) if (name := match["name"])}


def with_placeholders(sql: str, names: set[str]) -> str:
    """Rewrite `:name` into psycopg's `%(name)s` for the names given, and escape every other `%`."""
    return "".join(_pieces(sql, names))


def _pieces(sql: str, names: set[str]) -> Iterator[str]:
    position = 0
    for match in _TOKENS.finditer(sql):
        if match["name"] in names:
            yield sql[position : match.start()].replace("%", "%%")
            yield f"%({match['name']})s"
            position = match.end()
    yield sql[position:].replace("%", "%%")
