"""Which of several ways a server takes, as its own EXPLAIN said of the same statements."""

from dataclasses import replace

import pytest
from unit.access.practice import DATABASE, find, find_accesses, make_schema, read

from querywatch.analysis.access.habits import Habits
from querywatch.analysis.access.reading import find_reading
from querywatch.model import Schema
from querywatch.sql.reading import Access
from querywatch.sql.reduce import reduce_text

_MARIADB = Habits(weighs_filters=False, groups_by_index=False, seek_cost=1.0, kept_row_cost=0.05)


@pytest.mark.parametrize(
    ("text", "access"),
    [
        ("SELECT ProcNum FROM procedurelog", Access.INDEX_SCAN),
        ("SELECT * FROM procedurelog", Access.SCAN),
        ("SELECT COUNT(*) FROM procedurelog", Access.CONST),
        ("SELECT MAX(ProcNum) FROM procedurelog", Access.CONST),
        ("SELECT MIN(ProcDate), MAX(ProcDate) FROM procedurelog", Access.CONST),
        ("SELECT MAX(SecDateEntry) FROM procedurelog", Access.SCAN),
        ("SELECT COUNT(*) FROM procedurelog WHERE ProcFee > 5", Access.INDEX_SCAN),
        ("SELECT * FROM procedurelog WHERE ProcDate = '2026-01-02'", Access.REF),
        ("SELECT DISTINCT ProvNum FROM procedurelog", Access.RANGE),
        ("SELECT PatNum, COUNT(*) FROM commlog GROUP BY PatNum", Access.INDEX_SCAN),
        ("SELECT * FROM procedurelog IGNORE INDEX (PRIMARY) WHERE ProcNum = 5", Access.SCAN),
        ("SELECT * FROM procedurelog ORDER BY ProcNum DESC LIMIT 100", Access.INDEX_SCAN),
        ("SELECT * FROM procedurelog ORDER BY SecDateEntry DESC LIMIT 100", Access.SCAN),
        ("SELECT * FROM procedurelog WHERE ProcNum > 450000 ORDER BY ProcNum LIMIT 5000", Access.RANGE),
        ("UPDATE procedurelog SET ProcFee = 1 WHERE ProcNum = 5", Access.RANGE),
        ("DELETE FROM procedurelog WHERE ProcFee = 5", Access.SCAN),
        ("INSERT INTO t SELECT * FROM procedurelog WHERE ProcNum = 5", Access.CONST),
    ],
)
def test_one_table(text: str, access: Access) -> None:
    """A covering index that is read from end to end is a scan all the same."""
    assert find(text, "procedurelog" if "procedurelog" in text else "commlog").access is access


def test_an_engine_that_does_not_count_its_rows_reads_them() -> None:
    """COUNT(*) costs nothing on MyISAM alone."""
    assert find("SELECT COUNT(*) FROM commlog", "commlog", engine="InnoDB").access is Access.INDEX_SCAN


def test_a_days_width_decides_between_range_and_scan() -> None:
    """Nine years of ten are not worth an index; a week is."""
    text = "SELECT SUM(ProcFee) FROM procedurelog WHERE DateTStamp BETWEEN '{}' AND '2026-01-08'"
    assert find(text.format("2026-01-01"), "procedurelog").access is Access.RANGE
    assert find(text.format("2017-01-01"), "procedurelog").access is Access.SCAN


def test_the_table_with_few_rows_is_read_first() -> None:
    """Whatever order they are written in; the other is looked up."""
    for text in (
        "SELECT 1 FROM patient p JOIN procedurelog pl ON pl.PatNum = p.PatNum WHERE pl.ProcDate = '2026-01-02'",
        "SELECT 1 FROM procedurelog pl JOIN patient p ON pl.PatNum = p.PatNum WHERE pl.ProcDate = '2026-01-02'",
    ):
        assert find_accesses(text) == {"p": Access.REF, "pl": Access.REF}


