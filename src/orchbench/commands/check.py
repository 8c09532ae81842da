"""``orchbench check``: whether a deployment has what a first run needs, and what to do where it has not."""

import argparse
import json
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from rich.console import Console

from orchbench.commands.definition_check import looked_at_definitions
from orchbench.commands.deployed import add_target, connected
from orchbench.commands.failure import UsageError
from orchbench.commands.failure_said import reason_of, sentence_of
from orchbench.commands.finding import Finding
from orchbench.commands.sql_check import bundled_files, warnings_of, without_statement
from orchbench.comparison.seed import orders_count
from orchbench.deployment.bench import Bench
from orchbench.deployment.connection import AwsClients, NotDeployed
from orchbench.deployment.missing_permissions import Asked, Looked, identity_arn
from orchbench.deployment.missing_permissions import look as look_at_permissions
from orchbench.deployment.permissions import POLICY, permissions, resolved, values_of
from orchbench.deployment.warehouse import SqlFailed, Warehouse
from orchbench.local import LocalStack
from orchbench.local.stack_name import too_long
from orchbench.platforms.platform import Permission
from orchbench.probes import all_probes
from orchbench.probes.permissions import POLICY as PROBE_POLICY
from orchbench.probes.permissions import permissions as probe_permissions
from orchbench.project import project_folder
from orchbench.project.templates import load_template
from orchbench.ways import Way, all_ways, told_parameters

