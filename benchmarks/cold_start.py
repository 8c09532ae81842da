"""What a cold and a warm start of each function take: ``python benchmarks/cold_start.py --json``.

Processor time and peak memory of fresh processes, as the operating system counts them, and no wall time. The
processes of a round run in turn, each is compared with what ran in the same round, and the median of all
rounds counts: a shared machine is a third faster in one minute than in the next, for all alike. Lambda's own
runtime is not in it, and bytecode is compiled before.
"""

import argparse
import compileall
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from environment import Checkpoints, answer

ROOT = Path(__file__).resolve().parents[1]
FUNCTIONS = ROOT / "functions"
ENVIRONMENT = Path(__file__).with_name("environment.py")

GOAL_MEMORY_MB = 64
GOAL_WARM_MS = 0.5

BOTO3 = "boto3 client"
BOTO3_AND_SDK = "boto3 client, durable SDK, Logger, Metrics"
_LOGGER = "from aws_lambda_powertools import Logger, Metrics; Logger(); Metrics(namespace='n')"
_BOTO3 = "import boto3; boto3.client('redshift-data')"
BARE = {
    BOTO3: _BOTO3,
    "botocore client, Logger, Metrics": (
        f"{_LOGGER}; import botocore.session; botocore.session.Session().create_client('redshift-data')"
    ),
    BOTO3_AND_SDK: f"{_LOGGER}; import aws_durable_execution_sdk_python; {_BOTO3}",
}
"""What functions are compared with: no more than the libraries, and the client made."""

FUNCTION = (
    "import {0}.handler; from redshift_batch.data_api import redshift_data_client; redshift_data_client()"
)
OTHERWISE = {
    "prepare": "import prepare.handler",
    "notify": "import notify.handler, executions; executions.client('stepfunctions')",
}
"""What makes no client, or one of another service."""
COMPARED: dict[str, tuple[str, float | None]] = {
    "submit": (BOTO3, 1.15),
    "prepare": (BOTO3, None),
    "arm": (BOTO3, None),
    "status": (BOTO3, 1.15),
    "cancel": (BOTO3, None),
    "sweep": (BOTO3, None),
    "notify": (BOTO3, None),
    "durable_poll": (BOTO3_AND_SDK, 1.1),
    "durable_condition": (BOTO3_AND_SDK, 1.1),
    "durable_callback": (BOTO3_AND_SDK, 1.1),
}
"""Each function: what it is compared with, and the most that the ratio is meant to be."""


@dataclass(frozen=True)
class Usage:
    """What a process took, and the last line that it told."""

    cpu_seconds: float
    peak_mb: float
    told: str


@dataclass(frozen=True)
class Figures:
    """One function's figures.

    Attributes:
        cold_cpu_seconds: of a process that imports the handler and makes its Data API client.
        cold_ratio: to what it is compared with, in the same turn.
        peak_mb: of a process that answers one invocation too.
        warm_cpu_ms: of an invocation after the first, without its calls to services.
        warm_sdk_cpu_ms: what the durable SDK takes of it, for the same operations that do nothing; None where
            there is none.
        warm_own_cpu_ms: the rest in the same round, which the goal is about.
        warm_own_after_pause_cpu_ms: the same of an invocation that follows a pause, as a poll does.
        warm_own_calls: of functions, C's included, without the durable SDK's: the same on every machine.
    """

    name: str
    compared_with: str
    cold_cpu_seconds: float
    cold_ratio: float
    goal_ratio: float | None
    peak_mb: float
    warm_cpu_ms: float
    warm_sdk_cpu_ms: float | None
    warm_own_cpu_ms: float
    warm_own_after_pause_cpu_ms: float
    warm_own_calls: int


