"""What a command raises to end."""


class UsageError(Exception):
    """The command line is wrong: one sentence, exit code 2."""


class CommandFailed(Exception):
    """What was asked for did not succeed: one sentence, exit code 1."""
