"""What can go wrong with an execution before it runs, as one sentence a user can act on."""


class OrchestratorError(Exception):
    """The service was asked for something it cannot do; the message says what would be right."""


class InvalidName(OrchestratorError):
    """An execution's name that one of the services would not take."""


class ExecutionNotFound(OrchestratorError):
    """No execution of that name or ARN."""


class StillRunning(OrchestratorError):
    """The execution did not end in the time given."""


class InvalidExport(OrchestratorError):
    """A file with a part of a history, or with events that none has; the message goes on from its name."""
