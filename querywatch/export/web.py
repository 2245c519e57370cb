"""Serves /metrics, health, the status page and /api/v1; answers GET and HEAD only, touches no server."""

import ipaddress
import logging
import socket
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from querywatch import __version__
from querywatch.errors import ConfigError
from querywatch.export.api import API_PATHS, render_api
from querywatch.export.page import STYLE_SOURCE, render_page
from querywatch.snapshot import Snapshot

log = logging.getLogger(__name__)

REQUEST_TIMEOUT_SECONDS = 10.0
_PLAIN = "text/plain; charset=utf-8"
_LANDING = f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>querywatch</title></head>
<body>
<h1>querywatch {__version__}</h1>
<p>Watches, read-only, what other companies' software does to this office's database.</p>
<ul>
<li><a href="/metrics">/metrics</a>: for Prometheus</li>
<li><a href="/healthz">/healthz</a>: the daemon is alive</li>
<li><a href="/readyz">/readyz</a>: it has looked at every server once</li>
</ul>
</body>
</html>
"""
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src {STYLE_SOURCE}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class WebServer:
    """The daemon's web server, in threads of its own."""

    def __init__(
        self,
        address: tuple[str, int],
        registry: CollectorRegistry,
        *,
        is_alive: Callable[[], bool],
        is_ready: Callable[[], bool],
        find_snapshots: Callable[[], tuple[Snapshot, ...]] = tuple,
    ) -> None:
        """Binds the address; raises ConfigError when it cannot be had."""
        self._registry = registry
        self._find_snapshots = find_snapshots
        self._probes = {"/healthz": is_alive, "/readyz": is_ready}
        try:
            self._server = _Listener(address, self)
        except (OSError, UnicodeError) as error:
            host, port = address
            raise ConfigError(
                f"web.listen: {host}:{port} cannot be listened on ({getattr(error, 'strerror', 'no such address')}); "
                "another program may hold it: choose another address or port"
            ) from None
        # Who is connected and what runs is for the office alone: whoever reaches a port that others reach too
        # could read it, for nobody is asked for a password.
        self._is_private = ipaddress.ip_address(str(self._server.server_address[0])).is_loopback
        self._thread = threading.Thread(target=self._server.serve_forever, name="web", daemon=True)

    @property
    def url(self) -> str:
        """Where it is, with the port it really has."""
        host, port = self._server.server_address[:2]
        name = str(host)
        return f"http://{f'[{name}]' if ':' in name else name}:{port}"

    def start(self) -> None:
        """Begins to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stops answering and frees the port."""
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()

    def respond(self, path: str, accept: str) -> tuple[HTTPStatus, str, bytes]:
        """(status, content type, body) of a GET."""
        if path == "/metrics":
            encode, content_type = choose_encoder(accept)
            return HTTPStatus.OK, content_type, encode(self._registry)
        if path == "/":
            page = render_page(self._find_snapshots(), time.time()) if self._is_private else _LANDING.encode()
            return HTTPStatus.OK, "text/html; charset=utf-8", page
        if path in API_PATHS:
            return self._respond_api(path)
        probe = self._probes.get(path)
        if probe is None:
            return HTTPStatus.NOT_FOUND, _PLAIN, b"not found\n"
        if probe():
            return HTTPStatus.OK, _PLAIN, b"ok\n"
        return HTTPStatus.SERVICE_UNAVAILABLE, _PLAIN, b"not yet\n"

    def _respond_api(self, path: str) -> tuple[HTTPStatus, str, bytes]:
        if not self._is_private:
            return HTTPStatus.FORBIDDEN, _PLAIN, b"served only where web.listen is a loopback address\n"
        return HTTPStatus.OK, "application/json", render_api(path, self._find_snapshots())


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], web: WebServer) -> None:
        self.web = web
        family = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)[0][0]
        self.address_family = family
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - http.server's signature
        """A client that went away in the middle is its own business."""
        log.debug("a web client went away")


class _Handler(BaseHTTPRequestHandler):
    server: _Listener
    protocol_version = "HTTP/1.1"
    server_version = "querywatch"
    sys_version = ""
    timeout = REQUEST_TIMEOUT_SECONDS

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        status, content_type, body = self.server.web.respond(path, self.headers.get("Accept", ""))
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - http.server's name

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's signature
        """Requests are not logged: a scrape every few seconds is no change of state."""
