"""Reads the counters by account: performance_schema.events_statements_summary_by_account_by_event_name."""

from querywatch.counters import NO_TOTALS, AccountKey, AccountReading, Totals
from querywatch.db.connection import Connection
from querywatch.model import Operation
from querywatch.outward import parse_name
from querywatch.sources.base import (
    GRANT_PERFORMANCE_SCHEMA,
    parse_totals,
    read_rows,
    require_performance_schema,
)

# The server's own threads have no USER; the anonymous account has an empty one.
_ACCOUNTS = (
    "SELECT USER, HOST, EVENT_NAME, COUNT_STAR, SUM_ERRORS, SUM_TIMER_WAIT, SUM_ROWS_AFFECTED, "
    "SUM_ROWS_SENT, SUM_ROWS_EXAMINED, SUM_NO_INDEX_USED "
    "FROM performance_schema.events_statements_summary_by_account_by_event_name "
    "WHERE COUNT_STAR > 0 AND USER IS NOT NULL"
)
_LOST = "SHOW GLOBAL STATUS LIKE 'Performance_schema_accounts_lost'"
STATEMENTS = (_ACCOUNTS, _LOST)

_STATEMENT = "statement/sql/"
_OPERATIONS = {
    "select": Operation.SELECT,
    "insert": Operation.INSERT,
    "insert_select": Operation.INSERT,
    "load": Operation.INSERT,
    "update": Operation.UPDATE,
    "update_multi": Operation.UPDATE,
    "delete": Operation.DELETE,
    "delete_multi": Operation.DELETE,
    "replace": Operation.REPLACE,
    "replace_select": Operation.REPLACE,
    "call_procedure": Operation.CALL,
    "compound_sql": Operation.CALL,  # MariaDB's BEGIN NOT ATOMIC: a routine without a name
    "truncate": Operation.DDL,
    "set_option": Operation.SET,
    "execute_sql": Operation.PREPARED,
    "execute_immediate": Operation.PREPARED,
}
_DDL_BEGINNINGS = ("create_", "alter_", "drop_", "rename_", "grant", "revoke")
_BINARY_EXECUTIONS = frozenset({"statement/com/Execute", "statement/com/Bulk_execute"})


def find_operation(event_name: str) -> Operation | None:
    """What a statement event of the performance schema is; None when no client's statement."""
    if event_name in _BINARY_EXECUTIONS:
        return Operation.PREPARED
    if not event_name.startswith(_STATEMENT):
        return None
    name = event_name.removeprefix(_STATEMENT)
    if name.startswith(_DDL_BEGINNINGS):
        return Operation.DDL
    return _OPERATIONS.get(name, Operation.OTHER)


def read_account_counters(connection: Connection) -> AccountReading:
    """What each account has run, by kind of statement; needs SELECT on performance_schema."""
    rows = read_rows(connection, _ACCOUNTS, grant=GRANT_PERFORMANCE_SCHEMA)
    if not rows:
        require_performance_schema(connection)
    found: dict[AccountKey, Totals] = {}
    for account, host, event_name, *counters in rows:
        operation = find_operation(event_name)
        if operation is not None:
            key = AccountKey(account=parse_name(account), host=parse_name(host), operation=operation)
            found[key] = parse_totals(counters).plus(found.get(key, NO_TOTALS))
    return AccountReading(rows=found, lost=_read_lost(connection))


def _read_lost(connection: Connection) -> int:
    rows = connection.read(_LOST)
    return int(rows[0][1]) if rows else 0
