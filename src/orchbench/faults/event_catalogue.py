"""What goes wrong with the event of a statement's end, with who wakes by it and with what arms the wait.

Ways that poll ask for no event: they meet none of it, and must end as they do on any other day.
"""

from typing import Any

from orchbench.faults.rehearsed_fault import LONG_SECONDS, MINUTE, POLL, STOPPED, fault

QUARTER: dict[str, Any] = {"timeout_seconds": 900, "poll": POLL}
"""Longer than what arms a wait is tried for; ways without it poll so long and no longer."""

OF_STATEMENT_EVENTS = (
    # The Data API's event.
    fault("statement-event-lost", "the event of the statement's end is lost", "lose-statement-event"),
    fault(
        "statement-event-late",
        "the event of the statement's end is an hour late",
        "late-statement-event:seconds=3600",
    ),
    fault(
        "statement-event-twice",
        "the event of the statement's end comes twice",
        "duplicate-statement-event",
    ),
    fault(
        "statement-event-early",
        "the statement ends before its submit is answered, and so before anything waits",
        "crash-after:work=submit",
        duration=1,
    ),
    fault(
        "statement-event-between",
        "the statement ends between two waits",
        "forge-statement-event:at=10",
        "delay:work=look,seconds=5",
        duration=12,
    ),
    fault(
        "statement-event-of-another",
        "an event of another execution's statement",
        "forge-statement-event:at=10,of=another",
    ),
    fault(
        "statement-event-of-nobody",
        "an event that has the execution's name, and not its token",
        "forge-statement-event:at=10,of=nobody",
    ),
    fault(
        "statement-event-forged",
        "a forged event says FINISHED while the statement runs",
        "forge-statement-event:at=10",
    ),
    fault(
        "forged-in-queue",
        "the same while the statement queues",
        "queue:seconds=40",
        "forge-statement-event:at=10",
    ),
    fault(
        "forged-before-failure",
        "the same, and the SQL fails at 42 s",
        "forge-statement-event:at=10",
        "fail:at=42",
        ends="FAILED BatchFailed",
    ),
    fault(
        "forged-before-deadline",
        "the same, and the batch's own deadline passes",
        "forge-statement-event:at=10",
        duration=LONG_SECONDS,
        document=MINUTE,
        ends="FAILED BatchTimedOut",
    ),
    fault(
        "failure-event-lost",
        "the SQL fails at 42 s, and its event is lost",
        "fail:at=42",
        "lose-statement-event",
        ends="FAILED BatchFailed",
    ),
    fault(
        "abort-event-lost",
        "somebody cancels the statement at 42 s, and its event is lost",
        "abort:at=42",
        "lose-statement-event",
        ends="FAILED BatchAborted",
    ),
    fault(
        "cancel-event-lost",
        "the deadline passes, and the event of the statement that it cancels is lost",
        "lose-statement-event",
        duration=LONG_SECONDS,
        document=MINUTE,
        ends="FAILED BatchTimedOut",
    ),
    # Who wakes the execution.
    fault("notify-dies-before", "the function dies before it wakes the execution", "crash-before:work=wake"),
    fault("notify-dies-after", "the function dies after it woke the execution", "crash-after:work=wake"),
    fault("notify-hangs", "the function hangs where it would wake the execution", "hang:work=wake"),
    fault("notify-throttled", "waking is throttled 5 times", "throttle:work=wake,calls=5"),
    fault(
        "notify-dead-letter",
        "waking is throttled until the event is a dead letter",
        "throttle:work=wake,calls=0",
    ),
    fault("wake-answer-lost", "the answer of the call that wakes is lost", "lose-answer:work=wake"),
    fault(
        "history-stale",
        "a history without its newest wait is read, after a forged event",
        "forge-statement-event:at=10",
        "stale-history",
    ),
    fault(
        "earlier-token",
        "a history whose newest token is of an earlier wait is read",
        "forge-statement-event:at=10",
        "forge-statement-event:at=20",
        "stale-history:first_call=2",
    ),
    fault(
        "stop-while-woken",
        "a stop while the call that wakes is on its way",
        "delay:work=wake,seconds=4",
        "stop:work=wake,at=2",
        ends=STOPPED,
    ),
    # What arms the wait.
    fault("arm-throttled", "what arms the wait is throttled 5 times", "throttle:work=wait,calls=5"),
    fault(
        "arm-throttled-out",
        "what arms the wait is throttled until its retries run out",
        "throttle:work=wait,calls=0",
        duration=LONG_SECONDS,
        document=QUARTER,
        ends="FAILED DataApiThrottled",
    ),
    fault("arm-hangs", "what arms the wait hangs once", "hang:work=wait"),
    fault(
        "arm-hangs-on",
        "what arms the wait hangs at every attempt",
        "hang:work=wait,calls=0",
        duration=LONG_SECONDS,
        document=QUARTER,
        ends="FAILED HandlerTimedOut",
    ),
    fault("arm-dies-before", "the function dies before it looks, to arm the wait", "crash-before:work=wait"),
    fault("arm-dies-after", "the function dies after it looked, to arm the wait", "crash-after:work=wait"),
    fault(
        "arm-cannot-wake",
        "what arms the wait finds the end, and cannot end the wait",
        "throttle:work=wait,first_call=2,calls=0",
        duration=0,
    ),
    fault(
        "arm-cannot-wake-a-failure",
        "the same, and the statement that it finds has failed",
        "throttle:work=wait,first_call=2,calls=0",
        "fail:at=0",
        duration=0,
        ends="FAILED BatchFailed",
    ),
    fault(
        "arm-wakes-and-dies",
        "what arms the wait finds the end, ends the wait, and dies",
        "crash-after:work=wait,first_call=2",
        duration=0,
    ),
)
