"""``orchbench probe``: which claims about AWS hold, tried on an account or on the emulators."""

import argparse
import secrets
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from orchbench.commands.brief import add_verbose, print_brief, print_next, small_table
from orchbench.commands.compare import deployment
from orchbench.commands.deployed import add_target
from orchbench.commands.failure import UsageError
from orchbench.commands.failure_said import what_to_do
from orchbench.commands.options import listed
from orchbench.commands.probe_consent import confirm, told_probes
from orchbench.comparison.seed import create_tables, orders_count, seed
from orchbench.deployment.warehouse import Warehouse
from orchbench.evaluation.prices import price_list
from orchbench.probes import all_probes
from orchbench.probes.cost import services_usd, warehouse_usd
from orchbench.probes.document import FILE, document, worded
from orchbench.probes.lab import Lab
from orchbench.probes.probe import Probe, Verdict
from orchbench.probes.run import Outcome, Session, run_probes
from orchbench.project import project_folder, working_folder
from orchbench.results.folder import ResultsFolder
from orchbench.ways import the_pair

EXIT_REFUTED = 1
FOLLOWING = "orchbench probe --target aws"
ROWS = 1000
COLOURS = {Verdict.CONFIRMED: "green", Verdict.REFUTED: "red", Verdict.INCONCLUSIVE: "yellow"}


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser("probe")
    add_target(parser)
    parser.add_argument(
        "--list", action="store_true", help="list the probes and what each claims; runs nothing"
    )
    parser.add_argument(
        "--probe",
        action="append",
        metavar="NAME",
        help="only this one; several with commas, or the option again (default: all)",
    )
    add_verbose(parser)
    parser.add_argument("--yes", action="store_true", help="on AWS: do not ask before spending money")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="results folder (default: below results/)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """List the probes or run them; 1 where AWS refuted a claim, or something could not be removed."""
    # What needs the warehouse runs together, so that it wakes once; and what is short comes first.
    probes = sorted(probes_of(arguments.probe), key=lambda one: (one.warehouse_seconds == 0, one.seconds))
    console = Console()
    if arguments.list:
        # Who names some wants to see these.
        if arguments.verbose or arguments.probe:
            print_list(probes, console)
        else:
            print_list_brief(probes)
        return 0
    folder = arguments.out or working_folder() / "results" / f"{time.strftime('%Y%m%d-%H%M%S')}-probes"
    # What the stack says of its start goes where progress goes.
    with deployment(arguments, the_pair(), Console(stderr=True)) as bench:
        lab = Lab(bench, secrets.token_hex(3))
        results = _prepared(folder)
        if lab.on_aws:
            confirm(probes, lab, console, assume_yes=arguments.yes)
        elif bench.host == "local":
            _fill(Warehouse(lab.client("redshift-data"), lab.outputs))
        return probe(probes, lab, results, console)


def _prepared(folder: Path) -> ResultsFolder:
    """Make the results folder, once there is something to run on."""
    results = ResultsFolder(folder)
    try:
        results.prepare()
    except OSError as error:
        raise UsageError(
            f"--out {str(folder)!r} cannot be written to ({error.strerror}): {what_to_do(error)}."
        ) from None
    return results


def probe(probes: Sequence[Probe], lab: Lab, results: ResultsFolder, console: Console) -> int:
    """Run probes, write the document after each, and return the exit code."""
    session, on_aws = Session(), lab.on_aws
    settings = {
        "stack": lab.connection.stack_name,
        "region": lab.region,
        "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }

    def write() -> None:
        results.write_document(FILE, document(session, on_aws=on_aws, settings=settings))

    def after(outcome: Outcome) -> None:
        write()
        _tell(outcome, console, on_aws=on_aws)

    try:
        with console.status("probing") as status:
            run_probes(
                probes,
                lab,
                session,
                before=lambda one: status.update(f"{one.name}, about {one.seconds} s on AWS"),
                after=after,
            )
    finally:
        write()
        for left in session.left:
            console.print(f"{left.said}", highlight=False, markup=False, soft_wrap=True)
    counts = Counter(worded(one.finding.verdict, on_aws=on_aws) for one in session.outcomes)
    said = ", ".join(f"{counts[word]} {word}" for word in (worded(each, on_aws=on_aws) for each in Verdict))
    console.print(f"{said}. Written to {results.path / FILE}.", highlight=False, soft_wrap=True)
    if not on_aws:
        console.print("Emulators answered: nothing of this counts as known about AWS.", highlight=False)
    refuted = on_aws and any(one.finding.verdict is Verdict.REFUTED for one in session.outcomes)
    return EXIT_REFUTED if refuted or session.left else 0


def probes_of(names: Sequence[str] | None) -> list[Probe]:
    """Return the probes of an argument, each once, in their own order.

    Raises:
        UsageError: there is no such probe, or none is named.
    """
    known = all_probes()
    if names is None:
        return list(known.values())
    named = listed(names, "--probe")
    unknown = next((name for name in named if name not in known), None)
    if unknown is not None:
        raise UsageError(f"There is no probe {unknown!r}: `orchbench probe --list --verbose` names them.")
    return [one for name, one in known.items() if name in named]


def print_list_brief(probes: Sequence[Probe]) -> None:
    """Print how many probes there are, of which kind, and what they cost."""
    prices, table = (
        price_list("us-east-1"),
        small_table("what they ask", ">probes", ">services, USD", ">warehouse, s"),
    )
    groups = {
        "of a running warehouse": [one for one in probes if one.warehouse_seconds],
        "of the services alone": [one for one in probes if not one.warehouse_seconds],
    }
    for title, group in groups.items():
        if group:
            usd = services_usd(group, prices)
            seconds = sum(one.warehouse_seconds for one in group)
            table.add_row(title, str(len(group)), f"{usd:.4f}", f"{seconds:,}" if seconds else "-")
    usd = services_usd(probes, prices) + warehouse_usd(probes, prices)
    number = f"{len(probes)} probes try" if len(probes) > 1 else "One probe tries"
    headline = f"{number} what is assumed of AWS, for about ${usd:.2f} in all (estimated)."
    told = "`--list --verbose` names each with its claim, and `--probe NAME` takes one."
    print_brief(headline, [table, told], FOLLOWING, rest="")


def print_list(probes: Sequence[Probe], console: Console) -> None:
    """Print what each probe claims and costs."""
    prices = price_list("us-east-1")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("probe", "what we assume", "USD", "warehouse"):
        table.add_column(title, no_wrap=title != "what we assume")
    for one in probes:
        usd, seconds = services_usd([one], prices), one.warehouse_seconds
        table.add_row(one.name, one.claim, f"{usd:.5f}" if usd else "0", f"{seconds} s" if seconds else "-")
    console.print(table, highlight=False)
    console.print(
        f"{told_probes(len(probes))}. USD is estimated at us-east-1's list prices; the warehouse's time is "
        "assumed. docs/probes.md says how each is tried.",
        highlight=False,
    )
    print_next(console, FOLLOWING)


def _tell(outcome: Outcome, console: Console, *, on_aws: bool) -> None:
    verdict = outcome.finding.verdict
    console.print(f"[{COLOURS[verdict]}]{worded(verdict, on_aws=on_aws)}[/]", end=" ", highlight=False)
    console.print(
        f"{outcome.probe.name}: {outcome.finding.reason}", highlight=False, markup=False, soft_wrap=True
    )


def _fill(warehouse: Warehouse) -> None:
    """Make the tables of the bundled SQL, with some rows where there are none."""
    create_tables(warehouse, project_folder())
    if orders_count(warehouse) == 0:
        seed(warehouse, ROWS, replace=True)
