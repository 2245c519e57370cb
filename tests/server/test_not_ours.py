"""What an office's own software and its tools do is recognised on real servers, and no third party is blamed for it."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace

import pymysql
import pytest
from server.servers import PRACTICE, RunningServer
from server.watching import (
    OFFICE,
    VENDOR,
    find_findings,
    find_integration,
    keep_watching,
    repeating,
    watching,
)

from querywatch.analysis.situation import Limits
from querywatch.model import Finding, Severity
from querywatch.snapshot import Snapshot

pytestmark = [
    pytest.mark.server,
    pytest.mark.servers("mysql-5.6", "mysql-9.7", "mariadb-10.11", "mariadb-11.8-ps"),
]

_LIMITS = Limits(
    learning_seconds=0.5, running_seconds_warning=1.5, large_table_rows=1_000, rows_per_run=1_000
)
_DUMP = (
    "FLUSH /*!40101 LOCAL */ TABLES",
    "LOCK TABLES `document` READ /*!32311 LOCAL */, `patient` READ /*!32311 LOCAL */",
    "SHOW CREATE TABLE `document`",
    "SELECT /*!40001 SQL_NO_CACHE */ * FROM `document`",
    "SELECT /*!40001 SQL_NO_CACHE */ * FROM `document`",
    "SELECT /*!40001 SQL_NO_CACHE */ * FROM `patient`",
    "UNLOCK TABLES",
)
_UPKEEP = (
    "CHECK TABLE document",
    "OPTIMIZE TABLE document",
    "ANALYZE TABLE document",
    "REPAIR TABLE document",
)
_UPGRADE = (
    "ALTER TABLE document ADD COLUMN Extra VARCHAR(10)",
    "UPDATE document SET Extra = 'Zyxwanda'",
    "ALTER TABLE document DROP COLUMN Extra",
)
_CACHES = tuple(f"SELECT * FROM {table}" for table in ("definition", "patient", "document")) * 2
_AGING = "UPDATE patient p, famaging f SET p.Note = f.PatNum WHERE p.PatNum = f.PatNum"
_USER_QUERY = (
    "SELECT d.DocNum, d.Description FROM document d WHERE d.Description LIKE '%recall%' ORDER BY d.DocNum"
)


@pytest.fixture(scope="module")
def practice(server: RunningServer) -> Iterator[RunningServer]:
    """A practice with a table worth a word, and an account of its own for the office's tools."""
    server.create_account("vendor", f"SELECT ON {PRACTICE}.*")
    server.create_account("nightly", "SELECT, LOCK TABLES, RELOAD, INSERT, ALTER, CREATE, DROP, INDEX ON *.*")
    server.execute(
        # Rows so wide that sending them takes as long as it does in an office.
        "CREATE TABLE document (DocNum BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, Description VARCHAR(50), "
        "Note TEXT) ENGINE=MyISAM",
        "CREATE TABLE definition (DefNum BIGINT NOT NULL PRIMARY KEY) ENGINE=MyISAM",
        "CREATE TABLE famaging (PatNum BIGINT NOT NULL PRIMARY KEY) ENGINE=MyISAM",
        "INSERT INTO document (Description, Note) VALUES ('one', REPEAT('x', 4000)), ('two', REPEAT('x', 4000))",
        *["INSERT INTO document (Description, Note) SELECT 'more', Note FROM document"] * 11,
        database=PRACTICE,
    )
    yield server
    server.execute("DROP TABLE document, definition, famaging", database=PRACTICE)


def send(server: RunningServer, account: str, *statements: str) -> None:
    """On a connection of their own, one after the other, reading every row."""
    with closing(server.client(account, database=PRACTICE)) as client, client.cursor() as cursor:
        for statement in statements:
            with suppress(pymysql.MySQLError):
                cursor.execute(statement)
                cursor.fetchall()


def find_blame(snapshot: Snapshot) -> list[Finding]:
    """Whatever is more than a note, or about somebody who did nothing."""
    return [
        found.finding
        for found in snapshot.findings
        if found.finding.rule != "coverage.blind"
        and (found.finding.severity is not Severity.INFO or found.finding.integration == VENDOR.name)
    ]


