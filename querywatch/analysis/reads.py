"""What one run reads of each large table, from the statement and the schema."""

from collections.abc import Iterator
from dataclasses import dataclass

from querywatch.analysis.confirm import reads_whole
from querywatch.analysis.cost import find_rows_per_run
from querywatch.analysis.situation import QueryLoad, Situation
from querywatch.model import Evidence, Table
from querywatch.sql.reading import TableAccess

WHOLE_TABLE_SHARE = 0.8  # rows examined over the table's rows, which InnoDB only estimates


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One large table of a statement; `rows` is what a run reads of it, None where nothing tells."""

    access: TableAccess
    table: Table
    rows: float | None
    evidence: Evidence

    @property
    def is_whole(self) -> bool:
        """Whether a run reads all of it, and no LIMIT ends that early."""
        return self.access.access.reads_all and not self.access.limited


def find_reads(load: QueryLoad, situation: Situation) -> Iterator[Read]:
    """The large tables that the schema knows; none where the server's counters or its plan disagree."""
    if load.reading is None or situation.schema is None:
        return
    limits = situation.limits
    counted = find_rows_per_run(load) if load.evidence is Evidence.COUNTED else None
    for access in load.reading.tables:
        table = situation.schema.find(access.name, access.database)
        if table is None or table.rows is None or table.rows < limits.large_table_rows:
            continue
        if reads_whole(load, table, situation) is False:
            continue
        if counted is not None and counted < limits.large_table_rows:
            continue
        rows = table.rows if access.access.reads_all else access.rows
        confirmed = counted is not None and rows is not None and counted >= WHOLE_TABLE_SHARE * rows
        yield Read(
            access=access,
            table=table,
            rows=counted if counted is not None else rows,
            evidence=Evidence.COUNTED if confirmed else Evidence.INFERRED,
        )


def find_estimated_rows(load: QueryLoad) -> float | None:
    """Rows that one run reads: by the server's count, else as the statement and the indexes tell; None: not known."""
    counted = find_rows_per_run(load)
    if counted is not None or load.reading is None or not load.reading.tables:
        return counted
    rows = [access.rows for access in load.reading.tables]
    return None if None in rows else float(sum(number or 0 for number in rows))
