"""Whether an index serves a query's ORDER BY or GROUP BY, and what a LIMIT makes of that."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from querywatch.analysis.access.beginnings import is_cut
from querywatch.analysis.access.blocks import Block, Column
from querywatch.analysis.access.estimates import covers, find_size
from querywatch.analysis.access.habits import Habits
from querywatch.analysis.access.ordering import Step
from querywatch.analysis.access.paths import Path, find_indexes
from querywatch.analysis.access.uses import EQUAL, find_hint
from querywatch.model import Index
from querywatch.sql.hints import Hints
from querywatch.sql.reading import Access

_UNKNOWN_LIMIT = 100
_ORDERED_SHARE = 1 / 3  # of a table's rows, read in an index's order to spare the sort
_LEAST_LEFT = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """The steps, and whether the rows must be sorted, or grouped, on their own."""

    steps: tuple[Step, ...]
    sorts: bool


def find_serving(block: Block, steps: tuple[Step, ...], hints: Hints, habits: Habits) -> Serving:
    """The steps with the first one's access changed where an index in the wanted order is the better one."""
    wanted, first = _find_wanted(block, habits), steps[0]
    if not wanted or any(column.instance is not first.instance for column, _ in wanted):
        return Serving(steps=steps, sorts=wanted != [])
    served = [index for index in find_indexes(first.instance) if _is_ordered(index, wanted, first)]
    if first.path.access is Access.CONST or any(index.name == first.path.index for index in served):
        return Serving(steps=steps, sorts=_sorts_groups(block))
    better = _find_better(block, first, served, _find_limit(block, hints), habits)
    if better is None:
        return Serving(steps=steps, sorts=True)
    return Serving(steps=(replace(first, path=better), *steps[1:]), sorts=_sorts_groups(block))


def _find_wanted(block: Block, habits: Habits) -> list[tuple[Column, bool]] | None:
    """The columns by which the rows are wanted in order; None where an expression is among them."""
    wanted: list[tuple[Column, bool]] = []
    order = block.order_by or [(node, False) for node in block.group_by]
    if _sorts_groups(block):
        if not habits.groups_by_index:
            return None
        order = [(node, False) for node in block.group_by]
    for node, descending in order:
        if not isinstance(node, Column):
            return None
        wanted.append((node, descending))
    return wanted


def _sorts_groups(block: Block) -> bool:
    """Whether what comes of the groups is put in another order than theirs."""
    return bool(block.group_by and block.order_by) and [node for node, _ in block.order_by] != block.group_by


def _is_ordered(index: Index, wanted: Sequence[tuple[Column, bool]], first: Step) -> bool:
    if len({descending for _, descending in wanted}) > 1:
        return False
    fixed = {
        use.column.name for use in first.wishes.uses if use.usable and use.operator in EQUAL and not use.needs
    }
    names = [column.name for column, _ in wanted if column.name not in fixed]
    columns = [column for column in index.columns if column not in fixed]
    return columns[: len(names)] == names and not any(is_cut(index, name) for name in names)


def _find_limit(block: Block, hints: Hints) -> float | None:
    if block.limit is None:
        return None
    numbers = [find_hint(slot, hints).number for slot in (block.limit, block.offset) if slot is not None]
    return float(sum(_UNKNOWN_LIMIT if number is None else number for number in numbers))


def _find_better(
    block: Block, first: Step, served: Sequence[Index], limit: float | None, habits: Habits
) -> Path | None:
    """An index scan in the wanted order instead of a scan and a sort."""
    instance, path = first.instance, first.path
    if not served or instance.table is None or not path.access.reads_all:
        return None
    covering = [index for index in served if covers(index, instance)]
    if covering or (block.group_by and habits.groups_by_index):
        return replace(path, access=Access.INDEX_SCAN, index=(covering or served)[0].name)
    if limit is None or (block.group_by and block.aggregates):
        return None
    # A row by way of an index costs a page; what is read of a join may be a part of its rows only.
    size, read = find_size(instance), limit / max(_find_left(first), _LEAST_LEFT)
    is_clustered = (instance.table.engine or "").casefold() == "innodb"
    if read >= size.rows * _ORDERED_SHARE and not is_clustered:
        return None
    return Path(access=Access.INDEX_SCAN, rows=min(size.rows, read), cost=read, index=served[0].name)


def _find_left(first: Step) -> float:
    return first.rows / max(first.path.rows, 1.0)
