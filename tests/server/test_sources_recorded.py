"""The executions that a server writes down with their session, on every server that does."""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import closing

import pymysql
import pytest
from server.binary import execute, prepare
from server.books import PlainBook
from server.consumers import consuming
from server.servers import PRACTICE, RunningServer
from server.watching import watching

from querywatch.counters import Recorded
from querywatch.db.connection import Connection, connect
from querywatch.model import Flavour
from querywatch.sources.base import SourceUnavailableError
from querywatch.sources.recorded import CONSUMERS, Record, RecordedSource, require_record
from querywatch.sources.threads import ThreadBook
from querywatch.sql.reduce import StatementBook

pytestmark = pytest.mark.server

STATEMENT = "SELECT LName FROM patient WHERE PatNum = 3 AND LName = 'Abbott'"
_ENTRY_SECONDS = 0.3  # a statement is written down a moment after its client has the answer
_COUNTING = ("mysql-5.6", "mysql-9.7", "mariadb-10.5-ps", "mariadb-10.11-ps", "mariadb-11.8-ps")
_WITHOUT_COUNTERS = ("mariadb-10.5", "mariadb-10.11", "mariadb-11.8")
_KEEPING = (Record.HISTORY, Record.LONG)
_PREPARED_KNOWN = "mysql-9.7"
_NO_ROWS_OF_LAST = ("mariadb-10.5-ps", "mariadb-10.11-ps")


@pytest.fixture
def watcher(server: RunningServer) -> Iterator[Connection]:
    with closing(connect(server.watcher())) as connection:
        yield connection


@pytest.fixture
def _vendor(server: RunningServer) -> None:
    server.create_account("vendor", f"SELECT, UPDATE, EXECUTE ON {PRACTICE}.*")


def read(watcher: Connection, source: RecordedSource, record: Record) -> list[Recorded]:
    """What is new of the vendor; each reading at a time of its own."""
    found = source.read(watcher, PlainBook(), record, time.monotonic())
    return [each for each in found if each.account == "vendor"]


def find_shapes(recorded: Iterable[Recorded]) -> list[str]:
    """In the order in which they ran, without what is no statement of a test's."""
    ordered = sorted(recorded, key=lambda each: each.key)
    shapes = [each.statement.shape.replace("`", "").rstrip(" ;") for each in ordered]
    return [shape for shape in shapes if not shape.startswith("SET")]


@pytest.mark.parametrize("record", Record)
def test_what_is_not_kept_is_said_with_what_would_keep_it(
    server: RunningServer, watcher: Connection, record: Record
) -> None:
    """Switched off altogether, or this one alone; the advice is the statement that switches it on."""
    source = RecordedSource(ThreadBook())
    if not server.performance_schema:
        with pytest.raises(SourceUnavailableError) as off:
            read(watcher, source, record)
        assert off.value.reason == "performance-schema-off"
        with pytest.raises(SourceUnavailableError, match="performance schema is switched off"):
            require_record(watcher, record)
        return
    with consuming(server):
        for attempt in (lambda: read(watcher, source, record), lambda: require_record(watcher, record)):
            with pytest.raises(SourceUnavailableError) as off:
                attempt()
            assert off.value.reason == "consumer-off"
        server.execute(off.value.advice)
        require_record(watcher, record)
    # By itself, without what is current, a history stays empty.
    alone = {CONSUMERS[record]} - {CONSUMERS[Record.LAST]}
    with consuming(server, *alone), pytest.raises(SourceUnavailableError):
        require_record(watcher, record)


@pytest.mark.servers(*_COUNTING)
@pytest.mark.usefixtures("_vendor")
@pytest.mark.parametrize("record", Record)
def test_an_execution_is_told_once_with_whose_it_was(
    server: RunningServer, watcher: Connection, record: Record
) -> None:
    """Session, account, host, time and rows; a sleeping session's last one too; a later run is another one."""
    source = RecordedSource(ThreadBook())
    book = StatementBook()
    with (
        consuming(server, *CONSUMERS.values()),
        closing(server.client("vendor", database=PRACTICE)) as client,
        client.cursor() as cursor,
    ):
        cursor.execute("SELECT SLEEP(0.2), PatNum FROM patient WHERE Note LIKE '%none%' OR SLEEP(0.1)")
        time.sleep(_ENTRY_SECONDS)
        (first,) = (each for each in read(watcher, source, record) if "SLEEP" in each.statement.shape.upper())
        again = read(watcher, source, record)
        cursor.execute(STATEMENT)
        time.sleep(_ENTRY_SECONDS)
        (second,) = source.read(watcher, book, record, time.monotonic())
        (host,) = server.execute(
            f"SELECT HOST FROM information_schema.PROCESSLIST WHERE ID = {client.thread_id()}"
        )[0]
    assert again == []
    assert first.session_id == second.session_id == client.thread_id()
    assert (first.account, first.host) == ("vendor", host.rsplit(":", 1)[0])
    assert first.seconds is not None
    assert 0.3 <= first.seconds < 1
    untold = record is Record.LAST and server.name in _NO_ROWS_OF_LAST
    assert first.rows_examined == (None if untold else 3)
    assert second.statement.fingerprint == book.from_text(STATEMENT).fingerprint
    assert second.key[0] == first.key[0]
    assert second.key[1] > first.key[1]


