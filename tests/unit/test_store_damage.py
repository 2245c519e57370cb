"""A state file that is damaged, foreign, of another version, gone or out of reach: each is told, none is fatal."""

import os
import sqlite3
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from stored import FOUND, OTHER, load, note, save, trail

from querywatch.errors import StateError
from querywatch.store import FILE_NAME, SCHEMA_VERSION, Store


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "state"


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
