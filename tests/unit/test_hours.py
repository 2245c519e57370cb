"""Hours of the week are read as people write them, and asked in the office's own clock."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from querywatch.hours import find_minute_of_week, parse_weekly_hours

_DAY = 24 * 60


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("mon-fri 07:00-18:00", [7 * 60, 4 * _DAY + 18 * 60 - 1], [6 * 60 + 59, 18 * 60, 5 * _DAY + 9 * 60]),
        ("sat 8:00-12:00", [5 * _DAY + 8 * 60], [8 * 60, 5 * _DAY + 12 * 60]),
        ("fri-mon 10:00-11:00", [10 * 60, 4 * _DAY + 600, 6 * _DAY + 600], [_DAY + 600]),
        ("22:00-04:00", [0, 23 * 60, 6 * _DAY + 23 * 60, 3 * 60 + 59], [4 * 60, 12 * 60]),
        ("sun 23:00-01:00", [6 * _DAY + 23 * 60, 30], [60, 6 * _DAY + 60]),
        ("00:00-24:00", [0, 3 * _DAY + 777, 7 * _DAY - 1], []),
        ("Mon 07:30-07:31", [7 * 60 + 30.5], [7 * 60 + 31]),
    ],
)
def test_hours_hold_what_they_say(text, inside, outside):
    """The start is inside, the end is not; spans may run past midnight and past the week's end."""
    hours = parse_weekly_hours([text])
    assert all(hours.contains(minute) for minute in inside)
    assert not any(hours.contains(minute) for minute in outside)


@pytest.mark.parametrize(
    "text", ["", "always", "monday 07:00-18:00", "xyz 07:00-18:00", "25:00-26:00", "7-18"]
)
def test_what_is_no_hours_is_refused_with_an_example(text):
    """The message says how to write it."""
    with pytest.raises(ValueError, match=r"write it like|the days are"):
        parse_weekly_hours([text])


def test_daylight_saving_moves_with_the_offices_clock():
    """09:30 in the office is office hours in winter and in summer, though UTC differs."""
    zone = ZoneInfo("America/Los_Angeles")
    hours = parse_weekly_hours(["mon-fri 09:00-10:00"])
    for month in (1, 7):
        moment = datetime(2026, month, 15, 9, 30, tzinfo=zone)
        assert hours.contains(find_minute_of_week(moment.timestamp(), zone))
        assert not hours.contains(find_minute_of_week(moment.timestamp() + 3600, zone))
