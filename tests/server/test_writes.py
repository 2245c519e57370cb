"""Each kind of write by an account that may only read is found, however short, on what each server counts."""

import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pymysql
import pytest
from server.counted import settle
from server.servers import PRACTICE, RunningServer
from server.watching import find_findings, find_integration, watching

from querywatch.model import Evidence, Finding, Operation, Severity
from querywatch.service.watch import Watch

_PREPARE, _EXECUTE = 0x16, 0x17  # commands of the client/server protocol

Client = pymysql.connections.Connection

pytestmark = pytest.mark.servers("mysql-5.6", "mysql-9.7", "mariadb-10.11", "mariadb-11.8-ps")


@pytest.fixture
def vendor(server: RunningServer) -> Iterator[RunningServer]:
    """The server with an account that can do everything to the practice's database."""
    server.create_account("vendor", f"ALL ON {PRACTICE}.*")
    server.execute(
        "DROP TABLE IF EXISTS vendors",
        "DROP PROCEDURE IF EXISTS change_patient",
        "CREATE PROCEDURE change_patient() UPDATE patient SET LName = 'Abbott' WHERE PatNum = 1",
        "SET GLOBAL local_infile = 1",
        database=PRACTICE,
    )
    if not server.performance_schema:
        server.execute("SET GLOBAL userstat = 1")
    yield server
    if not server.performance_schema:
        server.execute("SET GLOBAL userstat = 0")
    server.execute("DROP TABLE IF EXISTS vendors", "DROP PROCEDURE change_patient", database=PRACTICE)


def execute_prepared(client: "Client[Any]", statement: str) -> None:
    """By the binary protocol, as the .NET, ODBC and JDBC drivers do; PyMySQL itself only writes text."""
    client._execute_command(_PREPARE, statement)
    (statement_id,) = struct.unpack_from("<I", client._read_packet().get_all_data(), 1)
    client._execute_command(_EXECUTE, struct.pack("<IBI", statement_id, 0, 1))
    client._read_packet()


