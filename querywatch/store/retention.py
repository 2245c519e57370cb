"""Bounds the state file: what is older than it is kept for goes, and so does what is more than there is room for."""

import sqlite3
from dataclasses import dataclass

from querywatch.store.use import drop_days, fold_hours
from querywatch.store.writes import fold_writes

DAY_SECONDS = 86_400.0
YEAR_SECONDS = 366 * DAY_SECONDS
_EVENTS_KEPT_SECONDS = 6 * YEAR_SECONDS
# Rows a server, the latest: whatever happens on it, its part of the file stays small.
_ROWS_KEPT = (
    ("changes", "at", 20_000),
    ("finding_history", "last_seen_at", 20_000),
    ("shapes", "last_seen_at", 5_000),
    ("names", "last_seen_at", 20_000),
    ("gaps", "ended_at", 20_000),
    ("table_rows", "at", 100_000),
)


# The last size of a table that does not change stays.
_OLD_SIZES = (
    "DELETE FROM table_rows WHERE at < ?1 AND at < (SELECT max(at) FROM table_rows AS later "
    "WHERE later.server = table_rows.server AND later.table_name = table_rows.table_name)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long what is kept."""

    hours_seconds: float = 35.0 * DAY_SECONDS  # use by the hour; then it is kept by the day
    history_seconds: float = 400.0 * DAY_SECONDS
    writes_seconds: float = 6.0 * YEAR_SECONDS


def prune(connection: sqlite3.Connection, retention: Retention, now: float) -> None:
    """Drops and folds what is due; to be called once a day, in a transaction."""
    fold_hours(connection, now - retention.hours_seconds)
    fold_writes(connection, now - retention.hours_seconds)
    oldest = now - retention.history_seconds
    drop_days(connection, oldest)
    for statement in (
        "DELETE FROM changes WHERE at < ?",
        "DELETE FROM finding_history WHERE resolved_at < ?",
        "DELETE FROM gaps WHERE ended_at < ?",
        "DELETE FROM names WHERE last_seen_at < ?",
        "DELETE FROM shapes WHERE last_seen_at < ?",
        "DELETE FROM baselines WHERE saved_at < ?",
        _OLD_SIZES,
        "DELETE FROM acknowledgements WHERE coalesce(ended_at, until) < ?",
        "DELETE FROM trials WHERE changed_at < ?",
    ):
        connection.execute(statement, (oldest,))
    connection.execute("DELETE FROM writes WHERE last_at < ?", (now - retention.writes_seconds,))
    connection.execute("DELETE FROM events WHERE at < ?", (now - _EVENTS_KEPT_SECONDS,))
    for table, column, most in _ROWS_KEPT:
        _keep_latest(connection, table, column, most)


def _keep_latest(connection: sqlite3.Connection, table: str, column: str, most: int) -> None:
    crowded = connection.execute(
        f"SELECT server FROM {table} GROUP BY server HAVING count(*) > ?", (most,)
    ).fetchall()
    for (server,) in crowded:
        connection.execute(
            f"DELETE FROM {table} WHERE server = ?1 AND {column} < "
            f"(SELECT {column} FROM {table} WHERE server = ?1 ORDER BY {column} DESC LIMIT 1 OFFSET ?2)",
            (server, most - 1),
        )
