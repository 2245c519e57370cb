"""One shape of one integration beside what is normal for it: gathers its runs, and judges them twice a minute."""

import math
from collections.abc import Sequence

from querywatch.analysis.baseline_rate import Busier, RateWatch
from querywatch.analysis.baseline_time import Load, Observation, Slower, TimeWatch
from querywatch.analysis.regression import Runs, Subject
from querywatch.model import Evidence

_DAY_SECONDS = 86_400.0
_NEW_SECONDS = 3 * _DAY_SECONDS  # so long a shape is new, and judged by nothing
_NEW_RUNS = 8
_HELD_SECONDS = 30.0  # runs are gathered so long, unless they are rare
_RARE_A_DAY = 2_000.0
_WHOLE_RUN = 0.9  # shares of a run are held until they make about one
_ACCEPTED_SECONDS = 14 * _DAY_SECONDS
_GONE_SECONDS = 2 * _DAY_SECONDS  # what has not run for so long is no trouble now
_MATTERING_SECONDS = 0.05  # that a run takes longer
_MATTERING_BUSY = 0.001  # seconds of the server's time a second
_MATTERING_RUNS_PER_MINUTE = 0.5
_LEAST_DAYS = 0.25
_IDENTITY = 5  # numbers of a row before those of its parts
_HEAD_IDENTITY = 4
_TIME_LENGTH = 181
_ROWS_LENGTH = 172


