"""What is normal for one quantity of one shape: a usual level with its spread, a usual rate, and drifts away from it.

All of it is a few dozen numbers and the 168 hours of the week, learnt slowly and against outliers. A drift is a
cumulative sum that calibrates itself: what has come and gone before is no news, however unlikely the model calls it.
"""

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from querywatch.analysis.seasons import SLOTS, find_highest_usual, make_slots

_OUTLIER_SPREADS = 2.5  # what lies further away is learnt as if it lay there
_VARIANCE_AT_FIRST = 0.25
_VARIANCE_WEIGHT_AT_FIRST = 4
_VARIANCE_MEMORY = 400  # observations
_WEEKS_REMEMBERED = 5
_RHYTHM_HOURS = 2 * SLOTS  # before, the busiest hour so far is what is usual
_PEAK_FADES = 0.5 ** (1 / (120 * 24))  # an hour: half in four months, to remember the last month's end
_DRIFT_FADES = 0.5 ** (1 / (30 * 24))
_IRREGULAR = 0.5  # variance over the square of the mean, beyond what chance explains
_SPREAD_FADES = 1.0 - 1.0 / (42 * 24)
_LITTLE = 4.0  # observations of one hour that move its slot half as far as many would
_QUIET_SHARE = 0.25
_RISE_WEIGHT = 0.5
_FALL_WEIGHT = 0.15


@dataclass(slots=True, kw_only=True)
class Level:
    """The usual logarithm of something measured a run, with its spread, by hour of the week."""

    location: float = 0.0
    variance: float = _VARIANCE_AT_FIRST
    seen: int = 0
    hours: int = 0
    offsets: "array[float]" = field(default_factory=make_slots)
    hour_sum: float = 0.0
    hour_count: int = 0
    _expected: float | None = None

    @property
    def spread(self) -> float:
        """The standard deviation of one observation; wider while few were seen."""
        return math.sqrt(self.variance) * (1.0 + 3.0 / (self.seen + 1.0))

    def find_expected(self, slot: int) -> float:
        """What is usual in the running hour of the week."""
        if self._expected is None:
            offset = find_highest_usual(self.offsets, slot, self.hours)
            self._expected = self.location + (offset or 0.0)
        return self._expected

    def learn(self, value: float, memory: float) -> None:
        """Takes one observation in; `memory` is the number of observations that it forgets the older ones after."""
        if not self.seen:
            self.location = value
        away = value - self.location
        self.seen += 1
        most = _OUTLIER_SPREADS * math.sqrt(self.variance)
        step = min(max(away, -most), most) / min(self.seen, max(8.0, memory))
        self.location += step
        if self._expected is not None:
            self._expected += step
        self.hour_sum += min(max(away, -2 * most), 2 * most)
        self.hour_count += 1

    def learn_spread(self, residual: float) -> None:
        """Takes in how far one observation was from what was expected."""
        weight = 1.0 / min(self.seen + _VARIANCE_WEIGHT_AT_FIRST, _VARIANCE_MEMORY)
        self.variance += weight * (min(residual * residual, 9.0 * self.variance) - self.variance)

    def close_hour(self, slot: int) -> None:
        """The hour of the week that is `slot` is over."""
        if self.hour_count:
            weeks = self.hours // SLOTS + 1
            weight = self.hour_count / (self.hour_count + _LITTLE) / min(weeks, _WEEKS_REMEMBERED)
            away = self.hour_sum / self.hour_count
            self.offsets[slot] += weight * (away - self.offsets[slot])
            self.hour_sum, self.hour_count = 0.0, 0
        self.hours += 1
        self._expected = None

    def move(self, by: float) -> None:
        """Takes a new level for the normal one."""
        self.location += by
        self._expected = None

    def renew(self) -> None:
        """What is known is worth little from now on."""
        self.seen = min(self.seen, 4)

    def to_row(self) -> tuple[float, ...]:
        """All of it as plain numbers."""
        return (self.location, self.variance, float(self.seen), float(self.hours), *self.offsets)

    def to_head(self) -> tuple[float, ...]:
        """What one observation changes, as plain numbers; the rest changes by the hour."""
        return (
            self.location,
            self.variance,
            float(self.seen),
            float(self.hours),
            self.hour_sum,
            float(self.hour_count),
        )

    def take_head(self, head: Sequence[float]) -> None:
        """What `to_head` gave. Raises ValueError for anything else."""
        self.location, self.variance, seen, hours, self.hour_sum, hour_count = head
        self.seen, self.hours, self.hour_count = int(seen), int(hours), int(hour_count)
        self._expected = None

    def drop_hour(self) -> None:
        """What was observed in the running hour belongs to one that is over."""
        self.hour_sum, self.hour_count = 0.0, 0

    @classmethod
    def from_row(cls, row: Sequence[float]) -> "Level":
        """What `to_row` gave. Raises ValueError for anything else."""
        location, variance, seen, hours, *offsets = row
        return cls(
            location=location,
            variance=variance,
            seen=int(seen),
            hours=int(hours),
            offsets=_parse_slots(offsets),
        )


