"""The real SAM CLI and the real AWS CLI against the local AWS, with the project's own template.

`sam build` installs the functions' packages from an index, so its test runs only when asked for, with
ORCHBENCH_TEST_SAM_BUILD=1, and needs an interpreter of one of the template's runtimes.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from command_line import AWS_ENTRY, SAM_ENTRY, CommandLine

from orchbench.cli import main
from orchbench.deployment.bench import Bench
from orchbench.deployment.connection import connect_local
from orchbench.local import LOCAL_WORKGROUP_ARN, LocalStack, StackOptions
from orchbench.trace import ExecutionStatus
from orchbench.ways import all_ways, deployed_by, the_pair
from orchbench.ways.way import Way

pytestmark = [pytest.mark.local, pytest.mark.timeout(300)]
PROJECT = Path(__file__).parents[3]
TOOLS = Path(sys.prefix) / "tools"
SAM, AWS = TOOLS / "sam" / "bin" / "sam", TOOLS / "awscli" / "bin" / "aws"
SAM_PYTHON, AWS_PYTHON = SAM.with_name("python"), AWS.with_name("python")
ORDER = """
INSERT INTO orders (order_id, customer_id, order_date, quantity, unit_price)
SELECT number, number % 10, DATE '2026-01-01', 2, 2.50 FROM generate_series(1, 1000) AS number
"""
SPLIT = '!Select [0, !Split ["-", !Ref Way]]'
Refresh = Callable[..., None]
EXECUTION_INPUT = json.dumps({"timeout_seconds": 60, "poll": {"policy": "fixed", "interval_seconds": 1}})


def run(command: list[str], environment: dict[str, str], folder: Path) -> str:
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def stack() -> Iterator[LocalStack]:
    with LocalStack.start(StackOptions(folder=PROJECT, template=None, published=False)) as started:
        with psycopg.connect(started.redshift["postgresql"], autocommit=True) as connection:
            connection.execute((PROJECT / "functions" / "setup" / "tables.sql").read_bytes())
            connection.execute(ORDER)
        yield started


@pytest.fixture(scope="module")
def environment(stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return a user's environment after the exports, with a home of its own."""
    home = tmp_path_factory.mktemp("home")
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "SAM_CLI_TELEMETRY": "0",
        "AWS_PAGER": "",
        **stack.exports,
    }


@pytest.fixture(scope="module")
def sam(environment: dict[str, str]) -> Iterator[CommandLine]:
    line = CommandLine(SAM_PYTHON, SAM_ENTRY, environment)
    yield line
    line.close()


@pytest.fixture(scope="module")
def aws(environment: dict[str, str]) -> Iterator[CommandLine]:
    line = CommandLine(AWS_PYTHON, AWS_ENTRY, environment)
    yield line
    line.close()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of what is deployed, so that the tools write nothing into the project."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("template.yaml", "monitoring.yaml", "schedule.yaml", "samconfig.toml"):
        shutil.copy(PROJECT / name, folder)
    for name in ("functions", "statemachine"):
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def interpreter_of_a_runtime() -> Path | None:
    """Return a Python 3.14 or 3.13 that runs: on PATH, or among pyenv's."""
    for name in ("python3.14", "python3.13"):
        version = name.removeprefix("python")
        on_path = [Path(found)] if (found := shutil.which(name)) else []
        for candidate in [*on_path, *(Path.home() / ".pyenv" / "versions").glob(f"{version}*/bin/{name}")]:
            if subprocess.run([candidate, "--version"], capture_output=True, check=False).returncode == 0:
                return candidate
    return None


def deploy(sam: CommandLine, project: Path, *more: str, stack: str = "by-sam", **parameters: str) -> None:
    command = ["deploy", "--no-confirm-changeset", "--stack-name", stack, "--resolve-s3"]
    command += ["--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND", *more]
    given = {"WorkgroupArn": LOCAL_WORKGROUP_ARN, **parameters}
    command += ["--parameter-overrides", *(f"{name}={value}" for name, value in given.items())]
    sam(command, project)


@pytest.fixture(scope="module")
def by_sam(sam: CommandLine, aws: CommandLine, project: Path) -> dict[str, str]:
    """Deploy the application as it stands, once, and return its outputs."""
    deploy(sam, project, "--template-file", "template.yaml")
    return outputs_of(aws, project)


