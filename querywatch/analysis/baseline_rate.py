"""Notices that a shape runs more often than is usual at this hour, and when it no longer does."""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from querywatch.analysis.baseline import Drift, Rate

_RATIOS = (1.5, 4.0)  # each sum is at its best for a rate that rose so much
_LEAST_EVIDENCE = 14.0  # natural logarithm of the odds
_TRUST = 1.3  # of what rose and fell again before, so much more is asked
_LEAST_AN_HOUR = 0.5  # less is expected of nothing
_BACK_EVIDENCE = 12.0
_FROZEN_SHARE = 0.5
_SMOOTHING_SECONDS = 30.0
_RATE_SECONDS = 1800.0
_HOURS_WAITING = 100
_OPEN_LENGTH = 5  # numbers of an open regression in a row
_LASTING_LENGTH = len(_RATIOS) + _OPEN_LENGTH
_BURSTS_AFTER_HOURS = 24
_CAME_AND_WENT_SECONDS = 3 * 3600.0


@dataclass(slots=True, kw_only=True)
class _Rise:
    """One sum, with what ran since it left zero."""

    ratio: float
    drift: Drift = field(default_factory=Drift)
    runs: float = 0.0
    expected: float = 0.0
    seconds: float = 0.0

    def add(self, runs: float, expected: float, seconds: float, weight: float, now: float) -> None:
        was_still = self.drift.level <= 0.0
        self.drift.add(weight * (runs * math.log(self.ratio) - (self.ratio - 1.0) * expected), now)
        if was_still:
            self.runs = self.expected = self.seconds = 0.0
        self.runs += runs
        self.expected += expected
        self.seconds += seconds

    @property
    def share(self) -> float:
        return self.drift.find_share(_LEAST_EVIDENCE, _TRUST)

    def limit(self, an_hour: float) -> None:
        """No burst teaches more than all runs of the busiest hour at once."""
        most = an_hour * math.log(self.ratio)
        self.drift.usual_highest = min(self.drift.usual_highest, most)


@dataclass(slots=True, kw_only=True)
class Busier:
    """A rate that rose and has not come back. Rates are a minute."""

    since: float
    opened_at: float
    usual_per_minute: float
    per_minute: float
    seconds: float = 0.0  # that the rate is an average of
    back: float = 0.0  # evidence that it came back

    @property
    def ratio(self) -> float:
        """How many times as often as is usual."""
        return min(100.0, max(1.2, self.per_minute / max(self.usual_per_minute, _LEAST_AN_HOUR / 60.0)))

    def add(self, runs: float, expected: float, seconds: float) -> bool:
        """Takes what ran; whether the usual rate has returned."""
        comparable = 120.0 * expected >= self.usual_per_minute * seconds
        if seconds > 0.0 and comparable:
            self.seconds = min(_RATE_SECONDS, self.seconds + seconds)
            weight = min(1.0, seconds / self.seconds)
            self.per_minute += weight * (60.0 * runs / seconds - self.per_minute)
        ratio = self.ratio
        self.back = max(0.0, self.back + (ratio - 1.0) * expected - runs * math.log(ratio))
        return self.back >= _BACK_EVIDENCE


