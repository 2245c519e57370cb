"""Reads the statement that each session ran last, also of a sleeping one: events_statements_current."""

from collections.abc import Mapping

from querywatch.db.connection import Connection
from querywatch.model import Statement
from querywatch.sources.base import (
    GRANT_PERFORMANCE_SCHEMA,
    StatementReducer,
    read_rows,
    require_consumer,
    require_performance_schema,
)

CONSUMER = "events_statements_current"
# The server's own digest text: no literal crosses the wire. Of a running routine's statements the outermost
# alone is its client's.
_LAST = (
    "SELECT threads.PROCESSLIST_ID, events.DIGEST_TEXT "
    "FROM performance_schema.events_statements_current AS events "
    "JOIN performance_schema.threads AS threads ON threads.THREAD_ID = events.THREAD_ID "
    "WHERE threads.PROCESSLIST_ID IS NOT NULL AND events.DIGEST_TEXT IS NOT NULL "
    "AND events.NESTING_EVENT_ID IS NULL"
)
STATEMENTS = (_LAST,)


def read_last_statements(connection: Connection, book: StatementReducer) -> Mapping[int, Statement]:
    """Session -> the statement it runs, or ran last; needs SELECT on performance_schema and the consumer.

    MariaDB has the consumer switched off by default, MySQL on.
    """
    rows = read_rows(connection, _LAST, grant=GRANT_PERFORMANCE_SCHEMA)
    if not rows:
        require_performance_schema(connection)
    # The rows of a consumer that was switched off stay as they were: they must not pass for those of now.
    require_consumer(connection, CONSUMER)
    return {int(session_id): book.from_digest(str(text)) for session_id, text in rows}
