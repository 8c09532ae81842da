"""SQL text and parameters stay out of the logs, however an execution goes.

Every line that a deployed function writes at INFO or above is looked at: those of the handlers, of the SDKs
below them, of what is printed, and the traceback that Lambda's runtime writes for what a handler raises.
"""

import io
import logging
import sys
import traceback
from collections.abc import Iterator
from typing import Any

import aws_durable_execution_sdk_python  # noqa: F401 - with the loggers that are looked at
import pytest

from orchbench.rehearsal import Fault, Rehearsal, Scenario, rehearse
from orchbench.ways import all_ways
from redshift_batch.batch import parse_batch
from redshift_batch.errors import InvalidBatch
from redshift_batch.settings import Settings
from telemetry import logger, recorded

MARKER = "quicksilver"
BATCH = {
    "sql": f"/* {MARKER} */ SELECT '{MARKER}' FROM {MARKER} WHERE a = :a; SELECT $${MARKER}$$, :b",
    "parameters": {"a": MARKER, "b": f"x{MARKER}"},
    "timeout_seconds": 120,
}
REFUSED: dict[str, dict[str, Any]] = {
    "a statement outside transactions": {"sql": f"VACUUM {MARKER}"},
    "transaction control": {"sql": f"BEGIN; SELECT '{MARKER}'"},
    "a parameter without use": {"sql": f"SELECT '{MARKER}'", "parameters": {"a": MARKER}},
    "a parameter of the wrong kind": {"sql": "SELECT :a", "parameters": {"a": [MARKER]}},
    "half a character": {"sql": f"SELECT '{MARKER}\ud800'"},
    "half a character in a parameter": {"sql": "SELECT :a", "parameters": {"a": f"{MARKER}\ud800"}},
    "too long": {"sql": f"SELECT '{MARKER * 30_000}'"},
    "too many": {"sql": f"SELECT '{MARKER}';" * 41},
    "several in one": {"statements": [f"SELECT '{MARKER}'; SELECT 2"]},
    "none": {"sql": f"-- {MARKER}"},
    "two sources": {"sql": MARKER, "statements": [MARKER]},
    "no text": {"sql": [MARKER]},
    "no texts": {"statements": [[MARKER]]},
    "no object": {"sql": "SELECT 1", "parameters": [MARKER]},
}
FAULTS = {
    "a run": (),
    "a database that quotes it": (f"fail:at=5,error=ERROR: syntax error at or near {MARKER}",),
    "an abort": ("abort:at=15",),
    "a status nobody knows": ("unknown-status:at=15",),
    "throttling": ("throttle:rate=0.5",),
    "a lost answer": ("lose-answer:operation=BatchExecuteStatement",),
    "no answers": ("unavailable:operation=BatchExecuteStatement,calls=0",),
    "no checks": ("unavailable:operation=DescribeStatement,calls=0",),
    "a hanging submit": ("hang:operation=BatchExecuteStatement",),
    "a crash": ("crash-after:operation=BatchExecuteStatement",),
    "a stop": ("stop:at=15",),
}


@pytest.fixture
def log(capfd: pytest.CaptureFixture[str]) -> Iterator["Log"]:
    """Collect what a function writes, from whichever logger."""
    kept = Log(capfd)
    handler = logging.StreamHandler(kept.written)
    handler.setFormatter(logging.Formatter(logging.BASIC_FORMAT))
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    own = logger.registered_handler
    assert isinstance(own, logging.StreamHandler)
    before = own.setStream(kept.written)
    levels = {one: one.level for one in deployed_loggers()}
    for one in levels:
        # On each of its own: a rehearsal silences what is above them.
        one.setLevel(logging.INFO)
    yield kept
    for one, was in levels.items():
        one.setLevel(was)
    own.setStream(before)
    root.setLevel(level)
    root.removeHandler(handler)


class Log:
    """What was logged and printed."""

    def __init__(self, capfd: pytest.CaptureFixture[str]) -> None:
        self.written = io.StringIO()
        self._capfd = capfd

    @property
    def text(self) -> str:
        """All of it so far."""
        printed = self._capfd.readouterr()
        return self.written.getvalue() + printed.out + printed.err


def deployed_loggers() -> list[logging.Logger]:
    """Return the loggers of the packages that are deployed."""
    packages = ("aws_durable_execution_sdk_python.", "aws_lambda_powertools", "botocore", "boto3", "urllib3")
    found = logging.root.manager.loggerDict
    names = [name for name in found if name.startswith(packages)]
    assert any(name.startswith("aws_durable_execution_sdk_python.") for name in names)
    return [logging.getLogger(name) for name in names]


def rehearsed(way: str, document: dict[str, Any], *faults: str) -> Rehearsal:
    read = tuple(Fault.parse(text) for text in faults)
    return rehearse(Scenario(30, document, inline_sql=True, faults=read), way)


@pytest.mark.slow
@pytest.mark.parametrize("what", FAULTS)
@pytest.mark.parametrize("way", all_ways())
def test_no_execution_logs_its_sql(log: Log, way: str, what: str) -> None:
    done = rehearsed(way, BATCH, *FAULTS[what])
    assert done.trace.ended_at is not None
    text = log.text
    assert "ubmit" in text
    assert "began" in text
    assert MARKER not in text


@pytest.mark.parametrize("what", ["a statement outside transactions", "a parameter without use"])
@pytest.mark.parametrize("way", all_ways())
def test_no_refusal_logs_or_records_the_sql(log: Log, way: str, what: str) -> None:
    done = rehearsed(way, REFUSED[what])
    assert done.trace.status == "FAILED"
    assert done.statements_executed == 0
    assert MARKER not in f"{done.trace.error_name} {done.trace.cause}".lower()
    text = log.text
    assert "failed" in text
    assert MARKER not in text


@pytest.mark.parametrize("what", REFUSED)
def test_no_refusal_quotes_the_sql_to_whoever_logs_it(what: str) -> None:
    settings = Settings(database="dev", workgroup_name="w", inline_sql_allowed=True)
    with pytest.raises(InvalidBatch) as raised:
        parse_batch(REFUSED[what], settings)
    # As Lambda's runtime writes it for an error that a handler raises.
    assert MARKER not in "".join(traceback.format_exception(raised.value)).lower()


def test_a_defect_that_quotes_the_sql_is_told_by_its_place_alone(log: Log) -> None:
    with pytest.raises(Exception, match="ValueError") as raised, recorded("Submit batch", "arn:1"):
        raise ValueError(f"SELECT '{MARKER}'")
    text = log.text
    assert "Submit batch met a defect" in text
    assert MARKER not in text
    assert MARKER not in str(raised.value)


def test_what_is_logged_is_seen_here(log: Log) -> None:
    logger.info("SELECT '%s'", MARKER)
    sys.stdout.write(f"printed {MARKER}")
    assert log.text.count(MARKER) >= 2
