"""Reads what a few tables at a time look like: information_schema.TABLES, COLUMNS and STATISTICS.

Only MySQL 8 and later keep these in tables of their own. The others open every table that a statement is
about, and that is those it names: `TABLE_NAME IN (...)` opens no other table of the database.
"""

import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from querywatch.db.connection import Connection
from querywatch.db.server import has_ignored_indexes, has_invisible_indexes
from querywatch.model import Index
from querywatch.outward import parse_name
from querywatch.sources.base import read_rows

_SHARED = 10_000  # tables, over all servers
GRANT_REFERENCES = "GRANT REFERENCES ON the practice's database TO the account"

_SIZES = (
    "SELECT TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_ROWS, CREATE_TIME, AVG_ROW_LENGTH FROM information_schema.TABLES "
    "WHERE TABLE_SCHEMA = %s AND TABLE_NAME IN (%s)"
)
_COLUMNS = (
    "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, COLUMN_KEY, IS_NULLABLE FROM information_schema.COLUMNS "
    "WHERE TABLE_SCHEMA = %s AND TABLE_NAME IN (%s) ORDER BY ORDINAL_POSITION"
)
_INDEX_COLUMNS = (
    "SELECT TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX, COLUMN_NAME, NON_UNIQUE, SUB_PART, INDEX_TYPE, "
    "CARDINALITY, "
)
_INDEX_TABLES = " FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = %s AND TABLE_NAME IN (%s)"
_INDEXES = f"{_INDEX_COLUMNS}NULL{_INDEX_TABLES}"
_INDEXES_VISIBLE = f"{_INDEX_COLUMNS}IS_VISIBLE{_INDEX_TABLES}"
_INDEXES_IGNORED = f"{_INDEX_COLUMNS}IGNORED{_INDEX_TABLES}"
STATEMENTS = (_SIZES, _COLUMNS, _INDEXES, _INDEXES_VISIBLE, _INDEXES_IGNORED)

# MySQL 8's answer, instead of NULL, for a table that somebody kept locked longer than we wait.
_ROWS_UNKNOWN = 2**32 - 1
_COMPARING = frozenset({"BTREE", "HASH"})  # the other types of index serve no comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSize:
    """One table of information_schema.TABLES; `defined_at` changes whenever its columns or indexes do."""

    engine: str | None
    rows: int | None
    defined_at: str | None
    is_readable: bool  # nobody kept it locked, and it is not broken
    is_view: bool = False
    row_bytes: int | None = None  # of a row, on average


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One table's columns with their types, in order, and the indexes that may serve a comparison."""

    columns: Mapping[str, str]
    indexes: tuple[Index, ...]
    nullable: frozenset[str] | None = None


_A_VIEW = TableSize(engine=None, rows=None, defined_at=None, is_readable=False, is_view=True)


def read_sizes(connection: Connection, database: str, names: Sequence[str]) -> dict[str, TableSize]:
    """The sizes of those of the tables and views that there are; a view has none."""
    rows = _read_of(connection, _SIZES, database, names)
    sizes = {str(name): _parse_size(*rest) for name, kind, *rest in rows if kind == "BASE TABLE"}
    return sizes | {str(name): _A_VIEW for name, kind, *_ in rows if kind == "VIEW"}


def _parse_size(engine: str | None, rows: Any, created: Any, row_bytes: Any) -> TableSize:
    known = rows is not None and int(rows) != _ROWS_UNKNOWN
    return TableSize(
        engine=None if engine is None else parse_name(engine),
        rows=int(rows) if known else None,
        defined_at=None if created is None else str(created),
        is_readable=engine is not None and known,
        row_bytes=None if row_bytes is None else int(row_bytes),
    )


def read_definitions(connection: Connection, database: str, names: Sequence[str]) -> dict[str, Definition]:
    """The definitions of those of the tables that could be read whole.

    Somebody may lock or drop a table between the two statements; one whose columns say that they are
    indexed and which has no index is left out, for without them every statement on it would seem to scan.
    """
    columns = _read_of(connection, _COLUMNS, database, names)
    indexes = _read_of(connection, _find_index_statement(connection), database, names)
    kinds: dict[str, list[tuple[str, str, bool]]] = defaultdict(list)
    for table, column, kind, _, may_be_null in columns:
        kinds[table].append((_parse_folded(column), str(kind), may_be_null == "YES"))
    indexed = {str(table) for table, _, _, key, _ in columns if key}
    torn = indexed - {str(row[0]) for row in indexes}
    found = _group_indexes(indexes, hidden="YES" if has_ignored_indexes(connection.server) else "NO")
    return {
        table: _define(tuple(found_columns), found.get(table, ()))
        for table, found_columns in kinds.items()
        if table not in torn
    }


def _define(columns: tuple[tuple[str, str, bool], ...], indexes: tuple[Index, ...]) -> Definition:
    kinds, nullable = _share_columns(columns)
    return Definition(columns=kinds, indexes=indexes, nullable=nullable)


@lru_cache(maxsize=_SHARED)
def _share_columns(
    columns: tuple[tuple[str, str, bool], ...],
) -> tuple[Mapping[str, str], frozenset[str]]:
    """Types by name, and the names that may be NULL: one in memory for the same table of two hundred offices."""
    return {name: kind for name, kind, _ in columns}, frozenset(name for name, _, null in columns if null)


@lru_cache(maxsize=_SHARED)
def _share_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """The first of all equal ones."""
    return names


def _parse_folded(name: object) -> str:
    return sys.intern(parse_name(name).casefold())


def _find_index_statement(connection: Connection) -> str:
    if has_invisible_indexes(connection.server):
        return _INDEXES_VISIBLE
    return _INDEXES_IGNORED if has_ignored_indexes(connection.server) else _INDEXES


def _read_of(
    connection: Connection, statement: str, database: str, names: Sequence[str]
) -> list[tuple[Any, ...]]:
    listed = statement.replace("IN (%s)", f"IN ({', '.join(['%s'] * len(names))})")
    return read_rows(connection, listed, (database, *names), grant=GRANT_REFERENCES)


def _group_indexes(rows: Sequence[tuple[Any, ...]], *, hidden: str) -> Mapping[str, tuple[Index, ...]]:
    """By table. An index that the optimiser must not use, or that serves no comparison, is none."""
    parts: dict[tuple[str, str], list[tuple[Any, ...]]] = defaultdict(list)
    for table, name, position, column, non_unique, prefix, kind, cardinality, switch in rows:
        if kind in _COMPARING and switch != hidden:
            parts[table, name].append((position, column, non_unique, prefix, cardinality))
    indexes: dict[str, list[Index]] = defaultdict(list)
    for (table, name), found in sorted(parts.items()):
        indexes[table].append(_build_index(name, sorted(found, key=lambda part: part[0])))
    return {table: tuple(found) for table, found in indexes.items()}


def _build_index(name: str, parts: Sequence[tuple[Any, ...]]) -> Index:
    # The key of an expression has no column; '' leads with nothing that a statement could name.
    return Index(
        name=sys.intern(parse_name(name)),
        columns=_share_names(tuple(_parse_folded(column) for _, column, *_ in parts)),
        unique=not parts[0][2],
        prefixes=tuple(part[3] for part in parts),
        cardinalities=tuple(None if part[4] is None else int(part[4]) for part in parts),
    )
