"""The demo's practice and its crowd, on a private server as this machine can have one."""

import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pymysql
import pytest

from querywatch.demo.backends import ServerEvidence
from querywatch.demo.play import Play
from querywatch.demo.practice import load_practice
from querywatch.demo.schema import DATABASE, parse_facts
from querywatch.demo.server import Login, PrivateServer
from querywatch.demo.traffic import VendorCounts
from querywatch.demo.vendors import VENDORS
from querywatch.model import Flavour

pytestmark = pytest.mark.server

SMALL = 0.001
CROWD_SECONDS = 6.0
FACTS = {table.name: table for table in parse_facts()}

Rows = tuple[tuple[Any, ...], ...]


def ask(server: PrivateServer, statement: str, login: Login | None = None) -> Rows:
    with server.connect(login, DATABASE) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return tuple(cursor.fetchall())


@pytest.fixture(scope="module", params=[ServerEvidence.USERSTAT, ServerEvidence.FULL])
def play(request: pytest.FixtureRequest) -> Iterator[Play]:
    with Play(request.param, scale=SMALL) as play:
        yield play


@pytest.fixture(scope="module")
def counts(play: Play) -> Mapping[str, VendorCounts]:
    """What the crowd counted in a few seconds of work."""
    play.begin()
    time.sleep(CROWD_SECONDS)
    counts = play.stop_crowd()
    time.sleep(0.5)  # a statement may reach the counters a moment after its client has the answer
    return counts


def test_the_practice_has_the_columns_of_the_facts(play: Play) -> None:
    """Types are compared without the display widths that newer MySQL servers no longer keep."""
    found = ask(
        play.server,
        "SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE FROM information_schema.COLUMNS"
        f" WHERE TABLE_SCHEMA = '{DATABASE}'",
    )
    expected = {
        (table.name, column.name, column.base_type) for table in FACTS.values() for column in table.columns
    }
    assert set(found) == expected


def test_the_practice_has_the_indexes_of_the_facts(play: Play) -> None:
    """Name, order, uniqueness and prefix of every one, and all of them switched on again after the load."""
    found = ask(
        play.server,
        "SELECT TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX, COLUMN_NAME, SUB_PART, NON_UNIQUE, COMMENT"
        f" FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = '{DATABASE}'",
    )
    expected = {
        (table.name, index.name, position, column, prefix, 0 if index.unique else 1, "")
        for table in FACTS.values()
        for index in table.indexes
        for position, (column, prefix) in enumerate(index.parts, start=1)
    }
    assert set(found) == expected


def test_every_table_has_its_rows(play: Play) -> None:
    """Read before the crowd has written anything."""
    assert sum(play.rows.values()) > 500_000
    for name, rows in play.rows.items():
        ((counted,),) = ask(play.server, f"SELECT COUNT(*) FROM `{name}`")
        assert counted == rows, name


def test_nothing_of_the_load_is_left(play: Play) -> None:
    databases = {name for (name,) in ask(play.server, "SHOW DATABASES")}
    assert not [name for name in databases if name.startswith("querywatch")]


def test_no_real_number_or_address_can_be_in_it(play: Play) -> None:
    ((patients, fiction),) = ask(
        play.server,
        "SELECT COUNT(*), SUM(HmPhone LIKE '(555)555-%' AND WirelessPhone LIKE '(555)555-%'"
        " AND Email LIKE '%@example.com' AND SSN = '') FROM patient",
    )
    assert patients == fiction


def test_the_last_minutes_hold_few_rows_and_the_years_many(play: Play) -> None:
    """A look at what changed just now must be cheap where an index serves it."""
    ((late, years),) = ask(
        play.server,
        "SELECT SUM(DateTStamp > NOW() - INTERVAL 15 MINUTE), COUNT(DISTINCT YEAR(DateTStamp)) FROM procedurelog",
    )
    assert late < 100
    assert years >= 10


def test_the_server_is_set_up_as_offices_have_it(play: Play) -> None:
    ((engine, mode, connections),) = ask(
        play.server, "SELECT @@default_storage_engine, @@GLOBAL.sql_mode, @@max_connections"
    )
    assert (engine, mode) == ("MyISAM", "")
    assert connections > 500


def test_the_watcher_reads_no_patient(play: Play) -> None:
    with pytest.raises(pymysql.err.OperationalError, match="1142"):
        ask(play.server, "SELECT PatNum FROM patient LIMIT 1", play.watcher)


def test_the_watcher_sees_the_schema(play: Play) -> None:
    ((columns,),) = ask(
        play.server,
        f"SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = '{DATABASE}'",
        play.watcher,
    )
    assert columns == sum(len(table.columns) for table in FACTS.values())


