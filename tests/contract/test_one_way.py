"""`orchbench template`: what one way needs to be deployed, and nothing of the bench."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from linting import linted
from project import TEMPLATE_FILE, definition, references, template, translated, without

from orchbench.cli import main
from orchbench.deployment.one_way import template_of
from orchbench.deployment.template import InvalidTemplate
from orchbench.project.templates import load_template
from orchbench.ways import Way, all_ways

EVERY_WAY = pytest.mark.parametrize("way", all_ways().values(), ids=lambda way: way.name)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return a folder of each way, as the command writes it."""
    above = tmp_path_factory.mktemp("ways")
    for way in all_ways():
        assert main(["template", "--way", way, "--out", str(above / way)]) == 0
    return {way: above / way for way in all_ways()}


def written(folder: Path) -> dict[str, Any]:
    return load_template(folder / "template.yaml")


def less_the_bench(resource: dict[str, Any]) -> dict[str, Any]:
    """Return a resource without the names of its ways, its condition and its tags."""
    left = {name: one for name, one in resource.items() if name not in ("Metadata", "Condition")}
    left["Properties"] = {name: one for name, one in left["Properties"].items() if name != "Tags"}
    return left


@pytest.mark.slow
@EVERY_WAY
def test_a_way_written_alone_has_what_is_left_when_all_others_are_deleted(
    way: Way, folders: dict[str, Path]
) -> None:
    left = template()
    for other in set(all_ways()) - {way.name}:
        left = without(left, other)
    found = written(folders[way.name])

    resources = {name: less_the_bench(one) for name, one in left["Resources"].items()}
    assert found["Resources"] == resources
    assert {name: one["Value"] for name, one in found["Outputs"].items()} == {
        name: one["Value"] for name, one in left["Outputs"].items()
    }
    for section in ("Globals", "Rules", "Transform"):
        assert found[section] == left[section]
    for section in ("Parameters", "Conditions"):
        assert found[section].items() <= left[section].items()


@EVERY_WAY
def test_nothing_of_the_bench_is_in_it(way: Way, folders: dict[str, Path]) -> None:
    text = (folders[way.name] / "template.yaml").read_text()
    others = {name for name in all_ways() if name not in way.name}

    assert [word for word in ("orchbench", "docs/", "Ways", "AllWays", *others) if word in text] == []
    assert not (folders[way.name] / "monitoring.yaml").exists()


@EVERY_WAY
def test_every_parameter_is_used_and_stands_in_a_group(way: Way, folders: dict[str, Path]) -> None:
    found = written(folders[way.name])
    groups = found["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    used = set(
        references([found[name] for name in ("Resources", "Outputs", "Rules", "Conditions", "Globals")])
    )

    assert set(found["Parameters"]) <= used
    assert [name for group in groups for name in group["Parameters"]] == list(found["Parameters"])
    translated(found)


@EVERY_WAY
def test_every_module_that_a_handler_imports_is_there_and_no_handler_of_another_way(
    way: Way, folders: dict[str, Path]
) -> None:
    folder = folders[way.name] / "functions"
    found = written(folders[way.name])["Resources"].values()
    handlers = {one["Properties"]["Handler"] for one in found if one["Type"] == "AWS::Serverless::Function"}
    for handler in handlers:
        assert folder.joinpath(*handler.split(".")[:-1]).with_suffix(".py").is_file()
    assert {path.parent.name for path in folder.glob("*/handler.py")} == {
        handler.split(".")[0] for handler in handlers
    }
    ours = {path.name.removesuffix(".py") for path in (TEMPLATE_FILE.parent / "functions").iterdir()}
    there = {path.name.removesuffix(".py") for path in folder.iterdir()}
    for path in folder.rglob("*.py"):
        tree = ast.walk(ast.parse(path.read_text()))
        absolute = (node for node in tree if isinstance(node, ast.ImportFrom) and node.level == 0)
        modules = {str(node.module).split(".")[0] for node in absolute}
        assert modules & ours <= there, path


def test_the_state_machine_brings_its_definition_as_it_is(folders: dict[str, Path]) -> None:
    copied = folders["sfn-poll"] / "statemachine" / "sfn_poll.asl.json"
    assert json.loads(copied.read_text()) == definition()
    assert not (folders["durable-poll"] / "statemachine").exists()


# Those that need the most of what is deployed, one on each platform; all with --hypothesis-profile=full.
LINTED = tuple(all_ways()) if settings().max_examples >= 500 else ("sfn-callback", "durable-callback")


@pytest.mark.slow
@pytest.mark.parametrize("way", LINTED)
def test_the_linter_finds_nothing_in_it(way: str, folders: dict[str, Path]) -> None:
    assert [str(one) for one in linted(written(folders[way]))] == []


def test_a_template_that_speaks_of_the_bench_elsewhere_is_refused(tmp_path: Path) -> None:
    changed = tmp_path / "template.yaml"
    changed.write_text(TEMPLATE_FILE.read_text().replace("the user in the secret", "the user of orchbench"))

    with pytest.raises(InvalidTemplate, match="speaks of the bench where it is not cut out"):
        template_of(changed, "sfn-poll", "A query.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--way", "sfn-pull", "--out", "new"], "There is no way 'sfn-pull'"),
        (["--way", "all", "--out", "new"], "'all' names 3 ways: name the one to write."),
        (["--way", "sfn-poll", "--out", "full"], "'full' is there and holds something: name a new folder."),
        (["--way", "sfn-poll", "--out", "full/file"], "'full/file' is there and holds something"),
        (["--way", "sfn-poll", "--out", "full/file/new"], "cannot be written to (Not a directory)"),
    ],
)
def test_what_cannot_be_written_is_a_usage_error(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()

    assert main(["template", *arguments]) == 2
    assert said.replace("names 3", f"names {len(all_ways())}") in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "new").exists()
