"""Upkeep is told by what is run: never by a name, and never where anything else was seen."""

import pytest

from querywatch.analysis.office_work import OfficeTools, find_work
from querywatch.analysis.situation import AccountLoad, QueryLoad
from querywatch.model import UNKNOWN, Evidence, Operation
from querywatch.sql.reduce import reduce_digest, reduce_text

_DUMP = "SELECT /*!40001 SQL_NO_CACHE */ * FROM `patient`"


def make(sql: str, account: str = "nightly") -> QueryLoad:
    return QueryLoad(
        integration=UNKNOWN,
        account=account,
        statement=reduce_text(sql),
        executions=1.0,
        seconds=1.0,
        rows_examined=None,
        rows_sent=None,
        no_index_used=None,
        evidence=Evidence.SAMPLED,
    )


def observe(*statements: str) -> dict[str, str]:
    return dict(OfficeTools().observe([make(sql) for sql in statements], (), (), 0.0, 20.0))


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        (_DUMP, "makes a backup"),
        ("SELECT /*!40001 SQL_NO_CACHE */ `PatNum`, `LName` FROM `patient`", "makes a backup"),
        ("LOCK TABLES `patient` READ /*!32311 LOCAL */,`document` READ /*!32311 LOCAL */", "makes a backup"),
        ("FLUSH TABLES WITH READ LOCK", "makes a backup"),
        ("START TRANSACTION /*!40100 WITH CONSISTENT SNAPSHOT */", "makes a backup"),
        ("BACKUP STAGE START", "makes a backup"),
        ("OPTIMIZE TABLE patient, document", "checks or tidies tables"),
        ("check table patient", "checks or tidies tables"),
        ("SELECT * FROM signalod WHERE SigDateTime > '2026-11-22'", "asks for Open Dental's signals"),
        (
            "UPDATE patient p, famaging f SET p.BalTotal = f.Bal WHERE p.PatNum = f.PatNum",
            "computes Open Dental's aging",
        ),
        ("SELECT * FROM patient", None),
        ("SELECT SQL_NO_CACHE LName FROM patient WHERE LName = 'x'", None),
        ("SELECT SQL_NO_CACHE p.LName FROM patient p, document d", None),
        ("SELECT SQL_NO_CACHE MD5(LName) FROM patient", None),
        ("LOCK TABLES patient WRITE", None),
        ("DELETE FROM signalod", None),
    ],
)
def test_a_statement_is_told_by_its_shape(sql: str, says: str | None) -> None:
    work = find_work(reduce_text(sql))
    assert (None if work is None else work.says) == says


def test_a_servers_digest_is_told_as_well() -> None:
    work = find_work(
        reduce_digest("SELECT `SQL_NO_CACHE` * FROM `patient`".replace("`SQL_NO_CACHE`", "SQL_NO_CACHE"))
    )
    assert work is not None


def test_an_account_that_does_nothing_else_is_the_offices_tool() -> None:
    assert observe(_DUMP, "SHOW CREATE TABLE `patient`", "SET NAMES utf8mb4") == {"nightly": "makes a backup"}


def test_what_a_dump_asks_of_the_servers_own_catalogues_is_nothing_else() -> None:
    """Since MySQL 8 mysqldump reads the performance schema before its first table."""
    besides = "SELECT VARIABLE_VALUE FROM performance_schema.session_variables WHERE VARIABLE_NAME = 'x'"
    assert observe(_DUMP, besides) == {"nightly": "makes a backup"}


def test_one_other_statement_and_it_is_not() -> None:
    assert observe(_DUMP, "SELECT LName FROM patient WHERE PatNum = 1") == {}


def test_who_polls_signals_on_an_account_of_its_own_is_to_be_claimed() -> None:
    assert observe("SELECT * FROM signalod WHERE SignalNum > 7") == {}


def test_an_account_that_has_shown_nothing_is_given_a_moment() -> None:
    """Before its first table a dump sends what any client does; what then shows something else is told at once."""
    load = AccountLoad(
        integration=UNKNOWN,
        account="nightly",
        host=None,
        reason="",
        statements={Operation.OTHER: 3.0},
        seconds=0.1,
        rows_examined=0.0,
        rows_sent=0.0,
        evidence=Evidence.COUNTED,
    )
    tools, besides = OfficeTools(), [make("SHOW TABLES")]
    assert tools.observe(besides, [load], (), 100.0, 20.0) == {"nightly": "has only just come"}
    assert tools.observe([*besides, make("SELECT LName FROM patient")], [load], (), 110.0, 20.0) == {}
    assert tools.observe(besides, [load], (), 119.0, 20.0) == {"nightly": "has only just come"}
    assert tools.observe(besides, [load], (), 121.0, 20.0) == {}
