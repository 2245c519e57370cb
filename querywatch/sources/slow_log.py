"""Reads the slow log where the server keeps it as a table: mysql.slow_log."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from querywatch.counters import Recorded
from querywatch.db.connection import Connection
from querywatch.db.privileges import may_read
from querywatch.outward import parse_name
from querywatch.sources.base import SourceUnavailableError, StatementReducer, read_rows

_SETTINGS = "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('slow_query_log', 'log_output')"
# Of a log in CSV information_schema knows no size before it was read again. It is read from its beginning each
# time: 10 ms for a thousand entries on MySQL 9.7, 6 ms on MySQL 5.6.
_READABLE_ENTRIES = 50_000
_SIZE = f"SELECT COUNT(1) FROM (SELECT 1 FROM mysql.slow_log LIMIT {_READABLE_ENTRIES + 1}) AS entries"
# In the order of writing. The time is no way to tell old from new: it is in the time zone of the session that
# was slow, of its beginning on MariaDB 10.11 and later, else of its end.
_TEXT_LIMIT = 65_535  # characters, or bytes on MySQL 8 and later: as the processlist has them
_ENTRIES = (
    f"SELECT user_host, query_time, rows_examined, LEFT(sql_text, {_TEXT_LIMIT}), thread_id "
    "FROM mysql.slow_log LIMIT %s, %s"
)
STATEMENTS = (_SETTINGS, _SIZE, _ENTRIES)

GRANT_SLOW_LOG = "GRANT SELECT ON mysql.slow_log TO the account"
_SWITCH_ON = "SET GLOBAL log_output = 'FILE,TABLE'; SET GLOBAL slow_query_log = 1"
_EMPTY = "TRUNCATE mysql.slow_log"
_AT_ONCE = 1_000
_LONGEST_CHARACTER_BYTES = 4

_USER_HOST = re.compile(r".*?\[(?P<account>.*)\] @ (?P<host>.*?) ?\[(?P<address>[^\[\]]*)\]", re.DOTALL)
_TIME = re.compile(r"(\d+):(\d+):(\d+(?:\.\d+)?)")


class SlowLogSource:
    """Reads what was written since the last time; what was there at the first is left where it is."""

    def __init__(self, *, readable_entries: int = _READABLE_ENTRIES) -> None:
        self._readable_entries = readable_entries
        self._read_to: int | None = None

    def read(self, connection: Connection, book: StatementReducer) -> tuple[Recorded, ...]:
        """The entries since; wants SELECT on mysql.slow_log, and the log to be written to it.

        Seconds are whole ones on MySQL 5.6. An entry's key is the session and its place in the log. When far
        too many came, the rest of them is passed over.
        """
        read_to, self._read_to = self._read_to, None
        if read_to is None:
            require_slow_log(connection)
            self._read_to = self._read_size(connection)
            return ()
        _require_table(connection)
        first, rows = _read_since(connection, read_to)
        is_behind = len(rows) > _AT_ONCE or first + len(rows) > self._readable_entries
        self._read_to = None if is_behind else first + len(rows)
        return tuple(_parse(enumerate(rows, first), book, connection.connection_id))

    def _read_size(self, connection: Connection) -> int:
        size = int(read_rows(connection, _SIZE, grant=GRANT_SLOW_LOG)[0][0])
        if size > self._readable_entries:
            message = "the slow log is too large to be read again and again"
            raise SourceUnavailableError(message, reason="slow-log-large", advice=_EMPTY)
        return size


def require_slow_log(connection: Connection) -> None:
    """Raises `SourceUnavailableError` when the log is not there to be read; reads none of it."""
    _require_table(connection)
    if not may_read(connection, "slow_log"):
        message = "the account may not read the slow log"
        raise SourceUnavailableError(message, reason="privilege", advice=GRANT_SLOW_LOG)


def _require_table(connection: Connection) -> None:
    settings = {str(name).casefold(): str(value).upper() for name, value in connection.read(_SETTINGS)}
    if settings.get("slow_query_log") != "ON" or "TABLE" not in settings.get("log_output", "").split(","):
        message = "the slow log is not written to a table"
        raise SourceUnavailableError(message, reason="slow-log-off", advice=_SWITCH_ON)


def _read_since(connection: Connection, read_to: int) -> tuple[int, list[tuple[Any, ...]]]:
    """(the place of the first, the new entries); the one before is read along, for without it the log was emptied."""
    if read_to:
        rows = read_rows(connection, _ENTRIES, (read_to - 1, _AT_ONCE + 2), grant=GRANT_SLOW_LOG)
        if rows:
            return read_to, rows[1:]
    return 0, read_rows(connection, _ENTRIES, (0, _AT_ONCE + 1), grant=GRANT_SLOW_LOG)


def _parse(
    entries: Iterable[tuple[int, tuple[Any, ...]]], book: StatementReducer, own: int
) -> Iterator[Recorded]:
    for place, (user_host, duration, rows_examined, text, session_id) in entries:
        account, host = parse_user_host(str(user_host))
        if session_id != own:
            yield Recorded(
                key=(int(session_id), place),
                session_id=int(session_id),
                account=account,
                host=host,
                statement=book.from_text(str(text), cut=_is_cut(str(text))),
                seconds=parse_duration(str(duration)),
                rows_examined=int(rows_examined),
            )


def _is_cut(text: str) -> bool:
    return len(text.encode("utf-8", "replace")) > _TEXT_LIMIT - _LONGEST_CHARACTER_BYTES


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
