"""A server that is not there: sessions whose statements last as told, seen by polls through the real Sightings."""

import random
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from querywatch.analysis.estimates import Estimate, Estimates
from querywatch.analysis.sightings import Sightings
from querywatch.model import Flavour, Operation, Session, Statement

SHAPE = Statement(fingerprint="a" * 16, shape="SELECT ?", operation=Operation.SELECT, tables=())
INTERVAL_SECONDS = 1.0
_BURST_LOOKS = 20

Draw = Callable[[random.Random], float]
DURATIONS: dict[str, Draw] = {
    "1 ms": lambda _: 0.001,
    "50 ms": lambda _: 0.05,
    "300 ms": lambda _: 0.3,
    "1.5 s": lambda _: 1.5,
    "30 s": lambda _: 30.0,
    "exponential 300 ms": lambda dice: dice.expovariate(1 / 0.3),
    "exponential 3 s": lambda dice: dice.expovariate(1 / 3.0),
    "lognormal 1 ms to 30 s": lambda dice: min(30.0, max(0.001, dice.lognormvariate(-1.5, 1.5))),
    "bimodal 10 ms and 3 s": lambda dice: 3.0 if dice.random() < 0.1 else 0.01,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of time: what ran in it, and what the polls made of that."""

    seconds: float
    executions: int
    estimate: Estimate


class Runs:
    """What one session runs, one statement after the other with pauses."""

    def __init__(self, dice: random.Random, duration: Draw, pause: Draw, until: float) -> None:
        self.starts: list[float] = []
        self.ends: list[float] = []
        now = -100.0 * dice.random()
        while now < until:
            self.starts.append(now + pause(dice))
            self.ends.append(self.starts[-1] + duration(dice))
            now = self.ends[-1]

    def find(self, now: float) -> int | None:
        """The number of the statement that runs."""
        number = bisect_right(self.starts, now) - 1
        return number if number >= 0 and now < self.ends[number] else None

    def find_seconds(self, start: float, end: float) -> float:
        """The time it ran between two moments."""
        first, last = max(0, bisect_right(self.starts, start) - 1), bisect_right(self.starts, end)
        return sum(
            max(0.0, min(self.ends[number], end) - max(self.starts[number], start))
            for number in range(first, last)
        )

    def count(self, start: float, end: float) -> int:
        """The statements that began between two moments."""
        return bisect_right(self.starts, end) - bisect_right(self.starts, start)


def throw_gaps(dice: random.Random, burst_every: int = 0) -> Iterator[float]:
    """Gaps as the daemon makes them, evenly within 40 % of the interval; every so many polls are a burst."""
    number = 0
    while True:
        yield INTERVAL_SECONDS * dice.uniform(0.6, 1.4)
        number += 1
        if burst_every and number % burst_every == 0:
            for _ in range(_BURST_LOOKS - 1):
                yield dice.uniform(0.015, 0.035)


def make_sessions(runs: Sequence[Runs], now: float, flavour: Flavour) -> list[Session]:
    """What a poll sees: exact ages and ids on MariaDB, whole seconds on MySQL."""
    sessions = []
    for session_id, each in enumerate(runs):
        number = each.find(now)
        if number is None:
            continue
        is_exact = flavour is Flavour.MARIADB
        age = now - each.starts[number] if is_exact else now // 1 - each.starts[number] // 1
        sessions.append(
            Session(
                session_id=session_id, account="vendor", host="h", database=None, command="Query", state="",
                seconds=age, statement=SHAPE, query_id=number * 1000 + session_id if is_exact else None,
            )
        )  # fmt: skip
    return sessions


def poll(
    runs: Sequence[Runs],
    gaps: Iterator[float],
    flavour: Flavour,
    *,
    window_seconds: float = 100.0,
    windows: int = 10,
    learning_seconds: float = 100.0,
) -> list[Window]:
    """Polls through real Sightings and Estimates; the windows that follow the first, which only learns."""
    sightings, estimates = Sightings(), Estimates[str]()
    now, began, found = 0.0, 0.0, list[Window]()
    ends_at = learning_seconds
    while True:
        sights, _ = sightings.observe(make_sessions(runs, now, flavour), now)
        estimates.observe([("all", sight) for sight in sights], sightings.gap_seconds)
        if now >= ends_at:
            estimate = estimates.take().get("all", Estimate())
            if ends_at > learning_seconds:
                found.append(
                    Window(
                        seconds=sum(each.find_seconds(began, now) for each in runs),
                        executions=sum(each.count(began, now) for each in runs),
                        estimate=estimate,
                    )
                )
            if len(found) == windows:
                return found
            began, ends_at = now, now + window_seconds
        now += next(gaps)


def make_runs(dice: random.Random, duration: Draw, sessions: int, until: float) -> list[Runs]:
    """Sessions that rest a second between two statements, by chance."""
    return [Runs(dice, duration, lambda dice: dice.expovariate(1.0), until) for _ in range(sessions)]
