"""What every test shares: the same examples each time, and no deadline on a shared machine."""

import gc
from collections.abc import Generator

import pytest
from hypothesis import settings

settings.register_profile("offline", deadline=None, derandomize=True)
# More examples: pytest --hypothesis-profile=full
settings.register_profile("full", settings.get_profile("offline"), max_examples=500)
settings.load_profile("offline")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage among what is imported, which stays: the looks take a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        if was_on:
            gc.enable()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--schedules", type=int, default=20, metavar="N", help="random fault schedules to rehearse (20)"
    )
    parser.addoption(
        "--at-once",
        type=int,
        default=6,
        metavar="N",
        help="executions of each way at once (6)",
    )


@pytest.fixture
def schedules(request: pytest.FixtureRequest) -> int:
    """Return how many random fault schedules are asked for."""
    return int(request.config.getoption("--schedules"))


@pytest.fixture
def at_once(request: pytest.FixtureRequest) -> int:
    """Return how many executions of each way are to run at once on real servers."""
    return int(request.config.getoption("--at-once"))


@pytest.fixture
def schedule_seed(request: pytest.FixtureRequest) -> int:
    """Return the seed of the random fault schedules, 0 unless ``--hypothesis-seed`` says otherwise."""
    given = request.config.getoption("--hypothesis-seed")
    return 0 if given in (None, "random") else int(given)
