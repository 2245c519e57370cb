"""Hours of the week, in the office's own clock: when it is open, when it is backed up, when a vendor may come."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * _DAY_MINUTES
_ENTRY = re.compile(
    r"(?:(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))? +)?(?P<opens>\d{1,2}:\d\d)-(?P<closes>\d{1,2}:\d\d)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyHours:
    """Spans of the week as (start, end) in minutes since Monday 00:00; the end is not part of it."""

    spans: tuple[tuple[int, int], ...]

    def contains(self, minute_of_week: float) -> bool:
        """Whether the minute, counted from Monday 00:00 of the office's clock, lies in one of the spans."""
        minute = minute_of_week % WEEK_MINUTES
        return any(start <= minute < end for start, end in self.spans)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The office's hours and the clock that they are told by; None where nothing is configured."""

    office_hours: WeeklyHours | None = None
    maintenance: WeeklyHours | None = None
    zone: tzinfo | None = None  # None: the server's own clock


def find_minute_of_week(now: float, zone: tzinfo) -> float:
    """Minutes since Monday 00:00 on the zone's clock."""
    local = datetime.fromtimestamp(now, zone)
    return local.weekday() * _DAY_MINUTES + local.hour * 60 + local.minute + local.second / 60


def parse_weekly_hours(texts: Iterable[str]) -> WeeklyHours:
    """Reads entries like "mon-fri 07:00-18:00", "sat 08:00-12:00" and "22:00-04:00" (every day, past midnight).

    Raises ValueError, whose message completes "the entry ...", for one that does not read so.
    """
    return WeeklyHours(spans=tuple(span for text in texts for span in _parse_entry(text)))


def _parse_entry(text: str) -> list[tuple[int, int]]:
    found = _ENTRY.fullmatch(text.strip().casefold())
    if found is None:
        raise ValueError('is not "days from-to": write it like "mon-fri 07:00-18:00" or "02:00-04:00"')
    opens, closes = parse_time_of_day(found["opens"]), parse_time_of_day(found["closes"])
    length = (closes - opens) % _DAY_MINUTES or _DAY_MINUTES
    spans: list[tuple[int, int]] = []
    for day in _find_days(found["first"], found["last"]):
        start = day * _DAY_MINUTES + opens % _DAY_MINUTES
        end = start + length
        spans += [(start, min(end, WEEK_MINUTES))] + ([(0, end - WEEK_MINUTES)] if end > WEEK_MINUTES else [])
    return spans


def format_weekly_hours(hours: WeeklyHours) -> tuple[str, ...]:
    """Entries that read as those hours: "mon, tue 07:00-18:00"."""
    days = dict[str, list[str]]()
    for start, end in sorted(hours.spans):
        day, opens = divmod(start, _DAY_MINUTES)
        closes = end - day * _DAY_MINUTES
        span = f"{opens // 60:02d}:{opens % 60:02d}-{closes // 60:02d}:{closes % 60:02d}"
        days.setdefault(span, []).append(_DAYS[day])
    return tuple(f"{', '.join(names)} {span}" for span, names in days.items())


def parse_time_of_day(text: str) -> int:
    """Minutes since midnight of "HH:MM", up to 24:00. Raises ValueError, worded as in `parse_weekly_hours`."""
    found = re.fullmatch(r"(\d{1,2}):([0-5]\d)", text.strip())
    minutes = int(found[1]) * 60 + int(found[2]) if found else _DAY_MINUTES + 1
    if minutes > _DAY_MINUTES:
        raise ValueError('has a time of day that is none: write it like "07:30"')
    return minutes


def _find_days(first: str | None, last: str | None) -> list[int]:
    if first is None:
        return list(range(7))
    for day in (first, last or first):
        if day not in _DAYS:
            raise ValueError(f"names a day that is none: the days are {', '.join(_DAYS)}")
    start = _DAYS.index(first)
    return [(start + step) % 7 for step in range((_DAYS.index(last or first) - start) % 7 + 1)]
