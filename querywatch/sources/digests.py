"""Reads the counters by statement shape: performance_schema.events_statements_summary_by_digest."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from querywatch.counters import NO_TOTALS, DigestKey, DigestReading, DigestRow, Totals
from querywatch.db.connection import Connection
from querywatch.model import Operation, Statement
from querywatch.sources.base import (
    GRANT_PERFORMANCE_SCHEMA,
    StatementReducer,
    parse_totals,
    read_rows,
    require_performance_schema,
)

# The session's time zone is UTC, so the two times are seconds since the epoch.
_DIGESTS = (
    "SELECT SCHEMA_NAME, DIGEST, DIGEST_TEXT, COUNT_STAR, SUM_ERRORS, SUM_TIMER_WAIT, SUM_ROWS_AFFECTED, "
    "SUM_ROWS_SENT, SUM_ROWS_EXAMINED, SUM_NO_INDEX_USED, SUM_LOCK_TIME, UNIX_TIMESTAMP(FIRST_SEEN), "
    "UNIX_TIMESTAMP(LAST_SEEN), UNIX_TIMESTAMP() FROM performance_schema.events_statements_summary_by_digest"
)
_RECENT_DIGESTS = f"{_DIGESTS} WHERE LAST_SEEN >= FROM_UNIXTIME(%s) OR DIGEST IS NULL"
STATEMENTS = (_DIGESTS, _RECENT_DIGESTS)

# LAST_SEEN has whole seconds on MySQL 5.6 and MariaDB, and a statement is entered after its client's answer.
_OVERLAP_SECONDS = 2
_COMPLETE_EVERY = 30
# MySQL 8 and later works out percentiles for every row that is looked at, whatever the WHERE: 6 µs each. So much
# time goes by for each second of reading, within a bound.
_REST_FOR_EACH_SECOND = 1_500.0
_LONGEST_REST_SECONDS = 60.0
_CROWD = 1_000
_REDUCING_SECONDS = 0.05  # in one reading; a shape takes a quarter of a millisecond
# MySQL 8 and later: then the statement itself, or its name when prepared by text.
_PREPARED_EXECUTION = "EXECUTE "


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    text: str
    totals: Totals
    first_seen: float
    last_seen: float

    def plus(self, other: "_Row") -> "_Row":
        return _Row(
            text=self.text,
            totals=self.totals.plus(other.totals),
            first_seen=min(self.first_seen, other.first_seen),
            last_seen=max(self.last_seen, other.last_seen),
        )


class DigestSource:
    """Reads everything first and now and then, in between only what ran since the last read.

    A clock put back on the server, or a shape that stands in more than one row, would make a partial reading
    lie: the complete one comes round in time for the first, and the second is always read completely.
    """

    def __init__(self, *, complete_every: int = _COMPLETE_EVERY) -> None:
        self._complete_every = complete_every
        self._connection: Connection | None = None
        self._server_time: float | None = None
        self._partial_reads = 0
        self._repeated = False
        self._due_at = 0.0
        self._shapes = DigestShapes()

    def is_due(self, now: float) -> bool:
        """Whether to read again, after what the last read took."""
        return now >= self._due_at

    def read(self, connection: Connection, book: StatementReducer, now: float = 0.0) -> DigestReading:
        """What the server has counted; a new connection begins with a complete reading.

        What ran for the first time, and is too much to reduce at once, is held back for the next reading;
        `catch_up` goes on with it meanwhile.
        """
        since, spent = self._find_since(connection), connection.seconds_spent
        rows = _read_rows(connection, since)
        rest_seconds = (connection.seconds_spent - spent) * _REST_FOR_EACH_SECOND
        self._connection = connection
        self._partial_reads = 0 if since is None else self._partial_reads + 1
        if rows:
            self._server_time = float(rows[0][-1])
        if since is None:
            self._repeated = _has_repeated(rows)
        digests, overflow = _parse_rows(rows)
        found = self._shapes.find(digests, book, complete=since is None)
        self._due_at = now + min(rest_seconds, _LONGEST_REST_SECONDS)
        complete = since is None and not self._shapes.behind
        return DigestReading(rows=found, complete=complete, overflow=overflow)

    def catch_up(self, book: StatementReducer) -> None:
        """Reduces more of what the last reading held back."""
        self._shapes.catch_up(book)

    def _find_since(self, connection: Connection) -> float | None:
        is_due = self._partial_reads + 1 >= self._complete_every
        if connection is not self._connection or is_due or self._repeated:
            return None
        if self._shapes.behind or self._shapes.is_crowded:
            return None
        return self._server_time


def read_digests(connection: Connection, book: StatementReducer, since: float | None) -> DigestReading:
    """The counters of all shapes, or of those that ran since a time of the server's clock.

    Needs SELECT on performance_schema. A client that never chose a database has None for one.
    """
    digests, overflow = _parse_rows(_read_rows(connection, since))
    rows = {key: _make_row(row, book.from_digest(row.text)) for key, row in digests.items()}
    return DigestReading(rows=rows, complete=since is None, overflow=overflow)


def _read_rows(connection: Connection, since: float | None) -> Sequence[tuple[Any, ...]]:
    if since is not None:
        parameters = (int(since) - _OVERLAP_SECONDS,)
        return read_rows(connection, _RECENT_DIGESTS, parameters, grant=GRANT_PERFORMANCE_SCHEMA)
    rows = read_rows(connection, _DIGESTS, grant=GRANT_PERFORMANCE_SCHEMA)
    if not rows:
        require_performance_schema(connection)
    return rows


def _has_repeated(rows: Sequence[tuple[Any, ...]]) -> bool:
    return len({row[:2] for row in rows}) < len(rows)


def _parse_rows(rows: Sequence[tuple[Any, ...]]) -> tuple[dict[DigestKey, _Row], Totals | None]:
    """(the rows by digest, the overflow's totals)."""
    found: dict[DigestKey, _Row] = {}
    overflow: Totals | None = None
    for database, digest, text, *counters, first_seen, last_seen, _ in rows:
        totals = parse_totals(counters)
        if digest is None:
            overflow = totals.plus(overflow or NO_TOTALS)
            continue
        key = DigestKey(database=database, digest=digest)
        row = _Row(
            text=text or "",
            totals=totals,
            first_seen=float(first_seen or 0),
            last_seen=float(last_seen or 0),
        )
        found[key] = found[key].plus(row) if key in found else row
    return found, overflow


def _make_row(row: _Row, statement: Statement) -> DigestRow:
    return DigestRow(
        statement=statement,
        totals=row.totals,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        prepared=row.text.startswith(_PREPARED_EXECUTION),
    )


def _make_unread(row: _Row) -> Statement:
    is_prepared = row.text.startswith(_PREPARED_EXECUTION)
    operation = Operation.PREPARED if is_prepared else Operation.OTHER
    return Statement(fingerprint="", shape="", operation=operation, tables=())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    first_seen: float
    executions: int
    seconds: float
    statement: Statement | None  # None: it did not run since the first reading


class DigestShapes:
    """Reduces the digests that run, not the thousands that only stand in the table, and never all at once.

    What did not run since the first reading has a statement without a shape, and no growth to lay to it.
    """

    def __init__(self, *, reducing_seconds: float = _REDUCING_SECONDS) -> None:
        self._reducing_seconds = reducing_seconds
        self._known: dict[DigestKey, _Known] = {}
        self._held: dict[
            DigestKey, str
        ] = {}  # the texts of the rows held back the last time, the costliest first
        self._early: dict[DigestKey, Statement] = {}  # reduced since
        self._standing = 0  # in the last complete reading
        self._started = False

    @property
    def behind(self) -> bool:
        """Whether rows were held back the last time."""
        return bool(self._held or self._early)

    def find(
        self, rows: Mapping[DigestKey, _Row], book: StatementReducer, *, complete: bool
    ) -> dict[DigestKey, DigestRow]:
        """The rows with their statements, without those that are held back: the costliest are reduced first."""
        if complete:
            self._known = {key: known for key, known in self._known.items() if key in rows}
            self._standing = len(rows)
        waiting = [key for key, row in rows.items() if self._started and self._is_wanted(key, row)]
        waiting.sort(key=lambda key: self._find_growth(key, rows[key]), reverse=True)
        self._held = {key: rows[key].text for key in waiting if key not in self._early}
        reduced, self._early = self._early | self._reduce(book), {}
        found = {}
        for key, row in rows.items():
            if key not in self._held:
                statement = reduced.get(key) or self._find_statement(key)
                self._known[key] = _Known(
                    first_seen=row.first_seen,
                    executions=row.totals.executions,
                    seconds=row.totals.seconds,
                    statement=statement,
                )
                found[key] = _make_row(row, statement or _make_unread(row))
        self._started = True
        return found

    @property
    def is_crowded(self) -> bool:
        """Whether it knows many more digests than the table held: those of before it was emptied are to go."""
        return len(self._known) > 2 * self._standing + _CROWD

    def catch_up(self, book: StatementReducer) -> None:
        """Reduces more of what was held back."""
        self._early |= self._reduce(book)

    def _find_statement(self, key: DigestKey) -> Statement | None:
        known = self._known.get(key)
        return None if known is None else known.statement

    def _is_wanted(self, key: DigestKey, row: _Row) -> bool:
        """Whether it ran; one whose digest is cut may have become known whole meanwhile."""
        known = self._known.get(key)
        if known is None:
            return True
        ran = (known.first_seen, known.executions) != (row.first_seen, row.totals.executions)
        return ran and (known.statement is None or known.statement.cut)

    def _find_growth(self, key: DigestKey, row: _Row) -> float:
        known = self._known.get(key)
        return row.totals.seconds - (known.seconds if known is not None else 0.0)

    def _reduce(self, book: StatementReducer) -> dict[DigestKey, Statement]:
        over_at = time.monotonic() + self._reducing_seconds
        reduced: dict[DigestKey, Statement] = {}
        for key, text in self._held.items():
            reduced[key] = book.from_digest(text)
            if time.monotonic() >= over_at:
                break
        self._held = {key: text for key, text in self._held.items() if key not in reduced}
        return reduced