@dataclass
class Measured:
    """What one round found of one case; of its cold starts, each."""

    cold_seconds: list[float] = field(default_factory=list)
    peak_mb: float = 0.0
    warm_ms: float = 0.0
    sdk_ms: float | None = None
    own_ms: float = 0.0
    own_after_pause_ms: float = 0.0
    own_calls: int = 0


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body leave together: apart, the second would wait for the first's acknowledgement.
    wbufsize = -1

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        # Lambda's requests name no operation, and the durable SDK's first is a checkpoint.
        answered = answer(operation) if operation else Checkpoints().write(request["Updates"])
        body = json.dumps(answered, default=datetime.timestamp).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def deployed() -> Iterator[dict[str, str]]:
    """Yield the environment of a deployment whose services answer at once and always the same."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(FUNCTIONS),
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "REDSHIFT_DATABASE": "dev",
        "REDSHIFT_WORKGROUP": "reports",
        "POWERTOOLS_SERVICE_NAME": "orchbench-function",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }
    server.shutdown()
    server.server_close()


def usage(environment: dict[str, str], *arguments: str) -> Usage:
    """Run Python in a process of its own to its end.

    Raises:
        SystemExit: it failed; its standard error says why.
    """
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(  # noqa: S603 - this interpreter, and code that stands in this file
            [sys.executable, *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        told = errors.read().strip()
    if process.returncode:
        raise SystemExit(f"`python {' '.join(arguments)}` failed:\n{told}")
    unit = 1 if sys.platform == "darwin" else 1024
    lines = told.splitlines()
    return Usage(used.ru_utime + used.ru_stime, used.ru_maxrss * unit / 2**20, lines[-1] if lines else "")


def rounds(
    runs: int, cold_starts: int, blocks: int, functions: Sequence[str]
) -> Iterator[dict[str, Measured]]:
    """Measure everything once a round, cold starts several times, one process after the other."""
    code = BARE | {name: OTHERWISE.get(name, FUNCTION.format(name)) for name in functions}
    compileall.compile_dir(FUNCTIONS, quiet=1)
    with deployed() as environment:
        for _ in range(runs):
            found = {name: Measured() for name in code}
            for _ in range(cold_starts):
                for name, text in code.items():
                    found[name].cold_seconds.append(usage(environment, "-c", text).cpu_seconds)
            for name in functions:
                found[name].peak_mb = usage(environment, str(ENVIRONMENT), name, "0").peak_mb
                warm = json.loads(usage(environment, str(ENVIRONMENT), name, str(blocks)).told)
                seconds, calls = warm["seconds"], warm["calls"]
                found[name].warm_ms = 1000 * seconds["function"]
                found[name].sdk_ms = 1000 * seconds["sdk"] if "sdk" in seconds else None
                found[name].own_ms = _own_ms(seconds)
                found[name].own_after_pause_ms = _own_ms(warm["seconds_after_pause"])
                found[name].own_calls = calls["function"] - calls.get("sdk", 0)
            yield found


def _own_ms(seconds: Mapping[str, float]) -> float:
    return 1000 * (seconds["function"] - seconds.get("sdk", 0.0))


def figures(found: list[dict[str, Measured]]) -> list[Figures]:
    """Return each function's figures, the median of the rounds."""
    return [
        _figures_of(name, [one[name] for one in found], base, cold_seconds(base, found), goal)
        for name, (base, goal) in COMPARED.items()
        if name in found[0]
    ]


def _figures_of(
    name: str, rounds: list[Measured], base: str, base_seconds: list[float], goal: float | None
) -> Figures:
    cold = [seconds for one in rounds for seconds in one.cold_seconds]
    ratios = [seconds / bare for seconds, bare in zip(cold, base_seconds, strict=True)]
    sdk = [one.sdk_ms for one in rounds if one.sdk_ms is not None]
    return Figures(
        name=name,
        compared_with=base,
        cold_cpu_seconds=round(statistics.median(cold), 3),
        cold_ratio=round(statistics.median(ratios), 2),
        goal_ratio=goal,
        peak_mb=round(statistics.median(one.peak_mb for one in rounds), 1),
        warm_cpu_ms=round(statistics.median(one.warm_ms for one in rounds), 3),
        warm_sdk_cpu_ms=round(statistics.median(sdk), 3) if sdk else None,
        warm_own_cpu_ms=round(statistics.median(one.own_ms for one in rounds), 3),
        warm_own_after_pause_cpu_ms=round(statistics.median(one.own_after_pause_ms for one in rounds), 3),
        warm_own_calls=round(statistics.median(one.own_calls for one in rounds)),
    )


