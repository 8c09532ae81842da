"""From an execution's input to a batch, or to one clear error before anything is sent.

The SQL is split by ``sql_text``; statements that are empty or only comments are dropped. What is refused here
is what the Data API or Redshift would refuse later, or what this deployment does not allow.
"""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from .errors import (
    EmptyBatch,
    InlineSqlNotAllowed,
    InvalidInput,
    InvalidParameters,
    InvalidTimeout,
    SqlFileNotAllowed,
    StatementNeedsAutoCommit,
    StatementTooLong,
    TooManyStatements,
    TransactionControlInBatch,
)
from .model import Batch, ExecutionMode, Json
from .poll_policy import DEFAULT_TIMEOUT_SECONDS, fallback_from_input, policy_from_input
from .refusals import is_number, is_whole, kind_of, shown
from .settings import Settings
from .sql_text import placeholders, split, words

DEFAULT_SQL_FILE = "refresh_customer_summary.sql"

MOST_STATEMENTS = 40
"""``SqlList`` of BatchExecuteStatement in botocore's service model."""
LONGEST_STATEMENT_BYTES = 200 * 1024
"""200 KB: docs.aws.amazon.com/redshift/latest/mgmt/data-api, read as kibibytes."""

_SOURCES = ("sql_file", "sql", "statements")
_KEYS = frozenset({*_SOURCES, "timeout_seconds", "poll", "fallback", "parameters", "execution_mode"})

_PARAMETER_NAME = re.compile("[0-9A-Za-z_]+")
"""``ParameterName`` in botocore's service model."""

_TRANSACTION_CONTROL = frozenset({"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT"})

_OUTSIDE_TRANSACTIONS: tuple[tuple[str, ...], ...] = (
    ("VACUUM",),
    ("CREATE", "DATABASE"),
    ("DROP", "DATABASE"),
    ("ALTER", "DATABASE"),
    ("CREATE", "EXTERNAL", "TABLE"),
    ("DROP", "EXTERNAL", "TABLE"),
    ("ALTER", "EXTERNAL", "TABLE"),
    ("CREATE", "TABLESPACE"),
    ("DROP", "TABLESPACE"),
    ("CREATE", "LIBRARY"),
    ("DROP", "LIBRARY"),
    ("REINDEX", "DATABASE"),
    ("CLUSTER",),
)
"""What Redshift runs outside a transaction block only, by its first words; ALTER TABLE ... APPEND and
... ALTER COLUMN ... TYPE besides. Statements that break the rule are listed in
docs.aws.amazon.com/redshift/latest/dg/r_SVL_MULTI_STATEMENT_VIOLATIONS.html."""


def parse_batch(event: Any, settings: Settings) -> Batch:
    """Read an execution's input.

    Args:
        event: the input as JSON gave it; ``{}`` is the article's batch with its polling.
        settings: what the deployment allows.

    Raises:
        InvalidBatch: one of its subclasses, with a sentence that names the input, what is wrong with it and
            what would be right.
    """
    document = _object(event)
    batch = Batch(
        statements=tuple(_statements(document, settings)),
        timeout_seconds=_timeout_seconds(document, settings),
        poll=policy_from_input(document.get("poll", {})),
        fallback=fallback_from_input(document.get("fallback", {})),
        parameters=_parameters(document.get("parameters", {})),
        execution_mode=_execution_mode(document.get("execution_mode", ExecutionMode.TRANSACTION.value)),
    )
    _check_statements(batch.statements, batch.execution_mode)
    _check_parameters_are_used(batch)
    return batch


def _object(event: Any) -> Json:
    if not isinstance(event, dict):
        raise InvalidInput(f"The input is {kind_of(event)}: it takes a JSON object, such as {{}}.")
    unknown = sorted(set(event) - _KEYS)
    if unknown:
        raise InvalidInput(
            f"The input has the unknown key {shown(unknown[0])}: known are {', '.join(sorted(_KEYS))}."
        )
    given = [key for key in _SOURCES if key in event]
    if len(given) > 1:
        raise InvalidInput(f"The input has {' and '.join(given)}: it takes one of them at most.")
    return event


def _statements(document: Json, settings: Settings) -> list[str]:
    if "sql" in document or "statements" in document:
        if not settings.inline_sql_allowed:
            key = "sql" if "sql" in document else "statements"
            raise InlineSqlNotAllowed(
                f"The input has {key!r}, and this deployment runs bundled files only: name one in "
                "'sql_file', or deploy with InlineSqlAllowed=true."
            )
        return _inline_statements(document)
    return split(_bundled_sql(document.get("sql_file", DEFAULT_SQL_FILE), settings.sql_folder))


def _inline_statements(document: Json) -> list[str]:
    if "sql" in document:
        sql = document["sql"]
        if not isinstance(sql, str):
            raise InvalidInput(f"'sql' is {kind_of(sql)}: it takes text.")
        return split(sql)
    listed = document["statements"]
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise InvalidInput("'statements' takes a list of texts, one statement each.")
    for number, text in enumerate(listed, start=1):
        if len(split(text)) > 1:
            raise InvalidInput(
                f"Item {number} of 'statements' holds more than one statement: give each an item, "
                "or use 'sql'."
            )
    return [statement for text in listed for statement in split(text)]


