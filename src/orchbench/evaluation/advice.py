"""A decision written down: one document, every figure of it with its label and its source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from orchbench.evaluation.decision import Decision, Flip, Option
from orchbench.evaluation.estimate import CLOSED_FORM, estimated_quantities
from orchbench.evaluation.figures import figure, given, told_excess, told_usd
from orchbench.evaluation.limits import policy_rows
from orchbench.evaluation.loads import Load
from orchbench.evaluation.polling import PollColumns, poll
from orchbench.evaluation.prices import PriceList
from orchbench.evaluation.rates import price_keys
from orchbench.evaluation.sensitivity import RUNS, Growth, Turn, growths, turns
from orchbench.evaluation.tariff import Bill, bill_to_json, each_once, plain, priced
from orchbench.evaluation.used import used_by
from orchbench.evaluation.workload import Workload
from orchbench.trace import Json, Label
from orchbench.ways.durations import Policy, shown_duration

MEMORY_SIZES_MB = (128, 256, 512, 1_024, 1_769)
SOURCE = "closed form over the workload"
NO_POLLS = "it waits for an event, and no poll interval decides how soon it sees an end"
OF_DURATIONS = f"{SOURCE}: of the ends of the given durations"
OF_ANY_END = f"{SOURCE}: of a query that may end at any moment, the longest delay"


@dataclass(frozen=True)
class Advice:
    """What an answer is written from.

    Attributes:
        runs: a month.
        budget_usd: a month's, None where there is none.
    """

    decision: Decision
    workload: Workload
    prices: PriceList
    architecture: str
    runs: Decimal
    budget_usd: Decimal | None = None
    free_tier: bool = False

    def document(self) -> Json:
        """Return the answer as JSON values."""
        every = self.decision.best
        fits = bool(every) and not self.decision.exceeded(every[0])
        # Where nothing fits, nothing is advised: what could be polled is shown, and why it does not fit.
        best = every if fits else []
        question = self.decision.question
        shown = [self._option(option) for option in best]
        beyond = [] if fits else [self._option(option) for option in every]
        would_fit = None if fits or not every else self._would_fit()
        return {
            "schema": "orchbench.decision/1",
            "question": self._question(),
            "fits": fits,
            "recommended": shown[0] if shown else None,
            "runner_up": self._runner_up(best, shown),
            "others": shown[2:],
            "beyond_quotas": beyond,
            "would_fit": would_fit,
            "left_out": [
                self._left_out(one.name)
                for one in self.decision.candidates
                if one.name not in {option.way for option in every}
            ],
            "flips": [_flip(one) for one in self._flips(best)],
            "adaptive": self._adaptive(best),
            "sensitivity": [_turn(turn, question.assumed.named) for turn in turns(self.decision, best)],
            "growth": [_growth(one) for one in growths(self.decision, best[0])] if best else [],
            "memory": self._memory(best),
            "limits": [load.to_json() for load in self.decision.loads(every[0])] if every else [],
            "within_budget": self._within_budget(best, shown),
            "said": self._said(every, shown, would_fit),
            "notes": each_once(
                line["note"] for one in [*shown, *beyond] for line in one["bill"]["lines"] if line["note"]
            ),
        }

    def _told_prices(self) -> str:
        usages = [one.usage for one in self.decision.candidates]
        return self.prices.told(price_keys(usages, self.architecture))

    def _question(self) -> Json:
        workload, question = self.workload, self.decision.question
        durations = workload.durations_seconds
        return {
            "queries": figure(len(durations), "queries", workload.label, workload.source),
            "median_duration": figure(float(np.median(durations)), "s", workload.label, workload.source),
            "longest_duration": figure(float(durations.max()), "s", workload.label, workload.source),
            "runs_a_month": given(plain(self.runs), "runs"),
            "acceptable_lag": given(question.acceptable_lag_seconds, "s"),
            "timeout": figure(
                question.timeout_seconds, "s", Label.ASSUMED, "given, or from the longest query"
            ),
            "peak_factor": given(question.peak_factor, "times the average"),
            "free_tier": self.free_tier,
            "region": self.prices.region,
            "memory_mb": given(question.memory_mb, "MB"),
            "architecture": self.architecture,
        }

    def _followed(self, option: Option) -> PollColumns:
        question = self.decision.question
        durations = question.durations_seconds
        timeout = np.full(len(durations), float(question.timeout_seconds))
        policies = policy_rows(option.polled.policy, len(durations))
        return poll(durations, timeout, policies, option.candidate.budget_polls)

    def _bill(self, option: Option) -> Bill:
        """Return a month's bill in Decimal."""
        question = self.decision.question
        policies = policy_rows(option.polled.policy, len(question.durations_seconds))
        used = used_by(self._followed(option), policies, float(question.assumed["kept_warm_seconds"]))
        quantities = estimated_quantities(
            option.candidate.usage,
            used,
            memory_mb=question.memory_mb,
            architecture=self.architecture,
            assumed=question.assumed,
        )
        return priced(quantities, self.prices, runs=self.runs, free_tier=self.free_tier)

    def _option(self, option: Option) -> Json:
        polled, bill = option.polled, self._bill(option)
        exceeded = self.decision.exceeded(option)

        def estimated(value: float | None, unit: str, source: str = SOURCE) -> Json:
            return figure(None if value is None else round(value, 6), unit, Label.ESTIMATED, source)

        return {
            "way": option.way,
            "fits": not exceeded,
            "exceeded": [load.to_json() for load in exceeded],
            "poll": polled.policy.shown,
            "interval": figure(
                polled.policy.minimum_seconds, "s", Label.ESTIMATED, "the cheapest within the lag"
            ),
            "usd_a_month": figure(plain(bill.total_usd), "USD", bill.label, "the sum of the bill's lines"),
            "polls": estimated(polled.mean_polls, "polls a run"),
            "most_polls": estimated(polled.most_polls, "polls of the longest run"),
            "detection_lag_mean": estimated(polled.lag_mean_seconds, "s", OF_DURATIONS),
            "detection_lag_p95": estimated(polled.lag_p95_seconds, "s", OF_DURATIONS),
            "detection_lag_worst": estimated(polled.lag_worst_seconds, "s", OF_ANY_END),
            "timed_out_share": estimated(polled.timed_out_share, "of the runs"),
            "bill": bill_to_json(bill),
        }

    def _runner_up(self, best: Sequence[Option], shown: Sequence[Json]) -> Json | None:
        if len(best) < 2:
            return None
        more = Decimal(shown[1]["usd_a_month"]["value"]) - Decimal(shown[0]["usd_a_month"]["value"])
        label = max((one["usd_a_month"]["label"] for one in shown[:2]), key=list(Label).index)
        dearest = max(
            best[1].parts,
            key=lambda part: float(part.usd) - _part_usd(best[0], part.name),
        )
        costs = "costs more" if more > 0 else "costs as much" if not more else "costs less"
        why = f"{best[1].way} sees the same ends and {costs}"
        if more > 0:
            why += f", most of it for {dearest.name}"
        exceeded = self.decision.exceeded(best[1])
        if exceeded:
            why += f"; it does not fit: {_shares(exceeded)}"
        return {
            **shown[1],
            "costs_more": figure(plain(more), "USD a month", Label(label), "difference of the two bills"),
            "why": why,
        }

    def _left_out(self, way: str) -> Json:
        candidate = next(one for one in self.decision.candidates if one.name == way)
        if not candidate.polls:
            return {"way": way, "why": NO_POLLS, "shortest_lag": None}
        if self.decision.question.none_ends:
            return {"way": way, "why": "every query runs longer than the timeout", "shortest_lag": None}
        if candidate.budget_polls is None:
            return {"way": way, "why": "no interval of it is within the lag", "shortest_lag": None}
        shortest = self.decision.option(candidate, Policy.fixed(1)).polled.longest_delay_seconds
        return {
            "way": way,
            "why": f"its poll budget of {candidate.budget_polls:,} polls is too small for the timeout",
            "shortest_lag": figure(shortest, "s", Label.ESTIMATED, CLOSED_FORM),
        }

    def _flips(self, best: Sequence[Option]) -> list[Flip]:
        return self.decision.flips(best[0].way, best[0].polled.policy.minimum_seconds) if best else []

    def _adaptive(self, best: Sequence[Option]) -> Json | None:
        """Return what the adaptive policy costs instead, its longest delay within the lag."""
        longest = int(self.decision.question.acceptable_lag_seconds)
        if not best or longest < 2:
            return None
        policy = Policy(0.05, 2, min(300, longest))
        return self._option(self.decision.option(best[0].candidate, policy))

    def _memory(self, best: Sequence[Option]) -> list[Json]:
        """Return the cheapest way for other memory sizes, at the intervals that are recommended."""
        found = []
        for size in MEMORY_SIZES_MB:
            changed = self.decision.with_question(memory_mb=size)
            options = [changed.option(one.candidate, one.polled.policy) for one in best]
            if options:
                cheapest = min(options, key=lambda one: one.usd_a_month)
                cost = round(cheapest.usd_a_month, 9)
                found.append(
                    {
                        "memory_mb": figure(size, "MB", Label.ASSUMED, "one of the sizes that are looked at"),
                        "way": cheapest.way,
                        "usd_a_month": figure(cost, "USD", Label.ASSUMED, SOURCE),
                    }
                )
        return found

    def _would_fit(self) -> Json | None:
        """Return the shortest interval beyond the acceptable lag that fits every quota."""
        lag = int(self.decision.question.acceptable_lag_seconds)
        found = self.decision.accepted(lag)
        return self._option(found[0]) if found else None

    def _within_budget(self, best: Sequence[Option], shown: Sequence[Json]) -> Json | None:
        if self.budget_usd is None or not best:
            return None
        cost = Decimal(shown[0]["usd_a_month"]["value"])
        fits = cost <= self.budget_usd
        document: Json = {
            "fits": fits,
            "budget": given(plain(self.budget_usd), "USD a month"),
        }
        if not fits:
            affordable = self._affordable(self.budget_usd)
            document["shortest_interval_within_it"] = (
                figure(affordable.polled.policy.minimum_seconds, "s", Label.ESTIMATED, SOURCE)
                if affordable
                else None
            )
            document["way"] = affordable.way if affordable else None
            document["within_acceptable_lag"] = affordable is not None and self.decision.feasible(affordable)
        return document

    def _affordable(self, budget_usd: Decimal) -> Option | None:
        """Return the shortest interval whose bill stays within a budget, to the second."""
        # The sum in floating point only sorts out; the bill decides.
        most = float(budget_usd) * (1 + 1e-9) + 1e-12
        interval = 0
        while found := self.decision.accepted(interval, most):
            for option in found:
                if self._bill(option).total_usd <= budget_usd:
                    return option
            interval = found[0].polled.policy.minimum_seconds
        return None

    def _said(self, every: Sequence[Option], shown: Sequence[Json], would_fit: Json | None) -> str:
        question = self.decision.question
        if question.none_ends:
            return (
                f"Every query runs longer than the timeout of {question.timeout_seconds:,} s, so no way sees "
                "one end: give a longer timeout."
            )
        if not any(one.polls for one in self.decision.candidates):
            return f"There is nothing to decide: of each way that is asked for, {NO_POLLS}."
        if not every:
            return (
                "No way sees every query end within "
                f"{question.acceptable_lag_seconds:g} s up to a timeout of "
                f"{question.timeout_seconds:,} s: accept a longer lag, or a shorter timeout."
            )
        plan = f"{every[0].way}, a poll every {every[0].polled.policy.minimum_seconds} s"
        if not shown:
            needs = _shares(self.decision.exceeded(every[0]))
            return f"No plan fits: {plan}, needs {needs}. {_fitting(would_fit)}"
        cost = Decimal(shown[0]["usd_a_month"]["value"])
        said = f"{plan}: ${told_usd(cost)} a month at list prices of {self._told_prices()}"
        if self.free_tier:
            said += ", the free tier taken off"
        timed_out = every[0].polled.timed_out_share
        if timed_out:
            timeout = shown_duration(question.timeout_seconds)
            said += f"; {timed_out:.2%} of the runs end at the timeout of {timeout}, their queries cancelled"
        return said