@pytest.mark.servers(*_COUNTING)
@pytest.mark.usefixtures("_vendor")
@pytest.mark.parametrize("record", _KEEPING)
def test_only_what_the_client_sent_is_its_own(
    server: RunningServer, watcher: Connection, record: Record
) -> None:
    """A routine's inner statements are not, dynamic ones neither; those inside a transaction are."""
    server.execute(
        "DROP PROCEDURE IF EXISTS inner_work",
        "CREATE PROCEDURE inner_work() BEGIN SELECT COUNT(*) FROM ProcedureLog; "
        "PREPARE dynamic FROM 'SELECT MAX(ProcNum) FROM ProcedureLog'; EXECUTE dynamic; END",
        database=PRACTICE,
    )
    source = RecordedSource(ThreadBook())
    with (
        consuming(server, *CONSUMERS.values()),
        closing(server.client("vendor", database=PRACTICE)) as client,
        client.cursor() as cursor,
    ):
        cursor.execute("BEGIN")
        cursor.execute("SELECT PatNum FROM patient")
        cursor.callproc("inner_work")
        while cursor.nextset():
            pass
        cursor.execute("COMMIT")
        time.sleep(_ENTRY_SECONDS)
        shapes = find_shapes(read(watcher, source, record))
    assert [shape for shape in shapes if "ProcedureLog" in shape] == []
    assert shapes == ["BEGIN", "SELECT PatNum FROM patient", "CALL inner_work ( )", "COMMIT"]


@pytest.mark.servers(*_COUNTING)
@pytest.mark.usefixtures("_vendor")
@pytest.mark.parametrize("record", _KEEPING)
def test_what_is_known_of_prepared_and_of_several_statements_at_once(
    server: RunningServer, watcher: Connection, record: Record
) -> None:
    """MySQL 9.7 names each; 5.6 and MariaDB no binary one, and they give all of a packet its first one's digest."""
    source = RecordedSource(ThreadBook())
    flags = pymysql.constants.CLIENT.MULTI_STATEMENTS
    with (
        consuming(server, *CONSUMERS.values()),
        closing(server.client("vendor", database=PRACTICE, client_flag=flags)) as client,
        client.cursor() as cursor,
    ):
        cursor.execute("PREPARE byname FROM 'SELECT PatNum FROM patient WHERE PatNum = 1'")
        cursor.execute("EXECUTE byname")
        number = prepare(client, "SELECT ProcFee FROM ProcedureLog WHERE ProcNum = 1")
        execute(client, number)
        cursor.execute("SELECT ProcNum FROM ProcedureLog; UPDATE patient SET LName = 'N' WHERE PatNum = 77")
        while cursor.nextset():
            pass
        time.sleep(_ENTRY_SECONDS)
        shapes = find_shapes(read(watcher, source, record))
    if server.name == _PREPARED_KNOWN:
        assert shapes == [
            "PREPARE SELECT PatNum FROM patient WHERE PatNum = ?",
            "EXECUTE SELECT PatNum FROM patient WHERE PatNum = ?",
            "PREPARE SELECT ProcFee FROM ProcedureLog WHERE ProcNum = ?",
            "EXECUTE SELECT ProcFee FROM ProcedureLog WHERE ProcNum = ?",
            "SELECT ProcNum FROM ProcedureLog",
            "UPDATE patient SET LName = ? WHERE PatNum = ?",
        ]
    else:
        first_of_packet = "SELECT ProcNum FROM ProcedureLog"
        assert shapes == ["PREPARE byname FROM ?", "EXECUTE byname", first_of_packet, first_of_packet]