SETUP = "functions/setup"
NEEDED = {
    ("schema", "public"): ("USAGE",),
    ("table", "public.orders"): ("SELECT",),
    ("table", "public.mart_customer_summary"): ("SELECT", "INSERT", "DELETE"),
}


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser("check")
    add_target(parser)
    parser.add_argument(
        "--sql-file",
        type=Path,
        action="append",
        metavar="FILE",
        help="only check this file for SQL that Redshift may reject; needs no deployment",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Look at everything, say what to do, and return 1 where there is anything to do."""
    if arguments.sql_file:
        return _shown(_given_sql(arguments.sql_file))
    return _shown(_looked(arguments))


def _looked(arguments: argparse.Namespace) -> Iterator[Finding]:
    if arguments.target == "aws":
        # What is not deployed yet can be asked about all the same.
        yield from looked_at_definitions(AwsClients(arguments.region, arguments.profile))
    yield from look(deployment(arguments))


def _shown(findings: Iterable[Finding]) -> int:
    """Print findings as they come and return the exit code."""
    console = Console()
    good = True
    for finding in findings:
        good = good and finding.good
        console.print(finding.mark, end=" ", highlight=False)
        console.print(f"{finding.what}: {finding.said}", highlight=False, markup=False, soft_wrap=True)
    return 0 if good else 1


def deployment(
    arguments: argparse.Namespace, connect: Callable[[argparse.Namespace], Bench] = connected
) -> Bench:
    """Return the deployment to look at.

    Raises:
        NotDeployed: there is no such stack.
        UsageError: there is none, and none could be deployed: its name is too long.
    """
    try:
        return connect(arguments)
    except NotDeployed as error:
        template = load_template(project_folder() / "template.yaml")
        if arguments.target == "aws" and (refusal := too_long(template, arguments.stack)):
            raise UsageError(refusal) from error
        raise


def look(bench: Bench) -> Iterator[Finding]:
    """Yield what there is to say, in the order in which one thing needs the other."""
    yield from _ways(bench)
    yield from _sql(bundled_files(project_folder()))
    yield from _met(bench)
    if bench.host == "aws":
        yield _tried("permissions", lambda: _permissions(bench))
        yield _tried("permissions to probe", lambda: _probe_permissions(bench))
    outputs = bench.connection.outputs
    warehouse = Warehouse(bench.connection.clients.client("redshift-data"), outputs)
    reached = _tried("warehouse", lambda: _reach(warehouse))
    yield reached
    if not reached.good:
        return
    orders = _tried("orders", lambda: _orders(warehouse))
    mart = _tried("mart", lambda: _mart(warehouse))
    yield orders
    yield mart
    if bench.host == "local":
        said = "the local Data API runs every statement as the owner of the tables"
        yield Finding("grants", good=True, said=said)
    elif not outputs["DatabaseUser"].startswith("the user in the secret"):
        yield _tried("grants", lambda: _grants(warehouse, outputs["DatabaseUser"]))


def _ways(bench: Bench) -> Iterator[Finding]:
    deployed = [way.name for way in bench.ways()]
    for way in all_ways().values():
        if way.name in deployed:
            yield Finding(way.name, good=True, said="deployed")
            yield _tried(f"{way.name}'s target", partial(_target, bench, way))
        elif way.is_of_the_pair:
            missing = f"the stack has no output {way.target_output}: deploy template.yaml anew"
            yield Finding(way.name, good=False, said=missing)
        else:
            said = f"not deployed, and not needed: {told_parameters([way.name])} deploys it"
            yield Finding(way.name, good=True, said=said)


def _target(bench: Bench, way: Way) -> Finding:
    unfit = way.platform.unfit(bench.connection.clients, bench.connection.outputs[way.target_output])
    return Finding(f"{way.name}'s target", unfit is None, unfit or f"runs on {way.platform.title}")


def _sql(files: Iterable[Path]) -> Iterator[Finding]:
    warnings = list(warnings_of(files))
    yield from (Finding("SQL", good=True, said=said, warning=True) for said in warnings)
    if not warnings:
        yield Finding("SQL", good=True, said="nothing in it is on the list of what Redshift may not take")


def _given_sql(files: Sequence[Path]) -> Iterator[Finding]:
    """Yield what there is to say of files that somebody has named: one without a statement is a mistake."""
    empty = without_statement(files)
    for file in empty:
        yield Finding("SQL", good=False, said=f"{file} holds no statement: name a file that does")
    if others := [file for file in files if file not in empty]:
        yield from _sql(others)


def _met(bench: Bench) -> Iterator[Finding]:
    """Yield what the local Data API has been asked to run since it started."""
    stack = bench.connection.clients
    if not isinstance(stack, LocalStack) or "url" not in stack.redshift:
        return
    url = f"{stack.redshift['url']}/warnings"
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - this stack's own server
            warnings = json.loads(answer.read())
    except OSError as error:
        yield Finding(
            "SQL that was run", good=False, said=f"the local Data API cannot be asked: {reason_of(error)}"
        )
        return
    yield from (Finding("SQL that was run", good=True, said=said, warning=True) for said in warnings)


def _permissions(bench: Bench) -> Finding:
    caller, found = _looked_at(bench, permissions(bench.ways()))
    if found.lacking:
        said = f"{caller} lacks {_listed(found.lacking)}: attach {POLICY} ({found.how})"
        return Finding("permissions", good=False, said=said)
    if found.unknown:
        said = f"{found.how}; could not be looked at: {_listed(found.unknown)}"
        return Finding("permissions", good=True, said=said, warning=True)
    return Finding("permissions", good=True, said=f"{caller} may do what the bench calls ({found.how})")


def _probe_permissions(bench: Bench) -> Finding:
    """Look at what `orchbench probe` needs besides, which no run does: nothing of it has to be done."""
    caller, found = _looked_at(bench, probe_permissions(all_probes().values()))
    lacking = list(dict.fromkeys(action for action, _resource in found.lacking))
    if lacking:
        then = f"attach {PROBE_POLICY} before `orchbench probe` ({found.how})"
        said = f"{caller} lacks {', '.join(lacking)}: {then}"
    elif found.unknown:
        said = f"{found.how}; {len(found.unknown)} of those of {PROBE_POLICY} could not be looked at"
    else:
        said = f"{caller} may do what the probes call ({found.how})"
    is_sure = not (lacking or found.unknown)
    return Finding("permissions to probe", good=True, said=said, warning=not is_sure)


def _looked_at(bench: Bench, needed: Iterable[Permission]) -> tuple[str, Looked]:
    """Return the caller, and what they lack of what is needed."""
    clients, values = bench.connection.clients, values_of(bench.connection)
    caller = str(clients.client("sts").get_caller_identity()["Arn"])
    with_values = resolved(needed, values | {"CallerArn": identity_arn(caller)})
    return caller, look_at_permissions(clients, caller, with_values)


def _listed(asked: Iterable[Asked]) -> str:
    return ", ".join(f"{action} on {resource}" for action, resource in asked)


def _tried(what: str, look_at: Callable[[], Finding]) -> Finding:
    """Return what a look finds; one that ends in an error found something to do."""
    try:
        return look_at()
    except Exception as error:  # noqa: BLE001 - whatever the service says is the finding
        return Finding(what, good=False, said=sentence_of(error))


def _reach(warehouse: Warehouse) -> Finding:
    try:
        warehouse.rows("SELECT 1", "A first statement")
    except SqlFailed as error:
        return Finding("warehouse", good=False, said=f"{error}: is {warehouse.database!r} its database?")
    return Finding("warehouse", good=True, said=f"{warehouse.database} of {warehouse.target} answers")


def _orders(warehouse: Warehouse) -> Finding:
    try:
        rows = orders_count(warehouse)
    except SqlFailed:
        said = f"public.orders cannot be read: run {SETUP}/tables.sql, or `orchbench compare --seed`"
        return Finding("orders", good=False, said=said)
    empty = "public.orders is empty: load it, or run `orchbench compare --seed` once"
    return Finding("orders", rows > 0, f"public.orders holds {rows:,} rows" if rows else empty)


def _mart(warehouse: Warehouse) -> Finding:
    try:
        warehouse.rows("SELECT COUNT(*) FROM public.mart_customer_summary", "Counting the mart")
    except SqlFailed:
        said = f"public.mart_customer_summary cannot be read: run {SETUP}/tables.sql"
        return Finding("mart", good=False, said=said)
    return Finding("mart", good=True, said="public.mart_customer_summary is there")


def _grants(warehouse: Warehouse, user: str) -> Finding:
    quoted = user.replace("'", "''")
    if not warehouse.rows(f"SELECT 1 FROM pg_user WHERE usename = '{quoted}'", "Looking for the user"):  # noqa: S608
        said = f'there is no database user "{user}": run {SETUP}/grants.sql with that name'
        return Finding("grants", good=False, said=said)
    missing = [
        f"{privilege} on {name}"
        for (kind, name), privileges in NEEDED.items()
        for privilege in privileges
        if not _has(warehouse, kind, quoted, name, privilege)
    ]
    if missing:
        said = f'"{user}" lacks {", ".join(missing)}: run {SETUP}/grants.sql with that name'
        return Finding("grants", good=False, said=said)
    return Finding("grants", good=True, said=f'"{user}" may do what the batch needs')


def _has(warehouse: Warehouse, kind: str, quoted_user: str, name: str, privilege: str) -> bool:
    sql = f"SELECT has_{kind}_privilege('{quoted_user}', '{name}', '{privilege}')"
    return bool(warehouse.rows(sql, "Looking at the grants")[0][0])
