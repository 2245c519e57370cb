"""Learns how long a shape's executions last, as far as the ages at which polls first saw them tell.

At a random moment the ages of what runs have a density that falls as executions end. Down where it is level,
every execution reaches that age: those seen younger can be counted up, without bias, to all there were.
"""

import math
from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

_AGES_KEPT = 256
_AGES_NEEDED = 16
_ENDS_WEIGHED = 256
_SHAPES_KEPT = 2_000
_LEARNT_EVERY = 8  # first sights between two looks at what they say
_YOUNG_NEEDED = 12  # with fewer in the younger half, chance would decide

# The variance that one end of an execution leaves in its estimated time, in squared gaps. A long execution
# begins anywhere in the gap before its first sight: a ninth, with gaps that differ by 40 %, and a little for an
# end and a start in one gap, which cancel in what is seen but not in how far it is off. One much shorter than
# a gap is seen or not, which makes one squared gap, half of it for each end.
LONG_DOUBT = 1 / 7
SHORT_DOUBT = 1 / 2


def _make_array() -> "array[float]":
    return array("d")


@dataclass(slots=True)
class _Learnt:
    """Plain arrays: thousands of shapes are remembered, each with hundreds of sights."""

    ages: "array[float]" = field(default_factory=_make_array)
    gaps: "array[float]" = field(default_factory=_make_array)
    resolution_seconds: float | None = None
    unread: int = 0
    doubt: float = SHORT_DOUBT  # the mean of the latest ends, and one of the worst kind before them
    ends: int = 1

    def add_age(self, age_seconds: float, gap_seconds: float) -> None:
        for kept, value in ((self.ages, age_seconds), (self.gaps, gap_seconds)):
            kept.append(value)
            del kept[:-_AGES_KEPT]
        self.unread += 1

    def add_doubt(self, doubt: float) -> None:
        self.ends = min(self.ends + 1, _ENDS_WEIGHED)
        self.doubt += (doubt - self.doubt) / self.ends


class Durations:
    """What first sights and ends of executions told of each shape, the latest of them; bounded."""

    def __init__(self) -> None:
        self._shapes: OrderedDict[str, _Learnt] = OrderedDict()

    def find_resolution_seconds(self, fingerprint: str) -> float | None:
        """The age below which executions are counted up; None: not known yet, infinite: all outlast the gaps."""
        learnt = self._shapes.get(fingerprint)
        return None if learnt is None else learnt.resolution_seconds

    def find_doubt(self, fingerprint: str) -> float:
        """The variance that one end of an execution leaves in the time estimated, in squared gaps."""
        learnt = self._shapes.get(fingerprint)
        return SHORT_DOUBT if learnt is None else learnt.doubt

    def note_age(self, fingerprint: str, age_seconds: float, gap_seconds: float) -> None:
        """An execution was first seen at this age, so long after the look before."""
        learnt = self._find(fingerprint)
        learnt.add_age(age_seconds, gap_seconds)
        if learnt.unread >= _LEARNT_EVERY and len(learnt.ages) >= _AGES_NEEDED:
            learnt.unread = 0
            learnt.resolution_seconds = _find_resolution(learnt.ages, learnt.gaps)

    def note_end(
        self, fingerprint: str, lasted_seconds: float, age_seconds: float | None, gap_seconds: float
    ) -> None:
        """An execution ended that lasted so long at least, first seen at this age (None: not told) after a gap."""
        self._find(fingerprint).add_doubt(_find_doubt(lasted_seconds, age_seconds, gap_seconds))

    def _find(self, fingerprint: str) -> _Learnt:
        learnt = self._shapes.setdefault(fingerprint, _Learnt())
        self._shapes.move_to_end(fingerprint)
        if len(self._shapes) > _SHAPES_KEPT:
            self._shapes.popitem(last=False)
        return learnt


def _find_doubt(lasted_seconds: float, age_seconds: float | None, gap_seconds: float) -> float:
    if lasted_seconds >= gap_seconds:
        return LONG_DOUBT
    if age_seconds is None:
        return SHORT_DOUBT
    # What is seen with chance p leaves p(1-p) squared gaps where executions are rare, which is what 1-2a/g adds
    # up to over its ages a. Where many run at once, part of that is in how their number changes: half is taken.
    return max(LONG_DOUBT, SHORT_DOUBT * (1.0 - age_seconds / gap_seconds))


def _find_resolution(ages: Sequence[float], gaps: Sequence[float]) -> float:
    """The age below which executions are counted up; infinite when they all seem to outlast the gaps.

    Halved for as long as more than half of what is younger than it is younger than its half.
    """
    limit = min(gaps)
    young = sorted(age for age in ages if age < limit)
    found = limit if _outnumber(len(young), [limit / gap for gap in gaps]) else math.inf
    while True:
        half = bisect_left(young, limit / 2)
        if half < _YOUNG_NEEDED or half * 2 <= len(young):
            return found
        limit /= 2
        found = limit
        del young[half:]


def _outnumber(count: int, chances: list[float]) -> bool:
    """Whether clearly more came true than these chances would make."""
    return count - sum(chances) > math.sqrt(sum(chance * (1.0 - chance) for chance in chances))
