"""What a statement of very many tables costs to read: the daemon reads it between two looks at a server."""

import sys
from types import FrameType

import pytest
from unit.access.practice import make_schema

from querywatch.analysis.access.reading import find_reading
from querywatch.sql.outline import Outline
from querywatch.sql.reading import Access
from querywatch.sql.reduce import reduce_text

_MOST_TIMES = 8  # of the calls, for four times as many tables: tables by tables would be sixteen


def _write(tables: int, tie: str) -> str:
    joins = " ".join(f"JOIN patient p{number} ON {tie.format(number)}" for number in range(tables))
    return f"SELECT 1 FROM procedurelog f {joins}"


def _count_calls(outline: Outline | None) -> int:
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        assert find_reading(outline, make_schema()) is not None
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize(
    "tie", ["p{0}.PatNum = f.PatNum", "p{0}.PatNum = f.ProcNum + {0}", "p{0}.Guarantor = 5"]
)
def test_many_tables_cost_little_more_each(tie: str) -> None:
    """The conditions are read once, not once for each table; counted in calls, which no busy machine changes."""
    few, many = (_count_calls(reduce_text(_write(tables, tie)).outline) for tables in (15, 60))
    assert many < _MOST_TIMES * few


def test_a_product_of_many_tables_is_read_all_the_same() -> None:
    """More rows than a number can say are still rows, and every table gets its access."""
    tables = ", ".join(f"procedurelog p{number}" for number in range(61))
    reading = find_reading(reduce_text(f"SELECT * FROM {tables}").outline, make_schema())
    assert reading is not None
    assert {each.access for each in reading.tables} == {Access.SCAN}
    assert len(reading.tables) == 61
    assert all(each.rows is not None and each.rows > 0 for each in reading.tables)


def test_subqueries_that_run_for_each_row_of_each_other() -> None:
    """Ten levels deep over products of tables; the times that a run reads the innermost stay a number."""
    text = "SELECT 1 FROM procedurelog a, procedurelog b WHERE a.ProcNum = 5"
    for level in range(10):
        outer = f"q{level}"
        text = (
            f"SELECT (SELECT MAX(x.ProcFee) FROM procedurelog x WHERE x.ProcNum = {outer}.ProcNum) + ({text}) "
            f"FROM procedurelog {outer}, procedurelog r{level}, procedurelog s{level}"
        )
    reading = find_reading(reduce_text(text).outline, make_schema())
    assert reading is not None
    assert all(each.rows is not None for each in reading.tables)


def test_more_tables_than_a_server_joins_are_not_read() -> None:
    """61 are joined, one more is refused; a union of both has two blocks and is joined."""
    schema = make_schema()
    joined, refused = (_write(others, "p{0}.PatNum = f.PatNum") for others in (60, 61))
    assert find_reading(reduce_text(joined).outline, schema) is not None
    assert find_reading(reduce_text(refused).outline, schema) is None
    assert find_reading(reduce_text(f"{joined} UNION ALL {joined}").outline, schema) is not None
