"""Runs probes one after the other; each cleans up after itself, and one that fails stops no other."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from botocore.exceptions import ClientError

from orchbench.deployment.connection import SERVICE_ERRORS, error_sentence
from orchbench.deployment.missing_permissions import REFUSED
from orchbench.deployment.warehouse import SqlFailed
from orchbench.platforms.errors import OrchestratorError
from orchbench.probes.lab import Lab
from orchbench.probes.probe import PERFORMING, Finding, NoAnswer, Probe, inconclusive
from orchbench.probes.remains import Left, Remains, cleared


@dataclass(frozen=True)
class Outcome:
    """What became of a probe.

    Attributes:
        took_seconds: on the clock of the machine that ran it.
    """

    probe: Probe
    finding: Finding
    took_seconds: float


@dataclass
class Session:
    """A run of probes as far as it has come.

    Attributes:
        outcomes: in the order in which they ended.
        left: what could not be removed.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)


def run_probes(
    probes: Iterable[Probe],
    lab: Lab,
    session: Session,
    *,
    before: Callable[[Probe], None] = lambda _probe: None,
    after: Callable[[Outcome], None] = lambda _outcome: None,
) -> None:
    """Run probes, and remove whatever they made, however it ends.

    Args:
        probes: in their order.
        lab: where.
        session: takes what was found, so that an interrupted run has what came before it.
        before: told of each that begins.
        after: told of each that has ended.
    """
    with cleared(lab.shared, session.left):
        for probe in probes:
            before(probe)
            began = time.monotonic()
            with cleared(Remains(), session.left) as remains:
                finding = attempted(probe, replace(lab, remains=remains))
            outcome = Outcome(probe, finding, time.monotonic() - began)
            session.outcomes.append(outcome)
            after(outcome)


def attempted(probe: Probe, lab: Lab) -> Finding:
    """Return what a probe finds; whatever keeps it from an answer makes it inconclusive."""
    if probe.not_local and not lab.on_aws:
        return inconclusive(f"{probe.not_local[0].upper()}{probe.not_local[1:]}.")
    try:
        return probe.attempt(lab)
    except SERVICE_ERRORS as error:
        action = refused_action(probe, error) if isinstance(error, ClientError) else None
        return _lacking(action) if action else inconclusive(f"{error_sentence(error)}.".replace("..", "."))
    except (NoAnswer, OrchestratorError, SqlFailed) as error:
        # A statement that may not log in is taken, and fails.
        told = PERFORMING.search(str(error))
        return _lacking(told[1]) if told else inconclusive(str(error))
    except Exception as error:  # noqa: BLE001 - the other probes are worth their run all the same
        said = " ".join(str(error).split())
        return inconclusive(f"It ended with {type(error).__name__}: {said}"[:400], error=type(error).__name__)


def _lacking(action: str) -> Finding:
    return inconclusive(f"It needs {action}, which is not allowed here.", needs=action)


def refused_action(probe: Probe, error: ClientError) -> str | None:
    """Return the permission that a refused call needs, as IAM names it; None where it failed otherwise."""
    told = PERFORMING.search(str(error))
    if told:
        return told[1]
    if error.response["Error"]["Code"] not in REFUSED:
        return None
    declared = [action for one in probe.permissions for action in one.actions]
    operation = error.operation_name
    names = {operation, f"{operation}Function"}
    return next((action for action in declared if action.partition(":")[2] in names), operation)
