"""Who keeps whom waiting, on real servers: by the server's own word where it has one, and never by a guess."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import replace

import pymysql
import pytest
from server.servers import CHOICES, PRACTICE, RunningServer
from server.watching import VENDOR, find_findings, keep_watching, make_watch, watch_until, watching

from querywatch.analysis.situation import Limits
from querywatch.db.connection import connect
from querywatch.model import Evidence, Finding, Flavour, Kind, Severity
from querywatch.service.watch import Watch
from querywatch.snapshot import Snapshot
from querywatch.sources.locks import read_metadata_locks, read_row_locks, read_table_locks

pytestmark = [
    pytest.mark.server,
    pytest.mark.servers("mysql-5.6", "mysql-9.7", "mariadb-10.5-ps", "mariadb-10.11", "mariadb-11.8-ps"),
]

_LIMITS = Limits(
    learning_seconds=1.0,
    blocking_seconds=1.5,
    running_seconds_warning=1.5,
    leak_learning_seconds=0.5,
    leak_connections=20,
)
_LOOK_UP = "SELECT LName FROM patient WHERE PatNum = 1"
_CHANGE = "UPDATE patient SET Note = 'Zyxwanda' WHERE PatNum = 1"


@pytest.fixture(scope="module")
def practice(server: RunningServer) -> Iterator[RunningServer]:
    server.create_account("vendor", f"SELECT, UPDATE, LOCK TABLES ON {PRACTICE}.*")
    return server


class Crew:
    """Other people's sessions, each running one statement in a thread of its own."""

    def __init__(self, server: RunningServer, pool: ThreadPoolExecutor) -> None:
        self._server = server
        self._pool = pool
        self._done: list[Future[None]] = []

    def start(self, account: str, statement: str, times: int = 1) -> None:
        for _ in range(times):
            self._done.append(self._pool.submit(self._run, account, statement))

    def join(self) -> None:
        for each in self._done:
            each.result(timeout=20)

    def _run(self, account: str, statement: str) -> None:
        with closing(self._server.client(account, database=PRACTICE)) as client, client.cursor() as cursor:
            cursor.execute(statement)


@contextmanager
def crew(server: RunningServer) -> Iterator[Crew]:
    with ThreadPoolExecutor(16) as pool:
        people = Crew(server, pool)
        yield people
        people.join()


@contextmanager
def holding(server: RunningServer, account: str, *statements: str) -> Iterator[None]:
    """A session that has run these and sleeps, until the block's end."""
    with closing(server.client(account, database=PRACTICE, autocommit=False)) as client:
        with client.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        try:
            yield
        finally:
            with suppress(pymysql.MySQLError):
                client.rollback()


def queue_up(people: Crew, server: RunningServer, statement: str, state: str, *, times: int = 1) -> None:
    """Starts them for the office, and returns once so many stand in that state."""
    before = count_waiting(server, state)
    people.start("root", statement, times)
    deadline = time.monotonic() + 10
    while count_waiting(server, state) < before + times:
        assert time.monotonic() < deadline, statement
        time.sleep(0.02)


def count_waiting(server: RunningServer, state: str) -> int:
    rows = server.execute(
        f"SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE STATE = '{state}' AND ID <> CONNECTION_ID()"
    )
    return int(rows[0][0])


def look_for_block(watch: Watch, victims: int) -> Snapshot:
    """Watches until so many wait for the vendor, and the finding is critical; the test fails when they never do."""

    def is_so(seen: Snapshot) -> bool:
        found = find_findings(seen, "lock.blocking")
        waiting = {} if seen.blocking_victims is None else seen.blocking_victims
        return any(each.severity is Severity.CRITICAL for each in found) and waiting.get("vendor") == victims

    snapshot = watch_until(watch, is_so)
    assert is_so(snapshot), (snapshot.blocking_victims, find_findings(snapshot, "lock.blocking"))
    return snapshot


def find_long(snapshot: Snapshot) -> list[Finding]:
    """The vendor's statements that run for long."""
    return [each for each in find_findings(snapshot, "running.long") if each.integration == "vendor"]


