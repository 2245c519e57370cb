"""Reads what views are made of: information_schema.VIEWS.

A server shows a definition to who may both SHOW VIEW and SELECT from the view, and to nobody else (measured on all
supported servers); to others it is empty.
"""

from collections.abc import Iterable, Sequence

from querywatch.db.connection import Connection
from querywatch.db.grants import quote_name
from querywatch.model import Statement
from querywatch.outward import parse_name
from querywatch.sources.base import SourceUnavailableError, StatementReducer, read_rows
from querywatch.sources.tables import GRANT_REFERENCES

_DEFINITIONS = (
    "SELECT TABLE_NAME, VIEW_DEFINITION FROM information_schema.VIEWS "
    "WHERE TABLE_SCHEMA = %s AND TABLE_NAME IN (%s)"
)
_HIDDEN = (
    "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.VIEWS "
    "WHERE TABLE_SCHEMA = %s AND VIEW_DEFINITION = '' LIMIT %s"
)
STATEMENTS = (_DEFINITIONS, _HIDDEN)

_NAMED_AT_MOST = 20


def read_view_definitions(
    connection: Connection, database: str, names: Sequence[str], book: StatementReducer
) -> dict[str, Statement]:
    """Those of the views whose definition is shown, reduced; by the names as the server writes them."""
    listed = _DEFINITIONS.replace("IN (%s)", f"IN ({', '.join(['%s'] * len(names))})")
    rows = read_rows(connection, listed, (database, *names), grant=GRANT_REFERENCES)
    return {str(name): book.from_text(text) for name, text in rows if text}


def require_views(connection: Connection, databases: Iterable[str]) -> None:
    """Raises `SourceUnavailableError`, with a grant for each, when views of these databases keep their definition."""
    hidden = [
        (parse_name(database), parse_name(name))
        for each in databases
        for database, name in read_rows(connection, _HIDDEN, (each, _NAMED_AT_MOST), grant=GRANT_REFERENCES)
        if ";" not in name  # grants are told from each other by it
    ]
    if hidden:
        message = "views keep their definition from the account"
        raise SourceUnavailableError(
            message, reason="privilege", advice="; ".join(map(_render_grant, hidden))
        )


def _render_grant(view: tuple[str, str]) -> str:
    return f"GRANT SELECT, SHOW VIEW ON {'.'.join(map(quote_name, view))} TO the account"
