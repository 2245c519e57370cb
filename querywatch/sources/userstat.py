"""Reads MariaDB's own counters by account: information_schema.USER_STATISTICS."""

from typing import Any

from querywatch.counters import UserstatReading, UserstatTotals
from querywatch.db.connection import Connection
from querywatch.db.server import has_userstat
from querywatch.outward import parse_name
from querywatch.sources.base import GRANT_PROCESS, SourceUnavailableError, read_rows

# Switched off, the table keeps its rows and counts no further: they must not pass for those of now.
_SWITCH = "SHOW GLOBAL VARIABLES LIKE 'userstat'"
_USERS = (
    "SELECT USER, SELECT_COMMANDS, UPDATE_COMMANDS, OTHER_COMMANDS, BUSY_TIME, ROWS_READ, ROWS_SENT, "
    "ROWS_INSERTED, ROWS_UPDATED, ROWS_DELETED, ACCESS_DENIED, TOTAL_CONNECTIONS "
    "FROM information_schema.USER_STATISTICS"
)
STATEMENTS = (_SWITCH, _USERS)


def read_userstat(connection: Connection) -> UserstatReading:
    """What each account has run since userstat was switched on; MariaDB only, needs PROCESS."""
    if not has_userstat(connection.server):
        message = "this server has no counters by account outside the performance schema"
        advice = "none: only MariaDB has userstat"
        raise SourceUnavailableError(message, reason="unsupported", advice=advice)
    switch = connection.read(_SWITCH)
    if not switch or switch[0][1] != "ON":
        advice = "SET GLOBAL userstat = 1"
        raise SourceUnavailableError("userstat is switched off", reason="userstat-off", advice=advice)
    rows = read_rows(connection, _USERS, grant=GRANT_PROCESS)
    return UserstatReading(rows={parse_name(row[0]): _parse_totals(row[1:]) for row in rows})


def _parse_totals(counters: tuple[Any, ...]) -> UserstatTotals:
    selects, updates, others, busy, read, sent, inserted, updated, deleted, denied, connections = counters
    return UserstatTotals(
        select_commands=int(selects),
        update_commands=int(updates),
        other_commands=int(others),
        busy_seconds=float(busy),
        rows_read=int(read),
        rows_sent=int(sent),
        rows_inserted=int(inserted),
        rows_updated=int(updated),
        rows_deleted=int(deleted),
        access_denied=int(denied),
        connections=int(connections),
    )
