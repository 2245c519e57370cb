"""What is usual at an hour of the week: by that hour itself once it has been seen often, before by hours like it."""

from array import array
from collections.abc import Sequence
from statistics import median

SLOTS = 168  # hours of a week, from Monday 00:00
_WEEKDAYS = range(5)
_BELIEVED_WEEKS = 2.0  # an hour seen in so many weeks and one weighs as much as the hours like it together


def find_slot(minute_of_week: float) -> int:
    """The hour of the week that a minute lies in."""
    return int(minute_of_week // 60) % SLOTS


def make_slots() -> "array[float]":
    """An hour of zeros for each of the week."""
    return array("f", bytes(4 * SLOTS))


def _find_alike(slot: int) -> tuple[int, ...]:
    """The same hour of all weekdays; a Saturday and a Sunday are like no other day."""
    day, hour = divmod(slot, 24)
    return tuple(24 * other + hour for other in (_WEEKDAYS if day in _WEEKDAYS else (day,)))


_ALIKE = tuple(_find_alike(slot) for slot in range(SLOTS))
_AROUND = tuple(((slot - 1) % SLOTS, slot, (slot + 1) % SLOTS) for slot in range(SLOTS))


def find_usual(values: Sequence[float], slot: int, now_slot: int, hours: int) -> float | None:
    """What is usual at an hour; None while neither it nor one like it has passed.

    `hours` have passed since the first that `values` hold, the last of them just before `now_slot`.
    """
    if hours >= SLOTS:
        shared = median(values[each] for each in _ALIKE[slot])
        weeks = hours // SLOTS - 1
        weight = weeks / (weeks + _BELIEVED_WEEKS)
        return weight * values[slot] + (1.0 - weight) * shared
    passed = [values[each] for each in _ALIKE[slot] if 0 < (now_slot - each) % SLOTS <= hours]
    return median(passed) if passed else None


def find_highest_usual(values: Sequence[float], now_slot: int, hours: int) -> float | None:
    """The highest of what is usual now, an hour before and an hour after.

    Work that starts some minutes early, or by a clock that keeps no daylight-saving time, is nothing new.
    """
    found = [find_usual(values, slot, now_slot, hours) for slot in _AROUND[now_slot]]
    return max((each for each in found if each is not None), default=None)
