"""The keeper writes what watches leave, hands on what commands wrote, and survives what disks do."""

import logging
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Thread

import pytest

from querywatch.analysis.timeline import ChangeKind
from querywatch.counters import ServerStatus
from querywatch.findings import Acknowledgement, OpenFinding
from querywatch.model import (
    Evidence,
    Finding,
    Flavour,
    Integration,
    Kind,
    Operation,
    Schema,
    ServerInfo,
    Severity,
    Table,
)
from querywatch.service.chronicle import LEARNING_SECONDS, Chronicle
from querywatch.service.keeping import KEEP_SECONDS, Keeper
from querywatch.snapshot import IntegrationState, QueryInfo, QueryState, Snapshot
from querywatch.store import FILE_NAME, Store
from querywatch.store.acknowledgements import add_acknowledgement
from querywatch.store.baselines import BaselineRow
from querywatch.store.history import load_changes, load_gaps, load_shapes
from querywatch.store.retention import Retention
from querywatch.store.trail import load_events
from querywatch.store.use import load_use

NOW = 1_800_000_000.0
VENDOR = Integration(name="vendor", kind=Kind.DIRECT_READ)
FOUND = OpenFinding(
    finding=Finding(
        rule="index.missing", severity=Severity.WARNING, integration="vendor", subject="patient", message="m",
        advice="a", evidence=Evidence.COUNTED,
    ),
    opened_at=NOW, last_seen_at=NOW, severe_at=NOW,
)  # fmt: skip
ROW = BaselineRow(integration="vendor", fingerprint="f", measure="seconds", numbers=(1.0, 2.0))
STATUS = ServerStatus(
    uptime_seconds=1000, threads_running=1, threads_connected=1, max_connections=100, questions=1,
    performance_schema=True, userstat=None, ansi_quotes=False, no_backslash_escapes=False, max_digest_bytes=1024,
    variables={"sql_mode": ""},
)  # fmt: skip
INFO = ServerInfo(name="office", flavour=Flavour.MYSQL, version=(5, 6, 24))


def make_state(
    statements: float, seconds: float | None = None, longest_seconds: float = 0.0
) -> IntegrationState:
    return IntegrationState(
        integration=VENDOR, statements={Operation.SELECT: statements}, seconds=seconds, rows_examined=None,
        rows_sent=None, writes={}, evidence={}, longest_running_seconds=longest_seconds,
    )  # fmt: skip


@dataclass
class Watched:
    """A watch as far as the keeper sees one."""

    snapshot: Snapshot = field(
        default_factory=lambda: Snapshot(server="office", at=NOW, up=True, attempted=True)
    )
    chronicle: Chronicle = field(default_factory=Chronicle)


@dataclass
class Clock:
    now: float = NOW

    def __call__(self) -> float:
        return self.now


@dataclass
class Desk:
    """A keeper with one watch and a clock that the test moves."""

    directory: Path
    watch: Watched = field(default_factory=Watched)
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.keeper = self.open()

    def open(self) -> Keeper:
        return Keeper(self.directory, Retention(), lambda: {"office": self.watch}, clock=self.clock)

    def pass_time(self, seconds: float) -> None:
        """Ticks once a second."""
        for _ in range(int(seconds)):
            self.clock.now += 1
            self.keeper.tick()

    def show(self, **parts: object) -> None:
        """The watch's next snapshot."""
        self.watch.snapshot = replace(self.watch.snapshot, at=self.clock.now, **parts)  # type: ignore[arg-type]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "state")
    yield made
    made.keeper.stop(5, "over")


def test_everything_is_kept_within_a_minute(desk: Desk) -> None:
    """And comes back to the next daemon as memory; what a second sight showed is a difference."""
    desk.watch.chronicle.note_server(INFO, STATUS, None, NOW)
    desk.watch.chronicle.note_baselines([ROW])
    shape = QueryInfo(
        fingerprint="f", tables="patient", shape="SELECT …", whole_shape="SELECT patnum FROM patient"
    )
    query = QueryState(integration="vendor", fingerprint="f", executions=3.0, seconds=0.5, rows_examined=None)
    desk.show(
        findings=(FOUND,), integrations=(make_state(3, 0.5, 0.4),), queries=(query,), query_infos=(shape,)
    )
    desk.pass_time(KEEP_SECONDS + 1)
    desk.show(integrations=(make_state(5, 0.75),), queries=(replace(query, executions=5.0),))
    desk.watch.chronicle.note_server(
        INFO, replace(STATUS, variables={"sql_mode": "ANSI"}), None, desk.clock()
    )
    desk.pass_time(KEEP_SECONDS)

    after = desk.open()
    assert after.load_findings("office") == (FOUND,)
    memory = after.load_memory("office")
    assert memory.info == INFO
    assert memory.variables == {"sql_mode": "ANSI"}
    assert [tuple(each.numbers) for each in memory.baselines] == [ROW.numbers]
    assert [change.kind for change in memory.changes] == [ChangeKind.VARIABLE]
    with closing(Store.open(desk.directory)) as store, store.reading() as connection:
        uses = [each.use for each in load_use(connection, "office", NOW - 7200, NOW + 7200)]
        assert [sum(use.runs for use in uses if use.fingerprint == name) for name in ("", "f")] == [5, 5]
        assert sum(use.seconds or 0 for use in uses if not use.fingerprint) == 0.75
        assert max(use.longest_seconds or 0 for use in uses) == 0.4
        assert [each.shape for each in load_shapes(connection, "office")] == [shape.whole_shape]


