"""Log lines: a traceback shows types and frames, and journald gets its priorities."""

import logging
import socket
import sys
from pathlib import Path

import pytest

from querywatch.errors import ConfigError, ServerError
from querywatch.service.logs import JournalFormatter, SafeFormatter, set_up_logging
from querywatch.service.notify import Notifier

CANARY = "Mary Canary 555-0199"


def quote() -> None:
    raise ValueError(f"syntax near '{CANARY}'")


def fail() -> None:
    try:
        quote()
    except ValueError as error:
        raise ServerError("main: a statement failed", reason="other") from error


def record(level: int = logging.ERROR) -> logging.LogRecord:
    try:
        fail()
    except ServerError:
        return logging.LogRecord("x", level, __file__, 1, "a cycle failed", None, sys.exc_info())
    raise AssertionError


def test_a_traceback_shows_types_and_frames_and_no_foreign_text() -> None:
    text = SafeFormatter("%(message)s").format(record())
    assert CANARY not in text
    assert "ValueError" in text
    assert "ServerError: main: a statement failed" in text
    assert " in fail" in text


def test_every_line_for_journald_carries_its_priority() -> None:
    text = JournalFormatter("%(message)s").format(record(logging.WARNING))
    assert all(line.startswith("<4>") for line in text.splitlines())
    assert len(text.splitlines()) > 3


def test_the_libraries_that_quote_sql_are_silent(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging(level=logging.DEBUG, environment={})
    try:
        logging.getLogger("sqlglot").error("contains unsupported syntax: %s", CANARY)
        logging.getLogger("pymysql").critical(CANARY)
        logging.getLogger("querywatch").warning("a line")
    finally:
        logging.basicConfig(handlers=[], force=True)
    written = capsys.readouterr().err
    assert CANARY not in written
    assert "a line" in written


def test_own_errors_may_speak() -> None:
    error = ConfigError("servers[0].name is missing")
    assert "is missing" in SafeFormatter("%(message)s").formatException((ConfigError, error, None))


def test_systemd_hears_every_state(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        notifier = Notifier({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "30000000"})
        assert notifier.watchdog_seconds == 30.0
        notifier.ready("watching")
        assert manager.recv(1024) == b"READY=1\nSTATUS=watching"
        notifier.reloading()
        lines = manager.recv(1024).decode().split("\n")
        assert lines[0] == "RELOADING=1"
        assert lines[1].startswith("MONOTONIC_USEC=")
        notifier.alive()
        notifier.stopping()
        assert [manager.recv(1024), manager.recv(1024)] == [b"WATCHDOG=1", b"STOPPING=1"]


def test_without_systemd_nothing_is_sent_and_nothing_fails() -> None:
    Notifier({}).ready("watching")
    Notifier({"NOTIFY_SOCKET": "/nonexistent/notify"}).alive()
    assert Notifier({}).watchdog_seconds is None
