"""Takes connections and answers one GET or HEAD on each, within limits: size, number, time."""

import io
import logging
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import LineTooLong
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from querywatch.export.page import STYLE_SOURCE

log = logging.getLogger(__name__)

# From the first byte to the last: who reads or writes more slowly is cut off.
CONNECTION_SECONDS = 20.0
SILENCE_SECONDS = 10.0
MOST_CONNECTIONS = 64
# One address that hangs on to all it gets leaves enough for the scrape of another.
MOST_CONNECTIONS_OF_ONE = 24
MOST_HEADER_BYTES = 16_384
_TICK_SECONDS = 0.5
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src {STYLE_SOURCE}; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What an answer may depend on."""

    path: str  # without what stands behind a '?'
    host: str
    accept: str
    authorization: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a request gets."""

    status: HTTPStatus
    content_type: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Open:
    connection: socket.socket
    client: str
    until: float


class Listener(ThreadingHTTPServer):
    """The port, and a thread for each connection that the limits let in."""

    daemon_threads = True
    request_queue_size = MOST_CONNECTIONS

    def __init__(
        self, address: tuple[str, int], respond: Callable[[Request], Answer], tls: ssl.SSLContext | None
    ) -> None:
        """Binds the address; raises OSError or UnicodeError."""
        self.respond = respond
        self._tls = tls
        self._open = dict[int, _Open]()
        self._lock = threading.Lock()
        self.address_family = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)[0][0]
        super().__init__(address, _Handler)

    def serve(self) -> None:
        """Answers until shutdown()."""
        self.serve_forever(_TICK_SECONDS)

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002 - socketserver's signature
        """Whether there is room for one more, and for one more of this client."""
        with self._lock:
            clients = Counter(each.client for each in self._open.values())
        return clients.total() < MOST_CONNECTIONS and clients[client_address[0]] < MOST_CONNECTIONS_OF_ONE

    def process_request(self, request: Any, client_address: Any) -> None:
        """Notes when its time is over, and hands it to a thread."""
        self._note(request, request, client_address)
        super().process_request(request, client_address)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In the connection's own thread: a handshake that never ends holds up nobody else."""
        request.settimeout(SILENCE_SECONDS)
        if self._tls is None:
            super().finish_request(request, client_address)
            return
        with self._tls.wrap_socket(request, server_side=True, do_handshake_on_connect=False) as wrapped:
            self._note(request, wrapped, client_address)
            wrapped.do_handshake()
            super().finish_request(wrapped, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forgets the connection and closes it."""
        with self._lock:
            self._open.pop(id(request), None)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """Cuts off whose time is over."""
        now = time.monotonic()
        with self._lock:
            late = [each for each in self._open.values() if each.until < now]
            for each in late:
                try:
                    # Not TLS's own way, which would wait for an answer.
                    socket.socket.shutdown(each.connection, socket.SHUT_RDWR)
                except OSError:
                    log.debug("a web client was gone before its time was over")

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - socketserver's signature
        """A client that went away in the middle is its own business."""
        log.debug("a web client went away")

    def _note(self, request: socket.socket, connection: socket.socket, client_address: Any) -> None:
        with self._lock:
            known = self._open.get(id(request))
            until = known.until if known else time.monotonic() + CONNECTION_SECONDS
            self._open[id(request)] = _Open(connection=connection, client=client_address[0], until=until)


class _HeaderReader(io.BufferedIOBase):
    """The client's bytes, as many as headers may have."""

    def __init__(self, stream: io.BufferedIOBase) -> None:
        self._stream = stream
        self._left = MOST_HEADER_BYTES

    def readline(self, size: int | None = -1, /) -> bytes:
        line = self._stream.readline(size)
        self._left -= len(line)
        if self._left < 0:
            raise LineTooLong("headers")
        return line

    def close(self) -> None:
        self._stream.close()
        super().close()


class _Handler(BaseHTTPRequestHandler):
    server: Listener
    protocol_version = "HTTP/1.1"
    server_version = "querywatch"
    sys_version = ""

    def parse_request(self) -> bool:
        self.rfile = _HeaderReader(self.rfile)
        return super().parse_request()

    def do_GET(self) -> None:
        # One answer a connection: an idle one would be cut off before the next scrape.
        self.close_connection = True
        answer = self.server.respond(
            Request(
                path=self.path.partition("?")[0],
                host=self.headers.get("Host", ""),
                accept=self.headers.get("Accept", ""),
                authorization=self.headers.get("Authorization", ""),
            )
        )
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Connection", "close")
        for name, value in (_HEADERS | answer.headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    do_HEAD = do_GET  # noqa: N815 - http.server's name

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's signature
        """Requests are not logged: a scrape every few seconds is no change of state."""
