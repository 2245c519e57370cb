"""Which conditions an index can serve, and what bars it from the others."""

import pytest
from unit.access.practice import find

from querywatch.sql.reading import Access, Blocker, Predicate


def find_predicates(table: str, condition: str) -> list[Predicate]:
    found = find(f"SELECT * FROM {table} WHERE {condition}", table)
    return list(found.predicates)


@pytest.mark.parametrize(
    ("table", "condition", "blocker", "function"),
    [
        ("appointment", "DATE(AptDateTime) = '2026-11-23'", Blocker.FUNCTION, "DATE"),
        ("appointment", "YEAR(AptDateTime) = 2026", Blocker.FUNCTION, "YEAR"),
        ("appointment", "CAST(AptDateTime AS DATE) = '2026-11-23'", Blocker.FUNCTION, "CAST"),
        ("appointment", "DATE_FORMAT(AptDateTime, '%Y') = '2026'", Blocker.FUNCTION, "DATE_FORMAT"),
        ("appointment", "'2026-11-23' = DATE(AptDateTime)", Blocker.FUNCTION, "DATE"),
        ("appointment", "AptDateTime + INTERVAL 1 DAY > NOW()", Blocker.ARITHMETIC, ""),
        ("patient", "PatNum + 0 = 5", Blocker.ARITHMETIC, ""),
        ("patient", "PatNum % 10 = 5", Blocker.ARITHMETIC, ""),
        ("patient", "UPPER(LName) = 'X'", Blocker.FUNCTION, "UPPER"),
        ("patient", "LName LIKE '%x'", Blocker.WILDCARD, ""),
        ("patient", "LName LIKE '_x'", Blocker.WILDCARD, ""),
        ("patient", "LName REGEXP 'x'", Blocker.REGEXP, ""),
        ("patient", "LName RLIKE 'x'", Blocker.REGEXP, ""),
        ("patient", "ChartNumber = 1234", Blocker.CAST, ""),
        ("patient", "ChartNumber IN (1, 2)", Blocker.CAST, ""),
        ("patient", "ChartNumber > 12", Blocker.CAST, ""),
        ("patient", "Birthdate LIKE '1980%'", Blocker.CAST, ""),
        ("patient", "PatNum LIKE '12%'", Blocker.CAST, ""),
        ("patient", "LName COLLATE utf8_bin = 'x'", Blocker.COLLATION, ""),
        ("patient", "LName = 'x' COLLATE utf8_bin", Blocker.COLLATION, ""),
        ("patient", "PatNum <> 5", Blocker.NEGATION, ""),
        ("patient", "PatNum NOT IN (1, 2)", Blocker.NEGATION, ""),
        ("patient", "LName NOT LIKE 'x%'", Blocker.NEGATION, ""),
        ("patient", "PatNum = Guarantor + 1", Blocker.ARITHMETIC, ""),
        ("patient", "PatNum = Guarantor", None, ""),
    ],
)
def test_what_bars_an_index(table: str, condition: str, blocker: Blocker | None, function: str) -> None:
    """The first predicate says why; the table, whose index begins with the column, is read from end to end.

    None: two columns of one row are compared, and there is nothing to look up.
    """
    found = find_predicates(table, condition)
    assert (found[0].usable, found[0].blocker, found[0].function) == (False, blocker, function)
    assert find(f"SELECT * FROM {table} WHERE {condition}", table).access is Access.SCAN


@pytest.mark.parametrize(
    ("condition", "operator", "access"),
    [
        ("LName = 'x'", "eq", Access.REF),
        ("'x' = LName", "eq", Access.REF),
        ("LName <=> 'x'", "eq", Access.REF),
        ("LName IN ('x')", "eq", Access.REF),
        ("LName IN ('x', 'y', 'z')", "in", Access.RANGE),
        ("LName = 'x' OR LName = 'y'", "in", Access.RANGE),
        ("LName LIKE 'x%'", "like", Access.RANGE),
        ("PatNum BETWEEN 1 AND 9", "range", Access.RANGE),
        ("PatNum < 9", "range", Access.RANGE),
        ("NOT (PatNum > 9)", "range", Access.RANGE),
        ("PatNum = 5", "eq", Access.CONST),
        ("PatNum = '5'", "eq", Access.CONST),
        ("PatNum = @wanted", "eq", Access.CONST),
        ("SecDateEntry >= CURDATE() - INTERVAL 3 DAY", "range", Access.RANGE),
        ("SecDateEntry = DATE('2026-11-22')", "eq", Access.REF),
        ("(LName, FName) = ('x', 'y')", "eq", Access.REF),
    ],
)
def test_what_an_index_serves(condition: str, operator: str, access: Access) -> None:
    """And how the table is read by it."""
    (found, *_) = find_predicates("patient", condition)
    assert (found.usable, found.blocker, found.operator) == (True, None, operator)
    assert find(f"SELECT * FROM patient WHERE {condition}", "patient").access is access


@pytest.mark.parametrize(
    ("condition", "usable"),
    [
        ("ChartNumber = ?", True),
        ("ChartNumber = '1234'", True),
        ("ChartNumber IN ('1', '2')", True),
        ("ChartNumber = @given", True),
        ("LName LIKE ?", True),
        ("LName LIKE CONCAT('%', ?)", True),
    ],
)
def test_what_nobody_knows_accuses_nobody(condition: str, usable: bool) -> None:
    """A placeholder may be a text; a pattern that is not seen may begin with a letter."""
    assert find_predicates("patient", condition)[0].usable is usable


def test_columns_behind_others_say_so() -> None:
    """An index would serve them if it began with them: one has them in a later place."""
    (found,) = find_predicates("claimproc", "ProcDate BETWEEN '2020-01-01' AND '2020-01-31'")
    assert (found.usable, found.blocker) == (True, Blocker.PREFIX)
    assert find_predicates("patient", "DateTStamp > '2026-11-22'")[0].blocker is None


def test_alternatives_over_two_columns() -> None:
    """Each by an index of its own: they are merged; where one has none, the table is read whole, because of OR."""
    merged = find("SELECT * FROM appointment WHERE PatNum = 5 OR AptDateTime = '2026-11-23'", "appointment")
    assert merged.access is Access.RANGE
    whole = find("SELECT * FROM appointment WHERE PatNum = 5 OR Note = 'x'", "appointment")
    assert whole.access is Access.SCAN
    assert {each.blocker for each in whole.predicates} == {Blocker.OR}


def test_alternatives_over_two_tables() -> None:
    """No index of one of them can tell which rows of the other are wanted."""
    text = (
        "SELECT 1 FROM patient p JOIN appointment a ON a.PatNum = p.PatNum "
        "WHERE p.LName = 'x' OR a.AptDateTime = '2026-11-23'"
    )
    for alias, column in (("p", "lname"), ("a", "aptdatetime")):
        blockers = {each.column: each.blocker for each in find(text, alias).predicates}
        assert blockers[column] is Blocker.OR


def test_a_stored_functions_name_is_nobodys_business() -> None:
    """It may be anything; those of built-in functions are shown."""
    (found,) = find_predicates("patient", "janedoe(LName) = 'x'")
    assert (found.blocker, found.function) == (Blocker.FUNCTION, "")


def test_text_of_one_table_and_number_of_another() -> None:
    """The number's index serves, the text's does not."""
    text = "SELECT 1 FROM patient p JOIN procedurelog pl ON pl.ToothRange = p.PatNum WHERE pl.ProcNum = 9"
    assert find(text, "pl").predicates[0].blocker is Blocker.CAST
    assert find(text, "p").predicates[0].usable
