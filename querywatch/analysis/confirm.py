"""What the server's own plan says to a claim that a table is read from end to end."""

from querywatch.analysis.situation import QueryLoad, Situation
from querywatch.model import Table
from querywatch.plan import PlanAccess, PlanRow, find_plan_access, find_plan_rows


def reads_whole(load: QueryLoad, table: Table, situation: Situation) -> bool | None:
    """Whether the plan reads a large part of the table without choosing rows by an index; None: it does not tell.

    An index that is followed in order until enough rows are found is no such reading.
    """
    plan = situation.plans.get(load.statement.fingerprint)
    access = None if plan is None else find_plan_access(plan, table.name)
    if plan is None or access is None or access is PlanAccess.UNKNOWN:
        return None
    rows = find_plan_rows(plan, table.name)
    return access.reads_all and (rows is None or rows >= situation.limits.large_table_rows)


def find_planned_scan(load: QueryLoad, situation: Situation) -> tuple[Table, PlanRow] | None:
    """The largest table that the plan reads from end to end, with the plan's row for it."""
    plan = situation.plans.get(load.statement.fingerprint)
    if plan is None or situation.schema is None:
        return None
    found = list[tuple[int, Table, PlanRow]]()
    for row in plan.rows:
        table = None if row.table is None else situation.schema.find(row.table, None)
        if table is not None and row.access.reads_all and reads_whole(load, table, situation):
            found.append((table.rows or 0, table, row))
    large = [entry for entry in found if entry[0] >= situation.limits.large_table_rows]
    if not large:
        return None
    _, table, row = max(large, key=lambda entry: entry[0])
    return table, row
