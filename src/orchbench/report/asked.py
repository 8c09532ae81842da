"""What the page's answer is about: how long queries take, how many run, and how late an end may be seen.

Where nobody says it, that is a query of an hour, a thousand times, polled every 10 s. Where a reader gives a
workload, it is a month of that, as ``orchbench decide`` answers it.
"""

from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from orchbench.evaluation.candidate import Candidate
from orchbench.evaluation.decision import Option, Promise, Question, best_of, option
from orchbench.evaluation.estimate import Terms
from orchbench.evaluation.polling import Floats
from orchbench.evaluation.tariff import Bill
from orchbench.evaluation.warehouse import Warehouse
from orchbench.report.figures import RUNS
from orchbench.ways.durations import Policy

DURATION_SECONDS, INTERVAL_SECONDS = 3_600, 10


def _an_hour() -> Floats:
    return np.array([float(DURATION_SECONDS)])


@dataclass(frozen=True)
class Asked:
    """The question of the page.

    Attributes:
        timeout_seconds: the batch's own.
        queries: what runs, in words.
        a_month: whether it is a month of a reader's workload, with all that a month is billed for.
    """

    durations_seconds: Floats = field(default_factory=_an_hour)
    promise: Promise = field(default_factory=lambda: Promise(INTERVAL_SECONDS))
    runs: Decimal = Decimal(RUNS)
    timeout_seconds: int = DURATION_SECONDS * 11 // 10
    queries: str = "a query of 1 h"
    a_month: bool = False

    @property
    def told_runs(self) -> str:
        """What the costs are of."""
        return f"{self.runs:,.0f} runs a month" if self.a_month else f"{self.runs:,.0f} one-hour runs"

    @property
    def per(self) -> str:
        """What a cost is given for, behind the amount."""
        return "a month" if self.a_month else f"per {self.runs:,.0f} runs"

    def question(self, terms: Terms, warehouse: Warehouse) -> Question:
        """Return it as a decision asks it."""
        return Question(
            durations_seconds=self.durations_seconds,
            runs_a_month=self.runs,
            promise=self.promise,
            timeout_seconds=self.timeout_seconds,
            terms=terms,
            warehouse=warehouse,
        )

    def planned(self, question: Question, candidate: Candidate) -> Option:
        """Return how a way polls for it: the cheapest that keeps the promise, or as asked where none does."""
        shortest = question.promise.policies(candidate, self.timeout_seconds, 1)[0]
        return best_of(question, candidate) or option(question, candidate, shortest)

    def polled(self, question: Question, candidate: Candidate, policy: Policy) -> Bill:
        """Return what everything that is asked about costs on a way with a policy."""
        return self.bill(option(question, candidate, policy))

    def bill(self, found: Option) -> Bill:
        """Return what everything that is asked about costs."""
        return found.month.bill if self.a_month else found.estimate.bill_of(self.runs)

    def redshift_usd(self, question: Question) -> Decimal:
        """Return what Redshift costs for it."""
        if self.a_month or question.warehouse is None:
            return question.warehouse_usd
        return question.warehouse.usd(self.durations_seconds, self.timeout_seconds) * self.runs


THE_HOUR = Asked()
