"""Keeps the daemon's trail: its starts, stops, reloads, acknowledgements and exports, append-only."""

import sqlite3
from dataclasses import dataclass

_WORDS_KEPT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One entry of the trail."""

    at: float
    event: str  # 'start', 'stop', 'reload', 'reload refused', 'acknowledgement', 'export', ...
    detail: str


def record(connection: sqlite3.Connection, event: str, detail: str, now: float) -> None:
    """Adds to the trail; nothing that is in it is ever changed."""
    connection.execute(
        "INSERT INTO events (at, event, detail) VALUES (?, ?, ?)", (now, event, detail[:_WORDS_KEPT])
    )


def load_events(connection: sqlite3.Connection, since: float = 0.0) -> tuple[Event, ...]:
    """The trail, oldest first."""
    rows = connection.execute("SELECT at, event, detail FROM events WHERE at >= ? ORDER BY id", (since,))
    return tuple(Event(at=at, event=event, detail=detail) for at, event, detail in rows)
