"""Keeps what each integration and shape used, by the hour for a while and by the day for longer."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

HOUR_SECONDS = 3_600
DAY_SECONDS = 86_400

_AMOUNTS = "runs, seconds, rows_examined, rows_sent, longest_seconds"
_ADD = f"""
    INSERT INTO use_hours (series, hour, {_AMOUNTS}) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET runs = runs + excluded.runs,
        seconds = coalesce(seconds + excluded.seconds, seconds, excluded.seconds),
        rows_examined = coalesce(rows_examined + excluded.rows_examined, rows_examined, excluded.rows_examined),
        rows_sent = coalesce(rows_sent + excluded.rows_sent, rows_sent, excluded.rows_sent),
        longest_seconds = coalesce(max(longest_seconds, excluded.longest_seconds), longest_seconds,
            excluded.longest_seconds)
"""
# Both halves come in the order of their time; a day that was folded has no hours any more.
_LOAD = f"""
    SELECT integration, fingerprint, day * {DAY_SECONDS} AS started_at, {DAY_SECONDS}, {_AMOUNTS}
    FROM use_days JOIN series ON series.id = use_days.series WHERE server = ? AND day >= ? AND day * {DAY_SECONDS} < ?
    UNION ALL
    SELECT integration, fingerprint, hour * {HOUR_SECONDS}, {HOUR_SECONDS}, {_AMOUNTS}
    FROM use_hours JOIN series ON series.id = use_hours.series WHERE server = ? AND hour >= ? AND hour * {HOUR_SECONDS} < ?
    ORDER BY started_at
"""  # noqa: E501 - a table's name and its bounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What an integration used in some time, by one shape or (fingerprint '') by all it ran. None: not measured."""

    integration: str
    fingerprint: str = ""
    runs: float
    seconds: float | None = None
    rows_examined: float | None = None
    rows_sent: float | None = None
    longest_seconds: float | None = None  # that a statement was seen running


@dataclass(frozen=True, slots=True, kw_only=True)
class PastUse:
    """The use of one hour, or of one day (UTC) where that is long past."""

    started_at: float
    length_seconds: float
    use: Use


def add_use(connection: sqlite3.Connection, server: str, uses: Iterable[Use], now: float) -> None:
    """Adds to the running hour."""
    hour = int(now // HOUR_SECONDS)
    connection.executemany(
        _ADD,
        [
            (
                _find_series(connection, server, use),
                hour,
                *(use.runs, use.seconds, use.rows_examined, use.rows_sent, use.longest_seconds),
            )
            for use in uses
        ],
    )


def load_use(connection: sqlite3.Connection, server: str, since: float, until: float) -> tuple[PastUse, ...]:
    """The use from the hour (long ago: the day) of `since` to `until`, oldest first."""
    bounds = (server, int(since // DAY_SECONDS), until, server, int(since // HOUR_SECONDS), until)
    return tuple(
        PastUse(
            started_at=started_at,
            length_seconds=length,
            use=Use(
                integration=integration,
                fingerprint=fingerprint,
                runs=runs,
                seconds=seconds,
                rows_examined=rows_examined,
                rows_sent=rows_sent,
                longest_seconds=longest,
            ),
        )
        for integration, fingerprint, started_at, length, runs, seconds, rows_examined, rows_sent, longest in (
            connection.execute(_LOAD, bounds)
        )
    )


def fold_hours(connection: sqlite3.Connection, before: float) -> None:
    """Makes days of all hours of the days before the one that `before` lies in."""
    first_hour = int(before // DAY_SECONDS) * (DAY_SECONDS // HOUR_SECONDS)
    connection.execute(
        f"""
        INSERT OR REPLACE INTO use_days (series, day, {_AMOUNTS})
        SELECT series, hour / 24, sum(runs), sum(seconds), sum(rows_examined), sum(rows_sent), max(longest_seconds)
        FROM use_hours WHERE hour < ? GROUP BY series, hour / 24
        """,
        (first_hour,),
    )
    connection.execute("DELETE FROM use_hours WHERE hour < ?", (first_hour,))


def drop_days(connection: sqlite3.Connection, before: float) -> None:
    """Forgets the days before, and the names that nothing belongs to any more."""
    connection.execute("DELETE FROM use_days WHERE day < ?", (int(before // DAY_SECONDS),))
    connection.execute(
        "DELETE FROM series WHERE id NOT IN (SELECT series FROM use_days UNION SELECT series FROM use_hours)"
    )


def _find_series(connection: sqlite3.Connection, server: str, use: Use) -> int:
    names = (server, use.integration, use.fingerprint)
    found = connection.execute(
        "SELECT id FROM series WHERE server = ? AND integration = ? AND fingerprint = ?", names
    ).fetchone()
    if found is None:
        found = connection.execute(
            "INSERT INTO series (server, integration, fingerprint) VALUES (?, ?, ?) RETURNING id", names
        ).fetchone()
    return int(found[0])
