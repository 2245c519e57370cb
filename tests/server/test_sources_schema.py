"""What the least-privileged account sees of the practice's tables, on every server."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest
from server.servers import PRACTICE, RunningServer

from querywatch.db.connection import Connection, connect
from querywatch.model import Index, Schema
from querywatch.sources.base import SourceUnavailableError
from querywatch.sources.processlist import read_sessions
from querywatch.sources.schema import SchemaSource, find_busy_tables
from querywatch.sql.reduce import StatementBook

pytestmark = pytest.mark.server


def read_schema(connection: Connection, databases: tuple[str, ...]) -> Schema:
    """All of it; there are few tables."""
    schema = SchemaSource(databases, 3600.0).read_some(connection, 0.0)
    assert schema is not None
    return schema


@pytest.fixture
def watcher(server: RunningServer) -> Iterator[Connection]:
    with closing(connect(server.watcher())) as connection:
        yield connection


def test_tables_columns_and_indexes(watcher: Connection) -> None:
    """Names fold case, prefixes and order of an index are kept; a full-text index is left out, a view has none."""
    schema = read_schema(watcher, (PRACTICE,))
    patient, procedures = schema.find("Patient", PRACTICE), schema.find("procedurelog", None)
    assert set(schema.tables) == {
        (PRACTICE, "patient"),
        (PRACTICE, "patientview"),
        (PRACTICE, "procedurelog"),
    }
    assert [name for (_, name), table in schema.tables.items() if table.is_view] == ["patientview"]
    assert schema.tables[PRACTICE, "patientview"].rows is None
    assert patient is not None
    assert procedures is not None
    assert (patient.engine, procedures.engine) == ("MyISAM", "InnoDB")
    assert patient.rows == 3
    assert list(patient.columns) == ["patnum", "lname", "note", "datetstamp"]
    assert patient.columns["lname"] == "varchar(100)"
    assert {replace(index, cardinalities=()) for index in patient.indexes} == {
        Index(name="PRIMARY", columns=("patnum",), unique=True, prefixes=(None,)),
        Index(name="indexLName", columns=("lname", "patnum"), unique=False, prefixes=(10, None)),
    }
    assert Index(name="ProcPat", columns=("procnum", "patnum"), unique=True, prefixes=(None, None)) in (
        replace(index, cardinalities=()) for index in procedures.indexes
    )


def test_statistics_of_tables(watcher: Connection) -> None:
    """How many values an index tells apart, which columns may be NULL, how long a row is: as far as it is known."""
    patient = read_schema(watcher, (PRACTICE,)).find("patient", PRACTICE)
    assert patient is not None
    assert {index.cardinalities for index in patient.indexes if index.name == "PRIMARY"} == {(3,)}
    assert patient.nullable == {"lname", "note"}
    assert patient.row_bytes is not None
    assert patient.row_bytes > 10


def test_sizes_are_those_of_now(server: RunningServer, watcher: Connection) -> None:
    """Rows that came after somebody's look are counted at ours, whatever the server keeps of that one."""
    server.execute(f"SELECT TABLE_ROWS FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{PRACTICE}'")
    server.execute("INSERT INTO patient (LName) SELECT LName FROM patient LIMIT 2", database=PRACTICE)
    try:
        table = read_schema(watcher, (PRACTICE,)).find("patient", PRACTICE)
    finally:
        server.execute("DELETE FROM patient ORDER BY PatNum DESC LIMIT 2", database=PRACTICE)
    assert table is not None
    assert table.rows == 5


def test_without_a_name_all_databases_but_the_servers_own(server: RunningServer, watcher: Connection) -> None:
    """What the account was granted, and nothing of mysql, sys or the like."""
    assert {database for database, _ in read_schema(watcher, ()).tables} == {PRACTICE}
    server.execute("CREATE DATABASE other_one", "CREATE TABLE other_one.thing (a INT)")
    try:
        with closing(connect(server.endpoint("root"))) as root:
            assert {database for database, _ in read_schema(root, ()).tables} == {PRACTICE, "other_one"}
    finally:
        server.execute("DROP DATABASE other_one")


