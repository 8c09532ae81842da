"""What a command raises to end, and the sentence for whatever else it meets."""

from orchbench.local.errors import LocalStackError
from orchbench.orchestrators.connection import SERVICE_ERRORS, error_sentence
from orchbench.orchestrators.errors import OrchestratorError
from orchbench.results import InvalidResults
from orchbench.seed import TableNotEmpty
from orchbench.warehouse import SqlFailed

SAID = (LocalStackError, OrchestratorError, InvalidResults, SqlFailed, TableNotEmpty)
"""Errors whose message is the sentence."""


class UsageError(Exception):
    """The command line is wrong: one sentence, exit code 2."""


class CommandFailed(Exception):
    """What was asked for did not succeed: one sentence, exit code 1."""


def sentence_of(error: Exception) -> str:
    """Return one sentence for an error."""
    if isinstance(error, SERVICE_ERRORS):
        return error_sentence(error)
    if isinstance(error, SAID):
        return str(error)
    return f"An error nobody foresaw, {type(error).__name__}: {error} (`orchbench --debug ...` shows where)."
