"""The tables of the state file, version by version."""

import sqlite3

_BEGINNING = (
    """
    CREATE TABLE findings (
        server TEXT NOT NULL, integration TEXT NOT NULL, rule TEXT NOT NULL, subject TEXT NOT NULL,
        fingerprint TEXT NOT NULL, severity TEXT NOT NULL, message TEXT NOT NULL, advice TEXT NOT NULL,
        evidence TEXT NOT NULL, measured REAL, measured_limit REAL, opened_at REAL NOT NULL,
        last_seen_at REAL NOT NULL, severe_at REAL NOT NULL, quiet_cycles INTEGER NOT NULL,
        acknowledged_until REAL, saved_at REAL NOT NULL,
        PRIMARY KEY (server, integration, rule, subject, fingerprint)
    ) WITHOUT ROWID
    """,
    "CREATE TABLE events (id INTEGER PRIMARY KEY, at REAL NOT NULL, event TEXT NOT NULL, detail TEXT NOT NULL)",
)

_FINDING_HISTORY = (
    "ALTER TABLE findings ADD COLUMN about_table TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE findings ADD COLUMN about_columns TEXT NOT NULL DEFAULT '[]'",  # JSON: a name may hold a comma
    "ALTER TABLE findings ADD COLUMN rewrite TEXT NOT NULL DEFAULT ''",
    """
    CREATE TABLE finding_history (
        id INTEGER PRIMARY KEY, server TEXT NOT NULL, integration TEXT NOT NULL, rule TEXT NOT NULL,
        subject TEXT NOT NULL, fingerprint TEXT NOT NULL, opened_at REAL NOT NULL, severity TEXT NOT NULL,
        message TEXT NOT NULL, advice TEXT NOT NULL, evidence TEXT NOT NULL, measured REAL, measured_limit REAL,
        rewrite TEXT NOT NULL, last_seen_at REAL NOT NULL, resolved_at REAL,
        UNIQUE (server, integration, rule, subject, fingerprint, opened_at)
    )
    """,
    """
    CREATE TABLE acknowledgements (
        id INTEGER PRIMARY KEY, server TEXT NOT NULL, integration TEXT NOT NULL, rule TEXT NOT NULL,
        subject TEXT NOT NULL, fingerprint TEXT NOT NULL, who TEXT NOT NULL, why TEXT NOT NULL,
        made_at REAL NOT NULL, until REAL NOT NULL, ended_at REAL
    )
    """,
    # What is in the trail stays as it was written; after a year it may be dropped, and no sooner.
    """
    CREATE TRIGGER events_stay_as_they_are BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END
    """,
    """
    CREATE TRIGGER events_stay BEFORE DELETE ON events WHEN OLD.at > unixepoch() - 31536000
    BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END
    """,
)

_NORMALS = (
    """
    CREATE TABLE baselines (
        server TEXT NOT NULL, integration TEXT NOT NULL, fingerprint TEXT NOT NULL, measure TEXT NOT NULL,
        slot INTEGER NOT NULL, numbers BLOB NOT NULL, saved_at REAL NOT NULL,
        PRIMARY KEY (server, integration, fingerprint, measure, slot)
    )
    """,
)

# An integration's or a shape's name is written once, however many hours it has: `fingerprint` is '' for all of
# an integration's shapes together.
_USE = (
    """
    CREATE TABLE series (
        id INTEGER PRIMARY KEY, server TEXT NOT NULL, integration TEXT NOT NULL, fingerprint TEXT NOT NULL,
        UNIQUE (server, integration, fingerprint)
    )
    """,
    *(
        f"""
        CREATE TABLE use_{unit}s (
            series INTEGER NOT NULL, {unit} INTEGER NOT NULL, runs REAL NOT NULL, seconds REAL,
            rows_examined REAL, rows_sent REAL, longest_seconds REAL, PRIMARY KEY (series, {unit})
        ) WITHOUT ROWID
        """
        for unit in ("hour", "day")
    ),
)

_TIMELINE = (
    """
    CREATE TABLE changes (
        id INTEGER PRIMARY KEY, server TEXT NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,
        words TEXT NOT NULL
    )
    """,
    "CREATE INDEX changes_in_time ON changes (server, at)",
    """
    CREATE TABLE gaps (
        server TEXT NOT NULL, started_at REAL NOT NULL, ended_at REAL NOT NULL, reason TEXT NOT NULL,
        PRIMARY KEY (server, started_at)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE servers (
        server TEXT PRIMARY KEY, watched_since REAL NOT NULL, seen_at REAL, flavour TEXT NOT NULL DEFAULT '',
        version TEXT NOT NULL DEFAULT '', variables TEXT NOT NULL DEFAULT '{}', tables BLOB
    )
    """,
    """
    CREATE TABLE names (
        server TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, first_seen_at REAL NOT NULL,
        last_seen_at REAL NOT NULL, PRIMARY KEY (server, kind, name)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE shapes (
        server TEXT NOT NULL, fingerprint TEXT NOT NULL, shape TEXT NOT NULL, tables TEXT NOT NULL,
        first_seen_at REAL NOT NULL, last_seen_at REAL NOT NULL, PRIMARY KEY (server, fingerprint)
    )
    """,
    """
    CREATE TABLE table_rows (
        server TEXT NOT NULL, table_name TEXT NOT NULL, at REAL NOT NULL, row_count INTEGER NOT NULL,
        PRIMARY KEY (server, table_name, at)
    ) WITHOUT ROWID
    """,
)

_DOSSIERS = (
    """
    CREATE TABLE writes (
        id INTEGER PRIMARY KEY, server TEXT NOT NULL, integration TEXT NOT NULL, account TEXT NOT NULL,
        host TEXT NOT NULL, operation TEXT NOT NULL, outcome TEXT NOT NULL, evidence TEXT NOT NULL,
        statements REAL NOT NULL, first_at REAL NOT NULL, last_at REAL NOT NULL, tables TEXT NOT NULL,
        fingerprint TEXT NOT NULL, shape TEXT NOT NULL
    )
    """,
    "CREATE INDEX writes_in_time ON writes (server, integration, first_at)",
    """
    CREATE TABLE trials (
        id INTEGER PRIMARY KEY, server TEXT NOT NULL, integration TEXT NOT NULL, question TEXT NOT NULL,
        started_at REAL NOT NULL, windows TEXT NOT NULL, state TEXT NOT NULL, verdict TEXT NOT NULL,
        changed_at REAL NOT NULL
    )
    """,
)

_SLICES = (
    """
    CREATE TABLE slices (
        server TEXT NOT NULL, started_at REAL NOT NULL, numbers BLOB NOT NULL, PRIMARY KEY (server, started_at)
    ) WITHOUT ROWID
    """,
)

# One entry a version; each leads from the version before it, and none is ever changed.
MIGRATIONS = (_BEGINNING, (*_FINDING_HISTORY, *_NORMALS, *_USE, *_TIMELINE, *_DOSSIERS), _SLICES)
SCHEMA_VERSION = len(MIGRATIONS)


def migrate(connection: sqlite3.Connection, version: int, application_id: int) -> None:
    """Brings the tables from `version` up to date; to be called in a transaction, so that two never both do it."""
    for migration in MIGRATIONS[version:]:
        for statement in migration:
            connection.execute(statement)
    if version < SCHEMA_VERSION:
        connection.execute(f"PRAGMA application_id = {application_id}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
