"""Sorts column types as comparisons see them, and says how much room they take."""

from enum import Enum, auto

from querywatch.analysis.access.blocks import Column
from querywatch.model import Table


class Family(Enum):
    """What a column's values are compared as."""

    NUMBER = auto()
    TEXT = auto()
    MOMENT = auto()
    OTHER = auto()


_FAMILIES = {
    **dict.fromkeys(
        ("tinyint", "smallint", "mediumint", "int", "bigint", "float", "double", "decimal", "bit", "year"),
        Family.NUMBER,
    ),
    **dict.fromkeys(("date", "datetime", "timestamp", "time"), Family.MOMENT),
    **dict.fromkeys(
        ("char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"), Family.TEXT
    ),
}
WIDE = frozenset({"tinytext", "text", "mediumtext", "longtext", "tinyblob", "blob", "mediumblob", "longblob"})
_BYTES = {
    "tinyint": 1,
    "smallint": 2,
    "mediumint": 3,
    "int": 4,
    "bigint": 8,
    "float": 4,
    "double": 8,
    "date": 3,
    "datetime": 6,
    "timestamp": 4,
    "time": 3,
    "year": 1,
    "decimal": 8,
}
_TEXT_BYTES = 8  # most of Open Dental's texts are empty


def find_type(table: Table, column: str) -> str:
    """The type without its size: 'varchar'; '' for a column that the table does not have."""
    return table.columns.get(column, "").casefold().partition("(")[0].partition(" ")[0]


def find_family(column: Column) -> Family:
    """What the column's values are compared as; OTHER where the schema does not know it."""
    table = column.instance.table
    return Family.OTHER if table is None else _FAMILIES.get(find_type(table, column.name), Family.OTHER)


def find_row_bytes(table: Table) -> int:
    """About how long a row is."""
    return 12 + sum(_BYTES.get(find_type(table, column), _TEXT_BYTES) for column in table.columns)


def is_nullable(column: Column) -> bool:
    """Whether the column may be NULL; it may where nobody knows."""
    table = column.instance.table
    return table is None or table.nullable is None or column.name in table.nullable
