"""What an index is good for that holds but the beginning of its column: to find rows, and nothing else.

As EXPLAIN of MariaDB 10.11 and MySQL 9.7 says of the practice, whose patient has indexFName of ten characters.
"""

from dataclasses import replace

import pytest
from unit.access.practice import DATABASE, find, make_schema

from querywatch.analysis.access.reading import find_reading
from querywatch.model import Index, Schema
from querywatch.sql.hints import find_hints
from querywatch.sql.reading import Access, Blocker, TableAccess
from querywatch.sql.reduce import reduce_text


@pytest.mark.parametrize(
    ("text", "access"),
    [
        ("SELECT * FROM patient WHERE FName = 'Mary'", Access.REF),
        ("SELECT FName FROM patient WHERE FName = 'Mary'", Access.REF),
        ("SELECT * FROM patient WHERE FName LIKE 'Jo%' ORDER BY FName LIMIT 5", Access.RANGE),
        ("SELECT * FROM patient WHERE FName IN ('Mary', 'Ann')", Access.RANGE),
        ("SELECT PatNum FROM patient ORDER BY LName LIMIT 50", Access.INDEX_SCAN),  # by another index
    ],
)
def test_rows_are_found_by_it(text: str, access: Access) -> None:
    found = find(text, "patient")
    assert found.access is access
    assert Blocker.PREFIX_INDEX not in {each.blocker for each in found.predicates}


@pytest.mark.parametrize(
    "text",
    [
        "SELECT PatNum, FName FROM patient ORDER BY FName LIMIT 50",
        "SELECT PatNum, FName FROM patient ORDER BY FName DESC LIMIT 50",
        "SELECT MIN(FName) FROM patient",
        "SELECT MAX(FName) FROM patient",
    ],
)
def test_its_order_and_its_ends_are_of_no_use(text: str) -> None:
    """All is read, and it is said to be for that reason."""
    found = find(text, "patient")
    assert found.access.reads_all
    assert not found.limited
    assert [(each.column, each.blocker) for each in found.predicates] == [("fname", Blocker.PREFIX_INDEX)]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT PatNum, FName FROM patient ORDER BY FName",
        "SELECT FName, COUNT(*) FROM patient GROUP BY FName",
        "SELECT PatNum, FName FROM patient WHERE AddrNote LIKE '%x%' ORDER BY FName LIMIT 50",
    ],
)
def test_where_all_is_read_anyway_it_is_not_blamed(text: str) -> None:
    found = find(text, "patient")
    assert found.access.reads_all
    assert Blocker.PREFIX_INDEX not in {each.blocker for each in found.predicates}


def find_by_beginning(text: str) -> TableAccess:
    """The same of a practice whose only index on an appointment's note and moment begins with ten characters."""
    schema = make_schema()
    index = Index(name="noted", columns=("note", "aptdatetime"), unique=False, prefixes=(10, None))
    appointment = replace(schema.tables[DATABASE, "appointment"], indexes=(index,))
    reading = find_reading(
        reduce_text(text).outline,
        Schema(tables={(DATABASE, "appointment"): appointment}),
        hints=find_hints(text),
    )
    assert reading is not None
    return reading.tables[0]


def test_behind_one_beginning_the_next_column_is_in_order() -> None:
    """Of one value all entries have the same beginning, and lie in the order of what follows."""
    found = find_by_beginning("SELECT AptNum FROM appointment WHERE Note = 'x' ORDER BY AptDateTime LIMIT 5")
    assert (found.access, found.limited) == (Access.REF, True)


def test_behind_one_beginning_no_end_is_known() -> None:
    """The first entry may be of another value with the same beginning."""
    found = find_by_beginning("SELECT MIN(AptDateTime) FROM appointment WHERE Note = 'x'")
    assert found.access is Access.REF
