"""The server's condition: restarts are noticed, and the office's clock is the server's unless told otherwise."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from querywatch.counters import ServerStatus
from querywatch.model import Flavour, ServerInfo
from querywatch.service.condition import Condition

_STATUS = ServerStatus(
    uptime_seconds=1_000,
    threads_running=1,
    threads_connected=2,
    max_connections=100,
    questions=10,
    performance_schema=True,
    userstat=None,
    ansi_quotes=False,
    no_backslash_escapes=False,
    max_digest_bytes=1024,
)
_MONDAY = 1_795_392_000.0  # 2026-11-23 00:00 UTC


def test_a_shorter_uptime_or_a_lower_number_is_a_restart():
    """Nothing is a restart at the first sight, nor while both grow."""
    condition = Condition()
    assert not condition.note(_STATUS, 7)
    assert not condition.note(replace(_STATUS, uptime_seconds=1_010), 7)
    assert condition.note(replace(_STATUS, uptime_seconds=3), 8)
    assert condition.note(None, 2)
    assert condition.status is not None


def test_another_version_that_was_up_all_along_is_another_server():
    """An upgrade begins after the last sight of the old version, and is a restart."""
    older = ServerInfo(name="a", flavour=Flavour.MARIADB, version=(10, 5, 9))
    newer = replace(older, version=(10, 11, 2))
    condition, upgraded = Condition(), Condition()
    for each in (condition, upgraded):
        assert not each.finds_another(older, _STATUS, _MONDAY)
        assert not each.finds_another(older, replace(_STATUS, uptime_seconds=1_010), _MONDAY + 10)
    assert not condition.finds_another(newer, None, _MONDAY + 60)
    assert condition.finds_another(newer, replace(_STATUS, uptime_seconds=60), _MONDAY + 70)
    assert not condition.finds_another(newer, replace(_STATUS, uptime_seconds=70), _MONDAY + 80)
    assert not upgraded.finds_another(newer, replace(_STATUS, uptime_seconds=30), _MONDAY + 70)


def test_the_servers_clock_is_the_offices():
    """Its offset from UTC moves the hour and, near midnight, the day."""
    condition = Condition()
    assert condition.find_minute_of_week(_MONDAY) is None
    condition.note(replace(_STATUS, utc_offset_minutes=-480), 1)
    assert condition.find_minute_of_week(_MONDAY) == 6 * 1440 + 16 * 60
    condition.note(replace(_STATUS, utc_offset_minutes=0), 1)
    assert condition.find_minute_of_week(_MONDAY) == 0


def test_a_configured_zone_goes_before_the_servers_clock():
    """A server in UTC for an office in Berlin."""
    condition = Condition(ZoneInfo("Europe/Berlin"))
    condition.note(replace(_STATUS, utc_offset_minutes=0), 1)
    assert condition.find_minute_of_week(_MONDAY) == 60
