"""Every test, in processes of pytest side by side, and one summary: what passed, what failed, where.

Tests that start local servers wait more than they compute, so they run beside those that compute. What each
process prints is kept in a log; the last line of the summary is the count.
"""

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

LOGS = Path(sys.prefix) / "test-logs"
LOADS = ("tests/local/acceptance/test_load.py", "tests/local/acceptance/test_overrun.py")
ENDS = ("tests/local/bench/test_full_disk.py", "tests/local/bench/test_interrupted.py")
TRIAL = "tests/local/bench/test_compare_aws.py"
ACTS, BENCH = "tests/local/acceptance", "tests/local/bench"
FAULTS, STACK = "tests/local/faults", "tests/local/stack"
OTHERS = (
    *("tests/local/redshift", "tests/local/report"),
    *("tests/contract/test_documented_sessions.py", "tests/fuzz/test_data_api_sockets.py"),
)
"""Each named, and no folder that holds more: whoever looks for a test imports what all the others need."""


def local(*chosen: str, without: Sequence[str] = ()) -> Sequence[str]:
    """Return how pytest is told of the folders and files with tests that need local servers."""
    return ("-m", "local", *chosen, *(f"--ignore={path}" for path in without))


WITHOUT_SERVERS = ("-m", "not local", *(f"--ignore={path}" for path in (ACTS, BENCH, FAULTS, STACK, *OTHERS)))
PARTS: Mapping[str, Sequence[str]] = {
    # A file stays in one process: what its tests share is made once.
    "computing": (*WITHOUT_SERVERS, "-n", "2", "--dist", "loadfile"),
    # Of those that wait, each takes about as long as the others.
    "acceptance": local(ACTS, without=LOADS),
    "load": local(*LOADS),
    "faults": local(FAULTS, *ENDS),
    "bench": local(BENCH, without=(*ENDS, TRIAL)),
    "stack": local(STACK, TRIAL),
    "others": local(*OTHERS),
}


@dataclass
class Result:
    """What became of the tests.

    Attributes:
        failed: what each failed test said, by its file and name.
        not_run: how many were skipped, by the reason.
    """

    passed: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    not_run: Counter[str] = field(default_factory=Counter)

    def lines(self) -> Iterator[str]:
        """Yield the summary; its last line is the count."""
        for name, said in self.failed.items():
            yield f"\n{name}\n{said.strip()}\n"
        for reason, count in sorted(self.not_run.items()):
            yield f"Not run, {count}: {reason}"
        for name in self.failed:
            yield f"Failed: {name}"
        yield f"{self.passed} passed, {len(self.failed)} failed, {self.not_run.total()} skipped"


def add(result: Result, part: str, code: int, report: Path, log: Path) -> None:
    """Add what a process of pytest reported; one that failed without naming a test is a failure itself."""
    failed_before = len(result.failed)
    cases = ET.parse(report).iter("testcase") if report.exists() else iter(())
    for case in cases:
        name = f"{case.get('file')}::{case.get('name')}"
        failure = next((one for kind in ("failure", "error") if (one := case.find(kind)) is not None), None)
        skipped = case.find("skipped")
        if failure is not None:
            result.failed[name] = failure.text or failure.get("message") or ""
        elif skipped is not None:
            result.not_run[skipped.get("message") or "no reason"] += 1
        elif name not in result.failed:
            result.passed += 1
    if code and len(result.failed) == failed_before:
        tail = log.read_text(errors="replace").splitlines()[-40:] if log.exists() else []
        result.failed[f"{part} (pytest ended with exit code {code})"] = "\n".join(tail)


def run(parts: Mapping[str, Sequence[str]], logs: Path) -> Result:
    """Run the parts at the same time, tell of each when it has ended, and return what became of all."""
    logs.mkdir(parents=True, exist_ok=True)
    began, result = time.monotonic(), Result()
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for part, arguments in parts.items():
            report = logs / f"{part}.xml"
            report.unlink(missing_ok=True)
            command = [sys.executable, "-m", "pytest", *arguments, f"--junit-xml={report}"]
            with (logs / f"{part}.log").open("wb") as log:
                running[part] = subprocess.Popen(
                    [*command, "-o", "junit_family=xunit1"], stdout=log, stderr=subprocess.STDOUT
                )
        while running:
            time.sleep(0.1)
            for part, process in list(running.items()):
                if (code := process.poll()) is not None:
                    del running[part]
                    log_file = logs / f"{part}.log"
                    add(result, part, code, logs / f"{part}.xml", log_file)
                    took = time.monotonic() - began
                    print(
                        f"{part}: {'failed' if code else 'passed'} in {took:.0f} s, see {log_file}",
                        flush=True,
                    )
    finally:
        for process in running.values():
            process.terminate()
        for process in running.values():
            process.wait()
    return result


def main() -> int:
    """Run all parts, print the summary and return the exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        result = run(PARTS, LOGS)
    except KeyboardInterrupt:
        return 130
    for line in result.lines():
        print(line)
    return 1 if result.failed else 0


if __name__ == "__main__":
    sys.exit(main())
