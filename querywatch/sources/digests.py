"""Reads the counters by statement shape: performance_schema.events_statements_summary_by_digest."""

from collections.abc import Sequence
from typing import Any

from querywatch.counters import NO_TOTALS, DigestKey, DigestReading, DigestRow, Totals
from querywatch.db.connection import Connection
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
    "SUM_ROWS_SENT, SUM_ROWS_EXAMINED, SUM_NO_INDEX_USED, UNIX_TIMESTAMP(FIRST_SEEN), "
    "UNIX_TIMESTAMP(LAST_SEEN), UNIX_TIMESTAMP() FROM performance_schema.events_statements_summary_by_digest"
)
_RECENT_DIGESTS = f"{_DIGESTS} WHERE LAST_SEEN >= FROM_UNIXTIME(%s) OR DIGEST IS NULL"
STATEMENTS = (_DIGESTS, _RECENT_DIGESTS)

# LAST_SEEN has whole seconds on MySQL 5.6 and MariaDB, and a statement is entered after its client's answer.
_OVERLAP_SECONDS = 2
_COMPLETE_EVERY = 30
_PREPARED_EXECUTION = (
    "EXECUTE "  # MySQL 8 and later: then the statement itself, or its name when prepared by text
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

    def read(self, connection: Connection, book: StatementReducer) -> DigestReading:
        """What the server has counted; a new connection begins with a complete reading."""
        since = self._find_since(connection)
        rows = _read_rows(connection, since)
        self._connection = connection
        self._partial_reads = 0 if since is None else self._partial_reads + 1
        if rows:
            self._server_time = float(rows[0][-1])
        if since is None:
            self._repeated = _has_repeated(rows)
        return _build_reading(rows, book, complete=since is None)

    def _find_since(self, connection: Connection) -> float | None:
        is_due = self._partial_reads + 1 >= self._complete_every
        if connection is not self._connection or is_due or self._repeated:
            return None
        return self._server_time


def read_digests(connection: Connection, book: StatementReducer, since: float | None) -> DigestReading:
    """The counters of all shapes, or of those that ran since a time of the server's clock.

    Needs SELECT on performance_schema. A client that never chose a database has None for one.
    """
    rows = _read_rows(connection, since)
    return _build_reading(rows, book, complete=since is None)


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


def _build_reading(
    rows: Sequence[tuple[Any, ...]], book: StatementReducer, *, complete: bool
) -> DigestReading:
    found: dict[DigestKey, DigestRow] = {}
    overflow: Totals | None = None
    for row in rows:
        database, digest, text, *_ = row
        if digest is None:
            overflow = parse_totals(row[3:10]).plus(overflow or NO_TOTALS)
            continue
        key = DigestKey(database=database, digest=digest)
        found[key] = _parse_row(row, text or "", book, found.get(key))
    return DigestReading(rows=found, complete=complete, overflow=overflow)


def _parse_row(
    row: tuple[Any, ...], text: str, book: StatementReducer, before: DigestRow | None
) -> DigestRow:
    totals = parse_totals(row[3:10])
    first_seen, last_seen = float(row[10] or 0), float(row[11] or 0)
    if before is None:
        statement = book.from_digest(text)
        return DigestRow(
            statement=statement,
            totals=totals,
            first_seen=first_seen,
            last_seen=last_seen,
            prepared=text.startswith(_PREPARED_EXECUTION),
        )
    return DigestRow(
        statement=before.statement,
        totals=totals.plus(before.totals),
        first_seen=min(first_seen, before.first_seen),
        last_seen=max(last_seen, before.last_seen),
        prepared=before.prepared,
    )
