"""Digest rows that no server can be made to show at will: one shape in two rows."""

from typing import Any

from querywatch.counters import DigestKey
from querywatch.model import Operation, Statement
from querywatch.sources.digests import DigestShapes, DigestSource

_KEY = DigestKey(database=None, digest="d1")


class Rows:
    """A connection that always has the same rows, and takes so long to read them."""

    seconds_spent = 0.0
    seconds_each = 0.0

    def __init__(self, *rows: tuple[Any, ...]) -> None:
        self.rows = rows

    def read(self, _statement: str, _parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        self.seconds_spent += self.seconds_each
        return list(self.rows)


class Book:
    """Reduces nothing."""

    def from_digest(self, text: str) -> Statement:
        return Statement(fingerprint="0" * 16, shape=text, operation=Operation.SELECT, tables=())


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


def test_what_only_stands_in_the_table_is_not_reduced() -> None:
    """Thousands of shapes of long ago cost nothing; one that runs has its shape in the same reading."""
    source = DigestSource()
    (first,) = source.read(Rows(row("d1", 3, 50, 60)), Book()).rows.values()
    (quiet,) = source.read(Rows(row("d1", 3, 50, 60)), Book()).rows.values()
    (grown,) = source.read(Rows(row("d1", 4, 50, 61)), Book()).rows.values()
    new = source.read(Rows(row("d2", 1, 62, 62)), Book()).rows[DigestKey(database=None, digest="d2")]
    assert [each.statement.shape for each in (first, quiet, grown, new)] == ["", "", "SELECT ?", "SELECT ?"]


def test_after_a_truncated_table_a_shape_is_new() -> None:
    """However much its count has come to look like the old one."""
    source = DigestSource()
    source.read(Rows(row("d1", 3, 50, 60)), Book())
    (again,) = source.read(Rows(row("d1", 3, 70, 80)), Book()).rows.values()
    assert again.statement.shape == "SELECT ?"


def test_more_than_can_be_reduced_at_once_is_held_back_and_not_lost() -> None:
    """The costliest first; until all are there no reading passes for complete."""
    source = DigestSource()
    source._shapes = DigestShapes(reducing_seconds=0.0)
    source.read(Rows(row("d0", 1, 50, 60)), Book())
    busy = Rows(*(row(f"d{number}", number, 60, 61) for number in range(1, 4)))
    readings = [source.read(busy, Book()) for _ in range(4)]
    assert [
        {key.digest for key in reading.rows if reading.rows[key].statement.shape} for reading in readings
    ] == [{"d3"}, {"d2", "d3"}, {"d1", "d2", "d3"}, {"d1", "d2", "d3"}]
    assert [reading.complete for reading in readings] == [False, False, True, False]


def test_what_was_held_back_is_reduced_between_readings() -> None:
    """A reading that is costly need not come sooner for it."""
    source = DigestSource()
    source._shapes = DigestShapes(reducing_seconds=0.0)
    source.read(Rows(row("d0", 1, 50, 60)), Book())
    busy = Rows(*(row(f"d{number}", number, 60, 61) for number in range(1, 4)))
    source.read(busy, Book())
    source.catch_up(Book())
    source.catch_up(Book())
    reading = source.read(busy, Book())
    assert (len(reading.rows), reading.complete) == (3, True)


def test_a_costly_table_is_read_more_rarely() -> None:
    """It takes a thousandth of the time at the most, and is never left for more than a minute."""
    source, rows = DigestSource(), Rows(row("d1", 3, 50, 60))
    rows.seconds_each = 0.02
    source.read(rows, Book(), 100.0)
    assert not source.is_due(129.0)
    assert source.is_due(130.1)
    rows.seconds_each = 5.0
    source.read(rows, Book(), 200.0)
    assert source.is_due(260.1)


def test_a_table_that_is_emptied_again_and_again_leaves_nothing_behind() -> None:
    """Its old digests are forgotten by a complete reading, which comes as soon as there are many of them."""
    source, rows = DigestSource(complete_every=1_000), Rows()
    largest = 0
    for number in range(60):
        rows.rows = tuple(row(f"d{number} {place}", 1, number, number) for place in range(100))
        source.read(rows, Book())
        largest = max(largest, len(source._shapes._known))
    assert largest < 2_000
