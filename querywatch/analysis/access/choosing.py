"""Chooses how one table is read, given what has been read before it."""

from collections.abc import Collection, Iterator, Sequence

from querywatch.analysis.access.blocks import Instance
from querywatch.analysis.access.estimates import (
    ROW_COST,
    SEEK_COST,
    Size,
    covers,
    find_keys_cost,
    find_range_share,
    find_rows_of_value,
    find_size,
)
from querywatch.analysis.access.merging import find_intersected, find_merged, find_spared
from querywatch.analysis.access.paths import Path, Turn, Wishes, find_indexes, is_forced
from querywatch.analysis.access.uses import EQUAL, Use
from querywatch.model import Index, Table
from querywatch.sql.reading import Access

_TWO_ENDS = 0.7  # of what one end leaves


def find_best(wishes: Wishes, turn: Turn) -> Path:
    """The cheapest way, once the others are read."""
    size = find_size(wishes.instance)
    paths = find_paths(wishes, turn, size)
    certain = [path for path in paths if path.access is Access.CONST]
    if certain:
        return certain[0]
    if not (is_forced(wishes.instance) and paths):
        paths.append(find_scan(wishes.instance, size))
    return min(paths, key=lambda path: (path.cost, -path.columns))


def find_scan(instance: Instance, size: Size) -> Path:
    """The table from end to end, or the shortest index that holds all that is asked."""
    covering = [index for index in find_indexes(instance) if covers(index, instance)]
    table = instance.table
    if not covering or table is None:
        return Path(access=Access.SCAN, rows=size.rows, cost=size.scan_cost)
    shortest = min(covering, key=lambda index: find_keys_cost(index, size.rows, table))
    cost = min(size.scan_cost, find_keys_cost(shortest, size.rows, table))
    return Path(access=Access.INDEX_SCAN, rows=size.rows, cost=cost, index=shortest.name)


def find_paths(wishes: Wishes, turn: Turn, size: Size) -> list[Path]:
    """All ways by an index."""
    table, instance = wishes.table, wishes.instance
    if table is None:
        return []
    ready = [use for use in wishes.uses if use.usable and turn.is_ready(use)]
    single = list(_find_single(ready, turn, instance, table, size))
    branches = [
        [
            list(
                _find_single(
                    [use for use in branch if use.column.instance is instance], turn, instance, table, size
                )
            )
            for branch in choice.branches
        ]
        for choice in wishes.choices
    ]
    merged = [path for parts in branches for path in find_merged(parts, size)]
    spared = find_spared(wishes.uses, instance, table, size)
    return [*single, *merged, *spared, *find_intersected(ready, turn, instance, table, size)]


def _find_single(
    ready: Sequence[Use], turn: Turn, instance: Instance, table: Table, size: Size
) -> Iterator[Path]:
    """The ways by one index."""
    usable = [use for use in ready if use.usable and turn.is_ready(use)]
    constant = [use for use in usable if turn.is_constant(use)]
    for index in find_indexes(instance):
        keys_alone = covers(index, instance)
        lookup = _find_lookup(index, usable, turn, table, size if not keys_alone else None)
        if lookup is not None:
            yield lookup
        found = _find_range(index, constant, table, size, keys_alone=keys_alone)
        if found is not None:
            yield found


def _find_serving(index: Index, uses: Sequence[Use], operators: Collection[str]) -> list[Use]:
    """The uses that the index's first columns serve, one a column."""
    serving: list[Use] = []
    for column in index.columns:
        found = [use for use in uses if use.column.name == column and use.operator in operators]
        if not found:
            break
        serving.append(min(found, key=lambda use: (use.operator not in EQUAL, len(use.needs), use.outer)))
    return serving


def _find_lookup(
    index: Index, uses: Sequence[Use], turn: Turn, table: Table, size: Size | None
) -> Path | None:
    """The rows of one value; without a size of the table only the index is read."""
    serving = _find_serving(index, uses, EQUAL)
    if not serving:
        return None
    asked = all(turn.is_constant(use) for use in serving)
    rows = find_rows_of_value(table, index, len(serving), asked=asked)
    unique = index.unique and len(serving) == len(index.columns)
    return Path(
        access=Access.CONST if unique and asked else Access.REF,
        rows=rows,
        cost=SEEK_COST + find_keys_cost(index, rows, table)
        if size is None
        else size.find_lookup_cost(rows) + (0.0 if unique or asked else turn.seek_cost),
        index=index.name,
        columns=len(serving),
    )


def _find_range(
    index: Index, uses: Sequence[Use], table: Table, size: Size, *, keys_alone: bool
) -> Path | None:
    serving = _find_serving(index, uses, EQUAL | {"in"})
    following = index.columns[len(serving) : len(serving) + 1]
    bounded = [use for use in uses if use.operator in {"range", "like"} and (use.column.name,) == following]
    if not bounded and not any(use.operator == "in" for use in serving):
        return None
    ranges = 1
    for use in serving:
        ranges *= use.values
    rows = size.rows
    if serving:
        rows = min(rows, ranges * find_rows_of_value(table, index, len(serving), asked=True))
    if bounded:
        rows = max(1.0, rows * _find_share(bounded, table, index))
    cost = find_keys_cost(index, rows, table) if keys_alone else rows * (1 + ROW_COST) + ranges
    columns = len(serving) + bool(bounded)
    return Path(access=Access.RANGE, rows=rows, cost=cost, index=index.name, columns=columns)


def _find_share(bounded: Sequence[Use], table: Table, index: Index) -> float:
    """The part of the rows between the ends; of moments a known width tells more than anything."""
    if len(bounded) == 1:
        return find_range_share(bounded[0], table, index)
    known = [use for use in bounded if use.days is not None]
    share = min(find_range_share(use, table, index) for use in known or bounded)
    return share if known else share * _TWO_ENDS
