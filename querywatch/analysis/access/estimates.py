"""How many rows an index yields, and what reading them costs, as the servers' own arithmetic has it.

One unit is the reading of one page; the servers' constants are in their sql/sql_const.h and sql/opt_costconstants.h.
"""

from dataclasses import dataclass

from querywatch.analysis.access.blocks import Instance
from querywatch.analysis.access.types import find_row_bytes, find_type
from querywatch.analysis.access.uses import Use
from querywatch.model import Index, Table

PAGE_BYTES = 4_096
SEEK_COST = 1.0  # to find a place in an index
ROW_COST = 0.2  # to look at one row that was read: TIME_FOR_COMPARE, ROW_EVALUATE_COST
_UNKNOWN_ROWS = 1_000
_UNKNOWN_SELECTIVITY = 0.005  # of one value of an index of whose values nothing is known
_UNKNOWN_STATE_SHARE = 0.2  # the same of a column that has few values
_HISTORY_DAYS = 3_650.0  # that a practice's moments stretch over
_ASKED_SHARE = 0.1
_OTHER_SHARE = 0.0005  # where nearly all rows have the same value, and another is asked for
_OTHER_STATE_SHARE = 0.02  # the same of a column that has few values
_STATES = frozenset({"tinyint", "bit", "enum", "set", "char"})
_RANGES = {"range": 0.03, "like": 0.02}  # the part of the rows that is in a range of unknown width
_BOUNDED = 0.02
_KEY_BYTES = 8
_KEY_PAGE_BYTES = 1_024 * 0.5
_SEEKS_PER_PAGE = 3.0
_FEWEST_SEEKS = 2.0
_SEEKS_PER_ROW = 0.1
_FILTERS = {"eq": 0.1, "join": 0.1, "in": 0.3, "range": 0.5, "like": 0.3, "is-null": 0.3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A table's rows, and what it costs to read it from end to end and to look up rows one by one."""

    rows: float
    pages: float

    @property
    def scan_cost(self) -> float:
        """Of every page and every row."""
        return self.pages + self.rows * ROW_COST

    def find_lookup_cost(self, rows: float) -> float:
        """Of so many rows that an index points to; servers take most pages to be in memory by then."""
        worst = max(_FEWEST_SEEKS, min(self.rows * _SEEKS_PER_ROW, self.pages * _SEEKS_PER_PAGE))
        return min(rows, worst) + rows * ROW_COST


def find_size(instance: Instance) -> Size:
    """The instance's size; of a derived table, or one nobody knows, a guess."""
    table = instance.table
    if table is None or table.rows is None:
        return Size(rows=_UNKNOWN_ROWS, pages=_UNKNOWN_ROWS / 20)
    row_bytes = table.row_bytes or find_row_bytes(table)
    return Size(rows=float(table.rows), pages=table.rows * row_bytes / PAGE_BYTES + 2)


def find_rows_of_value(table: Table, index: Index, parts: int, *, asked: bool) -> float:
    """The rows of one value of the first so many columns; `asked` for by the statement, not by another table.

    Where there are few values some are rare, and those are what people ask for: a scan is claimed of no such value.
    """
    rows = float(table.rows or 0)
    if index.unique and parts == len(index.columns):
        return 1.0
    if asked:
        share = _ASKED_SHARE
        if (find_distinct(index, parts) or 2) <= 1:
            share = _OTHER_STATE_SHARE if find_type(table, index.columns[0]) in _STATES else _OTHER_SHARE
        return min(find_rows_of_value(table, index, parts, asked=False), max(1.0, rows * share))
    known = index.cardinalities[parts - 1] if len(index.cardinalities) >= parts else None
    if known:
        return max(1.0, rows / known)
    first = _UNKNOWN_STATE_SHARE if find_type(table, index.columns[0]) in _STATES else _UNKNOWN_SELECTIVITY
    return max(1.0, rows * first * _UNKNOWN_SELECTIVITY ** (parts - 1))


def find_distinct(index: Index, part: int) -> float | None:
    """The distinct values of the index's first so many columns, where they are known."""
    known = index.cardinalities[part - 1] if len(index.cardinalities) >= part else None
    return float(known) if known else None


def find_range_share(use: Use, table: Table, index: Index) -> float:
    """The part of the rows that a range leaves."""
    if use.operator == "like":
        return _RANGES["like"]
    if use.days is None:
        return _BOUNDED if use.bounded else _RANGES["range"]
    column = use.column.name
    distinct = find_distinct(index, 1) if index.columns[0] == column else None
    span = distinct if distinct and find_type(table, column) == "date" else _HISTORY_DAYS
    return min(1.0, (use.days + 1.0) / max(span, 1.0))


def find_keys_cost(index: Index, rows: float, table: Table) -> float:
    """Of so many entries of an index, without the rows that they point to."""
    key_bytes = sum(
        find_row_bytes(
            Table(
                database="",
                name="",
                engine=None,
                rows=None,
                columns={column: table.columns.get(column, "")},
                indexes=(),
            )
        )
        - 12
        for column in index.columns
    )
    return rows * (key_bytes + _KEY_BYTES) / _KEY_PAGE_BYTES + rows * ROW_COST


def find_filter(use: Use) -> float:
    """The part of the rows that a condition leaves that no index serves."""
    return _FILTERS.get(use.operator, 0.8)


def covers(index: Index, instance: Instance) -> bool:
    """Whether the index alone holds all that the statement asks of the table."""
    if instance.uses_all or instance.table is None:
        return False
    whole = {
        column
        for column, prefix in zip(index.columns, index.prefixes or (None,) * len(index.columns), strict=False)
        if prefix is None
    }
    if (instance.table.engine or "").casefold() == "innodb":
        whole |= {
            column for each in instance.table.indexes if each.name == "PRIMARY" for column in each.columns
        }
    return instance.used <= whole
