"""The commands that the SAM CLI is given."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from orchbench.trial.sam import Sam, SamFailed, ToolMissing, runtime_found


def recording(code: int = 0) -> tuple[Sam, list[str]]:
    ran: list[str] = []

    def run(command: Sequence[str], _folder: Path) -> int:
        ran.append(" ".join(command))
        return code

    return Sam(Path(), "eu-west-1", "work", Path("sam"), run), ran


def test_the_application_is_deployed_as_built_or_as_it_stands() -> None:
    sam, ran = recording()
    sam.deploy("t", {"WorkgroupArn": "arn:w", "Database": ""})
    sam.deploy("t", {}, built=False)
    everywhere = "--region eu-west-1 --profile work"
    named = "sam deploy --config-env default --stack-name t --tags made-by=orchbench-compare-aws"
    assert ran == [
        f"{named} --parameter-overrides WorkgroupArn=arn:w {everywhere}",
        f"{named} --template-file template.yaml {everywhere}",
    ]


def test_the_command_that_removes_a_stack_is_the_one_that_is_run() -> None:
    sam, ran = recording()
    sam.delete("t")
    assert ran == [sam.deletion("t")]
    assert ran == ["sam delete --stack-name t --no-prompts --region eu-west-1 --profile work"]


def test_a_command_that_failed_is_named() -> None:
    sam, _ran = recording(code=1)
    with pytest.raises(SamFailed, match="`sam build` ended with exit code 1"):
        sam.build("python3.14", container=False)


def test_a_tool_that_is_missing_is_named_before_anything_is_deployed() -> None:
    sam, _ran = recording()
    with pytest.raises(ToolMissing, match="run `make tools`"):
        sam.require()
    with pytest.raises(ToolMissing, match=r"needs python3\.14 or python3\.13 on the PATH"):
        runtime_found(lambda _name: None)
    assert runtime_found({"python3.13": "/bin/python3.13"}.get) == "python3.13"
