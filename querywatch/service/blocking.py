"""Looks who waits for whom: asks the server for its locks when somebody waits, and keeps the worst moments."""

from collections.abc import Callable, Mapping, Sequence

from querywatch.analysis.blocking import WaitClock, find_blocks, find_unexplained
from querywatch.analysis.situation import Blindness, Block, LockKind, RunningSession
from querywatch.analysis.waits import Wait, find_kind, find_waits
from querywatch.db.connection import Connection
from querywatch.locks import Locks, RowLocks
from querywatch.model import Attribution, Operation, Schema, Session, Severity
from querywatch.service.reader import SourceReader
from querywatch.sources.locks import (
    METADATA,
    ROWS,
    TABLES,
    read_metadata_locks,
    read_row_locks,
    read_table_locks,
)
from querywatch.units import format_count, format_seconds

_LOCKS_SECONDS = 0.01  # of the server's time: what asking for locks may take
_MAYBE_SECONDS = 1.0  # a change that runs for longer may wait for a row: no state says so
_REST_SECONDS = 2.0  # between two questions whether somebody waits for a row
_FRESH_SECONDS = 5.0  # a wait for a row is believed for so long, while the session that waits runs
_UNEXPLAINED_SECONDS = 3.0  # a shorter wait is not worth a word
_ADVICE = (
    "`querywatch check` says which of row_locks, metadata_locks and table_locks this server could tell, and what "
    "that takes; until then ask who has a transaction open, or used LOCK TABLES"
)

BlockKey = tuple[int, str]  # of the blocker: session, fingerprint


class Blocking:
    """Who waits for whom on one server. All of it belongs to one thread."""

    def __init__(self, reader: SourceReader) -> None:
        self._reader = reader
        self._clock = WaitClock()
        self._rows: RowLocks | None = None  # as last read
        self._rows_at: float | None = None
        self._worst: dict[BlockKey, Block] = {}
        self._unexplained: tuple[int, float] = (0, 0.0)  # sessions, the longest wait, since the last `take`
        self.victims: (
            Mapping[str, int] | None
        ) = {}  # integration -> who waits for it now; None: it cannot be told

    def look(
        self,
        connection: Connection,
        present: Sequence[tuple[Session, Attribution]],
        schema: Schema | None,
        now: float,
        may_spend: Callable[[float], bool],
    ) -> None:
        """Takes one look at all sessions."""
        kinds = {kind for session, _ in present if (kind := find_kind(session)) is not None}
        entries, waits = tuple[RunningSession, ...](), dict[int, Wait]()
        if kinds or self._may_wait_for_rows(present, now):
            entries = tuple(
                RunningSession(session=one, attribution=whose, outward_shape="") for one, whose in present
            )
            locks = self._read_locks(connection, kinds, now, may_spend=may_spend(_LOCKS_SECONDS))
            waits = find_waits(entries, locks, schema)
        seconds = self._clock.observe(entries, waits, now)
        blocks = find_blocks(entries, waits, seconds)
        unexplained = find_unexplained(blocks, waits)
        self._note(blocks, [seconds.get(session_id, 0.0) for session_id in unexplained])
        self.victims = None if unexplained else _count_victims(blocks)

    def skip(self) -> None:
        """The sessions could not be seen."""
        self.victims = None

    def take(self) -> tuple[Block, ...]:
        """The worst moment of each blocker since the last time."""
        worst, self._worst = tuple(self._worst.values()), {}
        return worst

    def take_blindness(self) -> tuple[Blindness, ...]:
        """What was seen waiting since the last time, for nobody that could be named."""
        (sessions, seconds), self._unexplained = self._unexplained, (0, 0.0)
        if not sessions:
            return ()
        message = (
            f"{format_count(sessions)} {'session' if sessions == 1 else 'sessions'} waited for a lock, for up to "
            f"{format_seconds(seconds)}, and the server does not tell who holds it"
        )
        return (Blindness(subject="locks", severity=Severity.INFO, message=message, advice=_ADVICE),)

    def _may_wait_for_rows(self, present: Sequence[tuple[Session, Attribution]], now: float) -> bool:
        """Whether it is worth asking: no state says so, but a change that runs for long may wait for a row."""
        rests = self._rows_at is not None and 0.0 <= now - self._rows_at < _REST_SECONDS
        if rests and (self._rows is None or not self._rows.waits):
            return False
        return any(_may_lock_rows(session) for session, _ in present)

    def _read_locks(
        self, connection: Connection, kinds: set[LockKind], now: float, *, may_spend: bool
    ) -> Locks:
        """What bears on these kinds of waits; without leave to spend, the rows as they were a moment ago."""
        read, metadata, tables = self._reader.read, None, None
        if may_spend:
            self._rows, self._rows_at = read(ROWS, lambda: read_row_locks(connection), now), now
            if kinds - {LockKind.TABLE}:
                metadata = read(METADATA, lambda: read_metadata_locks(connection), now)
            if LockKind.TABLE in kinds:
                tables = read(TABLES, lambda: read_table_locks(connection), now)
        is_fresh = self._rows_at is not None and 0.0 <= now - self._rows_at < _FRESH_SECONDS
        return Locks(rows=self._rows if is_fresh else None, metadata=metadata, tables=tables)

    def _note(self, blocks: Sequence[Block], unexplained_seconds: Sequence[float]) -> None:
        for block in blocks:
            session = block.blocker.session
            key = (session.session_id, session.statement.fingerprint if session.statement else "")
            before = self._worst.get(key)
            if before is None or _find_weight(block) >= _find_weight(before):
                self._worst[key] = block
        worth = [seconds for seconds in unexplained_seconds if seconds >= _UNEXPLAINED_SECONDS]
        if worth:
            sessions, longest_seconds = self._unexplained
            self._unexplained = (max(sessions, len(worth)), max(longest_seconds, *worth))


def _find_weight(block: Block) -> tuple[int, float]:
    return len(block.victims), block.victims[0].seconds


def _may_lock_rows(session: Session) -> bool:
    """Whether it has run long enough to be noticed, something that locks rows; a SELECT says so itself."""
    if not session.is_active or session.seconds < _MAYBE_SECONDS:
        return False
    statement = session.statement
    if statement is None or statement.operation is not Operation.SELECT:
        return True
    return statement.shape.endswith((" FOR UPDATE", "SHARE MODE", " FOR SHARE", "NOWAIT", "SKIP LOCKED"))


def _count_victims(blocks: Sequence[Block]) -> Mapping[str, int]:
    victims = dict[str, int]()
    for block in blocks:
        name = block.blocker.attribution.integration.name
        victims[name] = victims.get(name, 0) + len(block.victims)
    return victims
