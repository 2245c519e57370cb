"""Keeps who knows of which findings, why, and until when; each such act is in the trail too."""

import sqlite3

from querywatch.findings import Acknowledgement
from querywatch.store.trail import record

_COLUMNS = "integration, rule, subject, fingerprint, who, why, made_at, until"


def add_acknowledgement(connection: sqlite3.Connection, server: str, entry: Acknowledgement) -> None:
    """Adds one; an earlier one of the same findings ends with it."""
    end_acknowledgement(connection, server, entry, entry.made_at)
    row = (
        *(entry.integration, entry.rule, entry.subject, entry.fingerprint),
        *(entry.who, entry.why, entry.made_at, entry.until),
    )
    connection.execute(
        f"INSERT INTO acknowledgements (server, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (server, *row),
    )
    record(connection, "acknowledgement", _describe(server, entry), entry.made_at)


def end_acknowledgement(
    connection: sqlite3.Connection, server: str, entry: Acknowledgement, now: float
) -> bool:
    """Takes back what is in force of the same integration, rule, subject and fingerprint; whether there was any."""
    done = connection.execute(
        "UPDATE acknowledgements SET ended_at = ? WHERE server = ? AND integration = ? AND rule = ? "
        "AND subject = ? AND fingerprint = ? AND ended_at IS NULL AND until > ?",
        (now, server, entry.integration, entry.rule, entry.subject, entry.fingerprint, now),
    )
    if done.rowcount:
        record(connection, "acknowledgement ended", _describe(server, entry), now)
    return done.rowcount > 0


def load_acknowledgements(
    connection: sqlite3.Connection, server: str, now: float
) -> tuple[Acknowledgement, ...]:
    """Those in force, oldest first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM acknowledgements WHERE server = ? AND ended_at IS NULL AND until > ? ORDER BY id",
        (server, now),
    )
    names = _COLUMNS.split(", ")
    return tuple(Acknowledgement(**dict(zip(names, row, strict=True))) for row in rows)


def _describe(server: str, entry: Acknowledgement) -> str:
    about = " ".join(filter(None, (entry.rule, entry.subject, entry.fingerprint)))
    return f"{entry.who}: {server}, {entry.integration}, {about}"
