"""Where a stack's files go, and whether there is room for them: said before anything starts."""

import shutil
import tempfile
from pathlib import Path

from .errors import NoRoom

NEEDED_BYTES = 300 * 1024 * 1024
"""A new PostgreSQL, the servers' files and a worker of each function; a million orders are 100 MB more."""
FULL_BYTES = 4 * 1024 * 1024


def temporary_folder() -> Path:
    """Return the folder in which stacks make theirs.

    Raises:
        NoRoom: no temporary folder takes a file.
    """
    try:
        return Path(tempfile.gettempdir())
    except OSError as error:
        raise NoRoom(
            f"No folder for temporary files takes one ({error.strerror}): set TMPDIR to one that does."
        ) from None


def require_room(folder: Path, needed_bytes: int = NEEDED_BYTES) -> None:
    """Refuse to start where a stack would not fit.

    Raises:
        NoRoom: which names the folder, what it has and what it needs.
    """
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        raise NoRoom(
            f"{folder} has {free / 2**20:.0f} MB free, and a local stack needs {needed_bytes / 2**20:.0f} MB "
            "there: free some space, or set TMPDIR to another folder."
        )


def said_if_full(folder: Path) -> str:
    """Return a remark for an error's sentence where the disk is full, and nothing where it is not."""
    try:
        full = shutil.disk_usage(folder).free < FULL_BYTES
    except OSError:
        return ""
    return f" ({folder} is full: free some space, or set TMPDIR to another folder)" if full else ""
