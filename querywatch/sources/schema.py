"""Reads what the tables look like: information_schema.TABLES, COLUMNS and STATISTICS."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from querywatch.db.connection import Connection
from querywatch.db.server import has_ignored_indexes, has_invisible_indexes
from querywatch.model import Index, Schema, Table
from querywatch.outward import parse_name
from querywatch.sources.base import SourceUnavailableError, read_rows
from querywatch.sources.processlist import read_states

_ROWS_AT_MOST = 200_000
_GRANT = "GRANT REFERENCES ON the practice's database TO the account"

_METADATA_WAIT = "Waiting for table metadata lock"
_DATABASES = "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA"
_TABLES = (
    "SELECT TABLE_NAME, ENGINE, TABLE_ROWS FROM information_schema.TABLES "
    "WHERE TABLE_SCHEMA = %s AND TABLE_TYPE = 'BASE TABLE' LIMIT %s"
)
_COLUMNS = (
    "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE FROM information_schema.COLUMNS "
    "WHERE TABLE_SCHEMA = %s ORDER BY ORDINAL_POSITION LIMIT %s"
)
# An index that the optimiser must not use, or that serves no comparison, is none.
_INDEXES = (
    "SELECT TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX, COLUMN_NAME, NON_UNIQUE, SUB_PART "
    "FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = %s AND INDEX_TYPE IN ('BTREE', 'HASH')"
)
_LIMIT = " LIMIT %s"
_INDEXES_ALL = _INDEXES + _LIMIT
_INDEXES_VISIBLE = f"{_INDEXES} AND IS_VISIBLE = 'YES'{_LIMIT}"
_INDEXES_NOT_IGNORED = f"{_INDEXES} AND IGNORED = 'NO'{_LIMIT}"
STATEMENTS = (
    _DATABASES,
    _TABLES,
    _COLUMNS,
    _INDEXES_ALL,
    _INDEXES_VISIBLE,
    _INDEXES_NOT_IGNORED,
)

_SYSTEM = frozenset({"information_schema", "performance_schema", "mysql", "sys"})


def read_schema(connection: Connection, databases: tuple[str, ...]) -> Schema:
    """The tables of these databases, of all but the server's own when none is named; needs REFERENCES there.

    Views are left out. Raises `SourceUnavailableError` (metadata-lock) while somebody waits for a table's
    definition: reading definitions would wait in the same queue.
    """
    tables: dict[tuple[str, str], Table] = {}
    for database in databases or _read_databases(connection):
        tables.update(_read_database(connection, database))
    if not tables:
        message = "the account sees no table"
        raise SourceUnavailableError(message, reason="privilege", advice=_GRANT)
    return Schema(tables=tables)


def _read_databases(connection: Connection) -> tuple[str, ...]:
    names = (str(row[0]) for row in read_rows(connection, _DATABASES, grant=_GRANT))
    return tuple(name for name in names if name.casefold() not in _SYSTEM)


def _read_database(connection: Connection, database: str) -> Mapping[tuple[str, str], Table]:
    tables = _read_bounded(connection, _TABLES, database)
    if not tables:
        return {}
    columns = _group_columns(_read_bounded(connection, _COLUMNS, database))
    indexes = _group_indexes(_read_bounded(connection, _find_index_statement(connection), database))
    folded = parse_name(database).casefold()
    return {
        (folded, parse_name(name).casefold()): Table(
            database=folded,
            name=parse_name(name).casefold(),
            engine=None if engine is None else parse_name(engine),
            rows=None if rows is None else int(rows),
            columns=columns.get(name, {}),
            indexes=indexes.get(name, ()),
        )
        for name, engine, rows in tables
    }


def _find_index_statement(connection: Connection) -> str:
    if has_invisible_indexes(connection.server):
        return _INDEXES_VISIBLE
    return _INDEXES_NOT_IGNORED if has_ignored_indexes(connection.server) else _INDEXES_ALL


def _read_bounded(connection: Connection, statement: str, database: str) -> Sequence[tuple[Any, ...]]:
    _refuse_while_definitions_are_waited_for(connection)
    rows = read_rows(connection, statement, (database, _ROWS_AT_MOST), grant=_GRANT)
    if len(rows) == _ROWS_AT_MOST:
        message = "a database has more tables, columns or indexes than querywatch will read"
        advice = "name the practice's database under databases in the configuration"
        raise SourceUnavailableError(message, reason="too-large", advice=advice)
    return rows


def _refuse_while_definitions_are_waited_for(connection: Connection) -> None:
    if _METADATA_WAIT in read_states(connection):
        message = "somebody waits for a table's metadata lock"
        advice = "none: the schema is read once nobody waits"
        raise SourceUnavailableError(message, reason="metadata-lock", advice=advice)


def _group_columns(rows: Sequence[tuple[Any, ...]]) -> Mapping[str, Mapping[str, str]]:
    columns: dict[str, dict[str, str]] = defaultdict(dict)
    for table, column, kind in rows:
        columns[table][parse_name(column).casefold()] = str(kind)
    return columns


def _group_indexes(rows: Sequence[tuple[Any, ...]]) -> Mapping[str, tuple[Index, ...]]:
    parts: dict[tuple[str, str], list[tuple[Any, ...]]] = defaultdict(list)
    for table, name, *part in rows:
        parts[table, name].append(tuple(part))
    indexes: dict[str, list[Index]] = defaultdict(list)
    for (table, name), found in sorted(parts.items()):
        indexes[table].append(_build_index(name, sorted(found)))
    return {table: tuple(found) for table, found in indexes.items()}


def _build_index(name: str, parts: Sequence[tuple[Any, ...]]) -> Index:
    # The key of an expression has no column; '' leads with nothing that a statement could name.
    return Index(
        name=parse_name(name),
        columns=tuple(parse_name(column).casefold() for _, column, _, _ in parts),
        unique=not parts[0][2],
        prefixes=tuple(prefix for _, _, _, prefix in parts),
    )
