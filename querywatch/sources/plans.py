"""Reads the plan of a statement that runs: SHOW EXPLAIN of MariaDB, which runs nothing.

The warning that comes with the answer repeats the whole statement, and is never asked for.
"""

from querywatch.db.connection import Connection
from querywatch.db.faults import NO_SUCH_SESSION, NOT_EXPLAINABLE
from querywatch.db.privileges import may_see_all_sessions
from querywatch.db.server import has_show_explain
from querywatch.errors import ServerError, StatementTimeoutError
from querywatch.model import Session
from querywatch.plan import PlanRow
from querywatch.sources.base import GRANT_PROCESS, SourceUnavailableError, read_rows
from querywatch.sql.plan_text import parse_labels, parse_plan_row

_SHOW_EXPLAIN = "SHOW EXPLAIN FOR %s"
# The session itself answers, once its statement comes to a place where it can. One in BENCHMARK() never does, and
# without a limit of ours the server waits for it half a minute.
_SHOW_EXPLAIN_WITHIN = f"SET STATEMENT max_statement_time = %s FOR {_SHOW_EXPLAIN}"
_QUERY_ID = "SELECT QUERY_ID FROM information_schema.PROCESSLIST WHERE ID = %s"
STATEMENTS = (_SHOW_EXPLAIN, _SHOW_EXPLAIN_WITHIN, _QUERY_ID)

WAIT_SECONDS = 0.1  # a statement that reads rows answers within 10 ms, on a crowded machine within 60


def require_plans(connection: Connection) -> None:
    """Raises `SourceUnavailableError` unless the plans of others' statements may be asked for; wants PROCESS.

    A session that asks for its own is told that it runs nothing with a plan. MySQL's EXPLAIN FOR CONNECTION is
    refused to all but an administrator.
    """
    if not has_show_explain(connection.server):
        message = "this server shows the plan of a running statement to administrators alone"
        raise SourceUnavailableError(
            message, reason="unsupported", advice='none without explain = "guarded": see config.example.toml'
        )
    try:
        connection.read(_SHOW_EXPLAIN, (connection.connection_id,))
    except ServerError as error:
        if error.code != NOT_EXPLAINABLE:
            raise
    if not may_see_all_sessions(connection):
        message = "the account may see no session but its own"
        raise SourceUnavailableError(message, reason="privilege", advice=GRANT_PROCESS)


def read_plan(connection: Connection, session: Session) -> tuple[PlanRow, ...] | None:
    """The plan of what this session ran when it was looked at; None once that has ended, or where it has none.

    Not to be asked of a session that waits for somebody: it would not answer.
    """
    if session.statement is None or session.query_id is None:
        return None
    try:
        rows = read_rows(
            connection, _SHOW_EXPLAIN_WITHIN, (WAIT_SECONDS, session.session_id), grant=GRANT_PROCESS
        )
    except StatementTimeoutError:
        return None
    except ServerError as error:
        if error.code in {NOT_EXPLAINABLE, NO_SUCH_SESSION}:
            return None
        raise
    if connection.read(_QUERY_ID, (session.session_id,)) != [(session.query_id,)]:
        return None
    labels = parse_labels(session.statement.shape)
    found = (
        parse_plan_row(table, kind, key, count, extra, labels=labels)
        for _, _, table, kind, _, key, _, _, count, extra in rows
    )
    return tuple(row for row in found if row is not None)
