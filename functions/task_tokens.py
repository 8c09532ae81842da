"""How a Task that waits for its token is ended: by the notify function, and by what arms the wait.

It carries no verdict: the execution describes its statement then.
"""

import json
from typing import Any

from executions import answer, client

NOTHING = json.dumps({})
REFUSED = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")
"""Of a Task that is over, timed out, or was never begun."""


def complete(token: str, step_functions: Any = None) -> bool:
    """Complete a token; False where it is refused.

    Args:
        step_functions: the client to do it with; the environment's own by default.

    Raises:
        ExecutionNotReadable: the service did not answer, or would not.
    """
    step_functions_client = step_functions or client("stepfunctions")
    done = answer(step_functions_client.send_task_success, *REFUSED, taskToken=token, output=NOTHING)
    return done is not None