def test_straight_join_keeps_the_order_that_is_written() -> None:
    """As a word of SELECT, and between two tables."""
    rest = "appointment a ON a.PatNum = p.PatNum WHERE a.AptDateTime = '2026-01-02 08:00:00'"
    assert find(f"SELECT p.Address FROM patient p JOIN {rest}", "p").access is Access.REF
    assert find(f"SELECT p.Address FROM patient p STRAIGHT_JOIN {rest}", "p").access is Access.SCAN
    assert find(f"SELECT STRAIGHT_JOIN p.Address FROM patient p JOIN {rest}", "p").access is Access.SCAN


def test_an_outer_join_waits_for_its_other_side() -> None:
    """The right side cannot come first, unless a condition throws out what found none."""
    text = "SELECT 1 FROM patient p LEFT JOIN appointment a ON a.PatNum = p.PatNum WHERE p.Address <> ''"
    assert find(text, "p").access is Access.SCAN
    inner = f"{text} AND a.AptDateTime = '2026-01-02 08:00:00'"
    assert find(inner, "p").access is Access.REF
    missing = f"{text} AND a.AptNum IS NULL"
    assert find(missing, "p").access is Access.SCAN


def test_equal_columns_share_their_values() -> None:
    """p.PatNum = 5 and a.PatNum = p.PatNum make a.PatNum = 5."""
    text = "SELECT 1 FROM patient p JOIN appointment a ON a.PatNum = p.PatNum WHERE p.PatNum = 5"
    found = find(text, "a")
    assert (found.access, found.index) == (Access.REF, "indexPatNum")


def test_conditions_on_a_grouped_derived_table_are_its_own() -> None:
    """On what it groups by; not on a sum."""
    text = "SELECT x.n FROM (SELECT PatNum, SUM(SplitAmt) n FROM paysplit GROUP BY PatNum) x WHERE x.{} = 5"
    assert find(text.format("PatNum"), "paysplit").access is Access.REF
    assert find(text.format("n"), "paysplit").access.reads_all
    older = Habits(pushes_into_derived=False)
    assert find(text.format("PatNum"), "paysplit", habits=older).access.reads_all


def test_servers_weigh_conditions_differently() -> None:
    """MySQL takes off what a condition will throw out later, MariaDB does not."""
    text = (
        "SELECT p.Address FROM procedurelog pl JOIN patient p ON p.PatNum = pl.PatNum WHERE pl.ToothNum = '3'"
    )
    assert find(text, "pl").access is Access.SCAN
    assert find(text, "pl", habits=_MARIADB).access is Access.REF


@pytest.mark.parametrize(
    ("text", "limited"),
    [
        ("SELECT * FROM document LIMIT 10", True),
        ("SELECT * FROM document ORDER BY DocNum LIMIT 10", True),
        ("SELECT * FROM document LIMIT 200000, 10", False),
        ("SELECT * FROM document WHERE FileName = 'x' LIMIT 10", False),
        ("SELECT * FROM document ORDER BY FileName LIMIT 10", False),
        ("SELECT COUNT(DISTINCT FileName) FROM document LIMIT 10", False),
        ("SELECT * FROM document", False),
    ],
)
def test_a_limit_that_makes_a_scan_harmless(text: str, limited: bool) -> None:
    """Nothing is sorted, thrown out or counted before it, and it is not far behind."""
    assert find(text, "document").limited is limited


def test_numbers_of_a_limit_are_known() -> None:
    """In both forms."""
    for text in ("SELECT 1 FROM patient LIMIT 40, 20", "SELECT 1 FROM patient LIMIT 20 OFFSET 40"):
        assert (read(text).limit, read(text).offset) == (20, 40)
    assert read("SELECT 1 FROM patient LIMIT ?").limit is None


def test_what_was_not_parsed_is_not_read() -> None:
    """A statement that reads no table has none."""
    assert read("SELECT 1").tables == ()
    assert read("SET NAMES utf8").tables == ()


