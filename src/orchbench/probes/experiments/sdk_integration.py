"""Step Functions' own integration with the Data API: its error names, and whether it takes the long poll."""

from botocore.exceptions import ClientError

from orchbench.probes.lab import Lab
from orchbench.probes.permissions import MACHINE
from orchbench.probes.probe import Finding, Probe, Signs, inconclusive, judged, refuted
from orchbench.probes.state_machines import Machine, failures
from orchbench.trace import Json

USED_IN = ("docs/faults.md",)
RESOURCE = "arn:aws:states:::aws-sdk:redshiftdata:"
NO_STATEMENT = "00000000-0000-4000-8000-000000000000"
ASSUMED = "RedshiftData.RedshiftDataException"
AT_ONCE = 30
NOT_LOCAL = "the emulator of Step Functions has no integration with the Data API"


def task(action: str, arguments: Json) -> Json:
    """Return a Task that calls the Data API without a function."""
    return {"Type": "Task", "Resource": RESOURCE + action, "Parameters": arguments, "TimeoutSeconds": 60}


def access_denied(lab: Lab) -> Finding:
    """Call what the machine's role may not."""
    machine = Machine(lab, "denied", {"Cancel": task("cancelStatement", {"Id": NO_STATEMENT})})
    _status, events = machine.ended(machine.start())
    return _named(failures(events), "AccessDenied", "not authorized")


def throttling(lab: Lab) -> Finding:
    """List statements far more often than three times a second, in one Map."""
    inner = {"List": task("listStatements", {"MaxResults": 1}) | {"End": True}}
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
    """Describe a statement that is not there, with WaitTimeSeconds."""
    states = {"Look": task("describeStatement", {"Id": NO_STATEMENT, "WaitTimeSeconds": 5})}
    try:
        machine = Machine(lab, "long-poll", states)
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidDefinition":
            raise
        return refuted("Step Functions refuses a definition with the parameter.", said=str(error))
    _status, events = machine.ended(machine.start())
    named = failures(events)
    if not named:
        return inconclusive("The Task did not fail as a Task.", history=[event["type"] for event in events])
    name, cause = named[0]
    return judged(
        name.startswith("RedshiftData.") and "WaitTimeSeconds" not in cause,
        "The call reached the Data API, which knows no such statement.",
        "The parameter was refused.",
        error=name,
        cause=cause[:300],
    )


PROBES = (
    Probe(
        name="sdk-error-access-denied",
        claim=f"Denied access through an SDK integration has the error name {ASSUMED}.",
        used_in=USED_IN,
        how="A state machine of the probe's own calls cancelStatement, which its role may not.",
        signs=Signs(
            ASSUMED, "another name", "the call is not denied", "Name what was seen in Retry and Catch."
        ),
        permissions=MACHINE,
        attempt=access_denied,
        seconds=30,
        uses={"state_transition": 1},
        not_local=NOT_LOCAL,
    ),
    Probe(
        name="sdk-error-throttling",
        claim=f"Throttling through an SDK integration has the error name {ASSUMED}.",
        used_in=USED_IN,
        how=f"A Map calls listStatements {AT_ONCE} times at once; 3 a second are allowed.",
        signs=Signs(
            ASSUMED, "another name", "no call is throttled", "Name what was seen in Retry and Catch."
        ),
        permissions=MACHINE,
        attempt=throttling,
        seconds=30,
        uses={"state_transition": AT_ONCE + 2},
        not_local=NOT_LOCAL,
    ),
    Probe(
        name="sdk-wait-time-seconds",
        claim="Step Functions' SDK integration passes WaitTimeSeconds on to the Data API.",
        used_in=("docs/limits.md",),
        how="A Task describes a statement that does not exist, with WaitTimeSeconds.",
        signs=Signs(
            "the Data API's error about the statement",
            "an error about the parameter",
            "the Task fails in another way",
            "A way with a long poll in the definition cannot be built yet; keep it off.",
        ),
        permissions=MACHINE,
        attempt=long_poll,
        seconds=30,
        uses={"state_transition": 1},
        not_local=NOT_LOCAL,
    ),
)
