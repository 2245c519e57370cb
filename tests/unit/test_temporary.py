"""Writes to temporary tables are told from others only where the counts leave no other way."""

from dataclasses import replace

import pytest

from querywatch.analysis.temporary import TemporaryTables
from querywatch.attribution.amounts import AccountAmount, QueryAmount
from querywatch.attribution.doubts import Growth
from querywatch.counters import NO_DIFFERENCE
from querywatch.model import Attribution, Evidence, Integration, Kind, Operation, Schema, Table
from querywatch.sql.reduce import reduce_text

VENDOR = Attribution(integration=Integration(name="vendor", kind=Kind.DIRECT_READ), reason="account vendor")
PATIENT = Table(database="opendental", name="patient", engine="MyISAM", rows=3, columns={}, indexes=())
SCHEMA = Schema(tables={("opendental", "patient"): PATIENT})
MAKE, DROP = "CREATE TEMPORARY TABLE own (a INT)", "DROP TEMPORARY TABLE own"
FILL = "INSERT INTO own SELECT PatNum FROM patient"


def grow(text: str, times: float = 1.0) -> Growth:
    statement = reduce_text(text)
    executions = replace(NO_DIFFERENCE, executions=times)
    return Growth(statement=statement, operation=statement.operation, difference=executions)


def run(text: str, evidence: Evidence = Evidence.COUNTED, times: float = 1.0) -> QueryAmount:
    return QueryAmount(
        attribution=VENDOR,
        account="vendor",
        statement=reduce_text(text),
        evidence=evidence,
        executions=times,
    )


def count(operation: Operation, done: float, *, host: str | None = "10.0.0.5") -> AccountAmount:
    amount = AccountAmount(attribution=VENDOR, account="vendor", host=host, evidence=Evidence.COUNTED)
    amount.writes_done[operation] = done
    return amount


def find_left(tables: TemporaryTables, operation: Operation, done: float) -> float:
    return tables.take(count(operation, done), operation).done


def test_what_an_account_was_seen_to_run_is_taken_out_once() -> None:
    """Of three INSERTs, two went to its temporary table; nothing is left to take from the next count."""
    tables = TemporaryTables()
    tables.learn([run(MAKE), run(FILL, times=2)], None, SCHEMA)
    assert find_left(tables, Operation.INSERT, 3) == 1
    assert find_left(tables, Operation.INSERT, 3) == 3
    assert find_left(tables, Operation.DDL, 1) == 0


def test_without_host_all_kinds_are_counted_together() -> None:
    """USER_STATISTICS knows of writes, and not of which kind."""
    tables = TemporaryTables()
    tables.learn([run(MAKE), run(FILL), run(DROP)], None, SCHEMA)
    assert tables.take(count(Operation.OTHER, 4, host=None), Operation.OTHER).done == 1


def test_more_writes_than_there_were_to_lasting_tables_tell_it_too() -> None:
    """Whoever ran them: five DDL statements of one account, and the server knows of one that lasts."""
    tables = TemporaryTables()
    tables.learn([], [], SCHEMA)
    tables.learn([], [grow(MAKE, 2), grow(DROP, 2), grow("CREATE TABLE t (a INT)")], SCHEMA)
    assert find_left(tables, Operation.DDL, 5) == 1


@pytest.mark.parametrize("gap", ["lasting before", "unknown before"])
def test_what_was_written_a_moment_before_is_not_forgotten(gap: str) -> None:
    """An account's count may come an interval after its shape's: nothing is taken out for that."""
    tables = TemporaryTables()
    tables.learn([], [grow("CREATE TABLE t (a INT)")] if gap == "lasting before" else None, SCHEMA)
    tables.learn([], [grow(MAKE)], SCHEMA)
    assert find_left(tables, Operation.DDL, 1) == 1


def test_no_more_is_taken_out_than_was_written_to_temporary_tables() -> None:
    """A write that no shape is known of is a write."""
    tables = TemporaryTables()
    tables.learn([], [], SCHEMA)
    tables.learn([], [grow(MAKE)], SCHEMA)
    assert find_left(tables, Operation.DDL, 3) == 2
    assert find_left(tables, Operation.UPDATE, 1) == 1


def test_a_share_that_was_worked_out_takes_nothing_out_and_leaves_a_doubt() -> None:
    """Every DDL shape laid to the account makes temporary tables, and who ran them is not certain."""
    tables = TemporaryTables()
    tables.learn([run(MAKE, Evidence.INFERRED)], None, SCHEMA)
    left = tables.take(count(Operation.DDL, 1), Operation.DDL)
    assert (left.done, left.perhaps_temporary) == (1, True)
    tables.learn([run("DROP TABLE t", Evidence.INFERRED)], None, SCHEMA)
    assert not tables.take(count(Operation.DDL, 1), Operation.DDL).perhaps_temporary


@pytest.mark.parametrize(
    ("text", "temporary"),
    [
        (FILL, True),
        ("UPDATE own SET a = 1", True),
        ("DELETE FROM own", True),
        ("TRUNCATE TABLE own", True),
        ("DROP TABLE own", True),
        ("UPDATE own JOIN patient p ON p.PatNum = own.a SET p.Note = 'x'", False),
        ("INSERT INTO patient SELECT * FROM own", False),
        ("CREATE TABLE own (a INT)", False),
        ("CALL own()", False),
        ("CREATE TEMPORARY TABLE patient (a INT); DELETE FROM patient", False),
    ],
)
def test_a_table_is_temporary_by_a_name_that_nothing_lasting_has(text: str, *, temporary: bool) -> None:
    tables = TemporaryTables()
    tables.learn([run(MAKE), run("CREATE TEMPORARY TABLE patient (a INT)")], None, SCHEMA)
    assert tables.is_temporary(reduce_text(text), SCHEMA) is temporary


def test_without_the_schema_only_the_words_tell() -> None:
    tables = TemporaryTables()
    tables.learn([run(MAKE)], None, None)
    assert tables.is_temporary(reduce_text(DROP), None)
    assert not tables.is_temporary(reduce_text(FILL), None)