def test_totals_that_begin_again_are_no_negative_use(desk: Desk) -> None:
    """A watch that was made anew counts from zero."""
    desk.show(integrations=(make_state(100, 5.0),))
    desk.pass_time(1)
    desk.show(integrations=(make_state(10, 1.0),))
    desk.pass_time(KEEP_SECONDS)
    with closing(Store.open(desk.directory)) as store, store.reading() as connection:
        assert sum(each.use.runs for each in load_use(connection, "office", NOW - 7200, NOW + 7200)) == 110


def test_what_a_command_acknowledges_is_handed_on(desk: Desk) -> None:
    """At the next look for news, and once."""
    desk.pass_time(2)
    assert desk.watch.chronicle.take_acknowledgements() == ()
    entry = Acknowledgement(
        integration="vendor", rule="index.missing", who="IT", why="known", made_at=NOW, until=NOW + 5000
    )
    with closing(Store.open(desk.directory)) as command, command.writing() as connection:
        add_acknowledgement(connection, "office", entry)
    desk.pass_time(1)
    assert desk.watch.chronicle.take_acknowledgements() == (entry,)
    desk.pass_time(5)
    assert desk.watch.chronicle.take_acknowledgements() is None


def test_open_findings_are_not_forgotten_before_the_first_look(desk: Desk) -> None:
    """A daemon that is killed before it reached its server leaves what was open."""
    desk.show(findings=(FOUND,))
    desk.pass_time(11)
    desk.watch = Watched(snapshot=Snapshot(server="office", at=NOW, up=False, attempted=False))
    desk.keeper = desk.open()
    desk.pass_time(KEEP_SECONDS)
    assert desk.open().load_findings("office") == (FOUND,)


def test_a_server_that_is_away_leaves_a_gap(desk: Desk) -> None:
    """From the first look that did not find it to the last; querywatch's own absence is one too."""
    desk.pass_time(KEEP_SECONDS)
    desk.show(up=False)
    desk.pass_time(600)
    desk.show(up=True)
    desk.pass_time(KEEP_SECONDS)
    desk.clock.now += 3600
    assert desk.open().load_memory("office").seen_at is not None
    with closing(Store.open(desk.directory)) as store, store.reading() as connection:
        away, absent = load_gaps(connection, "office", 0)
    assert (away.reason, absent.reason) == ("away", "not running")
    assert away.ended_at - away.started_at == pytest.approx(600, abs=2)
    assert absent.ended_at - absent.started_at == pytest.approx(3600, abs=KEEP_SECONDS)


def fill_disk(keeper: Keeper, *, full: bool) -> None:
    """What SQLite does on a full disk: no page more than there are; 0 pages ask for the bound and set none."""
    assert keeper._store is not None
    with keeper._store.reading() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0] if full else 10**9
        connection.execute(f"PRAGMA max_page_count = {pages}")


