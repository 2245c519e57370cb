"""The server's own plan of what runs: asked for seldom, without running anything, and nothing in it but known words."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import pymysql
import pytest
from server.servers import PRACTICE, RunningServer
from server.watching import make_watch

from querywatch.db.connection import Connection, connect
from querywatch.model import Session
from querywatch.plan import PlanAccess, find_plan_access
from querywatch.sources import plans, processlist
from querywatch.sql.reduce import StatementBook

pytestmark = pytest.mark.server

_MARIADB = ("mariadb-10.5", "mariadb-10.11", "mariadb-11.8", "mariadb-local")
_TABLE = (
    "CREATE TABLE IF NOT EXISTS commlog (CommlogNum BIGINT AUTO_INCREMENT PRIMARY KEY, PatNum BIGINT, Note TEXT)",
    "REPLACE INTO commlog SELECT NULL, ORDINAL_POSITION, COLUMN_NAME FROM information_schema.COLUMNS LIMIT 2000",
)
_SLOW = (
    "SELECT `Mary Jones`.Note, l.ProcFee FROM commlog `Mary Jones` JOIN ProcedureLog l "
    "ON l.ProcNum = `Mary Jones`.PatNum WHERE SLEEP(0.005) = 0 AND `Mary Jones`.Note <> 'Mary Jones, recall' "
    "ORDER BY l.ProcFee"
)
_PATIENT = "Mary Jones"


@contextmanager
def running(server: RunningServer, sql: str, user: str = "vendor") -> Iterator[int]:
    """The session that runs it, ended with the block."""
    server.execute(*_TABLE, database=PRACTICE)
    server.create_account("vendor", f"SELECT ON {PRACTICE}.*")
    client = server.client(user, database=PRACTICE)

    def run() -> None:
        with suppress(pymysql.err.MySQLError), client.cursor() as cursor:
            cursor.execute(sql)

    thread = threading.Thread(target=run)
    thread.start()
    session_id = client.thread_id()
    try:
        yield session_id
    finally:
        server.execute(f"KILL {session_id}")
        thread.join()
        client.close()


@pytest.fixture
def watcher(server: RunningServer) -> Iterator[Connection]:
    """The least-privileged account's connection."""
    with closing(connect(server.watcher())) as connection:
        yield connection


def wait_for(watcher: Connection, session_id: int) -> Session:
    """The session, once it has been running its statement for a moment."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        sessions = processlist.read_sessions(watcher, StatementBook())
        found = [each for each in sessions if each.session_id == session_id and each.statement is not None]
        if found and found[0].seconds > 0.1:
            return found[0]
        time.sleep(0.02)
    raise AssertionError("it does not run")


@pytest.mark.servers(*_MARIADB)
def test_a_running_statement_tells_its_plan(server: RunningServer, watcher: Connection) -> None:
    """Tables by their own names, whatever the statement calls them; how each is reached; and no word of a literal."""
    with running(server, _SLOW) as session_id:
        session = wait_for(watcher, session_id)
        rows, deadline = None, time.monotonic() + 5
        while rows is None and time.monotonic() < deadline:  # on a crowded machine it may not answer at once
            rows = plans.read_plan(watcher, session)
    assert rows is not None
    found = {row.table: row for row in rows}
    assert set(found) == {"commlog", "procedurelog"}
    assert found["commlog"].access is PlanAccess.SCAN
    assert found["commlog"].key is None
    assert any(row.filesort for row in rows)
    assert _PATIENT.casefold() not in repr(rows).casefold()


@pytest.mark.servers(*_MARIADB)
def test_a_plan_of_another_statement_is_none_of_this_one(server: RunningServer, watcher: Connection) -> None:
    """What the session ran when it was looked at has ended: nothing is told of what it runs now, or of nobody."""
    with running(server, _SLOW) as session_id:
        session = wait_for(watcher, session_id)
        server.execute(f"KILL QUERY {session_id}")
        time.sleep(0.5)
        assert plans.read_plan(watcher, session) is None
    assert plans.read_plan(watcher, session) is None


@pytest.mark.servers(*_MARIADB)
def test_a_session_that_cannot_answer_holds_nobody_up(server: RunningServer, watcher: Connection) -> None:
    """Without a limit of ours the server would wait for it half a minute."""
    with running(server, "SELECT BENCHMARK(2000000000, MD5('Mary Jones')) FROM patient") as session_id:
        session = wait_for(watcher, session_id)
        started = time.monotonic()
        assert plans.read_plan(watcher, session) is None
        assert time.monotonic() - started < 1.0


@pytest.mark.servers(*_MARIADB)
def test_a_watch_asks_once_about_a_shape(server: RunningServer) -> None:
    """Once it has run for two seconds, and not again while it runs on; no alias and no literal is kept."""
    with running(server, _SLOW), closing(make_watch(server.watcher())) as watch:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and not watch.planner.find_plans(time.time()):
            watch.cycle(count=True)
            time.sleep(0.2)
        (plan,) = watch.planner.find_plans(time.time()).values()
        assert find_plan_access(plan, "commlog") is PlanAccess.SCAN
        assert _PATIENT.casefold() not in repr(plan).casefold()
        watch.cycle(count=True)
        assert list(watch.planner.find_plans(time.time()).values()) == [plan]
