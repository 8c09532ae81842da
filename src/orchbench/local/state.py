"""The state file: how another process finds a running stack. ``.orchbench/stack.json`` in the working folder.

One stack a folder, so that two checkouts do not meet. The file is removed with the stack; one that was left
behind is recognised, because its process is gone or its gateway does not answer with the stack's id, and
removed by whoever finds it.
"""

import fcntl
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

FOLDER_NAME = ".orchbench"
FILE_NAME = "stack.json"
HEALTH_PATH = "/_orchbench/health"


@dataclass(frozen=True)
class StackState:
    """What another process needs to use a stack."""

    stack_id: str
    pid: int
    endpoint_url: str
    region: str
    stack_name: str
    ports: dict[str, int]
    run_folder: str
    parameters: dict[str, str] = field(default_factory=dict)
    redshift: dict[str, Any] = field(default_factory=dict)


def state_file(folder: Path) -> Path:
    """Return where the state of a folder's stack is kept."""
    return folder / FOLDER_NAME / FILE_NAME


def made_state_folder(folder: Path) -> Path:
    """Return the folder for the state and for kept logs, made if need be."""
    made = folder / FOLDER_NAME
    made.mkdir(mode=0o700, exist_ok=True)
    # Kept out of version control without a line in the project's own list.
    (made / ".gitignore").write_text("*\n")
    return made


def claim(folder: Path) -> int | None:
    """Lock the working folder for one published stack; None where another has it or is starting.

    Returns:
        An open file descriptor. The claim lasts until it is closed: it goes with its process, however that
        ends, and leaves nothing behind.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def write_state(folder: Path, state: StackState) -> Path:
    """Write a stack's state for its owner alone to read, and return the file."""
    path = made_state_folder(folder) / FILE_NAME
    draft = path.with_suffix(f".{state.pid}")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(asdict(state), indent=2) + "\n")
    draft.replace(path)
    return path


def read_state(folder: Path) -> StackState | None:
    """Return what the state file says, or None when there is none that can be read."""
    try:
        return StackState(**json.loads(state_file(folder).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def process_lives(pid: int) -> bool:
    """Whether a process exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def gateway_answers(state: StackState) -> bool:
    """Whether the gateway of this very stack answers: a port and a pid can be another's by now."""
    address = urlsplit(state.endpoint_url)
    connection = HTTPConnection(address.hostname or "", address.port, timeout=2)
    try:
        connection.request("GET", HEALTH_PATH)
        return bool(json.loads(connection.getresponse().read()).get("stack_id") == state.stack_id)
    except (OSError, HTTPException, ValueError, AttributeError):
        return False
    finally:
        connection.close()


def remove_state(folder: Path) -> None:
    """Remove the state file and its folder, unless something else lies there."""
    path = state_file(folder)
    path.unlink(missing_ok=True)
    if {entry.name for entry in path.parent.iterdir()} <= {".gitignore"}:
        (path.parent / ".gitignore").unlink(missing_ok=True)
        path.parent.rmdir()


def find_state(folder: Path, is_live: Callable[[StackState], bool] | None = None) -> StackState | None:
    """Return the state of the folder's running stack, or None; a stale file is removed.

    Args:
        folder: The working folder the stack was started in.
        is_live: How to tell a running stack from a stale file; its process and its gateway are asked.
    """
    alive = is_live or (lambda state: process_lives(state.pid) and gateway_answers(state))
    state = read_state(folder)
    if state is not None and alive(state):
        return state
    if state_file(folder).exists():
        remove_state(folder)
    return None
