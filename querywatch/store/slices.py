"""Keeps the slices that trials are judged from: numbers alone, for a fortnight."""

import json
import sqlite3
import zlib
from collections.abc import Iterable, Mapping

from querywatch.errors import StateError
from querywatch.trial.slices import Activity, Slice, Work

KEPT_SECONDS = 14 * 86_400.0
_DIGITS = 5


def save_slices(connection: sqlite3.Connection, server: str, slices: Iterable[Slice], now: float) -> None:
    """Adds slices, and drops what is too old."""
    connection.executemany(
        "INSERT OR REPLACE INTO slices (server, started_at, numbers) VALUES (?, ?, ?)",
        [(server, each.started_at, _pack(each)) for each in slices],
    )
    connection.execute("DELETE FROM slices WHERE server = ? AND started_at < ?", (server, now - KEPT_SECONDS))


def load_slices(connection: sqlite3.Connection, server: str, since: float, until: float) -> tuple[Slice, ...]:
    """The slices of some time, oldest first. Raises StateError."""
    rows = connection.execute(
        "SELECT started_at, numbers FROM slices WHERE server = ? AND started_at >= ? AND started_at < ? "
        "ORDER BY started_at",
        (server, since, until),
    )
    return tuple(_unpack(started_at, numbers) for started_at, numbers in rows)


def _pack(each: Slice) -> bytes:
    numbers = {
        "seconds": round(each.seconds, 1),
        "office": {name: _render(work) for name, work in each.office.items()},
        "others": {name: [act.sessions, *_render(act.work)] for name, act in each.others.items()},
        "marks": [int(each.sampled), int(each.upkeep)],
        "server_started_at": each.server_started_at,
        "minute_of_week": each.minute_of_week,
    }
    return zlib.compress(json.dumps(numbers, separators=(",", ":")).encode())


def _render(work: Work) -> list[float]:
    return [float(f"{number:.{_DIGITS}g}") for number in (work.runs, work.seconds)]


def _unpack(started_at: float, packed: bytes) -> Slice:
    try:
        numbers = json.loads(zlib.decompress(packed))
        sampled, *restarted, upkeep = map(bool, numbers["marks"])
        return Slice(
            started_at=started_at,
            seconds=float(numbers["seconds"]),
            office={
                str(name): Work(runs=float(runs), seconds=float(seconds))
                for name, (runs, seconds) in numbers["office"].items()
            },
            others={
                str(name): Activity(
                    sessions=int(sessions), work=Work(runs=float(runs), seconds=float(seconds))
                )
                for name, (sessions, runs, seconds) in numbers["others"].items()
            },
            sampled=sampled,
            server_started_at=_find_server_start(numbers, started_at, restarted=any(restarted)),
            upkeep=upkeep,
            minute_of_week=_find_number(numbers, "minute_of_week"),
        )
    except (zlib.error, KeyError, TypeError, ValueError, AttributeError):
        raise StateError("the state file holds a slice of time that this querywatch cannot read") from None


def _find_server_start(
    numbers: Mapping[str, float | None], started_at: float, *, restarted: bool
) -> float | None:
    """As it was kept; rows of the first form knew only that there was a restart."""
    if restarted:
        return started_at
    return _find_number(numbers, "server_started_at")


def _find_number(numbers: Mapping[str, float | None], name: str) -> float | None:
    number = numbers.get(name)
    return None if number is None else float(number)
