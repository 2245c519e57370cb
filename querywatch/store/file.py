"""The one SQLite file in which state survives: opened, migrated, put aside when damaged, opened anew when replaced."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Self

from querywatch.errors import StateError
from querywatch.store.migrations import SCHEMA_VERSION, migrate
from querywatch.store.place import hold, make_place, read_identity, set_aside

FILE_NAME = "state.sqlite3"
_APPLICATION_ID = 0x71777374  # 'qwst': marks the file as querywatch's
_BUSY_SECONDS = 5.0
_JOURNAL_BYTES = 4_000_000  # the write-ahead log is cut back to so much
_CACHE_KIBIBYTES = 1_024


class Store:
    """One state file. Threads and processes may share it.

    The functions beside this class take the connection that `reading` or `writing` gives, so that what belongs
    together is one transaction; every fault of SQLite comes out of the two as StateError. A file that turns out
    damaged is kept under another name, and the next use finds a new one; so it does when the file was removed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.warning: StateError | None = None  # what was wrong with a file that was put aside
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._closed = False
        self._data_version: int | None = None
        self.openings = 0  # another number than before: it may be another file

    @classmethod
    def open(cls, directory: Path) -> Self:
        """Opens or makes the state file in a directory, which is made where it does not exist.

        A file that is damaged or not querywatch's is kept beside the new one, and `warning` says so. Raises
        StateError: the directory cannot be used, or a newer querywatch wrote the file.
        """
        store = cls(directory / FILE_NAME)
        with store.reading():
            return store

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, outside of any transaction. Raises StateError."""
        with self._lock:
            connection = self._find_connection()
            try:
                yield connection
            except sqlite3.Error as error:
                if _is_damage(error):
                    self._put_aside(_DamagedError("is damaged"))
                    raise StateError(str(self.warning)) from None
                raise _explain(error, self.path) from None

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The connection in one transaction: all of it is kept, or none. Raises StateError."""
        with self.reading() as connection, _transaction(connection):
            yield connection

    def find_news(self) -> bool:
        """Whether another process or `Store` has written since this was last asked; cheap. Raises StateError."""
        with self.reading() as connection:
            before, self._data_version = self._data_version, _read_number(connection, "data_version")
        return self._data_version != before

    def close(self) -> None:
        """Ends the use of the file; closing twice is fine."""
        with self._lock:
            self._closed = True
            self._disconnect()

    def _find_connection(self) -> sqlite3.Connection:
        if self._closed:
            raise StateError(f"{self.path} was closed")
        if self._connection is not None and read_identity(self.path) != self._identity:
            self._disconnect()  # it was removed, or put aside by another process
        if self._connection is None:
            self._connection = self._connect()
            self._identity = read_identity(self.path)
            self.openings += 1
        return self._connection

    def _disconnect(self) -> None:
        self._data_version = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self) -> sqlite3.Connection:
        make_place(self.path)
        try:
            return _connect(self.path)
        except _DamagedError as damage:
            self._put_aside(damage)
        make_place(self.path)
        try:
            return _connect(self.path)
        except _DamagedError as damage:
            raise StateError(f"{self.path} {damage}: move it away") from None

    def _put_aside(self, damage: "_DamagedError") -> None:
        self._disconnect()
        with hold(self.path.parent):
            if _is_sound(self.path):  # another process was quicker
                return
            kept = set_aside(self.path)
        self.warning = StateError(
            f"{self.path} {damage}; it is kept as {kept.name} and a new state file was begun: open findings, "
            "baselines, history and acknowledgements are forgotten"
        )


class _DamagedError(Exception):
    """The file is no state file, or no longer; says which."""


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        _check_origin(connection, path)
        connection.execute("PRAGMA journal_mode = WAL")
        # A kill loses nothing then; a power cut may lose the last moments, and never what was there before.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA journal_size_limit = {_JOURNAL_BYTES}")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIBIBYTES}")
        with _transaction(connection):
            migrate(connection, _read_number(connection, "user_version"), _APPLICATION_ID)
    except sqlite3.Error as error:
        connection.close()
        if _is_damage(error):
            raise _DamagedError("is damaged") from None
        raise _explain(error, path) from None
    except (StateError, _DamagedError):
        connection.close()
        raise
    return connection


def _check_origin(connection: sqlite3.Connection, path: Path) -> None:
    """Raises _DamagedError for another program's file or a broken one, StateError for a newer version's."""
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if tables and _read_number(connection, "application_id") != _APPLICATION_ID:
        raise _DamagedError("is not querywatch's")
    version = _read_number(connection, "user_version")
    if version > SCHEMA_VERSION:
        raise StateError(
            f"{path} was written by a newer querywatch (state version {version}, this one knows "
            f"{SCHEMA_VERSION}): install that version again, or move the file away to begin anew"
        )
    if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise _DamagedError("is damaged")


def _is_sound(path: Path) -> bool:
    try:
        _connect(path).close()
    except (_DamagedError, StateError):
        return False
    return True


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # A full disk makes SQLite roll back on its own.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _read_number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])


def _find_code(error: sqlite3.Error) -> int:
    # The low byte is the primary code, without the extension.
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _is_damage(error: sqlite3.Error) -> bool:
    return _find_code(error) in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def _explain(error: sqlite3.Error, path: Path) -> StateError:
    fix = {
        sqlite3.SQLITE_FULL: f"the disk of {path.parent} is full: make room",
        sqlite3.SQLITE_IOERR: f"the disk of {path.parent} refuses to read or write: check it, and make room",
        sqlite3.SQLITE_READONLY: f"{path} cannot be written: give it to the account that runs querywatch",
        sqlite3.SQLITE_CANTOPEN: f"{path} cannot be opened: give it to the account that runs querywatch",
        sqlite3.SQLITE_BUSY: f"{path} is held by another process: end it, or try again",
    }.get(_find_code(error), f"{path} failed ({getattr(error, 'sqlite_errorname', 'closed')})")
    return StateError(f"the state was not kept: {fix}")


__all__ = ["FILE_NAME", "Store"]
