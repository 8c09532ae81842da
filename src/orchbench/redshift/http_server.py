"""The way in over HTTP, for clients of other processes: loopback only, HTTP/1.1 with keep-alive.

`POST /` is the Data API, `GET /health` says that it is there, `GET /calls` counts the calls of each operation
so far, `GET /warnings` tells which of their SQL Redshift may not take, and `PUT /faults` replaces the fault
rules by the JSON array in its body.
"""

import io
import json
import logging
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from orchbench.redshift.dialect_watch import DialectWatch
from orchbench.redshift.endpoint import Disconnected, Endpoint, HttpAnswer
from orchbench.redshift.errors import ServiceError
from orchbench.redshift.faults import FaultPlan, FaultRule

log = logging.getLogger(__name__)

# 40 statements of 200 KB, with room for JSON's escapes.
MAX_BODY_BYTES = 16 * 1024 * 1024
# A kept-alive connection may rest this long; a request that has begun must have arrived in the shorter time.
IDLE_SECONDS = 300.0
READ_SECONDS = 20.0
# Each holds a thread and, while its request is read, a body.
MOST_CONNECTIONS = 1000


class _TimedReader(io.RawIOBase):
    """What a connection sends: a request is given its time as a whole, however slowly its bytes drip."""

    def __init__(self, connection: socket.socket, read_seconds: float) -> None:
        self._connection = connection
        self._read_seconds = read_seconds
        self._deadline: float | None = None

    def rest(self) -> None:
        """Wait for the next request, which has not begun."""
        self._deadline = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._deadline is None:
            self._connection.settimeout(IDLE_SECONDS)
            count = self._connection.recv_into(buffer)
            self._deadline = time.monotonic() + self._read_seconds
        else:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("the request did not arrive in time")
            self._connection.settimeout(left)
            count = self._connection.recv_into(buffer)
        # What is sent back has its own time, as a client may also read slowly.
        self._connection.settimeout(self._read_seconds)
        return count


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "orchbench"
    sys_version = ""
    # One packet an answer: Nagle's algorithm would hold a second one back for 40 ms.
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS
    server: "DataApiServer"

    def setup(self) -> None:
        super().setup()
        self.rfile.close()
        self._incoming = _TimedReader(self.connection, self.server.read_seconds)
        self.rfile = io.BufferedReader(self._incoming)

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            return
        try:
            answer = self.server.endpoint.answer(self.headers.get("X-Amz-Target", ""), body)
        except Disconnected:
            self._reset()
            return
        self._send(answer)

    def do_GET(self) -> None:
        if self.path == "/health":
            self._send_json(200, {"status": "ok"})
        elif self.path == "/calls":
            self._send_json(200, self.server.endpoint.counts.to_json())
        elif self.path == "/warnings":
            self._send_json(200, self.server.watch.warnings())
        else:
            known = "GET /health, GET /calls or GET /warnings"
            self._send_json(404, {"message": f"There is no {self.path}; use {known}."})

    def do_PUT(self) -> None:
        body = self._body()
        if body is None:
            return
        if self.path != "/faults":
            self._send_json(404, {"message": f"There is no {self.path}; use PUT /faults."})
            return
        try:
            rules = _array(json.loads(body))
            self.server.plan.replace([FaultRule.from_json(rule) for rule in rules])
        except (ValueError, RecursionError) as error:
            self._send_json(400, {"message": f"The body must be a JSON array of fault rules: {error}."})
        else:
            self._send_json(200, {"rules": len(rules)})

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
        log.debug(format, *args)

    def _body(self) -> bytes | None:
        """Read the body, or answer why not and return None."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            self._refuse(ServiceError("SerializationException", "A Content-Length is required."))
            return None
        if len(length) > 10 or int(length) > MAX_BODY_BYTES:
            message = f"The body is larger than {MAX_BODY_BYTES} bytes."
            self._refuse(ServiceError("RequestEntityTooLarge", message, http_status=413))
            return None
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.close_connection = True
            return None
        return body

    def _refuse(self, error: ServiceError) -> None:
        """Answer with an error and close, as the unread body makes the connection useless."""
        self.close_connection = True
        self._send(self.server.endpoint.failure(error))

    def _send_json(self, status: int, content: Any) -> None:
        self._send(HttpAnswer(status, {"Content-Type": "application/json"}, json.dumps(content).encode()))

    def _send(self, answer: HttpAnswer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)
        self.wfile.flush()
        self._incoming.rest()

    def _reset(self) -> None:
        # SO_LINGER of zero seconds makes close() send a reset instead of an orderly end.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self.close_connection = True


class DataApiServer(ThreadingHTTPServer):
    """Serve an endpoint on 127.0.0.1.

    Args:
        endpoint: the Data API.
        plan: the fault rules that `PUT /faults` replaces; the endpoint's own.
        port: 0 for a free one.
        read_seconds: what a request may take to arrive as a whole.
        most_connections: how many are served at once; one more is closed at once.
        watch: whose warnings `GET /warnings` answers; the service's own.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def __init__(
        self,
        endpoint: Endpoint,
        plan: FaultPlan,
        *,
        port: int = 0,
        read_seconds: float = READ_SECONDS,
        most_connections: int = MOST_CONNECTIONS,
        watch: DialectWatch | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.watch = watch or DialectWatch()
        self.plan = plan
        self.read_seconds = read_seconds
        self._thread: threading.Thread | None = None
        self._places = threading.BoundedSemaphore(most_connections)
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        """The address for `endpoint_url`."""
        return f"http://127.0.0.1:{self.server_port}"

    def start(self) -> None:
        """Serve in a thread."""
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), name="data-api", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening. Calls that wait are cut off."""
        if self._thread is not None:
            self.shutdown()
            self._thread.join()
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own, or close it where there are too many."""
        if not self._places.acquire(blocking=False):
            log.warning("a connection is closed unanswered: too many are open")
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._places.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection to its end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  the base class's
        """Note a client that went away."""
        log.debug("connection from %s ended", client_address, exc_info=True)


def _array(content: Any) -> list[Any]:
    if not isinstance(content, list):
        raise ValueError("it is not an array")  # noqa: TRY004 - a wrong value from outside, not a wrong call
    return content
