"""``orchbench compare-aws`` before and between its steps: what it asks and skips, what it says is left."""

import argparse
import io
import json
import re
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from orchbench.cli import build_parser, main
from orchbench.commands import compare_aws
from orchbench.commands.compare_aws import agree, clear, prepared, undertake
from orchbench.commands.failure import CommandFailed, UsageError
from orchbench.commands.trial_arguments import named_target, require_partition, require_sound
from orchbench.commands.trial_path import Trial, filled
from orchbench.commands.trial_plan import plan
from orchbench.probes import all_probes
from orchbench.probes.cost import WAKING_SECONDS
from orchbench.results.folder import ResultsFolder
from orchbench.trial.sam import Sam, SamFailed
from orchbench.trial.walk import Left

ROOT = Path(__file__).resolve().parents[3]


FOUND = {
    "schema": "orchbench.probes/1",
    "target": "aws",
    "region": "us-east-1",
    "probes": {
        "one": {"verdict": "confirmed", "reason": "It did."},
        "two": {"verdict": "refuted", "reason": "It did not."},
    },
    "left": ["A queue may be left"],
}
"""What `orchbench probe` writes, as far as it is read."""


class Account:
    """Clients of an account that has the stacks which SAM deployed, and nothing else."""

    region = "us-east-1"
    meta = SimpleNamespace(endpoint_url="https://cloudformation.us-east-1.amazonaws.com")

    def __init__(self, workgroups: Sequence[str] = (), clusters: Sequence[str] = ()) -> None:
        self.stacks: list[str] = []
        self.workgroups, self.clusters = workgroups, clusters

    def client(self, _service: str) -> "Account":
        return self

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - boto3's own
        if StackName not in self.stacks:
            error = {"Error": {"Code": "ValidationError", "Message": "does not exist"}}
            raise ClientError(error, "DescribeStacks")
        outputs = {"WorkgroupArn": "arn:w", "WorkgroupName": StackName, "NamespaceName": StackName}
        return {"Stacks": [{"Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in outputs.items()]}]}

    def get_workgroup(self, workgroupName: str) -> dict[str, Any]:  # noqa: N803 - boto3's own
        if workgroupName not in self.workgroups:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetWorkgroup")
        return {"workgroup": {"workgroupArn": f"arn:{workgroupName}"}}

    def describe_clusters(self, ClusterIdentifier: str) -> dict[str, Any]:  # noqa: N803 - boto3's own
        if ClusterIdentifier not in self.clusters:
            raise ClientError({"Error": {"Code": "ClusterNotFound"}}, "DescribeClusters")
        return {}

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
    trial, _said = trial_in(Account(), tmp_path, "--no-probes")
    text = "\n".join(plan(trial, "arn:me"))
    assert "$0.42 for 17 min of 4 RPU (assumed: $0.375 per RPU-hour)" in text
    assert "about 27 min: 10 to deploy, 17 for tables and runs; to delete it takes about 10 min more" in text
    assert "deploy warehouse.yaml as orchbench-trial-warehouse: Redshift Serverless of 4 RPU" in text
    assert "run the pair 3 times each; every run deletes and fills public.mart_customer_summary" in text
    assert "for orchestrating queries of 60 s (estimated, prices of us-east-1)" in text
    assert "$3.00 a day (assumed)" in text


def test_a_warehouse_that_is_there_is_used_and_none_deployed(tmp_path: Path) -> None:
    trial, _said = trial_in(Account(), tmp_path, "--workgroup", "reports")
    text = "\n".join(plan(trial, "arn:me"))
    assert "warehouse: skipped, because reports is there" in text
    assert "the warehouse: what its own queries cost you" in text


def test_probes_are_a_step_that_can_be_left_out(tmp_path: Path) -> None:
    trial, _said = trial_in(Account(), tmp_path, "--no-probes")
    assert "probe: skipped, because they were not asked for" in "\n".join(plan(trial, "arn:me"))


def test_the_plan_counts_the_probes_own_time_and_their_warehouse_time(tmp_path: Path) -> None:
    text = "\n".join(plan(trial_in(Account(), tmp_path)[0], "arn:me"))
    probing = -(-sum(one.seconds for one in all_probes().values()) // 60)
    awake = 1020 + WAKING_SECONDS + sum(one.warehouse_seconds for one in all_probes().values())
    assert probing > 30
    assert f"about {27 + probing} min: 10 to deploy, 17 for tables and runs, up to {probing} for" in text
    assert f"for {-(-awake // 60)} min of 4 RPU, the probes included (assumed" in text


def test_only_the_probes_that_are_named_are_counted_and_run(tmp_path: Path) -> None:
    trial, _said = trial_in(Account(), tmp_path, "--probe", "report-lines", "--probe", "sql-getdate")
    given: list[str] = []

    def probe(words: Sequence[str]) -> int:
        given.extend(words)
        return 0

    trial.run_probes = probe
    trial.probe()

    asked = [given[place + 1] for place, word in enumerate(given) if word == "--probe"]
    assert asked == ["report-lines", "sql-getdate"]
    assert "up to 2 for the probes" in "\n".join(plan(trial, "arn:me"))


def test_a_probe_that_there_is_not_is_refused_before_anything_is_deployed() -> None:
    with pytest.raises(UsageError, match="There is no probe 'getdate'"):
        require_sound(parsed("--probe", "getdate"), ROOT, local=True)


def test_prices_that_are_another_regions_are_said_to_be(tmp_path: Path) -> None:
    account = Account()
    account.region = "eu-west-1"
    text = "\n".join(plan(trial_in(account, tmp_path)[0], "arn:me"))
    borrowed = "prices of eu-west-1 (all but state transition assumed from us-east-1)"
    assert f"for orchestrating queries of 60 s (estimated, {borrowed})" in text
    assert f"for the services that they call (estimated, {borrowed})" in text
    assert "$0.375 per RPU-hour, us-east-1's because eu-west-1's is not known)" in text


@pytest.mark.parametrize(
    ("region", "words", "rpu"),
    [
        ("eu-west-1", (), 4),
        ("eu-central-1", (), 8),
        ("eu-central-1", ("--rpu", "4"), 4),
        ("eu-west-1", ("--rpu", "16"), 16),
    ],
)
def test_the_warehouse_has_the_smallest_capacity_that_its_region_offers_unless_told_otherwise(
    tmp_path: Path, region: str, words: tuple[str, ...], rpu: int
) -> None:
    account = Account()
    account.region = region
    trial, _said = trial_in(account, tmp_path, *words)
    text = "\n".join(plan(trial, "arn:me"))
    assert f"Redshift Serverless of {rpu} RPU" in text
    assert f" min of {rpu} RPU" in text


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("--database", "Foo Bar"),
            "--database 'Foo Bar' is not what it takes: Database takes a database name",
        ),
        (("--database", "Reports"), "Database takes a database name of lower-case letters"),
        (("--database", "d" * 64), "has 64 characters: Database has 63 at most"),
        (("--database", ""), "--database is empty: give a value, or leave it out"),
        (("--cluster", "NOT VALID"), "--cluster 'NOT VALID' is not what it takes: ClusterIdentifier takes"),
        (("--cluster", ""), "--cluster is empty"),
        (("--workgroup", ""), "--workgroup is empty"),
        (
            ("--workgroup", "Sales Team"),
            "--workgroup 'Sales Team' is not what it takes: WorkgroupArn takes the ARN",
        ),
        (("--admin-secret", "junk"), "--admin-secret 'junk' is not what it takes: SecretArn takes the ARN"),
        (
            ("--stack", "my_trial", "--workgroup", "reports"),
            "takes a letter, then letters, digits and hyphens",
        ),
        (("--stack", "t" * 41), "has 41 characters"),
    ],
)
def test_what_a_deployment_would_be_refused_for_is_refused_before_it(
    words: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(sentence)):
        require_sound(parsed(*words), ROOT, local=False)


def test_credentials_of_another_partition_are_refused_before_anything_is_deployed() -> None:
    require_partition("arn:aws:sts::123456789012:assumed-role/admin/a")
    with pytest.raises(UsageError, match="of the partition 'aws-cn', so nothing was deployed"):
        require_partition("arn:aws-cn:iam::123456789012:user/a")


def test_a_stack_on_a_warehouse_that_is_there_names_no_workgroup_and_may_have_capitals() -> None:
    require_sound(parsed("--stack", "MyTrial", "--workgroup", "reports"), ROOT, local=False)
    require_sound(
        parsed("--stack", "MyTrial", "--cluster", "reports", "--database", "Sales"), ROOT, local=False
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--workgroup", "reports"), "--workgroup 'reports' is not in us-east-1: name one that is"),
        (("--cluster", "reports"), "--cluster 'reports' is not in us-east-1: name one that is"),
    ],
)
def test_a_warehouse_that_is_not_there_is_refused_before_anything_is_built(
    words: tuple[str, ...], sentence: str
) -> None:
    clients: Any = Account()
    with pytest.raises(UsageError, match=sentence):
        named_target(parsed(*words), clients, local=False)


