"""What servers count by session and prepared statement, and log as slow, against work whose numbers are known."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from server.binary import execute, prepare
from server.books import PlainBook
from server.consumers import consuming
from server.counted import settle
from server.servers import PRACTICE, RunningServer

from querywatch.counters import Prepared
from querywatch.db.connection import Connection, connect
from querywatch.model import Flavour, Operation
from querywatch.sources import plans, slow_log
from querywatch.sources.accounts import read_account_counters
from querywatch.sources.base import SourceUnavailableError
from querywatch.sources.prepared import read_prepared
from querywatch.sources.recorded import CONSUMERS, Record
from querywatch.sources.session_counters import read_session_counters
from querywatch.sources.slow_log import SlowLogSource
from querywatch.sources.threads import ThreadBook
from querywatch.sql.reduce import StatementBook

pytestmark = pytest.mark.server

_ENTRY_SECONDS = 0.3
_COUNTING = ("mysql-5.6", "mysql-9.7", "mariadb-10.5-ps", "mariadb-10.11-ps", "mariadb-11.8-ps")
_WITHOUT_COUNTERS = ("mariadb-10.5", "mariadb-10.11", "mariadb-11.8")
_PREPARING = _COUNTING[1:]


@pytest.fixture
def watcher(server: RunningServer) -> Iterator[Connection]:
    with closing(connect(server.watcher())) as connection:
        yield connection


@pytest.fixture
def _vendor(server: RunningServer) -> None:
    server.create_account("vendor", f"SELECT, UPDATE, EXECUTE ON {PRACTICE}.*")


@pytest.mark.servers(*_COUNTING)
@pytest.mark.usefixtures("_vendor")
def test_sessions_of_one_account_are_counted_apart(server: RunningServer, watcher: Connection) -> None:
    """Each has its own numbers, and together they are the account's."""
    before = read_account_counters(watcher)
    with (
        closing(server.client("vendor", database=PRACTICE)) as reading,
        closing(server.client("vendor", database=PRACTICE)) as writing,
    ):
        for _ in range(7):
            reading.query("SELECT PatNum FROM patient WHERE Note LIKE '%o%'")
        for _ in range(3):
            writing.query("UPDATE patient SET LName = 'N' WHERE PatNum = 2")
        execute(writing, prepare(writing, "SELECT ProcNum FROM ProcedureLog"))
        time.sleep(_ENTRY_SECONDS)
        found = read_session_counters(watcher, ThreadBook(), 0.0)
        after = read_account_counters(watcher)
        ids = reading.thread_id(), writing.thread_id()
    totals = {
        (ids.index(key.session_id), key.operation): row
        for key, row in found.rows.items()
        if key.session_id in ids
    }
    counts = {key: row.executions for key, row in totals.items()}
    assert (counts[0, Operation.SELECT], counts.get((1, Operation.SELECT))) == (7, None)
    assert (counts[1, Operation.UPDATE], counts.get((0, Operation.UPDATE))) == (3, None)
    assert counts[1, Operation.PREPARED] == 1
    assert totals[0, Operation.SELECT].rows_examined == 21
    grown = Counter[Operation]()
    for sign, reading_of in ((1, after), (-1, before)):
        for key, row in reading_of.rows.items():
            if key.account == "vendor":
                grown[key.operation] += sign * row.executions
    assert {operation: grown[operation] for operation in (Operation.SELECT, Operation.UPDATE)} == {
        Operation.SELECT: 7,
        Operation.UPDATE: 3,
    }


@pytest.mark.servers(*_WITHOUT_COUNTERS)
def test_nothing_counted_by_session_is_said(watcher: Connection) -> None:
    """Switched off, the table is empty: that is no reading."""
    with pytest.raises(SourceUnavailableError) as off:
        read_session_counters(watcher, ThreadBook(), 0.0)
    assert off.value.reason == "performance-schema-off"


def find_prepared(watcher: Connection, text: str) -> Prepared:
    (found,) = (
        each
        for each in read_prepared(watcher, StatementBook(), ThreadBook(), 0.0)
        if each.statement.fingerprint == StatementBook().from_text(text).fingerprint
    )
    return found


