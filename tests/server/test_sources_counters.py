"""What the servers' own counters say, against work whose numbers are known, on every server."""

import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from server.books import PlainBook
from server.servers import PRACTICE, RunningServer, find_choice, find_choices, start

from querywatch.counters import AccountReading, DigestKey, DigestReading, DigestRow, Totals
from querywatch.db.connection import Connection, connect
from querywatch.model import Flavour, Operation
from querywatch.sources import accounts, digests, status, userstat
from querywatch.sources.base import SourceUnavailableError

pytestmark = pytest.mark.server

_ENTRY_SECONDS = 0.3  # a statement is counted a moment after its client has the answer
_WITH_COUNTERS = ("mysql-5.6", "mysql-9.7", "mariadb-10.5-ps", "mariadb-10.11-ps", "mariadb-11.8-ps")
_WITHOUT_COUNTERS = ("mariadb-10.5", "mariadb-10.11", "mariadb-11.8")


@pytest.fixture
def watcher(server: RunningServer) -> Iterator[Connection]:
    with closing(connect(server.watcher())) as connection:
        yield connection


def find_operations(reading: AccountReading, account: str) -> dict[Operation, Totals]:
    return {key.operation: totals for key, totals in reading.rows.items() if key.account == account}


@pytest.mark.servers(*_WITH_COUNTERS)
def test_what_an_account_ran_is_counted_by_kind(server: RunningServer, watcher: Connection) -> None:
    """Seven updates of which one is refused, one statement of each other kind, one prepared execution."""
    server.execute(
        "DROP PROCEDURE IF EXISTS nothing", "CREATE PROCEDURE nothing() SELECT 1", database=PRACTICE
    )
    server.create_account(
        "writer",
        f"SELECT, INSERT, DELETE, CREATE, DROP ON {PRACTICE}.*",
        f"UPDATE ON {PRACTICE}.patient",
        f"EXECUTE ON {PRACTICE}.*",
    )
    with server.client("writer", database=PRACTICE) as client, client.cursor() as cursor:
        for number in range(6):
            cursor.execute(f"UPDATE patient SET LName = 'N{number}' WHERE PatNum <= 2")
        with pytest.raises(Exception, match="1142"):
            cursor.execute("UPDATE ProcedureLog SET ProcFee = 0")
        cursor.execute("SELECT * FROM patient WHERE Note LIKE '%o%'")
        cursor.execute("INSERT INTO ProcedureLog VALUES (70, 1, 1), (71, 1, 1)")
        cursor.execute("REPLACE INTO ProcedureLog VALUES (70, 1, 2)")
        cursor.execute("DELETE FROM ProcedureLog WHERE ProcNum >= 70")
        cursor.execute("CREATE TABLE vendortable (a INT)")
        cursor.execute("DROP TABLE vendortable")
        cursor.callproc("nothing")
        cursor.execute("PREPARE once FROM 'DELETE FROM patient WHERE PatNum = 99'")
        cursor.execute("EXECUTE once")
    time.sleep(_ENTRY_SECONDS)
    found = find_operations(accounts.read_account_counters(watcher), "writer")
    update = found[Operation.UPDATE]
    assert (update.executions, update.errors, update.rows_affected) == (7, 1, 12)
    assert 0 < update.seconds < 5
    counts = {operation: totals.executions for operation, totals in found.items()}
    expected = {
        Operation.INSERT: 1,
        Operation.REPLACE: 1,
        Operation.DELETE: 1,
        Operation.DDL: 2,
        Operation.CALL: 1,
        Operation.PREPARED: 1,
    }
    assert {operation: counts.get(operation) for operation in expected} == expected
    assert found[Operation.INSERT].rows_affected == 2
    assert found[Operation.SELECT].no_index_used >= 1
    assert found[Operation.SELECT].rows_examined >= 3


@pytest.mark.servers(*_WITH_COUNTERS)
def test_nobody_counts_for_an_account_but_its_own_sessions(watcher: Connection) -> None:
    """The server's own threads have no account and are left out; every row has a host."""
    reading = accounts.read_account_counters(watcher)
    assert "watcher" in {key.account for key in reading.rows}
    assert all(key.host for key in reading.rows)
    assert all(totals.executions > 0 for totals in reading.rows.values())
    assert reading.lost == 0


def read_shape(reading: DigestReading, beginning: str) -> list[tuple[DigestKey, DigestRow]]:
    return [
        (key, row)
        for key, row in reading.rows.items()
        if row.statement.shape.replace("`", "").startswith(beginning)
    ]


