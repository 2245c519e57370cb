"""One statement has one fingerprint: from its text, and from the digest text of every server."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymysql.connections import Connection
from server.servers import RunningServer

from querywatch.sql.reduce import StatementBook, reduce_digest, reduce_text

pytestmark = [
    pytest.mark.server,
    pytest.mark.servers("mysql-5.6", "mysql-9.7", "mariadb-10.5-ps", "mariadb-10.11-ps", "mariadb-11.8-ps"),
]

_DATABASE = "fingerprints"
_TABLES = (
    (
        "CREATE TABLE patient (PatNum BIGINT PRIMARY KEY AUTO_INCREMENT, LName VARCHAR(100), FName VARCHAR(100), "
        "BirthDate DATE, DateTStamp TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, Note TEXT, `key` INT, "
        "`my col` INT, Fee DOUBLE, Status INT, FULLTEXT KEY notes (Note)) ENGINE=InnoDB"
    ),
    (
        "CREATE TABLE appointment (AptNum BIGINT PRIMARY KEY AUTO_INCREMENT, PatNum BIGINT, AptStatus INT, "
        "AptDateTime DATETIME) ENGINE=InnoDB"
    ),
)
_CORPUS = Path(__file__).parents[1] / "unit" / "sql"
_EVERYWHERE = (_CORPUS / "everywhere.sql").read_text(encoding="utf-8").splitlines()
_NOT_ON_5_6 = (_CORPUS / "not_on_5_6.sql").read_text(encoding="utf-8").splitlines()


@pytest.fixture
def digests(server: RunningServer) -> Iterator["Digests"]:
    server.execute(f"DROP DATABASE IF EXISTS {_DATABASE}", f"CREATE DATABASE {_DATABASE}")
    server.execute(*_TABLES, database=_DATABASE)
    client = server.root(database=_DATABASE, charset="utf8mb4")
    yield Digests(server, client)
    client.close()
    server.execute(f"DROP DATABASE {_DATABASE}")


class Digests:
    """Runs one statement and reads what the server calls it."""

    def __init__(self, server: RunningServer, client: "Connection[Any]") -> None:
        self._client = client
        self._reader = server.root().cursor()
        # A digest arrives a moment after its statement: with this one all that set the tables up are there.
        self._truncate()
        self._run("SET SESSION sql_mode = ''")
        self._await("DIGEST_TEXT LIKE 'SET SESSION%'")

    def read(self, statement: str) -> str:
        self._truncate()
        self._run(statement)
        return self._await("DIGEST_TEXT NOT LIKE '%performance_schema%'")

    def _truncate(self) -> None:
        self._reader.execute("TRUNCATE performance_schema.events_statements_summary_by_digest")

    def _run(self, statement: str) -> None:
        with self._client.cursor() as cursor:
            cursor.execute(statement)
            cursor.fetchall()

    def _await(self, condition: str) -> str:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            self._reader.execute(
                "SELECT DIGEST_TEXT FROM performance_schema.events_statements_summary_by_digest "
                f"WHERE DIGEST_TEXT IS NOT NULL AND SCHEMA_NAME = '{_DATABASE}' AND {condition}"
            )
            rows = self._reader.fetchall()
            if rows:
                return str(rows[0][0])
        pytest.fail(f"no digest where {condition}")


def test_text_and_digest_have_one_fingerprint(server: RunningServer, digests: Digests) -> None:
    """Every statement of the corpus is one shape, whichever way this server spells it."""
    corpus = _EVERYWHERE if server.name == "mysql-5.6" else [*_EVERYWHERE, *_NOT_ON_5_6]
    different = []
    for statement in corpus:
        from_text = reduce_text(statement, ansi_quotes=False, no_backslash_escapes=False)
        from_digest = reduce_digest(digests.read(statement))
        assert not from_digest.cut
        if from_text.fingerprint != from_digest.fingerprint:
            different.append((from_text.shape, from_digest.shape))
    assert different == []


def test_a_cut_digest_is_found_again(digests: Digests) -> None:
    """A digest that the server cut takes the fingerprint of the one statement that begins so."""
    conditions = " OR ".join(f"(p.PatNum = {number} AND p.FName LIKE 'x{number}%')" for number in range(80))
    statement = f"SELECT LName FROM patient p WHERE {conditions}"
    text = digests.read(statement)
    book = StatementBook()
    book.no_backslash_escapes = False
    assert book.from_digest(text).cut
    full = book.from_text(statement)
    assert not full.cut
    assert book.from_digest(text).fingerprint == full.fingerprint


def test_a_bulk_insert_and_a_long_list_have_one_fingerprint(digests: Digests) -> None:
    """The number of rows and of ids changes nothing, even where the server cut the rows."""
    book = StatementBook()
    rows = ", ".join(f"('a{number}', NOW())" for number in range(300))
    insert = f"INSERT INTO patient (LName, BirthDate) VALUES {rows}"
    assert book.from_text(insert).fingerprint == book.from_digest(digests.read(insert)).fingerprint
    ids = ",".join(map(str, range(5000)))
    select = f"SELECT LName FROM patient WHERE PatNum IN ({ids})"
    assert book.from_text(select).fingerprint == reduce_digest(digests.read(select)).fingerprint
    assert (
        book.from_text(select).fingerprint
        == reduce_text("SELECT LName FROM patient WHERE PatNum IN (1)").fingerprint
    )


@pytest.mark.servers("mysql-9.7")
def test_an_executed_statement_is_the_statement_itself(digests: Digests) -> None:
    """Where the digest of a prepared execution shows the statement, it has that statement's fingerprint."""
    digests.read("PREPARE s FROM 'SELECT LName FROM patient WHERE PatNum = 5'")
    text = digests.read("EXECUTE s")
    assert text.startswith("EXECUTE SELECT")
    expected = reduce_text("SELECT LName FROM patient WHERE PatNum = 6")
    assert reduce_digest(text) == expected
