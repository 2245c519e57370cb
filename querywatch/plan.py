"""The server's own plan of a statement, as values: how each table is reached, and through which index."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from querywatch.model import Schema


class PlanAccess(StrEnum):
    """How a plan reaches a table's rows, dearest first."""

    SCAN = "scan"  # every row
    INDEX_SCAN = "index-scan"  # every entry of an index
    UNKNOWN = "unknown"  # decided anew for each row, or by a word that is not known here
    RANGE = "range"
    REF = "ref"
    CONST = "const"

    @property
    def reads_all(self) -> bool:
        """Whether it goes from one end to the other."""
        return self in {PlanAccess.SCAN, PlanAccess.INDEX_SCAN}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """One table of a plan. `table` is None for what the statement makes itself, or where nothing tells which it is.

    `rows` is the server's estimate of what is read each time the table is reached.
    """

    table: str | None  # folded
    access: PlanAccess
    key: str | None  # the index, folded
    rows: int | None
    filesort: bool = False
    temporary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one execution of a shape was given for a plan; another, with other literals, may be given another."""

    rows: tuple[PlanRow, ...]
    read_at: float


def find_plan_access(plan: Plan, table: str) -> PlanAccess | None:
    """The dearest way in which the plan reaches the table; None where it does not show the table."""
    found = [row.access for row in plan.rows if row.table == table]
    return min(found, key=list(PlanAccess).index) if found else None


def find_plan_rows(plan: Plan, table: str) -> int | None:
    """The most rows that the plan means to read of the table at a time; None where it does not say."""
    return max((row.rows for row in plan.rows if row.table == table and row.rows is not None), default=None)


def is_same_design(tables: tuple[str, ...], before: Schema, after: Schema) -> bool:
    """Whether these tables have the indexes they had: else what was planned with the old ones is history."""
    return _find_indexes(tables, before) == _find_indexes(tables, after)


def _find_indexes(tables: tuple[str, ...], schema: Schema) -> Mapping[tuple[str, str], object]:
    return {key: table.indexes for key, table in schema.tables.items() if table.name in tables}
