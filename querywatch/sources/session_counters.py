"""Reads the counters by session: performance_schema.events_statements_summary_by_thread_by_event_name."""

from querywatch.counters import NO_TOTALS, SessionKey, SessionReading, Totals
from querywatch.db.connection import Connection
from querywatch.sources.accounts import find_operation
from querywatch.sources.base import (
    GRANT_PERFORMANCE_SCHEMA,
    parse_totals,
    read_rows,
    require_performance_schema,
)
from querywatch.sources.threads import ThreadBook

# Some 200 rows a session, nearly all of them zero. The server goes through all of them, and joined to
# threads it takes no less.
_SESSIONS = (
    "SELECT THREAD_ID, EVENT_NAME, COUNT_STAR, SUM_ERRORS, SUM_TIMER_WAIT, SUM_ROWS_AFFECTED, "
    "SUM_ROWS_SENT, SUM_ROWS_EXAMINED, SUM_NO_INDEX_USED "
    "FROM performance_schema.events_statements_summary_by_thread_by_event_name WHERE COUNT_STAR > 0"
)
STATEMENTS = (_SESSIONS,)


def read_session_counters(connection: Connection, threads: ThreadBook, now: float) -> SessionReading:
    """What each session has run since it began, by kind of statement; needs SELECT on performance_schema."""
    rows = read_rows(connection, _SESSIONS, grant=GRANT_PERFORMANCE_SCHEMA)
    if not rows:
        require_performance_schema(connection)
    threads.read(connection, now)
    found: dict[SessionKey, Totals] = {}
    for thread_id, event_name, *counters in rows:
        operation, owner = find_operation(event_name), threads.find(thread_id)
        if operation is not None and owner is not None:
            key = SessionKey(thread_id=thread_id, session_id=owner.session_id, operation=operation)
            found[key] = parse_totals(counters).plus(found.get(key, NO_TOTALS))
    return SessionReading(rows=found)
