"""One local stack with a network in front of its Data API, and the executions that meet a fault on it.

What ran is counted by PostgreSQL itself: a batch writes its name to a file when it begins, which no roll-back
and no restart takes back, and to a table of its own, where only its commit makes it visible.
"""

import json
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from orchbench.faults.promise import ENDED_FROM_OUTSIDE, Observation, time_to_detect
from orchbench.faults.rehearsed import heard_the_end
from orchbench.faults.server_processes import NotFoundInTime, eventually
from orchbench.faults.slow_network import Network
from orchbench.local.options import StackOptions
from orchbench.local.stack import LocalStack
from orchbench.platforms.platform import Service
from orchbench.trace import ExecutionStatus, Label, Trace
from orchbench.ways import Way, all_ways, deployed_by

BEGUN = "begun.txt"
"""In PostgreSQL's data folder, where its processes run."""
NOTE_BEGIN = f"""
CREATE FUNCTION note_begin(entry TEXT) RETURNS TEXT LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('COPY (SELECT %L) TO PROGRAM ''cat >> {BEGUN}''', entry);
  RETURN entry;
END $$
"""
WAIT_UNTIL_OPENED = """
CREATE FUNCTION wait_until_opened(entry TEXT) RETURNS TEXT LANGUAGE plpgsql AS $$
BEGIN
  WHILE (pg_stat_file(entry || '.opened', true)).size IS NULL LOOP
    PERFORM pg_sleep(0.05);
  END LOOP;
  RETURN entry;
END $$
"""
"""A batch that runs until ``Scene.open``, however slowly the machine makes its fault."""
PLACES = 2 * len(all_ways())
"""Statements that the Data API runs at once: enough for every way, and few enough to take them all."""
QUEUE = "full-queue"
LONGEST_SECONDS = 240.0
LEFT_RUNNING_SECONDS = 60.0
"""After an execution's end; what runs longer was left running."""
ENDED_LOOK_SECONDS = 0.25
QUIET_LOOK_SECONDS = 0.05
"""Between two looks whether an execution has ended, which its service dates, or a batch does not run."""
ENDED_BY_ITSELF = frozenset({None, "BatchFailed", "BatchAborted"})
"""Errors of an execution whose statement was not cancelled for it."""


@dataclass
class StruckExecution:
    """One execution on the scene.

    Attributes:
        entry: the batch's name in file and table.
        struck_at: when the fault met it, seconds since the epoch.
    """

    way: Way
    arn: str
    entry: str
    struck_at: float | None = None


