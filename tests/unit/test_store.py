"""The state survives what befalls files: kills, damage, full disks, other programs and other versions."""

import os
import resource
import sqlite3
import stat
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from killing import find_saved, kill_while_writing

from querywatch.errors import StateError
from querywatch.findings import OpenFinding
from querywatch.model import Evidence, Finding, Severity
from querywatch.store import FILE_NAME, SCHEMA_VERSION, Store
from querywatch.store.findings import load_findings, save_findings
from querywatch.store.migrations import MIGRATIONS
from querywatch.store.trail import Event, load_events, record

FOUND = OpenFinding(
    finding=Finding(
        rule="index.missing",
        severity=Severity.CRITICAL,
        integration="recall-texter",
        subject="patient",
        fingerprint="0123456789abcdef",
        message="recall-texter read 32,852 rows of patient.",
        advice="Ask its vendor.",
        evidence=Evidence.COUNTED,
        measured=65704.0,
        limit=5000.0,
    ),
    opened_at=100.0,
    last_seen_at=200.0,
    severe_at=150.0,
    quiet_cycles=2,
    acknowledged_until=5000.0,
)
OTHER = replace(
    FOUND,
    finding=replace(FOUND.finding, subject="claimproc", measured=None, limit=None),
    acknowledged_until=None,
)


def save(store: Store, server: str, findings: Sequence[OpenFinding], now: float) -> None:
    with store.writing() as connection:
        save_findings(connection, server, findings, now)


def load(store: Store, server: str) -> tuple[OpenFinding, ...]:
    with store.reading() as connection:
        return load_findings(connection, server)


def note(store: Store, event: str, detail: str, now: float) -> None:
    with store.writing() as connection:
        record(connection, event, detail, now)


def trail(store: Store) -> tuple[Event, ...]:
    with store.reading() as connection:
        return load_events(connection)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "state"


def test_findings_come_back_as_they_were(directory: Path) -> None:
    """Every field survives, None as None, each server apart."""
    with closing(Store.open(directory)) as store:
        save(store, "office", (FOUND, OTHER), 300.0)
        save(store, "branch", (OTHER,), 300.0)
    with closing(Store.open(directory)) as store:
        assert store.warning is None
        loaded = {each.finding.subject: each for each in load(store, "office")}
        assert loaded == {"patient": FOUND, "claimproc": OTHER}
        assert loaded["patient"].finding.message == FOUND.finding.message
        assert loaded["patient"].finding.limit_ratio == FOUND.finding.limit_ratio
        assert loaded["claimproc"].finding.measured is None
        assert load(store, "branch") == (OTHER,)
        assert load(store, "elsewhere") == ()


def test_saving_replaces_what_was_saved_before(directory: Path) -> None:
    """What has resolved is not open after a restart."""
    with closing(Store.open(directory)) as store:
        save(store, "office", (FOUND, OTHER), 300.0)
        save(store, "office", (OTHER,), 310.0)
        assert load(store, "office") == (OTHER,)


def test_the_trail_only_grows(directory: Path) -> None:
    """Starts and stops are kept in order, over restarts."""
    for number in range(3):
        with closing(Store.open(directory)) as store:
            note(store, "start", f"version {number}", float(number))
    with closing(Store.open(directory)) as store:
        assert trail(store) == tuple(
            Event(at=float(each), event="start", detail=f"version {each}") for each in range(3)
        )


def test_nobody_else_may_read_the_state(directory: Path) -> None:
    """Directory 0700, every file in it 0600, under the most open umask."""
    before = os.umask(0)
    try:
        with closing(Store.open(directory)) as store:
            note(store, "start", "", 1.0)
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}
    finally:
        os.umask(before)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert len(modes) == 3
    assert set(modes.values()) == {0o600}


def test_a_file_left_open_to_others_is_closed_to_them(directory: Path) -> None:
    """A copy brought back with a lax mode does not stay so."""
    Store.open(directory).close()
    (directory / FILE_NAME).chmod(0o644)
    Store.open(directory).close()
    assert stat.S_IMODE((directory / FILE_NAME).stat().st_mode) == 0o600


