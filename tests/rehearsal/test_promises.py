"""The minimal pair and its promises: each step keeps what it says, and does not keep the next one yet."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest
from documented import generated
from examples import MINIMAL, PAIR, PROMISES, with_change, with_promises
from project import ROOT

from orchbench.faults.catalogue import REHEARSED
from orchbench.faults.event_catalogue import OF_STATEMENT_EVENTS
from orchbench.faults.matrix import Row
from orchbench.faults.rehearsed import observe
from orchbench.faults.rehearsed_fault import LONG_SECONDS
from orchbench.rehearsal import Scenario, rehearse
from orchbench.rehearsal.fault import Kind
from orchbench.trace import EventKind, Work
from orchbench.virtual_time.application import Application, load_application
from orchbench.ways import way_named

pytestmark = pytest.mark.slow

DAY_SECONDS = 86_400
FAULTS = {one.name: one for one in REHEARSED if one not in OF_STATEMENT_EVENTS}
"""Those that a way can meet which waits for no event, as the minimal pair does."""
OUTLIVED_SECONDS, OUTLIVED_WITHOUT_A_CANCEL_SECONDS = 1_200.0, 300.0
"""How long statements run that only a cancel stops: past a sweep; without one a while shows the same."""

Broken = Callable[[int, str, str], list[str]]
"""What a fault breaks, by how many promises there are, the way and the fault; each rehearsed once."""


@dataclass(frozen=True)
class Promise:
    """What a step adds, as rows of the fault matrix; without rows it is the poll budget."""

    name: str
    rows: tuple[str, ...] = ()


def met(application: Application, number: int, way: str, name: str) -> list[str]:
    fault = FAULTS[name]
    scenario = fault.scenario
    seconds = OUTLIVED_SECONDS if number > 1 else OUTLIVED_WITHOUT_A_CANCEL_SECONDS
    if scenario.duration_seconds == LONG_SECONDS:
        scenario = replace(scenario, duration_seconds=seconds)
    if number == 0:
        # Nobody gives up here, however long the queue; all polls are replayed, so the square of it costs.
        capped = [
            replace(one, seconds=min(one.seconds or 0, seconds)) if one.kind is Kind.QUEUE else one
            for one in scenario.faults
        ]
        scenario = replace(scenario, faults=tuple(capped))
    services = {"sns": {"Publish": lambda _request: {"MessageId": "1"}}}
    done = rehearse(scenario, way, application=fault.deployed(application), services=services)
    return Row(name, fault.what, (observe(done, fault.unmeetable(way_named(way))),), fault.ends).broken


def beyond_its_quota(application: Application, way: str) -> list[str]:
    """Return a sentence where a batch of a day, polled at this pace, would use its execution's quota up."""
    scenario = Scenario(600.0, {"timeout_seconds": DAY_SECONDS})
    done = rehearse(scenario, way, application=application)
    begun = (EventKind.STATE_ENTERED, EventKind.STEP_STARTED)
    looks = [one.at for one in done.trace.events if one.work is Work.LOOK and one.kind in begun]
    a_day = DAY_SECONDS / (looks[1] - looks[0])
    most = way_named(way).usage.most_polls()
    return [f"{a_day:.0f} polls in a day, and {most} fit."] if most is not None and a_day > most else []


STEPS = (
    Promise(
        "named errors",
        (
            "statement-fails",
            "statement-aborted",
            "submit-throttled",
            "checks-throttled",
            "submit-throttled-out",
        ),
    ),
    Promise(
        "deadline and cancel",
        ("deadline", "ends-before-cancel", "unknown-status", "checks-throttled-out", "cancel-answer-lost"),
    ),
    Promise("exactly once", ("submit-answer-lost", "crash-after-submit", "second-start")),
    Promise(
        "no orphan",
        ("stop", "execution-times-out", "event-lost", "submit-never-answered", "deadline-in-queue"),
    ),
    Promise("poll budget"),
    Promise("graceful timeout", ("checks-hang", "check-hangs", "submit-hangs")),
)


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> list[Application]:
    """The minimal pair with no promise, with one, and so on."""
    folder = tmp_path_factory.mktemp("promises")
    return [
        load_application(with_promises(number, folder) / "template.yaml")
        for number in range(len(PROMISES) + 1)
    ]


def test_a_step_is_a_patch_and_a_promise() -> None:
    named = [one.stem.partition("-")[2].replace("-", " ") for one in PROMISES]

    assert named == [one.name for one in STEPS]