def test_a_warehouse_that_is_there_is_the_applications_target() -> None:
    clients: Any = Account(workgroups=["reports"], clusters=["reports"])
    assert named_target(parsed("--workgroup", "reports"), clients, local=False) == {
        "WorkgroupArn": "arn:reports"
    }
    found = named_target(parsed("--cluster", "reports"), clients, local=False)
    assert found == {"ClusterIdentifier": "reports"}
    assert named_target(parsed(), clients, local=False) == {}


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
    assert compare_aws.wanted(trial, ["orchbench-trial"], ask) is deletes


def test_nobody_is_asked_about_nothing(tmp_path: Path) -> None:
    trial, _said = trial_in(Account(), tmp_path)
    assert compare_aws.wanted(trial, [], lambda _question: pytest.fail("asked")) is False


def test_where_nobody_answers_any_more_all_is_kept(tmp_path: Path) -> None:
    def gone(_question: str) -> str:
        raise EOFError

    trial, _said = trial_in(Account(), tmp_path)
    assert compare_aws.wanted(trial, ["orchbench-trial"], gone) is False


def test_a_failed_step_deletes_what_was_made_where_that_was_asked_for(tmp_path: Path) -> None:
    account = Account()
    trial, said = trial_in(account, tmp_path, "--yes", "--delete")
    trial.sam = Sam(
        ROOT, "us-east-1", None, Path("sam"), lambda command, folder: failing_build(account, command)
    )

    with pytest.raises(SamFailed, match="`sam build`"):
        undertake(trial, None)

    assert account.stacks == []
    lines = said.getvalue().splitlines()
    assert lines[-2:] == ["- delete: orchbench-trial-warehouse", "Nothing of it is in the account."]


