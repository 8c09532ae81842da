"""Which servers a stack consists of, and how each is told of the others.

It starts nothing: every server knows its own port and the others' before any of them runs, so that all may
be started at once.
"""

import os
import sys
import sysconfig
import uuid
from pathlib import Path

from . import watchdog
from .errors import ServerDidNotStart
from .options import LOCAL_CREDENTIALS, StackOptions
from .room import temporary_folder
from .server import LOOPBACK, Server, base_environment, free_ports, http_answers
from .state import HEALTH_PATH, StackState

HERE = Path(__file__).parent
REDSHIFT_GRACE_SECONDS = 5.0


def ministack_python() -> Path:
    """Return the interpreter of ministack's own environment."""
    return Path(sys.prefix) / "tools" / "ministack" / "bin" / "python"


def worker_path() -> str:
    """Return the module path of the functions' workers: this environment's packages, without this project."""
    paths = sysconfig.get_paths()
    return os.pathsep.join(dict.fromkeys((paths["purelib"], paths["platlib"])))


def planned_state(options: StackOptions) -> StackState:
    names = ["gateway", "ministack", "runner", "redshift"]
    if options.redshift_command is None:
        names.remove("redshift")
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    ports["gateway"] = options.port or ports["gateway"]
    stack_id = uuid.uuid4().hex
    return StackState(
        stack_id=stack_id,
        pid=os.getpid(),
        endpoint_url=f"http://{LOOPBACK}:{ports['gateway']}",
        region=options.region,
        stack_name=options.stack_name,
        ports=ports,
        # Short: PostgreSQL's socket lies in it, and a socket's path has at most 100 characters or so. It is
        # made when the watchdog knows that it is to be removed.
        run_folder=str(temporary_folder() / f"orchbench-{stack_id[:12]}"),
        parameters=dict(options.parameters),
    )


def planned_servers(options: StackOptions, state: StackState, run_folder: Path) -> list[Server]:
    """Return the servers of a stack, not started yet; they may all be started at once."""
    temporary, logs = run_folder / "tmp", run_folder / "logs"
    run_folder.mkdir(mode=0o700)
    logs.mkdir(mode=0o700)
    temporary.mkdir()
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root and then runs as a user who must reach its files.
        run_folder.chmod(0o711)
        temporary.chmod(0o711)
    base = base_environment(temporary, watchdog.MARK_VARIABLE, state.stack_id)
    aws = base | LOCAL_CREDENTIALS | {"AWS_REGION": state.region, "AWS_DEFAULT_REGION": state.region}
    servers = [
        _ministack(options, state, aws, logs),
        _runner(state, aws, logs),
        _gateway(state, base, logs),
    ]
    if options.redshift_command is not None:
        servers.append(_redshift(options, state, aws, run_folder))
    return servers


def _url(state: StackState, server: str) -> str:
    return f"http://{LOOPBACK}:{state.ports[server]}"


def _ministack(options: StackOptions, state: StackState, environment: dict[str, str], logs: Path) -> Server:
    port = state.ports["ministack"]
    settings = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": LOOPBACK,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "MINISTACK_REGION": state.region,
        "MINISTACK_WORKER_THREADS": "256",
        "LOG_LEVEL": "WARNING",
        # Inherited by the functions' workers.
        "AWS_ENDPOINT_URL": state.endpoint_url,
        "AWS_ENDPOINT_URL_LAMBDA": _url(state, "gateway"),
        "ORCHBENCH_WORKER_PYTHONPATH": worker_path(),
    }
    if "redshift" in state.ports:
        settings["AWS_ENDPOINT_URL_REDSHIFT_DATA"] = _url(state, "redshift")
    command = [str(ministack_python()), str(HERE / "ministack_launcher.py")]
    if not ministack_python().exists():
        raise ServerDidNotStart(f"ministack is not installed at {ministack_python()}: run `make setup`.")
    everything = environment | settings | dict(options.worker_environment)
    ready = http_answers(port, "/_ministack/health")
    return Server("ministack", command, everything, logs / "ministack.log", ready)


def _runner(state: StackState, environment: dict[str, str], logs: Path) -> Server:
    port = state.ports["runner"]
    command = [sys.executable, "-m", "orchbench.local.runner_launcher", "--port", str(port)]
    command += ["--lambda-endpoint", _url(state, "ministack"), "--region", state.region]
    return Server(
        "durable-runner", command, environment, logs / "durable-runner.log", http_answers(port, "/health")
    )


def _gateway(state: StackState, environment: dict[str, str], logs: Path) -> Server:
    command = [sys.executable, "-m", "orchbench.local.gateway", "--stack-id", state.stack_id]
    command += ["--port", str(state.ports["gateway"])]
    for server in ("ministack", "runner", "redshift"):
        if server in state.ports:
            command += [f"--{server}-port", str(state.ports[server])]
    ready = http_answers(state.ports["gateway"], HEALTH_PATH)
    return Server("gateway", command, environment, logs / "gateway.log", ready)


def _redshift(
    options: StackOptions, state: StackState, environment: dict[str, str], run_folder: Path
) -> Server:
    command = [*(options.redshift_command or ()), "--port", str(state.ports["redshift"])]
    command += ["--event-bus", _url(state, "ministack"), "--region", state.region]
    command += ["--data-dir", str(run_folder / "redshift"), *options.redshift_arguments]
    log = run_folder / "logs" / "redshift.log"
    return Server("redshift", command, environment, log, grace_seconds=REDSHIFT_GRACE_SECONDS)
