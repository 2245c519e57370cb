"""Notices that a run of a shape takes longer than is usual at this hour, with what else changed in those runs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from querywatch.analysis.baseline import Drift, Level

_LEAST_EVIDENCE = 8.0
_EVIDENCE_PER_LOG_OBSERVATION = 0.8  # the more often it is asked, the more often chance answers
_TRUST = 1.2  # of what rose and fell again before, so much more is asked
_CLIP = 3.4  # spreads: no single run proves anything, and three in a row may
_ALLOWANCE_SPREADS = 0.5
_ALLOWANCE = 0.1
_LEAST_SPREAD = 0.08
_FROZEN_SHARE = 0.5
_FASTEST_SECONDS = 0.0002  # below this all is noise
_RECENT_RUNS = 6.0
_OPEN_RUNS = 30.0
_OPEN_LENGTH = 7  # numbers of an open regression in a row
_UNKNOWN = math.inf
_CAME_AND_WENT_SECONDS = 3 * 3600.0
_LATELY_WEIGHT = 0.2
_LEAST_RATIO_LOG = math.log(1.25)


@dataclass(slots=True, kw_only=True)
class Recent:
    """What the runs since a drift began differ in from the usual ones; logarithms of ratios, fading averages."""

    count: int = 0
    time_log: float = 0.0
    rows_log: float | None = None
    seconds: float = 0.0
    lock_seconds: float | None = None

    def add(
        self, time_log: float, rows_log: float | None, seconds: float, lock: float | None, most: float
    ) -> None:
        """Takes one observation; about the last `most` count."""
        self.count += 1
        weight = max(1.0 / self.count, 1.0 / most)
        self.time_log += weight * (time_log - self.time_log)
        self.seconds += weight * (seconds - self.seconds)
        self.rows_log = _average(self.rows_log, rows_log, weight)
        self.lock_seconds = _average(self.lock_seconds, lock, weight)


def _average(before: float | None, value: float | None, weight: float) -> float | None:
    if value is None:
        return before
    return value if before is None else before + weight * (value - before)


@dataclass(slots=True, kw_only=True)
class Slower:
    """A time a run that rose and has not come back."""

    since: float
    opened_at: float
    time_log: float  # as it opened
    back: Drift = field(default_factory=Drift)


@dataclass(frozen=True, slots=True)
class Load:
    """By how much everything is slower now (logarithm), and whether that is a regression of its own."""

    factor_log: float = 0.0
    has_risen: bool = False


@dataclass(frozen=True, slots=True)
class Observation:
    """The runs of one shape between two looks, each as the average of them; None: not measured."""

    seconds: float
    rows: float | None
    lock_seconds: float | None
    noise: float = 0.0  # of an estimate: its standard deviation over it


class TimeWatch:
    """One shape's time a run: what is usual, what speaks for more, and the regression while there is one."""

    def __init__(self, time: Level | None = None, rows: Level | None = None) -> None:
        self.time = time or Level()
        self.rows = rows or Level()
        self.lock_seconds: float | None = None  # usual, a run
        self.slower: Slower | None = None
        self.recent = Recent()
        self.last_log = 0.0  # how far the last observation was from the usual
        self._lately_log = 0.0
        self.drift = Drift()

    def note(
        self, seen: Observation, load: "Load", a_day: float, slot: int, now: float, *, is_known: bool
    ) -> None:
        """Takes an observation, of which so many come a day."""
        value = math.log(seen.seconds + _FASTEST_SECONDS)
        residual = value - self.time.find_expected(slot) if self.time.seen else 0.0
        rows_value = None if seen.rows is None else math.log(seen.rows + 1.0)
        self.last_log = residual
        self._lately_log += _LATELY_WEIGHT * (residual - self._lately_log)
        own = residual - max(0.0, load.factor_log)
        if is_known:
            self._weigh(own, rows_value, seen, a_day, slot, now)
        frozen = is_known and (self.slower is not None or self.find_share(a_day) >= _FROZEN_SHARE)
        if not frozen and not load.has_risen:
            self._learn(value, residual, rows_value, seen.lock_seconds, 10.0 * a_day)

    def _weigh(
        self, own: float, rows_value: float | None, seen: Observation, a_day: float, slot: int, now: float
    ) -> None:
        spread = max(self.time.spread, _LEAST_SPREAD, seen.noise)
        rows_log = (
            rows_value - self.rows.find_expected(slot) if rows_value is not None and self.rows.seen else None
        )
        if self.slower is not None:
            self.recent.add(own, rows_log, seen.seconds, seen.lock_seconds, _OPEN_RUNS)
            self._weigh_return(own, spread, a_day, now)
            return
        if self.drift.level <= 0.0:
            self.recent = Recent()
        allowed = _ALLOWANCE_SPREADS * spread + _ALLOWANCE
        self.drift.add(min(max((own - allowed) / spread, -_CLIP), _CLIP), now)
        if self.drift.level > 0.0:
            self.recent.add(own, rows_log, seen.seconds, seen.lock_seconds, _RECENT_RUNS)

    def _weigh_return(self, own: float, spread: float, a_day: float, now: float) -> None:
        if self.slower is None:
            return
        evidence = (self.slower.time_log / 2.0 - own) / spread
        self.slower.back.add(min(max(evidence, -_CLIP), _CLIP), now)
        if self.slower.back.level >= find_least(a_day):
            self._end(teaches=now - self.slower.since < _CAME_AND_WENT_SECONDS)

    def _end(self, *, teaches: bool) -> None:
        self.slower = None
        self.drift.clear(teaches=teaches)
        self.recent = Recent()

    def _learn(
        self, value: float, residual: float, rows: float | None, lock: float | None, memory: float
    ) -> None:
        if self.time.seen:
            self.time.learn_spread(residual)
        self.time.learn(value, memory)
        if rows is not None:
            self.rows.learn(rows, memory)
        self.lock_seconds = _average(self.lock_seconds, lock, 1.0 / min(self.time.seen, 50))

    def find_share(self, a_day: float) -> float:
        """How much of the evidence there is that a finding takes."""
        # That a single run is an outlier now and then is reckoned with already.
        usual = max(0.0, self.drift.usual_highest - _CLIP)
        return self.drift.level / (find_least(a_day) + _TRUST * usual)

    def find_rise(self, a_day: float, now: float) -> Slower | None:
        """What the sum makes of it, where it has seen enough."""
        if self.slower is not None or self.recent.time_log < _LEAST_RATIO_LOG or self.find_share(a_day) < 1.0:
            return None
        return Slower(since=self.drift.started_at, opened_at=now, time_log=self.recent.time_log)

    def open(self, slower: Slower) -> None:
        """From now on it is a regression, from which nothing is learnt."""
        self.slower = slower

    def accept(self) -> None:
        """The new level is the normal one."""
        if self.slower is not None:
            self.time.move(self.recent.time_log)
            if self.recent.rows_log is not None:
                self.rows.move(self.recent.rows_log)
            if self.recent.lock_seconds is not None:
                self.lock_seconds = self.recent.lock_seconds
            self._end(teaches=False)

    @property
    def ratio(self) -> float:
        """The time a run took lately over the usual one."""
        return math.exp(self._lately_log)

    def find_usual_seconds(self, slot: int) -> float:
        """The usual time of a run at this hour."""
        return max(_FASTEST_SECONDS / 2, math.exp(self.time.find_expected(slot)) - _FASTEST_SECONDS)

    def find_usual_rows(self, slot: int) -> float | None:
        """The rows that a run usually examines at this hour."""
        return max(0.0, math.exp(self.rows.find_expected(slot)) - 1.0) if self.rows.seen else None

    @property
    def locked_share(self) -> float | None:
        """Of the time that a run takes longer, the share that it waits for locks longer."""
        longer = self.recent.seconds * (1.0 - math.exp(-self.recent.time_log))
        if self.recent.lock_seconds is None or longer <= 0.0:
            return None
        return max(0.0, self.recent.lock_seconds - (self.lock_seconds or 0.0)) / longer

    def close_hour(self, slot: int) -> None:
        """An hour of the week is over."""
        self.time.close_hour(slot)
        self.rows.close_hour(slot)
        self.drift.fade()

    def to_rows(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """What lasts, as plain numbers: of the time, of the rows."""
        return (*self._to_lasting(), *self.time.to_row()), self.rows.to_row()

    def to_head(self) -> tuple[float, ...]:
        """What one observation changes, as plain numbers."""
        return (*self._to_lasting(), *self.time.to_head(), *self.rows.to_head())

    def take_head(self, head: Sequence[float]) -> None:
        """What `to_head` gave. Raises ValueError for anything else."""
        lasting, levels = head[: 2 + _OPEN_LENGTH], head[2 + _OPEN_LENGTH :]
        half = len(levels) // 2
        self.time.take_head(levels[:half])
        self.rows.take_head(levels[half:])
        self._take_lasting(lasting)

    def _to_lasting(self) -> tuple[float, ...]:
        lock = -1.0 if self.lock_seconds is None else self.lock_seconds
        return (self.drift.usual_highest, lock, *self._to_open_row())

    def _to_open_row(self) -> tuple[float, ...]:
        if self.slower is None:
            return (0.0,) * _OPEN_LENGTH
        slower, recent = self.slower, self.recent
        rows = _UNKNOWN if recent.rows_log is None else recent.rows_log
        lock = _UNKNOWN if recent.lock_seconds is None else recent.lock_seconds
        return (slower.since, slower.opened_at, slower.time_log, recent.time_log, rows, lock, recent.seconds)

    @classmethod
    def from_rows(cls, time: tuple[float, ...], rows: tuple[float, ...]) -> "TimeWatch":
        """What `to_rows` gave. Raises ValueError for anything else."""
        watch = cls(Level.from_row(time[2 + _OPEN_LENGTH :]), Level.from_row(rows))
        watch._take_lasting(time[: 2 + _OPEN_LENGTH])
        return watch

    def _take_lasting(self, row: Sequence[float]) -> None:
        self.drift.usual_highest, lock, *opened = row
        self.lock_seconds = None if lock < 0.0 else lock
        self._take_open_row(opened)

    def _take_open_row(self, row: Sequence[float]) -> None:
        self.slower = None
        since, opened_at, time_log, recent_log, rows, lock, seconds = row
        if since:
            self.slower = Slower(since=since, opened_at=opened_at, time_log=time_log)
            self.recent = Recent(
                count=int(_OPEN_RUNS),
                time_log=recent_log,
                rows_log=None if rows == _UNKNOWN else rows,
                lock_seconds=None if lock == _UNKNOWN else lock,
                seconds=seconds,
            )


def find_least(a_day: float) -> float:
    """The evidence that is asked of a shape which is looked at so many times a day."""
    return _LEAST_EVIDENCE + _EVIDENCE_PER_LOG_OBSERVATION * math.log(max(1.0, a_day / 24.0))
