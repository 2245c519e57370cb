"""Lets time run over an office and its baselines: the daemon's own pure code, any span, no clock."""

import math
import pickle
from dataclasses import dataclass, field
from random import Random

from querywatch.analysis.baselines import Moment, Normals
from querywatch.analysis.regression import Cause, Regression
from querywatch.analysis.timeline import Change, ChangeKind
from tests.replay.office import DAY, HOUR, START, Office, Shape

STEP_SECONDS = 10.0
_SIZES_SECONDS = 600.0


@dataclass(slots=True)
class Replay:
    """An office that is watched. `opened` holds each regression as it was when it began, with that time."""

    office: Office
    normals: Normals = field(default_factory=Normals)
    now: float = START
    started_at: float = START - DAY
    sizes_due_at: float = 0.0
    opened: list[tuple[float, Regression]] = field(default_factory=list)
    _open: frozenset[tuple[str, str, str]] = frozenset()

    def run(self, until: float) -> None:
        """Goes on to a moment."""
        while self.now < until:
            self.step()

    def step(self) -> None:
        """One interval, as the daemon counts it."""
        self.now += STEP_SECONDS
        runs = self.office.step(self.now, STEP_SECONDS)
        if self.now >= self.sizes_due_at:
            self.normals.note_tables(self.office.find_table_rows(self.now), self.now)
            self.sizes_due_at = self.now + _SIZES_SECONDS
        minute = self.office.find_minute_of_week(self.now)
        self.normals.judge(
            Moment(
                now=self.now,
                seconds=STEP_SECONDS,
                minute_of_week=minute,
                runs=runs,
                started_at=self.started_at,
            )
        )
        self._note_opened()

    def _note_opened(self) -> None:
        found = {(each.measure.value, *each.subject.key): each for each in self.normals.regressions}
        for key in found.keys() - self._open:
            self.opened.append((self.now, found[key]))
        self._open = frozenset(found)

    def restart(self, away_seconds: float) -> None:
        """The server goes away and comes back with everything to be read from its disk."""
        self.skip(away_seconds)
        self.started_at = self.now
        self.office.cold_until = self.now + 600.0

    def skip(self, seconds: float) -> None:
        """Nothing is in sight: what happened meanwhile says nothing."""
        self.now += seconds
        self.office.step(self.now, seconds)

    def copy(self) -> "Replay":
        """The same again, to go another way."""
        return pickle.loads(pickle.dumps(self))  # noqa: S301 - our own


def make_ninety_days(replay: Replay, days: int = 90) -> None:
    """An office's season: restarts at night, one at noon, outages, and the end of daylight saving."""
    replay.office.dst_at = START + days / 2 * DAY + 2 * HOUR
    for day in range(days):
        midnight = START + day * DAY
        if day % 7 == 2:
            replay.run(midnight + 3 * HOUR)
            replay.restart(240.0)
        if day % 11 == 5:
            replay.run(midnight + 2 * HOUR)
            replay.skip(1200.0)
        if day == days * 2 // 3:
            replay.run(midnight + 13 * HOUR)
            replay.restart(90.0)
        replay.run(midnight + DAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """One change for the worse."""

    cause: Cause
    ratio: float
    number: int  # of the shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of it; None: not found."""

    injection: Injection
    delay_seconds: float | None  # after the third affected run
    cause: Cause | None
    cause_later: Cause | None = None  # ten minutes after


def draw_injection(draw: Random, office: Office, cause: Cause) -> Injection:
    """A change that matters, of a shape that runs at least a dozen times on a working day."""
    while True:
        number = draw.randrange(len(office.shapes))
        ratio = math.exp(draw.uniform(math.log(1.5), math.log(20.0)))
        if cause is Cause.EVERYTHING or _is_fit(office.shapes[number], cause, ratio):
            return Injection(cause=cause, ratio=ratio, number=number)


def _is_fit(shape: Shape, cause: Cause, ratio: float) -> bool:
    if not shape.subject.is_third_party or shape.pattern in {"batch", "month end"}:
        return False
    a_day = 8 * shape.per_hour if shape.pattern == "people" else 10 * HOUR / shape.period
    longer = shape.seconds * (ratio - 1.0)
    if a_day < 12 or (cause is Cause.DATA and not shape.reads_whole):
        return False
    if cause is Cause.RUNS:
        return (ratio - 1.0) * a_day / 600.0 >= 1.0
    return longer >= 0.1 or longer * a_day / (10 * HOUR) >= 0.002


def inject(replay: Replay, injection: Injection, draw: Random) -> None:
    """Makes it so, from now on."""
    shape, ratio = replay.office.shapes[injection.number], injection.ratio
    table = shape.subject.tables[0]
    if injection.cause is Cause.DATA:
        replay.office.tables[table] *= ratio
    elif injection.cause is Cause.PLAN:
        shape.time_ratio, shape.rows_ratio = ratio, ratio * draw.uniform(1.0, 3.0)
        if draw.random() < 0.5:
            replay.normals.note_changes(
                [
                    Change(
                        at=replay.now,
                        kind=ChangeKind.INDEX,
                        subject=table,
                        words=f"the index of {table} was dropped",
                    )
                ]
            )
    elif injection.cause is Cause.RUNS:
        shape.rate_ratio = ratio
        due = [each for each in replay.office.events if each[1] == injection.number]
        for entry in due:
            replay.office.events.remove(entry)
            replay.office.events.append((min(entry[0], replay.now + shape.period / ratio), entry[1]))
        replay.office.events.sort()
    elif injection.cause is Cause.LOCKS:
        shape.lock_ratio = ratio - 1.0
    elif injection.cause is Cause.EVERYTHING:
        replay.office.load_ratio = ratio
    else:
        shape.time_ratio = ratio
    shape.affected = 0


def follow(replay: Replay, injection: Injection, most_seconds: float) -> Outcome:
    """Waits until it is found, at most so long."""
    shape = replay.office.shapes[injection.number]
    third_at = replay.now if injection.cause is Cause.EVERYTHING else None
    until = replay.now + most_seconds
    while replay.now < until:
        replay.step()
        if third_at is None and shape.affected >= 3:
            third_at = replay.now
        found = _find(replay, injection)
        if found is not None:
            at = replay.now
            delay = 0.0 if third_at is None else at - third_at
            replay.run(at + 600.0)
            later = _find(replay, injection)
            return Outcome(
                injection=injection,
                delay_seconds=delay,
                cause=found.cause,
                cause_later=later.cause if later else None,
            )
    return Outcome(injection=injection, delay_seconds=None, cause=None)


def _find(replay: Replay, injection: Injection) -> Regression | None:
    shape = replay.office.shapes[injection.number]
    wanted = ("", "") if injection.cause is Cause.EVERYTHING else shape.subject.key
    matching = [each for each in replay.normals.regressions if each.subject.key == wanted]
    return max(matching, key=lambda each: each.cause is injection.cause, default=None)
