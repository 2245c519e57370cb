"""Every form in which SQL can write: which are counted, as what, and which a server does not show."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pymysql
import pytest
from pymysql.constants import CLIENT
from server.counted import settle
from server.servers import PRACTICE, RunningServer
from server.test_writes import execute_prepared
from server.watching import find_findings, find_integration, watching

from querywatch.model import Flavour, Severity
from querywatch.service.watch import Watch

pytestmark = pytest.mark.server


Client = pymysql.connections.Connection
Counts = Mapping[str, int]  # kind of write -> how many were done

_NONE: Counts = {}


@dataclass(frozen=True, kw_only=True)
class Form:
    """Statements, and the writes that are to be counted of them: by kind, and where userstat alone counts.

    `expected` is for the performance schema. Prepared ones go by the binary protocol.
    """

    text: tuple[str, ...]
    expected: Counts
    by_userstat: Counts
    prepared: bool = False
    mariadb_only: bool = False


def form(*text: str, expected: Counts, userstat: Counts, **options: bool) -> Form:
    return Form(text=text, expected=expected, by_userstat=userstat, **options)


_FORMS = (
    form(
        "UPDATE patient p JOIN ProcedureLog l ON l.PatNum = p.PatNum SET p.Note = UUID()",
        expected={"update": 1}, userstat={"update": 1},
    ),
    form(
        "DELETE d FROM vendors d JOIN patient p ON p.PatNum = d.a",
        expected={"delete": 1}, userstat={"delete": 1},
    ),
    form("REPLACE INTO vendors SELECT PatNum, 1 FROM patient", expected={"replace": 1}, userstat={"insert": 1}),
    form("INSERT IGNORE INTO vendors VALUES (1, 1)", expected={"insert": 1}, userstat={"insert": 1}),
    form(
        "INSERT INTO vendors VALUES (1, 1) ON DUPLICATE KEY UPDATE b = b + 1",
        expected={"insert": 1}, userstat={"other": 1},
    ),
    form("UPDATE patient SET Note = 'x' WHERE PatNum = -1", expected={"update": 1}, userstat={"other": 1}),
    form(
        "BEGIN", "UPDATE ProcedureLog SET ProcFee = ProcFee + 1 WHERE ProcNum = 1", "ROLLBACK",
        expected={"update": 1}, userstat={"update": 1},
    ),
    form(
        "UPDATE patient SET Note = UUID() WHERE PatNum = 1; DELETE FROM vendors WHERE a = 1; SELECT 1",
        expected={"update": 1, "delete": 1}, userstat={"other": 2},
    ),
    form("CREATE TABLE copied SELECT PatNum FROM patient", expected={"ddl": 1}, userstat={"insert": 1}),
    form("RENAME TABLE copied TO renamed", expected={"ddl": 1}, userstat={"other": 1}),
    form("ALTER TABLE renamed ADD COLUMN b INT", expected={"ddl": 1}, userstat={"other": 1}),
    form("CREATE INDEX b ON renamed (b)", expected={"ddl": 1}, userstat={"other": 1}),
    form("TRUNCATE TABLE renamed", expected={"ddl": 1}, userstat={"other": 1}),
    form("DROP TABLE renamed", expected={"ddl": 1}, userstat={"other": 1}),
    form("CREATE VIEW seen AS SELECT 1 AS a", "DROP VIEW seen", expected={"ddl": 2}, userstat={"other": 2}),
    form(f"GRANT SELECT ON {PRACTICE}.vendors TO 'other'@'%'", expected={"ddl": 1}, userstat={"other": 1}),
    form("CALL change_two()", expected={"call": 1}, userstat={"update": 2}),
    form("CALL only_read()", expected={"call": 1}, userstat=_NONE),
    form(
        "PREPARE s FROM 'UPDATE patient SET Note = UUID() WHERE PatNum = 2'", "EXECUTE s",
        expected={"prepared": 1}, userstat={"update": 1},
    ),
    form("EXECUTE IMMEDIATE 'DELETE FROM patient WHERE PatNum = 3'",
         expected={"prepared": 1}, userstat={"delete": 1}, mariadb_only=True),
    form("BEGIN NOT ATOMIC UPDATE patient SET Note = UUID() WHERE PatNum = 2; END",
         expected={"call": 1}, userstat={"update": 1}, mariadb_only=True),
    form("INSERT INTO vendors VALUES (99, 1)", expected={"prepared": 1}, userstat={"insert": 1}, prepared=True),
    # What changes nothing.
    form("SELECT PatNum FROM patient WHERE PatNum = 1 FOR UPDATE", expected=_NONE, userstat=_NONE),
    form("SELECT COUNT(*) FROM patient INTO @counted", expected=_NONE, userstat=_NONE),
    form("HANDLER patient OPEN", "HANDLER patient READ FIRST", "HANDLER patient CLOSE",
         expected=_NONE, userstat=_NONE),
    form("LOCK TABLES vendors WRITE", "UNLOCK TABLES", expected=_NONE, userstat=_NONE),
    # What the performance schema does not show to be a write, and userstat does.
    form("SELECT change_one()", expected=_NONE, userstat={"update": 1}),
    form("DO change_one()", expected=_NONE, userstat={"update": 1}),
    form("SET @changed = change_one()", expected=_NONE, userstat={"update": 1}),
    form("UPDATE patient SET Note = 'x' WHERE PatNum = -1", expected=_NONE, userstat={"other": 1}, prepared=True),
    form("TRUNCATE TABLE vendors", expected=_NONE, userstat={"other": 1}, prepared=True),
)  # fmt: skip
_TEMPORARY = form(
    *("CREATE TEMPORARY TABLE own (a INT)", "INSERT INTO own SELECT PatNum FROM patient", "UPDATE own SET a = 5"),
    *("DELETE FROM own WHERE a = 1", "DROP TEMPORARY TABLE own"),
    expected=_NONE, userstat=_NONE,
)  # fmt: skip
_CHANGE = "UPDATE patient SET Note = UUID() WHERE PatNum ="


@pytest.fixture
def vendor(server: RunningServer) -> Iterator[RunningServer]:
    """The server with an account that can do everything to the practice's database, and routines that write."""
    server.create_account("other")
    server.create_account("vendor", f"ALL ON {PRACTICE}.*")
    server.execute(
        f"GRANT SELECT ON {PRACTICE}.* TO 'vendor'@'%' WITH GRANT OPTION",
        "SET GLOBAL log_bin_trust_function_creators = 1",
    )
    server.execute(
        "CREATE TABLE vendors (a INT PRIMARY KEY, b INT) ENGINE=MyISAM",
        "INSERT INTO vendors VALUES (1, 1)",
        f"CREATE FUNCTION change_one() RETURNS INT BEGIN {_CHANGE} 1; RETURN 1; END",
        f"CREATE PROCEDURE change_two() BEGIN {_CHANGE} 1; {_CHANGE} 2; END",
        "CREATE PROCEDURE only_read() SELECT PatNum FROM patient",
        database=PRACTICE,
    )
    if not server.performance_schema:
        server.execute("SET GLOBAL userstat = 1")
        server.client("vendor").close()  # the table knows an account from its first disconnection on
    yield server
    if not server.performance_schema:
        server.execute("SET GLOBAL userstat = 0")
    server.execute(
        *("DROP TABLE IF EXISTS vendors, copied, renamed", "DROP FUNCTION change_one"),
        *("DROP PROCEDURE change_two", "DROP PROCEDURE only_read"),
        database=PRACTICE,
    )


