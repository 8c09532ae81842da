"""Whether the process that started this one still runs, so that nothing is left behind when it is killed."""

import os
from pathlib import Path


def is_alive(process_id: int) -> bool:
    """Tell whether a process runs; one that has died and waits to be reaped does not."""
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    state = Path(f"/proc/{process_id}/stat")
    try:
        return state.read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        # Without /proc the signal's answer counts; with it the process has just gone.
        return not Path("/proc/self/stat").exists()
