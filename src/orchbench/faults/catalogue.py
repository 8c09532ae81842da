"""The faults that the matrix rehearses, each by a name, in one sentence and as a scenario.

A row's scenario is the same for every way. Faults that recover meet a batch of 95 s polled every 10 s; faults
that end an execution meet a batch long enough to outlive it, so that only a cancel can stop it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from orchbench.faults.unmeetable import without_a_lag, without_polls, without_what_a_fault_meets
from orchbench.rehearsal.fault import Fault
from orchbench.rehearsal.scenario import Scenario
from orchbench.virtual_time.application import Application, load_application
from orchbench.ways import Way

RECOVERED_SECONDS = 95.0
"""Ends between two checks."""
LONG_SECONDS = 20_000.0
"""Runs on whatever happens to its execution, and past the sweeps."""
POLL = {"policy": "fixed", "interval_seconds": 10}
HOURS: dict[str, Any] = {"timeout_seconds": 10_000, "poll": POLL}
"""Short enough that no poll budget stretches a delay: each way has its own."""
MINUTE: dict[str, Any] = {"timeout_seconds": 60, "poll": POLL}
SEED = 11
SUCCEEDED, STOPPED = "SUCCEEDED", "STOPPED"


@dataclass(frozen=True)
class RehearsedFault:
    """A row of the matrix.

    Attributes:
        what: what goes wrong, in a few words.
        ends: how an execution must end, with the error's name where it fails: ``FAILED BatchFailed``.
        while_it_polls: whether the fault meets looks while the statement runs, which only some ways make.
        before_it_looks: whether it falls between the statement's end and the look that sees it.
        execution_timeout_seconds: of the machine and of the durable execution, where the row needs a
            shorter one than is deployed.
    """

    name: str
    what: str
    scenario: Scenario
    ends: str = SUCCEEDED
    while_it_polls: bool = False
    before_it_looks: bool = False
    execution_timeout_seconds: int | None = None

    def unmeetable(self, way: Way) -> str | None:
        """Return why a way cannot meet this fault, or None."""
        lacking = without_what_a_fault_meets(way, self.scenario.faults)
        polls = without_polls(way) if self.while_it_polls else None
        return lacking or polls or (without_a_lag(way) if self.before_it_looks else None)

    def deployed(self, application: Application | None = None) -> Application | None:
        """Return an application as the row needs it; None for the project's own template as it is."""
        seconds = self.execution_timeout_seconds
        if seconds is None:
            return application
        return _ending_after(application or load_application(InlineSqlAllowed="false"), seconds)


def _fault(
    name: str,
    what: str,
    *faults: str,
    duration: float = RECOVERED_SECONDS,
    document: Mapping[str, Any] | None = None,
    ends: str = SUCCEEDED,
    while_it_polls: bool = False,
    before_it_looks: bool = False,
    execution_timeout_seconds: int | None = None,
) -> RehearsedFault:
    scenario = Scenario(
        duration_seconds=duration,
        input=dict(document or HOURS),
        name=name,
        faults=tuple(map(Fault.parse, faults)),
        seed=SEED,
    )
    return RehearsedFault(
        name, what, scenario, ends, while_it_polls, before_it_looks, execution_timeout_seconds
    )


def _ending_after(application: Application, seconds: int) -> Application:
    """Return the same deployment with a shorter timeout of its executions."""
    functions = {
        name: replace(one, execution_timeout_seconds=seconds) if one.execution_timeout_seconds else one
        for name, one in application.functions.items()
    }
    machines = {
        name: replace(
            one, definition=one.definition.replace('"TimeoutSeconds": 90000', f'"TimeoutSeconds": {seconds}')
        )
        for name, one in application.state_machines.items()
    }
    return replace(application, functions=functions, state_machines=machines)


