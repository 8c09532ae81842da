"""The baseline without a function in the loop: the state machine calls the Data API itself."""

from dataclasses import replace

from orchbench.platforms.step_functions.platform import HISTORY_QUOTA
from orchbench.trace import Work
from orchbench.ways.state_machine_amounts import amounts
from orchbench.ways.usage import Ending, Usage
from orchbench.ways.way import Variation, Way

# The function that prepares a batch is a Task more than the baseline has. Whatever is no success ends through
# a Pass that names it, the cancel function, and a Choice. A success is read by one more look, without a wait.
ENDINGS = {
    Ending.SUCCEEDED: amounts(1, 5 + 1),
    Ending.FAILED: amounts(4, 2 + 5 + 2 + 1 + 1, cancel=1),
    Ending.TIMED_OUT: amounts(4, 2 + 5 + 2 + 1 + 1, cancel=1),
    Ending.TOO_LATE: amounts(4, 2 + 5 + 2 + 2 + 1, cancel=1),
}
START = amounts(2, 1 + 5 + 5, prepare=1)
LOOK = amounts(2, 5 + 2)
_SAME = Usage(
    quota=HISTORY_QUOTA,
    start=START,
    wait=amounts(1, 2),
    look=LOOK,
    endings=ENDINGS,
    # Four events are left for a wait and for the beginning of a look, which is refused before it is made.
    refused_poll=amounts(2, 4 + 1),
    # The Pass that names the deadline, and the beginning of the cancel.
    refused_ending=amounts(2, 4 + 1),
    # The result is read, but no event is left for its end.
    refused_success=amounts(1, 4 + 1),
    death="Runtime",
)
# A Pass takes the next delay from the list: before every wait but the first, whose delay is prepared.
_PASS = amounts(1, 2)
_USAGE = replace(
    _SAME,
    changing_delays=replace(
        _SAME,
        start=amounts(2 - 1, 1 + 5 + 5 - 2, prepare=1),
        wait=_SAME.wait + _PASS,
    ),
)
LACKS = {
    "polls": "a definition counts nothing while it only asks and waits",
    "statements": "a definition cannot shape a list, and the answer's own repeats the SQL",
    "statement_count": "an answer to a look may not have what would be counted",
    "query_seconds": "no state divides nanoseconds, nor is it documented how one would write them",
    "parameters": "a definition could not leave them out of an execution that has none, so it refuses them",
    "long SQL": "it travels through payloads of 256 KiB, so more than 100 KiB of it is refused",
    "execution_mode": "Step Functions may not know the parameter yet, so AUTO_COMMIT is refused",
    "the deadline": "it counts from before the submit, in whole seconds: no state computes with CreatedAt; "
    "and 21 attempts at a call that fails go on past it, ten minutes at most, as Retry knows no deadline",
    "all of the output": "where the result of a batch that has committed cannot be read, by 21 attempts and "
    "an assumed catch of States.Runtime, the execution succeeds with the statement's id and status",
    "result_rows": "a number that the service does not know is its own -1: no state takes the larger of two",
    "metrics of a poll": "no function looks, so none writes them",
    "SQL out of the history": "the submit's request and each answer to a look hold it, though no state does",
    "the name of denied access": "the SDK has one name for it and for throttling, as assumed, so it ends as "
    "DataApiThrottled, once all retries are used up",
}

WAY = Way(
    name="sfn-direct",
    platform_name="step-functions",
    title="Step Functions, calling the Data API itself",
    target_output="SfnDirectStateMachineArn",
    implementation="statemachine/sfn_direct.asl.json",
    lacks=LACKS,
    refuses=("parameters", "execution_mode"),
    works={
        "Prepare batch": Work.PREPARE,
        "Submit batch": Work.SUBMIT,
        "Wait before first check": Work.WAIT,
        "Wait before check": Work.WAIT,
        "Wait until deadline": Work.WAIT,
        "Check status": Work.LOOK,
        "Cancel batch": Work.CANCEL,
    },
    usage=_USAGE,
    functions=("prepare", "cancel"),
    workers={Work.PREPARE: "prepare", Work.CANCEL: "cancel"},
    varies=Variation("sfn-poll", "no function in the loop"),
)