def run(client: "Client[Any]", written: Form) -> None:
    for text in written.text:
        if written.prepared:
            execute_prepared(client, text)
            continue
        with client.cursor() as cursor:
            cursor.execute(text)
            while cursor.nextset():
                cursor.fetchall()


def count_writes(watch: Watch, client: "Client[Any]") -> Counter[str]:
    settle(client)
    watch.cycle(count=True)
    writes = find_integration(watch.snapshot, "vendor").writes
    return Counter({str(kind): round(count.done) for kind, count in writes.items()})


def test_every_form_is_counted_as_what_it_is(vendor: RunningServer) -> None:
    """One after the other, so that each shows its own count and none hides behind another's."""
    with watching(vendor) as watch, closing(connect_vendor(vendor)) as client:
        before = count_writes(watch, client)
        found, wanted = {}, {}
        for written in _FORMS:
            if written.mariadb_only and vendor.flavour is not Flavour.MARIADB:
                continue
            name = f"{'prepared: ' if written.prepared else ''}{'; '.join(written.text)}"
            run(client, written)
            after = count_writes(watch, client)
            found[name] = dict(after - before)
            wanted[name] = dict(written.expected if vendor.performance_schema else written.by_userstat)
            before = after
    assert found == wanted


def connect_vendor(server: RunningServer) -> "Client[Any]":
    return server.client("vendor", database=PRACTICE, client_flag=CLIENT.MULTI_STATEMENTS)


@pytest.mark.servers("mysql-5.6", "mysql-9.7", "mariadb-10.5-ps", "mariadb-10.11-ps", "mariadb-11.8-ps")
def test_temporary_tables_of_its_own_are_no_writes(vendor: RunningServer) -> None:
    """They are made, filled, changed and dropped; the digests tell that nothing else was."""
    with watching(vendor) as watch, closing(connect_vendor(vendor)) as client:
        for _ in range(3):
            run(client, _TEMPORARY)
            count_writes(watch, client)
        assert find_findings(watch.snapshot, "write.forbidden") == []


@pytest.mark.servers("mysql-5.6", "mysql-9.7", "mariadb-10.5-ps", "mariadb-10.11-ps", "mariadb-11.8-ps")
def test_a_write_among_temporary_tables_is_found(vendor: RunningServer) -> None:
    """Each kind on its own: a table that lasts, and an UPDATE of the practice's."""
    with watching(vendor) as watch, closing(connect_vendor(vendor)) as client:
        run(client, _TEMPORARY)
        count_writes(watch, client)
        run(client, _TEMPORARY)
        run(client, form("CREATE TABLE copied (a INT)", expected=_NONE, userstat=_NONE))
        run(client, form("UPDATE patient SET Note = 'x'", expected=_NONE, userstat=_NONE))
        count_writes(watch, client)
        findings = {each.subject: each for each in find_findings(watch.snapshot, "write.forbidden")}
    assert set(findings) == {"vendor ddl", "vendor update"}
    assert {each.severity for each in findings.values()} == {Severity.CRITICAL}
    assert "ran 1 DDL statement." in findings["vendor ddl"].message
    assert "ran 1 UPDATE statement." in findings["vendor update"].message
