"""A network between the functions and the Data API: a TCP relay on loopback, slow or cut on purpose."""

import contextlib
import re
import selectors
import socket
import threading
import time

LOOPBACK = "127.0.0.1"
PIECE_BYTES = 65_536
TARGET = re.compile(rb"X-Amz-Target: \w+\.(\w+)", re.IGNORECASE)


class Network:
    """Relays connections to a port, in threads of its own.

    Attributes:
        delay_seconds: how long each piece is on its way, in either direction.
        is_cut: whether connections break, the open ones and new ones.
    """

    def __init__(self) -> None:
        self.delay_seconds = 0.0
        self.is_cut = False
        self._asking: dict[socket.socket, bytes] = {}
        self._target: int | None = None
        self._listener = socket.create_server((LOOPBACK, 0), backlog=256)
        self._closed = threading.Event()
        threading.Thread(target=self._accept, name="network", daemon=True).start()

    @property
    def url(self) -> str:
        """The address that leads to the Data API."""
        return f"http://{LOOPBACK}:{self._listener.getsockname()[1]}"

    def lead_to(self, port: int) -> None:
        """Relay to this port from now on."""
        self._target = port

    def is_asking(self, operation: str, part: str) -> bool:
        """Tell whether somebody waits for the answer to a request of an operation that has a part."""
        return any(
            found[1] == operation.encode() and part.encode() in request
            for request in tuple(self._asking.values())
            if (found := TARGET.search(request))
        )

    def close(self) -> None:
        """Stop listening, and break what is open."""
        self._closed.set()
        self._listener.close()

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._relay, args=(client,), daemon=True).start()

    def _relay(self, client: socket.socket) -> None:
        with client:
            if self.is_cut or self._target is None:
                return
            with (
                contextlib.suppress(OSError),
                socket.create_connection((LOOPBACK, self._target)) as server,
            ):
                try:
                    self._pass_on(client, server)
                finally:
                    self._asking.pop(client, None)

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        with selectors.DefaultSelector() as ready:
            ready.register(client, selectors.EVENT_READ, server)
            ready.register(server, selectors.EVENT_READ, client)
            while not self._closed.is_set():
                for key, _ in ready.select(timeout=0.05):
                    piece = key.fileobj.recv(PIECE_BYTES)  # type: ignore[union-attr]
                    if not piece:
                        return
                    if key.fileobj is client:
                        begins = TARGET.search(piece) is not None
                        self._asking[client] = piece if begins else self._asking.get(client, b"") + piece
                    else:
                        self._asking.pop(client, None)
                    time.sleep(self.delay_seconds)
                    key.data.sendall(piece)
                if self.is_cut:
                    return
