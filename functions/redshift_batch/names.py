"""The names of statements: by them an execution's statement is found, and a statement's execution."""

import hashlib


def client_token(execution_id: str) -> str:
    """Return the token that makes a submit of this execution idempotent: 64 hexadecimal characters.

    The Data API keeps a token for 8 hours and takes at most 64 characters.
    """
    return hashlib.sha256(execution_id.encode()).hexdigest()


def statement_name(execution_id: str, callback_id: str = "") -> str:
    """Return the name of this execution's statement: the token, by which it is found, and whose it is.

    ListStatements finds a name by its beginning; 2,048 characters are allowed.

    Args:
        callback_id: of the callback that the statement's event completes; empty for none.
    """
    return " ".join(filter(None, (client_token(execution_id), execution_id, callback_id)))


def execution_named(name: str) -> str | None:
    """Return the execution that gave a statement this name, or None where it is not one of ours."""
    token, _, rest = name.partition(" ")
    execution_id = rest.partition(" ")[0]
    return execution_id if token == client_token(execution_id) else None


def callback_named(name: str) -> str:
    """Return the callback in a name that an execution gave its statement; empty where it has none."""
    return " ".join(name.split(" ")[2:])
