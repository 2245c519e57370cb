"""Keeps what happened to a server: changes, gaps in sight, sizes of tables, and when names and shapes were seen."""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from querywatch.analysis.timeline import Change, ChangeKind

_ROWS_WORTH_KEEPING = 0.01  # a table whose number of rows moved by less is as it was


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A time without sight of a server; `reason` is the short word of its metrics, or 'not running' of querywatch."""

    started_at: float
    ended_at: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeSeen:
    """A shape as it may be shown, and when it was seen."""

    fingerprint: str
    shape: str
    tables: str
    first_seen_at: float
    last_seen_at: float


def add_changes(connection: sqlite3.Connection, server: str, changes: Iterable[Change]) -> None:
    """Adds to the timeline."""
    connection.executemany(
        "INSERT INTO changes (server, at, kind, subject, words) VALUES (?, ?, ?, ?, ?)",
        [(server, each.at, str(each.kind), each.subject, each.words) for each in changes],
    )


def load_changes(connection: sqlite3.Connection, server: str, since: float) -> tuple[Change, ...]:
    """The timeline since then, oldest first; kinds that this version does not know are left out."""
    known = {str(kind) for kind in ChangeKind}
    rows = connection.execute(
        "SELECT at, kind, subject, words FROM changes WHERE server = ? AND at >= ? ORDER BY at, id",
        (server, since),
    )
    return tuple(
        Change(at=at, kind=ChangeKind(kind), subject=subject, words=words)
        for at, kind, subject, words in rows
        if kind in known
    )


def save_gap(connection: sqlite3.Connection, server: str, gap: Gap) -> None:
    """Writes a gap, or how far it has come."""
    connection.execute(
        "INSERT INTO gaps (server, started_at, ended_at, reason) VALUES (?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET ended_at = max(ended_at, excluded.ended_at)",
        (server, gap.started_at, gap.ended_at, gap.reason),
    )


def load_gaps(connection: sqlite3.Connection, server: str, since: float) -> tuple[Gap, ...]:
    """The gaps that reach into the time since then, oldest first."""
    rows = connection.execute(
        "SELECT started_at, ended_at, reason FROM gaps WHERE server = ? AND ended_at >= ? ORDER BY started_at",
        (server, since),
    )
    return tuple(Gap(started_at=start, ended_at=end, reason=reason) for start, end, reason in rows)


def save_table_rows(
    connection: sqlite3.Connection, server: str, tables: Mapping[str, int], now: float
) -> None:
    """Writes the sizes that are not what they were: an entry is where a table's number of rows moved by 1 %."""
    # SQLite takes the other columns from the row that has the maximum.
    rows = connection.execute(
        "SELECT table_name, row_count, max(at) FROM table_rows WHERE server = ? GROUP BY table_name",
        (server,),
    )
    latest = {name: count for name, count, _ in rows}
    connection.executemany(
        "INSERT OR REPLACE INTO table_rows (server, table_name, at, row_count) VALUES (?, ?, ?, ?)",
        [
            (server, name, now, count)
            for name, count in tables.items()
            if name not in latest or abs(count - latest[name]) > _ROWS_WORTH_KEEPING * latest[name]
        ],
    )


def load_table_rows(
    connection: sqlite3.Connection, server: str, table: str, since: float
) -> tuple[tuple[float, int], ...]:
    """(when, rows) of one table since then, oldest first; before the first, what it was at the last time before."""
    rows = connection.execute(
        "SELECT at, row_count FROM table_rows WHERE server = ?1 AND table_name = ?2 AND at >= coalesce("
        "(SELECT max(at) FROM table_rows WHERE server = ?1 AND table_name = ?2 AND at <= ?3), ?3) ORDER BY at",
        (server, table, since),
    )
    return tuple(rows.fetchall())


def save_names(
    connection: sqlite3.Connection, server: str, kind: str, names: Iterable[str], now: float
) -> None:
    """Notes that they were seen now."""
    connection.executemany(
        "INSERT INTO names (server, kind, name, first_seen_at, last_seen_at) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET last_seen_at = excluded.last_seen_at",
        [(server, kind, name, now, now) for name in names],
    )


def save_shapes(
    connection: sqlite3.Connection, server: str, shapes: Mapping[str, tuple[str, str]], now: float
) -> None:
    """Notes that shapes, fingerprint -> (as it may be shown, tables), were seen now."""
    connection.executemany(
        "INSERT INTO shapes (server, fingerprint, shape, tables, first_seen_at, last_seen_at) "
        "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET shape = excluded.shape, tables = excluded.tables, "
        "last_seen_at = excluded.last_seen_at",
        [(server, fingerprint, shape, tables, now, now) for fingerprint, (shape, tables) in shapes.items()],
    )


def load_shapes(connection: sqlite3.Connection, server: str) -> tuple[ShapeSeen, ...]:
    """The shapes that are remembered, the first seen first."""
    rows = connection.execute(
        "SELECT fingerprint, shape, tables, first_seen_at, last_seen_at FROM shapes WHERE server = ? "
        "ORDER BY first_seen_at, fingerprint",
        (server,),
    )
    return tuple(
        ShapeSeen(
            fingerprint=fingerprint,
            shape=shape,
            tables=tables,
            first_seen_at=first,
            last_seen_at=last,
        )
        for fingerprint, shape, tables, first, last in rows
    )
