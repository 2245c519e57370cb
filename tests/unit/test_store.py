"""The state survives what befalls files: kills, damage, full disks, other programs and other versions."""

import os
import resource
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from querywatch.errors import StateError
from querywatch.findings import OpenFinding
from querywatch.model import Evidence, Finding, Severity
from querywatch.store import FILE_NAME, SCHEMA_VERSION, Store
from querywatch.store.findings import load_findings, save_findings
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

# Saves ever new sets of ten findings with one number in all of them, and says each number once it is kept.
WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
from querywatch.store import Store
from tests.unit.test_store import FOUND, note, save

store = Store.open(Path(sys.argv[1]))
for number in range(int(sys.argv[2]), 10**9):
    save(store, "office", tuple(
        replace(FOUND, finding=replace(FOUND.finding, subject=f"table{each}", measured=float(number)))
        for each in range(10)
    ), float(number))
    note(store, "saved", str(number), float(number))
    print(number, flush=True)
"""
ROOT = Path(__file__).parents[2]


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
    """Ten times kill -9 in the middle of writing: never damaged, never half a save, nothing said is lost."""
    number = 0
    for attempt in range(10):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(directory), str(number)], stdout=subprocess.PIPE, cwd=ROOT
        ) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(0.01 * attempt)
            writer.send_signal(signal.SIGKILL)
            said = [line for line in writer.stdout.read().split() if line]
        number = max(number, *map(int, said)) if said else number
        with closing(Store.open(directory)) as store:
            assert store.warning is None
            kept = load(store, "office")
            assert len(kept) == 10
            (saved,) = {each.finding.measured for each in kept}
            assert saved is not None
            assert saved >= number
            assert int(trail(store)[-1].detail) >= number
        number += 1


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