@pytest.mark.parametrize(
    "text",
    [
        "SELECT LName FROM patient p WHERE p.PatNum IN (SELECT PatNum FROM claim WHERE ClaimStatus = 'W')",
        (
            "SELECT 1 FROM patient p WHERE EXISTS "
            "(SELECT 1 FROM paysplit s WHERE s.PatNum = p.PatNum AND s.UnearnedType = 5)"
        ),
    ],
)
def test_a_subquery_that_stands_alone_is_read_once_and_kept(text: str) -> None:
    """Then nothing of it chooses among the rows outside, and those are read one and all."""
    accesses = [(each.access.reads_all, each.rows) for each in read(text, habits=_MARIADB).tables]
    assert accesses == [(True, 32_852), (True, 25_721 if "claim" in text else 1_465_484)]


def test_what_points_to_a_table_leads_where_each_look_up_costs_beside_its_rows() -> None:
    """One row by a unique key is cheaper than a few by another index, as often as that is; so to MariaDB 10."""
    text = "SELECT p.LName, ra.Note FROM refattach ra JOIN referral p ON p.ReferralNum = ra.ReferralNum"
    schema = make_schema()
    pointing = schema.tables[DATABASE, "refattach"]
    indexes = tuple(replace(each, cardinalities=(1_075,)) for each in pointing.indexes)
    tables = {**schema.tables, (DATABASE, "refattach"): replace(pointing, indexes=indexes)}
    found = [
        find_reading(reduce_text(text).outline, Schema(tables=tables), habits=habits)
        for habits in (Habits(weighs_filters=False), _MARIADB)
    ]
    leading = [[each.alias for each in reading.tables if each.first] for reading in found if reading]
    assert leading == [["p"], ["ra"]]


def test_a_subquery_that_yields_few_rows_leads_where_conditions_are_weighed() -> None:
    """MySQL takes one in ten of the claims to be waiting, and looks their patients up."""
    text = "SELECT LName FROM patient p WHERE p.PatNum IN (SELECT PatNum FROM claim WHERE ClaimStatus = 'W')"
    assert find_accesses(text) == {"p": Access.REF, "claim": Access.INDEX_SCAN}


def test_what_is_missing_elsewhere_is_looked_up_or_kept() -> None:
    """Whichever is cheaper; a server that does not take NOT EXISTS for NOT IN looks each one up."""
    text = "SELECT 1 FROM document d WHERE NOT EXISTS (SELECT 1 FROM sheet s WHERE s.DocNum = d.DocNum)"
    assert [find(text, "s", habits=each).access for each in (Habits(), Habits(turns_exists=False))] == [
        Access.INDEX_SCAN,
        Access.REF,
    ]
    large = "SELECT 1 FROM statement t WHERE NOT EXISTS (SELECT 1 FROM document s WHERE s.DocNum = t.DocNum)"
    assert find(large, "s").access is Access.REF


def test_a_small_subquery_that_stands_alone_leads() -> None:
    """Its rows, made distinct in memory, choose among the rows outside."""
    text = (
        "SELECT p.PatNum FROM patient p WHERE p.DateFirstVisit > '2026-01-01' AND EXISTS "
        "(SELECT 1 FROM sheet s WHERE s.PatNum = p.PatNum AND s.IsWebForm = 1)"
    )
    accesses = {each.alias: each.access for each in read(text, habits=_MARIADB).tables}
    assert accesses == {"p": Access.REF, "s": Access.SCAN}


def test_groups_that_are_sorted_by_something_else_are_made_in_an_indexs_order() -> None:
    """By MySQL, which then sorts the groups; MariaDB reads the table as it lies."""
    text = (
        "SELECT Guarantor, SUM(EstBalance) owed FROM patient p GROUP BY Guarantor ORDER BY owed DESC LIMIT 50"
    )
    grouped = find(text, "p")
    assert (grouped.access, grouped.index, grouped.limited) == (Access.INDEX_SCAN, "indexGuarantor", False)
    assert find(text, "p", habits=_MARIADB).access is Access.SCAN


def test_a_subquery_over_a_unique_key_is_a_plain_join() -> None:
    """No row outside could come twice: the subquery's table may be read first, and the other looked up."""
    text = "SELECT * FROM appointment WHERE PatNum IN (SELECT {} FROM patient WHERE Address = 'x')"
    assert find(text.format("PatNum"), "appointment").access is Access.REF
    assert find(text.format("ResponsParty"), "appointment", habits=_MARIADB).access is Access.SCAN
