"""Reads the slow log where the server keeps it as a table: mysql.slow_log."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from querywatch.counters import Recorded
from querywatch.db.connection import Connection
from querywatch.outward import parse_name
from querywatch.sources.base import SourceUnavailableError, StatementReducer, read_rows

_SETTINGS = "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('slow_query_log', 'log_output')"
# Of a log in CSV this number comes without reading it.
_SIZE = "SELECT TABLE_ROWS FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'mysql' AND TABLE_NAME = 'slow_log'"
# In the order of writing. The time is no way to tell old from new: it is in the time zone of the session that
# was slow, of its beginning on MariaDB 10.11 and later, else of its end.
_ENTRIES = "SELECT user_host, query_time, rows_examined, sql_text, thread_id FROM mysql.slow_log LIMIT %s, %s"
STATEMENTS = (_SETTINGS, _SIZE, _ENTRIES)

GRANT_SLOW_LOG = "GRANT SELECT ON mysql.slow_log TO the account"
_READ_ROWS = 1_000
# The server reads a CSV table from its beginning: 10 ms for a thousand rows on MySQL 9.7, 6 on MySQL 5.6.
_READABLE_ROWS = 100_000

_USER_HOST = re.compile(r".*?\[(?P<account>.*)\] @ (?P<host>.*?) ?\[(?P<address>[^\[\]]*)\]", re.DOTALL)
_TIME = re.compile(r"(\d+):(\d+):(\d+(?:\.\d+)?)")


class SlowLogSource:
    """Reads what was written since the last time; what was there at the first is left where it is."""

    def __init__(self) -> None:
        self._read_to: int | None = None

    def read(self, connection: Connection, book: StatementReducer) -> tuple[Recorded, ...]:
        """The newest entries; wants SELECT on mysql.slow_log, and the log to be written to it.

        Seconds are whole ones on MySQL 5.6. An entry's key is the session and its place in the log.
        """
        size = _read_size(connection)
        if self._read_to is None or size < self._read_to:
            self._read_to = size if self._read_to is None else 0  # or it was emptied
        first = max(self._read_to, size - _READ_ROWS)
        if first >= size:
            return ()
        rows = read_rows(connection, _ENTRIES, (first, _READ_ROWS), grant=GRANT_SLOW_LOG)
        self._read_to = first + len(rows)
        own = connection.connection_id
        return tuple(_parse(((place, *row) for place, row in enumerate(rows, first)), book, own))


def require_slow_log(connection: Connection) -> None:
    """Raises `SourceUnavailableError` when the log is not there to be read; reads none of it."""
    _read_size(connection)


def _read_size(connection: Connection) -> int:
    settings = {str(name).casefold(): str(value).upper() for name, value in connection.read(_SETTINGS)}
    if settings.get("slow_query_log") != "ON" or "TABLE" not in settings.get("log_output", "").split(","):
        message = "the slow log is not written to a table"
        raise SourceUnavailableError(message, reason="slow-log-off", advice=_SWITCH_ON)
    rows = read_rows(connection, _SIZE, grant=GRANT_SLOW_LOG)
    if not rows or rows[0][0] is None:
        message = "the account may not see the slow log"
        raise SourceUnavailableError(message, reason="privilege", advice=GRANT_SLOW_LOG)
    size = int(rows[0][0])
    if size > _READABLE_ROWS:
        message = "the slow log is too large to be read again and again"
        raise SourceUnavailableError(message, reason="slow-log-large", advice=_EMPTY)
    return size


_SWITCH_ON = "SET GLOBAL log_output = 'FILE,TABLE'; SET GLOBAL slow_query_log = 1"
_EMPTY = "TRUNCATE mysql.slow_log"


def _parse(rows: Iterable[tuple[Any, ...]], book: StatementReducer, own: int) -> Iterator[Recorded]:
    for place, user_host, duration, rows_examined, text, session_id in rows:
        account, host = parse_user_host(str(user_host))
        if session_id != own:
            yield Recorded(
                key=(int(session_id), place),
                session_id=int(session_id),
                account=account,
                host=host,
                statement=book.from_text(str(text)),
                seconds=parse_duration(str(duration)),
                rows_examined=int(rows_examined),
            )


def parse_user_host(text: str) -> tuple[str, str]:
    """The account's name as its client gave it, and its host as the processlist has it.

    >>> parse_user_host("root[root] @ localhost [127.0.0.1]")
    ('root', 'localhost')
    >>> parse_user_host("[vendor] @  [10.0.0.5]")
    ('vendor', '10.0.0.5')
    """
    found = _USER_HOST.fullmatch(text)
    if found is None:
        return "", ""
    return parse_name(found["account"]), parse_name(found["host"] or found["address"])


def parse_duration(text: str) -> float:
    """Seconds of a TIME: '00:01:02.5' -> 62.5; 0 for what is none."""
    found = _TIME.fullmatch(text)
    if found is None:
        return 0.0
    hours, minutes, seconds = found.groups()
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
