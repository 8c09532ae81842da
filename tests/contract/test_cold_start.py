"""What a cold start loads, and a warm one calls. ``benchmarks/cold_start.py`` measures the time."""

import json
import os
import subprocess
import sys

import pytest
from cold_start import COMPARED
from hypothesis import settings
from project import FUNCTIONS, ROOT

BENCHMARK = ROOT / "benchmarks" / "cold_start.py"

TRACING = {"aws_xray_sdk"}
BOTO3 = {"boto3", "s3transfer"}
SPLITTING = {"sqlparse", "redshift_batch.batch"}

NOT_LOADED = {
    "submit": TRACING | BOTO3,
    "status": TRACING | BOTO3 | SPLITTING,
    "cancel": TRACING | BOTO3 | SPLITTING,
    "sweep": TRACING | BOTO3 | SPLITTING,
    "prepare": TRACING | BOTO3,
    "arm": TRACING | BOTO3 | SPLITTING,
    "notify": TRACING | BOTO3 | SPLITTING,
    # The durable SDK imports boto3 itself.
    "durable_poll": TRACING | SPLITTING,
    "durable_condition": TRACING | SPLITTING,
    "durable_callback": TRACING | SPLITTING,
}
"""Each function, and the modules that it does without until it is invoked."""

MOST_CALLS = 800
"""Of functions in a warm invocation, those of the durable SDK left out. A tenth above what the most takes."""


def printed_by(code: str, *arguments: str) -> str:
    """Return what some code prints in a new process, as Lambda would start it."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join([str(FUNCTIONS), str(BENCHMARK.parent)]),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "REDSHIFT_DATABASE": "dev",
        "REDSHIFT_WORKGROUP": "reports",
        "POWERTOOLS_SERVICE_NAME": "orchbench-function",
    }
    ended = subprocess.run(
        [sys.executable, "-c", code, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def found_by(code: str, *arguments: str) -> set[str]:
    """Return the words that some code prints."""
    return set(printed_by(code, *arguments).split())


def test_every_function_is_looked_at() -> None:
    assert {path.parent.name for path in FUNCTIONS.glob("*/handler.py")} == set(NOT_LOADED)


@pytest.fixture(scope="module")
def loaded() -> dict[str, list[str]]:
    """Return the modules that each function has loaded once its client is made.

    Each in a process of its own, forked from one that has made the client and loaded nothing else.
    """
    code = (
        "import importlib, json, os, sys\n"
        "from redshift_batch.data_api import redshift_data_client; redshift_data_client()\n"
        f"for name in {list(NOT_LOADED)}:\n"
        "    if process := os.fork():\n"
        "        assert os.waitpid(process, 0)[1] == 0, name\n"
        "        continue\n"
        "    importlib.import_module(f'{name}.handler')\n"
        "    print(json.dumps([name, list(sys.modules)]))\n"
        "    sys.exit()\n"
    )
    return dict(json.loads(line) for line in printed_by(code).splitlines())


@pytest.mark.parametrize("name", NOT_LOADED)
def test_a_function_loads_nothing_that_it_does_without(loaded: dict[str, list[str]], name: str) -> None:
    assert {f"{name}.handler", "botocore.session"} <= set(loaded[name])
    assert set(loaded[name]) & NOT_LOADED[name] == set()


def test_what_splits_sql_would_be_found() -> None:
    assert found_by("import sys, redshift_batch.submission; print(*sys.modules)") >= SPLITTING


def test_the_durable_sdk_makes_its_client_of_the_functions_own_session() -> None:
    code = (
        "import durable_poll.handler, boto3; from redshift_batch.clients import session; "
        "print(boto3.DEFAULT_SESSION._session is session())"
    )
    assert found_by(code) == {"True"}


def test_a_warm_invocation_calls_few_functions() -> None:
    code = (
        "import json; from environment import BARE, calls, warmed; "
        "of = lambda name: calls(warmed(name)) if name else 0; "
        f"print(json.dumps({{one: of(one) - of(BARE.get(one)) for one in {list(NOT_LOADED)}}}))"
    )
    called = json.loads(printed_by(code).splitlines()[-1])
    assert set(called) == set(NOT_LOADED)
    assert {name: number for name, number in called.items() if not 100 < number < MOST_CALLS} == {}


# The one that calls most, a durable one, one with another client; all with --hypothesis-profile=full.
ONCE = ("--runs", "1", "--cold-starts", "1", "--blocks", "1")
MEASURED = list(NOT_LOADED) if settings().max_examples >= 500 else ["submit", "durable_callback", "notify"]


@pytest.mark.slow
def test_the_benchmark_measures_every_function_that_is_asked_for() -> None:
    assert set(COMPARED) == set(NOT_LOADED)
    ended = subprocess.run(
        [sys.executable, BENCHMARK, *MEASURED, *ONCE, "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert {one["name"] for one in found["functions"]} == set(MEASURED)
    assert all(one["cold_ratio"] > 0 for one in found["functions"])
    assert all(100 < one["warm_own_calls"] < MOST_CALLS for one in found["functions"])
    durable = [one for one in found["functions"] if one["name"].startswith("durable")]
    assert all(one["warm_sdk_cpu_ms"] > 0 for one in durable)
    assert {one["warm_sdk_cpu_ms"] for one in found["functions"] if one not in durable} == {None}
    assert all(0 < one["peak_mb"] < found["goals"]["peak_mb"] for one in found["functions"])