@pytest.mark.parametrize("damage", [b"not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_damaged_file_is_set_aside(directory: Path, damage: bytes) -> None:
    """It is kept under a number, a new one is begun, and the warning says so."""
    for number in (1, 2):
        directory.mkdir(exist_ok=True)
        (directory / FILE_NAME).write_bytes(damage)
        with closing(Store.open(directory)) as store:
            assert "damaged" in str(store.warning)
            assert (directory / f"{FILE_NAME}.damaged-{number}").read_bytes() == damage
            save(store, "office", (FOUND,), 300.0)
            assert load(store, "office") == (FOUND,)


def test_a_file_overwritten_in_the_middle_is_set_aside(directory: Path) -> None:
    """Damage past the header is found when the file is opened, not when it is too late."""
    with closing(Store.open(directory)) as store:
        save(store, "office", (FOUND, OTHER), 300.0)
    path = directory / FILE_NAME
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    with closing(Store.open(directory)) as store:
        assert "damaged-1" in str(store.warning)
        assert load(store, "office") == ()


def test_another_programs_database_is_not_taken_over(directory: Path) -> None:
    """A SQLite file of somebody else's is set aside whole, not written into."""
    directory.mkdir()
    with closing(sqlite3.connect(directory / FILE_NAME)) as foreign:
        foreign.execute("CREATE TABLE theirs (value)")
    with closing(Store.open(directory)) as store:
        assert "not querywatch's" in str(store.warning)
    with closing(sqlite3.connect(directory / f"{FILE_NAME}.damaged-1")) as foreign:
        assert foreign.execute("SELECT count(*) FROM theirs").fetchone() == (0,)


def test_a_newer_versions_file_is_refused_and_left_alone(directory: Path) -> None:
    """An older querywatch does not guess at a newer one's state; it names the fix."""
    Store.open(directory).close()
    path = directory / FILE_NAME
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(StateError, match="newer querywatch") as refused:
        Store.open(directory)
    assert str(path) in str(refused.value)
    assert [each.name for each in directory.iterdir() if "damaged" in each.name] == []


@pytest.mark.parametrize("place", ["file/state", "file"])
def test_a_directory_that_cannot_be_used_is_named(tmp_path: Path, place: str) -> None:
    """The error names the directory and what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="make it writable") as refused:
        Store.open(tmp_path / place)
    assert str(tmp_path / place) in str(refused.value)


def test_a_full_disk_is_told_and_loses_nothing_that_was_kept(directory: Path) -> None:
    """The write fails as a StateError; what was saved before stays, and the store goes on when there is room."""
    many = tuple(
        replace(FOUND, finding=replace(FOUND.finding, subject=f"table{number}", message="x" * 2000))
        for number in range(500)
    )
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with closing(Store.open(directory)) as store:
        save(store, "office", (FOUND,), 300.0)
        # The kernel refuses to let any file grow past this, as a full disk does.
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, limits[1]))
        try:
            with pytest.raises(StateError, match="make room"):
                save(store, "office", many, 310.0)
            assert load(store, "office") == (FOUND,)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        save(store, "office", many, 320.0)
    with closing(Store.open(directory)) as store:
        assert store.warning is None
        assert len(load(store, "office")) == len(many)


def test_a_killed_daemon_leaves_whole_state(directory: Path) -> None:
    """Fifteen times kill -9 in the middle of writing: never damaged, never half a save, nothing said is lost."""
    number = 0
    for attempt in range(15):
        said = kill_while_writing(directory, number, 0.005 * attempt)
        saved = find_saved(directory)
        assert saved >= said
        number = saved + 1


def test_threads_and_processes_may_share_the_file(directory: Path) -> None:
    """A command may write while the daemon does; every entry arrives."""
    with closing(Store.open(directory)) as daemon, closing(Store.open(directory)) as command:
        threads = [
            Thread(target=lambda store=store: [note(store, "event", "", 1.0) for _ in range(50)])
            for store in (daemon, daemon, command)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(trail(daemon)) == 150


def test_a_closed_store_says_so(directory: Path) -> None:
    """Use after the end is a StateError like any other."""
    store = Store.open(directory)
    store.close()
    store.close()
    with pytest.raises(StateError):
        note(store, "late", "", 1.0)


def test_a_truncated_file_is_set_aside(directory: Path) -> None:
    """What a disk lost the end of is kept, and the store goes on with a new one."""
    with closing(Store.open(directory)) as store:
        save(store, "office", (FOUND, OTHER), 300.0)
    path = directory / FILE_NAME
    os.truncate(path, path.stat().st_size // 2)
    with closing(Store.open(directory)) as store:
        assert "damaged-1" in str(store.warning)
        save(store, "office", (FOUND,), 310.0)
        assert load(store, "office") == (FOUND,)


def test_an_empty_file_is_no_damage(directory: Path) -> None:
    """It is what a kill between making the file and filling it leaves."""
    directory.mkdir()
    (directory / FILE_NAME).touch()
    with closing(Store.open(directory)) as store:
        assert store.warning is None


def test_damage_that_is_met_in_use_is_set_aside_too(directory: Path) -> None:
    """The one write that meets it fails and says so; the next one goes to a new file."""
    many = tuple(
        replace(FOUND, finding=replace(FOUND.finding, subject=f"table{number}", message="x" * 500))
        for number in range(500)
    )
    with closing(Store.open(directory)) as store:
        save(store, "office", many, 300.0)
        with store.reading() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("PRAGMA cache_size = 0")
        path = directory / FILE_NAME
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(b"\xa5" * (path.stat().st_size - 4096))
        with pytest.raises(StateError, match="kept as"):
            save(store, "office", (FOUND,), 310.0)
        save(store, "office", (FOUND,), 320.0)
        assert load(store, "office") == (FOUND,)
    assert (directory / f"{FILE_NAME}.damaged-1").exists()


def test_a_file_that_was_removed_is_begun_anew(directory: Path) -> None:
    """Nothing is written to a file that no directory leads to any more."""
    with closing(Store.open(directory)) as store:
        save(store, "office", (FOUND,), 300.0)
        for path in directory.iterdir():
            path.unlink()
        save(store, "office", (OTHER,), 310.0)
        assert (directory / FILE_NAME).exists()
        assert load(store, "office") == (OTHER,)


def test_two_that_find_the_damage_at_once_set_aside_one_file(directory: Path) -> None:
    """The new file of the first is not taken for the damaged one by the second."""
    for attempt in range(5):
        directory.mkdir(exist_ok=True)
        (directory / FILE_NAME).write_bytes(b"SQLite format 3\0" + b"\xff" * 4096)
        with ThreadPoolExecutor(4) as pool:
            stores = [each.result() for each in [pool.submit(Store.open, directory) for _ in range(4)]]
        for number, store in enumerate(stores):
            note(store, "event", str(number), 1.0)
        assert len(trail(stores[0])) == 4
        for store in stores:
            store.close()
        assert (directory / f"{FILE_NAME}.damaged-{attempt + 1}").exists()
        assert not (directory / f"{FILE_NAME}.damaged-{attempt + 2}").exists()
        (directory / FILE_NAME).unlink()


def test_a_place_that_can_only_be_read_is_named() -> None:
    """The error says so, whether a directory's mode or a disk's is in the way; as root it is tried as nobody."""
    with tempfile.TemporaryDirectory() as place:
        directory = Path(place) / "state"
        Store.open(directory).close()
        for path in (Path(place), directory, directory / FILE_NAME):
            path.chmod(0o555 if path.is_dir() else 0o444)
        was = os.geteuid()
        try:
            if was == 0:
                os.seteuid(65534)
            with pytest.raises(StateError, match="make it writable"):
                Store.open(directory)
        finally:
            os.seteuid(was)
            Path(place).chmod(0o755)
            directory.chmod(0o755)


def test_the_first_versions_file_is_brought_up_to_date(directory: Path) -> None:
    """What it held is still there, with what came since at its default."""
    directory.mkdir()
    with closing(sqlite3.connect(directory / FILE_NAME)) as connection:
        for statement in MIGRATIONS[0]:
            connection.execute(statement)
        connection.execute(
            "INSERT INTO findings VALUES ('office', 'vendor', 'index.missing', 'patient', '', 'warning', 'm', 'a', "
            "'counted', 2.0, 1.0, 1.0, 2.0, 1.0, 0, NULL, 3.0)"
        )
        connection.execute("INSERT INTO events (at, event, detail) VALUES (1.0, 'start', 'first')")
        connection.execute("PRAGMA application_id = 1903653748")
        connection.execute("PRAGMA user_version = 1")
        connection.commit()
    with closing(Store.open(directory)) as store:
        assert store.warning is None
        (found,) = load(store, "office")
        assert (found.finding.subject, found.finding.table, found.finding.columns) == ("patient", "", ())
        assert [event.detail for event in trail(store)] == ["first"]
        with store.reading() as connection:
            assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)


@pytest.mark.parametrize("change", ["UPDATE events SET detail = 'other'", "DELETE FROM events"])
def test_nothing_takes_from_the_trail(directory: Path, change: str) -> None:
    """Not even a statement of our own, within a year."""
    with closing(Store.open(directory)) as store:
        note(store, "start", "true", time.time())
        with pytest.raises(StateError), store.writing() as connection:
            connection.execute(change)
        assert [event.detail for event in trail(store)] == ["true"]


def test_what_others_wrote_is_news_once(directory: Path) -> None:
    """What this store wrote itself is none."""
    with closing(Store.open(directory)) as daemon, closing(Store.open(directory)) as command:
        assert daemon.find_news()
        note(daemon, "own", "", 1.0)
        assert not daemon.find_news()
        note(command, "theirs", "", 2.0)
        assert [daemon.find_news(), daemon.find_news()] == [True, False]
