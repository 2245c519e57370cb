"""The state survives what befalls files: kills, damage, full disks, other programs and other versions."""

import os
import resource
import sqlite3
import stat
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from killing import find_saved, kill_while_writing
from stored import FOUND, OTHER, load, note, save, trail

from querywatch.errors import StateError
from querywatch.store import FILE_NAME, SCHEMA_VERSION, Store
from querywatch.store.migrations import MIGRATIONS
from querywatch.store.trail import Event


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
