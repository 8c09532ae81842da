"""What is done on AWS, against the local stack: the endpoint is all that differs."""

import json
import os
from dataclasses import dataclass
from typing import Any

import pytest

from orchbench.cli import main
from orchbench.comparison.seed import seed
from orchbench.deployment.permissions import permissions, policy, resolved
from orchbench.deployment.warehouse import Warehouse
from orchbench.ways import all_ways

pytestmark = pytest.mark.local


@dataclass
class Ended:
    """How a command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture(scope="module", autouse=True)
def _filled(running_stack: Any) -> None:
    """Fill the tables as these tests expect them, whatever other tests have done to the same stack."""
    seed(Warehouse(running_stack.client("redshift-data"), running_stack.outputs), 3000, replace=True)


@pytest.fixture
def orchbench(running_stack: Any, tmp_path: Any, monkeypatch: Any, capsys: Any) -> Any:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: Any, environment: Any = None) -> Any:
        for name, value in (running_stack.exports | (environment or {})).items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        code = main([*arguments, "--target", "aws"])
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    return run


def test_nobody_to_ask_means_that_nothing_runs(orchbench: Any) -> None:
    ended = orchbench("compare", "--runs", "1")

    said = " ".join(ended.stderr.split())
    assert ended.returncode == 2
    assert "deletes and fills public.mart_customer_summary in the database 'dev'" in said
    assert "(estimated, list prices of us-east-1)" in said
    assert "give --yes" in said


def test_a_comparison_that_was_agreed_to_seeds_nothing_and_compares(
    orchbench: Any, running_stack: Any, tmp_path: Any
) -> None:
    ended = orchbench(
        "compare",
        "--runs",
        "1",
        "--poll-interval",
        "1",
        "--yes",
        "--json",
        "--out",
        str(tmp_path / "results"),
    )

    assert ended.returncode == 0, ended.stderr
    summary = json.loads(ended.stdout)
    assert summary["settings"]["host"] == "aws"
    assert summary["settings"]["rows"] == 3000
    assert "seeding" not in ended.stderr
    for way in summary["ways"].values():
        outcomes = way["outcomes"]
        assert (outcomes["runs"], outcomes["succeeded"]) == (1, 1)
        assert (outcomes["marts_right"], outcomes["marts_wrong"]) == (1, 0)


def test_seeding_leaves_a_filled_table_alone(orchbench: Any) -> None:
    ended = orchbench("compare", "--runs", "1", "--yes", "--seed", "--rows", "10")

    assert ended.returncode == 1
    assert "public.orders holds 3,000 rows already, so it is not seeded." in " ".join(ended.stderr.split())


def test_the_numbers_for_redshift_fill_a_table_with_the_same_rows(running_stack: Any) -> None:
    warehouse = Warehouse(running_stack.client("redshift-data"), running_stack.outputs)
    digest = (
        "SELECT COUNT(*), SUM(order_id), SUM(customer_id), SUM(quantity), MAX(order_date) FROM public.orders"
    )
    by_series = warehouse.rows(digest, "A digest")

    warehouse.run("TRUNCATE public.orders", "Emptying")
    assert seed(warehouse, 3000, replace=False)

    assert warehouse.rows(digest, "A digest") == by_series


def test_check_says_what_the_database_user_lacks_until_it_lacks_nothing(
    orchbench: Any, running_stack: Any
) -> None:
    warehouse = Warehouse(running_stack.client("redshift-data"), running_stack.outputs)
    user = running_stack.outputs["DatabaseUser"]

    missing = orchbench("check")
    warehouse.run(f'CREATE USER "{user}"', "Creating the user")
    lacking = orchbench("check")
    for grant in ("SELECT ON public.orders", "SELECT, INSERT, DELETE ON public.mart_customer_summary"):
        warehouse.run(f'GRANT {grant} TO "{user}"', "Granting")
    ready = orchbench("check")

    assert (missing.returncode, lacking.returncode, ready.returncode) == (1, 1, 0)
    assert f'there is no database user "{user}": run functions/setup/grants.sql' in missing.stdout
    assert f'"{user}" lacks SELECT on public.orders, SELECT on public.mart' in lacking.stdout
    assert f'"{user}" may do what the batch needs' in ready.stdout


def test_a_stack_that_is_not_there_is_named(orchbench: Any) -> None:
    ended = orchbench("check", "--stack", "elsewhere")

    assert ended.returncode == 1
    assert "There is no stack 'elsewhere'" in " ".join(ended.stderr.split())
    assert "Traceback" not in ended.stderr


def test_check_names_the_permission_that_an_operator_lacks(orchbench: Any, running_stack: Any) -> None:
    iam = running_stack.client("iam")
    iam.create_user(UserName="operator")
    key = iam.create_access_key(UserName="operator")["AccessKey"]
    account = running_stack.outputs["DataApiRoleArn"].split(":")[4]
    values = {
        "Partition": "aws",
        "Region": running_stack.region,
        "AccountId": account,
        "StackName": "orchbench",
        "WorkgroupArn": running_stack.outputs["Target"],
        "CallerArn": f"arn:aws:iam::{account}:user/operator",
    }
    document = policy(resolved(permissions(all_ways().values()), values))
    credentials = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}

    def said() -> str:
        iam.put_user_policy(UserName="operator", PolicyName="bench", PolicyDocument=json.dumps(document))
        ended = orchbench("check", environment=credentials)
        return str(next(line for line in ended.stdout.splitlines() if " permissions: " in line))

    whole = said()
    for statement in document["Statement"]:
        statement["Action"] = [one for one in statement["Action"] if one != "states:StopExecution"]
    lacking = said()

    assert whole.startswith("ok ")
    assert "user/operator may do what the bench calls (simulated by IAM)" in whole
    assert lacking.startswith("to do ")
    assert (
        f"lacks states:StopExecution on arn:aws:states:{running_stack.region}:{account}:execution:"
        "orchbench-sfn-poll:*: attach docs/bench-policy.json"
    ) in lacking