class RateWatch:
    """One shape's rate: what is usual, what speaks for more, and the regression while there is one."""

    def __init__(self, rate: Rate | None = None) -> None:
        self.rate = rate or Rate()
        self.busier: Busier | None = None
        self._rises = tuple(_Rise(ratio=ratio) for ratio in _RATIOS)
        self._clock: float | None = None  # seconds in sight, when it was last looked at
        self._waiting: deque[tuple[int, float]] = deque(maxlen=_HOURS_WAITING)  # (hour of the week, runs)

    def note(
        self, runs: float, clock: float, slot: int, now: float, *, doubt: float = 1.0, is_known: bool
    ) -> None:
        """Takes what ran up to a moment; `doubt` is the count's variance over that of chance alone.

        Of a shape that is not known yet bursts are learnt, once it is a day old.
        """
        seconds = 0.0 if self._clock is None else max(0.0, clock - self._clock)
        self._clock = clock if self._clock is None else max(clock, self._clock)
        self.rate.runs += runs
        if not is_known and self.rate.hours < _BURSTS_AFTER_HOURS:
            return
        expected = self.find_expected_per_minute(slot) * seconds / 60.0
        if self.busier is not None and self.busier.add(runs, expected, seconds):
            self._end(teaches=now - self.busier.since < _CAME_AND_WENT_SECONDS)
            return
        weight = 1.0 / max(1.0, doubt)
        for rise in self._rises:
            rise.add(runs, expected, seconds, weight, now)

    def find_expected_per_minute(self, slot: int) -> float:
        """The most runs a minute that are usual now."""
        return max(self.rate.find_expected(slot), _LEAST_AN_HOUR) / 60.0

    def find_rise(self, now: float) -> Busier | None:
        """What the sums make of it, where one of them has seen enough."""
        for rise in self._rises:
            if rise.share >= 1.0 and rise.expected > 0.0:
                return Busier(
                    since=rise.drift.started_at,
                    opened_at=now,
                    usual_per_minute=60.0 * rise.expected / max(rise.seconds, 1.0),
                    per_minute=60.0 * rise.runs / (rise.seconds + _SMOOTHING_SECONDS),
                    seconds=rise.seconds + _SMOOTHING_SECONDS,
                )
        return None

    def open(self, busier: Busier) -> None:
        """From now on it is a regression, from which nothing is learnt."""
        self.busier = busier

    def accept(self) -> None:
        """The new rate is the normal one."""
        if self.busier is not None:
            self.rate.move(self.busier.ratio)
            self._end(teaches=False)

    def _end(self, *, teaches: bool) -> None:
        self.busier = None
        self.forget_rises(teaches=teaches)

    def forget_rises(self, *, teaches: bool = False) -> None:
        """What was counted so far speaks for nothing."""
        for rise in self._rises:
            rise.drift.clear(teaches=teaches)

    @property
    def is_rising(self) -> bool:
        """Whether there is so much evidence of a change that nothing should be learnt."""
        return any(rise.share >= _FROZEN_SHARE for rise in self._rises)

    def close_hour(
        self, slot: int, clock: float, covered_ratio: float, now: float, *, is_known: bool
    ) -> None:
        """An hour of the week is over; what did not run in the rest of it counts too."""
        self.note(0.0, clock, slot, now, is_known=is_known)
        self._waiting.append((slot, self.rate.runs / covered_ratio))
        self._learn_what_waits(now, is_known=is_known)
        self.rate.close_hour()
        for rise in self._rises:
            rise.drift.fade()
            rise.limit(self.rate.peak)

    def _learn_what_waits(self, now: float, *, is_known: bool) -> None:
        """Hours are learnt once nothing speaks for a change, so that none is ever learnt from a regression."""
        if self.busier is not None and now - self.busier.since >= _CAME_AND_WENT_SECONDS:
            self._waiting.clear()
        elif not is_known or not (self.busier or self.is_rising):
            for slot, count in self._waiting:
                self.rate.learn(slot, count)
            self._waiting.clear()

    def pass_over(self, clock: float) -> None:
        """Time that says nothing: neither what ran in it nor what did not."""
        self._clock = clock

    def to_row(self) -> tuple[float, ...]:
        """What lasts, as plain numbers."""
        return (*self._to_lasting(), *self.rate.to_row())

    def to_head(self) -> tuple[float, ...]:
        """What the running hour changes, as plain numbers."""
        return (*self._to_lasting(), *self.rate.to_head())

    def take_head(self, head: Sequence[float]) -> None:
        """What `to_head` gave. Raises ValueError for anything else."""
        self._take_lasting(head[:_LASTING_LENGTH])
        self.rate.take_head(head[_LASTING_LENGTH:])

    @classmethod
    def from_row(cls, row: Sequence[float]) -> "RateWatch":
        """What `to_row` gave. Raises ValueError for anything else."""
        watch = cls(Rate.from_row(row[_LASTING_LENGTH:]))
        watch._take_lasting(row[:_LASTING_LENGTH])
        return watch

    def _to_lasting(self) -> tuple[float, ...]:
        busier = self.busier
        opened = (
            (0.0,) * _OPEN_LENGTH
            if busier is None
            else (busier.since, busier.opened_at, busier.usual_per_minute, busier.per_minute, busier.seconds)
        )
        return (*(rise.drift.usual_highest for rise in self._rises), *opened)

    def _take_lasting(self, row: Sequence[float]) -> None:
        for rise, highest in zip(self._rises, row, strict=False):
            rise.drift.usual_highest = highest
        since, opened_at, usual, per_minute, seconds = row[len(self._rises) :]
        self.busier = (
            Busier(
                since=since,
                opened_at=opened_at,
                usual_per_minute=usual,
                per_minute=per_minute,
                seconds=seconds,
            )
            if since
            else None
        )
