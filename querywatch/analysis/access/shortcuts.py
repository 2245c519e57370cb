"""Queries that a server answers from an index's ends, or from what it knows of a table, without reading it."""

from dataclasses import replace

from querywatch.analysis.access.beginnings import is_cut
from querywatch.analysis.access.blocks import Block, Column
from querywatch.analysis.access.merging import find_grouped
from querywatch.analysis.access.ordering import Step
from querywatch.analysis.access.paths import Path
from querywatch.analysis.access.uses import EQUAL
from querywatch.sql.outline import Call, Slot
from querywatch.sql.reading import Access

_COUNTING = frozenset({"myisam", "aria"})  # engines that know their exact number of rows


def find_shortcut(block: Block, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps, the only one of them a look at one row, or at one row a group, where that answers the query."""
    if len(steps) != 1 or block.windowed:
        return steps
    step = steps[0]
    grouped = find_grouped(block, step.wishes)
    if grouped is not None:
        return (replace(step, path=grouped, rows=grouped.rows),)
    if block.group_by or block.star or not block.aggregates or block.having:
        return steps
    told = list(block.selected.values())
    if not all(isinstance(node, Call) and node.aggregates for node in told):
        return steps
    if not all(_is_known(node, step) for node in told if isinstance(node, Call)):
        return steps
    return (replace(step, path=Path(access=Access.CONST, rows=1.0, cost=0.0), rows=1.0),)


def _is_known(call: Call, step: Step) -> bool:
    table = step.wishes.table
    if table is None or step.wishes.choices:
        return False
    uses = step.wishes.uses
    if call.name == "COUNT":
        counts_all = not call.arguments or all(isinstance(each, Slot) for each in call.arguments)
        return counts_all and not uses and (table.engine or "").casefold() in _COUNTING
    if call.name not in {"MIN", "MAX"} or len(call.arguments) != 1:
        return False
    column = call.arguments[0]
    if not isinstance(column, Column) or not all(use.usable and use.operator in EQUAL for use in uses):
        return False
    fixed = tuple(dict.fromkeys(use.column.name for use in uses))
    return any(
        set(index.columns[: len(fixed)]) == set(fixed)
        and index.columns[len(fixed) : len(fixed) + 1] == (column.name,)
        and not any(is_cut(index, name) for name in (*fixed, column.name))
        for index in table.indexes
    )
