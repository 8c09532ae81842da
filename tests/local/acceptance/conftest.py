"""Both versions on one local AWS: real definition, real workers, real SQL."""

from collections.abc import Callable, Iterator

import pytest
from local_bench import PROJECT, Bench

from orchbench.local.options import StackOptions
from orchbench.local.stack import LocalStack
from orchbench.ways import Way, all_ways, deployed_by


@pytest.fixture(scope="session")
def started() -> Iterator[Callable[..., Bench]]:
    """Start stacks that go with the session; inline SQL is allowed on them."""
    stacks: list[LocalStack] = []

    def start(**parameters: str) -> Bench:
        options = StackOptions(
            folder=PROJECT,
            published=False,
            parameters={"InlineSqlAllowed": "true", **deployed_by(all_ways()), **parameters},
        )
        stacks.append(LocalStack.start(options))
        return Bench(stacks[-1])

    yield start
    for stack in stacks:
        stack.stop()


@pytest.fixture(scope="session")
def shared_bench(started: Callable[..., Bench]) -> Bench:
    bench = started()
    setup = PROJECT / "functions" / "setup" / "tables.sql"
    bench.sql(setup.read_text())
    bench.sql("CREATE TABLE ledger (entry TEXT NOT NULL)")
    bench.sql(
        "INSERT INTO orders SELECT n, n % 1000, DATE '2026-01-01' + (n % 300)::int, n % 7 + 1, "
        "(n % 90) + 0.5 FROM generate_series(1, 20000) AS n"
    )
    return bench


@pytest.fixture
def bench(shared_bench: Bench) -> Iterator[Bench]:
    """Yield the session's stack, without faults before and after."""
    shared_bench.set_faults()
    yield shared_bench
    shared_bench.set_faults()
    # What a failed test left running would hold up those after it.
    shared_bench.end_queries()


@pytest.fixture(params=list(all_ways()))
def way(request: pytest.FixtureRequest) -> Way:
    return all_ways()[request.param]
