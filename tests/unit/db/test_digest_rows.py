"""Digest rows that no server can be made to show at will: one shape in two rows."""

from typing import Any

from querywatch.counters import DigestKey
from querywatch.model import Operation, Statement
from querywatch.sources.digests import DigestSource

_KEY = DigestKey(database=None, digest="d1")


class Rows:
    """A connection that always has the same rows."""

    def __init__(self, *rows: tuple[Any, ...]) -> None:
        self.rows = rows

    def read(self, _statement: str, _parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        return list(self.rows)


class Book:
    """Reduces nothing."""

    def from_digest(self, text: str) -> Statement:
        return Statement(fingerprint="0" * 16, shape=text, operation=Operation.SELECT, tables=(), needs=None)


def row(digest: str | None, executions: int, first_seen: float, last_seen: float) -> tuple[Any, ...]:
    counters = (executions, 1, 2_000_000_000_000 * executions, 0, executions, 10 * executions, 1)
    return (None, digest, "SELECT ?", *counters, first_seen, last_seen, 1000)


def test_a_shape_in_two_rows_is_one_with_their_sum() -> None:
    """And it was first and last seen at the outermost of their times."""
    reading = DigestSource().read(Rows(row("d1", 3, 50, 60), row("d1", 4, 40, 55)), Book())
    found = reading.rows[_KEY]
    assert (found.totals.executions, found.totals.errors) == (7, 2)
    assert (found.totals.seconds, found.totals.rows_examined) == (14.0, 70)
    assert (found.first_seen, found.last_seen) == (40, 60)


def test_as_long_as_a_shape_repeats_every_reading_is_complete() -> None:
    """Of two rows a partial reading could hold one: the sum would seem to fall."""
    source, twice = DigestSource(), Rows(row("d1", 3, 50, 60), row("d1", 4, 40, 55))
    assert [source.read(twice, Book()).complete for _ in range(3)] == [True, True, True]
    once = DigestSource()
    single = Rows(row("d1", 3, 50, 60))
    assert [once.read(single, Book()).complete for _ in range(3)] == [True, False, False]


def test_what_found_no_room_is_no_shape() -> None:
    """The row without a digest is the overflow, and not among the rows."""
    reading = DigestSource().read(Rows(row("d1", 3, 50, 60), row(None, 9, 40, 55)), Book())
    assert set(reading.rows) == {_KEY}
    assert reading.overflow is not None
    assert reading.overflow.executions == 9
