"""How often something happens, as people write it: '30s', '15 min', 'nightly', '4000/min'."""

import re

_DAY_SECONDS = 86_400.0
_WORDS = {
    "hourly": 3600.0,
    "daily": _DAY_SECONDS,
    "nightly": _DAY_SECONDS,
    "weekly": 7 * _DAY_SECONDS,
    "monthly": 30 * _DAY_SECONDS,
}
_UNITS = {
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), 0.001),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days", "night", "nights"), _DAY_SECONDS),
    **dict.fromkeys(("w", "week", "weeks"), 7 * _DAY_SECONDS),
    **dict.fromkeys(("month", "months"), 30 * _DAY_SECONDS),
}
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_PERIOD = re.compile(rf"(?P<number>{_NUMBER})?\s*(?P<unit>[a-z]+)\s*")
_RATE = re.compile(rf"(?P<number>{_NUMBER}|once)\s*(?:x|times?)?\s*(?:/|\bper\b|\ban?\b)\s*(?P<unit>[a-z]+)")
_SHORTEST_SECONDS, _LONGEST_SECONDS = 1e-5, 400 * _DAY_SECONDS


def parse_interval(text: str) -> float:
    """Seconds from one time to the next: '30s', '1 min 30 s', 'daily', 'every hour', '4000/min', '20 a minute'.

    Raises ValueError, whose message completes "the text ...", for what does not read so.
    """
    said = text.strip().casefold().removeprefix("every").strip()
    seconds = _WORDS.get(said) or _parse_rate(said) or _parse_periods(said)
    if not seconds or not _SHORTEST_SECONDS <= seconds <= _LONGEST_SECONDS:
        raise ValueError('is not how often: write it like "30s", "15min", "1h", "nightly" or "4000/min"')
    return seconds


def _parse_rate(text: str) -> float | None:
    found = _RATE.fullmatch(text)
    if found is None or found["unit"] not in _UNITS:
        return None
    times = 1.0 if found["number"] == "once" else float(found["number"].replace(",", ""))
    return _UNITS[found["unit"]] / times if times else None


def _parse_periods(text: str) -> float | None:
    """The sum of all: '1 min 30 s'; a unit alone is one of it."""
    seconds, place = 0.0, 0
    while place < len(text):
        found = _PERIOD.match(text, place)
        if found is None or found["unit"] not in _UNITS:
            return None
        seconds += float((found["number"] or "1").replace(",", "")) * _UNITS[found["unit"]]
        place = found.end()
    return seconds
