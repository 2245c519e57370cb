"""What the process list and the connection attributes say of sessions, on every server."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import pytest
from server.books import PlainBook
from server.impostor import pretending
from server.servers import PRACTICE, RunningServer

from querywatch.db.connection import Connection, connect
from querywatch.model import Flavour, Session
from querywatch.sources import attributes, processlist
from querywatch.sources.base import SourceUnavailableError

pytestmark = pytest.mark.server

_TEXT_LIMIT_BYTES = 65_535


@pytest.fixture
def watcher(server: RunningServer) -> Iterator[Connection]:
    with closing(connect(server.watcher())) as connection:
        yield connection


@contextmanager
def running(server: RunningServer, *texts: bytes, **options: Any) -> Iterator[None]:
    """These statements, running, each in a session of its own."""
    clients, threads = [], []
    with ExitStack() as stack:
        for text in texts:
            client = stack.enter_context(server.client("vendor", use_unicode=False, **options))
            clients.append(client)
            threads.append(threading.Thread(target=client.query, args=(text,)))
            threads[-1].start()
        server.await_sleeping("vendor", len(texts))
        yield
        for thread in threads:
            thread.join()
    for client in clients:
        server.await_end(client.thread_id())


def read_vendor(watcher: Connection) -> list[Session]:
    sessions = processlist.read_sessions(watcher, PlainBook())
    return [session for session in sessions if session.account == "vendor"]


@pytest.fixture
def _vendor(server: RunningServer) -> None:
    server.create_account("vendor", f"SELECT ON {PRACTICE}.*")


@pytest.mark.usefixtures("_vendor")
def test_a_running_and_a_sleeping_session(server: RunningServer, watcher: Connection) -> None:
    """Account, host without port, database, command, statement and seconds; nothing when it sleeps."""
    with server.client("vendor", database=PRACTICE) as idle, running(server, b"SELECT SLEEP(3), 'one'"):
        time.sleep(1.5)  # MySQL counts whole seconds, from the second in which it began
        found = {session.session_id: session for session in read_vendor(watcher)}
        asleep = found.pop(idle.thread_id())
        (active,) = found.values()
    assert (asleep.command, asleep.statement, asleep.database) == ("Sleep", None, PRACTICE)
    assert not asleep.is_active
    assert active.is_active
    assert active.database is None
    assert active.statement is not None
    assert active.statement.shape == "SELECT SLEEP(3), 'one'"
    assert not active.statement.cut
    assert active.host.count(":") == 0
    assert 0.9 < active.seconds < 3.5
    is_mariadb = server.flavour is Flavour.MARIADB
    assert (active.query_id is not None) == is_mariadb
    assert (active.examined_rows is not None) == is_mariadb


@pytest.mark.usefixtures("_vendor")
@pytest.mark.servers("mariadb-10.5", "mariadb-10.11", "mariadb-11.8")
def test_mariadb_counts_milliseconds_and_statements(server: RunningServer, watcher: Connection) -> None:
    """Time has fractions, and a later statement has a higher id."""
    slow = b"SELECT COUNT(*) FROM opendental.patient a, opendental.patient b WHERE SLEEP(0.2) = 0"
    with running(server, slow):
        time.sleep(0.5)
        (first,) = read_vendor(watcher)
    with running(server, slow):
        (second,) = read_vendor(watcher)
    assert first.seconds != int(first.seconds)
    assert first.query_id is not None
    assert second.query_id is not None
    assert second.query_id > first.query_id


@pytest.mark.usefixtures("_vendor")
@pytest.mark.servers("mariadb-11.8")
def test_examined_rows_are_counted_while_a_statement_runs(server: RunningServer, watcher: Connection) -> None:
    """MariaDB 11.8 counts as it goes; 10.5 and 10.11 were seen to count only at the end."""
    slow = b"SELECT COUNT(*) FROM opendental.patient a, opendental.patient b WHERE SLEEP(0.2) = 0"
    with running(server, slow):
        time.sleep(0.5)
        (session,) = read_vendor(watcher)
    assert session.examined_rows is not None
    assert session.examined_rows >= 3


@pytest.mark.usefixtures("_vendor")
def test_one_text_that_is_no_utf_8_hides_nobody(server: RunningServer, watcher: Connection) -> None:
    """Garbled bytes, letters of another character set and emoji: all sessions are seen, and their beginnings."""
    texts = (
        b"SELECT SLEEP(1), '\xff\xfe\xeb'",
        "SELECT SLEEP(1), '\U0001f9b7'".encode(),
        b"SELECT SLEEP(1), 4",
    )
    with running(server, *texts):
        found = read_vendor(watcher)
    assert len(found) == 3
    assert all(
        session.statement is not None and session.statement.shape.startswith("SELECT SLEEP(1), ")
        for session in found
    )


@pytest.mark.usefixtures("_vendor")
def test_a_text_at_the_servers_limit_is_marked_cut(server: RunningServer, watcher: Connection) -> None:
    """One longer than the process list holds is cut and says so; a long one below it is whole."""
    beginning = b"SELECT SLEEP(1), '"
    longer = beginning + b"x" * 300_000 + b"'"
    shorter = beginning + b"y" * 60_000 + b"'"
    with running(server, longer, shorter):
        statements = [session.statement for session in read_vendor(watcher)]
    lengths = {statement.cut: len(statement.shape) for statement in statements if statement is not None}
    assert lengths == {True: _TEXT_LIMIT_BYTES, False: len(shorter)}


@pytest.mark.usefixtures("_vendor")
@pytest.mark.servers("mysql-9.7")
def test_the_other_way_to_the_process_list_is_bounded_too(server: RunningServer, watcher: Connection) -> None:
    """While an emoji runs elsewhere, a very long text is still cut, and marked."""
    longer = b"SELECT SLEEP(1), '" + b"x" * 300_000 + b"'"
    with running(server, longer, "SELECT SLEEP(1), '\U0001f9b7'".encode()):
        statements = [session.statement for session in read_vendor(watcher)]
    lengths = {statement.cut: len(statement.shape) for statement in statements if statement is not None}
    assert lengths == {True: _TEXT_LIMIT_BYTES, False: len("SELECT SLEEP(1), '.'")}


def test_the_watcher_itself_and_the_servers_threads_are_left_out(
    server: RunningServer, watcher: Connection
) -> None:
    """The event scheduler runs and is not listed; an account of that name is."""
    server.execute("SET GLOBAL event_scheduler = ON")
    server.create_account("event_scheduler")
    server.create_account("system user")
    try:
        with server.client("event_scheduler"), server.client("system user"):
            sessions = processlist.read_sessions(watcher, PlainBook())
    finally:
        server.execute("SET GLOBAL event_scheduler = OFF")
    assert watcher.connection_id not in {session.session_id for session in sessions}
    assert "Daemon" not in {session.command for session in sessions}
    accounts = [session.account for session in sessions]
    assert accounts.count("event_scheduler") == 1
    assert accounts.count("system user") == 1


@pytest.mark.parametrize("command", ["Connect", "Sleep", "Killed"])
def test_who_is_still_logging_in_has_no_account_yet(command: str) -> None:
    """The servers give such a session a name of their own; each of these was seen, the last one once in a while."""
    rows = [
        (8, "unauthenticated user", "10.0.0.5:50000", None, command, 0, "", None, 0, 0, 0),
        (9, "vendor", "10.0.0.5:50001", None, "Killed", 0, "Rolling back", None, 0, 0, 0),
        (10, "texter", "10.0.0.5:50002", None, "Killed", 0, "", None, 0, 0, 0),  # over, but for its name
    ]
    with pretending(("PROCESSLIST", rows)) as impostor, closing(connect(impostor.endpoint())) as connection:
        sessions = processlist.read_sessions(connection, PlainBook())
    assert [session.account for session in sessions] == ["vendor"]


def test_without_process_only_the_own_sessions_are_seen(server: RunningServer) -> None:
    """An account without PROCESS is answered, with less: that is for the privileges to say."""
    server.create_account("blinkered")
    with server.root(), closing(connect(server.endpoint("blinkered"))) as connection:
        assert processlist.read_sessions(connection, PlainBook()) == ()


def test_programs_by_session(server: RunningServer, watcher: Connection) -> None:
    """The name that a program gave; with the performance schema off, the setting that would show it."""
    with server.root(program_name="VendorSync 4") as client:
        if server.performance_schema:
            assert attributes.read_programs(watcher)[client.thread_id()] == "VendorSync 4"
            return
        with pytest.raises(SourceUnavailableError) as unavailable:
            attributes.read_programs(watcher)
    assert unavailable.value.reason == "performance-schema-off"
    assert "performance_schema = ON" in unavailable.value.advice
