"""Adds sights up to estimates with standard errors, for whatever they are asked of: accounts, shapes, integrations.

How far an estimate may be off is not the sum of what each sight leaves open: sessions that run one statement
after the other leave next to nothing, ten that wait for one lock leave ten times as much as one. So the error
is taken from how what runs changes from one poll to the next (successive differences).
"""

import math
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from querywatch.analysis.sightings import Execution

Key = TypeVar("Key", bound=Hashable)

_QUANTILE_90 = 1.6449  # of the normal distribution: nine in ten lie within so many standard errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What polls tell of an amount of time in sight. Estimates of stretches that follow each other add up.

    `executions` counts, in the mean, each execution that lasts as long as its shape's ages can be told apart, and
    a share of each shorter one: it is about the truth or below it. `standing_alone` of the sights stand for
    themselves alone, because too little is known of their shapes (or, on MySQL, of their ages).
    """

    sights: int = 0  # executions that were really seen: never more than there were
    standing_alone: int = 0
    seconds: float = 0.0
    seconds_variance: float = 0.0
    executions: float = 0.0
    executions_variance: float = 0.0

    def plus(self, other: "Estimate") -> "Estimate":
        """Both stretches together."""
        return Estimate(
            sights=self.sights + other.sights,
            standing_alone=self.standing_alone + other.standing_alone,
            seconds=self.seconds + other.seconds,
            seconds_variance=self.seconds_variance + other.seconds_variance,
            executions=self.executions + other.executions,
            executions_variance=self.executions_variance + other.executions_variance,
        )

    @property
    def seconds_interval(self) -> tuple[float, float]:
        """The bounds that hold the true time nine times in ten."""
        return find_interval(self.seconds, self.seconds_variance)

    @property
    def executions_interval(self) -> tuple[float, float | None]:
        """The bounds of `executions`; never below what was seen, and without an upper one where sights stand alone."""
        low, high = find_interval(self.executions, self.executions_variance)
        return max(low, float(self.sights)), None if self.standing_alone else max(high, float(self.sights))


def find_interval(amount: float, variance: float) -> tuple[float, float]:
    """Bounds that hold the true amount nine times in ten, never below 0.

    An amount known from few sights is skewed: it is taken for so many events of one size, and the bounds for
    those of a count (chi-squared, by Wilson and Hilferty).
    """
    if amount <= 0 or variance <= 0:
        return amount, amount
    size = variance / amount
    events = amount / size
    return size * _find_chi(events, -_QUANTILE_90), size * _find_chi(events + 1, _QUANTILE_90)


def _find_chi(events: float, quantile: float) -> float:
    """Half the quantile of chi-squared with twice as many degrees of freedom as there are events."""
    part = 1.0 - 1.0 / (9.0 * events) + quantile / (3.0 * math.sqrt(events))
    return float(events * max(0.0, part) ** 3)


@dataclass(slots=True)
class _Look:
    """One key at one poll."""

    sights: int = 0
    standing_alone: int = 0
    seconds: float = 0.0
    running: float = 0.0  # how many run, each by the root of the doubt in its ends
    executions: float = 0.0
    counted_up: float = 0.0  # how many began, each by the root of half the variance in what it stands for

    def add(self, sight: Execution) -> None:
        self.sights += sight.sights
        self.seconds += sight.seconds_estimated
        self.running += math.sqrt(sight.doubt)
        self.standing_alone += not sight.is_counted_up
        weight = sight.executions_estimated
        self.executions += weight
        # What is seen with chance 1/w and then stands for w leaves a variance of w(w-1).
        self.counted_up += math.sqrt(max(0.0, weight * (weight - 1.0)) / 2.0)


_NOTHING = _Look()


class Estimates(Generic[Key]):
    """Adds up the sights of each key; holds what the last poll and the time since the last `take` saw, no more."""

    def __init__(self) -> None:
        self._before: dict[Key, _Look] = {}
        self._sums: dict[Key, Estimate] = {}

    def observe(self, sights: Iterable[tuple[Key, Execution]], gap_seconds: float) -> None:
        """One poll's sights (Sightings.observe), each for every key that it counts for, and the gap before it."""
        looks = dict[Key, _Look]()
        for key, sight in sights:
            looks.setdefault(key, _Look()).add(sight)
        for key in looks.keys() | self._before.keys():
            look, before = looks.get(key, _NOTHING), self._before.get(key, _NOTHING)
            self._sums[key] = self._sums.get(key, Estimate()).plus(_make_estimate(before, look, gap_seconds))
        self._before = looks

    def skip(self) -> None:
        """Something was out of sight: the next poll is compared with nothing."""
        self._before = {}

    def take(self) -> dict[Key, Estimate]:
        """What was estimated since the last time, of every key that was seen."""
        taken, self._sums = self._sums, {}
        return taken


def _make_estimate(before: _Look, look: _Look, gap_seconds: float) -> Estimate:
    return Estimate(
        sights=look.sights,
        standing_alone=look.standing_alone,
        seconds=look.seconds,
        seconds_variance=(gap_seconds * (look.running - before.running)) ** 2,
        executions=look.executions,
        executions_variance=(look.counted_up - before.counted_up) ** 2,
    )
