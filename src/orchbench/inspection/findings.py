"""What is wrong with a definition, or missing in it: one sentence each, with the states that it is about."""

from collections.abc import Iterator
from dataclasses import dataclass

from orchbench.evaluation.figures import told_names
from orchbench.inspection.definitions import Machine, action, listed, machines
from orchbench.inspection.polling import ENDED, RUNNING, SUBMITS, Fate, Loop, loops
from orchbench.trace import Json

ALL = "States.ALL"
TIMED_OUT = "States.Timeout"


@dataclass(frozen=True)
class Finding:
    """One thing that a definition lacks or does wrong.

    Attributes:
        kind: for scripts.
        said: the sentence.
    """

    kind: str
    said: str
    states: tuple[str, ...] = ()


@dataclass(frozen=True)
class DefinitionFigures:
    """What a definition shows."""

    states: int
    tasks: int
    loops: tuple[Loop, ...]
    findings: tuple[Finding, ...]


def definition_figures(definition: Json) -> DefinitionFigures:
    """Return what a definition shows.

    Raises:
        InvalidDefinition: it is not one that Step Functions would take.
    """
    found = machines(definition)
    polling = tuple(loop for machine in found for loop in loops(machine))
    tasks = [(name, state, machine) for machine in found for name, state in _tasks(machine)]
    return DefinitionFigures(
        states=sum(len(machine.states) for machine in found),
        tasks=len(tasks),
        loops=polling,
        findings=(
            *(one for loop in polling for one in _of_statuses(loop)),
            *_dangling(found),
            *_of_tasks(tasks, found[0].timeout_seconds is not None or "TimeoutSecondsPath" in definition),
        ),
    )


def _tasks(machine: Machine) -> Iterator[tuple[str, Json]]:
    yield from ((name, one) for name, one in machine.states.items() if one["Type"] == "Task")


def _of_statuses(loop: Loop) -> Iterator[Finding]:
    """Yield what a loop does with statuses that it should leave or wait for."""
    for status in ENDED:
        fate, target = loop.fates[status], loop.next_of[status]
        back = (
            f"{loop.choice!r} sends it to {target!r} again"
            if target
            else f"no rule of {loop.choice!r} ends it"
        )
        if fate is Fate.LOOPS:
            limit = loop.machine.timeout_seconds
            until = f", until the machine's TimeoutSeconds of {limit:,} s" if limit else ""
            raised = ", unless the loop's function raises it" if loop.through_function else ""
            said = f"{status} loops for ever{until}{raised}: {back}."
            yield Finding("loops-for-ever", said, (loop.choice,))
        elif fate is Fate.MAY_LEAVE and status in loop.taken_for_running:
            yield Finding("status-unhandled", f"{status} {fate.value}: {back}.", (loop.choice,))
        elif fate is Fate.FAILS:
            said = f"{status} has no rule in {loop.choice!r}, and there is no Default: it {fate.value}."
            yield Finding("status-unhandled", said, (loop.choice,))
    early = [one for one in RUNNING if loop.fates[one] in (Fate.LEAVES, Fate.FAILS)]
    if early and len(early) < len(RUNNING):
        said = f"{told_names(early)}: {loop.choice!r} leaves the loop although the statement has not ended."
        yield Finding("status-unhandled", said, (loop.choice,))


def _dangling(found: list[Machine]) -> Iterator[Finding]:
    for machine in found:
        for name, state in machine.states.items():
            named = [state.get("Next"), state.get("Default")]
            named += [one.get("Next") for key in ("Choices", "Catch") for one in listed(state, key)]
            for target in named:
                if isinstance(target, str) and target not in machine.states:
                    said = f"{name!r} leads to {target!r}, which is not one of the states beside it."
                    yield Finding("dangling", said, (name,))


def _of_tasks(tasks: list[tuple[str, Json, Machine]], has_timeout: bool) -> Iterator[Finding]:
    """Yield what Tasks lack, the same lack of several in one sentence."""
    if not has_timeout:
        yield Finding("no-timeout", "The machine has no TimeoutSeconds: an execution may run for a year.")
    lacking = {
        "no-timeout": ("no TimeoutSeconds", [n for n, one, _m in tasks if not _has(one, "TimeoutSeconds")]),
        "no-retry": ("no Retry", [n for n, one, _m in tasks if not listed(one, "Retry")]),
        "no-catch": ("no Catch", [n for n, one, m in tasks if not (listed(one, "Catch") or m.caught)]),
    }
    for kind, (lack, names) in lacking.items():
        if names:
            yield Finding(kind, f"{len(names)} of {len(tasks)} Tasks have {lack}.", tuple(names))
    for name, state, machine in tasks:
        yield from _of_errors(name, state, machine)
    submits = [name for name, one, _m in tasks if action(one) in SUBMITS and not _is_token_passed(one)]
    if submits:
        said = (
            f"{told_names(submits)}: no ClientToken of the execution's, so a repeated submit runs its SQL "
            "again."
        )
        yield Finding("no-client-token", said, tuple(submits))


def _of_errors(name: str, state: Json, machine: Machine) -> Iterator[Finding]:
    """Yield the errors that nobody handles where somebody handles some."""
    caught = {one for rule in listed(state, "Catch") for one in rule.get("ErrorEquals", ())}
    retried = {one for rule in listed(state, "Retry") for one in rule.get("ErrorEquals", ())}
    if machine.caught or ALL in caught or not (caught or retried):
        return
    if caught:
        said = f"{name!r} catches {told_names(sorted(caught))} and no other error."
        yield Finding("error-unhandled", said, (name,))
    if _has(state, "TimeoutSeconds") and not {ALL, TIMED_OUT} & (caught | retried):
        said = f"{name!r} has a TimeoutSeconds, and nobody handles {TIMED_OUT}."
        yield Finding("error-unhandled", said, (name,))


def _has(state: Json, key: str) -> bool:
    return key in state or f"{key}Path" in state


def _is_token_passed(state: Json) -> bool:
    given = state.get("Parameters") or state.get("Arguments")
    # Arguments that are one expression of JSONata may hold anything.
    return not isinstance(given, dict) or any(key.removesuffix(".$") == "ClientToken" for key in given)
