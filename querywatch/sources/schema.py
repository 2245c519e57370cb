"""Reads which tables there are and what they look like, a few at a time: no server is held up by it for long."""

import itertools
import math
import time
from collections import deque
from collections.abc import Callable, Iterable

from querywatch.db.connection import Connection
from querywatch.errors import StatementTimeoutError
from querywatch.model import Operation, Schema, Session, Table
from querywatch.outward import parse_name
from querywatch.sources.base import SourceUnavailableError, read_rows
from querywatch.sources.tables import (
    GRANT_REFERENCES,
    Definition,
    TableSize,
    read_definitions,
    read_sizes,
)
from querywatch.sources.views import read_view_definitions
from querywatch.sql.reduce import StatementBook

_DATABASES = "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA"
# Names alone are read from the directory: no table is opened.
_NAMES = "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s LIMIT %s"
STATEMENTS = (_DATABASES, _NAMES)

_SYSTEM = frozenset({"information_schema", "performance_schema", "mysql", "sys"})
_TABLES_AT_MOST = 10_000
AT_ONCE_SECONDS = 0.25  # of reading, before something else has its turn
_STATEMENT_SECONDS = 0.05  # what one statement should take at the most
_FEWEST, _FIRST, _MOST = 1, 8, 64  # tables a statement
_EASY_RATIO = 0.4  # of what it should take: then it may be about twice as many tables
_VIEWS_REMEMBERED = 500
_SIZES_PER_ROUND = 6  # sizes are read anew so many times as often as every definition is
_SHORTEST_SECONDS = 60.0
_WAITS = frozenset({"Waiting for table metadata lock", "Waiting for table flush"})
_ADVICE_METADATA = "none: the schema is read once nobody waits"


def find_busy_tables(sessions: Iterable[Session]) -> frozenset[str] | None:
    """The tables, folded, whose definitions somebody changes or waits for; None: it may be any of them.

    To open one of those, we would wait too.
    """
    busy: set[str] = set()
    for session in sessions:
        statement = session.statement
        if session.state in _WAITS and (statement is None or not statement.tables):
            return None
        if statement is not None and (session.state in _WAITS or statement.operation is Operation.DDL):
            busy.update(statement.tables)
    return frozenset(busy)


