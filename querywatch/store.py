"""The state that survives a restart: open findings and the trail of what happened, in one SQLite file.

Findings hold outward text alone, so that no literal of anybody's statement ever reaches the disk.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Self

from querywatch.errors import StateError
from querywatch.findings import OpenFinding
from querywatch.model import Evidence, Finding, Severity

FILE_NAME = "state.sqlite3"
_APPLICATION_ID = 0x71777374  # 'qwst': marks the file as querywatch's
_BUSY_SECONDS = 5.0
_SIDE_FILES = ("", "-wal", "-shm")

# One entry a schema version; each leads from the version before it, and none is ever changed.
_MIGRATIONS = (
    """
    CREATE TABLE findings (
        server TEXT NOT NULL, integration TEXT NOT NULL, rule TEXT NOT NULL, subject TEXT NOT NULL,
        fingerprint TEXT NOT NULL, severity TEXT NOT NULL, message TEXT NOT NULL, advice TEXT NOT NULL,
        evidence TEXT NOT NULL, measured REAL, measured_limit REAL, opened_at REAL NOT NULL,
        last_seen_at REAL NOT NULL, severe_at REAL NOT NULL, quiet_cycles INTEGER NOT NULL,
        acknowledged_until REAL, saved_at REAL NOT NULL,
        PRIMARY KEY (server, integration, rule, subject, fingerprint)
    ) WITHOUT ROWID;
    CREATE TABLE events (id INTEGER PRIMARY KEY, at REAL NOT NULL, event TEXT NOT NULL, detail TEXT NOT NULL);
    """,
)
SCHEMA_VERSION = len(_MIGRATIONS)

_FINDING_COLUMNS = (
    "integration, rule, subject, fingerprint, severity, message, advice, evidence, measured, measured_limit, "
    "opened_at, last_seen_at, severe_at, quiet_cycles, acknowledged_until"
)


class Store:
    """One state file. Threads and processes may share it; every method may raise StateError."""

    def __init__(self, connection: sqlite3.Connection, path: Path, warning: StateError | None) -> None:
        self._connection = connection
        self._lock = Lock()
        self.path = path
        self.warning = warning  # what was wrong with the file that was set aside when this one was made

    @classmethod
    def open(cls, directory: Path) -> Self:
        """Opens or makes the state file in a directory, which is made where it does not exist.

        A file that is damaged or not querywatch's is kept beside the new one, and `warning` says so. Raises
        StateError: the directory cannot be used, or a newer querywatch wrote the file.
        """
        path = directory / FILE_NAME
        _make_place(path)
        try:
            return cls(_connect(path), path, None)
        except _DamagedError as damage:
            kept = _set_aside(path)
            warning = StateError(
                f"{path} {damage}; it is kept as {kept.name} and a new state file was begun: open findings "
                "and acknowledgements are forgotten"
            )
        _make_place(path)
        return cls(_connect(path), path, warning)

    def save_findings(self, server: str, findings: Sequence[OpenFinding], now: float) -> None:
        """Replaces what is remembered of one server, all or nothing."""
        rows = [(server, now, *_make_row(each)) for each in findings]
        places = ", ".join("?" * (len(_FINDING_COLUMNS.split(", ")) + 2))
        with self._writing() as connection:
            connection.execute("DELETE FROM findings WHERE server = ?", (server,))
            connection.executemany(
                f"INSERT OR REPLACE INTO findings (server, saved_at, {_FINDING_COLUMNS}) VALUES ({places})",
                rows,
            )

    def load_findings(self, server: str) -> tuple[OpenFinding, ...]:
        """What was open when it was last saved."""
        with self._reading() as connection:
            rows = connection.execute(
                f"SELECT {_FINDING_COLUMNS} FROM findings WHERE server = ?", (server,)
            ).fetchall()
        try:
            return tuple(_parse_row(row) for row in rows)
        except (TypeError, ValueError):
            raise StateError(f"{self.path} holds findings that this querywatch cannot read") from None

    def record(self, event: str, detail: str, now: float) -> None:
        """Adds to the trail of starts, stops, reloads and acknowledgements; nothing is ever taken from it."""
        with self._writing() as connection:
            connection.execute(
                "INSERT INTO events (at, event, detail) VALUES (?, ?, ?)", (now, event, detail)
            )

    def load_events(self) -> tuple[tuple[float, str, str], ...]:
        """The trail, oldest first: (when, what, detail)."""
        with self._reading() as connection:
            return tuple(connection.execute("SELECT at, event, detail FROM events ORDER BY id").fetchall())

    def close(self) -> None:
        """Ends the use of the file; closing twice is fine."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._connection
            except sqlite3.Error as error:
                raise _explain(error, self.path) from None

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is kept, or none."""
        with self._reading() as connection, _transaction(connection):
            yield connection


class _DamagedError(Exception):
    """The file is no state file, or no longer; says which."""


def _make_place(path: Path) -> None:
    """Makes the directory and the file so that nobody else may read them, whatever the umask.

    A directory that is there already keeps its mode: it may serve others too.
    """
    directory = path.parent
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
    except OSError as error:
        raise StateError(
            f"the state directory {directory} cannot be used ({os.strerror(error.errno or 0)}): make it "
            "writable for the account that runs querywatch, or name another under [state] directory"
        ) from None


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        _check_origin(connection, path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(
            "PRAGMA synchronous = NORMAL"
        )  # kill -9 loses nothing; power loss the last moments
        with _transaction(connection):
            _migrate(connection)
    except sqlite3.Error as error:
        connection.close()
        if _is_damage(error):
            raise _DamagedError("is damaged") from None
        raise _explain(error, path) from None
    except Exception:
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


def _migrate(connection: sqlite3.Connection) -> None:
    """Brings the schema up to date; inside a transaction, so that two processes never both do it."""
    version = _read_number(connection, "user_version")
    for migration in _MIGRATIONS[version:]:
        for statement in filter(str.strip, migration.split(";")):
            connection.execute(statement)
    if version < SCHEMA_VERSION:
        connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


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


def _is_damage(error: sqlite3.Error) -> bool:
    # The low byte is the primary code, without the extension.
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def _explain(error: sqlite3.Error, path: Path) -> StateError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    fix = {
        sqlite3.SQLITE_FULL: f"the disk of {path.parent} is full: make room",
        sqlite3.SQLITE_IOERR: f"the disk of {path.parent} refuses to read or write: check it, and make room",
        sqlite3.SQLITE_READONLY: f"{path} cannot be written: give it to the account that runs querywatch",
        sqlite3.SQLITE_CANTOPEN: f"{path} cannot be opened: give it to the account that runs querywatch",
        sqlite3.SQLITE_BUSY: f"{path} is held by another process: end it, or try again",
    }.get(code, f"{path} failed ({getattr(error, 'sqlite_errorname', 'closed')})")
    return StateError(f"the state was not kept: {fix}")


def _set_aside(path: Path) -> Path:
    """Renames the file and what SQLite keeps beside it to the first free number."""
    number = 1
    while (kept := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    for suffix in _SIDE_FILES:
        side = path.with_name(path.name + suffix)
        if side.exists():
            side.rename(kept.with_name(kept.name + suffix))
    return kept


def _make_row(each: OpenFinding) -> tuple[Any, ...]:
    finding = each.finding
    return (
        *(finding.integration, finding.rule, finding.subject, finding.fingerprint, str(finding.severity)),
        *(finding.message, finding.advice, str(finding.evidence), finding.measured, finding.limit),
        *(each.opened_at, each.last_seen_at, each.severe_at, each.quiet_cycles, each.acknowledged_until),
    )


def _parse_row(row: tuple[Any, ...]) -> OpenFinding:
    integration, rule, subject, fingerprint, severity, message, advice, evidence, measured, limit, *times = (
        row
    )
    opened_at, last_seen_at, severe_at, quiet_cycles, acknowledged_until = times
    return OpenFinding(
        finding=Finding(
            integration=integration,
            rule=rule,
            subject=subject,
            fingerprint=fingerprint,
            severity=Severity(severity),
            message=message,
            advice=advice,
            evidence=Evidence(evidence),
            measured=measured,
            limit=limit,
        ),
        opened_at=opened_at,
        last_seen_at=last_seen_at,
        severe_at=severe_at,
        quiet_cycles=quiet_cycles,
        acknowledged_until=acknowledged_until,
    )
