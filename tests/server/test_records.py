"""Which of a server's records of single executions are read, and that each execution is told once by all of them."""

import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from server.consumers import consuming
from server.servers import PRACTICE, RunningServer

from querywatch.counters import Recorded
from querywatch.db.connection import Connection, connect
from querywatch.service.reader import SourceReader
from querywatch.service.records import Records
from querywatch.sources.recorded import CONSUMERS, Record
from querywatch.sql.reduce import StatementBook

pytestmark = pytest.mark.server

_ENTRY_SECONDS = 0.3
_COUNTING = ("mysql-5.6", "mysql-9.7", "mariadb-10.5-ps", "mariadb-10.11-ps", "mariadb-11.8-ps")
_SECONDS = 1000.0  # between two readings, so that none has to rest


@pytest.fixture
def watcher(server: RunningServer) -> Iterator[Connection]:
    server.create_account("vendor", f"SELECT ON {PRACTICE}.*")
    with closing(connect(server.watcher())) as connection:
        yield connection


def find_vendors(recorded: tuple[Recorded, ...], part: str) -> list[Recorded]:
    return [each for each in recorded if each.account == "vendor" and part in each.statement.shape]


@pytest.mark.servers(*_COUNTING)
@pytest.mark.parametrize(
    ("consumers", "told"),
    [
        ((), 0),
        ((Record.LAST,), 1),
        ((Record.LAST, Record.HISTORY), 10),
        ((Record.LAST, Record.HISTORY, Record.LONG), 25),
        ((Record.LAST, Record.LONG), 25),
    ],
)
def test_the_deepest_record_is_read(
    server: RunningServer, watcher: Connection, consumers: tuple[Record, ...], told: int
) -> None:
    """Of 25 executions the last, the last ten, or all; each once, and a second time nothing of them."""
    reader = SourceReader(server.name)
    records = Records(reader, StatementBook())
    with (
        consuming(server, *(CONSUMERS[record] for record in consumers)),
        closing(server.client("vendor", database=PRACTICE)) as client,
    ):
        records.read_recorded(watcher, 0.0)
        for number in range(25):
            client.query(f"SELECT 'text' AS turn_{number}")
        time.sleep(_ENTRY_SECONDS)
        found = find_vendors(records.read_recorded(watcher, _SECONDS), "turn_")
        again = find_vendors(records.read_recorded(watcher, 2 * _SECONDS), "turn_")
    assert len(found) == len({each.key for each in found}) == told
    assert again == []
    assert {record for record in Record if (state := reader.find(record)) and state.up} == set(consumers)


def test_the_slow_log_stands_in_where_nothing_else_is_kept(
    server: RunningServer, watcher: Connection
) -> None:
    """With a history it is left unread: it would tell the same executions again."""
    records = Records(SourceReader(server.name), StatementBook())
    kept = [CONSUMERS[Record.LAST], CONSUMERS[Record.LONG]]
    server.execute(
        "GRANT SELECT ON mysql.slow_log TO 'watcher'@'%'",
        "SET GLOBAL log_output = 'TABLE'",
        "SET GLOBAL slow_query_log = 1",
    )
    found = list[list[Recorded]]()
    try:
        with closing(server.client("vendor", database=PRACTICE)) as client:
            client.query("SET long_query_time = 0.2")
            for turn, consumers in enumerate([[], kept] if server.performance_schema else [[]]):
                with consuming(server, *consumers):
                    records.read_recorded(watcher, 10 * turn * _SECONDS)
                    client.query(f"SELECT SLEEP(0.3), 'text' AS slow_{turn}")
                    time.sleep(_ENTRY_SECONDS)
                    told = records.read_recorded(watcher, (10 * turn + 5) * _SECONDS)
                    found.append(find_vendors(told, f"slow_{turn}"))
    finally:
        server.execute(
            "SET GLOBAL slow_query_log = 0",
            "SET GLOBAL log_output = 'FILE'",
            "TRUNCATE mysql.slow_log",
            "REVOKE SELECT ON mysql.slow_log FROM 'watcher'@'%'",
        )
    assert [len(each) for each in found] == [1] * len(found)
    assert all(each.session_id == client.thread_id() for (each,) in found)


@pytest.mark.servers("mysql-9.7", "mariadb-10.11-ps")
def test_what_would_be_written_over_is_collected_between_counts(
    server: RunningServer, watcher: Connection
) -> None:
    """Three times nine executions of one session, of which the server keeps the last ten: all are told, once."""
    records = Records(SourceReader(server.name), StatementBook())
    with (
        consuming(server, CONSUMERS[Record.LAST], CONSUMERS[Record.HISTORY]),
        closing(server.client("vendor", database=PRACTICE)) as client,
    ):
        records.read_recorded(watcher, 0.0)
        for batch in range(1, 4):
            for number in range(9):
                client.query(f"SELECT 'text' AS turn_{batch}_{number}")
            time.sleep(_ENTRY_SECONDS)
            records.collect(watcher, batch * _SECONDS)
        found = find_vendors(records.read_recorded(watcher, 4 * _SECONDS), "turn_")
        again = find_vendors(records.read_recorded(watcher, 5 * _SECONDS), "turn_")
    assert len(found) == len({each.key for each in found}) == 27
    assert again == []
