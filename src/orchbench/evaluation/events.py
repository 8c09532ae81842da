"""How late ends are seen, as a document has it; of a way that waits for an event at both of its ends."""

from orchbench.evaluation.assumptions import Assumption
from orchbench.evaluation.estimate import EVENT_SECONDS, LOST, OVER_QUERIES, Estimate
from orchbench.evaluation.figures import figure
from orchbench.evaluation.tariff import plain
from orchbench.trace import Json, Label

OF_EVENTS = "the share lost times the mean wait for the slow poll, and the rest as soon as its event comes"
OF_LOST = "closed form: ends at any moment between two of the slow polls"
OF_ANY = "closed form: the longest delay of the slow poll up to the timeout"
SUM = "the sum of the bill's lines"
ANY_MOMENT = f"{OVER_QUERIES}: of ends at any moment between two polls"
ANY_END = f"{OVER_QUERIES}: of a query that may end at any moment, the longest delay"


def lag_figures(found: Estimate) -> Json:
    """Return mean, 95th percentile and worst; without a value where no query is seen to end."""
    lag, source, label = found.lag, ANY_MOMENT, Label.ESTIMATED
    if found.candidate.is_woken:
        source, label = OF_EVENTS, Label.ASSUMED
    worst = None if found.followed.watched.unseen.all() else lag.worst_seconds
    return {
        "detection_lag_mean": figure(_rounded(lag.mean_seconds), "s", label, source),
        "detection_lag_p95": figure(_rounded(lag.p95_seconds), "s", label, source),
        "detection_lag_worst": figure(_rounded(worst), "s", Label.ESTIMATED, ANY_END),
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 6)


def both_ends(found: Estimate) -> Json | None:
    """Return the figures of both ends; None for a way that waits for no event."""
    if not found.candidate.is_woken:
        return None
    lost, assumed = found.when_lost.lag, found.terms.assumed.named

    def cost(one: Estimate) -> Json:
        return figure(plain(one.bill.total_usd), "USD a run", one.bill.label, SUM)

    return {
        "fallback": found.policy.shown,
        "lost_share": assumed_figure(assumed[LOST]),
        "lag_when_it_comes": assumed_figure(assumed[EVENT_SECONDS]),
        "mean_lag_when_lost": figure(lost.mean_seconds, "s", Label.ESTIMATED, OF_LOST),
        "worst_lag_when_lost": figure(lost.worst_seconds, "s", Label.ESTIMATED, OF_ANY),
        "cost_when_it_comes": cost(found.when_told),
        "cost_when_lost": cost(found.when_lost),
        "probe": found.candidate.probe or None,
    }


def assumed_figure(one: Assumption) -> Json:
    """Return an assumption as a figure."""
    return figure(float(one.value), one.unit, Label(one.label), one.source)
