"""Who could write is read from the servers' own privilege tables, and no password's hash with it."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from server.servers import PRACTICE, RunningServer, split_script
from server.watching import OFFICE, VENDOR, make_watch

from querywatch.db.connection import Connection, connect
from querywatch.db.grants import render_grants
from querywatch.db.privileges import read_privileges
from querywatch.errors import StatementRefusedError
from querywatch.findings import OpenFinding
from querywatch.model import Flavour, Integration, Kind, Right, Severity
from querywatch.service.watch import Watch
from querywatch.sources.base import SourceUnavailableError
from querywatch.sources.rights import read_rights

pytestmark = pytest.mark.server

_WITH_ROLES = ("mysql-9.7", "mariadb-10.5", "mariadb-10.11", "mariadb-11.8", "mariadb-local")


@pytest.fixture
def auditor(server: RunningServer) -> Iterator[Connection]:
    """An account made of what `grants --privileges` prints."""
    server.create_account("auditor")
    script = render_grants(
        user="auditor", host="%", databases=[PRACTICE], flavour=server.flavour, privileges=True
    )
    if server.name.startswith("mysql-9"):
        script = script.replace("-- GRANT", "GRANT")
    grants = [statement for statement in split_script(script) if statement.startswith("GRANT")]
    server.execute(*grants)
    with closing(connect(server.endpoint("auditor"))) as connection:
        yield connection
    server.execute("DROP USER 'auditor'@'%'")


def find_rights(connection: Connection, account: str) -> set[Right]:
    return {right for right in read_rights(connection) if right.account == account}


def test_each_kind_of_right_is_read(server: RunningServer, auditor: Connection) -> None:
    """Global, on a database, a table, a column, a routine; what only reads is none."""
    server.execute("DROP PROCEDURE IF EXISTS tidy", "CREATE PROCEDURE tidy() SELECT 1", database=PRACTICE)
    server.create_account(
        "writer",
        "PROCESS, FILE ON *.*",
        f"SELECT, INSERT, CREATE TEMPORARY TABLES, LOCK TABLES ON {PRACTICE}.*",
        f"SELECT, DELETE, CREATE VIEW ON {PRACTICE}.patient",
        f"UPDATE (Note) ON {PRACTICE}.patient",
        f"EXECUTE ON PROCEDURE {PRACTICE}.tidy",
    )
    server.create_account("reader", f"SELECT, SHOW VIEW, REFERENCES ON {PRACTICE}.*")
    found = {(right.database, right.table): set(right.privileges) for right in find_rights(auditor, "writer")}
    assert found == {
        ("", ""): {"FILE"},
        (PRACTICE, ""): {"INSERT"},
        (PRACTICE, "patient"): {"DELETE", "CREATE VIEW", "UPDATE"},
        (PRACTICE, "tidy"): {"EXECUTE"},
    }
    assert find_rights(auditor, "reader") == set()
    assert "SUPER" in {name for right in find_rights(auditor, "root") for name in right.privileges}


@pytest.mark.servers(*_WITH_ROLES)
def test_a_role_brings_its_rights_with_it(server: RunningServer, auditor: Connection) -> None:
    """Also a role that was given to a role."""
    server.execute("DROP ROLE IF EXISTS clerk", "DROP ROLE IF EXISTS manager")
    server.create_account("writer")
    server.execute(
        "CREATE ROLE clerk",
        "CREATE ROLE manager",
        f"GRANT INSERT, DELETE ON {PRACTICE}.* TO clerk",
        "GRANT clerk TO manager",
        "GRANT manager TO 'writer'@'%'",
    )
    assert find_rights(auditor, "writer") == {
        Right(
            account="writer",
            host="%",
            database=PRACTICE,
            table="",
            privileges=("INSERT", "DELETE"),
            role="clerk",
        )
    }
    server.execute("REVOKE clerk FROM manager")
    assert find_rights(auditor, "writer") == set()


@pytest.mark.servers("mariadb-11.8", "mariadb-10.11")
def test_what_everybody_may_do_is_everybodys_right(server: RunningServer, auditor: Connection) -> None:
    """MariaDB's PUBLIC is given to nobody, and all have it."""
    server.create_account("writer")
    server.execute(f"GRANT UPDATE ON {PRACTICE}.* TO PUBLIC")
    try:
        assert {(right.privileges, right.role) for right in find_rights(auditor, "writer")} == {
            (("UPDATE",), "PUBLIC")
        }
    finally:
        server.execute(f"REVOKE UPDATE ON {PRACTICE}.* FROM PUBLIC")


def test_no_password_hash_can_be_read(server: RunningServer, auditor: Connection) -> None:
    """The optional grant leaves them out, on every server, and is not called too much."""
    hashes = ["authentication_string"]
    hashes += [] if server.name == "mysql-9.7" else ["Password"]
    hashes += ["User_attributes"] if server.name == "mysql-9.7" else []
    statements = [f"SELECT {column} FROM mysql.user" for column in hashes]
    statements += ["SELECT * FROM mysql.user"]
    statements += ["SELECT Priv FROM mysql.global_priv"] if server.flavour is Flavour.MARIADB else []
    for statement in statements:
        with pytest.raises(StatementRefusedError):
            auditor.read(statement)
    assert read_privileges(auditor, (PRACTICE,)).excessive == ()


def test_without_the_optional_grant_the_source_says_what_would_open_it(server: RunningServer) -> None:
    with closing(connect(server.watcher())) as connection:
        with pytest.raises(SourceUnavailableError) as unavailable:
            read_rights(connection)
        assert unavailable.value.reason == "privilege"
        assert "querywatch grants --privileges" in unavailable.value.advice


SHARER = Integration(name="agent", kind=Kind.DIRECT_READ, accounts=("root",))


def find_possible(watch: Watch) -> dict[str, OpenFinding]:
    return {
        found.finding.integration: found
        for found in watch.snapshot.findings
        if found.finding.rule == "write.possible"
    }


def test_a_reader_that_could_write_is_found_until_it_no_longer_could(
    server: RunningServer, auditor: Connection
) -> None:
    """A note for the practice's tables alone; a warning for Open Dental's own account, used by somebody else."""
    assert auditor.connection_id
    server.create_account("vendor", f"SELECT, INSERT, UPDATE ON {PRACTICE}.*")
    with closing(make_watch(server.endpoint("auditor"), (OFFICE, VENDOR, SHARER))) as watch:
        watch.cycle(count=True)
        found = find_possible(watch)
        server.execute(f"REVOKE INSERT, UPDATE ON {PRACTICE}.* FROM 'vendor'@'%'")
        watch.close()  # a new connection reads everything anew
        watch.cycle(count=True)
        after = find_possible(watch)
    assert {name: each.finding.severity for name, each in found.items()} == {
        "vendor": Severity.INFO,
        "agent": Severity.WARNING,
    }
    assert f"INSERT and UPDATE on {PRACTICE}.*" in found["vendor"].finding.message
    assert "shares with opendental" in found["agent"].finding.message
    assert (after["vendor"].quiet_cycles, after["agent"].quiet_cycles) == (1, 0)


def test_without_the_optional_grant_nothing_is_claimed(server: RunningServer) -> None:
    """The source says what would show it, and no finding says that nobody could."""
    server.create_account("vendor", f"ALL ON {PRACTICE}.*")
    with closing(make_watch(server.watcher())) as watch:
        watch.cycle(count=True)
        states = {state.name: state for state in watch.snapshot.sources}
        assert find_possible(watch) == {}
    assert (states["rights"].up, states["rights"].reason) == (False, "privilege")