def test_everybody_was_at_work(counts: Mapping[str, VendorCounts]) -> None:
    assert set(counts) == {"opendental", *(vendor.name for vendor in VENDORS)}
    assert counts["recall-texter"].statements > CROWD_SECONDS
    assert counts["chart-bi"].statements >= 3
    assert counts["phone-popup"].statements * 60 / CROWD_SECONDS > 2_000
    assert counts["opendental"].writes > 0
    assert counts["ledger-writer"].writes >= 4
    readers = ("recall-texter", "chart-bi", "phone-popup", "careful-sync")
    assert [counts[name].writes for name in readers] == [0, 0, 0, 0]


def test_the_servers_own_counters_agree_with_the_crowd_exactly(
    play: Play, counts: Mapping[str, VendorCounts]
) -> None:
    """Every statement and every write of every account, none more and none less."""
    assert read_server_counts(play) == {
        integration.accounts[0]: (counts[integration.name].statements, counts[integration.name].writes)
        for integration in play.integrations
    }


def test_the_careful_vendor_reads_few_rows(play: Play, counts: Mapping[str, VendorCounts]) -> None:
    """What it asks for is served by indexes, so it may not look like a scan."""
    rows = read_rows_examined(play, "careful_sync")
    assert rows / counts["careful-sync"].statements < 2_000


def test_the_texting_vendor_scans_the_whole_table_each_time(
    play: Play, counts: Mapping[str, VendorCounts]
) -> None:
    selects = counts["recall-texter"].statements - 1  # SET NAMES
    assert read_rows_examined(play, "recall_texter") == selects * play.rows["patient"]


def read_server_counts(play: Play) -> dict[str, tuple[int, int]]:
    """Account -> statements and writes, as the private server counted them."""
    if play.server.evidence is ServerEvidence.USERSTAT:
        statement = (
            "SELECT USER, SELECT_COMMANDS + UPDATE_COMMANDS + OTHER_COMMANDS, UPDATE_COMMANDS"
            " FROM information_schema.USER_STATISTICS"
        )
    else:
        statement = (
            "SELECT USER, SUM(COUNT_STAR), SUM(IF(EVENT_NAME REGEXP '/(insert|update)$', COUNT_STAR, 0))"
            " FROM performance_schema.events_statements_summary_by_account_by_event_name"
            " WHERE EVENT_NAME LIKE 'statement/sql/%' GROUP BY USER"
        )
    accounts = {integration.accounts[0] for integration in play.integrations}
    rows = ask(play.server, statement)
    return {user: (int(sent), int(written)) for user, sent, written in rows if user in accounts}


def read_rows_examined(play: Play, account: str) -> int:
    if play.server.evidence is ServerEvidence.USERSTAT:
        statement = f"SELECT ROWS_READ FROM information_schema.USER_STATISTICS WHERE USER = '{account}'"
    else:
        statement = (
            "SELECT SUM(SUM_ROWS_EXAMINED) FROM"
            " performance_schema.events_statements_summary_by_account_by_event_name"
            f" WHERE USER = '{account}'"
        )
    ((rows,),) = ask(play.server, statement)
    return int(rows)


def test_the_crowd_ends_quietly_when_its_server_is_gone() -> None:
    """And still says what it had counted."""
    with Play(ServerEvidence.PROCESSLIST, scale=SMALL) as play:
        play.begin()
        time.sleep(1.0)
        play.server.close()
        counts = play.stop_crowd()
    assert counts["phone-popup"].statements > 10


def test_a_load_that_fails_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception in the middle, Ctrl-C for one, ends the server and removes its directory."""

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    with tempfile.TemporaryDirectory() as place:  # pytest's own may be too long for a socket's name
        monkeypatch.setattr("tempfile.tempdir", place)
        with pytest.raises(KeyboardInterrupt):
            Play(ServerEvidence.PROCESSLIST, scale=SMALL, progress=interrupt)
        assert list(Path(place).iterdir()) == []


def test_the_same_seed_loads_the_same_practice() -> None:
    """But for its dates, which end at the moment of the load."""
    names = "SELECT SUM(CRC32(CONCAT(PatNum, LName, FName, HmPhone, Address, BalTotal))) FROM patient"
    found = []
    with PrivateServer(ServerEvidence.PROCESSLIST) as server:
        for _ in range(2):
            load_practice(server, scale=SMALL, seed=7)
            found += ask(server, names)
            ask(server, f"DROP DATABASE {DATABASE}")
    assert found[0] == found[1]


def test_mysql_without_userstat_gets_the_next_source_up() -> None:
    with PrivateServer(ServerEvidence.USERSTAT) as server:
        expected = ServerEvidence.FULL if server.flavour is Flavour.MYSQL else ServerEvidence.USERSTAT
        assert server.evidence is expected
