"""Asks MySQL to EXPLAIN what runs, where the administrator has allowed it and the account can do no harm.

The text is fetched, written anew by the guard, sent back and forgotten, all in here.
"""

from collections.abc import Collection, Mapping
from typing import Any

from querywatch.db.connection import Connection
from querywatch.db.privileges import ExplainLeave, read_explain_leave
from querywatch.db.server import has_guarded_explain
from querywatch.errors import ServerAwayError, ServerError
from querywatch.model import Session
from querywatch.plan import PlanRow
from querywatch.sources.base import SourceUnavailableError, StatementReducer
from querywatch.sql.guard import GuardedSelect, guard_select
from querywatch.sql.plan_text import parse_labels, parse_plan_row

_TEXT = "SELECT DB, INFO FROM information_schema.PROCESSLIST WHERE ID = %s"
STATEMENTS = (_TEXT,)

_COLUMNS_WITH_PARTITIONS = 12  # MySQL 5.7 and later show partitions and a filtered share too

_TOO_MUCH = (
    "take from the account what `querywatch check` calls too much: EXPLAIN may run what it is asked about"
)
_NO_SELECT = (
    "EXPLAIN wants GRANT SELECT on the practice's tables, which would let the account read patients' rows; "
    'without it set explain = "never"'
)


def require_guarded_explain(connection: Connection) -> None:
    """Raises `SourceUnavailableError` unless the account may read the practice's tables, and do nothing else."""
    if not has_guarded_explain(connection.server):
        message = "this server's EXPLAIN cannot be guarded"
        raise SourceUnavailableError(
            message, reason="unsupported", advice="none: MySQL 5.6 and newer have it"
        )
    leave = read_explain_leave(connection)
    if leave is ExplainLeave.CAN_CHANGE:
        message = "the account may do more than read"
        raise SourceUnavailableError(message, reason="excessive-privilege", advice=_TOO_MUCH)
    if leave is ExplainLeave.NO_SELECT:
        message = "the account may not read the practice's tables"
        raise SourceUnavailableError(message, reason="missing-select", advice=_NO_SELECT)


def read_guarded_plan(
    connection: Connection, session: Session, book: StatementReducer, tables: Collection[tuple[str, str]]
) -> tuple[PlanRow, ...] | None:
    """The plan of what the session runs; None once that has ended, or where the guard refuses its text.

    `tables` are the practice's (database, table), folded, without views. Not to be asked while somebody waits for a
    lock: EXPLAIN would wait too, a second at the most.
    """
    require_guarded_explain(connection)
    try:
        select = _read_select(connection, session, book, tables)
        rows = [] if select is None else connection.explain(select)
    except ServerAwayError:
        raise
    except ServerError:
        return (
            None  # a name that is not there, a table that the account may not read: anything may be in a text
        )
    labels = {} if session.statement is None else parse_labels(session.statement.shape)
    found = (_parse_row(row, labels) for row in rows)
    return tuple(row for row in found if row is not None) or None


def _read_select(
    connection: Connection, session: Session, book: StatementReducer, tables: Collection[tuple[str, str]]
) -> GuardedSelect | None:
    for database, text in connection.read(_TEXT, (session.session_id,)):
        if text is not None and book.from_text(text) == session.statement:
            return guard_select(text, database=database, tables=tables)
    return None


def _parse_row(row: tuple[Any, ...], labels: Mapping[str, str]) -> PlanRow | None:
    if len(row) == _COLUMNS_WITH_PARTITIONS:
        _, _, table, _, kind, _, key, _, _, count, _, extra = row
    else:
        _, _, table, kind, _, key, _, _, count, extra = row
    return parse_plan_row(table, kind, key, count, extra, labels=labels)
