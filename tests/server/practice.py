"""A practice's tables with Open Dental's own columns and indexes, filled, on any of the servers."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager

import pymysql
from server.servers import RunningServer

from querywatch.demo.schema import DATABASE, parse_facts, render_create
from querywatch.demo.values import Setting, find_values

REVIEWED = "reviewed"  # apart from the few rows that every server has
_NUMBERS = "practice_numbers"
_CHUNK_ROWS = 50_000


def create_tables(cursor: pymysql.cursors.Cursor, names: Iterable[str]) -> None:
    """These tables, empty, in a database of their own."""
    facts = {table.name: table for table in parse_facts()}
    cursor.execute("SET sql_mode = ''")  # as Open Dental's maker sets servers up
    cursor.execute(f"DROP DATABASE IF EXISTS {REVIEWED}")
    cursor.execute(f"CREATE DATABASE {REVIEWED}")
    for name in names:
        cursor.execute(render_create(facts[name]).replace(f"`{DATABASE}`.", f"`{REVIEWED}`."))


def load_tables(server: RunningServer, rows: Mapping[str, int]) -> None:
    """These tables with so many rows each, the same on every server; their dates end now."""
    facts = {table.name: table for table in parse_facts()}
    owners = {
        column.name: name for name, table in facts.items() for column in table.columns if column.is_primary
    }
    with closing(server.root()) as root, root.cursor() as cursor:
        create_tables(cursor, rows)
        cursor.execute("SELECT DATE_FORMAT(NOW(), '%Y-%m-%d %H:%i:%s')")
        ((now,),) = cursor.fetchall()
        sizes = {name: rows.get(name, 50) for name in facts}
        setting = Setting(seed=1, now=now, rows=sizes, owners=owners)
        _create_numbers(cursor, max(rows.values()))
        for name in rows:
            values = find_values(facts[name], setting)
            cursor.execute(f"ALTER TABLE {REVIEWED}.`{name}` DISABLE KEYS")
            for first in range(0, rows[name], _CHUNK_ROWS):
                cursor.execute(
                    f"INSERT INTO {REVIEWED}.`{name}` ({', '.join(f'`{column}`' for column in values)}) "
                    f"SELECT {', '.join(values.values())} FROM (SELECT {first} + i AS n FROM {_NUMBERS}.number "
                    f"WHERE i <= {min(_CHUNK_ROWS, rows[name] - first)}) AS numbers"
                )
            cursor.execute(f"ALTER TABLE {REVIEWED}.`{name}` ENABLE KEYS")
            cursor.execute(f"ANALYZE TABLE {REVIEWED}.`{name}`")
            cursor.fetchall()
        cursor.execute(f"DROP DATABASE {_NUMBERS}")


def _create_numbers(cursor: pymysql.cursors.Cursor, most: int) -> None:
    run = cursor.execute
    run(f"DROP DATABASE IF EXISTS {_NUMBERS}")
    run(f"CREATE DATABASE {_NUMBERS}")
    run(f"CREATE TABLE {_NUMBERS}.number (i INT PRIMARY KEY) ENGINE=MyISAM")
    run(f"INSERT INTO {_NUMBERS}.number VALUES (1)")
    size = 1
    while size < min(most, _CHUNK_ROWS):
        run(f"INSERT INTO {_NUMBERS}.number SELECT i + {size} FROM {_NUMBERS}.number")
        size *= 2


@contextmanager
def practice(server: RunningServer, rows: Mapping[str, int]) -> Iterator[None]:
    """The tables in a database of their own while the block runs, and the least-privileged account may see them."""
    load_tables(server, rows)
    server.execute(f"GRANT REFERENCES ON {REVIEWED}.* TO 'watcher'@'%'")
    try:
        yield
    finally:
        server.execute(f"REVOKE REFERENCES ON {REVIEWED}.* FROM 'watcher'@'%'", f"DROP DATABASE {REVIEWED}")
