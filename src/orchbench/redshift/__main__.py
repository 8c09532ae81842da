"""Start the local Data API and its PostgreSQL as one process: `python -m orchbench.redshift`.

When it is ready it prints one line of JSON. It ends on SIGTERM, SIGINT or the death of the process named by
`--parent-pid`, and deletes what it created.
"""

import argparse
import json
import logging
import signal
import sys
import threading
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from types import FrameType

from orchbench.event_bus.publisher import local_bus, start_publisher
from orchbench.redshift.event_publishing import EventPublishing
from orchbench.redshift.faults import FaultKind, FaultRule
from orchbench.redshift.local import LocalRedshift
from orchbench.redshift.parent import is_alive
from orchbench.redshift.quotas import UNLIMITED, Quotas
from orchbench.redshift.warehouse import Warehouse

PARENT_CHECK_SECONDS = 0.25


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m orchbench.redshift", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 for a free one")
    parser.add_argument("--data-dir", type=Path, help="where PostgreSQL's files go; temporary unless given")
    parser.add_argument("--keep-data", action="store_true", help="leave PostgreSQL's files behind")
    parser.add_argument("--database", default="dev", help="database to create")
    parser.add_argument("--workgroup", action="append", default=[], help="accepted workgroup name or ARN")
    parser.add_argument("--cluster", action="append", default=[], help="accepted cluster identifier")
    parser.add_argument("--max-connections", type=int, default=300, help="PostgreSQL's max_connections")
    parser.add_argument("--concurrency", type=int, help="requests that run at once; others wait as SUBMITTED")
    parser.add_argument("--no-quotas", action="store_true", help="switch the service's quotas off")
    parser.add_argument(
        "--quota-share",
        type=float,
        default=1.0,
        metavar="SHARE",
        help="of AWS's calls a second and active statements (default: 1)",
    )
    parser.add_argument(
        "--latency",
        action="append",
        default=[],
        type=latency_rule,
        metavar="OPERATION=SECONDS",
        help="delay every call of an operation",
    )
    parser.add_argument(
        "--event-bus",
        metavar="URL",
        help="local EventBridge that gets the events of statements submitted WithEvent; none without it",
    )
    parser.add_argument("--region", default="us-east-1", help="of that event bus")
    parser.add_argument(
        "--lose-statement-events",
        type=share,
        default=Fraction(0),
        metavar="SHARE",
        help="lose this share of the events, from 0 to 1 (default: 0)",
    )
    parser.add_argument("--parent-pid", type=int, help="end when that process has ended")
    parser.add_argument("--log-level", default="WARNING", choices=["DEBUG", "INFO", "WARNING", "ERROR"])
    return parser.parse_args(arguments)


def latency_rule(text: str) -> FaultRule:
    """Read `DescribeStatement=0.5`."""
    operation, _, seconds = text.partition("=")
    try:
        return FaultRule(operation, FaultKind.DELAY, seconds=float(seconds))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is not OPERATION=SECONDS: {error}") from error


def share(text: str) -> Fraction:
    """Read a share such as `0.5`."""
    try:
        found = Fraction(text)
    except (ValueError, ZeroDivisionError):
        found = Fraction(-1)
    if not 0 <= found <= 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a share: it takes a number from 0 to 1")
    return found


def publishing(options: argparse.Namespace) -> EventPublishing | None:
    """Return what publishes the events of statements that end; None without a bus."""
    if options.event_bus is None:
        return None
    publish = start_publisher(local_bus(options.event_bus), "statement-events")
    return EventPublishing(publish, options.region, lost=options.lose_statement_events)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until told to stop, and return the exit code."""
    options = parse(sys.argv[1:] if arguments is None else arguments)
    logging.basicConfig(level=options.log_level, stream=sys.stderr)
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, stop)
    redshift = LocalRedshift(
        options.data_dir,
        port=options.port,
        database=options.database,
        warehouse=Warehouse(tuple(options.workgroup), tuple(options.cluster)),
        quotas=UNLIMITED if options.no_quotas else Quotas().scaled(options.quota_share),
        max_connections=options.max_connections,
        concurrency=options.concurrency,
        rules=options.latency,
        keep_files=options.keep_data,
        on_end=publishing(options),
    )
    try:
        with redshift:
            print(json.dumps(readiness(redshift)), flush=True)  # noqa: T201  the contract with whoever starts it
            while not stopping.wait(PARENT_CHECK_SECONDS):
                if options.parent_pid is not None and not is_alive(options.parent_pid):
                    break
    except (OSError, RuntimeError, OverflowError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        print(f"The local Redshift could not run: {reason}", file=sys.stderr)  # noqa: T201  a command's error
        return 1
    return 0


def readiness(redshift: LocalRedshift) -> dict[str, str | int]:
    """Return what a caller needs: where the Data API and PostgreSQL are."""
    return {
        "url": redshift.url,
        "port": redshift.port,
        "postgresql": redshift.postgres.connection_info(),
        "directory": str(redshift.postgres.directory),
    }


if __name__ == "__main__":
    sys.exit(main())