def test_a_full_disk_loses_nothing_that_is_waited_for(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """Told once, not each minute; the watch's notes wait, and are kept when there is room."""
    caplog.set_level(logging.INFO)
    desk.pass_time(2)
    fill_disk(desk.keeper, full=True)
    for number in range(300):
        row = replace(ROW, fingerprint=f"f{number}", numbers=(float(number),) * 100)
        desk.watch.chronicle.note_baselines([row])
    desk.pass_time(5 * KEEP_SECONDS)
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "make room" in caplog.text
    fill_disk(desk.keeper, full=False)
    desk.pass_time(KEEP_SECONDS)
    assert caplog.messages[1:] == ["history is kept again"]
    assert len(desk.open().load_memory("office").baselines) == 300


def test_a_disk_that_stays_full_costs_bounded_memory(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """Past ten thousand changes the oldest are dropped, which is told once."""
    desk.pass_time(2)
    fill_disk(desk.keeper, full=True)
    for number in range(12_000):
        status = replace(STATUS, variables={"number": str(number)})
        desk.watch.chronicle.note_status(status, NOW)
        if number % 3_000 == 0:
            desk.pass_time(KEEP_SECONDS)
    desk.pass_time(3 * KEEP_SECONDS)
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
    waiting = desk.watch.chronicle.take().changes
    assert len(waiting) == 10_000
    assert waiting[-1].words == "number went from 11998 to 11999"


def test_a_place_that_cannot_be_used_does_not_stop_the_watch(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told, and tried again every minute."""
    caplog.set_level(logging.INFO)
    blocker = tmp_path / "file"
    blocker.write_text("")
    desk = Desk(blocker / "state")
    assert desk.keeper.load_findings("office") == ()
    assert desk.keeper.load_memory("office").baselines == ()
    desk.watch.chronicle.note_baselines([ROW])
    desk.pass_time(2 * KEEP_SECONDS)
    assert len(caplog.records) == 1
    blocker.unlink()
    desk.pass_time(2 * KEEP_SECONDS)
    assert caplog.messages[1:] == ["history is kept again"]
    assert len(desk.open().load_memory("office").baselines) == 1
    desk.keeper.stop(5, "over")


def test_a_file_that_is_damaged_meanwhile_is_begun_anew(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """It is kept under another name, and what is open is written to the new one."""
    desk.show(findings=(FOUND,))
    desk.pass_time(KEEP_SECONDS + 1)
    assert desk.keeper._store is not None
    with desk.keeper._store.reading() as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA cache_size = 0")
    path = desk.directory / FILE_NAME
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (path.stat().st_size - 4096))
    desk.pass_time(2 * KEEP_SECONDS)
    assert sum("damaged-1" in message for message in caplog.messages) == 1
    assert desk.open().load_findings("office") == (FOUND,)


def test_a_disk_that_hangs_holds_up_no_watch_and_no_stop(desk: Desk) -> None:
    """Another process holds the file: a watch's notes return at once, and stopping waits no longer than it said."""
    desk.pass_time(2)
    held, over = Event(), Event()

    def hold() -> None:
        with closing(Store.open(desk.directory)) as other, other.writing():
            held.set()
            over.wait()

    holder = Thread(target=hold)
    holder.start()
    held.wait()
    keeping = Thread(target=desk.pass_time, args=(KEEP_SECONDS,))
    keeping.start()
    desk.watch.chronicle.note_baselines([ROW])
    assert desk.watch.chronicle.find_changes(NOW) == ()
    assert not desk.keeper.stop(0.2, "over")
    over.set()
    holder.join()
    keeping.join()


def test_the_trail_has_what_the_daemon_did(desk: Desk) -> None:
    desk.keeper.record("start", "1 servers")
    assert desk.keeper.stop(5, "0 servers did not answer")
    with closing(Store.open(desk.directory)) as store, store.reading() as connection:
        assert [(each.event, each.detail) for each in load_events(connection)] == [
            ("start", "1 servers"),
            ("stop", "0 servers did not answer"),
        ]


def test_what_changed_while_nobody_watched_is_told(desk: Desk) -> None:
    """A restart, a version, a variable, a table: compared with what was known before the daemon stopped."""
    table = Table(database="o", name="patient", engine="MyISAM", rows=10, columns={"a": "int"}, indexes=())
    schema = Schema(tables={("o", "patient"): table})
    desk.watch.chronicle.note_server(INFO, STATUS, schema, NOW)
    desk.watch.chronicle.note_accounts([("root", "ws1")], NOW)
    desk.pass_time(KEEP_SECONDS + 1)
    assert desk.keeper.stop(5, "over")

    desk.clock.now += LEARNING_SECONDS
    chronicle = Chronicle()
    chronicle.recall(desk.open().load_memory("office"))
    now = desk.clock.now
    newer = replace(INFO, version=(5, 6, 51))
    status = replace(STATUS, uptime_seconds=50, variables={"sql_mode": "ANSI"})
    chronicle.note_server(newer, status, Schema(tables={}), now)
    chronicle.note_accounts([("root", "ws1"), ("vendor", "ws2")], now)
    assert [change.kind for change in chronicle.find_changes(now)] == [
        ChangeKind.VERSION, ChangeKind.RESTART, ChangeKind.VARIABLE, ChangeKind.TABLE, ChangeKind.ACCOUNT,
        ChangeKind.HOST,
    ]  # fmt: skip
    desk.watch.chronicle = chronicle
    desk.keeper = desk.open()
    desk.pass_time(KEEP_SECONDS)
    with closing(Store.open(desk.directory)) as store, store.reading() as connection:
        assert len(load_changes(connection, "office", 0)) == 6
