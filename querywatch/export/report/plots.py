"""Draws how an amount developed over a report's span, as small SVG that stands in the page."""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

_WIDTH, _HEIGHT = 600.0, 80.0


def render_plot(series: Sequence[dict[str, Any]], key: str, words: str) -> Markup:
    """A bar for each span in which the amount was measured, per minute; nothing where it never was."""
    rates = [_find_rate(each, key) for each in series]
    highest = max((rate for rate in rates if rate is not None), default=None)
    if highest is None:
        return Markup()
    width = _WIDTH / len(rates)
    bars = Markup().join(
        _render_bar(place * width, width, rate / highest if highest else 0.0)
        for place, rate in enumerate(rates)
        if rate is not None
    )
    said = f"{words} a minute, at most {highest:,.3f}"
    return Markup(
        '<figure><svg viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>'
        "<figcaption>{}</figcaption></figure>"
    ).format(f"{_WIDTH:.0f}", f"{_HEIGHT:.0f}", said, bars, said)


def _find_rate(span: dict[str, Any], key: str) -> float | None:
    """Per minute; None where it was not measured."""
    amount, seconds = span[key], span["length_seconds"]
    return amount * 60 / seconds if amount is not None and seconds else None


def _render_bar(left: float, width: float, share: float) -> Markup:
    height = max(share * _HEIGHT, 0.5)
    return Markup('<rect x="{}" y="{}" width="{}" height="{}"/>').format(
        f"{left:.2f}", f"{_HEIGHT - height:.2f}", f"{width * 0.9:.2f}", f"{height:.2f}"
    )
