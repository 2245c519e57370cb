"""Turns the servers' units into seconds and bytes, and numbers into words for people."""

PICOSECONDS_PER_SECOND = 1_000_000_000_000


def seconds_from_picoseconds(picoseconds: int) -> float:
    """Performance schema timers (TIMER_WAIT and its sums) count picoseconds."""
    return picoseconds / PICOSECONDS_PER_SECOND


def seconds_from_milliseconds(milliseconds: float) -> float:
    """MariaDB's PROCESSLIST.TIME_MS counts milliseconds."""
    return milliseconds / 1000.0


def format_count(number: float) -> str:
    """A count with thousands separators: 1142077 -> '1,142,077'."""
    return f"{number:,.0f}"


def format_seconds(seconds: float) -> str:
    """A duration in the unit a person would use: 0.0032 -> '3.2 ms', 75 -> '1 min 15 s'."""
    if seconds < 0.001:
        return f"{seconds * 1_000_000:.0f} µs"
    if seconds < 0.9995:  # what rounds to a second is one
        return f"{seconds * 1000:.3g} ms"
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def format_ratio(ratio: float) -> str:
    """A share as a percentage: 0.123 -> '12.3 %'."""
    return f"{ratio * 100:.3g} %"
