"""How many rows tables usually have, and what else came or went, as far as it explains what became slower."""

import math
from collections import deque
from collections.abc import Iterable, Mapping

from querywatch.analysis.regression import Growth
from querywatch.analysis.timeline import Change, ChangeKind

_MEMORY_HOURS = 240.0
_MOST_AT_ONCE = 0.05  # one reading after a long time tells of growth like any other
_CHANGES_KEPT = 200
_BEFORE_SECONDS = 2 * 3600.0  # schemas are read once an hour: what is seen late may have come before
_AFTER_SECONDS = 2 * 3600.0
_OF_EVERY_PLAN = frozenset({ChangeKind.VERSION, ChangeKind.UPGRADE})
_OF_PLANS = _OF_EVERY_PLAN | {ChangeKind.INDEX, ChangeKind.TABLE}


class Sizes:
    """The tables' usual and present rows, and the latest changes."""

    def __init__(self) -> None:
        self._usual: dict[str, float] = {}  # logarithm of the rows
        self._now: Mapping[str, int] = {}
        self._changes: deque[Change] = deque(maxlen=_CHANGES_KEPT)
        self.read_at = 0.0
        self._learnt_at: float | None = None

    def note(self, rows: Mapping[str, int], read_at: float) -> None:
        """The tables as they were read."""
        hours = 0.0 if self._learnt_at is None else (read_at - self._learnt_at) / 3600.0
        weight = min(_MOST_AT_ONCE, max(0.0, hours / _MEMORY_HOURS))
        self._usual = {
            name: self._usual.get(name, math.log(count + 1.0))
            + weight * (math.log(count + 1.0) - self._usual.get(name, math.log(count + 1.0)))
            for name, count in rows.items()
        }
        self._now = rows
        self.read_at = self._learnt_at = read_at

    def note_change(self, change: Change) -> None:
        """Something came or went."""
        if change.kind in _OF_PLANS:
            self._changes.append(change)

    def find_growth(self, tables: Iterable[str]) -> Growth | None:
        """Of the tables the one that grew most, beyond its usual size."""
        grown = [
            Growth(table=name, rows_usual=math.exp(self._usual[name]), rows_now=self._now[name] + 1.0)
            for name in tables
            if name in self._usual
        ]
        return max(grown, key=lambda growth: growth.ratio_log, default=None)

    def find_change(self, tables: Iterable[str], since: float) -> Change | None:
        """The latest change of one of the tables around a time."""
        wanted = frozenset(tables)
        near = [
            each
            for each in self._changes
            if (each.subject in wanted or each.kind in _OF_EVERY_PLAN)
            and since - _BEFORE_SECONDS <= each.at <= since + _AFTER_SECONDS
        ]
        return near[-1] if near else None
