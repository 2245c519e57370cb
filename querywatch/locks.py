"""The nouns of locks, as servers tell of them: who waits for whose rows, who holds and wants which table."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RowWait:
    """One session waits for rows that another session's transaction has locked."""

    waiting_id: int
    holding_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RowLocks:
    """InnoDB's waits, as far as they were read, and the sessions in a transaction: all, and those that wait."""

    waits: tuple[RowWait, ...] = ()
    in_transaction: frozenset[int] = frozenset()
    waiting: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataLock:
    """One lock on something that somebody waits for. Names fold case; '' where it is on the whole server."""

    session_id: int
    database: str
    table: str
    mode: str  # the server's word: 'SHARED_READ', 'EXCLUSIVE', ...
    granted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TableLock:
    """One session has, or waits to have, a table that has no row locks (MyISAM, Aria, MEMORY); names fold case."""

    session_id: int
    database: str
    table: str
    exclusive: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Locks:
    """What one look found; None is "this server does not tell"."""

    rows: RowLocks | None = None
    metadata: tuple[MetadataLock, ...] | None = None
    tables: tuple[TableLock, ...] | None = None