def test_an_account_that_sees_no_table_is_told_the_grant(server: RunningServer) -> None:
    """Never an empty schema, which would read as 'no index anywhere'."""
    server.create_account("stranger", "PROCESS ON *.*")
    with (
        closing(connect(server.endpoint("stranger"))) as connection,
        pytest.raises(SourceUnavailableError) as unavailable,
    ):
        read_schema(connection, (PRACTICE,))
    assert unavailable.value.reason == "privilege"
    assert "GRANT REFERENCES" in unavailable.value.advice


@contextmanager
def changing(server: RunningServer) -> Iterator[None]:
    """Somebody holds the table `invoice` locked, as every change of a table does in its last step.

    They rename two, have the first, and wait for a transaction that has read the second.
    """
    server.execute(
        "CREATE TABLE invoice (a INT PRIMARY KEY) ENGINE=InnoDB",
        "CREATE TABLE zone (a INT PRIMARY KEY) ENGINE=InnoDB",
        database=PRACTICE,
    )
    with server.root(database=PRACTICE) as reader, server.root(database=PRACTICE) as changer:
        reader.query("BEGIN")
        reader.query("SELECT * FROM zone")
        with ThreadPoolExecutor(1) as pool:
            renaming = pool.submit(changer.query, "RENAME TABLE invoice TO invoiced, zone TO zoned")
            time.sleep(0.5)
            assert not renaming.done()
            try:
                yield
            finally:
                reader.query("ROLLBACK")
                renaming.result()
                changer.query("DROP TABLE invoiced, zoned")


def test_a_table_that_somebody_changes_holds_nobody_up(server: RunningServer, watcher: Connection) -> None:
    """Not seen coming it costs a second once, none on MariaDB; the others are read, and it is later."""
    source = SchemaSource((PRACTICE,), 3600.0)
    with changing(server):
        started = time.monotonic()
        schema = source.read_some(watcher, 0.0)
        waited_seconds = time.monotonic() - started
    assert schema is not None
    assert {name for _, name in schema.tables} == {"patient", "patientview", "procedurelog", "zone"}
    assert schema.tables[PRACTICE, "patient"].rows == 3
    assert waited_seconds < (0.5 if server.flavour == "mariadb" else 1.5)


def test_a_known_table_stays_as_it_was_while_it_is_changed(
    server: RunningServer, watcher: Connection
) -> None:
    """To forget it, or its indexes, would say that no index serves what asks for it."""
    server.execute("CREATE TABLE ledger (a INT PRIMARY KEY, b INT, KEY (b)) ENGINE=InnoDB", database=PRACTICE)
    server.execute("INSERT INTO ledger VALUES (1, 1), (2, 2)", database=PRACTICE)
    source = SchemaSource((PRACTICE,), 3600.0)
    before = source.read_some(watcher, 0.0)
    with server.root(database=PRACTICE) as locker:
        try:
            locker.query("LOCK TABLES ledger WRITE")
            after = source.read_some(watcher, 3600.0)
        finally:
            locker.query("UNLOCK TABLES")
            locker.query("DROP TABLE ledger")
    assert before is not None
    assert after is not None
    assert after.tables[PRACTICE, "ledger"].indexes == before.tables[PRACTICE, "ledger"].indexes
    assert len(after.tables[PRACTICE, "ledger"].indexes) == 2


def test_what_is_seen_to_be_changed_is_not_opened(server: RunningServer, watcher: Connection) -> None:
    """A change that the last look saw costs no second at all."""
    source = SchemaSource((PRACTICE,), 3600.0)
    with changing(server):
        busy = find_busy_tables(read_sessions(watcher, StatementBook()))
        started = time.monotonic()
        schema = source.read_some(watcher, 0.0, busy=busy)
        waited_seconds = time.monotonic() - started
    assert busy is not None
    assert "invoice" in busy
    assert schema is not None
    assert waited_seconds < 0.5


