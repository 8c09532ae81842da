"""Where the project's own files are: the template, the definitions, the functions.

In a clone they stand at its root. A wheel brings them along in this package (``setup.py``), so that what
needs no server runs wherever it is installed.
"""

from pathlib import Path

TEMPLATE = "template.yaml"
MARK = b"orchbench:"
"""Stands in this project's template, and in no template of a user."""
PACKAGED = Path(__file__).parent
CLONE = Path(__file__).resolve().parents[3]


def is_clone() -> bool:
    """Tell whether this runs from a clone, and not from an installed wheel."""
    return not (PACKAGED / TEMPLATE).exists()


def project_root() -> Path:
    """Return the folder with the template: the clone's, or the one in the installed package."""
    return CLONE if is_clone() else PACKAGED


def project_folder() -> Path:
    """Return the project to work on: the current folder if it holds one, or else this program's own."""
    return Path.cwd() if _holds_project(Path.cwd()) else project_root()


def working_folder() -> Path:
    """Return the folder for what is made: results, and the state of a local stack.

    It is the project's folder; with an installed package the current one.
    """
    return project_folder() if is_clone() else Path.cwd()


def _holds_project(folder: Path) -> bool:
    try:
        return MARK in (folder / TEMPLATE).read_bytes()
    except OSError:
        return False