def cold_seconds(name: str, found: list[dict[str, Measured]]) -> list[float]:
    """Return what each cold start of a case took, in the order in which they ran."""
    return [seconds for one in found for seconds in one[name].cold_seconds]


def document(runs: int, bare: dict[str, float], functions: list[Figures]) -> dict[str, Any]:
    """Return everything as JSON."""
    return {
        "schema": "orchbench.cold-start/1",
        "label": "measured",
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "runs": runs,
        "goals": {"peak_mb": GOAL_MEMORY_MB, "warm_own_cpu_ms": GOAL_WARM_MS},
        "bare_cpu_seconds": bare,
        "functions": [asdict(one) for one in functions],
    }


def table(bare: dict[str, float], functions: list[Figures]) -> str:
    """Return everything as lines for a terminal."""
    lines = [
        f"{'':<44}{'CPU s':>6}{'ratio':>7}{'goal':>6}{'MB':>6}{'warm ms':>9}{'SDK ms':>8}{'own ms':>8}"
        f"{'paused':>8}"
        f"{'own calls':>11}"
    ]
    for base, seconds in bare.items():
        lines.append(f"{base:<44}{seconds:>6.2f}")
        lines += [
            f"  {one.name:<42}{one.cold_cpu_seconds:>6.2f}{one.cold_ratio:>7.2f}{one.goal_ratio or '':>6}"
            f"{one.peak_mb:>6.0f}{one.warm_cpu_ms:>9.2f}{_told(one.warm_sdk_cpu_ms):>8}{one.warm_own_cpu_ms:>8.2f}"
            f"{one.warm_own_after_pause_cpu_ms:>8.2f}"
            f"{one.warm_own_calls:>11}"
            for one in functions
            if one.compared_with == base
        ]
    lines.append(f"Goals besides: below {GOAL_MEMORY_MB} MB, and below {GOAL_WARM_MS} ms of our own warm.")
    lines.append("SDK: what a bare durable handler takes for the same operations, which do nothing there.")
    lines.append("Paused: our own of an invocation that does not follow another at once.")
    return "\n".join(lines)


def _told(milliseconds: float | None) -> str:
    return "" if milliseconds is None else f"{milliseconds:.2f}"


def main() -> int:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(prog="python benchmarks/cold_start.py", description=__doc__)
    parser.add_argument("function", nargs="*", help="measure these functions alone (default: all)")
    parser.add_argument("--runs", type=int, default=9, help="how many rounds (default: 9)")
    parser.add_argument("--cold-starts", type=int, default=3, help="of each function in a round (default: 3)")
    parser.add_argument("--blocks", type=int, default=20, help="of ten warm invocations each (default: 20)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    if min(arguments.runs, arguments.cold_starts, arguments.blocks) < 1:
        parser.error("--runs, --cold-starts and --blocks take a number of 1 or more.")
    if unknown := [name for name in arguments.function if name not in COMPARED]:
        parser.error(f"There is no function '{unknown[0]}': name one of {', '.join(COMPARED)}.")
    names = arguments.function or list(COMPARED)
    found = list(rounds(arguments.runs, arguments.cold_starts, arguments.blocks, names))
    bare = {name: round(statistics.median(cold_seconds(name, found)), 3) for name in BARE}
    functions = figures(found)
    text = json.dumps(document(arguments.runs, bare, functions), indent=2)
    print(text if arguments.json else table(bare, functions))  # noqa: T201
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
