"""What is usual for a shape at an hour of the week, so that windows in different hours can be compared."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from querywatch.analysis.seasons import SLOTS, find_slot, find_usual

_LEAST_RUNS_SEEN = 100  # observations of a shape: fewer make its hours chance
_MOST = math.log(4.0)  # that an hour may differ from another: more is one hour's accident


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualHours:
    """One shape's usual logarithm of time a run by hour of the week, less that of its week.

    `hours` of the week have passed since the first; so many observations were `seen`.
    """

    offsets: Sequence[float]
    hours: int
    seen: int


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The usual hours of the office's shapes, by fingerprint; empty where no baseline is old enough."""

    shapes: Mapping[str, UsualHours]

    def find_offset(self, fingerprint: str, minute_of_week: float | None) -> float:
        """How much longer than in its whole week a run usually takes then, in logs; 0 where that is not known."""
        usual = self.shapes.get(fingerprint)
        if usual is None or minute_of_week is None:
            return 0.0
        slot = find_slot(minute_of_week)
        offset = find_usual(usual.offsets, slot, slot, usual.hours)
        return 0.0 if offset is None else min(max(offset, -_MOST), _MOST)


def make_rhythm(shapes: Mapping[str, UsualHours]) -> Rhythm:
    """Of the shapes that were seen for a week and often enough: before, no hour is told from another."""
    known = {
        name: usual
        for name, usual in shapes.items()
        if usual.hours >= SLOTS and usual.seen >= _LEAST_RUNS_SEEN
    }
    return Rhythm(known)


NO_RHYTHM = Rhythm({})
