"""The gateway: one loopback endpoint for every service of the local AWS, run as a process of its own.

``python -m orchbench.local.gateway --port P --ministack-port M --runner-port R [--redshift-port D] ...``

It looks at a request's target and path, never deeper than a route needs, and sends it on: the durable
execution API to AWS's local runner, ``RedshiftData`` to the local Data API, all else to ministack. Invoke of
a durable function becomes a start at the runner; StartExecution is made idempotent. One thread a connection,
bounded: hundreds of clients that wait cost memory, not processor time.
"""

import argparse
import json
import re
import sys
import threading
from functools import partial
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from .http_relay import Answer, BodyTooLarge, RelayHandler, Upstream
from .idempotent_starts import DurableStarts, Refused, existing_execution, split_function
from .server import LOOPBACK
from .state import HEALTH_PATH

MOST_CONNECTIONS = 1024
START_EXECUTION = "AWSStepFunctions.StartExecution"
DURABLE_API = re.compile(r"/2025-12-01/(durable-executions|durable-execution-callbacks)(/|$)")
DURABLE_STOP = re.compile(r"/2025-12-01/durable-executions/[^/]+/stop")
DURABLE_LIST = re.compile(r"(/2025-12-01/functions/)([^/]+)(/durable-executions)")
INVOKE = re.compile(r"/2015-03-31/functions/([^/]+)/invocations")
# The runner's own invocations of a handler; the runner adds this header to each.
HANDLER_INVOCATION = "X-Dex-Handler-Invoke"


class Gateway(ThreadingHTTPServer):
    """The listening server and the servers behind it."""

    daemon_threads = True
    # Clients come in bursts of hundreds; the default of 5 would refuse some.
    request_queue_size = 512

    def __init__(self, port: int, upstreams: dict[str, Upstream], stack_id: str) -> None:
        """Bind to a loopback port.

        Args:
            port: 0 for any free one.
            upstreams: ``ministack``, ``runner`` and, where there is one, ``redshift``.
            stack_id: What the health check answers, so that a stack is recognised.
        """
        self.upstreams = upstreams
        self.stack_id = stack_id
        self.starts = DurableStarts(upstreams["ministack"], upstreams["runner"])
        self._connections = threading.BoundedSemaphore(MOST_CONNECTIONS)
        super().__init__((LOOPBACK, port), GatewayHandler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Wait for a free place before a connection gets its thread."""
        self._connections.acquire()
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Free the connection's place when it is closed."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._connections.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - socketserver's
        """Stay quiet about a client that went away, and name the class of anything else."""
        error = sys.exception()
        if not isinstance(error, ConnectionError | TimeoutError):
            print(f"gateway: {type(error).__name__}", file=sys.stderr, flush=True)  # noqa: T201 - its log


class GatewayHandler(RelayHandler):
    """Routes one request."""

    server: Gateway

    def handle_request(self) -> None:
        """Answer one request, whatever its method."""
        try:
            self._route()
        except Refused as refused:
            self.send_answer(refused.answer())
        except BodyTooLarge:
            self.close_connection = True
            self.send_answer(Refused(413, "RequestTooLargeException", "The body is too large.").answer())
        except ConnectionRefusedError:
            self.close_connection = True
            self.send_answer(
                Refused(503, "ServiceUnavailableException", "A server of the local AWS is down.").answer()
            )

    def __getattr__(self, name: str) -> Any:
        """Let every method of HTTP be handled alike: the base class looks for one function each."""
        if name.startswith("do_"):
            return self.handle_request
        raise AttributeError(name)

    def _route(self) -> None:
        upstreams = self.server.upstreams
        url = urlsplit(self.path)
        target = self.headers.get("X-Amz-Target", "")
        if url.path == HEALTH_PATH:
            self._answer_health()
        elif target == START_EXECUTION:
            self._start_execution(upstreams["ministack"])
        elif target.startswith("RedshiftData."):
            self._relay_to_redshift()
        elif DURABLE_STOP.fullmatch(url.path) and self.command == "POST":
            self._stop_execution(upstreams["runner"])
        elif DURABLE_API.match(url.path):
            self.relay(upstreams["runner"], self.path)
        elif listed := DURABLE_LIST.fullmatch(url.path):
            # The runner knows executions by the function's bare name.
            name, _ = split_function(unquote(listed[2]))
            self.relay(upstreams["runner"], f"{listed[1]}{quote(name)}{listed[3]}?{url.query}")
        elif (invoked := INVOKE.fullmatch(url.path)) and self.command == "POST":
            self._invoke(unquote(invoked[1]), url.query)
        else:
            self.relay(upstreams["ministack"], self.path)

    def _answer_health(self) -> None:
        body = json.dumps({"stack_id": self.server.stack_id}).encode()
        self.send_answer(Answer(200, {"Content-Type": "application/json"}, body))

    def _relay_to_redshift(self) -> None:
        redshift = self.server.upstreams.get("redshift")
        if redshift is None:
            raise Refused(503, "ServiceUnavailableException", "This stack has no local Redshift Data API.")
        self.relay(redshift, self.path)

    def _stop_execution(self, runner: Upstream) -> None:
        # Lambda's model sends the error as the body itself; the runner looks for it under a name.
        body = self.read_body()
        wrapped = b'{"Error": %b}' % body if body.strip() else b""
        headers = {"Content-Type": "application/json"}
        self.send_answer(runner.call("POST", self.path, headers, wrapped))

    def _start_execution(self, ministack: Upstream) -> None:
        body = self.read_body()
        headers = self.request_headers()
        answer = ministack.call(self.command, self.path, headers, body)

        def describe(arn: str) -> Answer:
            changed = {name: value for name, value in headers.items() if name.lower() != "content-length"}
            changed["X-Amz-Target"] = "AWSStepFunctions.DescribeExecution"
            return ministack.call("POST", "/", changed, json.dumps({"executionArn": arn}).encode())

        self.send_answer(existing_execution(answer, body, describe))

    def _invoke(self, reference: str, query: str) -> None:
        ministack = self.server.upstreams["ministack"]
        dry = self.headers.get("X-Amz-Invocation-Type") == "DryRun"
        name, qualifier = split_function(reference, parse_qs(query).get("Qualifier", [None])[0])
        function = None
        if not dry and not self.headers.get(HANDLER_INVOCATION):
            authorization = self.headers.get("Authorization", "")
            function = self.server.starts.find_durable(name, qualifier, authorization)
        if function is None:
            self.relay(ministack, self.path)
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.send_answer(self.server.starts.invoke(function, qualifier, headers, self.read_body()))


def main() -> None:
    """Serve until a signal ends the process."""
    parser = argparse.ArgumentParser(prog="gateway")
    port = partial(parser.add_argument, type=int)
    port("--port", required=True)
    port("--ministack-port", required=True)
    port("--runner-port", required=True)
    port("--redshift-port")
    parser.add_argument("--stack-id", required=True)
    args = parser.parse_args()
    ports = {"ministack": args.ministack_port, "runner": args.runner_port, "redshift": args.redshift_port}
    upstreams = {name: Upstream(name, LOOPBACK, number) for name, number in ports.items() if number}
    with Gateway(args.port, upstreams, args.stack_id) as gateway:
        gateway.serve_forever()


if __name__ == "__main__":
    main()
