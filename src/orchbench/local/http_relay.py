"""The HTTP side of the gateway: read a request within bounds, pass it to a server, pass the answer back.

It knows nothing of AWS. Bodies stream through unless a route needs to read them; none is ever logged. Each
request has its own connection to the server behind: on loopback that costs a tenth of a millisecond, and a
kept connection that the server closes at the wrong moment would cost a failed or a doubled request.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse
from http.server import BaseHTTPRequestHandler

LARGEST_BODY_BYTES = 256 * 1024 * 1024
LARGEST_READ_BODY_BYTES = 8 * 1024 * 1024
PIECE_BYTES = 64 * 1024
# Longer than the longest synchronous invocation, 900 s.
ANSWER_TIMEOUT_SECONDS = 960
IDLE_TIMEOUT_SECONDS = 120
ONE_CONNECTION_ONLY = {
    "connection",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}


class BodyTooLarge(Exception):
    """A request's body is larger than the gateway takes."""


@dataclass(frozen=True)
class Answer:
    """A whole answer: status, headers and body."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Upstream:
    """A server behind the gateway."""

    name: str
    host: str
    port: int

    def connect(self) -> HTTPConnection:
        """Return a connection that is not open yet."""
        return HTTPConnection(self.host, self.port, timeout=ANSWER_TIMEOUT_SECONDS)

    def call(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """Send a request whose body and answer fit in memory."""
        connection = self.connect()
        try:
            connection.request(method, path, body or None, dict(headers))
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()


class RelayHandler(BaseHTTPRequestHandler):
    """Reads requests and writes answers; a subclass says what is done between."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_TIMEOUT_SECONDS
    # Answers are small and written in pieces: waiting to fill a packet would delay each by 40 ms.
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Log nothing: the servers behind keep logs, and paths can carry what a user named."""

    def handle_expect_100(self) -> bool:
        """Let the client send its body now; unflushed, this would make each upload wait a second."""
        go_on = super().handle_expect_100()
        self.wfile.flush()
        return go_on

    def pieces(self) -> Iterator[bytes]:
        """Yield the request's body.

        Raises:
            BodyTooLarge: If there is more than the gateway takes.
        """
        received = 0
        source = self._chunks() if self._is_chunked() else self._counted()
        for piece in source:
            received += len(piece)
            if received > LARGEST_BODY_BYTES:
                raise BodyTooLarge
            yield piece

    def _is_chunked(self) -> bool:
        return "chunked" in self.headers.get("Transfer-Encoding", "").lower()

    def _counted(self) -> Iterator[bytes]:
        left = int(self.headers.get("Content-Length") or 0)
        if left > LARGEST_BODY_BYTES:
            raise BodyTooLarge
        while left > 0:
            piece = self.rfile.read(min(left, PIECE_BYTES))
            if not piece:
                raise ConnectionResetError("the client closed the connection within a body")
            left -= len(piece)
            yield piece

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(100).partition(b";")[0], 16):
            if size > LARGEST_BODY_BYTES:
                raise BodyTooLarge
            yield self.rfile.read(size)
            self.rfile.readline(100)
        while self.rfile.readline(8192).strip():
            continue

    def read_body(self) -> bytes:
        """Return a body that a route needs to see as a whole.

        Raises:
            BodyTooLarge: If it is larger than any of AWS's limits for such a call.
        """
        body = bytearray()
        for piece in self.pieces():
            body += piece
            if len(body) > LARGEST_READ_BODY_BYTES:
                raise BodyTooLarge
        return bytes(body)

    def request_headers(self) -> dict[str, str]:
        """Return the client's headers without those that are about its connection."""
        return {
            name: value for name, value in self.headers.items() if name.lower() not in ONE_CONNECTION_ONLY
        }

    def send_answer(self, answer: Answer) -> None:
        """Write a whole answer."""
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in ONE_CONNECTION_ONLY | {"content-length", "date", "server"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def relay(self, upstream: Upstream, path: str) -> None:
        """Pass the request on and its answer back, both piece by piece.

        Raises:
            BodyTooLarge: If the request says so before it is read.
            OSError: If the server does not answer; nothing was sent to the client then.
        """
        if int(self.headers.get("Content-Length") or 0) > LARGEST_BODY_BYTES:
            raise BodyTooLarge
        connection = upstream.connect()
        try:
            response = self._pass_on(connection, path)
            self._pass_back(response)
        except HTTPException as error:
            raise ConnectionError(f"{upstream.name} did not answer in HTTP") from error
        finally:
            connection.close()

    def _pass_on(self, connection: HTTPConnection, path: str) -> HTTPResponse:
        connection.putrequest(self.command, path, skip_accept_encoding=True)
        for name, value in self.request_headers().items():
            connection.putheader(name, value)
        chunked = self._is_chunked()
        if chunked:
            connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders()
        for piece in self.pieces():
            connection.send(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        if chunked:
            connection.send(b"0\r\n\r\n")
        return connection.getresponse()

    def _pass_back(self, response: HTTPResponse) -> None:
        self.send_response_only(response.status)
        for name, value in response.getheaders():
            if name.lower() not in ONE_CONNECTION_ONLY:
                self.send_header(name, value)
        bodiless = self.command == "HEAD" or response.status in (204, 304)
        chunked = not bodiless and response.getheader("Content-Length") is None
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while not bodiless and (piece := response.read(PIECE_BYTES)):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        if chunked:
            self.wfile.write(b"0\r\n\r\n")
