"""A decision as a record, with its figures; and whether it would be made so again."""

import argparse
import json
import os
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.text import Text

from orchbench.commands.decision_comment import check_comment, comment
from orchbench.commands.decision_question import OPTIONAL, can_be_done, decide
from orchbench.commands.decision_table import print_decision, print_decision_brief
from orchbench.commands.estimation import (
    amount_of,
    assumptions_of,
    considered,
    prices_of,
    print_json,
    today,
    with_rpu_hour,
    workload_of,
)
from orchbench.commands.failure import UsageError
from orchbench.commands.options import ways_of
from orchbench.commands.report import given_for, results_of
from orchbench.evaluation.assumptions import Assumptions
from orchbench.evaluation.prices import PriceList
from orchbench.evaluation.warehouse import RPUS
from orchbench.evaluation.workload import Workload
from orchbench.report.reading import Given, Results
from orchbench.results.folder import COMPARISON_FILE
from orchbench.trace import Json, Label
from orchbench.ways import all_ways

NAME, RECORD_FILES = "decision", (".md", ".json")
FLIPPED = 3
DURATION, RUNS_A_MONTH, ACCEPTABLE_LAG = "lognormal:median=20m,p95=2h", "3000", "60s"
"""What is assumed where neither the caller nor a run on AWS says it."""
GIVEN, FROM_RESULTS, ASSUMED = "given", "from the results", "assumed, as nothing says it"
NOT_GIVEN = "not given"


def write_record(arguments: argparse.Namespace, told: Sequence[str] = ()) -> int:
    """Decide on what results show and the arguments say, and write that as Markdown and as JSON.

    Args:
        arguments: of ``orchbench decide``.
        told: what else the terminal says.

    Raises:
        UsageError: it cannot be written.
    """
    # Templates take a moment to import, which no other command should wait for.
    from orchbench.report.build import write  # noqa: PLC0415
    from orchbench.report.record import markdown, record  # noqa: PLC0415

    folder, named = _place(arguments)
    results = results_of(arguments)
    inputs = _inputs(arguments, results, folder)
    given = _given(arguments, results, inputs)
    decision = _decided(inputs, given)
    titles = {name: way.title for name, way in all_ways().items()}
    found = record(results, given, decision, inputs, titles)
    try:
        write(
            folder,
            {
                f"{named}.json": json.dumps(found, indent=1) + "\n",
                f"{named}.md": markdown(found, _as_named(arguments.record)),
            },
        )
    except OSError as error:
        raise UsageError(
            f"--record {str(arguments.record)!r} cannot be written to ({error.strerror}): name a folder that "
            "can."
        ) from None
    if found["warning"] and (arguments.json or arguments.markdown):
        Console(stderr=True).print(found["warning"], highlight=False, soft_wrap=True)
    if arguments.json:
        print_json(decision)
    elif arguments.markdown:
        print(comment(decision))  # noqa: T201 - the command's answer
    else:
        _tell(decision, inputs, folder / named, told, verbose=arguments.verbose)
    return 0 if can_be_done(decision) else 1


def _as_named(record: Path) -> str:
    """Return a record as its own command names it, from the folder that it is in."""
    return record.name if record.suffix.lower() in RECORD_FILES else "."


def _tell(decision: Json, inputs: Json, record: Path, told: Sequence[str], *, verbose: bool) -> None:
    """Say what was decided and what of it nobody gave, and where it is written."""
    assumed = _assumed_inputs(inputs)
    following = f"orchbench decide --check {shlex.quote(f'{record}.json')}"
    besides: list[str | Text] = [
        *told,
        *([assumed] if assumed else []),
        Text(f"The decision record: {record}.md"),
    ]
    (print_decision if verbose else print_decision_brief)(decision, besides, following)


