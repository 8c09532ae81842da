"""What a scripted request does: how long each of its statements runs, and how it ends."""

from collections.abc import Callable
from dataclasses import dataclass

from orchbench.redshift.statement import ResultSet, Work


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
