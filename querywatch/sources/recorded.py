"""Reads the executions that the server wrote down with their session: events_statements_current and _history."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any

from querywatch.counters import Recorded
from querywatch.db.connection import Connection
from querywatch.db.server import has_rows_of_last_statement
from querywatch.sources.base import (
    GRANT_PERFORMANCE_SCHEMA,
    SourceUnavailableError,
    StatementReducer,
    are_consumers_on,
    read_rows,
    require_consumers,
    require_performance_schema,
)
from querywatch.sources.threads import ThreadBook
from querywatch.units import PICOSECONDS_PER_SECOND, seconds_from_picoseconds


class Record(StrEnum):
    """What the server keeps, by how far it goes back."""

    LAST = "last_statements"  # of each session the one that it runs, or ran last
    HISTORY = "history"  # of each session the last ten, as long as it is there
    LONG = "history_long"  # of all together the last thousands, also of sessions that are gone


CONSUMERS = {
    Record.LAST: "events_statements_current",
    Record.HISTORY: "events_statements_history",
    Record.LONG: "events_statements_history_long",
}
_ROWS = 10_000  # the largest default of performance_schema_events_statements_history_long_size
# The server's own digest text: no literal crosses the wire. A row without one is a binary prepared execution
# on MySQL 5.6 and MariaDB, or what does not parse. What a stored routine runs inside is none of its client's;
# NESTING_EVENT_ID would not do: MySQL 5.7 and later have a transaction's statements nested in it.
_COLUMNS = (
    "SELECT THREAD_ID, EVENT_ID, END_EVENT_ID, TIMER_END, TIMER_WAIT, DIGEST_TEXT, ROWS_EXAMINED "
    "FROM performance_schema."
)
_CONDITIONS = (
    "WHERE TIMER_END > %s AND DIGEST_TEXT IS NOT NULL AND EVENT_NAME NOT LIKE 'statement/sp/%%' "
    f"LIMIT {_ROWS}"
)
_EVENTS = {record: f"{_COLUMNS}{consumer} {_CONDITIONS}" for record, consumer in CONSUMERS.items()}
STATEMENTS = tuple(_EVENTS.values())

# An execution is entered a moment after its end was timed, and others that ended later may come first.
_OVERLAP_PICOSECONDS = PICOSECONDS_PER_SECOND


class RecordedSource:
    """Reads what ended since the last time, each execution once; what still runs comes every time."""

    def __init__(self, threads: ThreadBook) -> None:
        self._threads = threads
        self._read_to: dict[Record, int] = {}
        self._given: dict[tuple[int, int], int] = {}

    def forget(self) -> None:
        """A new connection: after a restart the server's timers begin anew."""
        self._read_to.clear()
        self._given.clear()

    def read(
        self, connection: Connection, book: StatementReducer, record: Record, now: float
    ) -> tuple[Recorded, ...]:
        """The executions of one table; needs SELECT on performance_schema, and the table's consumer.

        MariaDB has all three consumers switched off by default, MySQL 5.6 the last two, later MySQL the last.
        Whose an execution was is not known of a session that came and went between two readings: it is left out.
        """
        # Of what others told long ago nothing is kept in mind: a table that is new goes on from there.
        read_to = self._read_to.get(record, min(self._read_to.values(), default=0))
        since = max(0, read_to - _OVERLAP_PICOSECONDS)
        try:
            rows = read_rows(connection, _EVENTS[record], (since,), grant=GRANT_PERFORMANCE_SCHEMA)
            if not rows:
                require_performance_schema(connection)
            # The rows of a consumer that was switched off stay as they were: they must not pass for those of now.
            require_consumers(connection, *_find_consumers(record))
        except SourceUnavailableError:
            self._read_to.pop(record, None)
            raise
        self._threads.read(connection, now)
        has_rows = record is not Record.LAST or has_rows_of_last_statement(connection.server)
        found = tuple(self._parse(connection, book, self._drop_given(rows), has_rows=has_rows))
        self._note(record, rows)
        return found

    def _drop_given(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        return (row for row in rows if (row[0], row[1]) not in self._given)

    def _parse(
        self,
        connection: Connection,
        book: StatementReducer,
        rows: Iterable[tuple[Any, ...]],
        *,
        has_rows: bool,
    ) -> Iterator[Recorded]:
        for thread_id, event_id, end_event_id, _, picoseconds, text, rows_examined in rows:
            owner = self._threads.find(thread_id)
            if owner is None or owner.session_id == connection.connection_id:
                continue
            # While it runs, some servers give the time so far, and the time now for its end.
            seconds = None if end_event_id is None else seconds_from_picoseconds(int(picoseconds))
            yield Recorded(
                key=(int(thread_id), int(event_id)),
                session_id=owner.session_id,
                account=owner.account,
                host=owner.host,
                statement=book.from_digest(str(text)),
                seconds=seconds,
                rows_examined=int(rows_examined) if has_rows else None,
            )

    def _note(self, record: Record, rows: Iterable[tuple[Any, ...]]) -> None:
        ended = {(row[0], row[1]): int(row[3]) for row in rows if row[2] is not None}
        self._read_to[record] = max(ended.values(), default=self._read_to.get(record, 0))
        # What another table may still tell again is kept in mind.
        oldest = min(self._read_to.values()) - _OVERLAP_PICOSECONDS
        self._given = {key: end for key, end in (self._given | ended).items() if end > oldest}


def require_record(connection: Connection, record: Record) -> None:
    """Raises `SourceUnavailableError` when the server does not keep this record now; reads none of it."""
    consumers = _find_consumers(record)
    if not are_consumers_on(connection, *consumers):
        require_performance_schema(connection)
        require_consumers(connection, *consumers)


def _find_consumers(record: Record) -> tuple[str, str]:
    # The histories are filled from what is current, and stay as they were while that is off.
    return CONSUMERS[Record.LAST], CONSUMERS[record]