def _shares(exceeded: Sequence[Load]) -> str:
    return ", ".join(
        f"{told_excess(load.share)} times the quota of {load.limit:,} {load.unit} ({load.quota})"
        for load in exceeded
    )


def _fitting(would_fit: Json | None) -> str:
    if would_fit is None:
        return "No longer interval would fit either: run it less often, or spread its peak."
    return (
        f"The shortest interval that would fit is {would_fit['interval']['value']} s ({would_fit['way']}), "
        f"a lag of {would_fit['detection_lag_worst']['value']:g} s at worst."
    )


def _part_usd(option: Option, name: str) -> float:
    return next((float(part.usd) for part in option.parts if part.name == name), 0.0)


def _flip(flip: Flip) -> Json:
    return {
        "interval": figure(flip.interval_seconds, "s", Label.ESTIMATED, SOURCE),
        "direction": "longer" if flip.upwards else "shorter",
        "way": flip.instead,
        "why": flip.because,
    }


def _turn(turn: Turn, assumed: Mapping[str, object]) -> Json:
    kind = "workload" if turn.name == RUNS else "assumption" if turn.name in assumed else "price"
    return {
        "what": turn.name,
        "factor": figure(round(turn.factor, 6), "times its value", Label.ESTIMATED, SOURCE),
        "way": turn.instead,
        "kind": kind,
    }


def _growth(growth: Growth) -> Json:
    instead = growth.instead
    return {
        "what": growth.name,
        "factor": figure(round(growth.factor, 6), "times its value", Label.ESTIMATED, SOURCE),
        "why": growth.because,
        "way": instead.way if instead else None,
        "poll": instead.polled.policy.shown if instead else None,
    }