@dataclass(slots=True, kw_only=True)
class Rate:
    """The usual number of runs an hour, by hour of the week."""

    counts: "array[float]" = field(default_factory=make_slots)
    hours: int = 0
    peak: float = 0.0  # the most of any hour, fading
    unexplained: float = 0.0  # squared differences beyond those of chance
    explained: float = 0.0  # squares of what was expected
    runs: float = 0.0  # in the running hour
    _expected: float | None = None

    @property
    def is_irregular(self) -> bool:
        """Whether it comes and goes by no week's rhythm: a month's end, somebody's whim."""
        return self.unexplained > _IRREGULAR * self.explained

    def find_expected(self, slot: int) -> float:
        """The most runs an hour that are usual now."""
        if self._expected is None:
            has_rhythm = self.hours >= _RHYTHM_HOURS and not self.is_irregular
            usual = find_highest_usual(self.counts, slot, self.hours) if has_rhythm else None
            self._expected = self.peak if usual is None else usual
        return self._expected

    def close_hour(self) -> None:
        """An hour of the week is over."""
        self.hours += 1
        self.runs = 0.0
        self._expected = None

    def learn(self, slot: int, count: float) -> None:
        """Takes in what an hour of the week counted."""
        before = self.counts[slot]
        weeks = self.hours // SLOTS + 1
        if weeks > 1:
            self.unexplained = _SPREAD_FADES * self.unexplained + (count - before) ** 2 - before
            self.explained = _SPREAD_FADES * self.explained + before * before
        self.counts[slot] += _find_weight(count, before, weeks) * (count - before)
        self.peak = max(self.peak * _PEAK_FADES, count)

    def move(self, ratio: float) -> None:
        """Takes a new rate for the normal one."""
        self.counts = array("f", (count * ratio for count in self.counts))
        self.peak *= ratio
        self._expected = None

    def to_row(self) -> tuple[float, ...]:
        """All of it as plain numbers."""
        return (float(self.hours), self.peak, self.unexplained, self.explained, *self.counts)

    def to_head(self) -> tuple[float, ...]:
        """What the running hour changes, as plain numbers."""
        return (float(self.hours), self.peak, self.unexplained, self.explained, self.runs)

    def take_head(self, head: Sequence[float]) -> None:
        """What `to_head` gave. Raises ValueError for anything else."""
        hours, self.peak, self.unexplained, self.explained, self.runs = head
        self.hours, self._expected = int(hours), None

    @classmethod
    def from_row(cls, row: Sequence[float]) -> "Rate":
        """What `to_row` gave. Raises ValueError for anything else."""
        hours, peak, unexplained, explained, *counts = row
        return cls(
            hours=int(hours),
            peak=peak,
            unexplained=unexplained,
            explained=explained,
            counts=_parse_slots(counts),
        )


def _find_weight(count: float, before: float, weeks: int) -> float:
    """Of what an hour counted, beside the weeks before: what is more is learnt soon, what is less slowly.

    Who asks whether it runs more often than usual wants to know the most that is usual, and a day off says
    little of the next week.
    """
    if weeks <= 1:
        return 1.0
    if count >= before:
        return _RISE_WEIGHT
    return _FALL_WEIGHT if count >= _QUIET_SHARE * before else _FALL_WEIGHT * _QUIET_SHARE


def _parse_slots(values: Sequence[float]) -> "array[float]":
    if len(values) != SLOTS:
        raise ValueError("not a number for each hour of the week")
    return array("f", values)


@dataclass(slots=True, kw_only=True)
class Drift:
    """A cumulative sum of evidence for a change; what came and went raises what is asked of the next."""

    level: float = 0.0
    started_at: float = 0.0
    highest: float = 0.0  # of the present rise
    usual_highest: float = 0.0  # of those that ended by themselves, fading

    def add(self, evidence: float, now: float) -> None:
        """Takes evidence for the change (above 0) or against it."""
        if self.level <= 0.0:
            if evidence <= 0.0:
                return
            self.started_at, self.highest = now, 0.0
        self.level += evidence
        if self.level <= 0.0:
            self.usual_highest = max(self.usual_highest, self.highest)
            self.level = 0.0
        elif self.level > self.highest:
            self.highest = self.level

    def find_share(self, least: float, trust: float) -> float:
        """How much of the evidence there is that it takes: 1 is enough."""
        return self.level / (least + trust * self.usual_highest)

    def fade(self) -> None:
        """An hour passed."""
        self.usual_highest *= _DRIFT_FADES

    def clear(self, *, teaches: bool = False) -> None:
        """Nothing drifts any more; what came and went within hours `teaches` what may."""
        if teaches:
            self.usual_highest = max(self.usual_highest, self.highest)
        self.level = self.highest = 0.0
