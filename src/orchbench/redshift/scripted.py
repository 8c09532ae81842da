"""The executor without a database: what a statement does is written in a script, and read off the clock.

Nothing runs. A status is computed when it is asked for, so a virtual clock may jump a day.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from orchbench.redshift.clock import Clock
from orchbench.redshift.quotas import QUERY_SECONDS
from orchbench.redshift.statement import Progress, ResultSet, Work
from orchbench.redshift.timeline import Timeline, build_timeline


@dataclass(frozen=True, slots=True)
class ScriptedStatement:
    """One statement of a script: how long it runs and how it ends.

    Args:
        seconds: its running time.
        rows: rows returned or affected.
        error: the database's error text; the statement fails with it when its time is over.
        result: rows to hand out; None for a statement without a result set.
    """

    seconds: float = 0.0
    rows: int = 0
    error: str | None = None
    result: ResultSet | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """What happens to one request.

    Args:
        statements: one for each SQL of the request.
        queue_seconds: how long it stays SUBMITTED.
        pickup_seconds: how long it then stays PICKED.
        aborted_after_seconds: when somebody else stops it, counted from its creation.
    """

    statements: tuple[ScriptedStatement, ...]
    queue_seconds: float = 0.0
    pickup_seconds: float = 0.0
    aborted_after_seconds: float | None = None


ScriptFor = Callable[[Work], Script]


def always(script: Script) -> ScriptFor:
    """Return a choice of scripts that is always the same one."""
    return lambda _: script


def lasting(seconds: float, *, queue_seconds: float = 0.0, rows: int = 0) -> ScriptFor:
    """Return a choice of scripts: any request takes that long in all, spread evenly over its statements."""

    def script(work: Work) -> Script:
        share = ScriptedStatement(seconds / len(work.sqls), rows)
        return Script((share,) * len(work.sqls), queue_seconds)

    return script


class ScriptedRun:
    """A request that a script plays."""

    def __init__(self, timeline: Timeline, script: Script, clock: Clock) -> None:
        self._timeline = timeline
        self._script = script
        self._clock = clock

    def progress(self) -> Progress:
        """Read the progress off the clock."""
        return self._timeline.progress(self._clock.now())

    def wait(self, seconds: float, index: int | None) -> None:
        """Let the clock pass to the end, or so many seconds.

        A cancel that a virtual clock fires meanwhile does not shorten the wait.
        """
        now = self._clock.now()
        end = self._timeline.ended_at if index is None else self._timeline.spans[index].ended_at
        if end > now:
            self._clock.sleep(min(end - now, seconds))

    def cancel(self) -> bool:
        """Cut the script off now."""
        now = self._clock.now()
        if now >= self._timeline.ended_at:
            return False
        self._timeline = self._timeline.aborted(now)
        return True

    def result(self, index: int) -> ResultSet | None:
        """Return the scripted rows."""
        return self._script.statements[index].result


class ScriptedExecutor:
    """Play a script for every request.

    Args:
        clock: virtual or wall clock.
        script_for: chooses the script of a request.
        query_seconds_limit: a request that runs longer fails then.
    """

    def __init__(
        self, clock: Clock, script_for: ScriptFor, *, query_seconds_limit: float = QUERY_SECONDS
    ) -> None:
        self._clock = clock
        self._script_for = script_for
        self._limit = query_seconds_limit
        self._query_ids = itertools.count(1)
        self._process_ids = itertools.count(1073741825)

    def submit(self, work: Work) -> ScriptedRun:
        """Write the whole future of a request down."""
        script = self._script_for(work)
        if len(script.statements) != len(work.sqls):
            raise ValueError(
                f"the script has {len(script.statements)} statements, the request {len(work.sqls)}"
            )
        query_ids = tuple(next(self._query_ids) for _ in work.sqls)
        timeline = build_timeline(work, script, query_ids, next(self._process_ids), self._limit)
        return ScriptedRun(timeline, script, self._clock)

    def close(self) -> None:
        """Release nothing."""
