"""The local AWS as one object: starts its servers together, wires them, deploys a template, stops it all.

The servers: ministack (most services), AWS's durable runner, the local Redshift Data API, and the gateway
in front of them. Each runs in a process group of its own; the watchdog ends them, whether the stack is
stopped or its process is killed. Everything a server writes lies in one folder that goes with the stack.
"""

import errno
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config

from orchbench.project.templates import load_template

from . import watchdog
from .deployment import deploy_template, stack_outputs
from .errors import NoRoom, ServerDidNotStart, StackAlreadyRunning
from .options import LOCAL_CREDENTIALS, LOCAL_WORKGROUP_ARN, StackOptions
from .room import require_room, said_if_full
from .server import Server
from .state import (
    StackState,
    claim,
    find_state,
    made_state_folder,
    state_file,
    write_state,
)
from .wiring import planned_servers, planned_state

Progress = Callable[[str], None]


def say_nothing(_message: str) -> None:
    """Report no progress."""


class LocalStack:
    """A running local AWS, started by this process or found running."""

    def __init__(self, state: StackState, folder: Path, servers: list[Server] | None = None) -> None:
        """Wrap a running stack; ``start`` and ``running_stack`` make one."""
        self.state = state
        self._folder = folder
        self._servers = servers or []
        self._watchdog: subprocess.Popen[bytes] | None = None
        self._claim: int | None = None
        self._clients: dict[str, Any] = {}
        # A session makes its clients one after the other.
        self._making = threading.Lock()

    @classmethod
    def start(cls, options: StackOptions, progress: Progress = say_nothing) -> Self:
        """Start the servers, deploy the template, and return when all of it can be used.

        Raises:
            StackAlreadyRunning: If the folder has a published stack and this one would be published too.
            ServerDidNotStart: With the log of the server at fault kept in the state folder, and named.
            DeploymentFailed: If CloudFormation does not take the template.
            NoRoom: If the disk is full, or a published stack's folder takes no files.
        """
        if options.published and (found := find_state(options.folder)):
            raise StackAlreadyRunning(
                f"A stack of {options.folder} runs already at {found.endpoint_url} (process {found.pid}): "
                "use it, or stop it first."
            )
        stack = cls(planned_state(options), options.folder)
        if options.published:
            stack._claim = claim(options.folder)
            if stack._claim is None:
                raise StackAlreadyRunning(
                    f"Another stack of {options.folder} is starting or stopping: wait for it, or stop it."
                )
        try:
            require_room(Path(stack.state.run_folder).parent)
            stack._start_servers(options, progress)
            if options.template is not None:
                progress("deploying the template")
                stack.deploy(options.parameters, options.template)
            if options.published:
                write_state(options.folder, stack.state)
        except OSError as error:
            stack.stop()
            raise NoRoom(_no_room(error, Path(stack.state.run_folder).parent)) from error
        except BaseException:
            stack.stop()
            raise
        return stack

    def _start_servers(self, options: StackOptions, progress: Progress) -> None:
        run_folder = Path(self.state.run_folder)
        self._start_watchdog(options)
        if options.published:
            # Now, and not when all runs: the state of the stack is to be kept there.
            made_state_folder(options.folder)
        progress("starting the servers")
        deadline = time.monotonic() + options.start_timeout_seconds
        self._servers = planned_servers(options, self.state, run_folder)
        waiting = list(self._servers)
        for server in waiting:
            self._order({"group": server.start(), "grace_seconds": server.grace_seconds})
        for server in waiting:
            try:
                server.wait_until_ready(deadline)
            except ServerDidNotStart as error:
                full = said_if_full(run_folder.parent)
                raise ServerDidNotStart(full or f"{error}{self._log_of(server)}.") from None
            progress(f"{server.name} is ready")
        redshift = next((server.announcement for server in self._servers if server.announcement), {})
        self.state = replace(self.state, redshift=redshift)

    def _start_watchdog(self, options: StackOptions) -> None:
        self._watchdog = subprocess.Popen(  # noqa: S603 - this package's own script
            [sys.executable, "-I", "-S", watchdog.__file__, self.state.stack_id],
            stdin=subprocess.PIPE,
            env={"PATH": os.environ.get("PATH", "")},
            start_new_session=True,
        )
        self._order({"remove": self.state.run_folder})
        if options.published:
            path = state_file(options.folder)
            self._order({"remove": str(path)})
            self._order({"prune": str(path.parent)})

    def _order(self, order: dict[str, Any]) -> None:
        if self._watchdog is not None and self._watchdog.stdin is not None:
            try:
                self._watchdog.stdin.write(json.dumps(order).encode() + b"\n")
                self._watchdog.stdin.flush()
            except BrokenPipeError:
                raise ServerDidNotStart("The process that cleans up after the stack has ended.") from None

    def _log_of(self, server: Server) -> str:
        """Keep a server's log, and say where it is as the end of a sentence."""
        try:
            kept = made_state_folder(self._folder) / f"{server.name}.log"
            kept.write_text(server.log_tail() + "\n")
        except OSError:
            return ""
        return f": its log is in {kept}"

    @property
    def endpoint_url(self) -> str:
        """The one address of every service."""
        return self.state.endpoint_url

    @property
    def region(self) -> str:
        """The region the stack stands in for."""
        return self.state.region

    @property
    def redshift(self) -> dict[str, Any]:
        """What the local Data API said of itself when it was ready: its port, how to reach PostgreSQL."""
        return self.state.redshift

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs of the deployed template."""
        return stack_outputs(self.client("cloudformation"), self.state.stack_name)

    @property
    def exports(self) -> dict[str, str]:
        """The environment that makes the AWS CLI and boto3 use this stack."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            **LOCAL_CREDENTIALS,
        }

    def client(self, service: str) -> Any:
        """Return a boto3 client of a service; it is made once and can be shared by threads."""
        with self._making:
            if service not in self._clients:
                # A stack may hold a small share of AWS's quotas, where three attempts soon follow each other.
                retries = {"mode": "standard", "total_max_attempts": 10}
                config = Config(max_pool_connections=64, retries=retries)
                self._clients[service] = self._session.client(
                    service, endpoint_url=self.endpoint_url, config=config
                )
            return self._clients[service]

    @cached_property
    def _session(self) -> boto3.Session:
        """One for all clients: what they are made of is read from disk once."""
        return boto3.Session(
            aws_access_key_id=LOCAL_CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=LOCAL_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            region_name=self.region,
        )

    def deploy(self, parameters: Mapping[str, str], template: Path = Path("template.yaml")) -> dict[str, str]:
        """Create or update the stack of a template and return its outputs.

        Args:
            parameters: Of the template; one that is left out takes the template's default.
            template: Relative to the working folder.

        Raises:
            DeploymentFailed: If CloudFormation does not take it.
        """
        s3, cloudformation = self.client("s3"), self.client("cloudformation")
        name = self.state.stack_name
        path = self._folder / template
        everything = {**_target(path, parameters), **parameters}
        outputs = deploy_template(s3, cloudformation, path, name, everything)
        self.state = replace(self.state, parameters=everything)
        return outputs

    def failure(self) -> str | None:
        """Return one sentence about a server that has ended, or None while all run."""
        for server in self._servers:
            code = server.exit_code()
            if code is not None:
                return f"The local {server.name} ended with exit code {code}{self._log_of(server)}."
        return None

    def trouble(self) -> str | None:
        """Return one sentence where the stack itself, and not what it runs, is why something failed."""
        return said_if_full(Path(self.state.run_folder).parent) or self.failure()

    def stop(self) -> None:
        """End every server and remove all they left; a stack that was found, not started here, stays."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()
        process, self._watchdog = self._watchdog, None
        if process is not None:
            self._end_servers(process)
        if self._claim is not None:
            os.close(self._claim)
            self._claim = None

    def _end_servers(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdin is not None:
            process.stdin.close()
        while process.poll() is None:
            # Ended servers are collected at once: the watchdog waits until they are gone.
            for server in self._servers:
                server.exit_code()
            time.sleep(0.01)
        for server in self._servers:
            server.collect()

    def __enter__(self) -> Self:
        """Return the stack."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the stack."""
        self.stop()


def running_stack(folder: Path | None = None) -> LocalStack | None:
    """Return the published stack of a working folder, or None; a state file left behind is removed."""
    place = folder or Path.cwd()
    state = find_state(place)
    return None if state is None else LocalStack(state, place)


def _no_room(error: OSError, temporary: Path) -> str:
    """Return one sentence for a file that could not be written while a stack was started."""
    where = Path(error.filename or temporary)
    said = f"The local stack could not be started: {where}: {error.strerror}"
    if full := said_if_full(temporary):
        return full
    if error.errno in (errno.EROFS, errno.EACCES, errno.EEXIST, errno.ENOTDIR):
        return f"{said}: it needs a folder {where.name} in {where.parent}, in which it can write."
    return f"{said}."


def _target(template: Path, parameters: Mapping[str, str]) -> dict[str, str]:
    """Return the parameter that says where batches run, if the template has it and nobody set one."""
    asked = load_template(template).get("Parameters", {}) if template.exists() else {}
    if "WorkgroupArn" not in asked or {"WorkgroupArn", "ClusterIdentifier"} & set(parameters):
        return {}
    return {"WorkgroupArn": LOCAL_WORKGROUP_ARN}