def test_a_failed_step_is_said_before_whoever_is_there_is_asked_whether_to_delete(tmp_path: Path) -> None:
    account = Account()
    trial, said = trial_in(account, tmp_path)
    trial.sam = Sam(
        ROOT, "us-east-1", None, Path("sam"), lambda command, folder: failing_build(account, command)
    )
    asked: list[str] = []

    def delete(question: str) -> str:
        asked.append(question)
        assert "not finished: `sam build` ended with exit code 1" in said.getvalue()
        return "delete"

    with pytest.raises(SamFailed):
        undertake(trial, delete)

    assert asked == ["Type delete to delete orchbench-trial-warehouse now, or Enter to keep: "]
    assert account.stacks == []


def test_a_deletion_that_fails_stops_no_other_and_is_said(tmp_path: Path) -> None:
    account = Account()
    account.stacks = ["t", "t-warehouse"]
    trial, said = trial_in(account, tmp_path, "--delete")

    def sam(command: Sequence[str], folder: Path) -> int:
        return 1 if command[command.index("--stack-name") + 1] == "t" else account.sam(command, folder)

    trial.sam = Sam(ROOT, "us-east-1", None, Path("sam"), sam)
    made = [Left("the warehouse", "t-warehouse", "remove it"), Left("the application", "t", "remove it")]

    assert clear(trial, made, None, lambda _sentence: None) == ["t"]
    assert account.stacks == ["t"]
    assert "  the application" in said.getvalue().splitlines()


def test_a_warehouse_whose_usage_limit_could_not_be_set_is_said_to_have_none(tmp_path: Path) -> None:
    class Unlimited(Account):
        def list_usage_limits(self, **_asked: str) -> dict[str, Any]:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "ListUsageLimits")

    trial, said = trial_in(Unlimited(), tmp_path)
    with pytest.raises(ClientError):
        undertake(trial, None)
    assert (
        "  orchbench-trial-warehouse has no usage limit of this trial: docs/operations.md" in said.getvalue()
    )

    limited, said = trial_in(Account(), tmp_path)
    with pytest.raises(KeyboardInterrupt):
        undertake(limited, None)
    assert "has no usage limit" not in said.getvalue()


class Orders:
    """A database whose orders table has rows, or gets them."""

    def __init__(self, rows: int) -> None:
        self.present, self.ran = rows, list[str]()

    def run(self, sql: str, what: str) -> str:
        self.ran.append(what)
        return "id"

    def rows(self, sql: str, what: str) -> list[tuple[int]]:
        return [(self.present,)]


@pytest.mark.parametrize(
    ("present", "asked", "said", "seeds"),
    [
        (4_000_000, 5000, "holds 4,000,000 rows already, and they stay: --rows 5,000 fills an empty", False),
        (4_000_000, None, "public.orders holds 4,000,000 rows already", False),
        (0, 5000, "public.orders holds 5,000 rows", True),
        (0, None, "public.orders holds 4,000,000 rows", True),
    ],
)
def test_orders_that_are_there_stay_however_many_were_asked_for(
    present: int, asked: int | None, said: str, seeds: bool
) -> None:
    orders = Orders(present)
    assert said in filled(orders, asked)
    assert ("Seeding the orders" in orders.ran) is seeds


def test_a_refuted_claim_is_a_result_and_stands_in_the_trials_own_folder(tmp_path: Path) -> None:
    trial, _said = trial_in(Account(), tmp_path)
    given: list[str] = []

    def probe(words: Sequence[str]) -> int:
        given.extend(words)
        (tmp_path / "probes.json").write_text(json.dumps(FOUND))
        return 1

    trial.run_probes = probe
    assert trial.probe() == "1 confirmed, 1 refuted"
    assert given[-2:] == ["--out", str(tmp_path)]
    assert [one.what for one in trial.further_left()] == ["A queue may be left"]


def test_probes_that_could_not_begin_are_no_result(tmp_path: Path) -> None:
    trial, _said = trial_in(Account(), tmp_path)
    trial.run_probes = lambda _words: 2
    with pytest.raises(CommandFailed, match="`orchbench probe` ended with exit code 2"):
        trial.probe()


def test_only_credentials_are_looked_for_where_that_is_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    assert main(["compare-aws", "--only-credentials"]) == 1
    assert capsys.readouterr().err.startswith("orchbench: No AWS credentials were found")