def test_a_long_read_of_a_myisam_table_and_all_who_wait(practice: RunningServer) -> None:
    """One change waits behind the vendor's SELECT, ten look-ups of the office behind the change: eleven victims."""
    state = "Waiting for table level lock"
    with watching(practice, limits=_LIMITS) as watch:
        with crew(practice) as people:
            people.start("vendor", "SELECT LName, SLEEP(1.5) FROM patient")
            await_statement(practice)
            queue_up(people, practice, _CHANGE, state)
            queue_up(people, practice, _LOOK_UP, state, times=10)
            look_for_block(watch, 11)
            snapshot = watch_until(watch, lambda seen: bool(find_long(seen)))
        after = keep_watching(watch, 0.3)
    (finding,) = find_findings(snapshot, "lock.blocking")
    assert (finding.integration, finding.subject) == ("vendor", "vendor")
    assert finding.fingerprint
    assert "11 sessions waiting for patient (table lock)" in finding.message
    assert "10 SELECTs and 1 UPDATE of opendental, behind its SELECT" in finding.message
    assert "Zyx" not in repr(snapshot)
    told = practice.performance_schema and practice.name != "mysql-5.6"
    assert finding.evidence is (Evidence.SAMPLED if told else Evidence.INFERRED)
    (running,) = find_long(snapshot)
    assert (running.severity, "must wait for it" in running.message) == (Severity.CRITICAL, True)
    assert after.blocking_victims == {}


def await_statement(server: RunningServer) -> None:
    """Until the vendor's is seen running."""
    deadline = time.monotonic() + 10
    query = (
        "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'vendor' AND STATE = 'User sleep'"
    )
    while not server.execute(query)[0][0]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_rows_of_a_transaction_that_sleeps(practice: RunningServer) -> None:
    """The vendor changed a row and went to sleep; InnoDB says whose transaction it is, on every server."""
    change = "UPDATE ProcedureLog SET ProcFee = 12 WHERE ProcNum = 1"
    with (
        watching(practice, limits=_LIMITS) as watch,
        crew(practice) as people,
        holding(practice, "vendor", change),
    ):
        people.start("root", change, 2)
        snapshot = look_for_block(watch, 2)
    (finding,) = find_findings(snapshot, "lock.blocking")
    assert finding.evidence is Evidence.SAMPLED
    assert "2 UPDATEs of opendental, behind a transaction left open by a session" in finding.message
    assert "row lock" in finding.message


def test_a_table_that_a_sleeping_session_has_locked(practice: RunningServer) -> None:
    """LOCK TABLES shows in no session's statement: where the server tells, it is named, else nobody is."""
    told = practice.performance_schema and practice.name != "mysql-5.6"
    with (
        switching_on(practice),
        watching(practice, limits=_LIMITS) as watch,
        crew(practice) as people,
        holding(practice, "vendor", "LOCK TABLES patient WRITE"),
    ):
        people.start("root", _LOOK_UP, 3)
        if told:
            (finding,) = find_findings(look_for_block(watch, 3), "lock.blocking")
            assert (finding.evidence, "left open by a session" in finding.message) == (Evidence.SAMPLED, True)
            return
        snapshot = keep_watching(watch, 3.5)
        assert find_findings(snapshot, "lock.blocking") == []
        assert snapshot.blocking_victims is None
        blind = {finding.subject: finding for finding in find_findings(snapshot, "coverage.blind")}
        assert "3 sessions waited for a lock" in blind["locks"].message


@contextmanager
def switching_on(server: RunningServer) -> Iterator[None]:
    """MariaDB's metadata locks are off by default; `check` prints the statement."""
    if server.flavour is not Flavour.MARIADB or not server.performance_schema:
        yield
        return
    switch = "UPDATE performance_schema.setup_instruments SET ENABLED = '{}' WHERE NAME = 'wait/lock/metadata/sql/mdl'"
    server.execute(switch.format("YES"))
    try:
        yield
    finally:
        server.execute(switch.format("NO"))


def test_an_alter_that_waits_holds_up_everybody_behind_it(practice: RunningServer) -> None:
    """It waits for the vendor's SELECT, and whoever comes later waits for it: the vendor is named for all."""
    state = "Waiting for table metadata lock"
    with watching(practice, limits=_LIMITS) as watch, crew(practice) as people:
        people.start("vendor", "SELECT ProcNum, SLEEP(1.3) FROM ProcedureLog")
        await_statement(practice)
        queue_up(people, practice, "ALTER TABLE ProcedureLog COMMENT = 'x'", state)
        queue_up(people, practice, "SELECT ProcFee FROM ProcedureLog LIMIT 1", state, times=3)
        snapshot = look_for_block(watch, 4)
    (finding,) = find_findings(snapshot, "lock.blocking")
    assert "4 sessions waiting for procedurelog (metadata lock)" in finding.message


@pytest.mark.servers("mysql-5.6", "mysql-9.7", "mariadb-10.11")
def test_the_offices_own_report_is_nobody_elses_fault(practice: RunningServer) -> None:
    """A vendor that runs beside it, and waits as others do, is not named."""
    state = "Waiting for table level lock"
    with watching(practice, limits=_LIMITS) as watch, crew(practice) as people:
        people.start("root", "SELECT LName, SLEEP(1.1) FROM patient")
        time.sleep(0.3)
        queue_up(people, practice, _CHANGE, state)
        people.start("vendor", _LOOK_UP, 2)
        snapshot = keep_watching(watch, 2.5)
    (finding,) = find_findings(snapshot, "lock.blocking")
    assert (finding.integration, finding.severity) == ("opendental", Severity.INFO)
    assert [
        each for each in find_findings(snapshot, "running.long") if each.severity is Severity.CRITICAL
    ] == []


