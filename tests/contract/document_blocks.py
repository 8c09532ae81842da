"""The generated blocks of the documents, made from the program.

``PYTHONPATH=functions python tests/contract/document_blocks.py`` writes them anew into docs.
"""

import ast
import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cache

import numpy as np
from concepts import concept_table
from documented import DOCUMENTS, with_generated
from event_pictures import PICTURES, pictures
from event_pictures import table as event_table
from example_tables import CHART, change_table, promise_chart, promise_table
from project import ROOT, Json, monitoring, resources, schedule, template, warehouse

from orchbench.commands.alternatives_table import told_lag, told_longest
from orchbench.commands.complexity import complexity_document
from orchbench.commands.estimation import candidates
from orchbench.commands.options import policies_of
from orchbench.deployment.permissions import POLICY, permissions
from orchbench.deployment.permissions import policy as iam_policy
from orchbench.evaluation.alternatives import Queries
from orchbench.evaluation.assumptions import default_assumptions
from orchbench.evaluation.candidate import Candidate, kept_policies
from orchbench.evaluation.complexity_rows import ROWS
from orchbench.evaluation.estimate import Terms, estimate_way, usual_timeouts
from orchbench.evaluation.figures import NOTHING, told_money, told_share
from orchbench.evaluation.limits import AwsQuota, quotas, reach, told_quota
from orchbench.evaluation.other_solutions import ALTERNATIVES
from orchbench.evaluation.prices import price_list
from orchbench.evaluation.tariff import BYTES_A_GB, DAYS_A_MONTH
from orchbench.evaluation.warehouse import RPUS, Warehouse
from orchbench.evaluation.workload import LONGEST_SECONDS
from orchbench.probes import all_probes
from orchbench.probes.permissions import BOUNDARY_FILE, boundary
from orchbench.probes.permissions import POLICY as PROBE_POLICY
from orchbench.probes.permissions import permissions as probe_permissions
from orchbench.probes.table import details, summary
from orchbench.ways import all_ways
from orchbench.ways.durations import Policy, shown_duration
from orchbench.ways.way import Waits
from redshift_batch.status import RUNNING_STATUSES

POLICIES = ("fixed:5s", "fixed:10s", "fixed:30s", "fixed:60s", "adaptive")
REGION = "us-east-1"
HOUR_SECONDS, INTERVAL_SECONDS, RUNS = 3_600, 10, 1_000
"""What the answer is about: queries of an hour with the default polls."""
ELSEWHERE = "ap-northeast-1"


def quota_table() -> Iterator[str]:
    """Yield every quota with its source."""
    yield from ("| service | quota | value | can be raised | source |", "|---|---|--:|---|---|")
    for one in quotas().values():
        note = f"; {one.note}" if one.note else ""
        raised = "yes" if one.adjustable else "no"
        yield f"| {one.service} | {one.what}{note} | {_value(one)} | {raised} | {one.source} |"


def _value(quota: AwsQuota) -> str:
    here, there = quota.in_region(REGION), quota.in_region(ELSEWHERE)
    apart = "" if here == there else f" (Tokyo {there:,})"
    return f"{here:,} {quota.unit}{apart}"


def reach_table() -> Iterator[str]:
    """Yield how long each way can poll."""
    yield (
        "| poll | way | longest query, no budget | one that runs on dies after | with budget "
        "| a poll then every |"
    )
    yield "|---|---|--:|--:|--:|--:|"
    for way, policy in kept_policies(candidates(None), policies_of(POLICIES, budget=True)):
        found = reach(way, policy)
        died = f"{found.died.polls:,} polls, {found.died.at_seconds:,.0f} s" if found.died else NOTHING
        longest = shown_duration(found.without_budget_seconds)
        kept = shown_duration(LONGEST_SECONDS)
        delay = f"{found.longest_delay_seconds:,.0f} s at most"
        yield f"| {policy.shown} | {way.name} | {longest} | {died} | {kept} | {delay} |"


def budget_table() -> Iterator[str]:
    """Yield what each way's quota leaves for polls."""
    yield from ("| way | quota | polls that fit | polls of the budget |", "|---|---|--:|--:|")
    for way in candidates(None):
        usage = way.usage
        yield (f"| {way.name} | {told_quota(usage)} | {usage.most_polls():,} | {way.budget_polls:,} |")