def test_our_wait_makes_nobody_else_wait(server: RunningServer, watcher: Connection) -> None:
    """While we ask for a locked table, the others are read, changed and dropped as ever."""
    with changing(server), ThreadPoolExecutor(1) as pool:
        reading = pool.submit(SchemaSource((PRACTICE,), 3600.0).read_some, watcher, 0.0)
        time.sleep(0.1)
        started = time.monotonic()
        server.execute(
            "SELECT COUNT(*) FROM patient",
            "ALTER TABLE ProcedureLog COMMENT 'changed'",
            "CREATE TABLE passing (a INT)",
            "DROP TABLE passing",
            database=PRACTICE,
        )
        took_seconds = time.monotonic() - started
        reading.result()
    assert took_seconds < 0.8


def test_tables_that_come_and_go_in_a_round_do_not_break_it(
    server: RunningServer, watcher: Connection
) -> None:
    """What was dropped meanwhile is left out, what came meanwhile is there after the next reading of sizes."""
    names = [f"passing{number:02}" for number in range(20)]
    for name in names:
        server.execute(f"CREATE TABLE {name} (a INT PRIMARY KEY)", database=PRACTICE)
    clock = iter(range(10_000))  # every look at it is a second later: one chunk a call
    source = SchemaSource((PRACTICE,), 3600.0, clock=lambda: float(next(clock)))
    try:
        assert source.read_some(watcher, 0.0) is None
        server.execute("DROP TABLE passing00", "DROP TABLE passing19", database=PRACTICE)
        server.execute("CREATE TABLE patiently (a INT PRIMARY KEY, b INT, KEY (b))", database=PRACTICE)
        first = finish(source, watcher, 1.0)
        second = finish(source, watcher, 601.0)
    finally:
        server.execute(f"DROP TABLE IF EXISTS patiently, {', '.join(names)}", database=PRACTICE)
    found = {name for _, name in first.tables}
    assert "passing19" not in found
    assert {"passing01", "passing18", "patient", "procedurelog"} <= found
    assert {name for _, name in second.tables} == (found | {"patiently"}) - {"passing00"}
    assert len(second.tables[PRACTICE, "patiently"].indexes) == 2


def test_a_new_index_is_found_with_the_sizes(server: RunningServer, watcher: Connection) -> None:
    """Not an hour later: what was altered since is read anew."""
    server.execute("CREATE TABLE altered (a INT PRIMARY KEY, b INT) ENGINE=MyISAM", database=PRACTICE)
    source = SchemaSource((PRACTICE,), 3600.0)
    try:
        before = finish(source, watcher, 0.0)
        time.sleep(1.1)  # the server tells whole seconds
        server.execute("ALTER TABLE altered ADD KEY (b)", database=PRACTICE)
        after = finish(source, watcher, 600.0)
    finally:
        server.execute("DROP TABLE altered", database=PRACTICE)
    assert [len(schema.tables[PRACTICE, "altered"].indexes) for schema in (before, after)] == [1, 2]


def test_without_leave_nothing_is_read(watcher: Connection) -> None:
    """The budget comes first; what was left out is read once there is leave."""
    source = SchemaSource((PRACTICE,), 3600.0)
    spent = watcher.seconds_spent
    assert source.read_some(watcher, 0.0, may_spend=lambda _: False) is None
    assert watcher.seconds_spent == spent
    assert source.is_due(1.0)
    assert source.read_some(watcher, 1.0) is not None


def finish(source: SchemaSource, connection: Connection, now: float) -> Schema:
    """Goes on with a round until it ends."""
    assert source.is_due(now)
    while (schema := source.read_some(connection, now)) is None:
        pass
    return schema


@pytest.mark.servers("mysql-9.7", "mariadb-10.11", "mariadb-11.8")
def test_an_index_the_optimiser_must_not_use_is_none(server: RunningServer, watcher: Connection) -> None:
    """Invisible (MySQL) and ignored (MariaDB) indexes serve nobody."""
    word = "INVISIBLE" if server.name == "mysql-9.7" else "IGNORED"
    server.execute(f"CREATE INDEX hidden ON ProcedureLog (ProcFee) {word}", database=PRACTICE)
    try:
        table = read_schema(watcher, (PRACTICE,)).find("procedurelog", PRACTICE)
    finally:
        server.execute("DROP INDEX hidden ON ProcedureLog", database=PRACTICE)
    assert table is not None
    assert "hidden" not in {index.name for index in table.indexes}
