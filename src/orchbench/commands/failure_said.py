"""The sentence for whatever a command meets; apart from what it raises, as this knows the whole program."""

import errno

from orchbench.commands.failure import CommandFailed, UsageError
from orchbench.comparison.seed import TableNotEmpty
from orchbench.deployment.connection import SERVICE_ERRORS, error_sentence
from orchbench.deployment.template import InvalidTemplate
from orchbench.deployment.warehouse import SqlFailed
from orchbench.evaluation.prices import InvalidPrices
from orchbench.inspection.files import NotInspectable
from orchbench.local.errors import LocalStackError
from orchbench.platforms.errors import InvalidName, OrchestratorError
from orchbench.results.comparison import InvalidResults
from orchbench.trial.sam import SamFailed, ToolMissing
from orchbench.trial.stacks import StackInTheWay

SAID = (
    LocalStackError,
    OrchestratorError,
    SamFailed,
    StackInTheWay,
    ToolMissing,
    InvalidPrices,
    InvalidResults,
    InvalidTemplate,
    NotInspectable,
    SqlFailed,
    TableNotEmpty,
)
"""Errors whose message is the sentence."""
NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NOT_WRITABLE = (errno.EROFS, errno.EACCES, errno.EPERM)


def is_usage(error: Exception) -> bool:
    """Tell whether what the command was given is wrong, and not what it did: files, names, prices."""
    wrong = InvalidName | InvalidPrices | InvalidResults | NotInspectable
    return isinstance(error, UsageError | wrong)


def sentence_of(error: Exception) -> str:
    """Return one sentence for an error."""
    if isinstance(error, SERVICE_ERRORS):
        return error_sentence(error)
    if isinstance(error, SAID):
        return str(error)
    if isinstance(error, UsageError | CommandFailed):
        return str(error)
    if isinstance(error, OSError) and error.errno in (*NO_SPACE, *NOT_WRITABLE):
        return f"{error.filename or 'The output'} cannot be written ({error.strerror}): {what_to_do(error)}."
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'A file'} cannot be used: {error.strerror}."
    return f"Unexpected error ({type(error).__name__}): {error} (`orchbench --debug ...` shows where)."


def reason_of(error: OSError) -> str:
    """Return what the system says of an error, without its number; a failed request holds another's."""
    behind = getattr(error, "reason", None)
    return reason_of(behind) if isinstance(behind, OSError) else error.strerror or str(error)


def what_to_do(error: OSError) -> str:
    """Return what would help where something could not be written."""
    if error.errno in NO_SPACE:
        return "free some space there, or name another folder"
    return "name a folder that can"
