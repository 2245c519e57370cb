"""Tells whether the server shows the plan of a statement that runs: SHOW EXPLAIN of MariaDB."""

from querywatch.db.connection import Connection
from querywatch.db.faults import NOT_EXPLAINABLE
from querywatch.db.privileges import may_see_all_sessions
from querywatch.db.server import has_show_explain
from querywatch.errors import ServerError
from querywatch.sources.base import GRANT_PROCESS, SourceUnavailableError

_SHOW_EXPLAIN = "SHOW EXPLAIN FOR %s"
STATEMENTS = (_SHOW_EXPLAIN,)


def require_plans(connection: Connection) -> None:
    """Raises `SourceUnavailableError` unless the plans of others' statements may be asked for; wants PROCESS.

    A session that asks for its own is told that it runs nothing with a plan. MySQL's EXPLAIN FOR CONNECTION is
    refused to all but an administrator.
    """
    if not has_show_explain(connection.server):
        message = "this server shows the plan of a running statement to administrators alone"
        raise SourceUnavailableError(
            message, reason="unsupported", advice="none: only MariaDB has SHOW EXPLAIN"
        )
    try:
        connection.read(_SHOW_EXPLAIN, (connection.connection_id,))
    except ServerError as error:
        if error.code != NOT_EXPLAINABLE:
            raise
    if not may_see_all_sessions(connection):
        message = "the account may see no session but its own"
        raise SourceUnavailableError(message, reason="privilege", advice=GRANT_PROCESS)