def parameter_table() -> Iterator[str]:
    """Yield the template's parameters, in the order in which the console asks for them."""
    document = template()
    groups = document["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    names = (name for group in groups for name in group["Parameters"])
    yield from _parameters({name: document["Parameters"][name] for name in names})


def monitoring_table() -> Iterator[str]:
    """Yield the parameters of alarms and dashboard."""
    yield from _parameters(monitoring()["Parameters"])


def warehouse_table() -> Iterator[str]:
    """Yield the parameters of the warehouse."""
    yield from _parameters(warehouse()["Parameters"])


def schedule_table() -> Iterator[str]:
    """Yield the parameters of a schedule."""
    yield from _parameters(schedule()["Parameters"])


def _parameters(parameters: Json) -> Iterator[str]:
    yield from ("| parameter | default | takes | meaning |", "|---|---|---|---|")
    for name, one in parameters.items():
        default = f"`{one['Default']}`" if one["Default"] != "" else "empty"
        meaning = " ".join(one["Description"].split())
        yield f"| `{name}` | {default} | {_taken(one)} | {meaning} |"


def _taken(parameter: dict[str, object]) -> str:
    if values := parameter.get("AllowedValues"):
        assert isinstance(values, list)
        return ", ".join(str(value) for value in values)
    if "MinValue" in parameter:
        return f"{parameter['MinValue']} to {parameter['MaxValue']}"
    return "names, separated by commas" if parameter["Type"] == "CommaDelimitedList" else "text"


def alarm_table() -> Iterator[str]:
    """Yield the alarms, each metric with its threshold and what it says; those of all ways once."""
    yield from ("| alarm | metric | at | says |", "|---|---|--:|---|")
    document = monitoring()
    listed = {
        kind: document["Parameters"][parameter]["Default"].split(",")
        for kind, parameter in (
            ("state machine way", "StateMachineWays"),
            ("durable way", "DurableWays"),
            ("way that waits for an event", "EventWays"),
        )
    }
    of_a_way = {way.replace("-", ""): kind for kind, ways in listed.items() for way in ways}
    rows: dict[str, None] = {}
    for name, one in resources(document, "AWS::CloudWatch::Alarm").items():
        way = next((way for way in of_a_way if name.startswith(way)), "")
        shown = f"{name.removeprefix(way)}, each {of_a_way[way]}" if way else name
        metric = f"`{one['Namespace']}` {one['MetricName']}"
        rows[f"| {shown} | {metric} | {one['Threshold']:,} | {one['AlarmDescription']} |"] = None
    yield from rows


REASONS = {
    "SubmitBatches": "on this one workgroup or cluster",
    "FollowStatements": "a statement has no ARN; the Data API shows a role its own statements only",
    "ConnectToTheWorkgroup": "temporary credentials, on this workgroup",
    "ConnectToTheClusterAsTheRole": "the same on a cluster, as `IAMR:` and the role's name",
    "ConnectToTheClusterAsTheUser": "the same on a cluster, as `DbUser`",
    "ReadTheSecret": "only where `SecretArn` is given",
    "DecryptTheSecret": "only where `SecretKmsKeyArn` is given; this secret alone, through Secrets Manager",
    "WriteLogs": "into the stack's own log groups, which the template makes",
    "Trace": "X-Ray has no resource to name",
    "KeepEventsThatFailed": "into the dead-letter queue",
    "ReadRecords": "what an execution that was ended had sent; of this stack's executions",
    "KeepCheckpoints": "what a durable function remembers by; of this stack's functions",
    "EndItsOwnWait": "of one state machine; the arm function does it where the statement has ended already",
    "WakeExecutions": "ends a wait for a token; of one state machine",
    "FindTheirWaits": "the token stands in the execution's own history; of one state machine",
    "CompleteCallbacks": "ends a wait for a callback; of one function's executions",
    "WriteItsLogs": "into its own log group, which the template makes",
}
ROLES = {"DataApiRole": "all others", "NotifyRole": "notify"}
"""Each role of the template's functions, and whose it is."""


def permission_table() -> Iterator[str]:
    """Yield what the functions' roles may do, and why."""
    yield from ("| functions | statement | actions | why |", "|---|---|---|---|")
    told: dict[str, None] = {}
    for role, functions in ROLES.items():
        attached = resources(template(), "AWS::IAM::Policy").values()
        of_it = [one for one in attached if one["Roles"] == [{"Ref": role}]]
        documents = (*template()["Resources"][role]["Properties"]["Policies"], *of_it)
        for one in (one for document in documents for one in document["PolicyDocument"]["Statement"]):
            granted = one["Fn::If"][1] if "Fn::If" in one else one
            actions = ", ".join(f"`{action}`" for action in granted["Action"])
            told[f"| {functions} | {granted['Sid']} | {actions} | {REASONS[granted['Sid']]} |"] = None
    yield from told


def idle_table() -> Iterator[str]:
    """Yield what a month of sweeps costs, where nothing else runs."""
    assumed, prices = default_assumptions(), price_list(REGION)
    parameters = template()["Parameters"]
    sweeps = Decimal(DAYS_A_MONTH * 24 * 60) / parameters["SweepMinutes"]["Default"]
    memory_mb = parameters["MemorySize"]["Default"]
    # One look for each status of a statement that runs; the pause is longer than an environment is kept.
    waits = (len(RUNNING_STATUSES) - 1) * assumed["invocation_wait_seconds"]
    seconds = (
        assumed.invocation_seconds(memory_mb, suspends=False) + waits + assumed["initialization_seconds"]
    )
    log_bytes = assumed["log_bytes_a_piece_of_work"] + assumed["log_bytes_an_invocation"]
    lines = (
        ("requests", "request", sweeps, prices["lambda_request"].usd, "estimated"),
        (
            "GB-seconds",
            "GB-second",
            sweeps * seconds * memory_mb / 1024,
            prices["lambda_gb_second_x86_64"].usd,
            "assumed",
        ),
        ("logs ingested", "GB", sweeps * log_bytes / BYTES_A_GB, prices["logs_ingested"].usd, "assumed"),
    )
    every = parameters["SweepMinutes"]["Default"]
    yield f"A sweep every {every} minutes, {REGION}, list prices, no free tier:"
    yield ""
    yield from ("| line | quantity a month | unit | USD a month | label |", "|---|--:|---|--:|---|")
    for line, unit, quantity, usd, label in lines:
        shown = f"{quantity:,.0f}" if quantity > 1 else f"{quantity:.4f}"
        yield f"| {line} | {shown} | {unit} | {quantity * usd:.4f} | {label} |"
    total = sum(quantity * usd for _line, _unit, quantity, usd, _label in lines)
    yield f"| total | | | {total:.4f} | assumed |"


def cold_start_table() -> Iterator[str]:
    """Yield what cold and warm starts took, as the stored run of the benchmark found it."""
    stored = json.loads((ROOT / "docs" / "results" / "cold-start.json").read_text())
    goals = stored["goals"]
    yield f"Measured: {stored['machine']}, the median of {stored['runs']} rounds."
    yield ""
    yield (
        "| function | compared with | cold, s | ratio | goal | peak, MB "
        f"(goal: {goals['peak_mb']}) | warm, ms | the SDK's, ms "
        f"| our own, ms (goal: {goals['warm_own_cpu_ms']}) | after a pause, ms | our own, calls |"
    )
    yield "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    for base, seconds in stored["bare_cpu_seconds"].items():
        yield f"| | {base} | {seconds:.2f} | 1 | | | | | | | |"
    for one in stored["functions"]:
        goal, sdk = one["goal_ratio"] or "", one["warm_sdk_cpu_ms"]
        # An older run has none.
        paused = one.get("warm_own_after_pause_cpu_ms")
        yield (
            f"| `{one['name']}` | {one['compared_with']} | {one['cold_cpu_seconds']:.2f} "
            f"| {one['cold_ratio']:.2f} | {goal} | {one['peak_mb']:.0f} | {one['warm_cpu_ms']:.2f} "
            f"| {'' if sdk is None else f'{sdk:.2f}'} | {one['warm_own_cpu_ms']:.2f} "
            f"| {'' if paused is None else f'{paused:.2f}'} | {one['warm_own_calls']} |"
        )


@cache
def measured_complexity() -> Json:
    """Return what ``orchbench complexity --json`` says of every way."""
    return complexity_document(ROOT, all_ways().values())


def count_table() -> Iterator[str]:
    """Yield what ``orchbench complexity`` counts of each way."""
    ways = measured_complexity()["ways"]
    yield f"| measured | {' | '.join(one['way'] for one in ways)} |"
    yield f"|---|{'--:|' * len(ways)}"
    for title, read in ROWS.items():
        found = (read(one) for one in ways)
        cells = (str(one["value"] if isinstance(one, dict) else one or NOTHING) for one in found)
        yield f"| {title} | {' | '.join(cells)} |"


def conclusion_list() -> Iterator[str]:
    """Yield what follows for each reader."""
    yield from (f"- {sentence}" for sentence in measured_complexity()["conclusion"])


def answer_block() -> Iterator[str]:
    """Yield the answer: the pair on cost, lag and reading, and the variant that does the same for less."""
    redshift = Warehouse.serverless(
        default_assumptions().named[RPUS], price_list(REGION)["redshift_rpu_hour"]
    )
    redshift_usd = redshift.usd(np.array([float(HOUR_SECONDS)]), HOUR_SECONDS) * RUNS
    asked = f"{RUNS:,} queries of an hour, a poll every {INTERVAL_SECONDS} s"
    yield f"| {asked} | orchestration | of the bill with Redshift | an end is known after | to read |"
    yield "|---|--:|--:|--:|---|"
    sizes = {one["way"]: one for one in measured_complexity()["ways"]}
    for way in all_ways().values():
        found = estimate_way(
            Candidate.of(way),
            HOUR_SECONDS,
            Policy.fixed(INTERVAL_SECONDS),
            Terms(price_list(REGION), "x86_64", 128, default_assumptions()),
        )
        usd = found.bill.total_usd * RUNS
        lines = f"{sizes[way.name]['code']['lines']['value']} lines of Python"
        if definition := sizes[way.name]["definition"]:
            lines = f"{definition['lines']['value']} lines of a definition, {lines}"
        lag = f"{found.lag.mean_seconds:.0f} s, {found.lag.worst_seconds:.0f} s at worst"
        if not found.lag.worst_seconds:
            lag = "at once"
        elif found.candidate.is_woken:
            came, lost = found.when_told.lag.worst_seconds, found.when_lost.lag.worst_seconds
            lag = f"{came:g} s if its event arrives, {lost / 60:.0f} min at worst if it is lost"
        share = told_share(float(usd / (usd + redshift_usd)))
        name = f"**{way.name}**" if way.varies is None else way.name
        yield f"| {name} | ${told_money(usd)} | {share} | {lag} | {lines} |"
    yield ""
    yield (
        f"Estimated at list prices of {REGION}, no free tier; Redshift is ${told_money(redshift_usd)} "
        f"({redshift.told}). Lines are measured."
    )


def input_table() -> Iterator[str]:
    """Yield what each way does with the members of the input that not all of them use."""
    yield from ("| way | `poll` | `fallback` | refuses |", "|---|---|---|---|")
    for way in all_ways().values():
        used = [way.waits is one for one in (Waits.BY_POLLING, Waits.FOR_AN_EVENT)]
        told = ("used" if one else "ignored" for one in used)
        refused = ", ".join(f"`{name}`" for name in way.refuses) or "nothing"
        yield f"| {way.name} | {' | '.join(told)} | {refused} |"


WAITS = {"sfn-poll": "Wait before check", "sfn-callback": "Await event"}
"""The state in which each of these two waits."""
LOOPS = {"durable-poll": "poll", "durable-callback": "await_end"}
"""The function in which each of these two waits and checks."""


def wait_states() -> Iterator[str]:
    """Yield the states in which the baseline waits, and the way that waits for an event."""
    held: Json = {}
    for name, state in WAITS.items():
        written = json.loads((ROOT / all_ways()[name].implementation).read_text())["States"][state]
        held[state] = {key: value for key, value in written.items() if key not in ("Comment", "Retry")}
    yield from ("```json", *json.dumps(held, indent=2).splitlines(), "```")


def loops() -> Iterator[str]:
    """Yield the loops of the durable function that polls, and of the one that waits for an event."""
    for name, function in LOOPS.items():
        path = all_ways()[name].implementation
        text = (ROOT / path).read_text()
        found = next(one for one in ast.parse(text).body if getattr(one, "name", "") == function)
        lines = text.splitlines()[found.lineno - 1 : found.end_lineno]
        yield from ("```python", f"# {path}", *lines, "```")


def wait_or_poll_table() -> Iterator[str]:
    """Yield what waiting for the event costs, and polling."""
    counted = {one["way"]: int(str(ROWS["resources"](one))) for one in measured_complexity()["ways"]}
    yield from event_table(counted)


def alternatives_table() -> Iterator[str]:
    """Yield what else could run the hour of the answer: estimated or assumed, never run."""
    durations = np.array([float(HOUR_SECONDS)])
    asked = Queries(
        durations,
        int(usual_timeouts(durations)[0]),
        Policy.fixed(INTERVAL_SECONDS),
        Terms(price_list(REGION), "x86_64", 128, default_assumptions()),
    )
    yield (
        "| what else could run it | cost | an end is known after | longest query | exactly once "
        "| run besides | promise broken |"
    )
    yield "|---|--:|--:|--:|---|---|---|"
    for one in (alternative.estimated(asked, Decimal(RUNS)) for alternative in ALTERNATIVES):
        standing = one["standing"]
        cost, label = (
            (f"${told_money(Decimal(standing['value']))} a month", standing["label"])
            if standing
            else (f"${told_money(Decimal(one['cost']['value']))}", one["cost"]["label"])
        )
        lag = one["detection_lag_mean"]
        known = f", {lag['label']}" if lag["value"] is not None else ""
        cells = (f"{cost}, {label}", f"{told_lag(one)}{known}", told_longest(one))
        words = (one["exactly_once"], one["run_besides"], one["promise_broken"])
        yield f"| {' | '.join((one['title'], *cells, *words))} |"


def lacks_table() -> Iterator[str]:
    """Yield what ways say that they do not keep, each with its reason."""
    yield from ("| way | does not keep | because |", "|---|---|---|")
    for way in all_ways().values():
        yield from (f"| {way.name} | {what} | {reason} |" for what, reason in way.lacks.items())


def probe_table() -> Iterator[str]:
    """Yield every probe with what became of it."""
    yield from summary(all_probes().values(), _stored_probes("aws"), _stored_probes("local"))


def probe_details() -> Iterator[str]:
    """Yield how each probe is tried, and what its verdicts look like."""
    yield from details(all_probes().values(), price_list(REGION), _stored_probes("local"))


def _stored_probes(target: str) -> Json | None:
    path = ROOT / "docs" / "results" / f"probes-{target}" / "probes.json"
    return json.loads(path.read_text()) if path.exists() else None


BLOCKS: dict[str, Callable[[], Iterator[str]]] = {
    "quotas": quota_table,
    "reach": reach_table,
    "budget": budget_table,
    "parameters": parameter_table,
    "monitoring": monitoring_table,
    "warehouse": warehouse_table,
    "schedule": schedule_table,
    "alarms": alarm_table,
    "permissions": permission_table,
    "answer": answer_block,
    "inputs": input_table,
    "waits": wait_states,
    "loops": loops,
    "wait-or-poll": wait_or_poll_table,
    "concepts": concept_table,
    "idle": idle_table,
    "lacks": lacks_table,
    "cold-start": cold_start_table,
    "alternatives": alternatives_table,
    "probes": probe_table,
    "probe-details": probe_details,
}
EXAMPLE_BLOCKS: dict[str, Callable[[], Iterator[str]]] = {
    "counts": count_table,
    "conclusion": conclusion_list,
    "promises": promise_table,
    "changes": change_table,
}
"""Measured from projects that are put together or transformed first, which takes some seconds."""


def made(blocks: Mapping[str, Callable[[], Iterator[str]]] = BLOCKS) -> dict[str, str]:
    """Return the blocks' texts by their names."""
    return {name: "".join(f"{line}\n" for line in make()) for name, make in blocks.items()}


def policy_file() -> str:
    """Return the text of the policy for whoever runs the bench."""
    return json.dumps(iam_policy(permissions(all_ways().values())), indent=2) + "\n"


def probe_policy_file() -> str:
    """Return the text of the policy for whoever runs probes, which comes on top of the other."""
    return json.dumps(iam_policy(probe_permissions(all_probes().values())), indent=2) + "\n"


def probe_boundary_file() -> str:
    """Return the text of the most that the probes' role may do."""
    return json.dumps(iam_policy(boundary()), indent=2) + "\n"


if __name__ == "__main__":
    (ROOT / BOUNDARY_FILE).write_text(probe_boundary_file())
    (ROOT / POLICY).write_text(policy_file())
    (ROOT / "docs" / CHART).write_text(promise_chart())
    for name, drawn in pictures().items():
        (PICTURES / name).write_text(drawn)
    (ROOT / PROBE_POLICY).write_text(probe_policy_file())
    tables = made(BLOCKS | EXAMPLE_BLOCKS)
    for path in DOCUMENTS:
        if path.name != "CONTRIBUTING.md":
            path.write_text(with_generated(path.read_text(), tables))
