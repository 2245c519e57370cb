"""When a source is read again: at once, after a rest, or when it might be there again."""

import logging
import time

import pytest

from querywatch.service.reader import RETRY_SECONDS, SourceReader
from querywatch.sources.base import SourceUnavailableError

_SLOW_SECONDS = 0.02


def read_slowly() -> str:
    time.sleep(_SLOW_SECONDS)
    return "read"


def test_what_takes_long_rests_for_its_share_of_the_time() -> None:
    """Its state stays up meanwhile: it is not lost, it is not its turn."""
    reader = SourceReader("main")
    assert reader.read("history", read_slowly, 100.0, busy_ratio=0.01) == "read"
    assert reader.read("history", read_slowly, 100.0 + 0.9 * _SLOW_SECONDS / 0.01, busy_ratio=0.01) is None
    state = reader.find("history")
    assert state is not None
    assert (state.up, state.last_read_at) == (True, 100.0)
    assert reader.read("history", read_slowly, 200.0, busy_ratio=0.01) == "read"
    reader.retry_all()
    assert reader.read("history", read_slowly, 200.0, busy_ratio=0.01) == "read"


def test_it_rests_for_what_the_server_spent_not_for_what_is_done_with_the_rows() -> None:
    """A server's record that is cheap to read is read often, though there is much to work out from it."""
    spent_seconds = 0.0

    def read_cheaply() -> str:
        nonlocal spent_seconds
        read_slowly()
        spent_seconds += 0.006
        return "read"

    reader = SourceReader("main")
    for now, expected in ((100.0, "read"), (102.9, None), (106.1, "read")):
        found = reader.read("history", read_cheaply, now, busy_ratio=0.001, spent=lambda: spent_seconds)
        assert found == expected


def test_what_is_quick_or_unbounded_never_rests() -> None:
    reader = SourceReader("main")
    for _ in range(2):
        assert reader.read("prepared", lambda: "read", 100.0, busy_ratio=1e-9) == "read"
        assert reader.read("sessions", read_slowly, 100.0) == "read"


def test_what_never_was_switched_on_is_no_news(caplog: pytest.LogCaptureFixture) -> None:
    """A fleet's log would begin with ten such lines a server; a missing privilege, and a source that goes, are news."""
    caplog.set_level(logging.INFO)
    reader = SourceReader("main")

    def fail(reason: str) -> None:
        raise SourceUnavailableError("none", reason=reason, advice="do this")

    reader.read("history", lambda: fail("consumer-off"), 0.0)
    assert caplog.messages == []
    reader.read("processlist", lambda: fail("privilege"), 0.0)
    reader.read("digests", lambda: "read", 0.0)
    reader.read("digests", lambda: fail("consumer-off"), 1.0)
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("INFO", "main: source processlist is not available (privilege): do this"),
        ("WARNING", "main: source digests is not available (consumer-off): do this"),
    ]


def test_a_failure_that_took_long_rests_too() -> None:
    """A log that is too large to be read is not read through again every minute to find that out."""

    def fail() -> None:
        read_slowly()
        raise SourceUnavailableError("too large", reason="slow-log-large", advice="")

    reader = SourceReader("main")
    busy_ratio = _SLOW_SECONDS / (3 * RETRY_SECONDS)
    reader.read("slow_log", fail, 100.0, busy_ratio=busy_ratio)
    assert reader.read("slow_log", lambda: "read", 100.0 + 2 * RETRY_SECONDS, busy_ratio=busy_ratio) is None
    assert reader.read("slow_log", lambda: "read", 100.0 + 9 * RETRY_SECONDS, busy_ratio=busy_ratio) == "read"
