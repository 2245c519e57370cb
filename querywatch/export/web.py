"""Serves /metrics, health, the status page and /api/v1; answers GET and HEAD only, touches no server."""

import ipaddress
import ssl
import threading
import time
from collections.abc import Callable
from http import HTTPStatus

from prometheus_client import CollectorRegistry

from querywatch.errors import ConfigError
from querywatch.export.api import API_PATHS, render_api
from querywatch.export.auth import Guard
from querywatch.export.exposition import CONTENT_TYPE, render_families
from querywatch.export.listener import Answer, Listener, Request
from querywatch.export.page import render_page
from querywatch.snapshot import Past, Snapshot

_PLAIN = "text/plain; charset=utf-8"
# What is said instead of what was asked for; the manual has a line on each.
REFUSALS = {
    HTTPStatus.SERVICE_UNAVAILABLE: "not yet",
    HTTPStatus.UNAUTHORIZED: "a name and a password are asked for",
    HTTPStatus.MISDIRECTED_REQUEST: "ask for it by its address or as localhost",
    HTTPStatus.NOT_FOUND: "not found",
}


class WebServer:
    """The daemon's web server, in threads of its own."""

    def __init__(  # noqa: PLR0913 - each is a part of the daemon that it shows
        self,
        address: tuple[str, int],
        registry: CollectorRegistry,
        *,
        is_alive: Callable[[], bool],
        is_ready: Callable[[], bool],
        find_snapshots: Callable[[], tuple[Snapshot, ...]] = tuple,
        find_past: Callable[[str], tuple[Past, ...]] = lambda _: (),
        guard: Guard | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Binds the address; raises ConfigError when it cannot be had."""
        self._registry = registry
        self._find_snapshots = find_snapshots
        self._find_past = find_past
        self._probes = {"/healthz": is_alive, "/readyz": is_ready}
        self._guard = guard or Guard({})
        self._scheme = "https" if tls else "http"
        try:
            self._server = Listener(address, self.respond, tls)
        except (OSError, UnicodeError) as error:
            host, port = address
            raise ConfigError(
                f"web.listen: {host}:{port} cannot be listened on ({getattr(error, 'strerror', 'no such address')}); "
                "another program may hold it: choose another address or port"
            ) from None
        self._is_private = ipaddress.ip_address(str(self._server.server_address[0])).is_loopback
        self._thread = threading.Thread(target=self._server.serve, name="web", daemon=True)

    @property
    def url(self) -> str:
        """Where it is, with the port it really has."""
        host, port = self._server.server_address[:2]
        name = str(host)
        return f"{self._scheme}://{f'[{name}]' if ':' in name else name}:{port}"

    def start(self) -> None:
        """Begins to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stops answering and frees the port."""
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()

    def respond(self, request: Request) -> Answer:
        """The answer to a GET. Health is everybody's to ask; all else is for the configured users."""
        probe = self._probes.get(request.path)
        if probe is not None:
            return _say(HTTPStatus.OK, "ok") if probe() else _refuse(HTTPStatus.SERVICE_UNAVAILABLE)
        if not self._guard.admits(request.authorization):
            challenge = {"WWW-Authenticate": 'Basic realm="querywatch", charset="UTF-8"'}
            return _refuse(HTTPStatus.UNAUTHORIZED, challenge)
        if request.path == "/metrics":
            body = render_families(self._registry.collect())
            return Answer(status=HTTPStatus.OK, content_type=CONTENT_TYPE, body=body)
        return self._show(request)

    def _show(self, request: Request) -> Answer:
        if self._is_private and not _is_local(request.host):
            # A page of anybody's can give its own name this machine's address, and would read what is served here.
            return _refuse(HTTPStatus.MISDIRECTED_REQUEST)
        if request.path in {"/", "/still"}:
            snapshots = self._find_snapshots()
            past = {snapshot.server: self._find_past(snapshot.server) for snapshot in snapshots}
            page = render_page(snapshots, time.time(), past=past, refreshes=request.path == "/")
            return Answer(status=HTTPStatus.OK, content_type="text/html; charset=utf-8", body=page)
        if request.path in API_PATHS:
            body = render_api(request.path, self._find_snapshots(), self._find_past)
            return Answer(status=HTTPStatus.OK, content_type="application/json", body=body)
        return _refuse(HTTPStatus.NOT_FOUND)


def _say(status: HTTPStatus, words: str, headers: dict[str, str] | None = None) -> Answer:
    return Answer(status=status, content_type=_PLAIN, body=f"{words}\n".encode(), headers=headers or {})


def _refuse(status: HTTPStatus, headers: dict[str, str] | None = None) -> Answer:
    return _say(status, REFUSALS[status], headers)


def _is_local(host: str) -> bool:
    """Whether a Host header is an address or localhost, which no foreign page can have for its name."""
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return name in {"localhost", ""}
    return True
