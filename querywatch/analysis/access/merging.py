"""Ways to read a table by several indexes at once, or by the groups of one."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from querywatch.analysis.access.blocks import Block, Column, Instance
from querywatch.analysis.access.estimates import (
    ROW_COST,
    SEEK_COST,
    Size,
    covers,
    find_distinct,
    find_keys_cost,
    find_rows_of_value,
    find_size,
)
from querywatch.analysis.access.paths import Path, Turn, Wishes, find_indexes
from querywatch.analysis.access.uses import Use
from querywatch.model import Index, Table
from querywatch.sql.outline import Call, Node
from querywatch.sql.reading import Access, Blocker


def find_merged(branches: Sequence[Sequence[Path]], size: Size) -> Iterator[Path]:
    """The rows of any of several alternatives, each by an index of its own."""
    if not all(branches):
        return
    parts = [min(paths, key=lambda path: path.cost) for paths in branches]
    if len({path.index for path in parts}) < 2:
        return
    rows = min(size.rows, sum(path.rows for path in parts))
    yield Path(access=Access.RANGE, rows=rows, cost=rows * (1 + ROW_COST) + len(parts) * SEEK_COST, columns=1)


def find_spared(uses: Sequence[Use], instance: Instance, table: Table, size: Size) -> Iterator[Path]:
    """What is left without one value, where nearly all rows have the same: that is the one which people leave out."""
    left_out = {
        use.column.name
        for use in uses
        if use.blocker is Blocker.NEGATION and use.operator in _LEFT_OUT and not use.needs
    }
    for index in find_indexes(instance):
        if index.columns[0] in left_out and (find_distinct(index, 1) or 2) <= 1:
            rows = find_rows_of_value(table, index, 1, asked=True)
            yield Path(
                access=Access.RANGE, rows=rows, cost=size.find_lookup_cost(rows), index=index.name, columns=1
            )


_LEFT_OUT = frozenset({"other", "eq", "in"})


def find_intersected(
    ready: Sequence[Use], turn: Turn, instance: Instance, table: Table, size: Size
) -> Iterator[Path]:
    """The rows that two indexes agree on, each by one value of all its columns."""
    constant = {use.column.name for use in ready if use.operator == "eq" and turn.is_constant(use)}
    whole = sorted(
        (find_rows_of_value(table, index, len(index.columns), asked=True), place, index)
        for place, index in enumerate(find_indexes(instance))
        if not index.unique and not any(index.prefixes) and set(index.columns) <= constant
    )
    for (few, _, first), (more, _, second) in pairwise(whole[:2]):
        if set(first.columns) & set(second.columns):
            continue
        rows = max(1.0, few * more / max(size.rows, 1.0))
        cost = (
            find_keys_cost(first, few, table)
            + find_keys_cost(second, more, table)
            + rows * (1 + ROW_COST)
            + SEEK_COST
        )
        yield Path(access=Access.RANGE, rows=rows, cost=cost, index=first.name, columns=1)


def find_grouped(block: Block, wishes: Wishes) -> Path | None:
    """One look at an index for each group, where that is all the query asks for."""
    table = wishes.table
    for index, width in _find_leapt(block, wishes):
        groups = find_distinct(index, width)
        if table is None or groups is None:
            continue
        cost = groups * SEEK_COST
        if cost < find_keys_cost(index, find_size(wishes.instance).rows, table):
            return Path(access=Access.RANGE, rows=groups, cost=cost, index=index.name, columns=width)
    return None


def may_leap(block: Block, wishes: Wishes) -> bool:
    """Whether that may be how the query is answered: nobody told how many groups there are."""
    return any(find_distinct(index, width) is None for index, width in _find_leapt(block, wishes))


def _find_leapt(block: Block, wishes: Wishes) -> Iterator[tuple[Index, int]]:
    """The indexes whose groups, of so many columns, are all that the query asks for."""
    instance = wishes.instance
    columns = _find_group_columns(block)
    if not columns or wishes.uses or wishes.choices or len(block.instances) > 1:
        return
    if any(column.instance is not instance for column in columns):
        return
    names = [column.name for column in columns]
    for index in find_indexes(instance):
        leads = set(index.columns[: len(names)]) == set(names)
        if leads and covers(index, instance) and _asks_ends(block, index, names):
            yield index, len(names)


def _find_group_columns(block: Block) -> list[Column]:
    nodes: Sequence[Node] = block.group_by
    if not nodes and block.distinct and not block.aggregates:
        nodes = list(block.selected.values())
    if not nodes and block.aggregates:
        nodes = [part for call in block.aggregates for part in _find_distinct_parts(call)]
    columns = [node for node in nodes if isinstance(node, Column)]
    return list(dict.fromkeys(columns)) if len(columns) == len(nodes) else []


def _find_distinct_parts(call: Node) -> Sequence[Node]:
    return call.arguments if isinstance(call, Call) and call.distinct else (call,)


def _asks_ends(block: Block, index: Index, names: Sequence[str]) -> bool:
    """Whether all aggregates are the least or greatest of the column behind the groups."""
    if not block.group_by:
        return True
    following = index.columns[len(names) : len(names) + 1]
    return all(
        isinstance(call, Call)
        and call.name in {"MIN", "MAX"}
        and all(isinstance(part, Column) and (part.name,) == following for part in call.arguments)
        for call in block.aggregates
    )
