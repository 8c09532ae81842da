"""The executor without a database: what a statement does is written in a script, and read off the clock.

Nothing runs. A status is computed when it is asked for, so a virtual clock may jump a day.
"""

import itertools
from collections.abc import Callable

from orchbench.redshift.clock import Clock
from orchbench.redshift.quotas import QUERY_SECONDS
from orchbench.redshift.script import Script, ScriptFor
from orchbench.redshift.statement import Progress, ResultSet, Work
from orchbench.redshift.timeline import Timeline, build_timeline

At = Callable[[float, Callable[[], None]], object]


class ScriptedRun:
    """A request that a script plays.

    Args:
        at: has something happen at a moment; None where nobody is to be told of the end.
        ended: is told of it.
    """

    def __init__(
        self,
        timeline: Timeline,
        script: Script,
        clock: Clock,
        at: At | None = None,
        ended: Callable[[], None] | None = None,
    ) -> None:
        self._timeline = timeline
        self._script = script
        self._clock = clock
        self._at = at
        self._ended = ended
        self._plan_the_end()

    def _plan_the_end(self) -> None:
        if self._at is not None and self._ended is not None:
            self._at(self._timeline.ended_at, self._tell)

    def _tell(self) -> None:
        # Planned anew by a cancel: the moment that was planned before it still comes.
        ended, self._ended = self._ended, None
        if ended is not None:
            ended()

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
        self._plan_the_end()
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
        at: has something happen at a moment of the clock; without it nobody is told of an end.
    """

    def __init__(
        self,
        clock: Clock,
        script_for: ScriptFor,
        *,
        query_seconds_limit: float = QUERY_SECONDS,
        at: At | None = None,
    ) -> None:
        self._clock = clock
        self._script_for = script_for
        self._limit = query_seconds_limit
        self._at = at
        self._query_ids = itertools.count(1)
        self._process_ids = itertools.count(1073741825)

    def submit(self, work: Work, ended: Callable[[], None] | None = None) -> ScriptedRun:
        """Write the whole future of a request down."""
        script = self._script_for(work)
        if len(script.statements) != len(work.sqls):
            raise ValueError(
                f"the script has {len(script.statements)} statements, the request {len(work.sqls)}"
            )
        query_ids = tuple(next(self._query_ids) for _ in work.sqls)
        timeline = build_timeline(work, script, query_ids, next(self._process_ids), self._limit)
        return ScriptedRun(timeline, script, self._clock, self._at, ended)

    def close(self) -> None:
        """Release nothing."""