def _bundled_sql(name: Any, folder: Path) -> str:
    if not isinstance(name, str) or not name.strip():
        what = "empty" if isinstance(name, str) else kind_of(name)
        raise SqlFileNotAllowed(f"'sql_file' is {what}: it takes the name of a bundled file.")
    root = _resolved(folder)
    try:
        path = (root / name).resolve()
        inside = path.is_relative_to(root) and not Path(name).is_absolute()
        if inside and path.is_file():
            return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        # A name too long for the file system, a null byte, a file that is no UTF-8.
        raise SqlFileNotAllowed(f"'sql_file' {name[:80]!r} cannot be read: {_reason(error)}.") from None
    if not inside:
        raise SqlFileNotAllowed(
            f"'sql_file' {name[:80]!r} leads outside the bundled folder: name a file that lies in it."
        )
    bundled = ", ".join(sorted(one.name for one in root.glob("*.sql")))
    raise SqlFileNotAllowed(f"There is no bundled SQL file {name[:80]!r}: there are {bundled or 'none'}.")


@cache
def _resolved(folder: Path) -> Path:
    return folder.resolve()


def _reason(error: Exception) -> str:
    return "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else "no file can have that name"


def _timeout_seconds(document: Json, settings: Settings) -> int:
    timeout = document.get("timeout_seconds", min(DEFAULT_TIMEOUT_SECONDS, settings.longest_timeout_seconds))
    if not is_whole(timeout) or not 1 <= timeout <= settings.longest_timeout_seconds:
        raise InvalidTimeout(
            f"'timeout_seconds' is {shown(timeout)}: it takes a whole number from 1 to "
            f"{settings.longest_timeout_seconds}, the longest that this deployment allows."
        )
    return int(timeout)


def _parameters(document: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(document, dict):
        raise InvalidParameters(
            f"'parameters' is {kind_of(document)}: it takes an object of names and values."
        )
    return tuple((name, _parameter_value(name, value)) for name, value in document.items())


def _parameter_value(name: str, value: Any) -> str:
    # The value itself is never shown: parameters are kept out of logs and errors.
    if not name:
        raise InvalidParameters(
            "A parameter has an empty name: name it as the statement does after the colon."
        )
    if not _PARAMETER_NAME.fullmatch(name):
        raise InvalidParameters(
            f"The parameter {shown(name)} has a name of other than letters from A to Z, digits and "
            "underscores, which are what the Data API takes."
        )
    if isinstance(value, str) and value and _is_unicode(value):
        return value
    if is_number(value):
        return str(value)
    if value is None or value == "":
        what = "null" if value is None else "empty"
        raise InvalidParameters(
            f"The parameter {shown(name)} is {what}, which the Data API does not take: "
            "write NULL or '' into the statement itself."
        )
    raise InvalidParameters(f"The parameter {shown(name)} is {kind_of(value)}: it takes text or a number.")


def _execution_mode(name: Any) -> ExecutionMode:
    if name not in [mode.value for mode in ExecutionMode]:
        raise InvalidInput(f"'execution_mode' is {shown(name)}: it takes 'TRANSACTION' or 'AUTO_COMMIT'.")
    return ExecutionMode(name)


# A function runs the same file again and again. What is refused is looked at each time.
@lru_cache(maxsize=1)
def _check_statements(statements: tuple[str, ...], mode: ExecutionMode) -> None:
    count = len(statements)
    if not count:
        raise EmptyBatch(
            "The SQL holds no statement once comments and blanks are dropped: give at least one."
        )
    if count > MOST_STATEMENTS:
        raise TooManyStatements(
            f"The SQL holds {count} statements: the Data API takes {MOST_STATEMENTS} in a batch, so split it."
        )
    for number, statement in enumerate(statements, start=1):
        _check_statement(number, statement, mode)


def _check_statement(number: int, statement: str, mode: ExecutionMode) -> None:
    if not _is_unicode(statement):
        raise InvalidInput(f"Statement {number} holds half a surrogate pair, which is not text: write UTF-8.")
    size = len(statement.encode())
    if size > LONGEST_STATEMENT_BYTES:
        raise StatementTooLong(
            f"Statement {number} has {size} bytes: the Data API takes {LONGEST_STATEMENT_BYTES} (200 KB) "
            "at most."
        )
    if mode is ExecutionMode.AUTO_COMMIT:
        return
    opening = words(statement, at_most=4)
    if opening[0] in _TRANSACTION_CONTROL:
        raise TransactionControlInBatch(
            f"Statement {number} is {opening[0]}: the Data API already runs the batch as one transaction, "
            "so leave transaction control out, or set 'execution_mode' to 'AUTO_COMMIT'."
        )
    kind = _kind_outside_transactions(statement, opening)
    if kind:
        raise StatementNeedsAutoCommit(
            f"Statement {number} ({' '.join(kind)}) cannot run in a transaction: "
            "set 'execution_mode' to 'AUTO_COMMIT'."
        )


def _kind_outside_transactions(statement: str, opening: Sequence[str]) -> tuple[str, ...]:
    """Return the first words that say so, and none of the statement's own; empty where nothing says so."""
    for first in _OUTSIDE_TRANSACTIONS:
        if tuple(opening[: len(first)]) == first:
            return first
    if tuple(opening[:2]) != ("ALTER", "TABLE"):
        return ()
    text = f" {' '.join(words(statement, at_most=16))} "
    # Redshift's own words: "ALTER TABLE ALTER COLUMN cannot run inside a transaction block".
    outside = " APPEND FROM " in text or (" ALTER COLUMN " in text and " TYPE " in text)
    return ("ALTER", "TABLE") if outside else ()


def _check_parameters_are_used(batch: Batch) -> None:
    if not batch.parameters:
        return
    used = {name for statement in batch.statements for name in placeholders(statement)}
    for name, _value in batch.parameters:
        if name not in used:
            raise InvalidParameters(
                f"The parameter {shown(name)} is used by no statement: write a colon and the name where it "
                "belongs, or leave it out."
            )


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