def write_in_every_way(client: "Client[Any]", file: Path) -> None:
    """Ten writes, as `_KINDS` counts them."""
    with client.cursor() as cursor:
        cursor.execute("UPDATE patient SET Note = 'x' WHERE PatNum = 2")
        cursor.execute("INSERT INTO ProcedureLog VALUES (50, 1, 1)")
        cursor.execute("REPLACE INTO ProcedureLog VALUES (50, 1, 2)")
        cursor.execute("DELETE FROM ProcedureLog WHERE ProcNum = 50")
        cursor.execute("CALL change_patient()")
        execute_prepared(client, "UPDATE patient SET Note = 'y' WHERE PatNum = 2")
        cursor.execute("CREATE TABLE vendors (Name VARCHAR(20))")
        cursor.execute(f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE vendors")
        cursor.execute("TRUNCATE TABLE vendors")
        cursor.execute("DROP TABLE vendors")


_KINDS = {
    Operation.UPDATE: 1,
    Operation.INSERT: 2,  # LOAD DATA is the other
    Operation.REPLACE: 1,
    Operation.DELETE: 1,
    Operation.CALL: 1,
    Operation.PREPARED: 1,
    Operation.DDL: 3,
}


def count_writes(watch: Watch, client: "Client[Any]") -> Mapping[Operation, tuple[float, float]]:
    """(done, refused) of each kind of the vendor's."""
    settle(client)
    watch.cycle(count=True)
    writes = find_integration(watch.snapshot, "vendor").writes
    return {
        kind: (count.done, count.refused) for kind, count in writes.items() if count.done or count.refused
    }


def find_writes(watch: Watch) -> dict[str, Finding]:
    """The findings by account and kind; all are the vendor's."""
    findings = find_findings(watch.snapshot, "write.forbidden")
    assert {finding.integration for finding in findings} == {"vendor"}
    return {finding.subject: finding for finding in findings}


def test_each_kind_of_write_is_critical_and_counted(vendor: RunningServer, tmp_path: Path) -> None:
    """All between two polls. Where only userstat counts, their number is exact, and the kind is not told."""
    file = tmp_path / "rows"
    file.write_text("one\ntwo\n")
    with (
        watching(vendor) as watch,
        closing(vendor.client("vendor", database=PRACTICE, local_infile=True)) as client,
    ):
        write_in_every_way(client, file)
        counts = count_writes(watch, client)
        findings = find_writes(watch)
    kinds = _KINDS if vendor.performance_schema else {Operation.OTHER: sum(_KINDS.values())}
    assert counts == {kind: (count, 0) for kind, count in kinds.items()}
    assert set(findings) == {f"vendor {kind}" for kind in kinds}
    assert {finding.severity for finding in findings.values()} == {Severity.CRITICAL}
    assert {finding.evidence for finding in findings.values()} == {Evidence.COUNTED}


@pytest.mark.servers("mariadb-10.11", "mariadb-local")
def test_userstat_tells_the_kind_of_write_where_rows_changed_alone(vendor: RunningServer) -> None:
    """An INSERT is called one, and a CREATE TABLE is not called an UPDATE."""
    with watching(vendor) as watch, closing(vendor.client("vendor", database=PRACTICE)) as client:
        client.cursor().execute("CREATE TABLE vendors (Name VARCHAR(20))")
        assert count_writes(watch, client) == {Operation.OTHER: (1, 0)}
        client.cursor().execute("INSERT INTO vendors VALUES ('one')")
        assert count_writes(watch, client) == {Operation.OTHER: (1, 0), Operation.INSERT: (1, 0)}
        messages = " ".join(finding.message for finding in find_writes(watch).values())
    assert "ran 1 writing statement" in messages
    assert "ran 1 INSERT statement" in messages
    assert "UPDATE" not in messages


def test_a_refused_write_is_a_warning(vendor: RunningServer) -> None:
    """Each by its kind where kinds are counted; a CALL is no command that userstat counts as a write."""
    vendor.create_account("vendor", f"SELECT ON {PRACTICE}.*")
    statements = {
        Operation.UPDATE: "UPDATE patient SET Note = 'x'",
        Operation.INSERT: "INSERT INTO ProcedureLog VALUES (50, 1, 1)",
        Operation.REPLACE: "REPLACE INTO ProcedureLog VALUES (50, 1, 1)",
        Operation.DELETE: "DELETE FROM patient",
        Operation.DDL: "TRUNCATE TABLE patient",
        Operation.CALL: "CALL change_patient()",
    }
    with watching(vendor) as watch, closing(vendor.client("vendor", database=PRACTICE)) as client:
        for statement in statements.values():
            with pytest.raises(pymysql.MySQLError):
                client.cursor().execute(statement)
        counts = count_writes(watch, client)
        findings = find_writes(watch)
    kinds = dict.fromkeys(statements, 1) if vendor.performance_schema else {Operation.OTHER: 5}
    assert counts == {kind: (0, count) for kind, count in kinds.items()}
    assert {finding.severity for finding in findings.values()} == {Severity.WARNING}
    assert all("the server refused" in finding.message for finding in findings.values())


def test_a_prepared_write_that_a_poll_meets_is_named_by_its_shape(vendor: RunningServer) -> None:
    """Where it is counted without a kind, the sight tells which statement it was."""
    statement = "UPDATE patient SET Note = UUID() WHERE PatNum = 2 AND SLEEP(1) = 0"
    with watching(vendor) as watch, closing(vendor.client("vendor", database=PRACTICE)) as client:
        writing = threading.Thread(target=execute_prepared, args=(client, statement))
        writing.start()
        vendor.await_sleeping("vendor")
        watch.cycle()
        (running,) = (each.session.statement for each in watch.snapshot.running)
        writing.join()
        count_writes(watch, client)
        (finding,) = find_writes(watch).values()
    assert finding.subject == ("vendor prepared" if vendor.performance_schema else "vendor update")
    assert running is not None
    assert running.fingerprint in finding.message


def test_reading_by_the_binary_protocol_is_no_write(vendor: RunningServer) -> None:
    with watching(vendor) as watch, closing(vendor.client("vendor", database=PRACTICE)) as client:
        execute_prepared(client, "DO 1")
        assert count_writes(watch, client) == {}
        assert find_findings(watch.snapshot, "write.forbidden") == []
