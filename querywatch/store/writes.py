"""Keeps the dossier of forbidden writes, to be laid beside Open Dental's own audit trail; entries are only added."""

import sqlite3
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteNote:
    """Writes of one account, host and kind in some time; `shape` and `tables` are as they may be shown.

    `statements` is a share where not all of a count could be laid to one account.
    """

    integration: str
    account: str
    host: str  # '' where the server counts all hosts of the account together
    operation: str
    outcome: str  # 'done' or 'refused'
    evidence: str
    statements: float
    first_at: float
    last_at: float
    tables: str = ""
    fingerprint: str = ""
    shape: str = ""


_COLUMNS = ", ".join(field.name for field in fields(WriteNote))
_SAME = "server, integration, account, host, operation, outcome, evidence, tables, fingerprint, shape"


def add_writes(connection: sqlite3.Connection, server: str, notes: Iterable[WriteNote]) -> None:
    """Adds entries."""
    places = ", ".join("?" * (len(fields(WriteNote)) + 1))
    connection.executemany(
        f"INSERT INTO writes (server, {_COLUMNS}) VALUES ({places})",
        [(server, *astuple(note)) for note in notes],
    )


def load_writes(
    connection: sqlite3.Connection, server: str, integration: str, since: float = 0.0
) -> tuple[WriteNote, ...]:
    """The entries of one integration that reach into the time since then, in the order of their beginning."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM writes WHERE server = ? AND integration = ? AND last_at >= ? ORDER BY first_at, id",
        (server, integration, since),
    )
    names = [field.name for field in fields(WriteNote)]
    return tuple(WriteNote(**dict(zip(names, row, strict=True))) for row in rows)


def fold_writes(connection: sqlite3.Connection, before: float) -> None:
    """Makes one entry of an hour's equal ones that ended before then: numbers, first and last stay true."""
    hours = "last_at < ?1 AND CAST(first_at / 3600 AS INTEGER) = CAST(last_at / 3600 AS INTEGER)"
    group = f"{_SAME}, CAST(first_at / 3600 AS INTEGER)"
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS folded AS SELECT * FROM writes LIMIT 0")
    connection.execute("DELETE FROM folded")
    connection.execute(
        f"INSERT INTO folded (id, {_SAME}, statements, first_at, last_at) "
        f"SELECT min(id), {_SAME}, sum(statements), min(first_at), max(last_at) FROM writes WHERE {hours} "
        f"GROUP BY {group} HAVING count(*) > 1",
        (before,),
    )
    connection.execute(
        f"DELETE FROM writes WHERE {hours} AND ({_SAME}, CAST(first_at / 3600 AS INTEGER)) IN "
        f"(SELECT {_SAME}, CAST(first_at / 3600 AS INTEGER) FROM folded)",
        (before,),
    )
    connection.execute(
        f"INSERT INTO writes (id, server, {_COLUMNS}) SELECT id, server, {_COLUMNS} FROM folded"
    )
