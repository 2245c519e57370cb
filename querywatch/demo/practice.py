"""Fills a server with a synthetic practice: Open Dental's tables, keys and sizes, scaled, in seconds."""

import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pymysql

from querywatch.demo.schema import DATABASE, TableFact, parse_facts, render_create
from querywatch.demo.server import PrivateServer
from querywatch.demo.values import Setting, find_values
from querywatch.errors import DemoError

DEFAULT_SCALE = 0.15
_CHUNK_ROWS = 50_000
_LOADERS = 2
# Rows come from a table of numbers: MariaDB alone has a sequence engine.
_NUMBERS_DATABASE = "querywatch_demo_numbers"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadProgress:
    """How far the load is, in rows written and index entries built."""

    done: int
    total: int
    table: str


class _Meter:
    """Adds up the loaders' work and tells each step."""

    def __init__(self, total: int, tell: Callable[[LoadProgress], None]) -> None:
        self._total = total
        self._tell = tell
        self._done = 0
        self._lock = threading.Lock()

    def add(self, amount: int, table: str) -> None:
        with self._lock:
            self._done += amount
            self._tell(LoadProgress(done=self._done, total=self._total, table=table))


def load_practice(
    server: PrivateServer,
    *,
    scale: float = DEFAULT_SCALE,
    seed: int = 1,
    progress: Callable[[LoadProgress], None] = lambda _: None,
) -> Mapping[str, int]:
    """Create and fill the practice; the rows of each table.

    `progress` is called from the loaders' threads, one at a time. The same seed gives the same practice,
    but that its dates end at the moment of the load.
    """
    facts = parse_facts()
    setting = _prepare(server, facts, scale, seed)
    meter = _Meter(sum(_find_work(table, setting) for table in facts), progress)
    waiting: queue.SimpleQueue[TableFact] = queue.SimpleQueue()
    for table in sorted(facts, key=lambda table: -_find_work(table, setting)):
        waiting.put(table)
    _run_loaders(lambda: _load_tables(server, waiting, setting, meter))
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {_NUMBERS_DATABASE}")
    return setting.rows


def _run_loaders(load: Callable[[], None]) -> None:
    """Wait for all, but not when interrupted: a loader in a long statement ends with the server."""
    pool = ThreadPoolExecutor(_LOADERS)
    try:
        for loader in [pool.submit(load) for _ in range(_LOADERS)]:
            loader.result()
    except pymysql.Error as error:
        code = error.args[0] if error.args else "none"
        raise DemoError(
            f"the private server failed under the load (MySQL error {code}); is the disk full?"
        ) from None
    finally:
        pool.shutdown(wait=False)


def _prepare(server: PrivateServer, facts: Sequence[TableFact], scale: float, seed: int) -> Setting:
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb3")
        for table in facts:
            cursor.execute(render_create(table))
        _create_numbers(cursor)
        cursor.execute("SELECT DATE_FORMAT(NOW(), '%Y-%m-%d %H:%i:%s')")
        ((now,),) = cursor.fetchall()
    rows = {table.name: table.find_rows(scale) for table in facts}
    return Setting(seed=seed, now=now, rows=rows, owners=_find_owners(facts))


def _create_numbers(cursor: pymysql.cursors.Cursor) -> None:
    """A table with 1 to _CHUNK_ROWS, doubled until it is large enough."""
    cursor.execute(f"CREATE DATABASE {_NUMBERS_DATABASE}")
    cursor.execute(f"CREATE TABLE {_NUMBERS_DATABASE}.number (i INT PRIMARY KEY) ENGINE=MyISAM")
    cursor.execute(f"INSERT INTO {_NUMBERS_DATABASE}.number VALUES (1)")
    size = 1
    while size < _CHUNK_ROWS:
        cursor.execute(
            f"INSERT INTO {_NUMBERS_DATABASE}.number SELECT i + {size} FROM {_NUMBERS_DATABASE}.number"
            f" WHERE i <= {_CHUNK_ROWS - size}"
        )
        size *= 2


def _find_owners(facts: Sequence[TableFact]) -> dict[str, str]:
    """Primary key's column -> table; of two tables with one key, the larger owns it."""
    return {
        column.name: table.name
        for table in sorted(facts, key=lambda table: table.rows)
        for column in table.columns
        if column.is_primary
    }


def _find_work(table: TableFact, setting: Setting) -> int:
    return setting.rows[table.name] * (1 + len(table.indexes))


def _load_tables(
    server: PrivateServer, waiting: "queue.SimpleQueue[TableFact]", setting: Setting, meter: _Meter
) -> None:
    """Load tables until none is left."""
    with server.connect(database=DATABASE) as connection, connection.cursor() as cursor:
        while True:
            try:
                table = waiting.get_nowait()
            except queue.Empty:
                return
            _load_table(cursor, table, setting, meter)


def _load_table(cursor: pymysql.cursors.Cursor, table: TableFact, setting: Setting, meter: _Meter) -> None:
    """Rows first, then all keys but the primary one at once: MyISAM sorts, far faster than it inserts."""
    values = find_values(table, setting)
    columns = ", ".join(f"`{name}`" for name in values)
    rows = setting.rows[table.name]
    cursor.execute(f"ALTER TABLE `{table.name}` DISABLE KEYS")
    for first in range(0, rows, _CHUNK_ROWS):
        number = min(_CHUNK_ROWS, rows - first)
        cursor.execute(
            f"INSERT INTO `{table.name}` ({columns}) SELECT {', '.join(values.values())}"
            f" FROM (SELECT {first} + i AS n FROM {_NUMBERS_DATABASE}.number WHERE i <= {number}) AS numbers"
        )
        meter.add(number, table.name)
    cursor.execute(f"ALTER TABLE `{table.name}` ENABLE KEYS")
    meter.add(rows * len(table.indexes), table.name)
