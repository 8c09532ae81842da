"""Step Functions' own integration with the Data API: its error names, and whether it takes the long poll."""

from botocore.exceptions import ClientError

from orchbench.probes.lab import Lab
from orchbench.probes.probe import Finding, confirmed, inconclusive, judged, refuted
from orchbench.probes.state_machines import Machine, ended_with, failures
from orchbench.trace import Json

USED_IN = ("docs/faults.md",)
NO_STATEMENT = "00000000-0000-4000-8000-000000000000"
ASSUMED = "RedshiftData.RedshiftDataException"
AT_ONCE = 30
MOST_WAIT_SECONDS = 30
"""That a call may wait for (Data API guide, long polling)."""
NOT_LOCAL = "the emulator of Step Functions has no integration with the Data API"


def task(lab: Lab, action: str, arguments: Json) -> Json:
    """Return a Task that calls the Data API without a function."""
    resource = f"arn:{lab.partition}:states:::aws-sdk:redshiftdata:{action}"
    return {"Type": "Task", "Resource": resource, "Parameters": arguments, "TimeoutSeconds": 60}


def access_denied(lab: Lab) -> Finding:
    """Call what the machine's role may not."""
    machine = Machine(lab, "denied", {"Cancel": task(lab, "cancelStatement", {"Id": NO_STATEMENT})})
    _status, events = machine.ended(machine.start())
    return _named(failures(events), "AccessDenied", "not authorized")


def throttling(lab: Lab) -> Finding:
    """List statements far more often than three times a second, in one Map."""
    inner = {"List": task(lab, "listStatements", {"MaxResults": 1}) | {"End": True}}
    each = {
        "Type": "Map",
        "ItemsPath": "$.items",
        "ItemProcessor": {"StartAt": "List", "States": inner},
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
        "End": True,
    }
    machine = Machine(lab, "throttled", {"Each": each, "Caught": {"Type": "Succeed"}})
    _status, events = machine.ended(machine.start({"items": list(range(AT_ONCE))}))
    return _named(failures(events), "Throttling", "Rate exceeded")


def _named(failed: list[tuple[str, str]], *marks: str) -> Finding:
    """Judge the name of the error that bears one of these marks."""
    names = [error for error, cause in failed if any(mark in error + cause for mark in marks)]
    if not names:
        return inconclusive("The error did not occur.", errors=[error for error, _cause in failed])
    return judged(
        set(names) == {ASSUMED},
        f"It is {ASSUMED}.",
        f"It is {', '.join(sorted(set(names)))}.",
        errors=sorted(set(names)),
    )


def long_poll(lab: Lab) -> Finding:
    """Describe a statement that is not there, with a wait that is allowed and with one that is too long."""
    look = {"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Look for too long"}]}
    states = {
        "Look": task(lab, "describeStatement", {"Id": NO_STATEMENT, "WaitTimeSeconds": 5}) | look,
        "Look for too long": task(
            lab, "describeStatement", {"Id": NO_STATEMENT, "WaitTimeSeconds": MOST_WAIT_SECONDS + 1}
        ),
    }
    try:
        machine = Machine(lab, "long-poll", states)
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidDefinition" or not _tells_of_the_wait(str(error)):
            raise
        return refuted("Step Functions refuses a definition with the parameter.", said=str(error))
    _status, events = machine.ended(machine.start())
    return judged_waits(failures(events), ended_with(events))


def judged_waits(failed: list[tuple[str, str]], ended: str) -> Finding:
    """Judge what the two looks ended with.

    Args:
        failed: the error and the cause of each Task that failed.
        ended: the cause of the execution's failure.
    """
    seen = {"errors": [f"{error}: {cause}"[:300] for error, cause in failed], "ended": ended[:300]}
    if _tells_of_the_wait(failed[0][1] if failed else ended):
        return refuted("The parameter was refused.", **seen)
    if len(failed) != 2 or not failed[0][0].startswith("RedshiftData."):
        return inconclusive("The looks did not fail as the Data API fails them.", **seen)
    # One that is dropped on the way cannot be too long.
    error, cause = failed[1]
    if error.startswith("RedshiftData.") and _tells_of_the_wait(cause):
        return confirmed(
            f"The Data API took 5 s and refused {MOST_WAIT_SECONDS + 1} s, so the parameter reached it.",
            **seen,
        )
    return inconclusive(
        f"{MOST_WAIT_SECONDS + 1} s were not refused: the parameter may have been dropped.", **seen
    )


def _tells_of_the_wait(text: str) -> bool:
    return "waittimeseconds" in text.lower()
