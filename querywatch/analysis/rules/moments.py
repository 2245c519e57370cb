"""How often, and since when, in words, by the office's clock."""

from querywatch.analysis.situation import Situation
from querywatch.units import format_count, format_seconds

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY_MINUTES = 24 * 60
_WEEKDAY_SECONDS = 6 * 86_400.0
_MONDAY_SECONDS = 4 * 86_400.0  # the epoch began on a Thursday


def say_since(since: float, situation: Situation) -> str:
    """'Tuesday 14:32'; with a number of days where the weekday alone would not tell."""
    ago_seconds = max(0.0, situation.now - since)
    if ago_seconds > _WEEKDAY_SECONDS:
        return f"{ago_seconds / 86_400.0:.0f} days ago"
    zone = ""
    minute = situation.minute_of_week
    if minute is None:
        minute, zone = (situation.now - _MONDAY_SECONDS) / 60.0, " UTC"
    day, minutes = divmod(int(minute - ago_seconds / 60.0) % (7 * _DAY_MINUTES), _DAY_MINUTES)
    return f"{_DAYS[day]} {minutes // 60:02}:{minutes % 60:02}{zone}"


def say_period(per_minute: float) -> str:
    """'every 15 min'; what comes often as '240 times a minute'."""
    if per_minute > 30.0:
        return f"{format_count(per_minute)} times a minute"
    return f"every {format_seconds(float(f'{60.0 / max(per_minute, 1e-6):.2g}'))}"


def say_ratio(ratio: float) -> str:
    """'2.3 times', '22 times'."""
    return f"{ratio:.2g} times" if ratio < 100 else f"{format_count(ratio)} times"
