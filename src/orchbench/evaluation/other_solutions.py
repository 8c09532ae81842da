"""The alternatives there are: Retry as the loop, a container that waits, Airflow, and nobody who waits.

None is deployed here and none was run. A fact whose source says so was found nowhere, and is assumed.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np

from orchbench.evaluation.alternatives import Alternative, Fact, Lag, Queries, Reaches
from orchbench.evaluation.candidate import Candidate
from orchbench.evaluation.estimate import Estimate, estimate_way
from orchbench.evaluation.limits import QUERY, quotas, reach
from orchbench.evaluation.tariff import Quantity
from orchbench.platforms.step_functions.platform import HISTORY_QUOTA, StepFunctionsPlatform
from orchbench.trace import Label
from orchbench.ways.durations import Policy
from orchbench.ways.state_machine_amounts import amounts
from orchbench.ways.usage import Ending, Usage

FORM = "closed form over its own facts"
LEAST_BILLED_SECONDS = 60
"""Of a Fargate task and of a Glue Python shell, which are billed by the second from then on."""
SYNC_TRANSITIONS = Decimal(2)
"""The task that waits, and the end; a third where something comes before it."""
TASK_VCPU, TASK_GB = Decimal("0.25"), Decimal("0.5")
SHELL_DPU = Decimal("0.0625")
GLUE_TIMEOUT_SECONDS = 48 * 3_600
HOURS_A_MONTH = Decimal(730)
SECONDS_AN_HOUR = Decimal(3_600)


# Submit, a Wait before the first check, then one Task: it is entered and left once, and every attempt writes
# TaskScheduled, TaskStarted and its end. The first attempt is a transition, and so is each retry.
RETRY_USAGE = Usage(
    quota=HISTORY_QUOTA,
    start=amounts(1 + 1, 1 + 5 + 2 + 2, submit=1),
    look=amounts(1, 3, status=1),
    endings={
        Ending.SUCCEEDED: amounts(1, 2 + 1),
        Ending.FAILED: amounts(1, 1 + 1),
        Ending.TIMED_OUT: amounts(1 + 1, 5 + 1 + 1, cancel=1),
    },
)
"""Of Retry as the loop: n + 3 transitions, 3n + 13 events and n + 1 invocations of a run that succeeds."""
_RETRY = Candidate("retry-loop", RETRY_USAGE, RETRY_USAGE.poll_budget, StepFunctionsPlatform.account_quotas)


def _retried(asked: Queries) -> Estimate:
    return estimate_way(
        _RETRY, asked.durations_seconds, asked.policy, asked.terms, float(asked.timeout_seconds)
    )


def _lag_of_polls(asked: Queries) -> Lag:
    return Lag(_retried(asked).lag.mean_seconds, Label.ESTIMATED, f"{FORM}: half the delay before a poll")


def _polled_until(policy: Policy) -> Reaches:
    """Return how long the history lasts where every poll is an attempt of one task."""
    found = reach(_RETRY, replace(policy, budget=False))
    source = f"{FORM}: {policy.shown}, {found.limited_by}, no poll budget"
    return Reaches(found.without_budget_seconds, source)


def _seen_by_the_task(_asked: Queries) -> Lag:
    source = "the task sees the end itself; how long .sync takes to notice the task's own end is not known"
    return Lag(0.0, Label.ASSUMED, source)


def _lag_of_the_triggerer(asked: Queries) -> Lag:
    source = "polled in the triggerer, taken to be as often as a way would"
    return Lag(_retried(asked).lag.mean_seconds, Label.ASSUMED, source)


def _unseen(_asked: Queries) -> Lag:
    return Lag(None, Label.ASSUMED, "nobody waits for the end")


def _until(seconds: float, source: str) -> Callable[[Policy], Reaches]:
    return lambda _policy: Reaches(seconds, source)


def _query_day(_policy: Policy) -> Reaches:
    return Reaches(float(quotas()[QUERY].value), quotas()[QUERY].source)


def _a_year(_policy: Policy) -> Reaches:
    quota = quotas()["sfn_execution_seconds"]
    return Reaches(float(quota.value), f"{quota.what}: {quota.source}")


def waiting_hours(asked: Queries) -> Decimal:
    """Return for how long a task is billed that waits for its query, on average.

    A whole second at a time, a minute at least, and up to the timeout, which stops it. Its start is left out.
    """
    waited = np.ceil(np.minimum(asked.durations_seconds, float(asked.timeout_seconds)))
    seconds = Decimal(int(np.maximum(waited, float(LEAST_BILLED_SECONDS)).sum())) / len(waited)
    return seconds / SECONDS_AN_HOUR


def _used(what: str, price: str, amount: Decimal) -> Quantity:
    return Quantity(what, price, amount, Label.ESTIMATED, FORM)


def _fargate(asked: Queries) -> Sequence[Quantity]:
    hours = waiting_hours(asked)
    return (
        _used("state transitions", "state_transition", SYNC_TRANSITIONS),
        _used("vCPU-hours", "fargate_vcpu_hour_x86_64", TASK_VCPU * hours),
        _used("GB-hours", "fargate_gb_hour_x86_64", TASK_GB * hours),
    )


def _glue(asked: Queries) -> Sequence[Quantity]:
    return (
        _used("state transitions", "state_transition", SYNC_TRANSITIONS),
        _used("DPU-hours", "glue_dpu_hour", SHELL_DPU * waiting_hours(asked)),
    )


_SYNC_FACTS = (
    Fact(
        "Two transitions and about ten history events a run: nothing is paid for what .sync polls.",
        "inferred from the kinds of events of a .sync task; not run",
    ),
    Fact("A start of 10 to 60 s is left out of cost and lag.", "found nowhere for 2026: assumed"),
    Fact(
        "A second is billed as a second, after a first minute.",
        "vantage.sh, learndataflow.online; AWS's page was not read",
    ),
)
_CONNECTION = (
    "the connection is the statement: it has no ClientToken, so one that drops has rolled back, or committed "
    "unseen, and a retry may run the batch twice; a stopped task's query ends only when the server notices"
)
_NOT_ONCE = "no: commit unknown if it drops"

ALTERNATIVES: Sequence[Alternative] = (
    Alternative(
        name=_RETRY.name,
        title="Retry as the loop",
        uses=lambda asked: _retried(asked).quantities,
        lag=_lag_of_polls,
        reaches=_polled_until,
        once="yes",
        besides="the baseline's functions; alarms on another metric than errors",
        promise="an error is a fault",
        breaks=(
            "every healthy poll is a failed invocation, so that errors, traces and alarms no longer tell a "
            "fault from a query that runs, and a bug with the name of a delay is retried until the timeout"
        ),
        facts=(
            Fact(
                "A retry is a state transition.",
                "docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling",
            ),
            Fact(
                "A retry writes 3 events: 361 retries made 1,090 in a bare machine.",
                "run on moto; inferred for AWS",
            ),
            Fact(
                "Delays are literals of the definition: an error name for each lets the input choose, and a "
                "delay is rounded to one of them, which is left out here.",
                "States Language; docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling",
            ),
        ),
    ),
    Alternative(
        name="fargate-task",
        title="A synchronous task on Fargate, 0.25 vCPU and 0.5 GB",
        uses=_fargate,
        lag=_seen_by_the_task,
        reaches=_a_year,
        once=_NOT_ONCE,
        besides="an image, a cluster, a VPC with subnets, a log group",
        promise="exactly once, nothing orphaned",
        breaks=_CONNECTION,
        facts=(
            *_SYNC_FACTS,
            Fact("A public IPv4 address is left out.", "no price was read"),
            Fact("It connects without the Data API, so that nothing ends it after 24 h.", "inferred"),
        ),
    ),
    Alternative(
        name="glue-shell",
        title="A Glue Python shell, 1/16 DPU",
        uses=_glue,
        lag=_seen_by_the_task,
        reaches=_until(float(GLUE_TIMEOUT_SECONDS), "the default timeout of a Glue job, which can be set"),
        once=_NOT_ONCE,
        besides="a Glue job, its script in S3",
        promise="exactly once, nothing orphaned",
        breaks=_CONNECTION,
        facts=(
            *_SYNC_FACTS,
            Fact(
                "A Python shell takes 0.0625 DPU at least, $0.0275 an hour.",
                "infracost's test data of a Glue job",
            ),
        ),
    ),
    Alternative(
        name="airflow",
        title="Airflow (MWAA), the deferrable operator",
        uses=lambda _asked: (),
        lag=_lag_of_the_triggerer,
        reaches=_query_day,
        once="not known: a retry may submit anew",
        besides="the environment, all month",
        promise="exactly once, no cost while idle",
        breaks=(
            "it is paid for whether anything runs or not, and no source says that its operator sends a "
            "ClientToken, so a retry of the task may run the batch twice"
        ),
        facts=(
            Fact("A small environment costs about $0.49 an hour.", "c3x.dev; AWS's page was not read"),
            Fact(
                "A deferred operator polls in the triggerer, which runs anyway.",
                "as the operator describes itself; not tried",
            ),
            Fact(
                "The operator of Airflow 3.3 finds its statement again on a retry.",
                "as the operator describes itself; not tried",
            ),
            Fact("Whoever runs an environment already pays nothing more.", "inferred"),
        ),
        standing=(
            Quantity(
                "environment",
                "airflow_small_environment_hour",
                HOURS_A_MONTH,
                Label.ASSUMED,
                "a small environment, 730 hours a month",
            ),
        ),
    ),
    Alternative(
        name="fire-and-forget",
        title="EventBridge Scheduler or a scheduled query, fire and forget",
        uses=lambda _asked: (_used("invocations of the scheduler", "scheduler_invocation", Decimal(1)),),
        lag=_unseen,
        reaches=_query_day,
        once="no: delivered at least once",
        besides="a schedule, or a rule, with its role",
        promise="an outcome, a deadline, exactly once",
        breaks=(
            "nobody waits: no outcome, no deadline, no cancel, and without a ClientToken an event that is "
            "delivered twice runs the batch twice"
        ),
        facts=(
            Fact(
                "A target takes up to 40 SQL statements and no ClientToken.",
                "EventBridge's API, RedshiftDataParameters",
            ),
            Fact(
                "EventBridge delivers at least once.",
                "inferred from EventBridge's delivery levels",
            ),
            Fact(
                "14 million invocations a month are free; they are taken off where that is asked for.",
                "cloudburn.io, March 2026",
            ),
            Fact("A scheduled query is taken to cost as much.", "no price was read: assumed"),
        ),
    ),
)
"""Every alternative, in the order of a table."""