@pytest.mark.servers(*_COUNTING)
@pytest.mark.usefixtures("_vendor")
def test_what_runs_has_no_time_yet(server: RunningServer, watcher: Connection) -> None:
    """MySQL 9.7 tells it while it runs, each time; the others once it ended, and all tell its whole time then."""
    source = RecordedSource(ThreadBook())
    with (
        consuming(server, *CONSUMERS.values()),
        closing(server.client("vendor", database=PRACTICE)) as client,
    ):
        thread = threading.Thread(target=client.query, args=("SELECT SLEEP(1.2)",))
        thread.start()
        server.await_sleeping("vendor")
        during = [read(watcher, source, Record.LAST) for _ in range(2)]
        thread.join()
        time.sleep(_ENTRY_SECONDS)
        (after,) = read(watcher, source, Record.LAST)
    seconds = [
        [each.seconds for each in found if "SLEEP" in each.statement.shape.upper()] for found in during
    ]
    assert seconds == ([[None], [None]] if server.name == "mysql-9.7" else [[], []])
    assert after.seconds is not None
    assert 1.2 <= after.seconds < 2


@pytest.mark.servers(*_COUNTING)
@pytest.mark.usefixtures("_vendor")
def test_what_a_session_ran_is_told_after_its_end(server: RunningServer, watcher: Connection) -> None:
    """By the long history, when the session was once seen alive; one that nobody saw is left out."""
    source = RecordedSource(ThreadBook())
    with consuming(server, *CONSUMERS.values()):
        with closing(server.client("vendor", database=PRACTICE)) as client:
            read(watcher, source, Record.LONG)
            client.query("SELECT 'seen' AS seen")
        with closing(server.client("vendor", database=PRACTICE)) as unseen:
            unseen.query("SELECT 'unseen' AS unseen")
        time.sleep(_ENTRY_SECONDS)
        found = read(watcher, source, Record.LONG)
    assert find_shapes(found) == ["SELECT ? AS seen"]
    assert {each.session_id for each in found} == {client.thread_id()}


@pytest.mark.servers(*_COUNTING)
@pytest.mark.usefixtures("_vendor")
def test_records_that_overlap_tell_an_execution_once(server: RunningServer, watcher: Connection) -> None:
    """The last statement of a session stands in the history too, in whichever order and how late they are read."""
    with (
        consuming(server, *CONSUMERS.values()),
        closing(server.client("vendor", database=PRACTICE)) as client,
    ):
        time.sleep(1.1)  # what the connection began with is older than what readings overlap by
        for records in (tuple(Record), tuple(reversed(Record))):
            source = RecordedSource(ThreadBook())
            told = list[Recorded]()
            for number in range(3):
                client.query(f"SELECT 'text' AS turn_{number}")
                time.sleep(_ENTRY_SECONDS)
                told += [each for record in records for each in read(watcher, source, record)]
            turns = [shape for shape in find_shapes(told) if "turn_" in shape]
            assert len(set(turns)) == 3
            assert len({each.key for each in told}) == len(told)


@pytest.mark.servers(*_WITHOUT_COUNTERS)
def test_nothing_is_read_where_the_performance_schema_is_off(watcher: Connection) -> None:
    """No rows and no error is what the server answers; it is not passed on as nothing having run."""
    with pytest.raises(SourceUnavailableError):
        RecordedSource(ThreadBook()).read(watcher, PlainBook(), Record.LONG, 0.0)


@pytest.mark.servers("mysql-5.6", "mysql-9.7")
@pytest.mark.usefixtures("_vendor")
def test_a_shape_too_short_for_polls_is_laid_to_its_account(server: RunningServer) -> None:
    """A vendor's look-ups of a millisecond: no poll meets one running, and yet they are the vendor's."""
    with watching(server) as watch, closing(server.client("vendor", database=PRACTICE)) as client:
        with client.cursor() as cursor:
            for _ in range(25):
                cursor.execute(STATEMENT)
        time.sleep(0.3)
        watch.cycle(count=True)
        found = {query.executions for query in watch.snapshot.queries if query.integration == "vendor"}
    assert found == {25}


def test_the_flavours_that_keep_the_last_statement_without_being_asked(
    server: RunningServer, watcher: Connection
) -> None:
    """MySQL does, MariaDB wants its consumer switched on."""
    if server.flavour is Flavour.MYSQL:
        require_record(watcher, Record.LAST)
    else:
        with pytest.raises(SourceUnavailableError):
            require_record(watcher, Record.LAST)