@pytest.mark.servers(*_WITH_COUNTERS)
def test_a_shape_is_counted_with_and_without_a_database(server: RunningServer, watcher: Connection) -> None:
    """A client that never chose a database has None for one; both are counted, and neither for the other."""
    text = f"SELECT SLEEP(0.05), LName FROM {PRACTICE}.patient LIMIT 1"
    server.execute("TRUNCATE performance_schema.events_statements_summary_by_digest")
    server.execute(text, text)
    server.execute(text, database=PRACTICE)
    before = time.time()
    time.sleep(_ENTRY_SECONDS)
    reading = digests.read_digests(watcher, PlainBook(), None)
    found = {key.database: row for key, row in read_shape(reading, "SELECT SLEEP")}
    assert {database: row.totals.executions for database, row in found.items()} == {None: 2, PRACTICE: 1}
    assert 0.1 <= found[None].totals.seconds < 2
    assert found[None].totals.rows_sent == 2
    assert abs(found[PRACTICE].last_seen - before) < 3
    assert found[None].first_seen <= found[None].last_seen
    assert reading.complete
    assert reading.overflow is None


@pytest.mark.servers(*_WITH_COUNTERS)
def test_after_a_complete_reading_only_what_ran_since_is_read(
    server: RunningServer, watcher: Connection
) -> None:
    """An old shape is not read again until a complete reading is due; a new run of it is."""
    server.execute("TRUNCATE performance_schema.events_statements_summary_by_digest")
    server.execute("SELECT 'old' AS old_shape")
    time.sleep(3.5)
    source = digests.DigestSource(complete_every=4)
    readings = [source.read(watcher, PlainBook())]
    time.sleep(0.1)
    readings.append(source.read(watcher, PlainBook()))
    server.execute("SELECT 'new' AS old_shape")
    time.sleep(_ENTRY_SECONDS)
    readings.append(source.read(watcher, PlainBook()))
    readings += [source.read(watcher, PlainBook()), source.read(watcher, PlainBook())]
    executions = [
        sum(row.totals.executions for _, row in read_shape(reading, "SELECT ? AS old_shape"))
        for reading in readings
    ]
    assert [reading.complete for reading in readings] == [True, False, False, False, True]
    assert executions == [0, 0, 2, 2, 2]  # what did not run since the first reading has no shape


@pytest.mark.servers(*_WITH_COUNTERS)
def test_a_new_connection_begins_with_a_complete_reading(server: RunningServer) -> None:
    """After a gap the server may have started anew: nothing is left to the filter."""
    source = digests.DigestSource()
    for _ in range(2):
        with closing(connect(server.watcher())) as connection:
            assert source.read(connection, PlainBook()).complete
            assert not source.read(connection, PlainBook()).complete


@pytest.mark.parametrize("name", ["mysql-5.6", "mysql-9.7", "mariadb-10.11-ps"])
def test_a_full_table_is_an_overflow(name: str) -> None:
    """What found no room is counted apart, in a complete and in a partial reading."""
    choice = find_choice(name)
    if choice not in find_choices()[0]:
        pytest.skip("a server of its own comes in a container, and Docker does not answer")
    with (
        start(choice, settings=("--performance-schema-digests-size=40",)) as server,
        closing(connect(server.watcher())) as watcher,
    ):
        server.execute("TRUNCATE performance_schema.events_statements_summary_by_digest")
        source = digests.DigestSource()
        # Our own statements find room first, or they would be the latest that found none.
        assert [source.read(watcher, PlainBook()).overflow for _ in range(2)] == [None, None]
        server.execute(*(f"SELECT 1 AS shape_{number}" for number in range(80)))
        time.sleep(3.5)
        for complete, reading in (
            (True, digests.read_digests(watcher, PlainBook(), None)),
            (False, digests.read_digests(watcher, PlainBook(), time.time())),
        ):
            assert reading.complete is complete
            assert reading.overflow is not None
            assert reading.overflow.executions >= 40
            assert (len(reading.rows) > 30) is complete


@pytest.mark.servers(*_WITHOUT_COUNTERS)
@pytest.mark.parametrize(
    "read", [accounts.read_account_counters, lambda it: digests.read_digests(it, PlainBook(), None)]
)
def test_switched_off_is_said_and_is_no_empty_reading(watcher: Connection, read) -> None:
    """The server answers with no rows and no error; querywatch does not."""
    with pytest.raises(SourceUnavailableError) as unavailable:
        read(watcher)
    assert unavailable.value.reason == "performance-schema-off"