@contextmanager
def asleep(server: RunningServer) -> Iterator[None]:
    """A vendor that is connected and does nothing, and so might be blamed."""
    with closing(server.client("vendor", database=PRACTICE)):
        yield


def test_the_office_at_its_own_work(practice: RunningServer) -> None:
    """All of it at once and again and again, on Open Dental's account: no finding against anybody."""
    works = (_DUMP, _UPKEEP, _UPGRADE, _CACHES, (_AGING,), (_USER_QUERY,) * 8)
    repeated = [lambda statements=statements: send(practice, "root", *statements) for statements in works]
    with watching(practice, (OFFICE, VENDOR), limits=_LIMITS) as watch, asleep(practice):
        with repeating(*repeated):
            keep_watching(watch, 2.5)
        snapshot = keep_watching(watch, 0.2)
    assert find_blame(snapshot) == []
    assert find_integration(snapshot, "opendental").statements_total > 0


@pytest.mark.parametrize("statements", [_DUMP, _UPKEEP], ids=["dump", "upkeep"])
def test_a_tool_on_an_account_that_nobody_claims(
    practice: RunningServer, statements: tuple[str, ...]
) -> None:
    """It is told as what it is, for information, and no load is laid to anybody for it."""
    again = [each for each in statements if "document" in each][-2:] * 20
    with (
        watching(practice, (OFFICE, VENDOR), limits=replace(_LIMITS, learning_seconds=1.5)) as watch,
        asleep(practice),
        repeating(lambda: send(practice, "nightly", *statements, *again)),
    ):
        snapshot = keep_watching(watch, 2.0)
    assert find_blame(snapshot) == []
    assert {finding.rule for finding in find_others(snapshot)} <= {"access.unknown"}


def find_others(snapshot: Snapshot) -> list[Finding]:
    return [found.finding for found in snapshot.findings if found.finding.rule != "coverage.blind"]


def test_a_stranger_that_copies_a_table_in_its_own_way_is_none_of_them(practice: RunningServer) -> None:
    """The name of an account excuses nothing: what reads everything again and again is found."""
    practice.create_account("backup", f"SELECT ON {PRACTICE}.*")
    copy = "SELECT DocNum, Description, SLEEP(0.00002) FROM document"
    with (
        watching(practice, (OFFICE, VENDOR), limits=_LIMITS) as watch,
        repeating(lambda: send(practice, "backup", copy)),
    ):
        snapshot = keep_watching(watch, 2.0)
    (stranger,) = find_findings(snapshot, "access.unknown")
    assert stranger.severity is Severity.WARNING
    assert find_findings(snapshot, "size.unbounded")


@pytest.mark.servers("mysql-9.7")  # the others keep no binary log unless told to
def test_a_replica_is_told_as_one(practice: RunningServer) -> None:
    """A session that asks for the binary log, on an account of its own that no integration claims."""
    practice.create_account("copy", "REPLICATION SLAVE ON *.*")
    with watching(practice, (OFFICE, VENDOR), limits=_LIMITS) as watch, reading_binary_log(practice, "copy"):
        snapshot = keep_watching(watch, 1.0)
    (stranger,) = find_findings(snapshot, "access.unknown")
    assert (stranger.severity, "keeps a replica" in stranger.message) == (Severity.INFO, True)


@contextmanager
def reading_binary_log(server: RunningServer, account: str) -> Iterator[None]:
    client = server.client(account)
    name = server.execute("SHOW BINARY LOGS")[0][0]

    def ask() -> None:
        with suppress(pymysql.MySQLError, OSError):
            client._execute_command(0x12, b"\x04\x00\x00\x00\x00\x00\x07\x00\x00\x00" + name.encode())
            client._read_packet()

    with closing(client), client.cursor() as cursor:
        with suppress(pymysql.MySQLError):
            cursor.execute("SET @master_binlog_checksum = 'NONE', @source_binlog_checksum = 'NONE'")
        thread = threading.Thread(target=ask)
        thread.start()
        time.sleep(0.2)
        yield
        client._force_close()
        thread.join(5)
