"""Draws the last hours of each integration as small SVG that stands in the status page, with the same in words."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from querywatch.snapshot import Past
from querywatch.units import format_ratio

_BAR_STEPS = 5  # minutes of one bar
_LEAST_BARS = 12
_WIDTH, _HEIGHT = 72 * 4, 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Spark:
    """One integration's plot and what it says."""

    integration: str
    since: str  # the time of day at which it begins
    words: str
    drawing: Markup


def draw_sparks(pasts: Sequence[Past]) -> tuple[Spark, ...]:
    """All of one server's by the same measure, so that the one that takes most stands out; the busiest first."""
    bars = {past.integration: _find_bars(past) for past in pasts}
    first = min((_find_first(each) for each in bars.values()), default=0)
    highest = max((bar for each in bars.values() for bar in each if bar is not None), default=0.0)
    order = sorted(pasts, key=lambda past: -sum(bar or 0.0 for bar in bars[past.integration]))
    return tuple(_draw(past, bars[past.integration], first, highest) for past in order)


def _find_bars(past: Past) -> list[float | None]:
    """How busy one core of the server was with it, 0 to 1, in each bar's time; None: not seen."""
    found = list[float | None]()
    for start in range(0, len(past.seconds), _BAR_STEPS):
        known = [value for value in past.seconds[start : start + _BAR_STEPS] if value is not None]
        found.append(sum(known) / (len(known) * past.step_seconds) if known else None)
    return found


def _draw(past: Past, bars: Sequence[float | None], first: int, highest: float) -> Spark:
    """From where anything is known of any, but an hour at the least."""
    words, own = _tell(past, bars), _find_first(bars)
    begin = max(0, min(first, len(bars) - _LEAST_BARS))
    width = _WIDTH / (len(bars) - begin)
    boxes = [
        _draw_bar((place - begin) * width, width, bar, highest)
        for place, bar in enumerate(bars)
        if place >= own
    ]
    drawing = Markup(
        '<svg viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>'
    ).format(_WIDTH, _HEIGHT, f"{past.integration}: {words}", Markup().join(boxes))
    return Spark(integration=past.integration, since=_find_time(past, begin), words=words, drawing=drawing)


def _find_time(past: Past, place: int) -> str:
    return time.strftime("%H:%M", time.localtime(past.started_at + place * _BAR_STEPS * past.step_seconds))


def _draw_bar(left: float, width: float, bar: float | None, highest: float) -> Markup:
    height = _HEIGHT if bar is None else max(0.6, _HEIGHT * bar / highest if highest else 0.0)
    return Markup('<rect{} x="{}" y="{}" width="{}" height="{}"/>').format(
        Markup(' class="gap"') if bar is None else "",
        f"{left:g}",
        f"{_HEIGHT - height:.3g}",
        f"{width if bar is None else width * 0.85:.3g}",
        f"{height:.3g}",
    )


def _tell(past: Past, bars: Sequence[float | None]) -> str:
    known = [(bar, place) for place, bar in enumerate(bars) if bar is not None]
    (most, place), now = max(known), known[-1][0]
    when = _find_time(past, place)
    said = f"{format_ratio(now)} of one core in the last minutes, at most {format_ratio(most)} at {when}"
    unseen = sum(bar is None for bar in bars[_find_first(bars) :]) * _BAR_STEPS
    return said + (f"; not seen for {unseen} minutes (shaded)" if unseen else "")


def _find_first(bars: Sequence[float | None]) -> int:
    """The first of which anything is known: before it nobody watched."""
    return next(place for place, bar in enumerate(bars) if bar is not None)
