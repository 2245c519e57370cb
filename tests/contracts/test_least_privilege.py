"""The account that `grants` prints is enough for every source, and reads and writes nothing of the practice."""

import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest
from server.consumers import consuming
from server.daemons import running_daemon, write_config
from server.servers import PRACTICE, RunningServer

from querywatch.db.connection import connect
from querywatch.db.privileges import read_privileges
from querywatch.db.server import has_prepared_statements
from querywatch.errors import StatementRefusedError
from querywatch.model import Flavour
from querywatch.sources import (
    accounts,
    attributes,
    digests,
    plans,
    prepared,
    processlist,
    recorded,
    schema,
    session_counters,
    status,
    threads,
    userstat,
)
from querywatch.sql.reduce import StatementBook

pytestmark = pytest.mark.server

_WRITE_EVENTS = (
    "insert",
    "insert_select",
    "update",
    "update_multi",
    "delete",
    "delete_multi",
    "replace",
    "replace_select",
    "load",
    "call_procedure",
    "truncate",
)
_WRITE_BEGINNINGS = ("create_", "alter_", "drop_", "rename_", "grant", "revoke")


def read_everything(server: RunningServer) -> None:
    """Every source that this server has, without one being refused."""
    book = StatementBook()
    with closing(connect(server.watcher())) as connection:
        assert processlist.read_sessions(connection, book) is not None
        assert status.read_status(connection).uptime_seconds >= 0
        assert schema.SchemaSource((PRACTICE,), 3600.0).read_some(connection, 0.0)
        if server.performance_schema:
            assert attributes.read_programs(connection)
            assert digests.DigestSource().read(connection, book).rows
            assert accounts.read_account_counters(connection).rows
            known = threads.ThreadBook()
            assert session_counters.read_session_counters(connection, known, 0.0).rows
            with consuming(server, *recorded.CONSUMERS.values()):
                for record in recorded.Record:
                    recorded.RecordedSource(known).read(connection, book, record, 0.0)
            if has_prepared_statements(connection.server):
                prepared.read_prepared(connection, book, known, 0.0)
        if server.flavour is Flavour.MARIADB:
            assert "watcher" in userstat.read_userstat(connection).rows
            plans.require_plans(connection)


def find_events(server: RunningServer) -> dict[str, int]:
    return dict(
        server.execute(
            "SELECT EVENT_NAME, SUM(COUNT_STAR) "
            "FROM performance_schema.events_statements_summary_by_account_by_event_name "
            "WHERE USER = 'watcher' AND COUNT_STAR > 0 GROUP BY EVENT_NAME"
        )
    )


def find_refused(server: RunningServer) -> int:
    """The watcher's statements that the server refused, where its performance schema counts them."""
    if not server.performance_schema:
        return 0
    rows = server.execute(
        "SELECT SUM(SUM_ERRORS) FROM performance_schema.events_statements_summary_by_account_by_event_name "
        "WHERE USER = 'watcher' AND EVENT_NAME = 'statement/sql/select'"
    )
    return int(rows[0][0] or 0)


def find_writes(events: Iterable[str]) -> set[str]:
    names = {event.removeprefix("statement/sql/") for event in events}
    return {name for name in names if name in _WRITE_EVENTS or name.startswith(_WRITE_BEGINNINGS)}


def test_the_server_counts_no_write_of_the_watcher(server: RunningServer) -> None:
    """After a run of all sources the server's own counters know of reads and settings alone."""
    counts_by_user = server.flavour is Flavour.MARIADB
    if counts_by_user:
        server.execute("SET GLOBAL userstat = 1", "FLUSH USER_STATISTICS")
        connect(server.watcher()).close()  # the table knows an account from its first disconnection on
    try:
        read_everything(server)
        rows = "SELECT UPDATE_COMMANDS, ROWS_INSERTED, ROWS_UPDATED, ROWS_DELETED, SELECT_COMMANDS > 0 "
        if counts_by_user:
            assert server.execute(
                f"{rows} FROM information_schema.USER_STATISTICS WHERE USER = 'watcher'"
            ) == ((0, 0, 0, 0, 1),)
    finally:
        if counts_by_user:
            server.execute("SET GLOBAL userstat = 0")
    if server.performance_schema:
        events = find_events(server)
        assert events["statement/sql/select"] > 0
        assert find_writes(events) == set()


def test_the_daemon_writes_nothing_and_reads_no_table_of_the_practice(
    server: RunningServer, tmp_path: Path
) -> None:
    """The daemon itself, for some cycles; then the server's own counters are asked.

    A read of a table would be refused (1142, tested below), and a refusal is counted too.
    """
    refused_before = find_refused(server)
    counts_by_user = server.flavour is Flavour.MARIADB
    if counts_by_user:
        server.execute("SET GLOBAL userstat = 1", "FLUSH USER_STATISTICS")
    try:
        with running_daemon(write_config(tmp_path, [server.watcher()])) as daemon:
            schema = f'querywatch_source_up{{server="{server.name}",source="schema"}}'
            daemon.wait_for(lambda: daemon.value(schema) == 1, "the schema, which is read last")
            time.sleep(1.5)
            daemon.stop()
        if counts_by_user:
            (used,) = server.execute(
                "SELECT UPDATE_COMMANDS, ROWS_INSERTED, ROWS_UPDATED, ROWS_DELETED, ACCESS_DENIED "
                "FROM information_schema.USER_STATISTICS WHERE USER = 'watcher'"
            )
            assert used == (0, 0, 0, 0, 0)
    finally:
        if counts_by_user:
            server.execute("SET GLOBAL userstat = 0")
    if server.performance_schema:
        assert find_writes(find_events(server)) == set()
    assert find_refused(server) == refused_before


def test_the_account_has_neither_too_little_nor_too_much(server: RunningServer) -> None:
    """What `grants` prints is what `check` finds in order."""
    with closing(connect(server.watcher())) as connection:
        privileges = read_privileges(connection, (PRACTICE,))
    assert privileges.account == "'watcher'@'%'"
    assert privileges.missing == ()
    assert privileges.excessive == ()


@pytest.mark.parametrize("table", ["patient", "ProcedureLog", "patientview"])
def test_no_row_of_the_practice_can_be_read(server: RunningServer, table: str) -> None:
    """1142 for every table and view, though its columns are visible."""
    with closing(connect(server.watcher())) as connection, pytest.raises(StatementRefusedError) as refused:
        connection.read(f"SELECT PatNum FROM {PRACTICE}.{table} LIMIT 1")
    assert refused.value.code == 1142


def test_too_much_and_too_little_are_found_and_the_fix_is_one(server: RunningServer) -> None:
    """An account set up wrongly is told each statement; once they are run, nothing is left to say."""
    server.create_account(
        "sloppy", f"SELECT, INSERT (LName) ON {PRACTICE}.patient", "FILE ON *.*", f"ALL ON {PRACTICE}.*"
    )
    with closing(connect(server.endpoint("sloppy"))) as connection:
        before = read_privileges(connection, (PRACTICE,))
        for fault in (*before.excessive, *before.missing):
            server.execute(*(part for part in fault.fix.split(";") if part.strip()))
        missing_now = read_privileges(connection, (PRACTICE,)).missing
        server.execute(*(fault.fix.rstrip(";") for fault in missing_now))
    with closing(connect(server.endpoint("sloppy"))) as connection:
        after = read_privileges(connection, (PRACTICE,))
    assert len(before.excessive) == 3
    assert "PROCESS" in {fault.what for fault in before.missing}
    assert (after.missing, after.excessive) == ((), ())