def test_the_minimal_pair_is_as_small_as_an_article_would_print_it() -> None:
    definition = (MINIMAL / "definition.asl.json").read_text().splitlines()
    handlers = {
        path.name: len(path.read_text().splitlines()) for path in (MINIMAL / "functions").glob("*.py")
    }

    assert len(definition) <= 60
    assert {name for name in handlers if name not in ("batch.py", "durable.py")} == {"submit.py", "status.py"}
    assert max(handlers.values()) <= 30


@pytest.mark.parametrize("way", PAIR)
def test_the_minimal_pair_runs_a_batch_to_its_end(projects: list[Application], way: str) -> None:
    done = rehearse(Scenario(95.0), way, application=projects[0])

    assert (done.trace.status, done.statements_executed, done.statements_running) == ("SUCCEEDED", 1, 0)


@pytest.fixture(scope="module")
def broken(projects: list[Application]) -> Broken:
    @cache
    def found(number: int, way: str, name: str) -> list[str]:
        if not name:
            return beyond_its_quota(projects[number], way)
        return met(projects[number], number, way, name)

    return found


@pytest.mark.parametrize("way", PAIR)
@pytest.mark.parametrize("number", range(len(STEPS)), ids=[one.name for one in STEPS])
def test_a_step_keeps_its_promise_and_the_one_before_did_not(broken: Broken, number: int, way: str) -> None:
    rows = STEPS[number].rows or ("",)

    # One is enough; without a graceful timeout some go on for a day.
    assert any(broken(number, way, name) for name in rows)
    assert {name: broken(number + 1, way, name) for name in rows} == {name: [] for name in rows}


def survived(broken: Broken, number: int, way: str) -> set[str]:
    return {name for name in FAULTS if not broken(number, way, name)}


@pytest.mark.parametrize("way", PAIR)
def test_with_every_step_every_promise_is_kept(broken: Broken, way: str) -> None:
    rows = {name for one in STEPS for name in one.rows or ("",)}

    assert {name: broken(len(STEPS), way, name) for name in rows} == {name: [] for name in rows}


@pytest.mark.parametrize("way", PAIR)
@pytest.mark.parametrize("change", ["1-notify-on-failure", "2-retry-a-new-error"])
def test_a_change_to_one_batch_touches_no_test_of_a_promise(change: str, way: str, tmp_path: Path) -> None:
    changed = load_application(with_change(change, way, tmp_path) / "template.yaml")
    rows = [name for one in STEPS for name in one.rows[:1]]

    assert {name: met(changed, len(STEPS), way, name) for name in rows} == {name: [] for name in rows}


DOCUMENT = ROOT / "docs" / "complexity.md"


def test_as_many_rows_need_code_of_the_authors_own_as_the_document_says(broken: Broken) -> None:
    def row(title: str, counts: Iterable[int]) -> str:
        return f"| {title} | {' | '.join(map(str, counts))} |"

    minimal, whole = ([survived(broken, number, way) for way in PAIR] for number in (0, len(STEPS)))
    text = DOCUMENT.read_text()

    rows = f"| of the {len(FAULTS)} rows of the fault matrix that are not about a statement's event | "
    assert rows in text
    assert row("survived by the minimal one: the service handles them", map(len, minimal)) in text
    more = [len(after - before) for before, after in zip(minimal, whole, strict=True)]
    assert row("survived with the six promises", map(len, whole)) in text
    assert row("of these by code of your own", more) in text
    lost = [sorted(before - after) for before, after in zip(minimal, whole, strict=True)]
    assert lost == [["runs-after-deadline"], []]


def test_what_lambda_and_the_sdk_retry_by_themselves_is_what_the_document_lists(broken: Broken) -> None:
    machine, durable = (survived(broken, 0, way) for way in PAIR)
    handled = re.findall(r"`([\w-]+)`", generated(DOCUMENT)["handled"])

    assert sorted(handled) == sorted(durable - machine)
    assert machine - durable == {"checkpoint-lost"}, "which a state machine cannot meet"


def test_the_same_default_runs_a_batch_twice_where_its_submit_may_not_be_repeated(broken: Broken) -> None:
    machine, durable = (" ".join(broken(0, way, "crash-after-submit")) for way in PAIR)

    assert "the transaction ran 2 times" in durable
    assert "1 statement(s) ran on after the end" in machine