@pytest.mark.servers(*_PREPARING)
@pytest.mark.usefixtures("_vendor")
def test_who_prepared_what_and_how_often_it_ran(server: RunningServer, watcher: Connection) -> None:
    """By the binary protocol and by text; executions count while the consumer is on, before they are unknown."""
    binary = "SELECT ProcFee FROM ProcedureLog WHERE ProcNum = 4711"
    by_text = "SELECT PatNum FROM patient WHERE LName = 'Abbott'"
    with closing(server.client("vendor", database=PRACTICE)) as client, client.cursor() as cursor:
        number = prepare(client, binary)
        cursor.execute(f"PREPARE byname FROM '{by_text.replace(chr(39), chr(39) * 2)}'")
        with consuming(server):
            execute(client, number)
            assert find_prepared(watcher, binary).executions is None
        with consuming(server, CONSUMERS[Record.LAST]):
            already = find_prepared(watcher, binary).executions
            assert already == 0
            for _ in range(3):
                execute(client, number)
            cursor.execute("EXECUTE byname")
            time.sleep(_ENTRY_SECONDS)
            found, named = find_prepared(watcher, binary), find_prepared(watcher, by_text)
        assert (found.account, found.session_id, found.executions) == ("vendor", client.thread_id(), 3)
        assert (named.account, named.executions) == ("vendor", 1)
        assert found.host == named.host != ""
        assert found.key[0] == named.key[0]
        assert "4711" not in found.statement.shape


@pytest.mark.servers(*_PREPARING)
@pytest.mark.usefixtures("_vendor")
@pytest.mark.parametrize("letter", ["x", "\N{LATIN SMALL LETTER U WITH DIAERESIS}"])
def test_a_long_prepared_text_is_marked_cut(server: RunningServer, watcher: Connection, letter: str) -> None:
    """The server keeps its beginning alone, and may cut within a character."""
    with closing(server.client("vendor", database=PRACTICE, charset="utf8mb4")) as client:
        prepare(client, f"SELECT PatNum AS longone FROM patient WHERE LName = '{letter * 2000}'")
        settle(client)
        found = [
            each.statement
            for each in read_prepared(watcher, StatementBook(), ThreadBook(), 0.0)
            if "longone" in each.statement.shape
        ]
    assert [each.cut for each in found] == [True]
    assert letter * 3 not in found[0].shape


@pytest.mark.servers("mysql-5.6", *_WITHOUT_COUNTERS)
def test_prepared_statements_that_nobody_lists_are_said(server: RunningServer, watcher: Connection) -> None:
    """MySQL 5.6 has no such table, the others have it switched off."""
    with pytest.raises(SourceUnavailableError) as missing:
        read_prepared(watcher, PlainBook(), ThreadBook(), 0.0)
    expected = "unsupported" if server.flavour is Flavour.MYSQL else "performance-schema-off"
    assert missing.value.reason == expected


@contextmanager
def logging_to_table(server: RunningServer, *, granted: bool = True) -> Iterator[None]:
    """The slow log in a table, of everything longer than 0.2 s, and the optional grant."""
    before = server.execute("SELECT @@GLOBAL.log_output, @@GLOBAL.long_query_time")[0]
    server.execute(
        "SET GLOBAL log_output = 'FILE,TABLE'",
        "SET GLOBAL long_query_time = 0.2",
        "SET GLOBAL slow_query_log = 1",
    )
    if granted:
        server.execute("GRANT SELECT ON mysql.slow_log TO 'watcher'@'%'")
    try:
        yield
    finally:
        server.execute(
            "SET GLOBAL slow_query_log = 0",
            f"SET GLOBAL log_output = '{before[0]}'",
            f"SET GLOBAL long_query_time = {before[1]}",
            "TRUNCATE mysql.slow_log",
        )
        if granted:
            server.execute("REVOKE SELECT ON mysql.slow_log FROM 'watcher'@'%'")


@pytest.mark.usefixtures("_vendor")
def test_a_slow_statement_is_told_once_with_whose_it_was(server: RunningServer, watcher: Connection) -> None:
    """Not what was there before; again after the log was emptied; whatever the clock of the session that was slow."""
    source, book = SlowLogSource(), StatementBook()
    with logging_to_table(server), closing(server.client("vendor", database=PRACTICE)) as client:
        client.query("SELECT SLEEP(0.3), 'before'")
        time.sleep(_ENTRY_SECONDS)
        assert source.read(watcher, book) == ()
        client.query("SET time_zone = '-09:00'")
        client.query("SELECT SLEEP(1.3), PatNum FROM patient WHERE LName = 'Abbott' OR PatNum = 1 LIMIT 1")
        time.sleep(_ENTRY_SECONDS)
        (first,) = source.read(watcher, book)
        again = source.read(watcher, book)
        server.execute("TRUNCATE mysql.slow_log")
        emptied = source.read(watcher, book)
        client.query("SELECT SLEEP(0.3), 'after' AS after_it")
        execute(client, prepare(client, "SELECT SLEEP(0.3), 'binary' AS sent_binary"))
        time.sleep(_ENTRY_SECONDS)
        later = source.read(watcher, book)
        (host,) = server.execute(
            f"SELECT HOST FROM information_schema.PROCESSLIST WHERE ID = {client.thread_id()}"
        )[0]
    assert again == emptied == ()
    assert (first.account, first.session_id) == ("vendor", client.thread_id())
    assert first.host == host.rsplit(":", 1)[0]
    assert first.seconds is not None
    assert 1.0 <= first.seconds < 2.0
    assert first.statement.tables == ("patient",)
    assert "Abbott" not in first.statement.shape
    aliases = [
        next((name for name in ("after_it", "sent_binary") if name in each.statement.shape), "")
        for each in later
    ]
    assert aliases == ["after_it", "sent_binary"]


