"""The web's limits: TLS, users, sizes, slow clients, and what another site's page may not ask."""

import contextlib
import socket
import ssl
import time
import urllib.error
import urllib.request
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from server.certificates import make_certificates

from querywatch.config import WebSettings
from querywatch.errors import ConfigError
from querywatch.export import listener
from querywatch.export.api import API_PATHS
from querywatch.export.auth import Guard, PasswordHash, hash_password
from querywatch.export.tls import make_tls_context, renew_certificate
from querywatch.export.web import WebServer

HASH = hash_password("open sesame")


@contextmanager
def serving(guard: Guard | None = None, tls: ssl.SSLContext | None = None) -> Iterator[WebServer]:
    web = WebServer(
        ("127.0.0.1", 0),
        CollectorRegistry(),
        is_alive=lambda: True,
        is_ready=lambda: True,
        guard=guard,
        tls=tls,
    )
    web.start()
    try:
        yield web
    finally:
        web.stop()


def connect(web: WebServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(web.url.rpartition(":")[2])), timeout=5)


def ask(web: WebServer, head: str) -> bytes:
    """All that comes back for these bytes."""
    with connect(web) as client:
        client.sendall(head.encode())
        return client.makefile("rb").read()


def test_all_but_health_asks_for_a_password() -> None:
    with serving(Guard({"office": PasswordHash.parse(HASH)})) as web:
        for path in ("/", "/metrics", "/nothing", *API_PATHS):
            answer = ask(web, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 401 ")
            assert b'WWW-Authenticate: Basic realm="querywatch"' in answer
        for path in ("/healthz", "/readyz"):
            assert ask(web, f"GET {path} HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 200 ")


def write_certificate(directory: Path) -> tuple[Path, Path]:
    """A new one and its key."""
    made = make_certificates("localhost")
    for name, text in (("cert", made.server), ("key", made.key)):
        (directory / name).write_bytes(text)
    return directory / "cert", directory / "key"


def test_it_speaks_tls_with_the_given_certificate_and_nothing_else(tmp_path: Path) -> None:
    made = make_certificates("localhost")
    (tmp_path / "cert").write_bytes(made.server)
    (tmp_path / "key").write_bytes(made.key)
    with serving(tls=make_tls_context(tmp_path / "cert", tmp_path / "key")) as web:
        trusting = ssl.create_default_context(cadata=made.authority.decode())
        url = web.url.replace("127.0.0.1", "localhost")
        assert url.startswith("https://")
        with urllib.request.urlopen(f"{url}/healthz", timeout=5, context=trusting) as answer:  # noqa: S310 - our own
            assert answer.read() == b"ok\n"
        with connect(web) as client:
            client.sendall(b"GET /healthz HTTP/1.1\r\n\r\n")
            with contextlib.suppress(ConnectionResetError):
                assert b"200" not in client.recv(100)


@pytest.fixture
def old_client() -> ssl.SSLContext:
    """One that speaks nothing newer than TLS 1.1, however little it asks of the other."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def test_what_is_older_than_tls_1_2_is_refused(tmp_path: Path, old_client: ssl.SSLContext) -> None:
    """By the server's own word, not for want of a cipher."""
    files = write_certificate(tmp_path)
    with (
        serving(tls=make_tls_context(*files)) as web,
        connect(web) as client,
        pytest.raises(ssl.SSLError, match=r"(?i)protocol.version"),
    ):
        old_client.wrap_socket(client)


def test_a_renewed_certificate_is_shown_to_whoever_comes_next(tmp_path: Path) -> None:
    """Files that are none leave the one that there is."""
    files = write_certificate(tmp_path)
    context = make_tls_context(*files)
    with serving(tls=context) as web:
        port = int(web.url.rpartition(":")[2])
        first = ssl.get_server_certificate(("127.0.0.1", port), timeout=5)
        files[0].write_text("nonsense")
        with pytest.raises(ConfigError, match=r"web\.tls_cert"):
            renew_certificate(context, *files)
        assert ssl.get_server_certificate(("127.0.0.1", port), timeout=5) == first
        renew_certificate(context, *write_certificate(tmp_path))
        assert ssl.get_server_certificate(("127.0.0.1", port), timeout=5) != first


def test_handshakes_that_never_begin_hold_up_no_scrape(tmp_path: Path) -> None:
    """A port scanner connects, says nothing, and stays."""
    with serving(tls=make_tls_context(*write_certificate(tmp_path))) as web, contextlib.ExitStack() as held:
        for _ in range(listener.MOST_CONNECTIONS_OF_ONE - 4):
            held.enter_context(connect(web))
        began = time.monotonic()
        url = web.url.replace("127.0.0.1", "localhost")
        anybody = ssl.create_default_context()
        anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
        with urllib.request.urlopen(f"{url}/healthz", timeout=5, context=anybody) as answer:  # noqa: S310 - our own
            assert answer.read() == b"ok\n"
        assert time.monotonic() - began < listener.SILENCE_SECONDS / 2


def test_files_that_are_no_certificate_are_a_configuration_error_that_names_the_settings(
    tmp_path: Path,
) -> None:
    (tmp_path / "cert").write_text("not one")
    for certificate in ("cert", "missing"):
        with pytest.raises(ConfigError, match=r"web\.tls_cert"):
            make_tls_context(tmp_path / certificate, tmp_path / "cert")


def test_more_headers_than_anybody_needs_are_refused() -> None:
    with serving() as web:
        head = "GET / HTTP/1.1\r\n" + "".join(f"X-{n}: {'x' * 1000}\r\n" for n in range(30))
        with connect(web) as client:
            client.sendall(head.encode())
            assert client.recv(100).startswith(b"HTTP/1.1 431 ")


def test_slow_clients_are_cut_off_and_hold_up_no_scrape(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "CONNECTION_SECONDS", 1.5)
    with serving() as web:
        slow = [connect(web) for _ in range(12)]
        for client in slow:
            client.sendall(b"GET / HT")
        started = time.monotonic()
        assert ask(web, "GET /metrics HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 200 ")
        assert time.monotonic() - started < 1.0
        for client in slow:
            client.sendall(b"TP")  # still at it, so that silence alone would never end it
            assert client.recv(10) == b""
            client.close()


def test_one_address_gets_so_many_connections_at_once_and_then_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "MOST_CONNECTIONS_OF_ONE", 3)
    with serving() as web:
        held = [connect(web) for _ in range(3)]
        time.sleep(0.2)
        with connect(web) as refused:
            assert refused.recv(10) == b""
        for client in held:
            client.close()
        time.sleep(0.3)
        assert ask(web, "GET /healthz HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1:10104", 200), ("localhost:1", 200), ("[::1]:1", 200), ("evil.example:10104", 421)],
)
def test_a_foreign_name_for_this_machine_gets_no_page(host: str, status: int) -> None:
    with serving() as web:
        assert ask(web, f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").split()[1] == str(status).encode()


FILES = {"tls_cert": "/c", "tls_key": "/k"}


@pytest.mark.parametrize("listen", ["0.0.0.0:1", "[::]:1", "192.168.1.2:1", "office.example:1"])
def test_other_machines_are_let_in_with_tls_and_users_or_when_told_so(listen: str) -> None:
    for too_little in ({}, FILES, {"users": {"office": HASH}}):
        with pytest.raises(ValueError, match="other machines reach it"):
            WebSettings.model_validate({"listen": listen, **too_little})
    WebSettings.model_validate({"listen": listen, "users": {"office": HASH}, **FILES})
    WebSettings.model_validate({"listen": listen, "allow_unprotected": True})


def test_half_a_protection_is_refused_and_no_hash_is_shown() -> None:
    with pytest.raises(ValueError, match="only one of tls_cert and tls_key"):
        WebSettings.model_validate({"tls_cert": "/c"})
    with pytest.raises(ValueError, match="hash-password") as caught:
        WebSettings.model_validate({"users": {"office": "in the clear"}})
    assert "in the clear" not in str(caught.value)
    assert HASH not in repr(WebSettings.model_validate({"users": {"office": HASH}}))
