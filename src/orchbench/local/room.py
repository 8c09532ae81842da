"""Where a stack's files go, and whether there is room for them: said before anything starts."""

import shutil
import tempfile
from pathlib import Path

from .errors import NoRoom

NEEDED_BYTES = 150 * 1024 * 1024
"""A new PostgreSQL, the servers' files and a worker of each function; a million orders are 100 MB more."""
FULL_BYTES = 32 * 1024 * 1024
"""PostgreSQL writes its log in pieces of 16 MB, and ends where there is no room for the next."""


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


def said_if_full(folder: Path) -> str | None:
    """Return one sentence where a stack's folder has no room left, and None where it has."""
    try:
        if shutil.disk_usage(folder).free >= FULL_BYTES:
            return None
    except OSError:
        return None
    return (
        f"{folder} is full, and the local stack has its files there: free some space, or set TMPDIR to "
        "another folder."
    )