@pytest.mark.usefixtures("_vendor")
def test_a_long_slow_statement_is_cut_and_marked(server: RunningServer, watcher: Connection) -> None:
    """Of a statement of any length no more crosses the wire than the process list would hold."""
    source = SlowLogSource()
    with logging_to_table(server), closing(server.client("vendor", database=PRACTICE)) as client:
        source.read(watcher, PlainBook())
        client.query(f"SELECT SLEEP(0.3), '{'x' * 300_000}'")
        time.sleep(_ENTRY_SECONDS)
        (found,) = source.read(watcher, PlainBook())
    assert found.statement.cut
    assert len(found.statement.shape) == 65_535


def test_a_slow_log_that_cannot_be_read_is_said(server: RunningServer, watcher: Connection) -> None:
    """Off, written to a file alone, or without the grant; each with what would help."""
    source = SlowLogSource()
    reasons = list[str]()
    for attempt in (lambda: source.read(watcher, PlainBook()), lambda: slow_log.require_slow_log(watcher)):
        with pytest.raises(SourceUnavailableError) as off:
            attempt()
        reasons.append(off.value.reason)
        with logging_to_table(server, granted=False), pytest.raises(SourceUnavailableError) as refused:
            attempt()
        reasons.append(refused.value.reason)
    assert reasons == ["slow-log-off", "privilege"] * 2
    assert refused.value.advice.startswith("GRANT SELECT ON mysql.slow_log")
    with logging_to_table(server):
        slow_log.require_slow_log(watcher)
        server.execute("SET GLOBAL log_output = 'FILE'")
        with pytest.raises(SourceUnavailableError):
            slow_log.require_slow_log(watcher)


@pytest.mark.servers("mysql-5.6", "mysql-9.7", "mariadb-10.11")
def test_a_slow_log_too_large_is_left_alone(server: RunningServer, watcher: Connection) -> None:
    """A server reads it from its beginning: with every statement logged, a reading would cost more and more."""
    source = SlowLogSource(readable_entries=3)
    with logging_to_table(server):
        assert source.read(watcher, PlainBook()) == ()
        with server.root() as root:
            root.query("SET long_query_time = 0")
            for number in range(5):
                root.query(f"SELECT {number}")
        time.sleep(_ENTRY_SECONDS)
        assert len(source.read(watcher, PlainBook())) >= 5
        with pytest.raises(SourceUnavailableError) as large:
            source.read(watcher, PlainBook())
        assert large.value.reason == "slow-log-large"
        server.execute(large.value.advice)
        assert source.read(watcher, PlainBook()) == ()


def test_plans_may_be_asked_for_with_process_alone(server: RunningServer, watcher: Connection) -> None:
    """On every MariaDB; MySQL keeps them from all but administrators; without PROCESS they are refused."""
    server.create_account("blinkered")
    if server.flavour is Flavour.MYSQL:
        with pytest.raises(SourceUnavailableError) as missing:
            plans.require_plans(watcher)
        assert missing.value.reason == "unsupported"
        return
    plans.require_plans(watcher)
    with (
        closing(connect(server.endpoint("blinkered"))) as connection,
        pytest.raises(SourceUnavailableError) as refused,
    ):
        plans.require_plans(connection)
    assert refused.value.reason == "privilege"


@pytest.mark.servers(*_COUNTING)
def test_those_who_are_gone_are_remembered_within_bounds(server: RunningServer, watcher: Connection) -> None:
    """The ones who are there stay in any case; of the others, the latest."""
    threads = ThreadBook(max_threads=20)
    thread_of = "SELECT THREAD_ID FROM performance_schema.threads WHERE PROCESSLIST_ID = {}"
    with closing(server.root()) as staying:
        ((kept,),) = server.execute(thread_of.format(staying.thread_id()))
        gone = list[int]()
        for turn in range(30):
            with closing(server.root()) as client:
                ((thread_id,),) = server.execute(thread_of.format(client.thread_id()))
                threads.read(watcher, float(turn))
                gone.append(thread_id)
        owner = threads.find(kept)
    assert owner is not None
    assert (owner.session_id, owner.account) == (staying.thread_id(), "root")
    assert threads.find(gone[-1]) is not None
    assert threads.find(gone[0]) is None
    threads.forget()
    assert threads.find(kept) is None