def outputs_of(aws: CommandLine, project: Path, stack: str = "by-sam") -> dict[str, str]:
    described = aws(["--output", "json", "cloudformation", "describe-stacks", "--stack-name", stack], project)
    return {each["OutputKey"]: each["OutputValue"] for each in json.loads(described)["Stacks"][0]["Outputs"]}


@pytest.fixture
def refresh(stack: LocalStack, aws: CommandLine, project: Path, wait_until: Callable[..., Any]) -> Refresh:
    """Return what starts an execution of each way with the AWS CLI, and waits until all have succeeded."""
    states, functions = stack.client("stepfunctions"), stack.client("lambda")

    def answer(*arguments: str) -> Any:
        return json.loads(aws(["--output", "json", *arguments], project))

    def started(way: Way, target: str, name: str) -> str:
        if way.has_definition:
            machine = ["--state-machine-arn", target, "--input", EXECUTION_INPUT]
            return str(answer("stepfunctions", "start-execution", *machine)["executionArn"])
        durable = ["--function-name", target, "--invocation-type", "Event", "--durable-execution-name", name]
        durable += ["--payload", EXECUTION_INPUT, str(project / "answer.json")]
        return str(answer("lambda", "invoke", *durable)["DurableExecutionArn"])

    def ended(arn: str) -> str | None:
        if "/durable-execution/" in arn:
            found = functions.get_durable_execution(DurableExecutionArn=arn, IncludeExecutionData=False)
            status = str(found["Status"])
        else:
            status = str(states.describe_execution(executionArn=arn)["status"])
        return None if status == "RUNNING" else status

    def refreshed(name: str, ways: Iterable[Way], outputs: dict[str, str] | None = None) -> None:
        outputs = outputs or outputs_of(aws, project)
        arns = {way.name: started(way, outputs[way.target_output], name) for way in ways}
        endings = {way: wait_until(lambda arn=arn: ended(arn)) for way, arn in arns.items()}
        assert endings == dict.fromkeys(arns, "SUCCEEDED")

    return refreshed


@pytest.mark.skipif(not SAM.exists(), reason="run `make tools` first")
def test_a_way_written_alone_passes_sams_linter_deploys_and_fills_the_mart(
    stack: LocalStack, sam: CommandLine, tmp_path: Path
) -> None:
    """The way is a further one, which the whole template deploys on a condition alone."""
    assert main(["template", "--way", "durable-condition", "--out", str(tmp_path / "alone")]) == 0
    sam(["validate", "--lint"], tmp_path / "alone")
    stack.deploy({}, tmp_path / "alone" / "template.yaml")
    bench = Bench(connect_local(stack))

    assert [way.name for way in bench.ways()] == ["durable-condition"]
    document = {"timeout_seconds": 60, "poll": {"policy": "fixed", "interval_seconds": 1}}
    traces = bench.run_many([("durable-condition", document)], timeout_seconds=120)
    assert [trace.status for trace in traces] == [ExecutionStatus.SUCCEEDED]
    assert customers_in_mart(stack) == 10


def customers_in_mart(stack: LocalStack) -> int:
    with psycopg.connect(stack.redshift["postgresql"]) as connection:
        row = connection.execute("SELECT count(*) FROM mart_customer_summary").fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.skipif(not SAM.exists() or not AWS.exists(), reason="run `make tools` first")
def test_the_tools_deploy_the_template_and_both_ways_fill_the_mart(
    stack: LocalStack, by_sam: dict[str, str], refresh: Refresh
) -> None:
    assert {way.name for way in all_ways().values() if way.target_output in by_sam} == set(the_pair())
    refresh("unbuilt", the_pair().values())
    assert customers_in_mart(stack) == 10


@pytest.mark.skipif(not SAM.exists(), reason="run `make tools` first")
def test_the_documented_command_deploys_an_alarm_of_each_kind_for_every_way_listed(
    stack: LocalStack, sam: CommandLine, project: Path
) -> None:
    overrides = ["StackName=by-sam", "DurableWays=durable-poll,durable-further", "EventWays=durable-further"]
    command = ["deploy", "--config-env", "monitoring", "--resolve-s3"]
    sam([*command, "--parameter-overrides", *overrides], project)
    cloudwatch = stack.client("cloudwatch")
    alarms = cloudwatch.describe_alarms()["MetricAlarms"]
    watched = {(one["MetricName"], each["Value"]) for one in alarms for each in one["Dimensions"]}
    machine = "arn:aws:states:us-east-1:000000000000:stateMachine:by-sam-sfn-poll"
    assert len(watched) == 5 + 2 * 6 + 1 + 4
    assert watched >= {
        ("ExecutionsFailed", machine),
        ("ShareOfPollBudgetUsed", "by-sam-sfn-poll"),
        ("DurableExecutionOperations", "by-sam-durable-further"),
        ("StatementsCancelled", "by-sam-sweep"),
        ("DetectionLagSeconds", "by-sam-durable-further"),
    }
    (dashboard,) = cloudwatch.list_dashboards()["DashboardEntries"]
    body = cloudwatch.get_dashboard(DashboardName=dashboard["DashboardName"])["DashboardBody"]
    assert dashboard["DashboardName"] == "by-sam"
    assert len(json.loads(body)["widgets"]) == 9
    assert "${" not in body


