"""The minimal pair and its promises: each step keeps what it says, and does not keep the next one yet."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from documented import generated
from examples import MINIMAL, PAIR, PROMISES, with_promises
from project import ROOT

from orchbench.faults.catalogue import LONG_SECONDS, REHEARSED
from orchbench.faults.matrix import Row
from orchbench.faults.rehearsed import observe
from orchbench.rehearsal import Scenario, rehearse
from orchbench.trace import EventKind, Work
from orchbench.virtual_time.application import Application, load_application
from orchbench.ways import way_named

pytestmark = pytest.mark.slow

DAY_SECONDS = 86_400
FAULTS = {one.name: one for one in REHEARSED}
DEADLINE_OUTLIVED_SECONDS, HANGS_OUTLIVED_SECONDS, SWEEP_OUTLIVED_SECONDS = 400.0, 900.0, 3_600.0


@dataclass(frozen=True)
class Promise:
    """What a step adds, as rows of the fault matrix; without rows it is the poll budget."""

    name: str
    rows: tuple[str, ...] = ()
    long_seconds: float = SWEEP_OUTLIVED_SECONDS

    def broken(self, application: Application, way: str) -> Iterator[str]:
        """Yield what is broken of it."""
        if not self.rows:
            yield from beyond_its_quota(application, way)
        for name in self.rows:
            fault = FAULTS[name]
            scenario = fault.scenario
            if scenario.duration_seconds == LONG_SECONDS:
                scenario = replace(scenario, duration_seconds=self.long_seconds)
            done = rehearse(scenario, way, application=fault.deployed(application))
            row = Row(name, fault.what, (observe(done, fault.unmeetable(way_named(way))),), fault.ends)
            yield from (f"{name}: {sentence}" for sentence in row.broken)


def beyond_its_quota(application: Application, way: str) -> Iterator[str]:
    """Yield a sentence where a batch of a day, polled at this pace, would use its execution's quota up."""
    scenario = Scenario(600.0, {"timeout_seconds": DAY_SECONDS})
    done = rehearse(scenario, way, application=application)
    begun = (EventKind.STATE_ENTERED, EventKind.STEP_STARTED)
    looks = [one.at for one in done.trace.events if one.work is Work.LOOK and one.kind in begun]
    a_day = DAY_SECONDS / (looks[1] - looks[0])
    most = way_named(way).usage.most_polls()
    if most is not None and a_day > most:
        yield f"{a_day:.0f} polls in a day, and {most} fit."


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
        DEADLINE_OUTLIVED_SECONDS,
    ),
    Promise("exactly once", ("submit-answer-lost", "crash-after-submit", "second-start")),
    Promise(
        "no orphan",
        ("stop", "execution-times-out", "event-lost", "submit-never-answered", "deadline-in-queue"),
    ),
    Promise("poll budget"),
    Promise("graceful timeout", ("checks-hang", "check-hangs", "submit-hangs"), HANGS_OUTLIVED_SECONDS),
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


@pytest.mark.parametrize("way", PAIR)
@pytest.mark.parametrize("number", range(len(STEPS)), ids=[one.name for one in STEPS])
def test_a_step_keeps_its_promise_and_the_one_before_did_not(
    projects: list[Application], number: int, way: str
) -> None:
    promise = STEPS[number]

    # One is enough; without a graceful timeout some go on for a day.
    assert next(promise.broken(projects[number], way), None) is not None
    assert list(promise.broken(projects[number + 1], way)) == []


@pytest.mark.parametrize("way", PAIR)
@pytest.mark.parametrize("promise", STEPS, ids=lambda one: one.name)
def test_with_every_step_every_promise_is_kept(
    projects: list[Application], promise: Promise, way: str
) -> None:
    assert list(promise.broken(projects[-1], way)) == []


DOCUMENT = ROOT / "docs" / "complexity.md"
HANDLED = re.findall(r"`([\w-]+)`", generated(DOCUMENT)["handled"])


@pytest.mark.parametrize("name", HANDLED)
def test_what_is_said_to_be_retried_by_default_is_so_in_one_of_the_minimal_pair(
    projects: list[Application], name: str
) -> None:
    machine, durable = (list(Promise("", (name,)).broken(projects[0], way)) for way in PAIR)

    assert (machine != [], durable) == (True, [])