@dataclass
class Scene:
    """A stack on which faults are made."""

    stack: LocalStack
    network: Network
    _names: int = field(default=0)

    def start(self, name: str, sql: str, event: Mapping[str, Any]) -> list[StruckExecution]:
        """Start a batch on every way, all at once."""
        self._names += 1
        outputs = self.stack.outputs
        executions = []
        for way in all_ways().values():
            entry = f"{name}-{self._names}-{way.name}"
            self.sql(f'CREATE TABLE "{entry}" (entry TEXT)')
            document = {"statements": _statements(entry, sql), **event}
            started = self.service(way).start(outputs[way.target_output], entry, document)
            executions.append(StruckExecution(way, str(started.execution_arn), entry))
        return executions

    def service(self, way: Way) -> Service:
        """Return the service that runs a way."""
        return way.platform.service(self.stack)

    def sql(self, text: str) -> list[tuple[Any, ...]]:
        """Run SQL beside the Data API."""
        # What is committed here must outlive a kill of the server, a moment later.
        where = f"{self.stack.redshift['postgresql']} options='-c synchronous_commit=on'"
        with psycopg.connect(where, autocommit=True) as connection:
            cursor = connection.execute(text.encode())
            return cursor.fetchall() if cursor.description else []

    def backends(self, executions: Sequence[StruckExecution]) -> list[int]:
        """Return PostgreSQL's processes that run these executions."""
        return self._running([batch.entry for batch in executions])

    def _running(self, entries: Sequence[str]) -> list[int]:
        named = " OR ".join(f"query LIKE '%{entry}%'" for entry in entries)
        rows = self.sql(
            f"SELECT pid FROM pg_stat_activity WHERE state <> 'idle' AND ({named}) "  # noqa: S608 - our own names
            "AND pid <> pg_backend_pid()"
        )
        return [int(pid) for (pid,) in rows]

    def await_running(self, executions: Sequence[StruckExecution]) -> list[int]:
        """Return PostgreSQL's processes once every batch has noted its begin and runs on."""
        self.await_begun(executions)
        eventually(lambda: len(self.backends(executions)) == len(executions), "The executions do not run")
        return self.backends(executions)

    def await_begun(self, executions: Sequence[StruckExecution]) -> None:
        """Return when every batch has noted its begin; the first may have ended by then."""
        entries = {batch.entry for batch in executions}
        eventually(lambda: entries <= set(self._begun()), "The executions do not begin")

    def await_recovery(self) -> None:
        """Return when PostgreSQL takes connections again."""

        def takes_connections() -> bool:
            try:
                return bool(self.sql("SELECT 1"))
            except psycopg.OperationalError:
                return False

        eventually(takes_connections, "PostgreSQL does not recover")

    def open(self, executions: Sequence[StruckExecution]) -> None:
        """Let executions end that wait until they are opened."""
        for batch in executions:
            self._open(batch.entry)

    def fill_queue(self) -> None:
        """Take every place of the Data API: what is submitted then waits, until ``empty_queue``."""
        client, outputs = self.stack.client("redshift-data"), self.stack.outputs
        where = {"WorkgroupName": outputs["Target"], "Database": outputs["Database"]}
        for _place in range(PLACES):
            client.execute_statement(Sql=f"SELECT wait_until_opened('{QUEUE}')", **where)
        eventually(lambda: len(self._running([QUEUE])) == PLACES, "The queue does not fill")

    def empty_queue(self) -> None:
        """Let go of every place that ``fill_queue`` took."""
        self._open(QUEUE)

    def await_polls(self, executions: Sequence[StruckExecution]) -> None:
        """Return when each execution has looked at its statement."""
        for batch in executions:
            service = self.service(batch.way)
            eventually(lambda: service.polls_so_far(batch.arn) >= 1, "No check was made")  # noqa: B023 - asked at once

    def dead_letters(self) -> int:
        """Return how many events the cancel function has given up."""
        answer = self.stack.client("sqs").get_queue_attributes(
            QueueUrl=self.stack.outputs["DeadLetterQueueUrl"], AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    @contextmanager
    def without_rules_for(self, source: str) -> Iterator[None]:
        """Disable the stack's rules that take the events of a source, and enable them again."""
        events = self.stack.client("events")
        rules = events.list_rules()["Rules"]
        taken = [rule["Name"] for rule in rules if source in rule.get("EventPattern", "")]
        try:
            for rule in taken:
                events.disable_rule(Name=rule)
            yield
        finally:
            for rule in taken:
                events.enable_rule(Name=rule)

    @contextmanager
    def without_code_of(self, function: str) -> Iterator[None]:
        """Let a function have a handler that does not exist, and give it its own again.

        Args:
            function: its name without the stack's.
        """
        functions = self.stack.client("lambda")
        name = f"{self.stack.state.stack_name}-{function}"
        handler = functions.get_function_configuration(FunctionName=name)["Handler"]
        functions.update_function_configuration(FunctionName=name, Handler="nowhere.handler")
        try:
            yield
        finally:
            functions.update_function_configuration(FunctionName=name, Handler=handler)

    def sweep(self) -> None:
        """Have the sweep look once, as its schedule does."""
        name = f"{self.stack.state.stack_name}-sweep"
        self.stack.client("lambda").invoke(FunctionName=name, Payload=b"{}")

    def _open(self, entry: str) -> None:
        self.sql(f"COPY (SELECT 1) TO PROGRAM 'cat > {entry}.opened'")

    def _begun(self) -> list[str]:
        """Return the entries of the executions that began, one for each time."""
        return str(self.sql(f"SELECT pg_read_file('{BEGUN}', true)")[0][0] or "").splitlines()

    def statement_ids(self, executions: Sequence[StruckExecution]) -> dict[str, str]:
        """Return the ids of the statements that are submitted by now, by their executions' entries."""
        listed = self.stack.client("redshift-data").list_statements(Status="ALL", MaxResults=100)
        return {
            batch.entry: one["Id"]
            for batch in executions
            for one in listed["Statements"]
            if any(f"'{batch.entry}'" in sql for sql in one.get("QueryStrings", []))
        }

    def make_ready(self, *rules: Mapping[str, Any]) -> None:
        """Set the Data API's fault rules and mend the network."""
        self.network.delay_seconds, self.network.is_cut = 0.0, False
        request = urllib.request.Request(  # noqa: S310 - a loopback address
            f"{self.stack.redshift['url']}/faults",
            data=json.dumps(list(rules)).encode(),
            method="PUT",
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10):  # noqa: S310
            pass

    def observe_all(self, executions: Sequence[StruckExecution]) -> tuple[Observation, ...]:
        """Observe several at once, so that none is looked at only after another's end."""
        with ThreadPoolExecutor(len(executions)) as pool:
            return tuple(pool.map(self.observe, executions))

    def observe(self, batch: StruckExecution) -> Observation:
        """Wait for an execution's end, and for its statement's, and return what was seen."""
        trace = self._trace(batch)
        nothing_runs_at = self._await_quiet(batch)
        statement = trace.statement
        heard = heard_the_end(trace)
        itself = heard and trace.error_name in ENDED_BY_ITSELF
        name = batch.entry
        committed = self.sql(f"SELECT COUNT(*) FROM \"{name}\" WHERE entry = '{name}'")  # noqa: S608 - our own name
        return Observation(
            way=batch.way.name,
            status=trace.status,
            error_name=trace.error_name,
            executions=self._begun().count(batch.entry),
            commits=int(committed[0][0]),
            running=0 if nothing_runs_at is not None else 1,
            heard_the_end=heard,
            detection_seconds=time_to_detect(
                struck_at=batch.struck_at,
                ended_from_outside=trace.status in ENDED_FROM_OUTSIDE,
                ended_by_itself_at=statement.updated_at if statement and itself else None,
                execution_ended_at=trace.ended_at,
                statement_ended_at=statement.updated_at if statement and heard else nothing_runs_at,
            ),
            met=batch.struck_at is not None,
            label=Label.MEASURED,
        )

    def _trace(self, batch: StruckExecution) -> Trace:
        service = self.service(batch.way)
        deadline = time.monotonic() + LONGEST_SECONDS
        while service.status(batch.arn) is ExecutionStatus.RUNNING and time.monotonic() < deadline:
            time.sleep(ENDED_LOOK_SECONDS)
        return batch.way.platform.trace(batch.way, "local", service.record(batch.arn), [])

    def _await_quiet(self, batch: StruckExecution) -> float | None:
        """Return when the batch was seen not to run any more, None where it runs on and on."""
        try:
            eventually(
                lambda: not self.backends([batch]),
                "The batch still runs",
                LEFT_RUNNING_SECONDS,
                QUIET_LOOK_SECONDS,
            )
        except NotFoundInTime:
            return None
        return time.time()


def _statements(entry: str, sql: str) -> list[str]:
    return [
        f"SELECT note_begin('{entry}')",
        f"INSERT INTO \"{entry}\" VALUES ('{entry}')",  # noqa: S608 - our own name
        sql.replace("ENTRY", entry),
    ]


@contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    """Start a stack whose functions reach the Data API over a network of its own, and stop it.

    Args:
        folder: where the template is.
    """
    network = Network()
    options = StackOptions(
        folder=folder,
        published=False,
        parameters={"InlineSqlAllowed": "true", **deployed_by(all_ways())},
        redshift_arguments=("--concurrency", str(PLACES)),
        worker_environment={"AWS_ENDPOINT_URL_REDSHIFT_DATA": network.url},
    )
    try:
        with LocalStack.start(options) as stack:
            network.lead_to(stack.redshift["port"])
            found = Scene(stack, network)
            found.sql(NOTE_BEGIN)
            found.sql(WAIT_UNTIL_OPENED)
            yield found
    finally:
        network.close()