REHEARSED = (
    # The statement.
    _fault("statement-fails", "the SQL fails at 42 s", "fail:at=42", ends="FAILED BatchFailed"),
    _fault(
        "statement-aborted",
        "somebody cancels the statement at 42 s",
        "abort:at=42",
        ends="FAILED BatchAborted",
    ),
    _fault(
        "aborted-in-queue",
        "somebody cancels it while it queues",
        "queue:seconds=60",
        "abort:at=42",
        ends="FAILED BatchAborted",
    ),
    _fault("long-queue", "the statement queues for 40 s", "queue:seconds=40"),
    _fault(
        "unknown-status",
        "a status that nobody knows",
        "unknown-status:at=42",
        duration=LONG_SECONDS,
        ends="FAILED UnknownStatementStatus",
    ),
    _fault(
        "deadline",
        "the batch's own deadline passes",
        duration=LONG_SECONDS,
        document=MINUTE,
        ends="FAILED BatchTimedOut",
    ),
    _fault("ends-at-deadline", "the batch ends in the second of its deadline", duration=60, document=MINUTE),
    _fault(
        "ends-before-cancel",
        "the batch ends between its deadline and its cancel",
        "delay:work=cancel,seconds=5",
        duration=62,
        document=MINUTE,
    ),
    # The submit.
    _fault("submit-throttled", "the submit is throttled 5 times", "throttle:work=submit,calls=5"),
    _fault(
        "submit-throttled-out",
        "the submit is throttled until its retries run out",
        "throttle:work=submit,calls=0",
        duration=LONG_SECONDS,
        ends="FAILED DataApiThrottled",
    ),
    _fault("submit-disconnected", "the submit's connection breaks", "disconnect:work=submit,calls=4"),
    _fault("submit-answer-lost", "the submit's answer is lost", "lose-answer:work=submit,calls=4"),
    _fault(
        "submit-never-answered",
        "no answer to any submit arrives",
        "lose-answer:work=submit,calls=0",
        duration=LONG_SECONDS,
        ends="FAILED DataApiUnavailable",
    ),
    _fault(
        "submit-slow",
        "the submit takes effect after its caller gave up waiting",
        "delay:work=submit,seconds=25",
    ),
    _fault("crash-before-submit", "the function dies before its submit", "crash-before:work=submit"),
    _fault("crash-after-submit", "the function dies after its submit", "crash-after:work=submit"),
    _fault(
        "submit-hangs", "the submit hangs for ever", "hang:work=submit,calls=0", ends="FAILED HandlerTimedOut"
    ),
    # The checks.
    _fault(
        "checks-throttled",
        "a check is throttled 9 times",
        "throttle:work=look,nth=3,calls=9",
        while_it_polls=True,
    ),
    _fault(
        "checks-throttled-out",
        "a check is throttled until its retries run out",
        "throttle:work=look,nth=3,calls=21",
        duration=LONG_SECONDS,
        ends="FAILED DataApiThrottled",
    ),
    _fault(
        "data-api-away",
        "the Data API fails for 15 s",
        "unavailable:work=look,since=30,until=45",
        while_it_polls=True,
    ),
    _fault(
        "data-api-stays-away",
        "the Data API fails until the retries run out",
        "unavailable:work=look,nth=3,calls=21",
        duration=LONG_SECONDS,
        ends="FAILED DataApiUnavailable",
    ),
    _fault(
        "last-answer-lost",
        "the answer of the check that sees the end is lost",
        "lose-answer:work=look,nth=last",
    ),
    _fault(
        "slow-network",
        "every answer takes 4 s",
        "delay:work=submit,seconds=4,calls=0",
        "delay:work=look,seconds=4,calls=0",
    ),
    _fault("crash-before-check", "the function dies before a check", "crash-before:work=look"),
    _fault(
        "crash-after-check",
        "the function dies after a check",
        "crash-after:work=look,nth=3",
        while_it_polls=True,
    ),
    _fault("check-hangs", "a check hangs once", "hang:work=look,nth=2", while_it_polls=True),
    _fault(
        "checks-hang",
        "a check hangs at every attempt",
        "hang:work=look,nth=2,calls=7",
        duration=LONG_SECONDS,
        ends="FAILED HandlerTimedOut",
    ),
    _fault(
        "check-meets-all",
        "a check is throttled, dies, hangs, and is throttled again",
        "throttle:work=look,nth=3,calls=6",
        "crash-before:work=look,nth=3,first_call=7",
        "hang:work=look,nth=3,first_call=8,calls=2",
        "throttle:work=look,nth=3,first_call=10,calls=6",
        while_it_polls=True,
    ),
    _fault(
        "check-meets-too-much",
        "a check is throttled four times, and hangs then",
        "throttle:work=look,nth=3,calls=12",
        "hang:work=look,nth=3,first_call=13,calls=3",
        duration=LONG_SECONDS,
        ends="FAILED HandlerTimedOut",
    ),
    _fault("checkpoint-lost", "a checkpoint is not saved", "checkpoint:work=submit"),
    # The execution's own cancel.
    _fault(
        "cancel-answer-lost",
        "the answer of the deadline's cancel is lost",
        "lose-answer:work=cancel",
        duration=LONG_SECONDS,
        document=MINUTE,
        ends="FAILED BatchTimedOut",
    ),
    _fault(
        "cancel-refused",
        "the deadline's cancel is not taken until its retries run out",
        "unavailable:work=cancel,calls=21",
        duration=LONG_SECONDS,
        document=MINUTE,
        ends="FAILED BatchTimedOut",
    ),
    _fault(
        "cancel-after-hang",
        "a check hangs at every attempt, and its cancel at all but the last",
        "hang:work=look,nth=2,calls=7",
        "hang:work=cancel,calls=6",
        duration=LONG_SECONDS,
        ends="FAILED HandlerTimedOut",
    ),
    _fault(
        "deadline-in-queue",
        "the deadline passes while the statement queues, for ten minutes",
        "queue:seconds=600",
        duration=LONG_SECONDS,
        document=MINUTE,
        ends="FAILED BatchTimedOut",
    ),
    _fault(
        "deadline-in-longer-queue",
        "the same for longer than the execution tries to cancel it",
        "queue:seconds=5000",
        duration=LONG_SECONDS,
        document=MINUTE,
        ends="FAILED BatchTimedOut",
    ),
    _fault(
        "runs-after-deadline",
        "the statement leaves the queue after its deadline, and ends before the next cancel",
        "queue:seconds=61",
        duration=1,
        document=MINUTE,
    ),
    _fault(
        "refused-then-throttled",
        "the deadline passes in the queue, and the eighth cancel is throttled",
        "queue:seconds=1500",
        "throttle:work=cancel,first_call=8,calls=3",
        duration=LONG_SECONDS,
        document=MINUTE,
        ends="FAILED BatchTimedOut",
    ),
    _fault(
        "crash-after-cancel",
        "the function dies after the deadline's cancel",
        "crash-after:work=cancel",
        duration=LONG_SECONDS,
        document=MINUTE,
        ends="FAILED BatchTimedOut",
    ),
    # The execution.
    _fault("second-start", "the execution is started twice", "duplicate-start:at=5"),
    _fault("stop", "an operator stops the execution", "stop:at=33", duration=LONG_SECONDS, ends=STOPPED),
    _fault(
        "stop-during-submit",
        "a stop while the submit is on its way",
        "delay:work=submit,seconds=8",
        "stop:work=submit,at=4",
        duration=LONG_SECONDS,
        ends=STOPPED,
    ),
    _fault(
        "stop-during-check",
        "a stop while a check is on its way",
        "delay:work=look,nth=2,seconds=8",
        "stop:work=look,nth=2,at=4",
        duration=LONG_SECONDS,
        ends=STOPPED,
    ),
    _fault(
        "stop-in-queue",
        "a stop while the statement queues, for less than the event's attempts",
        "queue:seconds=120",
        "stop:at=33",
        duration=LONG_SECONDS,
        ends=STOPPED,
    ),
    _fault(
        "stop-in-long-queue",
        "a stop while the statement queues, for longer than the event's attempts",
        "queue:seconds=600",
        "stop:at=33",
        duration=LONG_SECONDS,
        ends=STOPPED,
    ),
    _fault(
        "stop-after-end",
        "a stop after the batch ended, before a check",
        "stop:at=97",
        ends=STOPPED,
        before_it_looks=True,
    ),
    _fault(
        "execution-times-out",
        "the service's own timeout ends the execution",
        duration=LONG_SECONDS,
        execution_timeout_seconds=75,
        ends="TIMED_OUT",
    ),
    _fault("sweep", "the sweep comes by while the execution runs", "sweep:at=33"),
    # The event of its end.
    _fault(
        "event-lost",
        "a stop whose event is lost",
        "stop:at=33",
        "lose-event",
        duration=LONG_SECONDS,
        ends=STOPPED,
    ),
    _fault(
        "event-late",
        "a stop whose event is 90 s late",
        "stop:at=33",
        "late-event:seconds=90",
        duration=LONG_SECONDS,
        ends=STOPPED,
    ),
    _fault(
        "event-twice",
        "a stop whose event comes twice",
        "stop:at=33",
        "duplicate-event",
        duration=LONG_SECONDS,
        ends=STOPPED,
    ),
    _fault(
        "event-dead-letter",
        "a stop whose event cannot be acted on three times",
        "stop:at=33",
        "unavailable:since=33,until=300",
        duration=LONG_SECONDS,
        ends=STOPPED,
    ),
)
