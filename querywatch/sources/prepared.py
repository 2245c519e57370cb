"""Reads who prepared which statements: performance_schema.prepared_statements_instances."""

from querywatch.counters import Prepared
from querywatch.db.connection import Connection
from querywatch.db.server import has_prepared_statements
from querywatch.sources.base import (
    GRANT_PERFORMANCE_SCHEMA,
    SourceUnavailableError,
    StatementReducer,
    are_consumers_on,
    read_rows,
    require_performance_schema,
)
from querywatch.sources.recorded import CONSUMERS, Record
from querywatch.sources.threads import ThreadBook

# What a stored routine prepares is none of its client's.
_PREPARED = (
    "SELECT OWNER_THREAD_ID, STATEMENT_ID, SQL_TEXT, COUNT_EXECUTE "
    "FROM performance_schema.prepared_statements_instances WHERE OWNER_OBJECT_TYPE IS NULL LIMIT 5000"
)
STATEMENTS = (_PREPARED,)

# All servers cut the text here, some within a character.
_TEXT_LIMIT_BYTES = 1_024
_LONGEST_CHARACTER_BYTES = 4


def read_prepared(
    connection: Connection, book: StatementReducer, threads: ThreadBook, now: float
) -> tuple[Prepared, ...]:
    """The statements that sessions hold prepared, by text or by the binary protocol; MySQL 5.6 has no such table.

    Executions are counted as long as events_statements_current is switched on: before, they are not known.
    """
    if not has_prepared_statements(connection.server):
        message = "this server keeps no list of prepared statements"
        advice = "none: MySQL has it from 5.7 on, MariaDB from 10.5 on"
        raise SourceUnavailableError(message, reason="unsupported", advice=advice)
    rows = read_rows(connection, _PREPARED, grant=GRANT_PERFORMANCE_SCHEMA)
    if not rows:
        require_performance_schema(connection)
        return ()
    threads.read(connection, now)
    counted = are_consumers_on(connection, CONSUMERS[Record.LAST], CONSUMERS[Record.LAST])
    found = list[Prepared]()
    for thread_id, number, text, executions in rows:
        owner = threads.find(thread_id)
        if owner is None:
            continue
        found.append(
            Prepared(
                key=(int(thread_id), int(number)),
                session_id=owner.session_id,
                account=owner.account,
                host=owner.host,
                statement=book.from_text(text, cut=_is_cut(text)),
                executions=int(executions) if counted else None,
            )
        )
    return tuple(found)


def _is_cut(text: str) -> bool:
    return len(text.encode("utf-8", "replace")) > _TEXT_LIMIT_BYTES - _LONGEST_CHARACTER_BYTES
