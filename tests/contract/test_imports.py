"""Who may import whom."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from project import FUNCTIONS, SOURCE, imported, modules

DOMAIN = FUNCTIONS / "redshift_batch"
LAYERS = {
    "errors": set(),
    "model": set(),
    "schedule": {"model"},
    "settings": {"errors"},
    "status": {"model", "schedule"},
    "sql_text": set(),
    "refusals": set(),
    "poll_policy": {"errors", "model", "refusals", "schedule"},
    "batch": {"errors", "model", "poll_policy", "refusals", "settings", "sql_text"},
    "deadline": {"errors", "settings"},
    "clients": set(),
    "names": set(),
    "codes": {"errors"},
    "data_api": {"clients", "codes", "errors", "model", "names", "settings", "status"},
    "lifecycle": {"errors", "model", "status"},
    "submission": {"batch", "model", "settings", "status"},
    "preparation": {"batch", "errors", "model", "schedule", "settings"},
}

DEPLOYED_BY_PROBES = ("probes/deployed_handler.py",)
"""What probes deploy and the bench never imports: a handler, with what handlers may use."""
BENCH_FLOORS = (
    {"project", "trace"},
    {"platforms"},
    {"ways"},
    {"event_bus"},
    {"redshift", "local", "virtual_time"},
    {"rehearsal", "deployment"},
    {"evaluation"},
    {"results"},
    {"comparison", "load", "faults", "inspection", "trial"},
    {"probes"},
    {"report"},
    {"commands"},
    {"cli"},
)
"""The packages of the bench, from the ground up: each imports from floors below its own, and from itself."""


def uses(path: Path, package: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for name in imported(path))


def below(path: Path, *folders: str) -> bool:
    return any((SOURCE / folder) in (path, *path.parents) for folder in folders)


@pytest.mark.parametrize("module", sorted(LAYERS))
def test_the_domain_imports_downwards(module: str) -> None:
    names = {name.removeprefix("redshift_batch.").split(".")[0] for name in imported(DOMAIN / f"{module}.py")}
    assert names & set(LAYERS) <= LAYERS[module]


def test_every_module_of_the_domain_has_its_layer() -> None:
    assert {path.stem for path in modules(DOMAIN)} - {"__init__"} == set(LAYERS)


def floor_of(package: str) -> int:
    return next(level for level, packages in enumerate(BENCH_FLOORS) if package in packages)


def package_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def test_every_package_of_the_bench_has_its_floor() -> None:
    found = {package_of(path) for path in modules(SOURCE)} - {"__init__", "__main__"}
    assert found == set().union(*BENCH_FLOORS)


def test_the_bench_imports_downwards() -> None:
    offenders = []
    for path in modules(SOURCE):
        package = package_of(path)
        if package in ("__init__", "__main__"):
            continue
        for name in sorted(imported(path)):
            if name.startswith("orchbench."):
                used = name.split(".")[1]
                if used != package and floor_of(used) >= floor_of(package):
                    offenders.append(f"{path.relative_to(SOURCE)} imports {name}")
    assert offenders == []


def test_few_modules_stand_at_the_root_of_the_bench() -> None:
    assert len(list(SOURCE.glob("*.py"))) <= 4


def test_no_modules_import_each_other_in_a_circle() -> None:
    # A package's own file only hands out what its modules define.
    graph = {_dotted(path): imported(path) for path in modules(SOURCE) if path.stem != "__init__"}
    TopologicalSorter({name: (used & graph.keys()) - {name} for name, used in graph.items()}).prepare()


def _dotted(path: Path) -> str:
    return ".".join(("orchbench", *path.relative_to(SOURCE).with_suffix("").parts))


def test_the_functions_never_import_the_bench() -> None:
    assert [path.name for path in modules(FUNCTIONS) if uses(path, "orchbench")] == []


def test_the_domain_knows_neither_lambda_nor_the_durable_sdk() -> None:
    packages = ("aws_lambda_powertools", "aws_durable_execution_sdk_python", "telemetry")
    assert [path.name for path in modules(DOMAIN) for name in packages if uses(path, name)] == []


def test_the_bench_imports_boto3_only_where_a_client_is_made() -> None:
    offenders = [
        path.name
        for path in modules(SOURCE)
        if uses(path, "boto3") and not below(path, "deployment", "local")
    ]
    assert offenders == []


def test_the_functions_make_clients_in_one_place_and_without_boto3() -> None:
    assert [path.name for path in modules(FUNCTIONS) if uses(path, "botocore.session")] == ["clients.py"]
    # The durable SDK imports boto3 in any case.
    users = {path.parent.name for path in modules(FUNCTIONS) if uses(path, "boto3")}
    assert users <= {"durable"}


def test_the_durable_sdk_is_imported_only_by_durable_functions_and_rehearsals() -> None:
    offenders = [
        str(path)
        for path in [*modules(FUNCTIONS), *modules(SOURCE)]
        if uses(path, "aws_durable_execution_sdk_python")
        or uses(path, "aws_durable_execution_sdk_python_testing")
        if not path.is_relative_to(FUNCTIONS) or not path.parent.name.startswith("durable")
        if not below(path, "rehearsal", "virtual_time", *DEPLOYED_BY_PROBES)
    ]
    # The local servers start AWS's runner in a process of its own, through this one file.
    assert [Path(path).name for path in offenders] in ([], ["runner_launcher.py"])


def test_the_environment_is_read_in_few_places() -> None:
    offenders = [
        path.name
        for path in [*modules(FUNCTIONS), *modules(SOURCE)]
        if "environ" in (text := path.read_text())
        and "os.environ" in ast.unparse(ast.parse(text))
        and path != FUNCTIONS / "redshift_batch" / "settings.py"
        # A rehearsal stands in for Lambda: it sets a function's environment, as Lambda does.
        and not below(path, "cli.py", "local", "virtual_time/environment.py", *DEPLOYED_BY_PROBES)
    ]
    assert offenders == []


def test_evaluation_is_pure() -> None:
    effects = ("boto3", "botocore", "os", "subprocess", "socket", "time", "orchbench.local")
    offenders = [
        (path.name, name) for path in modules(SOURCE / "evaluation") for name in effects if uses(path, name)
    ]
    assert offenders == []


def test_there_is_no_module_named_after_nothing() -> None:
    names = {path.stem for path in [*modules(FUNCTIONS), *modules(SOURCE)]}
    assert names & {"utils", "util", "helpers", "common", "misc"} == set()