@pytest.mark.servers("mysql-9.7", "mariadb-10.11")
def test_connections_that_pile_up(practice: RunningServer) -> None:
    """Three are usual for the vendor's account; then there are forty."""
    with watching(practice, limits=_LIMITS) as watch, sleeping(practice, 3):
        keep_watching(watch, 1.0)
        assert find_findings(watch.snapshot, "connection.leak") == []
        with sleeping(practice, 37):
            snapshot = keep_watching(watch, 0.3)
    (finding,) = find_findings(snapshot, "connection.leak")
    assert (finding.severity, finding.integration, finding.measured) == (Severity.WARNING, "vendor", 40.0)


@contextmanager
def sleeping(server: RunningServer, count: int) -> Iterator[Sequence[object]]:
    clients = [server.client("vendor", database=PRACTICE) for _ in range(count)]
    try:
        yield clients
    finally:
        for client in clients:
            client.close()


@pytest.mark.servers("mysql-9.7", "mariadb-10.11")
def test_a_vendors_own_table_is_information(practice: RunningServer) -> None:
    """It stands in the practice's database, and nobody but the vendor asks for it."""
    practice.execute(
        "CREATE TABLE zz_sync (id INT) ENGINE=MyISAM",
        "INSERT INTO zz_sync VALUES (1), (2)",
        database=PRACTICE,
    )
    try:
        with watching(practice, limits=_LIMITS) as watch, crew(practice) as people:
            people.start("vendor", "SELECT id, SLEEP(0.6) FROM zz_sync JOIN patient ON id = PatNum")
            snapshot = keep_watching(watch, 1.8)
    finally:
        practice.execute("DROP TABLE zz_sync", database=PRACTICE)
    (finding,) = find_findings(snapshot, "access.kind")
    assert (finding.severity, finding.subject, finding.integration) == (Severity.INFO, "zz_sync", "vendor")


@pytest.mark.servers(*(choice.name for choice in CHOICES))
def test_the_locks_are_those_that_are_there(practice: RunningServer) -> None:
    """Nothing while nobody waits; then the pair that waits, and both ends of a table's lock."""
    change = "UPDATE ProcedureLog SET ProcFee = 12 WHERE ProcNum = 1"
    with closing(connect(practice.watcher())) as connection, crew(practice) as people:
        assert read_row_locks(connection).waits == ()
        with closing(practice.client("vendor", database=PRACTICE, autocommit=False)) as client:
            with client.cursor() as cursor:
                cursor.execute(change)
            people.start("root", change)
            deadline = time.monotonic() + 10
            while not (waits := read_row_locks(connection).waits):
                assert time.monotonic() < deadline
                time.sleep(0.15)  # MySQL 5.6 and MariaDB answer from a copy that is a tenth of a second old
            assert [wait.holding_id for wait in waits] == [client.thread_id()]
            client.rollback()
        if not practice.performance_schema or practice.name == "mysql-5.6":
            return
        with switching_on(practice), closing(practice.client("vendor", database=PRACTICE)) as client:
            with client.cursor() as cursor:
                cursor.execute("LOCK TABLES patient WRITE")
            queue_up(people, practice, _LOOK_UP, "Waiting for table metadata lock")
            held = [lock for lock in read_metadata_locks(connection) if lock.table == "patient"]
            tables = read_table_locks(connection)
            mine = client.thread_id()
            assert {(lock.session_id == mine, lock.granted, lock.database) for lock in held} == {
                (True, True, PRACTICE),
                (False, False, PRACTICE),
            }
            assert [(lock.session_id, lock.exclusive) for lock in tables if lock.table == "patient"] == [
                (mine, True)
            ]


@pytest.mark.servers("mysql-9.7", "mariadb-10.11")
def test_an_account_that_nobody_claims_is_named_by_its_account(practice: RunningServer) -> None:
    state = "Waiting for table level lock"
    office = replace(VENDOR, name="opendental", kind=Kind.OPENDENTAL, accounts=("root",))
    with (
        closing(make_watch(practice.watcher(), (office,), limits=_LIMITS)) as watch,
        crew(practice) as people,
    ):
        people.start("vendor", "SELECT LName, SLEEP(1.2) FROM patient")
        await_statement(practice)
        queue_up(people, practice, _CHANGE, state)
        snapshot = keep_watching(watch, 2.8)
    (finding,) = find_findings(snapshot, "lock.blocking")
    assert finding.message.startswith(
        "Account vendor, which no integration claims, has kept 1 session waiting"
    )
