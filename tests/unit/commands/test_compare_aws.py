"""``orchbench compare-aws`` before and between its steps: what it asks and skips, what it says is left."""

import argparse
import io
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from orchbench.cli import build_parser, main
from orchbench.commands import compare_aws
from orchbench.commands.compare_aws import agree, plan, prepared, undertake
from orchbench.commands.failure import UsageError
from orchbench.commands.trial_path import Trial
from orchbench.results.folder import ResultsFolder
from orchbench.trial.sam import Sam, SamFailed

ROOT = Path(__file__).resolve().parents[3]


class Account:
    """Clients of an account that has the stacks which SAM deployed, and nothing else."""

    region = "us-east-1"
    meta = SimpleNamespace(endpoint_url="https://cloudformation.us-east-1.amazonaws.com")

    def __init__(self) -> None:
        self.stacks: list[str] = []

    def client(self, _service: str) -> "Account":
        return self

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - boto3's own
        if StackName not in self.stacks:
            error = {"Error": {"Code": "ValidationError", "Message": "does not exist"}}
            raise ClientError(error, "DescribeStacks")
        outputs = {"WorkgroupArn": "arn:w", "WorkgroupName": StackName, "NamespaceName": StackName}
        return {"Stacks": [{"Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in outputs.items()]}]}

    def list_usage_limits(self, **_asked: str) -> dict[str, Any]:
        return {"usageLimits": []}

    def create_usage_limit(self, **_asked: Any) -> None:
        return None

    def get_namespace(self, namespaceName: str) -> dict[str, Any]:  # noqa: N803 - boto3's own
        return {"namespace": {"namespaceName": namespaceName}}

    def sam(self, command: Sequence[str], _folder: Path) -> int:
        """Stand in for the SAM CLI: it fails to build, and is interrupted in the application's deployment."""
        name = command[command.index("--stack-name") + 1] if "--stack-name" in command else ""
        if command[1] == "delete":
            self.stacks.remove(name)
        if command[1] == "deploy":
            self.stacks.append(name)
            if not name.endswith("-warehouse"):
                raise KeyboardInterrupt
        return 0


def parsed(*words: str) -> argparse.Namespace:
    return build_parser().parse_args(["compare-aws", *words])


def trial_in(account: Account, folder: Path, *words: str, local: bool = False) -> tuple[Trial, io.StringIO]:
    said = io.StringIO()
    sam = Sam(ROOT, account.region, None, Path("sam"), account.sam)
    console = Console(file=said, width=200)
    clients: Any = account
    return Trial(parsed(*words), clients, sam, "python3.14", ResultsFolder(folder), console, local), said


def test_without_credentials_it_says_so_in_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    nowhere = {
        "AWS_CONFIG_FILE": "none",
        "AWS_SHARED_CREDENTIALS_FILE": "none",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    for name, value in nowhere.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)

    assert main(["compare-aws", "--yes"]) == 1

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("orchbench: No AWS credentials were found, so nothing was deployed")
    assert said.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_it_says_what_it_will_deploy_run_and_cost_each_with_its_label(tmp_path: Path) -> None:
    trial, _said = trial_in(Account(), tmp_path)
    text = "\n".join(plan(trial, "arn:me"))
    assert "deploy warehouse.yaml as orchbench-trial-warehouse: Redshift Serverless of 4 RPU" in text
    assert "run the pair 3 times each; every run deletes and fills public.mart_customer_summary" in text
    assert "for orchestrating queries of 60 s (estimated)" in text
    assert "$0.42 for 17 min of 4 RPU (assumed: $0.375 per RPU-hour)" in text
    assert "$3.00 a day (assumed)" in text


def test_a_warehouse_that_is_there_is_used_and_none_deployed(tmp_path: Path) -> None:
    trial, _said = trial_in(Account(), tmp_path, "--workgroup", "reports")
    text = "\n".join(plan(trial, "arn:me"))
    assert "warehouse: skipped, because reports is there" in text
    assert "the warehouse: what its own queries cost you" in text


def test_probes_are_a_step_that_can_be_left_out(tmp_path: Path) -> None:
    trial, _said = trial_in(Account(), tmp_path, "--no-probes")
    assert "probe: skipped, because they were not asked for" in "\n".join(plan(trial, "arn:me"))


def test_a_stack_that_would_name_no_workgroup_is_refused(tmp_path: Path) -> None:
    clients: Any = Account()
    with pytest.raises(UsageError, match="use lower-case letters, digits and hyphens"):
        prepared(parsed("--stack", "Trial"), clients, Console(file=io.StringIO()))


def test_nothing_is_deployed_without_a_yes() -> None:
    with pytest.raises(UsageError, match="give --yes"):
        agree(parsed(), None)
    with pytest.raises(UsageError, match="nothing was deployed"):
        agree(parsed(), lambda _question: "no")
    agree(parsed(), lambda _question: "Yes")
    agree(parsed("--yes"), None)


def test_an_interrupted_deployment_says_what_is_left_and_how_it_is_removed(tmp_path: Path) -> None:
    account = Account()
    trial, said = trial_in(account, tmp_path)

    with pytest.raises(KeyboardInterrupt):
        undertake(trial, None)

    assert account.stacks == ["orchbench-trial-warehouse", "orchbench-trial"]
    removal = "sam delete --stack-name {} --no-prompts --region us-east-1"
    assert said.getvalue().splitlines()[-3:] == [
        "To remove what this command deployed, run in this order:",
        f"  {removal.format('orchbench-trial')}",
        f"  {removal.format('orchbench-trial-warehouse')}",
    ]


def test_a_build_that_fails_leaves_the_warehouse_and_says_so(tmp_path: Path) -> None:
    account = Account()
    trial, said = trial_in(account, tmp_path)
    trial.sam = Sam(
        ROOT, "us-east-1", None, Path("sam"), lambda command, folder: failing_build(account, command)
    )

    with pytest.raises(SamFailed, match="`sam build` ended with exit code 1"):
        undertake(trial, None)

    assert said.getvalue().count("sam delete") == 1
    assert "  sam delete --stack-name orchbench-trial-warehouse" in said.getvalue()


def failing_build(account: Account, command: Sequence[str]) -> int:
    return 1 if command[1] == "build" else account.sam(command, ROOT)


def test_a_failure_before_anything_was_deployed_says_that_nothing_is_there(tmp_path: Path) -> None:
    trial, said = trial_in(Account(), tmp_path)
    trial.sam = Sam(ROOT, "us-east-1", None, Path("sam"), lambda _command, _folder: 1)

    with pytest.raises(SamFailed):
        undertake(trial, None)

    assert said.getvalue().splitlines()[-1] == "Nothing of it is in the account."


@pytest.mark.parametrize(
    ("words", "answer", "deletes"),
    [
        ((), "delete", True),
        ((), "", False),
        ((), None, False),
        (("--delete",), None, True),
        (("--keep",), "delete", False),
    ],
)
def test_it_deletes_what_it_deployed_where_that_is_wanted(
    words: tuple[str, ...], answer: str | None, deletes: bool, tmp_path: Path
) -> None:
    trial, _said = trial_in(Account(), tmp_path, *words)
    ask = None if answer is None else lambda _question: answer
    assert compare_aws.wanted(trial, [], ask) is deletes