def _assumed_inputs(inputs: Json) -> str:
    """Name every input that nobody gave and no result says; empty where there is none."""
    named = [
        f"{name.replace('_', ' ')} {one['value']}" for name, one in inputs.items() if one["origin"] == ASSUMED
    ]
    return f"Assumed, as nobody said otherwise: {', '.join(named)}." if named else ""


def _place(arguments: argparse.Namespace) -> tuple[Path, str]:
    """Return the folder of the record and the name of its files; it may be the folder of its results."""
    record: Path = arguments.record
    is_file = record.suffix.lower() in RECORD_FILES
    folder = record.parent if is_file else record
    if not arguments.results and (folder / COMPARISON_FILE).exists():
        arguments.results = [folder]
    return folder, record.stem if is_file else NAME


def _given(arguments: argparse.Namespace, results: list[Results], inputs: Json) -> Given:
    given = given_for(arguments, results)
    return replace(
        given,
        prices=_prices(given.prices, inputs),
        candidates=considered(_value(inputs, "way")),
        assumed=_assumed(inputs),
        memory_mb=int(inputs["memory"]["value"]),
    )


def _value(inputs: Json, name: str) -> Any:
    """Return an input that may not have been given; None where it was not."""
    return inputs[name]["value"] if name in inputs else None


def _prices(prices: PriceList, inputs: Json) -> PriceList:
    return with_rpu_hour(prices, _value(inputs, "redshift_rpu_hour_usd"))


def _assumed(inputs: Json) -> Assumptions:
    size, lost = _value(inputs, "redshift_rpus"), _value(inputs, "lost_events")
    found = assumptions_of(argparse.Namespace(assume=inputs["assume"]["value"], lost_events=lost))
    return found if size is None else found.with_values({RPUS: amount_of(size, "--redshift-rpus")})


def _inputs(arguments: argparse.Namespace, results: list[Results], folder: Path) -> Json:
    """Return every input of the decision with where it comes from."""
    given = given_for(arguments, results)
    on_aws = [one for one in results if one.comparison.settings.host == "aws"]
    otherwise = FROM_RESULTS if results else ASSUMED
    inputs: Json = {
        "results": _optional([_seen_from(folder, one) for one in arguments.results]),
        "region": _input(given.prices.region, GIVEN if arguments.region else otherwise),
        "architecture": _input(given.architecture, GIVEN if arguments.architecture else otherwise),
        "memory": _input(given.memory_mb, GIVEN if arguments.memory else otherwise),
        "runs_a_month": _default(arguments.runs_a_month, RUNS_A_MONTH),
        "timeout": _optional(arguments.timeout),
        "assume": _optional(arguments.assume),
        "prices": _optional(_seen_from(folder, arguments.prices) if arguments.prices else None),
        **_durations(arguments, on_aws, folder),
        **({"way": _input([way.name for way in ways_of(arguments.way)], GIVEN)} if arguments.way else {}),
        **{
            name: _input(value, GIVEN)
            for name in OPTIONAL
            if (value := getattr(arguments, name)) not in (None, False)
        },
    }
    interval = on_aws[0].comparison.settings.input["poll"].get("interval_seconds") if on_aws else None
    inputs["acceptable_lag"] = (
        _input(f"{interval}s", FROM_RESULTS)
        if arguments.acceptable_lag is None and interval
        else _default(arguments.acceptable_lag, ACCEPTABLE_LAG)
    )
    return inputs


def _seen_from(folder: Path, path: Path) -> str:
    """Return a path as the record's own folder leads to it: there its command can be run again."""
    return Path(os.path.relpath(path, folder)).as_posix()


def _input(value: object, origin: str) -> Json:
    return {"value": value, "origin": origin}


def _optional(value: object) -> Json:
    return _input(value, GIVEN if value else NOT_GIVEN)


def _default(value: str | None, otherwise: str) -> Json:
    return _input(otherwise, ASSUMED) if value is None else _input(value, GIVEN)


