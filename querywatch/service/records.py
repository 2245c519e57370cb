"""Reads what one server says of single sessions and executions, from the deepest of its records."""

from querywatch.counters import Prepared, Recorded, SessionReading
from querywatch.db.connection import Connection
from querywatch.service.reader import SourceReader
from querywatch.sources import prepared, recorded, session_counters, slow_log
from querywatch.sources.base import StatementReducer
from querywatch.sources.recorded import Record
from querywatch.sources.threads import ThreadBook

# What takes long is read less often: no single one of these takes a larger share of the server's time than this.
_BUSY_RATIO = 0.003
_COLLECT_SECONDS = 1.5  # a session keeps its last ten: fewer than a workstation runs meanwhile
_COLLECTED_MOST = 50_000  # executions kept until the next count


class Records:
    """One server's records. They are seeds of attribution, not totals: none has to be read at every count."""

    def __init__(self, reader: SourceReader, book: StatementReducer) -> None:
        self._reader = reader
        self._book = book
        self._threads = ThreadBook()
        self._recorded = recorded.RecordedSource(self._threads)
        self._slow_log = slow_log.SlowLogSource()
        self._collected = list[Recorded]()
        self._collected_at = 0.0

    def connected(self) -> None:
        """A new connection, perhaps to a server that restarted: its numbers and timers begin anew."""
        self._threads.forget()
        self._recorded.forget()
        self._collected = []

    def read_sessions(self, connection: Connection, now: float) -> SessionReading | None:
        """What each session has run so far; these are totals, and are read whenever they are asked for."""
        return self._reader.read(
            "sessions",
            lambda: session_counters.read_session_counters(connection, self._threads, now),
            now,
        )

    def collect(self, connection: Connection, now: float) -> None:
        """Reads the deepest record between two counts: of a busy session it keeps the last ten alone."""
        deepest = next((record for record in (Record.LONG, Record.HISTORY) if self._is_up(record)), None)
        if deepest is None or now < self._collected_at + _COLLECT_SECONDS:
            return
        self._collected_at = now
        self._collected += self._read(deepest, connection, now, busy_ratio=_BUSY_RATIO)
        del self._collected[:-_COLLECTED_MOST]

    def read_recorded(self, connection: Connection, now: float) -> tuple[Recorded, ...]:
        """The executions that were written down since the last time, from the deepest record, and what runs.

        The slow log is read where there is no other: it would tell the same executions again.
        """
        found, self._collected = self._collected, []
        deepest: Record | None = None
        for record in (Record.LONG, Record.HISTORY):
            if deepest is not None:
                self._require(record, connection, now)
                continue
            found += self._read(record, connection, now, busy_ratio=_BUSY_RATIO)
            deepest = record if self._is_up(record) else None
        # Last, because the histories tell more of the same execution.
        found += self._read(Record.LAST, connection, now)
        if deepest is None:
            found += self._read_slow_log(connection, now)
        return tuple(found)

    def read_prepared(self, connection: Connection, now: float) -> tuple[Prepared, ...]:
        """The statements that sessions hold prepared; nothing too when it is not their turn."""
        found = self._reader.read(
            "prepared",
            lambda: prepared.read_prepared(connection, self._book, self._threads, now),
            now,
            busy_ratio=_BUSY_RATIO,
            spent=lambda: connection.seconds_spent,
        )
        return found or ()

    def _read(
        self, record: Record, connection: Connection, now: float, *, busy_ratio: float | None = None
    ) -> tuple[Recorded, ...]:
        found = self._reader.read(
            record,
            lambda: self._recorded.read(connection, self._book, record, now),
            now,
            busy_ratio=busy_ratio,
            spent=lambda: connection.seconds_spent,
        )
        return found or ()

    def _require(self, record: Record, connection: Connection, now: float) -> None:
        self._reader.read(record, lambda: recorded.require_record(connection, record), now)

    def _is_up(self, record: Record) -> bool:
        state = self._reader.find(record)
        return state is not None and state.up

    def _read_slow_log(self, connection: Connection, now: float) -> tuple[Recorded, ...]:
        found = self._reader.read(
            "slow_log",
            lambda: self._slow_log.read(connection, self._book),
            now,
            busy_ratio=_BUSY_RATIO,
            spent=lambda: connection.seconds_spent,
        )
        return found or ()
