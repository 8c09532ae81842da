"""The steps of ``orchbench compare-aws``, one method each, on what the steps before them have found.

It decides nothing about the order and asks nobody: the command does. Other commands are called as functions.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from orchbench.commands.check import look
from orchbench.commands.compare import is_good, run_comparison
from orchbench.commands.failure import CommandFailed
from orchbench.commands.other_command import exit_code_of, run_command
from orchbench.commands.probe import EXIT_REFUTED
from orchbench.commands.stored_summary import print_answer
from orchbench.commands.trial_arguments import makes_warehouse
from orchbench.comparison.seed import DEFAULT_ROWS, create_tables, orders_count, seed
from orchbench.deployment.bench import Bench
from orchbench.deployment.connection import Connection, deployed_outputs
from orchbench.deployment.warehouse import RunsSql, Warehouse
from orchbench.platforms.platform import Clients
from orchbench.results.folder import ResultsFolder
from orchbench.results.supplements import kept_probes
from orchbench.trace import Json
from orchbench.trial.capacity import smallest_rpu
from orchbench.trial.grants import grant
from orchbench.trial.sam import Sam
from orchbench.trial.serverless import admin_secret, limit_usage
from orchbench.trial.walk import Left, Step

SAM_STACK = "aws-sam-cli-managed-default"
LOCAL = "the endpoint is this machine's"


@dataclass
class Trial:
    """One walk: what it was asked for, and what its steps have found so far.

    Attributes:
        arguments: of the command.
        clients: of the account.
        sam: the SAM CLI for it.
        runtime: of the functions, for which there is an interpreter here.
        results: folder of the comparison.
        console: told of what takes time.
        local: whether the endpoint is this machine's.
        target: the template's parameters that say where batches run; empty until a warehouse is deployed.
        secret_arn: of somebody who may create users; None for the caller's own identity.
        unlimited: whether this trial has deployed a warehouse that it has not limited.
        probes_left: what probes could not remove, a sentence each.
        run_probes: runs `orchbench probe` with arguments and returns its exit code.
    """

    arguments: argparse.Namespace
    clients: Clients
    sam: Sam
    runtime: str
    results: ResultsFolder
    console: Console
    local: bool
    target: dict[str, str] = field(default_factory=dict)
    secret_arn: str | None = None
    unlimited: bool = False
    probes_left: Sequence[str] = ()
    run_probes: Callable[[Sequence[str]], int] = lambda given: exit_code_of("probe", given)

    @property
    def stack(self) -> str:
        """The application's stack."""
        return str(self.arguments.stack)

    @property
    def warehouse_stack(self) -> str:
        """The warehouse's stack."""
        return f"{self.arguments.stack}-warehouse"

    @property
    def rpu(self) -> int:
        """The warehouse's capacity in Redshift Processing Units: as asked for, or the region's smallest."""
        return self.arguments.rpu or smallest_rpu(self.clients.region)

    @property
    def makes_warehouse(self) -> bool:
        """Whether this trial deploys a warehouse of its own."""
        return makes_warehouse(self.arguments, local=self.local)

    def steps(self) -> list[Step]:
        """Return the path, in its order. A further step is an entry here."""
        warehouse, build, probes = self._no_warehouse(), self._no_build(), self._no_probes()
        rows = f"{self.arguments.rows or DEFAULT_ROWS:,}"
        tables = f"create the tables that are missing; orders that are there stay, an empty table gets {rows}"
        ready = "look whether everything is there that a run needs"
        return [
            Step(
                "warehouse", self._warehouse_plan(), self.deploy_warehouse, warehouse, self._warehouse_left()
            ),
            Step("build", f"sam build, for {self.runtime}", self.build, build),
            Step(
                "application",
                f"deploy template.yaml as {self.stack}",
                self.deploy,
                None,
                self._application_left(),
            ),
            Step("tables", tables, self.fill, None, self._tables_left()),
            Step("grants", "let the functions' database user run the bundled batch", self.grant),
            Step("check", ready, self.check),
            Step("compare", self._comparison_plan(), self.compare),
            Step("probe", "try what is assumed of AWS, claim by claim", self.probe, probes),
            Step("report", "make a page of it all", self.report),
        ]

    # The warehouse

    def _warehouse_plan(self) -> str:
        arguments = self.arguments
        return (
            f"deploy warehouse.yaml as {self.warehouse_stack}: Redshift Serverless of {self.rpu} RPU, "
            f"and set a usage limit right after, which turns it off for the day after {arguments.rpu_hours} "
            "RPU-hours"
        )

    def _no_warehouse(self) -> str | None:
        if self.local:
            return f"{LOCAL}: its Data API takes the place of the warehouse"
        named = self.arguments.workgroup or self.arguments.cluster
        return f"{named} is there" if named else None

    def _warehouse_left(self) -> tuple[Left, ...]:
        what = f"{self.warehouse_stack}: the warehouse, billed while queries run, and its admin's secret"
        return (Left(what, self.warehouse_stack, self.sam.deletion(self.warehouse_stack)),)

    def deploy_warehouse(self) -> str:
        """Deploy warehouse.yaml and limit its usage before anything runs on it."""
        values = {"BaseCapacity": str(self.rpu), "Database": self.arguments.database}
        self.unlimited = True
        self.sam.deploy(self.warehouse_stack, values, environment="warehouse")
        found = deployed_outputs(self.clients.client("cloudformation"), self.warehouse_stack)
        serverless = self.clients.client("redshift-serverless")
        limited = limit_usage(serverless, found["WorkgroupArn"], self.arguments.rpu_hours)
        self.unlimited = False
        self.target = {"WorkgroupArn": found["WorkgroupArn"]}
        self.secret_arn = admin_secret(serverless, found["NamespaceName"])
        return f"{found['WorkgroupName']} is there, and {limited}"

    # The application

    def _no_build(self) -> str | None:
        return f"{LOCAL}: its functions find their packages without a build" if self.local else None

    def build(self) -> str:
        """Build the functions."""
        self.sam.build(self.runtime, container=self.arguments.container)
        return "built"

    def _application_left(self) -> tuple[Left, ...]:
        what = f"{self.stack}: the application, which costs its sweep and the logs that it keeps"
        return (
            Left(f"{SAM_STACK}: the bucket that SAM uploads to, for every stack of the region", SAM_STACK),
            Left(what, self.stack, self.sam.deletion(self.stack)),
        )

    def _tables_left(self) -> tuple[Left, ...]:
        named = self.arguments.workgroup or self.arguments.cluster
        if not named:
            return ()
        return (Left(f"the tables of functions/setup and the functions' database user, in {named}"),)

    def deploy(self) -> str:
        """Deploy the application onto the warehouse, this trial's or the one that was named."""
        values = {**self.target, "Database": self.arguments.database, "Runtime": self.runtime}
        self.sam.deploy(self.stack, values, built=not self.local)
        return f"{self.stack} is there, with {', '.join(way.name for way in self.bench().ways())}"

    def bench(self) -> Bench:
        """Return the application as every other command sees it."""
        found = deployed_outputs(self.clients.client("cloudformation"), self.stack)
        # Results of a local endpoint must not pass for AWS's.
        return Bench(Connection("local" if self.local else "aws", self.clients, self.stack, found))

    # What runs on it

    def _warehouse(self, secret_arn: str | None = None) -> Warehouse:
        client: Any = self.clients.client("redshift-data")
        return Warehouse(client, self.bench().connection.outputs, secret_arn)

    def fill(self) -> str:
        """Create the tables and fill the orders; orders that are there already stay."""
        warehouse = self._warehouse()
        create_tables(warehouse, self.sam.folder)
        return filled(warehouse, self.arguments.rows)

    def grant(self) -> str:
        """Create the functions' database user, as somebody who may, and grant it what the batch needs."""
        user = self.bench().connection.outputs["DatabaseUser"]
        warehouse = self._warehouse(self.arguments.admin_secret or self.secret_arn)
        return grant(warehouse, user, self.sam.folder, postgresql=self.local)

    def check(self) -> str:
        """Look at everything; what is missing ends the trial here."""
        findings = list(look(self.bench()))
        missing = [f"{one.what}: {one.said}" for one in findings if not one.good]
        if missing:
            raise CommandFailed(f"Something that a run needs is missing: {'; '.join(missing)}.")
        warnings = [f"{one.what}: {one.said}" for one in findings if one.warning]
        return "; ".join(["nothing is missing", *warnings])

    def _comparison_plan(self) -> str:
        return (
            f"run the pair {self.arguments.runs} times each; every run deletes and fills "
            f"public.mart_customer_summary in {self.arguments.database}"
        )

    def compare(self) -> str:
        """Run the pair and show its table."""
        asked = argparse.Namespace(
            way=None,
            runs=self.arguments.runs,
            until_within=None,
            most_runs=None,
            rows=None,
            poll_interval=self.arguments.poll_interval,
            sql_file=None,
            seed=False,
            yes=True,
        )
        summary: Json = run_comparison(self.bench(), asked, self.results, self.console)
        print_answer(summary, self.results.path, as_json=False, verbose=False)
        if not is_good(summary):
            raise CommandFailed(f"A run failed, or left a wrong mart: {self.results.path} has all of it.")
        return f"all runs succeeded; they are in {self.results.path}"

    def _no_probes(self) -> str | None:
        return "they were not asked for" if self.arguments.no_probes else None

    def probe(self) -> str:
        """Try the claims about AWS as ``orchbench probe`` does; a refuted one is a result, no failure."""
        given = ["--target", "aws", "--stack", self.stack, "--region", self.clients.region, "--yes"]
        given += [word for name in self.arguments.probe or () for word in ("--probe", name)]
        if self.arguments.profile:
            given += ["--profile", self.arguments.profile]
        try:
            code = self.run_probes([*given, "--out", str(self.results.path)])
        finally:
            # It is written after each probe, and at the end however that comes.
            kept = kept_probes(self.results) or {"probes": {}, "left": []}
            self.probes_left = kept["left"]
        if code not in (0, EXIT_REFUTED):
            raise CommandFailed(f"`orchbench probe` ended with exit code {code}.")
        counts = Counter(one["verdict"] for one in kept["probes"].values())
        return ", ".join(f"{count} {verdict}" for verdict, count in counts.items()) or "none was tried"

    # What is left

    def further_left(self) -> list[Left]:
        """Return what may be left in the account and is no stack of its own, or is not as it should be."""
        left = [Left(said) for said in self.probes_left]
        if self.unlimited:
            what = "has no usage limit of this trial: docs/operations.md says how to set one"
            left.append(Left(f"{self.warehouse_stack} {what}", self.warehouse_stack))
        return left

    def report(self) -> str:
        """Make the page."""
        run_command("report", [str(self.results.path)])
        return f"{Path(self.results.path) / 'report.html'}"


def filled(warehouse: RunsSql, asked: int | None) -> str:
    """Fill an empty table of orders, and say what is in it; orders that are there already stay.

    Args:
        warehouse: the tables exist there.
        asked: how many rows an empty table gets; None for the default.
    """
    present = orders_count(warehouse)
    if present:
        stay = "" if asked in (None, present) else f", and they stay: --rows {asked:,} fills an empty table"
        return f"public.orders holds {present:,} rows already{stay}"
    rows = asked or DEFAULT_ROWS
    seed(warehouse, rows, replace=False)
    return f"public.orders holds {rows:,} rows"
