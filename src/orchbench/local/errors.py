"""What can go wrong with the local AWS, as one sentence a user can act on.

LocalStackError
├── ServerDidNotStart     a server did not come up, or went away
├── StackAlreadyRunning   this folder has a stack already
├── NoRoom                the disk has no room for a stack, or its folder takes no files
└── DeploymentFailed      CloudFormation refused the template or could not create a resource
"""


class LocalStackError(Exception):
    """Something the user can read, understand and act on."""


class ServerDidNotStart(LocalStackError):
    """A local server did not come up in time, or ended."""


class StackAlreadyRunning(LocalStackError):
    """A stack of this folder runs already."""


class NoRoom(LocalStackError):
    """The temporary folder is full, or the working folder takes no files."""


class DeploymentFailed(LocalStackError):
    """CloudFormation did not bring the stack up."""
