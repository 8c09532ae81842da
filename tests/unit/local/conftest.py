import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from orchbench.local.gateway import Gateway
from orchbench.local.http_relay import Answer, Upstream


@dataclass(frozen=True)
class Seen:
    """A request that reached a stub."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


def nothing(_seen: Seen) -> Answer:
    return Answer(200, {"Content-Type": "application/json"}, b"{}")


@dataclass
class Stub:
    """A server that answers as it is told and remembers what it was asked."""

    answer: Callable[[Seen], Answer] = nothing
    seen: list[Seen] = field(default_factory=list)
    port: int = 0

    def paths(self) -> list[str]:
        return [request.path for request in self.seen]


@dataclass
class Stubs:
    ministack: Stub = field(default_factory=Stub)
    runner: Stub = field(default_factory=Stub)
    redshift: Stub = field(default_factory=Stub)


def read_body(handler: BaseHTTPRequestHandler) -> bytes:
    if handler.headers.get("Transfer-Encoding") != "chunked":
        return handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
    body = b""
    while size := int(handler.rfile.readline(), 16):
        body += handler.rfile.read(size)
        handler.rfile.readline()
    handler.rfile.readline()
    return body


def serve(stub: Stub) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            seen = Seen(self.command, self.path, dict(self.headers), read_body(self))
            stub.seen.append(seen)
            answer = stub.answer(seen)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = do_PATCH = handle_any  # noqa: N815 - the base class's names

        def log_message(self, *_args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    stub.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    return server


@pytest.fixture
def stubs() -> Iterator[Stubs]:
    made = Stubs()
    servers = [serve(stub) for stub in (made.ministack, made.runner, made.redshift)]
    yield made
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def gateway(stubs: Stubs) -> Iterator[Gateway]:
    upstreams = {
        name: Upstream(name, "127.0.0.1", stub.port)
        for name, stub in (
            ("ministack", stubs.ministack),
            ("runner", stubs.runner),
            ("redshift", stubs.redshift),
        )
    }
    with Gateway(0, upstreams, "stack-1") as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def client(gateway: Gateway) -> Upstream:
    """A caller of the gateway."""
    return Upstream("gateway", "127.0.0.1", gateway.server_address[1])


def as_json(content: Any, status: int = 200) -> Answer:
    return Answer(status, {"Content-Type": "application/json"}, json.dumps(content).encode())
