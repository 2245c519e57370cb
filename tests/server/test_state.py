"""What is kept of real servers: what changed on them, who wrote, and nothing that anybody's statement said."""

import os
import random
import signal
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from server.daemons import RunningDaemon, running_daemon, write_config
from server.servers import PRACTICE, RunningServer
from server.watching import VENDOR, watching

from querywatch.analysis.timeline import Change, ChangeKind
from querywatch.findings import Acknowledgement
from querywatch.service.watch import Watch
from querywatch.store import Store
from querywatch.store.acknowledgements import add_acknowledgement
from querywatch.store.findings import load_finding_history
from querywatch.store.history import load_shapes
from querywatch.store.servers import load_server
from querywatch.store.use import load_use
from querywatch.store.writes import load_writes

CANARY = "zyxwanda"
INTEGRATIONS = f"""
[[integrations]]
name = "opendental"
kind = "opendental"
accounts = ["root"]
[[integrations]]
name = "{VENDOR.name}"
accounts = ["vendor"]
"""
WRITE = f"UPDATE patient SET Note = '{CANARY}' WHERE LName = '{CANARY}'"
READ = f"SELECT LName AS `{CANARY}` FROM patient WHERE Note LIKE '%{CANARY}%' AND SLEEP(0.3) = 0"
ACKNOWLEDGED = "querywatch_finding_acknowledged_until_timestamp_seconds"


def read_tables(watch: Watch) -> None:
    """Has all tables read anew and compared, however many turns that takes."""
    before = watch._schema
    watch._intake._schema.renew()
    deadline = time.monotonic() + 20
    while watch._schema is before or watch.chronicle._schema is not watch._schema:
        assert time.monotonic() < deadline, watch.snapshot.trouble
        watch.cycle(count=True)


def await_change(watch: Watch, kind: ChangeKind, words: str) -> Change:
    """Reads the tables until it is told; one that somebody is still altering is left for the next time."""
    deadline = time.monotonic() + 30
    while True:
        read_tables(watch)
        for change in watch.chronicle.find_changes(time.time()):
            if (change.kind, change.words) == (kind, words):
                return change
        assert time.monotonic() < deadline, watch.chronicle.find_changes(time.time())


def test_what_changes_on_a_server_is_told(server: RunningServer) -> None:
    """An index and a table that come and go, a variable; and nothing before there was a change."""
    name = f"t{random.randrange(10**9)}"
    with watching(server) as watch:
        read_tables(watch)
        read_tables(watch)
        assert watch.chronicle.find_changes(time.time()) == ()
        server.execute(
            f"CREATE TABLE {name} (a INT, KEY byA (a))",
            "SET GLOBAL max_connections = 171",
            database=PRACTICE,
        )
        await_change(watch, ChangeKind.TABLE, f"the table {name} came")
        server.execute(f"DROP INDEX byA ON {name}", database=PRACTICE)
        index = await_change(watch, ChangeKind.INDEX, f"the index byA (a) of {name} was dropped")
        server.execute(f"DROP TABLE {name}", "SET GLOBAL max_connections = 151", database=PRACTICE)
        await_change(watch, ChangeKind.TABLE, f"the table {name} went")
    assert index.subject == name
    variables = [
        each for each in watch.chronicle.find_changes(time.time()) if each.kind is ChangeKind.VARIABLE
    ]
    assert [each.subject for each in variables] == ["max_connections"] * 2


def act(server: RunningServer) -> None:
    """What the vendor does for a while: it reads, and writes what it may not."""
    with closing(server.client("vendor", database=PRACTICE)) as client, client.cursor() as cursor:
        for _ in range(8):
            cursor.execute(WRITE)
            cursor.execute(READ)


def acknowledge(directory: Path) -> None:
    """As a command would, while the daemon runs."""
    now = time.time()
    entry = Acknowledgement(
        integration=VENDOR.name, rule="write.forbidden", who="IT", why="known", made_at=now, until=now + 3600
    )
    with closing(Store.open(directory)) as store, store.writing() as connection:
        add_acknowledgement(connection, "office", entry)


def find_opened(daemon: RunningDaemon) -> bool:
    return 'rule="write.forbidden"' in daemon.metrics()


@pytest.mark.servers("mariadb-10.11-ps")
def test_a_daemon_keeps_what_it_saw_and_nothing_that_was_said(server: RunningServer, tmp_path: Path) -> None:
    """Acknowledged by a command it is known within seconds; killed and started again it is known still."""
    server.create_account("vendor", f"SELECT, UPDATE ON {PRACTICE}.*")
    endpoint = replace(server.watcher(), name="office")
    config, state = write_config(tmp_path, [endpoint], INTEGRATIONS), tmp_path / "state"
    with running_daemon(config) as daemon:
        daemon.wait_for(lambda: "querywatch_up{" in daemon.metrics(), "up")
        daemon.wait_for(lambda: daemon.value('querywatch_up{server="office"}') == 1, "connected")
        act(server)
        daemon.wait_for(lambda: find_opened(daemon), "the write is found")
        daemon.wait_for(lambda: "querywatch_query_info{" in daemon.metrics(), "shapes are shown")
        acknowledge(state)
        daemon.wait_for(lambda: ACKNOWLEDGED + "{" in daemon.metrics(), "acknowledged")
        daemon.stop()
    with running_daemon(config) as daemon:
        daemon.wait_for(lambda: ACKNOWLEDGED + "{" in daemon.metrics(), "still known")
        daemon.signal(signal.SIGKILL)
        daemon.process.wait()
    with closing(Store.open(state)) as store, store.reading() as connection:
        assert store.warning is None
        writes = load_writes(connection, "office", VENDOR.name)
        assert {(each.account, each.operation, each.outcome) for each in writes} == {
            ("vendor", "update", "done")
        }
        assert sum(each.statements for each in writes) == 8
        rules = {each.finding.rule for each in load_finding_history(connection, "office", 0)}
        assert "write.forbidden" in rules
        used = [each.use for each in load_use(connection, "office", 0, time.time())]
        assert sum(use.runs for use in used if (use.integration, use.fingerprint) == (VENDOR.name, "")) >= 16
        assert "patient" in {each.tables for each in load_shapes(connection, "office")}
        known = load_server(connection, "office")
        assert known.schema is not None
        assert known.schema.find("patient", None) is not None
        assert "vendor" in known.names["account"]
    for path in state.iterdir():
        assert CANARY.encode() not in path.read_bytes().lower()


@pytest.mark.servers("mariadb-10.11-ps")
def test_a_daemon_whose_state_cannot_be_kept_watches_all_the_same(
    server: RunningServer, tmp_path: Path
) -> None:
    """Its directory is another program's file: the log says so, and how to mend it."""
    config = write_config(tmp_path, [replace(server.watcher(), name="office")])
    (tmp_path / "state").write_text("")
    with running_daemon(config) as daemon:
        daemon.wait_for(lambda: daemon.value('querywatch_up{server="office"}') == 1, "connected")
        daemon.stop()
    log = daemon.log.read_text()
    assert log.count("history is not kept") == 1
    assert "[state] directory" in log
    assert os.stat(tmp_path / "state").st_size == 0  # noqa: PTH116 - a file where a directory belongs
