"""Follows executions through the samples of the processlist, where one may be seen in several polls.

What a poll sees is a share of what runs: a statement of d seconds is seen by polls g seconds apart with
probability d/g. Time is estimated without bias: each sight stands for the gap before it, whatever the gaps, as
long as nothing that is seen decides when the next poll comes. (The gap after it, or half of both, does no
better when polls are late: `tests/benchmarks/sampling_bias.py --simulate`.) What was seen is counted once, and
is a lower bound.
"""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace

from querywatch.analysis.durations import SHORT_DOUBT, Durations
from querywatch.model import Session, Statement

_SECOND = 1.0
_LATENESS_SECONDS = 0.25  # by which one look may read the server later after its clock reading than another
_GAPS_SECONDS = 120.0  # the capture ratio is of this long ...
_GAPS_NEEDED = 20  # ... or of so many gaps, when they are long
_GAPS_KEPT = 1_000


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
    executions_estimated: float = 0.0  # how many a first sight stands for
    is_counted_up: bool = False  # whether that could be estimated: else it stands for itself, a lower bound
    doubt: float = SHORT_DOUBT  # the variance that each of its ends leaves in the time, in squared gaps
    first_seen_at: float | None = None
    first_gap_seconds: float = 0.0
    started_by: float = (
        -math.inf
    )  # the latest of the starts that its sights gave; `started_at` is the earliest


class Sightings:
    """Follows the running executions of one server from poll to poll."""

    def __init__(self) -> None:
        self._running: dict[int, Execution] = {}
        self._gaps: deque[float] = deque(maxlen=_GAPS_KEPT)
        self._usual_gap_seconds = 0.0
        self._last_poll_at: float | None = None
        self._durations = Durations()
        self.gap_seconds = 0.0  # what the last poll's sights stand for; 0 where there was no poll before it

    def observe(self, sessions: Iterable[Session], now: float) -> tuple[list[Execution], list[Execution]]:
        """(sights, ended): each active session's execution as this poll saw it, and those no longer running.

        The numbers of a sight are of this sight alone (`sights` is 1 for an execution not seen before, else 0);
        those of an ended execution are the sums of all of its sights.
        """
        gap = self.gap_seconds = self._advance(now)
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
                sight = _continue(before, sight)
            else:
                sight = running[session.session_id] = self._meet(sight, gap)
            sights.append(sight)
        ended = [execution for session_id, execution in self._running.items() if session_id not in followed]
        for execution in ended:
            self._note_end(execution)
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
        self._forget_gaps()
        self._last_poll_at = now
        return gap

    def _forget_gaps(self) -> None:
        total = sum(self._gaps)
        while len(self._gaps) > _GAPS_NEEDED and total - self._gaps[0] >= _GAPS_SECONDS:
            total -= self._gaps.popleft()
        # The mean by time, not by number: a burst has many gaps.
        self._usual_gap_seconds = sum(gap * gap for gap in self._gaps) / (total or 1.0)

    def _meet(self, sight: Execution, gap: float) -> Execution:
        fingerprint, age = sight.statement.fingerprint, _find_age(sight.session)
        resolution = None if age is None else self._durations.find_resolution_seconds(fingerprint)
        # What one sight stands for is learnt from those before it alone, or the estimate would be biased.
        met = replace(
            sight,
            executions_estimated=_count_up(age, gap, resolution),
            is_counted_up=resolution is not None or gap == 0,
            doubt=self._durations.find_doubt(fingerprint),
        )
        if age is not None and age < gap and self._is_usual(gap):
            self._durations.note_age(fingerprint, age, gap)
        return met

    def _is_usual(self, gap: float) -> bool:
        """Whether it is none of a burst's, which would make every execution look long and every age young."""
        return gap > 0 and gap >= self._usual_gap_seconds / 2

    def _note_end(self, execution: Execution) -> None:
        first_seen_at = execution.first_seen_at
        if first_seen_at is None or not self._is_usual(execution.first_gap_seconds):
            return
        age = _find_age(execution.session)
        lasted = execution.last_seen_at - (first_seen_at if age is None else execution.started_at)
        self._durations.note_end(
            execution.statement.fingerprint,
            lasted,
            None if age is None else first_seen_at - execution.started_at,
            execution.first_gap_seconds,
        )


def _see(session: Session, statement: Statement, now: float, gap: float) -> Execution:
    started_at = now - session.seconds
    return Execution(
        session=session,
        statement=statement,
        started_at=started_at,
        last_seen_at=now,
        sights=1,
        seconds_estimated=gap,
        examined_rows=session.examined_rows,
        first_seen_at=now,
        first_gap_seconds=gap,
        started_by=started_at,
    )


def _find_age(session: Session) -> float | None:
    """How long it has run, where the server says so to less than a second (MariaDB's TIME_MS, beside QUERY_ID)."""
    return None if session.query_id is None else session.seconds


def _count_up(age_seconds: float | None, gap_seconds: float, resolution_seconds: float | None) -> float:
    """How many executions a first sight stands for, in the mean one for each that lasts the resolution or longer.

    A shorter one comes to its share of the resolution: the sum is never above the truth in the mean.
    """
    if not gap_seconds:
        return 0.0  # it began before there was a poll
    if age_seconds is None or resolution_seconds is None or age_seconds >= gap_seconds:
        return 1.0  # a statement inside a stored routine may have its caller's age
    resolution_seconds = min(gap_seconds, resolution_seconds)
    return gap_seconds / resolution_seconds if age_seconds < resolution_seconds else 0.0


def _is_same(before: Execution, sight: Execution) -> bool:
    """Whether both are one execution.

    By QUERY_ID, which a server gives once. Without it, by shape and by start: MySQL counts from one whole
    second to another, which shifts the starts of one execution by less than a second. A statement that the same
    session repeats within that is taken for one: what was seen stays a lower bound.
    """
    if sight.session.query_id is not None:
        return before.session.query_id == sight.session.query_id
    if before.statement.fingerprint != sight.statement.fingerprint:
        return False
    earliest = min(before.started_at, sight.started_at)
    return max(before.started_by, sight.started_by) - earliest < _SECOND + _LATENESS_SECONDS


def _continue(before: Execution, sight: Execution) -> Execution:
    """A further sight, with nothing in it that the sights before it have told."""
    return replace(
        sight,
        sights=0,
        examined_rows=_grow(before.examined_rows, sight.examined_rows),
        is_counted_up=True,
        doubt=before.doubt,
    )


def _grow(before: int | None, after: int | None) -> int | None:
    return None if after is None else max(0, after - (before or 0))


def _join(before: Execution, sight: Execution) -> Execution:
    examined = [rows for rows in (before.examined_rows, sight.examined_rows) if rows is not None]
    return replace(
        sight,
        started_at=min(before.started_at, sight.started_at),
        started_by=max(before.started_by, sight.started_by),
        sights=before.sights + 1,
        seconds_estimated=before.seconds_estimated + sight.seconds_estimated,
        examined_rows=max(examined) if examined else None,
        executions_estimated=before.executions_estimated,
        is_counted_up=before.is_counted_up,
        doubt=before.doubt,
        first_seen_at=before.first_seen_at,
        first_gap_seconds=before.first_gap_seconds,
    )