def _durations(arguments: argparse.Namespace, on_aws: list[Results], folder: Path) -> Json:
    """Return how long queries take: as given, as measured on AWS, or as assumed.

    A query on local servers says nothing about one on Redshift.
    """
    if arguments.durations:
        found = workload_of(arguments)
        seconds = [float(one) for one in found.durations_seconds]
        return {
            "durations": _input(_seen_from(folder, arguments.durations), GIVEN),
            **({"column": _input(arguments.column, GIVEN)} if arguments.column else {}),
            "durations_seconds": {"value": seconds, "origin": GIVEN, "source": f"given: {found.source}"},
        }
    measured = [
        run.trace.statement.query_seconds
        for one in on_aws
        for run in one.comparison.runs
        if run.trace.statement and run.trace.statement.query_seconds
    ]
    if arguments.duration is None and measured:
        source = f"{len(measured)} queries of the results"
        return {
            "durations_seconds": {"value": sorted(measured), "origin": FROM_RESULTS, "source": source},
        }
    return {"duration": _default(arguments.duration, DURATION)}


def _decided(inputs: Json, given: Given, *, weighed: bool = True) -> Json:
    """Decide for the inputs of a record, with what turns the answer or without."""
    many = inputs.get("durations_seconds")
    if many:
        seconds = np.sort(np.round(np.array(many["value"], dtype=np.float64), 6))
        # Whoever gives durations may have measured them; nothing here says so.
        label = Label.MEASURED if many["origin"] == FROM_RESULTS else Label.ASSUMED
        workload = Workload(seconds, label, many["source"], is_sample=True)
    else:
        workload = workload_of(argparse.Namespace(duration=inputs["duration"]["value"], durations=None))
    values = {name: one["value"] for name, one in inputs.items()}
    values["memory"] = int(values["memory"])
    asked = argparse.Namespace(**{**OPTIONAL, "way": None, **values})
    return decide(asked, workload, given.prices, weighed=weighed)


def check_record(arguments: argparse.Namespace) -> int:
    """Decide anew from an old record's inputs, say what changed, and return 3 where the decision flips."""
    from orchbench.report.record import basis, changes, flipped  # noqa: PLC0415

    old = _old(arguments.check)
    inputs = old["inputs"]
    given = _given_again(arguments, inputs)
    decision = _decided(inputs, given, weighed=False)
    changed, flips = list(changes(old, decision, basis(given))), flipped(old["decision"], decision)
    if arguments.markdown:
        print(check_comment(old["decision"], decision, changed, flips=flips))  # noqa: T201 - the command's answer
        return FLIPPED if flips else 0
    console = Console(highlight=False, markup=False, soft_wrap=True)
    for sentence in changed:
        console.print(sentence)
    was = old["decision"]["recommended"]
    then = was["way"] if was else "no way"
    now = decision["recommended"]["way"] if decision["recommended"] else "no way"
    console.print(f"The decision flips: {then} then, {now} now." if flips else f"The decision stands: {now}.")
    return FLIPPED if flips else 0


def _given_again(arguments: argparse.Namespace, inputs: Json) -> Given:
    return Given(
        candidates=considered(_value(inputs, "way")),
        prices=_prices(prices_of(arguments, inputs["region"]["value"]), inputs),
        prices_file="",
        architecture=inputs["architecture"]["value"],
        memory_mb=int(inputs["memory"]["value"]),
        assumed=_assumed(inputs),
        today=today(),
        files={},
    )


def _old(path: Path) -> Json:
    from orchbench.report.record_reading import InvalidRecord, record_from_json  # noqa: PLC0415

    try:
        return record_from_json(json.loads(path.read_text()))
    except OSError as error:
        raise UsageError(f"--check {str(path)!r} cannot be read ({error.strerror}).") from None
    except InvalidRecord as error:
        raise UsageError(f"--check {str(path)!r} is not a decision record: {error}") from None
    except (ValueError, RecursionError):
        raise UsageError(f"--check {str(path)!r} is not a decision record: it is not valid JSON.") from None
