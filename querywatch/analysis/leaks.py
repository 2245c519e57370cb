"""Learns how many connections each account keeps asleep, slowly, so that a leak does not become what is usual."""

import statistics
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from querywatch.analysis.situation import Crowd, RunningSession
from querywatch.model import Integration

_DAY_SECONDS = 86_400.0
_DAYS = 14
_GROWTH_RATIO, _GROWTH = 1.5, 10  # of what is usual, in a day
_ACCOUNTS_KEPT = 1_000
_LOOK_AT_MOST_SECONDS = 60.0  # one look stands for no more than that: the rest is a gap in sight


@dataclass(slots=True, kw_only=True)
class Usual:
    """How many connections of one account sleep: the most of each of the last days, and of today.

    The usual number is the median of the days before; on the first day, the most that there were while it was
    learnt. No day makes it grow by more than half: what piles up is not usual the day after.
    """

    day: int
    most_today: int = 0
    most_before: "deque[int]" = field(default_factory=lambda: deque(maxlen=_DAYS))
    seen_seconds: float = 0.0
    most_learnt: int = 0

    def note(self, sleeping: int, now: float, seconds: float, learning_seconds: float) -> float | None:
        """Takes one look, which stands for so many seconds; the usual number, None while it is learnt."""
        day = int(now // _DAY_SECONDS)
        if day != self.day:
            self.most_before.append(self._find_believable(learning_seconds))
            self.day, self.most_today = day, 0
        known = self.find(learning_seconds)
        if known is None:
            self.most_learnt = max(self.most_learnt, sleeping)
        self.most_today = max(self.most_today, sleeping)
        self.seen_seconds += seconds
        return known

    def find(self, learning_seconds: float) -> float | None:
        """The usual number; None while it is learnt."""
        if self.seen_seconds < learning_seconds:
            return None
        return float(statistics.median_low(self.most_before) if self.most_before else self.most_learnt)

    def _find_believable(self, learning_seconds: float) -> int:
        usual = self.find(learning_seconds)
        if usual is None:
            return self.most_today
        return min(self.most_today, int(max(_GROWTH_RATIO * usual, usual + _GROWTH)))


UsualRow = tuple[str, str, tuple[float, ...]]  # (integration, account, numbers), as it is kept


class Leaks:
    """What is usual for each account of each integration; nothing but numbers is learnt."""

    def __init__(self) -> None:
        self._usual: dict[tuple[str, str], Usual] = {}
        self._last_look_at: float | None = None

    def observe(
        self, entries: Sequence[RunningSession], now: float, learning_seconds: float
    ) -> tuple[Crowd, ...]:
        """Takes one look at all sessions; those asleep of each account, with what is usual for it.

        No session at all is no look: the server was out of sight.
        """
        if not entries:
            self._last_look_at = None
            return ()
        owners = dict[tuple[str, str], Integration]()
        counts = Counter[tuple[str, str]]()
        for entry in entries:
            key = (entry.attribution.integration.name, entry.session.account)
            owners.setdefault(key, entry.attribution.integration)
            counts[key] += entry.session.command == "Sleep"
        seconds = self._find_seconds(now)
        crowds = []
        for key in self._usual.keys() | owners.keys():
            usual = self._find(key, now).note(counts[key], now, seconds, learning_seconds)
            if key in owners:
                crowds.append(
                    Crowd(integration=owners[key], account=key[1], sleeping=counts[key], usual=usual)
                )
        return tuple(crowds)

    def load(self, rows: Iterable[UsualRow]) -> None:
        """Takes up what `to_rows` gave. Raises ValueError for anything else."""
        for integration, account, numbers in rows:
            self._usual[integration, account] = _make_usual(numbers)

    def to_rows(self) -> tuple[UsualRow, ...]:
        """Everything learnt, for a state that outlives the daemon."""
        return tuple((*key, _make_numbers(usual)) for key, usual in self._usual.items())

    def _find_seconds(self, now: float) -> float:
        before, self._last_look_at = self._last_look_at, now
        return 0.0 if before is None else min(max(0.0, now - before), _LOOK_AT_MOST_SECONDS)

    def _find(self, key: tuple[str, str], now: float) -> Usual:
        usual = self._usual.get(key)
        if usual is None:
            usual = self._usual[key] = Usual(day=int(now // _DAY_SECONDS))
            if len(self._usual) > _ACCOUNTS_KEPT:
                del self._usual[next(iter(self._usual))]
        return usual


def _make_numbers(usual: Usual) -> tuple[float, ...]:
    return (usual.day, usual.most_today, usual.seen_seconds, usual.most_learnt, *usual.most_before)


def _make_usual(numbers: Sequence[float]) -> Usual:
    day, most_today, seen_seconds, most_learnt, *most_before = numbers
    return Usual(
        day=int(day),
        most_today=int(most_today),
        seen_seconds=seen_seconds,
        most_learnt=int(most_learnt),
        most_before=deque(map(int, most_before), maxlen=_DAYS),
    )
