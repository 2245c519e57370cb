"""The web server: what it answers, what it refuses, and that it gives the port back."""

import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest
from prometheus_client import CollectorRegistry, Gauge

from querywatch.errors import ConfigError
from querywatch.export.web import WebServer

STATES = {"ready": False}


@pytest.fixture
def web() -> Iterator[WebServer]:
    registry = CollectorRegistry()
    Gauge("thing", "A thing.", registry=registry).set(7)
    STATES["ready"] = False
    server = WebServer(("127.0.0.1", 0), registry, is_alive=lambda: True, is_ready=lambda: STATES["ready"])
    server.start()
    yield server
    server.stop()


def get(url: str) -> tuple[int, str, str]:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own server
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read().decode()


def test_metrics_are_served_in_the_text_format(web: WebServer) -> None:
    status, content_type, body = get(f"{web.url}/metrics")
    assert status == 200
    assert content_type.startswith("text/plain; version=")
    assert "thing 7.0" in body


def test_readiness_is_told_apart_from_life(web: WebServer) -> None:
    assert get(f"{web.url}/healthz")[0] == 200
    assert get(f"{web.url}/readyz")[0] == 503
    STATES["ready"] = True
    assert get(f"{web.url}/readyz")[0] == 200


def test_the_landing_page_names_the_others(web: WebServer) -> None:
    status, content_type, body = get(web.url + "/")
    assert (status, content_type) == (200, "text/html; charset=utf-8")
    for path in ("/metrics", "/healthz", "/readyz"):
        assert f'href="{path}"' in body


def test_anything_else_is_refused(web: WebServer) -> None:
    assert get(f"{web.url}/etc/passwd")[0] == 404
    connection = HTTPConnection(*web.url.removeprefix("http://").split(":"), timeout=5)
    for method in ("POST", "PUT", "DELETE"):
        connection.request(method, "/metrics")
        answer = connection.getresponse()
        assert answer.status == 501
        answer.read()
        connection.close()


def test_head_has_no_body_and_every_answer_its_security_headers(web: WebServer) -> None:
    connection = HTTPConnection(*web.url.removeprefix("http://").split(":"), timeout=5)
    connection.request("HEAD", "/")
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    connection.close()


def test_a_taken_port_is_a_configuration_error_that_names_the_setting() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ConfigError, match=r"web\.listen"):
            WebServer(
                taken.getsockname(), CollectorRegistry(), is_alive=lambda: True, is_ready=lambda: True
            ).stop()


def test_the_port_is_free_again_after_the_stop() -> None:
    server = WebServer(("127.0.0.1", 0), CollectorRegistry(), is_alive=lambda: True, is_ready=lambda: True)
    server.start()
    port = int(server.url.rpartition(":")[2])
    server.stop()
    again = WebServer(("127.0.0.1", port), CollectorRegistry(), is_alive=lambda: True, is_ready=lambda: True)
    again.stop()