@pytest.mark.servers(*_WITH_COUNTERS)
def test_a_consumer_switched_off_is_said(server: RunningServer, watcher: Connection) -> None:
    """The advice is the statement that switches it on."""
    consumer = "UPDATE performance_schema.setup_consumers SET ENABLED = '{}' WHERE NAME = 'statements_digest'"
    server.execute(consumer.format("NO"), "TRUNCATE performance_schema.events_statements_summary_by_digest")
    try:
        with pytest.raises(SourceUnavailableError) as unavailable:
            digests.read_digests(watcher, PlainBook(), None)
        assert unavailable.value.reason == "consumer-off"
    finally:
        server.execute(unavailable.value.advice)
    server.execute("SELECT 2")
    time.sleep(_ENTRY_SECONDS)
    assert digests.read_digests(watcher, PlainBook(), None).rows


@pytest.mark.servers(*_WITH_COUNTERS)
def test_a_missing_grant_is_named(server: RunningServer) -> None:
    """An account with PROCESS alone is told what would show the counters."""
    server.create_account("modest", "PROCESS ON *.*")
    with closing(connect(server.endpoint("modest"))) as connection:
        for read in (accounts.read_account_counters, lambda it: digests.read_digests(it, PlainBook(), None)):
            with pytest.raises(SourceUnavailableError) as unavailable:
                read(connection)
            assert unavailable.value.reason == "privilege"
            assert unavailable.value.advice.startswith("GRANT SELECT ON performance_schema.*")


def test_userstat_counts_commands_and_rows(server: RunningServer, watcher: Connection) -> None:
    """Off, it is unavailable with the statement that switches it on; on, it counts; off again, it is not stale."""
    if server.flavour is Flavour.MYSQL:
        with pytest.raises(SourceUnavailableError) as unavailable:
            userstat.read_userstat(watcher)
        assert unavailable.value.reason == "unsupported"
        return
    with pytest.raises(SourceUnavailableError) as unavailable:
        userstat.read_userstat(watcher)
    assert unavailable.value.reason == "userstat-off"
    server.create_account("counted", f"SELECT ON {PRACTICE}.*", f"INSERT, DELETE ON {PRACTICE}.ProcedureLog")
    server.execute(unavailable.value.advice)
    try:
        with server.client("counted", database=PRACTICE) as client, client.cursor() as cursor:
            for _ in range(3):
                cursor.execute("SELECT * FROM patient")
            cursor.execute("INSERT INTO ProcedureLog VALUES (80, 1, 1), (81, 1, 1)")
            cursor.execute("DELETE FROM ProcedureLog WHERE ProcNum >= 80")
            with pytest.raises(Exception, match="1142"):
                cursor.execute("UPDATE ProcedureLog SET ProcFee = 1")
        time.sleep(_ENTRY_SECONDS)
        counted = userstat.read_userstat(watcher).rows["counted"]
    finally:
        server.execute("SET GLOBAL userstat = 0")
    assert counted.select_commands == 3
    assert counted.update_commands == 3
    assert (counted.rows_inserted, counted.rows_deleted, counted.rows_updated) == (2, 2, 0)
    assert counted.rows_sent == 9
    assert counted.access_denied == 1
    assert counted.connections == 1
    with pytest.raises(SourceUnavailableError):
        userstat.read_userstat(watcher)


def test_status_says_how_the_server_is_set(server: RunningServer, watcher: Connection) -> None:
    """The few values of a cycle, and the modes that change how SQL reads."""
    before = status.read_status(watcher)
    (mode,) = server.execute("SELECT @@GLOBAL.sql_mode")[0]
    server.execute(
        "SET GLOBAL sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'", "SET GLOBAL max_connections = 77"
    )
    try:
        with server.root(), server.root():
            after = status.read_status(watcher)
    finally:
        server.execute(f"SET GLOBAL sql_mode = '{mode}'", "SET GLOBAL max_connections = 151")
    assert before.performance_schema is server.performance_schema
    assert before.userstat is (None if server.flavour is Flavour.MYSQL else False)
    assert not before.ansi_quotes
    assert not before.no_backslash_escapes
    assert after.ansi_quotes
    assert after.no_backslash_escapes
    assert after.max_connections == 77
    assert after.threads_connected >= before.threads_connected + 2
    assert after.questions > before.questions
    assert 0 <= before.uptime_seconds <= after.uptime_seconds
    assert after.threads_running >= 1
