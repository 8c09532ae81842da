"""Every probe says what it must, costs little, and is about things that are there."""

import re

import pytest
from project import ROOT, SOURCE, modules, monitoring, resources

from orchbench.evaluation.prices import price_list
from orchbench.probes import all_probes
from orchbench.probes.cost import services_usd, warehouse_usd
from orchbench.probes.experiments.alarm_dimensions import BESIDE_WAYS, DIMENSIONS
from orchbench.probes.probe import Probe
from orchbench.ways import all_ways

PROBES = list(all_probes().values())
ASKED_FOR = {
    "alarm-dimensions",
    "cancel-queued",
    "cancel-refused-runs-on",
    "client-token-finished",
    "client-token-other-parameters",
    "client-token-running",
    "condition-first-look",
    "describe-keeps-awake",
    "durable-name-per-function",
    "durable-operations-metered",
    "invocation-retries",
    "list-statements-delay",
    "parameter-only-deploy",
    "report-lines",
    "resume-latency",
    "retry-events",
    "sdk-error-access-denied",
    "sdk-error-throttling",
    "sdk-wait-time-seconds",
    "sql-bundled-functions",
    "sql-getdate",
    "callback-id-length",
    "callback-left-open",
    "statement-event-cancelled",
    "statement-event-delay",
    "statement-event-per-batch",
    "statement-name-2000",
    "statement-name-300",
    "statement-name-in-event",
    "statement-name-matched",
    "status-event-durable",
    "status-event-step-functions",
    "token-from-inside",
    "transition-latency",
}
"""What was once asked for; probes of further claims may stand beside them."""


def test_no_claim_has_lost_its_probe() -> None:
    assert ASKED_FOR - set(all_probes()) == set()


def test_each_probe_is_a_file_of_its_own_name() -> None:
    files = {path.stem for path in (SOURCE / "probes" / "claims").glob("*.py")} - {"__init__"}
    assert files == {name.replace("-", "_") for name in all_probes()}


@pytest.mark.parametrize("probe", PROBES, ids=lambda one: one.name)
def test_a_probe_says_everything_and_names_files_that_are_there(probe: Probe) -> None:
    assert re.fullmatch(r"[a-z0-9-]+", probe.name)
    assert probe.claim.endswith(".")
    assert probe.how.endswith(".")
    assert probe.signs.if_refuted.endswith(".")
    assert all((probe.signs.confirmed, probe.signs.refuted, probe.signs.inconclusive))
    assert probe.permissions
    assert probe.used_in
    assert [file for file in probe.used_in if not (ROOT / file).exists()] == []


@pytest.mark.parametrize("probe", PROBES, ids=lambda one: one.name)
def test_what_a_probe_is_billed_for_has_a_price(probe: Probe) -> None:
    assert services_usd([probe], price_list("us-east-1")) >= 0


def test_all_probes_together_cost_well_under_a_dollar() -> None:
    prices = price_list("us-east-1")
    services = services_usd(PROBES, prices)
    assert services < 0.05
    assert services + warehouse_usd(PROBES, prices) < 0.6


def test_the_stacks_own_metrics_are_those_that_the_alarms_watch() -> None:
    names = {f"stack-{way}" for way in (*all_ways(), *BESIDE_WAYS)}
    alarms = resources(monitoring(), "AWS::CloudWatch::Alarm").values()
    watched = {str(each["Value"]["Fn::Sub"]) for one in alarms for each in one["Dimensions"]}

    # No way is listed by default as one that waits for events.
    names.add("stack-none")
    assert {one.replace("${StackName}", "stack").rpartition(":")[2] for one in watched} <= names


def test_nothing_but_the_ways_themselves_names_one() -> None:
    named = re.compile(rf"\b({'|'.join(all_ways())})\b")
    found = [
        f"{path.relative_to(SOURCE)}: {line.strip()}"
        for path in modules(SOURCE)
        if path.parent.name != "ways"
        for line in path.read_text().splitlines()
        if named.search(line)
    ]
    assert found == []


def test_the_alarms_dimensions_are_those_of_the_template() -> None:
    alarms = resources(monitoring(), "AWS::CloudWatch::Alarm").values()
    watched = {
        (one["Namespace"], one["MetricName"]): tuple(each["Name"] for each in one["Dimensions"])
        for one in alarms
    }
    assert watched == DIMENSIONS
