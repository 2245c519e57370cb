"""Counts executions from the samples of the processlist, where one execution may be seen several times.

What a poll sees is a share of what runs: a statement of d seconds is seen by polls a second apart with
probability d. Time is estimated without bias (each sight stands for the gap before it); executions are those
that were seen, a lower bound, and so are rows.
"""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace

from querywatch.model import Flavour, Session, Statement

_SAME_START_SECONDS = 1.5  # MySQL gives whole seconds: two sights of one start differ by up to that
_GAPS_KEPT = 200
_AGES_KEPT = 120
_AGES_NEEDED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One statement running in one session, over all the polls that saw it."""

    session: Session  # as last seen
    statement: Statement
    started_at: float
    last_seen_at: float
    sights: int
    seconds_estimated: float  # the gaps that its sights stand for
    examined_rows: int | None


class Sightings:
    """Follows the running executions of one server from poll to poll."""

    def __init__(self) -> None:
        self._running: dict[int, Execution] = {}
        self._gaps: deque[float] = deque(maxlen=_GAPS_KEPT)
        self._last_poll_at: float | None = None

    def observe(self, sessions: Iterable[Session], now: float) -> tuple[list[Execution], list[Execution]]:
        """(sights, ended): each active session's execution as this poll saw it, and those no longer running.

        The numbers of a sight are of this sight alone (`sights` is 1 for an execution not seen before, else 0);
        those of an ended execution are the sums of all of its sights.
        """
        gap = self._advance(now)
        sights = list[Execution]()
        running = dict[int, Execution]()
        followed = set[int]()
        for session in sessions:
            if not session.is_active or session.statement is None:
                continue
            sight = _see(session, session.statement, now, gap)
            before = self._running.get(session.session_id)
            if before is not None and _is_same(before, sight):
                followed.add(session.session_id)
                running[session.session_id] = _join(before, sight)
                sight = replace(
                    sight, sights=0, examined_rows=_grow(before.examined_rows, sight.examined_rows)
                )
            else:
                running[session.session_id] = sight
            sights.append(sight)
        ended = [execution for session_id, execution in self._running.items() if session_id not in followed]
        self._running = running
        return sights, ended

    def skip(self) -> None:
        """The server was out of sight: what ran is not followed across the gap."""
        self._running = {}
        self._last_poll_at = None

    def find_capture_ratio(self, duration_seconds: float) -> float | None:
        """The chance that the polls, as spaced lately, saw a statement of this duration; None: too few polls."""
        total = sum(self._gaps)
        if len(self._gaps) < 2 or not total:
            return None
        return sum(min(duration_seconds, gap) for gap in self._gaps) / total

    def _advance(self, now: float) -> float:
        if self._last_poll_at is None:
            self._last_poll_at = now
            return 0.0
        gap = max(0.0, now - self._last_poll_at)
        self._gaps.append(gap)
        self._last_poll_at = now
        return gap


def _see(session: Session, statement: Statement, now: float, gap: float) -> Execution:
    return Execution(
        session=session,
        statement=statement,
        started_at=now - session.seconds,
        last_seen_at=now,
        sights=1,
        seconds_estimated=gap,
        examined_rows=session.examined_rows,
    )


def _grow(before: int | None, after: int | None) -> int | None:
    return None if after is None else max(0, after - (before or 0))


def _is_same(before: Execution, sight: Execution) -> bool:
    if sight.session.query_id is not None:
        return before.session.query_id == sight.session.query_id
    return (
        before.statement.fingerprint == sight.statement.fingerprint
        and abs(before.started_at - sight.started_at) <= _SAME_START_SECONDS
        and sight.session.seconds >= before.session.seconds
        and sight.session.seconds > 0
    )


def _join(before: Execution, sight: Execution) -> Execution:
    examined = [rows for rows in (before.examined_rows, sight.examined_rows) if rows is not None]
    return replace(
        sight,
        started_at=min(before.started_at, sight.started_at),
        sights=before.sights + 1,
        seconds_estimated=before.seconds_estimated + sight.seconds_estimated,
        examined_rows=max(examined) if examined else None,
    )


class PaceMeter:
    """Finds how often sessions run statements at least, from how recently each was busy at each poll.

    A poll at a random moment finds a session's last start or end some time ago. However the statements are
    spaced, events come on average at most twice that time apart (the renewal inspection bound), so the time is
    a bound from below on how many there are, for statements far too short to be seen running.
    """

    def __init__(self, flavour: Flavour) -> None:
        # MariaDB's TIME_MS starts again at both ends of a statement; MySQL's TIME at its start, in whole seconds.
        self._events_per_statement = 2 if flavour is Flavour.MARIADB else 1
        self._unit_seconds = 0.0 if flavour is Flavour.MARIADB else 1.0
        self._ages: dict[int, deque[float]] = {}

    def observe(self, sessions: Iterable[Session]) -> None:
        """Takes one poll; sessions that are gone are forgotten."""
        ages = {}
        for session in sessions:
            kept = self._ages.get(session.session_id, deque(maxlen=_AGES_KEPT))
            kept.append(session.seconds + self._unit_seconds)
            ages[session.session_id] = kept
        self._ages = ages

    def find_statements_per_minute(self, session_ids: Iterable[int]) -> float:
        """The least that these sessions run together, with the mean age taken two standard errors high."""
        return sum(self._find_rate(self._ages.get(session_id)) for session_id in session_ids) * 60.0

    def _find_rate(self, ages: "deque[float] | None") -> float:
        if ages is None or len(ages) < _AGES_NEEDED:
            return 0.0
        mean = sum(ages) / len(ages)
        spread = math.sqrt(sum((age - mean) ** 2 for age in ages) / (len(ages) - 1))
        bound = mean + 2 * spread / math.sqrt(len(ages))
        return 1.0 / (2.0 * self._events_per_statement * bound) if bound > 0 else 0.0
