"""A project folder of its own, so that no stack of the working copy is met, and a stack running in it."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchbench.comparison.seed import create_tables, seed
from orchbench.deployment.warehouse import Warehouse
from orchbench.local import LOCAL_WORKGROUP_ARN, LocalStack, StackOptions
from orchbench.ways import all_ways, deployed_by

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # What a script starts in the background ignores Ctrl-C, and so would every process that it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parents[3]


def link_project(folder: Path) -> Path:
    for name in ("template.yaml", "functions", "statemachine"):
        (folder / name).symlink_to(ROOT / name)
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return link_project(tmp_path)


@pytest.fixture(scope="session")
def running_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return link_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="session")
def running_stack(running_project: Path) -> Iterator[LocalStack]:
    """Yield a stack with filled tables that is found from its project folder."""
    parameters = {"WorkgroupArn": LOCAL_WORKGROUP_ARN, **deployed_by(all_ways())}
    options = StackOptions(folder=running_project, parameters=parameters)
    with LocalStack.start(options) as stack:
        warehouse = Warehouse(stack.client("redshift-data"), stack.outputs)
        create_tables(warehouse, running_project)
        seed(warehouse, 3000, replace=True)
        yield stack
