"""Reads who is connected and what runs now: information_schema.PROCESSLIST."""

import re
from typing import Any

from querywatch.db.connection import Connection
from querywatch.db.faults import UNREADABLE_TEXT
from querywatch.db.server import has_time_ms
from querywatch.errors import ServerError
from querywatch.model import Session, Statement
from querywatch.outward import parse_name
from querywatch.sources.base import GRANT_PROCESS, SourceUnavailableError, StatementReducer, read_rows
from querywatch.units import seconds_from_milliseconds

_MARIADB = (
    "SELECT ID, USER, HOST, DB, COMMAND, TIME, STATE, INFO, TIME_MS, QUERY_ID, EXAMINED_ROWS "
    "FROM information_schema.PROCESSLIST"
)
_MYSQL = (
    "SELECT ID, USER, HOST, DB, COMMAND, TIME, STATE, INFO, NULL, NULL, NULL "
    "FROM information_schema.PROCESSLIST"
)
# MySQL 8 and later answer the one above with an error as long as one session's text holds a character outside
# the basic plane, or bytes that are no UTF-8. This one bears both, but has no limit to a text's length.
_SHOW = "SHOW FULL PROCESSLIST"
STATEMENTS = (_MARIADB, _MYSQL, _SHOW)

# All servers cut the text here, at a whole character; one that comes close may have been longer.
_TEXT_LIMIT_BYTES = 65_535
_LONGEST_CHARACTER_BYTES = 4

_LOGGING_IN = frozenset(
    {"unauthenticated user", "unauthenticated "}
)  # MySQL 5.6 cuts a name at 16 characters
_LOGIN_COMMANDS = frozenset({"Connect", "Sleep", "Killed"})  # the last one when the client is gone already

_PORT = re.compile(r":\d+$")


def read_sessions(connection: Connection, book: StatementReducer) -> tuple[Session, ...]:
    """All sessions but this connection's own, the server's, those still logging in and those ended; needs PROCESS."""
    rows = _read_rows(connection)
    return tuple(
        _parse_session(row, book)
        for row in rows
        if row[0] != connection.connection_id and not _is_nobodys(row)
    )


def require_times(connection: Connection) -> None:
    """Raises `SourceUnavailableError` where the list has no TIME_MS, QUERY_ID and EXAMINED_ROWS."""
    if not has_time_ms(connection.server):
        message = "this server's processlist has whole seconds alone, and numbers no statement"
        raise SourceUnavailableError(message, reason="unsupported", advice="none: only MariaDB has them")


def _read_rows(connection: Connection) -> list[tuple[Any, ...]]:
    if has_time_ms(connection.server):
        return read_rows(connection, _MARIADB, grant=GRANT_PROCESS)
    try:
        return read_rows(connection, _MYSQL, grant=GRANT_PROCESS)
    except ServerError as error:
        if error.code != UNREADABLE_TEXT:
            raise
    rows = read_rows(connection, _SHOW, grant=GRANT_PROCESS)
    return [(*row[:8], None, None, None) for row in rows]


def _is_nobodys(row: tuple[Any, ...]) -> bool:
    # By more than the name, or an account called 'system user' would never be seen.
    _, user, host, database, command, _, state, text, *_ = row
    if command == "Killed" and not state and text is None:
        return True  # it does nothing more; MySQL 5.6 may keep such a one for many minutes
    if user in _LOGGING_IN and command in _LOGIN_COMMANDS and database is None:
        return True  # it has no account yet
    return command == "Daemon" or (user == "system user" and host in {"", "connecting host"})


def _parse_session(row: tuple[Any, ...], book: StatementReducer) -> Session:
    session_id, user, host, database, command, seconds, state, text, milliseconds, query_id, examined = row
    return Session(
        session_id=int(session_id),
        account=parse_name(user),
        host=parse_name(parse_host(host or "")),
        database=None if database is None else parse_name(database),
        command=parse_name(command),
        state=parse_name(state),
        seconds=_parse_seconds(seconds, milliseconds),
        statement=None if text is None else _reduce(text, book),
        query_id=None if query_id is None else int(query_id),
        examined_rows=None if examined is None else int(examined),
    )


def _reduce(text: str, book: StatementReducer) -> Statement:
    length_bytes = len(text.encode("utf-8", "replace"))
    return book.from_text(
        text[:_TEXT_LIMIT_BYTES], cut=length_bytes > _TEXT_LIMIT_BYTES - _LONGEST_CHARACTER_BYTES
    )


def _parse_seconds(seconds: int | None, milliseconds: float | None) -> float:
    # A server's clock that is put back makes both negative.
    if milliseconds is not None:
        return max(0.0, seconds_from_milliseconds(milliseconds))
    return float(max(0, seconds or 0))


def parse_host(text: str) -> str:
    """The host without the port: '10.0.0.5:50123' -> '10.0.0.5', 'localhost' as it is."""
    return _PORT.sub("", text)
