"""Every error an execution can end with, in one tree.

A class name is the public name: it is the ``Error`` of the state machine's failure and, behind its module's
name, the error type of the durable execution. ``statemachine/sfn_poll.asl.json`` names these classes::

    BatchError
    ├── InvalidBatch                  the input is wrong; nothing was sent
    │   ├── InvalidInput              not a JSON object, an unknown key, keys that exclude each other
    │   ├── SqlFileNotAllowed         a file outside the bundled folder, or none of that name
    │   ├── InlineSqlNotAllowed       SQL in the input, where the deployment does not allow it
    │   ├── EmptyBatch                no statement left
    │   ├── TooManyStatements
    │   ├── StatementTooLong
    │   ├── TransactionControlInBatch BEGIN, COMMIT or ROLLBACK inside the batch's own transaction
    │   ├── StatementNeedsAutoCommit  VACUUM and the like, inside a transaction
    │   ├── InvalidParameters
    │   ├── InvalidTimeout
    │   └── InvalidPollPolicy
    ├── BatchEnded                    the batch did not finish
    │   ├── BatchFailed
    │   ├── BatchAborted
    │   ├── BatchTimedOut             its own deadline passed, and it was cancelled
    │   └── UnknownStatementStatus    a status that this version does not know
    ├── DataApiRefused                the Data API said no, and would say it again
    │   └── StatementNotFound
    ├── InvalidSettings               the deployment's environment is wrong
    ├── ExecutionNotReadable          a service does not show an execution's own record
    ├── ExecutionNotOver              an event says that an execution ended, and its service that it runs
    ├── ExecutionNotWoken             an event tells of an end, and its execution could not be told
    ├── UnexpectedError               none of these: a defect, and the name that it had
    └── TransientFault                worth another attempt
        ├── DataApiThrottled
        ├── DataApiUnavailable
        ├── TooManyActiveStatements
        ├── StatementNotRunningYet    it waits to run, and cannot be cancelled before
        ├── NothingToCancelYet        the submit may still be on its way
        └── HandlerTimedOut           cut off a margin before Lambda's own timeout
"""


class BatchError(Exception):
    """The root of the tree.

    Attributes:
        code: the Data API's own name for what it answered; empty where it did not answer.
    """

    code: str = ""


class InvalidBatch(BatchError):
    """The input is wrong, and nothing was sent to Redshift."""


class InvalidInput(InvalidBatch):
    """The input is not a JSON object, has an unknown key, or keys that exclude each other."""


class SqlFileNotAllowed(InvalidBatch):
    """The SQL file lies outside the bundled folder, or there is none of that name."""


class InlineSqlNotAllowed(InvalidBatch):
    """The input holds SQL, and this deployment runs bundled files only."""


class EmptyBatch(InvalidBatch):
    """No statement is left once empty ones and comments are dropped."""


class TooManyStatements(InvalidBatch):
    """More statements than BatchExecuteStatement takes."""


class StatementTooLong(InvalidBatch):
    """A statement is longer than the Data API takes."""


class TransactionControlInBatch(InvalidBatch):
    """BEGIN, COMMIT or ROLLBACK in a batch that the Data API already runs as one transaction."""


class StatementNeedsAutoCommit(InvalidBatch):
    """A statement that cannot run in a transaction, in a batch that is one."""


class InvalidParameters(InvalidBatch):
    """A parameter is null, empty, not text, or used by no statement."""


class InvalidTimeout(InvalidBatch):
    """The timeout lies outside what Redshift allows or what is deployed."""


class InvalidPollPolicy(InvalidBatch):
    """The poll policy makes no sense."""


class BatchEnded(BatchError):
    """The batch did not finish."""


class BatchFailed(BatchEnded):
    """A statement failed; a transaction was rolled back."""


class BatchAborted(BatchEnded):
    """Somebody cancelled the statement; a transaction was rolled back."""


class BatchTimedOut(BatchEnded):
    """The batch's own deadline passed, and its statement was cancelled."""


class UnknownStatementStatus(BatchEnded):
    """The Data API answered with a status that this version does not know; the statement was cancelled."""


class DataApiRefused(BatchError):
    """The Data API refused the call, and would refuse it again."""


class StatementNotFound(DataApiRefused):
    """The Data API does not know the statement, or does not show it to this role."""


class InvalidSettings(BatchError):
    """The deployment's environment is wrong."""


class ExecutionNotReadable(BatchError):
    """A service does not show an execution's own record; only what cleans up after executions asks for it."""


class ExecutionNotOver(BatchError):
    """An event says that an execution has ended, and its own service says that it runs."""


class ExecutionNotWoken(BatchError):
    """A statement's event came, and its execution, which is not over, could not be woken by it."""


class UnexpectedError(BatchError):
    """A defect. Every version ends with this name, whichever way its service would have told it."""


class TransientFault(BatchError):
    """A fault that another attempt may not meet."""


class DataApiThrottled(TransientFault):
    """More calls a second than the account's quota."""


class DataApiUnavailable(TransientFault):
    """The Data API did not answer, or answered with an error of its own."""


class TooManyActiveStatements(TransientFault):
    """The cluster or workgroup already runs as many statements as it may."""


class StatementNotRunningYet(TransientFault):
    """The statement waits to run, and cannot be cancelled before it does."""


class NothingToCancelYet(TransientFault):
    """No statement bears the execution's name: its submit may still be on its way."""


class HandlerTimedOut(TransientFault, TimeoutError):
    """The handler was cut off a margin before Lambda's own timeout."""


NOTHING_SUBMITTED = (InvalidBatch, DataApiRefused, InvalidSettings)
"""What a submit raises when no statement can have been created, so that there is nothing to cancel."""


def _tree(root: type[BatchError]) -> dict[str, type[BatchError]]:
    found = {root.__name__: root}
    for child in root.__subclasses__():
        found.update(_tree(child))
    return found


BY_NAME = _tree(BatchError)


def error_named(name: str | None, message: str | None) -> BatchError:
    """Rebuild an error from the name and text that a service recorded.

    Args:
        name: a class name, with or without its module's name in front.
        message: the text to show.

    Returns:
        The error of that name; a name that is not of this tree becomes an ``UnexpectedError`` that says it.
    """
    class_name = (name or "").rpartition(".")[2]
    error_class = BY_NAME.get(class_name)
    if error_class is None:
        return UnexpectedError(f"{class_name or 'an error without a name'}: {message}")
    return error_class(message or "")
