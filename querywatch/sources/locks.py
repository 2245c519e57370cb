"""Reads who holds what others wait for: InnoDB's row locks, the server's metadata locks and table locks.

To be asked when somebody waits. Nothing is read that shows a value: no text of a statement, no key of a row.
"""

from querywatch.db.connection import Connection
from querywatch.db.server import has_data_lock_waits, has_lock_tables
from querywatch.locks import MetadataLock, RowLocks, RowWait, TableLock
from querywatch.outward import parse_name
from querywatch.sources.base import (
    GRANT_PERFORMANCE_SCHEMA,
    GRANT_PROCESS,
    SourceUnavailableError,
    read_rows,
    require_performance_schema,
)

_ROW_WAITS = (
    "SELECT w.PROCESSLIST_ID, h.PROCESSLIST_ID FROM performance_schema.data_lock_waits AS l "
    "JOIN performance_schema.threads AS w ON w.THREAD_ID = l.REQUESTING_THREAD_ID "
    "JOIN performance_schema.threads AS h ON h.THREAD_ID = l.BLOCKING_THREAD_ID LIMIT 2000"
)
# Joined here and not there: these tables have no index, and n sessions that wait for one row are n * n / 2 waits.
_WAITS_BY_TRANSACTION = (
    "SELECT requesting_trx_id, blocking_trx_id FROM information_schema.INNODB_LOCK_WAITS LIMIT 2000"
)
_TRANSACTIONS = "SELECT trx_id, trx_mysql_thread_id, trx_state FROM information_schema.INNODB_TRX LIMIT 5000"
# A lock of GET_LOCK() is left out: its name may be anything.
_METADATA = (
    "SELECT t.PROCESSLIST_ID, m.OBJECT_SCHEMA, m.OBJECT_NAME, m.LOCK_TYPE, m.LOCK_STATUS "
    "FROM (SELECT DISTINCT OBJECT_TYPE, OBJECT_SCHEMA, OBJECT_NAME FROM performance_schema.metadata_locks "
    "WHERE LOCK_STATUS = 'PENDING' AND OBJECT_TYPE IN "
    "('TABLE', 'SCHEMA', 'GLOBAL', 'COMMIT', 'BACKUP', 'BACKUP LOCK')) AS wanted "
    "JOIN performance_schema.metadata_locks AS m ON m.OBJECT_TYPE = wanted.OBJECT_TYPE "
    "AND m.OBJECT_SCHEMA <=> wanted.OBJECT_SCHEMA AND m.OBJECT_NAME <=> wanted.OBJECT_NAME "
    "JOIN performance_schema.threads AS t ON t.THREAD_ID = m.OWNER_THREAD_ID "
    "WHERE t.PROCESSLIST_ID IS NOT NULL LIMIT 5000"
)
# A table of InnoDB's has no INTERNAL_LOCK unless LOCK TABLES took it.
_HANDLES = (
    "SELECT t.PROCESSLIST_ID, h.OBJECT_SCHEMA, h.OBJECT_NAME, h.INTERNAL_LOCK "
    "FROM performance_schema.table_handles AS h "
    "JOIN performance_schema.threads AS t ON t.THREAD_ID = h.OWNER_THREAD_ID "
    "WHERE h.INTERNAL_LOCK IS NOT NULL AND t.PROCESSLIST_ID IS NOT NULL LIMIT 5000"
)
_INSTRUMENT = "SELECT NAME FROM performance_schema.setup_instruments WHERE ENABLED = 'YES' AND NAME = %s"
STATEMENTS = (_ROW_WAITS, _WAITS_BY_TRANSACTION, _TRANSACTIONS, _METADATA, _HANDLES, _INSTRUMENT)

ROWS, METADATA, TABLES = "row_locks", "metadata_locks", "table_locks"  # the sources' names
METADATA_INSTRUMENT = "wait/lock/metadata/sql/mdl"
HANDLE_INSTRUMENT = "wait/lock/table/sql/handler"


def read_row_locks(connection: Connection) -> RowLocks:
    """Who waits for whose rows; needs PROCESS, from MySQL 8 on the performance schema too.

    Of very many waits not all are read, but who waits is known of each: nobody is taken for the cause who waits.
    """
    if has_data_lock_waits(connection.server):
        rows = read_rows(connection, _ROW_WAITS, grant=GRANT_PERFORMANCE_SCHEMA)
        if not rows:
            require_performance_schema(connection)
        transactions = read_rows(connection, _TRANSACTIONS, grant=GRANT_PROCESS)
        pairs = [(int(waiting), int(holding)) for waiting, holding in rows if waiting and holding]
    else:
        waits = read_rows(connection, _WAITS_BY_TRANSACTION, grant=GRANT_PROCESS)
        transactions = read_rows(connection, _TRANSACTIONS, grant=GRANT_PROCESS)
        owners = {transaction: int(session_id) for transaction, session_id, _ in transactions if session_id}
        pairs = [(owners[wants], owners[has]) for wants, has in waits if wants in owners and has in owners]
    # A transaction that a crash left prepared has no session: its number is 0.
    states = {int(session_id): str(state) for _, session_id, state in transactions if session_id}
    return RowLocks(
        waits=_make_waits(pairs),
        in_transaction=frozenset(states),
        waiting=frozenset(session_id for session_id, state in states.items() if state == "LOCK WAIT"),
    )


def _make_waits(pairs: list[tuple[int, int]]) -> tuple[RowWait, ...]:
    return tuple(RowWait(waiting_id=waiting, holding_id=holding) for waiting, holding in dict.fromkeys(pairs))


def read_metadata_locks(connection: Connection) -> tuple[MetadataLock, ...]:
    """The locks on whatever somebody waits for, held and wanted; switched off on MariaDB unless somebody did."""
    _require_lock_tables(connection)
    rows = read_rows(connection, _METADATA, grant=GRANT_PERFORMANCE_SCHEMA)
    if not rows:
        _require_instrument(connection, METADATA_INSTRUMENT)
    return tuple(
        MetadataLock(
            session_id=int(session_id),
            database=_fold(database),
            table=_fold(table),
            mode=str(mode),
            granted=status == "GRANTED",
        )
        for session_id, database, table, mode, status in rows
    )


def read_table_locks(connection: Connection) -> tuple[TableLock, ...]:
    """The tables without row locks that sessions have or wait for; those of LOCK TABLES too."""
    _require_lock_tables(connection)
    rows = read_rows(connection, _HANDLES, grant=GRANT_PERFORMANCE_SCHEMA)
    if not rows:
        _require_instrument(connection, HANDLE_INSTRUMENT)
    return tuple(
        TableLock(
            session_id=int(session_id),
            database=_fold(database),
            table=_fold(table),
            exclusive=str(mode).startswith("WRITE"),
        )
        for session_id, database, table, mode in rows
    )


def _fold(name: str | None) -> str:
    return "" if name is None else parse_name(name).casefold()


def _require_lock_tables(connection: Connection) -> None:
    if not has_lock_tables(connection.server):
        message = "this server does not tell who holds a table"
        advice = "none: MySQL does from 5.7 on"
        raise SourceUnavailableError(message, reason="unsupported", advice=advice)


def _require_instrument(connection: Connection, name: str) -> None:
    if read_rows(connection, _INSTRUMENT, (name,), grant=GRANT_PERFORMANCE_SCHEMA):
        return
    require_performance_schema(connection)
    advice = f"UPDATE performance_schema.setup_instruments SET ENABLED = 'YES' WHERE NAME = '{name}'"
    raise SourceUnavailableError(
        "the server does not keep these locks", reason="instrument-off", advice=advice
    )
