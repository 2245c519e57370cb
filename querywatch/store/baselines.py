"""Keeps what is normal for each shape, as plain numbers: no text can enter."""

import json
import sqlite3
import sys
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from querywatch.errors import StateError

_SELECT = "SELECT integration, fingerprint, measure, slot, numbers FROM baselines"


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineRow:
    """One measure of one shape; what the numbers mean is the baseline's own business.

    `slot` tells apart several rows of one measure, where it is kept in parts.
    """

    integration: str
    fingerprint: str
    measure: str
    slot: int = 0
    numbers: Sequence[float]  # an array when it comes from the file: there may be a million of them


def save_baselines(
    connection: sqlite3.Connection, server: str, rows: Iterable[BaselineRow], now: float
) -> None:
    """Writes these rows in the place of their earlier ones. Raises TypeError for anything that is no number."""
    connection.executemany(
        "INSERT INTO baselines (server, integration, fingerprint, measure, slot, numbers, saved_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET numbers = excluded.numbers, saved_at = excluded.saved_at",
        [
            (server, row.integration, row.fingerprint, row.measure, row.slot, _pack(row.numbers), now)
            for row in rows
        ],
    )


def load_baselines(connection: sqlite3.Connection, server: str) -> tuple[BaselineRow, ...]:
    """All rows of one server. Raises StateError for what holds no numbers."""
    rows = connection.execute(f"{_SELECT} WHERE server = ?", (server,))
    return tuple(map(_make_row, rows))


def load_baselines_of(
    connection: sqlite3.Connection, server: str, measure: str, fingerprints: Iterable[str]
) -> tuple[BaselineRow, ...]:
    """One measure of some of its shapes. Raises StateError for what holds no numbers."""
    rows = connection.execute(
        f"{_SELECT} WHERE server = ? AND measure = ? AND fingerprint IN (SELECT value FROM json_each(?))",
        (server, measure, json.dumps(sorted(fingerprints))),
    )
    return tuple(map(_make_row, rows))


def _make_row(row: tuple[str, str, str, int, bytes]) -> BaselineRow:
    integration, fingerprint, measure, slot, numbers = row
    return BaselineRow(
        integration=integration,
        fingerprint=fingerprint,
        measure=measure,
        slot=slot,
        numbers=_unpack(numbers),
    )


def drop_baselines(connection: sqlite3.Connection, server: str) -> None:
    """Forgets all of one server's: what was normal is no more."""
    connection.execute("DELETE FROM baselines WHERE server = ?", (server,))


def _pack(numbers: Iterable[float]) -> bytes:
    packed = array("d", numbers)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def _unpack(stored: bytes) -> Sequence[float]:
    numbers = array("d")
    try:
        numbers.frombytes(stored)
    except (TypeError, ValueError):
        raise StateError("the state file holds baselines that this querywatch cannot read") from None
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