@pytest.mark.skipif(not SAM.exists(), reason="run `make tools` first")
def test_the_documented_schedule_starts_a_way_once_however_often_it_is_delivered(
    stack: LocalStack, sam: CommandLine, project: Path, by_sam: dict[str, str]
) -> None:
    # The local CloudFormation cannot split in a condition, as AWS's can: it is told what comes out.
    file = project / "schedule.yaml"
    assert SPLIT in file.read_text()
    file.write_text(file.read_text().replace(SPLIT, "durable"))
    overrides = ["StackName=by-sam", "Way=durable-poll", "ScheduleExpression='cron(0 4 * * ? *)'"]
    command = ["deploy", "--config-env", "schedule", "--resolve-s3"]
    sam([*command, "--parameter-overrides", *overrides], project)
    scheduled = stack.client("scheduler").get_schedule(Name="orchbench-schedule")
    assert scheduled["ScheduleExpression"] == "cron(0 4 * * ? *)"
    target = scheduled["Target"]
    delivery = target["Input"].replace("<aws.scheduler.scheduled-time>", "2026-03-22T18:59:43Z")
    functions, machines = stack.client("lambda"), stack.client("stepfunctions")

    def started_twice() -> str:
        answers = [functions.invoke(FunctionName=target["Arn"], Payload=delivery) for _ in range(2)]
        first, second = (json.loads(answer["Payload"].read()) for answer in answers)
        assert first == second
        return str(first)

    name = started_twice()
    durable = functions.list_durable_executions_by_function(FunctionName="by-sam-durable-poll", Qualifier="1")
    names = [one["DurableExecutionName"] for one in durable["DurableExecutions"]]
    assert names.count(name) == 1

    machine = by_sam["SfnPollStateMachineArn"]
    settings = {"WAY": "sfn-poll", "TARGET": machine, "INPUT": "{}"}
    functions.update_function_configuration(FunctionName=target["Arn"], Environment={"Variables": settings})
    name = started_twice()
    executions = machines.list_executions(stateMachineArn=machine)["executions"]
    assert [one["name"] for one in executions].count(name) == 1


@pytest.mark.skipif(not SAM.exists() or not AWS.exists(), reason="run `make tools` first")
def test_the_tools_deploy_all_ways_and_start_each(
    sam: CommandLine, aws: CommandLine, project: Path, refresh: Refresh
) -> None:
    parameters = deployed_by(all_ways())
    # A stack of its own: the local CloudFormation sees no change where parameters alone change.
    deploy(sam, project, "--template-file", "template.yaml", stack="all-ways", **parameters)
    deployed = outputs_of(aws, project, "all-ways")

    assert {way.target_output for way in all_ways().values()} <= set(deployed)
    refresh("all", all_ways().values(), deployed)


@pytest.mark.skipif("ORCHBENCH_TEST_SAM_BUILD" not in os.environ, reason="installs packages from an index")
def test_what_sam_builds_deploys_and_runs_as_well(
    environment: dict[str, str], sam: CommandLine, project: Path, refresh: Refresh
) -> None:
    interpreter = interpreter_of_a_runtime()
    if interpreter is None:
        pytest.skip("no interpreter of the template's runtimes")
    home = {"HOME": str(Path.home()), "__SAM_CLI_APP_DIR": environment["HOME"]}
    settings = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_"))}
    path = {"PATH": f"{interpreter.parent}{os.pathsep}{environment['PATH']}"}
    runtime = f"Runtime={interpreter.name}"
    run([str(SAM), "build", "--parameter-overrides", runtime], environment | settings | home | path, project)
    deploy(sam, project)
    refresh("built", the_pair().values())
