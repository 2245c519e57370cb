"""Draws the last hours of each integration as small SVG that stands in the status page, with the same in words."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from markupsafe import Markup

from querywatch.snapshot import Past
from querywatch.units import format_count, format_ratio

_WIDTH, _HEIGHT = 72 * 4, 40
_HOUR_STEPS = 60

Bars: TypeAlias = list[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spark:
    """One integration's plots and what they say; `drawings` are its time and its statements at once, if known."""

    integration: str
    words: str
    drawings: tuple[Markup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sparks:
    """One server's plots over one span of time."""

    span: str
    each: tuple[Spark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plot:
    """One integration's bars: how busy it kept one core, 0 to 1, and the most of its statements at once."""

    past: Past
    step: int  # of the past's own steps, in one bar
    busy: Bars
    running: Bars

    @property
    def first(self) -> int:
        """The first bar of which anything is known: before it nobody watched."""
        pairs = enumerate(zip(self.busy, self.running, strict=True))
        return next((place for place, pair in pairs if pair != (None, None)), len(self.busy))

    def tell_time(self, place: int) -> str:
        """When a bar began, by this machine's clock."""
        steps = len(self.past.seconds) - 1 - (len(self.busy) - place) * self.step
        return time.strftime("%H:%M", time.localtime(self.past.started_at + steps * self.past.step_seconds))


def draw_sparks(pasts: Sequence[Past]) -> Sparks | None:
    """All of one server's by the same measure, so that the one that takes most stands out; the busiest first.

    By the minute while there is no more than an hour of them, else by five, from where anything is known.
    None while no minute is over.
    """
    is_young = all(_is_unknown(past, len(past.seconds) - 1 - _HOUR_STEPS) for past in pasts)
    plots = [_group(past, 1 if is_young else 5) for past in pasts]
    plots = [plot for plot in plots if plot.first < len(plot.busy)]
    if not plots:
        return None
    begin = 0 if is_young else min(plot.first for plot in plots)
    plots.sort(key=lambda plot: -sum(bar or 0.0 for bar in plot.busy))
    highest = _find_highest(plot.busy for plot in plots), _find_highest(plot.running for plot in plots)
    return Sparks(
        span="The last hour" if is_young else f"The last hours, from {plots[0].tell_time(begin)}",
        each=tuple(
            _draw(replace(plot, busy=plot.busy[begin:], running=plot.running[begin:]), *highest)
            for plot in plots
        ),
    )


def _is_unknown(past: Past, until: int) -> bool:
    return all(value is None for value in past.seconds[:until] + past.running[:until])


def _group(past: Past, step: int) -> _Plot:
    """The newest step is left out: it is not over yet, and would look like a quiet one."""
    count = _HOUR_STEPS if step == 1 else (len(past.seconds) - 1) // step
    start = len(past.seconds) - 1 - count * step
    busy = _combine(past.seconds[start:-1], step, lambda known: sum(known) / len(known) / past.step_seconds)
    return _Plot(past=past, step=step, busy=busy, running=_combine(past.running[start:-1], step, max))


def _combine(values: Sequence[float | None], step: int, how: Callable[[list[float]], float]) -> Bars:
    bars = Bars()
    for start in range(0, len(values), step):
        known = [value for value in values[start : start + step] if value is not None]
        bars.append(how(known) if known else None)
    return bars


def _find_highest(plots: Iterable[Bars]) -> float:
    return max((bar for bars in plots for bar in bars if bar is not None), default=0.0)


def _draw(plot: _Plot, most_busy: float, most_running: float) -> Spark:
    name = plot.past.integration
    busy, running = _tell_busy(plot), _tell_running(plot)
    parts = (("busy", plot.busy, busy, most_busy), ("running", plot.running, running, most_running))
    drawings = tuple(
        _draw_bars(f"{name}: {words}", kind, bars, plot.first, highest)
        for kind, bars, words, highest in parts
        if any(bar is not None for bar in bars)
    )
    return Spark(integration=name, words="; ".join([busy, running, *_tell_gap(plot.past)]), drawings=drawings)


def _draw_bars(label: str, kind: str, bars: Bars, first: int, highest: float) -> Markup:
    width = _WIDTH / len(bars)
    boxes = [
        _draw_bar(place * width, width, bar, highest) for place, bar in enumerate(bars) if place >= first
    ]
    return Markup(
        '<svg class="{}" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>'
    ).format(kind, _WIDTH, _HEIGHT, label, Markup().join(boxes))


def _draw_bar(left: float, width: float, bar: float | None, highest: float) -> Markup:
    height = _HEIGHT if bar is None else max(0.6, _HEIGHT * bar / highest if highest else 0.0)
    return Markup('<rect{} x="{}" y="{}" width="{}" height="{}"/>').format(
        Markup(' class="gap"') if bar is None else "",
        f"{left:g}",
        f"{_HEIGHT - height:.3g}",
        f"{width if bar is None else width * 0.85:.3g}",
        f"{height:.3g}",
    )


def _tell_busy(plot: _Plot) -> str:
    known = [(bar, -place) for place, bar in enumerate(plot.busy) if bar is not None]
    if not known:
        return "its time is not measured"
    (most, place), last = max(known), known[-1][0]
    lately = "minute" if plot.step == 1 else "minutes"
    said = f"{format_ratio(last)} of one core in the last {lately}, at most {format_ratio(most)}"
    return f"{said} at {plot.tell_time(-place)}" if most else said


def _tell_running(plot: _Plot) -> str:
    known = [(bar, -place) for place, bar in enumerate(plot.running) if bar is not None]
    if not known:
        return "what ran at once was not seen"
    most, place = max(known)
    if not most:
        return "no look saw it run"
    return f"at most {format_count(most)} of its statements at once, at {plot.tell_time(-place)}"


def _tell_gap(past: Past) -> tuple[str, ...]:
    """By the minute, however coarse the bars are."""
    known = [pair != (None, None) for pair in zip(past.seconds[:-1], past.running[:-1], strict=True)]
    minutes = known[known.index(True) :].count(False) * past.step_seconds // 60
    return (f"not seen for {minutes} min",) if minutes else ()
