"""Indexes that hold but the beginning of a column: rows are found by them, never put in order or answered from them.

MySQL's manual, "ORDER BY Optimization" and "Column Indexes"; measured on MySQL 9.7 and MariaDB 10.11.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from querywatch.analysis.access.blocks import Block, Column, Instance, find_columns
from querywatch.model import Index
from querywatch.sql.outline import Node


def is_cut(index: Index, column: str) -> bool:
    """Whether the index holds but the beginning of the column."""
    return any(
        name == column and prefix is not None
        for name, prefix in zip(index.columns, index.prefixes, strict=False)
    )


def find_ordered_by(block: Block, instance: Instance) -> tuple[str, ...]:
    """The instance's columns that the block wants an order, groups or ends of, and of which an index is cut."""
    indexes = instance.table.indexes if instance.table is not None else ()
    columns = (column for node in _find_wanted(block) for column in find_columns(node))
    names = dict.fromkeys(column.name for column in columns if column.instance is instance)
    return tuple(name for name in names if any(is_cut(index, name) for index in indexes))


def _find_wanted(block: Block) -> Iterator[Node]:
    yield from (node for node, _ in block.order_by)
    yield from block.group_by
    yield from block.aggregates
    if block.distinct:
        yield from (node for node in block.selected.values() if isinstance(node, Column))


@contextmanager
def whole_indexes(instance: Instance) -> Iterator[None]:
    """Meanwhile the instance's table is as if its indexes held all of their columns."""
    table = instance.table
    if table is not None:
        indexes = tuple(replace(index, prefixes=()) for index in table.indexes)
        instance.table = replace(table, indexes=indexes)
    try:
        yield
    finally:
        instance.table = table