class ShapeBaseline:
    """What is normal for a shape, and how it differs now."""

    def __init__(self, subject: Subject, first_at: float) -> None:
        self.subject = subject
        self.time = TimeWatch()
        self.rate = RateWatch()
        self.first_at = first_at
        self.last_at = first_at
        self.known_at = first_at + _NEW_SECONDS  # not before
        self.observations = 0.0
        self.evidence = Evidence.COUNTED
        self.held: Runs | None = None
        self.held_clock = 0.0
        self.ripe_clock = 0.0

    def is_known(self, now: float) -> bool:
        """Whether enough is known of it to call anything unusual."""
        return now >= self.known_at and self.time.time.seen >= _NEW_RUNS

    def find_a_day(self, now: float) -> float:
        """How many observations come a day."""
        return self.observations / max(_LEAST_DAYS, (now - self.first_at) / _DAY_SECONDS)

    def hold(self, runs: Runs, clock_before: float, now: float) -> None:
        """Takes an interval's runs; so many seconds were in sight before it."""
        if self.held is None:
            self.held_clock = clock_before
            self.held = runs
            self.ripe_clock = clock_before + (0.0 if self.find_a_day(now) < _RARE_A_DAY else _HELD_SECONDS)
        else:
            self.held = _add(self.held, runs)
        self.last_at = now

    def is_ripe(self, clock: float) -> bool:
        """Whether what is held is to be judged now."""
        if self.held is None or self.held.executions < _WHOLE_RUN:
            return False
        return clock >= self.ripe_clock

    def judge(self, load: Load, clock: float, slot: int, now: float) -> None:
        """Weighs what is held; `clock` is the seconds in sight so far."""
        held, self.held = self.held, None
        if held is None:
            return
        known = self.is_known(now)
        self.observations += 1.0
        self.evidence = held.evidence
        doubt = held.executions_variance / held.executions
        self.rate.note(0.0, self.held_clock, slot, now, is_known=known)
        self.rate.note(held.executions, clock, slot, now, doubt=doubt, is_known=known)
        self.time.note(_observe(held), load, self.find_a_day(now), slot, now, is_known=known)
        if known:
            self._open_what_matters(slot, now)

    def learn_alone(self, clock: float) -> None:
        """What is held says nothing: the server has just started, or everything is slower."""
        self.held = None
        self.rate.pass_over(clock)

    def _open_what_matters(self, slot: int, now: float) -> None:
        slower = self.time.find_rise(self.find_a_day(now), now)
        if slower is not None and self._matters(slower, slot):
            self.time.open(slower)
        busier = self.rate.find_rise(now) if self.rate.busier is None else None
        if busier is not None and self._rate_matters(busier, slot):
            self.rate.open(busier)

    def _matters(self, slower: Slower, slot: int) -> bool:
        longer = self.time.find_usual_seconds(slot) * (math.exp(slower.time_log) - 1.0)
        per_second = self.rate.find_expected_per_minute(slot) / 60.0
        return longer >= _MATTERING_SECONDS or longer * per_second >= _MATTERING_BUSY

    def _rate_matters(self, busier: Busier, slot: int) -> bool:
        more = busier.per_minute - busier.usual_per_minute
        busy = more / 60.0 * self.time.find_usual_seconds(slot)
        return more >= _MATTERING_RUNS_PER_MINUTE or busy >= _MATTERING_BUSY

    def close_hour(self, slot: int, clock: float, covered_ratio: float, now: float) -> None:
        """An hour of the week is over: learns it, and lets go of what has stayed long or gone."""
        self.rate.close_hour(slot, clock, covered_ratio, now, is_known=self.is_known(now))
        self.time.close_hour(slot)
        busier, slower = self.rate.busier, self.time.slower
        gone = now - self.last_at >= _GONE_SECONDS
        if busier is not None and (gone or now - busier.opened_at >= _ACCEPTED_SECONDS):
            self.rate.accept()
        if slower is not None and (gone or now - slower.opened_at >= _ACCEPTED_SECONDS):
            self.time.accept()

    def accept(self) -> None:
        """What differs now is normal from now on."""
        self.time.accept()
        self.rate.accept()

    def renew(self, now: float) -> None:
        """What was normal may not be any more: it is learnt anew, and new for a while."""
        self.accept()
        self.known_at = now + _NEW_SECONDS
        self.time.time.renew()
        self.time.rows.renew()
        self.rate.forget_rises()

    @property
    def is_open(self) -> bool:
        """Whether anything is no longer as it was."""
        return self.time.slower is not None or self.rate.busier is not None

    def to_row(self) -> tuple[float, ...]:
        """What lasts, as plain numbers."""
        time, rows = self.time.to_rows()
        is_third_party = float(self.subject.is_third_party)
        identity = (self.first_at, self.last_at, self.known_at, self.observations, is_third_party)
        return (*identity, *time, *rows, *self.rate.to_row())

    def to_head(self) -> tuple[float, ...]:
        """What changes from run to run, as a few dozen numbers; the hours of the week are in `to_row`."""
        identity = (self.first_at, self.last_at, self.known_at, self.observations)
        return (*identity, *self.time.to_head(), *self.rate.to_head())

    def take_head(self, head: Sequence[float]) -> None:
        """What `to_head` gave later than the row it is put on. Raises ValueError for anything else."""
        if len(head) != len(self.to_head()):
            raise ValueError("not the numbers of a baseline's head")
        time_end = _HEAD_IDENTITY + len(self.time.to_head())
        self.first_at, self.last_at, self.known_at, self.observations = head[:_HEAD_IDENTITY]
        self.time.take_head(head[_HEAD_IDENTITY:time_end])
        self.rate.take_head(head[time_end:])

    def drop_hour(self) -> None:
        """The hour that was running is over, and was not seen to its end."""
        self.time.time.drop_hour()
        self.time.rows.drop_hour()
        self.rate.rate.runs = 0.0

    @classmethod
    def from_row(cls, key: tuple[str, str], row: tuple[float, ...]) -> "ShapeBaseline":
        """What `to_row` gave; its tables are known once it runs. Raises ValueError for anything else."""
        if len(row) < _IDENTITY + _TIME_LENGTH + _ROWS_LENGTH:
            raise ValueError("not a baseline's numbers")
        baseline = cls(Subject(*key, is_third_party=bool(row[4])), row[0])
        _, baseline.last_at, baseline.known_at, baseline.observations, _ = row[:_IDENTITY]
        time_end = _IDENTITY + _TIME_LENGTH
        rows_end = time_end + _ROWS_LENGTH
        baseline.time = TimeWatch.from_rows(row[_IDENTITY:time_end], row[time_end:rows_end])
        baseline.rate = RateWatch.from_row(row[rows_end:])
        return baseline


def _add(one: Runs, other: Runs) -> Runs:
    return Runs(
        other.subject,
        one.executions + other.executions,
        one.seconds + other.seconds,
        _sum(one.rows_examined, other.rows_examined),
        _sum(one.lock_seconds, other.lock_seconds),
        one.executions_variance + other.executions_variance,
        one.seconds_variance + other.seconds_variance,
        other.evidence,
    )


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other


def _observe(held: Runs) -> Observation:
    runs = held.executions
    noise = 0.0
    if held.seconds_variance and held.seconds > 0.0:
        noise = math.sqrt(held.seconds_variance / held.seconds**2 + held.executions_variance / runs**2)
    return Observation(
        held.seconds / runs,
        None if held.rows_examined is None else held.rows_examined / runs,
        None if held.lock_seconds is None else held.lock_seconds / runs,
        noise,
    )
