"""Draws how an amount developed over a report's span, as small SVG that stands in the page."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from markupsafe import Markup

_WIDTH, _HEIGHT = 600.0, 80.0


def render_plot(report: dict[str, Any], key: str, words: str) -> Markup:
    """A bar for each span in which the amount was measured, per minute, and a shade where querywatch could not look.

    Nothing where it never was measured.
    """
    series: Sequence[dict[str, Any]] = report["series"]
    rates = [_find_rate(each, key) for each in series]
    highest = max((rate for rate in rates if rate is not None), default=None)
    if highest is None:
        return Markup()
    starts = [_parse_time(each["started_at"]) for each in series]
    first, last = starts[0], starts[-1] + series[-1]["length_seconds"]
    scale = _WIDTH / (last - first)
    bars = Markup().join(
        _render_bar(
            (start - first) * scale, each["length_seconds"] * scale, rate / highest if highest else 0.0
        )
        for start, each, rate in zip(starts, series, rates, strict=True)
        if rate is not None
    )
    gaps = Markup().join(_render_gap(each, first, last, scale) for each in report["gaps"])
    said = f"{words} a minute, at most {highest:,.3f}"
    said += "; shaded: querywatch could not look" if gaps else ""
    return Markup(
        '<figure><svg viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}{}</svg>'
        "<figcaption>{}</figcaption></figure>"
    ).format(f"{_WIDTH:.0f}", f"{_HEIGHT:.0f}", said, gaps, bars, said)


def _parse_time(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _find_rate(span: dict[str, Any], key: str) -> float | None:
    """Per minute; None where it was not measured."""
    amount, seconds = span[key], span["length_seconds"]
    return amount * 60 / seconds if amount is not None and seconds else None


def _render_gap(gap: dict[str, Any], first: float, last: float, scale: float) -> Markup:
    """Nothing when it lies beside what is drawn."""
    start, end = max(_parse_time(gap["started_at"]), first), min(_parse_time(gap["ended_at"]), last)
    if end <= start:
        return Markup()
    return Markup('<rect class="gap" x="{}" y="0" width="{}" height="{}"/>').format(
        f"{(start - first) * scale:.2f}", f"{(end - start) * scale:.2f}", f"{_HEIGHT:.0f}"
    )


def _render_bar(left: float, width: float, share: float) -> Markup:
    height = max(share * _HEIGHT, 0.5)
    return Markup('<rect x="{}" y="{}" width="{}" height="{}"/>').format(
        f"{left:.2f}", f"{_HEIGHT - height:.2f}", f"{width * 0.9:.2f}", f"{height:.2f}"
    )