class SchemaSource:
    """The tables of one server's databases, read in rounds: definitions now and then, sizes more often.

    Between two rounds of definitions, those of tables that are new or were altered since are read with the sizes.
    """

    def __init__(
        self,
        databases: tuple[str, ...],
        interval_seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """All databases but the server's own when none is named; `clock` measures how long statements take."""
        self._databases = databases
        self._interval_seconds = interval_seconds
        self._clock = clock
        self._tables: dict[tuple[str, str], Table] = {}  # by the names as the server writes them
        self._defined_at: dict[tuple[str, str], str | None] = {}
        self._listed: frozenset[tuple[str, str]] = frozenset()
        self._waiting: deque[tuple[str, str]] = deque()
        self._at_once = _FIRST
        self._book = StatementBook(max_entries=_VIEWS_REMEMBERED)
        self.renew()

    def renew(self) -> None:
        """A new connection, perhaps to a server set up anew: everything is due; what is known stays until then."""
        self._waiting.clear()
        self._reads_all = True
        self._definitions_due_at = self._sizes_due_at = -math.inf

    def is_due(self, now: float) -> bool:
        """Whether there is something to read."""
        return bool(self._waiting) or now >= min(self._sizes_due_at, self._definitions_due_at)

    def read_some(
        self,
        connection: Connection,
        now: float,
        *,
        busy: frozenset[str] | None = frozenset(),
        may_spend: Callable[[float], bool] = lambda _: True,
    ) -> Schema | None:
        """Goes on with the round for a quarter of a second at the most; all tables at its end, None before.

        `busy` tables (see `find_busy_tables`) are left as they are known; `may_spend` says whether there is leave
        to spend more than so many seconds of the server's time. Raises `SourceUnavailableError`: the account sees
        no table, or (metadata-lock) nothing is known yet and could be read without waiting.
        """
        if busy is None:
            if self._tables:
                return None
            message = "somebody waits for a table's metadata lock"
            raise SourceUnavailableError(message, reason="metadata-lock", advice=_ADVICE_METADATA)
        if not may_spend(0.0):
            return None
        started = self._clock()
        if not self._waiting:
            self._begin(connection, now)
        while self._waiting:
            self._read_chunk(connection, busy)
            spent_seconds = self._clock() - started
            if spent_seconds >= AT_ONCE_SECONDS or not may_spend(spent_seconds):
                break
        return None if self._waiting else self._finish(now)

    def _begin(self, connection: Connection, now: float) -> None:
        self._listed = frozenset(_read_names(connection, self._databases))
        self._reads_all = now >= self._definitions_due_at
        self._waiting.extend(sorted(self._listed))

    def _finish(self, now: float) -> Schema | None:
        self._sizes_due_at = now + max(_SHORTEST_SECONDS, self._interval_seconds / _SIZES_PER_ROUND)
        if self._reads_all:
            self._definitions_due_at = now + self._interval_seconds
        self._tables = {key: table for key, table in self._tables.items() if key in self._listed}
        if not self._tables:
            return None
        return Schema(tables={(table.database, table.name): table for table in self._tables.values()})

    def _read_chunk(self, connection: Connection, busy: frozenset[str]) -> None:
        database = self._waiting[0][0]
        chunk = [
            name
            for found, name in itertools.islice(self._waiting, self._at_once)
            if found == database  # they are in order
        ]
        free = [name for name in chunk if parse_name(name).casefold() not in busy]
        try:
            slowest_seconds = self._read_tables(connection, database, free) if free else 0.0
        except StatementTimeoutError:
            slowest_seconds = math.inf
        if (
            slowest_seconds < math.inf or len(chunk) == _FEWEST
        ):  # one that cannot be read at all is passed over
            for _ in chunk:
                self._waiting.popleft()
        self._fit_chunks(slowest_seconds)

    def _fit_chunks(self, slowest_seconds: float) -> None:
        if slowest_seconds > _STATEMENT_SECONDS:
            self._at_once = max(_FEWEST, self._at_once // 2)
        elif slowest_seconds < _EASY_RATIO * _STATEMENT_SECONDS:
            self._at_once = min(_MOST, self._at_once * 2)

    def _read_tables(self, connection: Connection, database: str, names: list[str]) -> float:
        """Takes in what there is to know of these tables; the seconds of its slowest statement."""
        started = self._clock()
        sizes = read_sizes(connection, database, names)
        sized = self._clock()
        wanted = [
            name for name, size in sizes.items() if size.is_readable and self._is_new(database, name, size)
        ]
        definitions = read_definitions(connection, database, wanted) if wanted else {}
        defined = self._clock()
        self._take_views(connection, database, [name for name, size in sizes.items() if size.is_view])
        for name in names:
            size = sizes.get(name)
            if size is None:
                self._tables.pop((database, name), None)
            elif not size.is_view:
                self._take(database, name, size, definitions.get(name))
        # Definitions are two statements, of which the one about columns takes most of the time.
        return max(sized - started, defined - sized)

    def _take_views(self, connection: Connection, database: str, names: list[str]) -> None:
        known = {name for name in names if (table := self._tables.get((database, name))) and table.is_view}
        wanted = [name for name in names if self._reads_all or name not in known]
        definitions = read_view_definitions(connection, database, wanted, self._book) if wanted else {}
        for name in wanted:
            self._tables[database, name] = Table(
                database=parse_name(database).casefold(),
                name=parse_name(name).casefold(),
                engine=None,
                rows=None,
                columns={},
                indexes=(),
                is_view=True,
                definition=definitions.get(name),
            )

    def _is_new(self, database: str, name: str, size: TableSize) -> bool:
        key = (database, name)
        return self._reads_all or key not in self._tables or self._defined_at.get(key) != size.defined_at

    def _take(self, database: str, name: str, size: TableSize, definition: Definition | None) -> None:
        key, before = (database, name), self._tables.get((database, name))
        if definition is not None:
            self._defined_at[key] = size.defined_at
        elif before is not None:
            definition = Definition(columns=before.columns, indexes=before.indexes, nullable=before.nullable)
        else:
            return
        latest = before if before is not None and not size.is_readable else size
        self._tables[key] = Table(
            database=parse_name(database).casefold(),
            name=parse_name(name).casefold(),
            engine=latest.engine,
            rows=latest.rows,
            columns=definition.columns,
            indexes=definition.indexes,
            nullable=definition.nullable,
            row_bytes=latest.row_bytes,
        )


def _read_names(connection: Connection, databases: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """(database, table) as the server writes them, views too; of all databases but its own when none is named.

    Raises `SourceUnavailableError` when there are none: needs REFERENCES there.
    """
    names = [
        (database, str(row[0]))
        for database in databases or read_databases(connection)
        for row in read_rows(connection, _NAMES, (database, _TABLES_AT_MOST), grant=GRANT_REFERENCES)
    ]
    if not names:
        message = "the account sees no table"
        raise SourceUnavailableError(message, reason="privilege", advice=GRANT_REFERENCES)
    if len(names) >= _TABLES_AT_MOST:
        message = "there are more tables than querywatch will read"
        advice = "name the practice's database under databases in the configuration"
        raise SourceUnavailableError(message, reason="too-large", advice=advice)
    return tuple(names)


def read_databases(connection: Connection) -> tuple[str, ...]:
    """All but the server's own."""
    names = (str(row[0]) for row in read_rows(connection, _DATABASES, grant=GRANT_REFERENCES))
    return tuple(name for name in names if name.casefold() not in _SYSTEM)
