"""What the least-privileged account sees of the practice's tables, on every server."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from server.servers import PRACTICE, RunningServer

from querywatch.db.connection import Connection, connect
from querywatch.model import Index
from querywatch.sources.base import SourceUnavailableError
from querywatch.sources.schema import read_schema

pytestmark = pytest.mark.server


@pytest.fixture
def watcher(server: RunningServer) -> Iterator[Connection]:
    with closing(connect(server.watcher())) as connection:
        yield connection


def test_tables_columns_and_indexes(watcher: Connection) -> None:
    """Names fold case, prefixes and order of an index are kept; a view and a full-text index are left out."""
    schema = read_schema(watcher, (PRACTICE,))
    patient, procedures = schema.find("Patient", PRACTICE), schema.find("procedurelog", None)
    assert set(schema.tables) == {(PRACTICE, "patient"), (PRACTICE, "procedurelog")}
    assert patient is not None
    assert procedures is not None
    assert (patient.engine, procedures.engine) == ("MyISAM", "InnoDB")
    assert patient.rows == 3
    assert list(patient.columns) == ["patnum", "lname", "note", "datetstamp"]
    assert patient.columns["lname"] == "varchar(100)"
    assert set(patient.indexes) == {
        Index(name="PRIMARY", columns=("patnum",), unique=True, prefixes=(None,)),
        Index(name="indexLName", columns=("lname", "patnum"), unique=False, prefixes=(10, None)),
    }
    assert Index(name="ProcPat", columns=("procnum", "patnum"), unique=True, prefixes=(None, None)) in (
        procedures.indexes
    )


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


def test_definitions_are_not_read_while_somebody_waits_for_one(
    server: RunningServer, watcher: Connection
) -> None:
    """A change of a table waits for a metadata lock: querywatch stays out of that queue."""
    with server.root(database=PRACTICE) as reader, server.root(database=PRACTICE) as changer:
        reader.query("BEGIN")
        reader.query("SELECT * FROM ProcedureLog LIMIT 1")
        waiting = threading.Thread(target=changer.query, args=("ALTER TABLE ProcedureLog COMMENT 'changed'",))
        waiting.start()
        time.sleep(0.5)
        try:
            with pytest.raises(SourceUnavailableError) as unavailable:
                read_schema(watcher, (PRACTICE,))
        finally:
            reader.query("ROLLBACK")
            waiting.join()
    assert unavailable.value.reason == "metadata-lock"
    assert read_schema(watcher, (PRACTICE,)).tables


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
