"""Chooses how one table is read, given what has been read before it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from querywatch.analysis.access.blocks import Instance
from querywatch.analysis.access.estimates import (
    ROW_COST,
    Size,
    covers,
    find_keys_cost,
    find_range_share,
    find_rows_of_value,
    find_size,
)
from querywatch.analysis.access.uses import EQUAL, Choice, Use
from querywatch.model import Index, Table
from querywatch.sql.reading import Access

_INDEX_MERGE = "union"


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """One way to read a table: the rows of one reading, and its cost."""

    access: Access
    rows: float
    cost: float
    index: str | None = None
    columns: int = 0  # of the index, that serve
    tied: bool = False  # what it looks up comes from other tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the conditions ask of one instance."""

    instance: Instance
    uses: tuple[Use, ...]
    choices: tuple[Choice, ...] = ()

    @property
    def table(self) -> Table | None:
        """The schema's."""
        return self.instance.table


def find_indexes(instance: Instance) -> list[Index]:
    """Those that the hints leave."""
    table = instance.table
    if table is None:
        return []
    wanted = [hint.indexes for hint in instance.hints if hint.kind in {"USE", "FORCE"}]
    spurned = {name for hint in instance.hints if hint.kind == "IGNORE" for name in hint.indexes}
    allowed = {name for names in wanted for name in names}
    return [
        index
        for index in table.indexes
        if index.name.casefold() not in spurned and (not wanted or index.name.casefold() in allowed)
    ]


def is_forced(instance: Instance) -> bool:
    """Whether a hint makes the server prefer any index to a scan."""
    return any(hint.kind == "FORCE" for hint in instance.hints)


def find_best(wishes: Wishes, placed: Collection[Instance]) -> Path:
    """The cheapest way, once the others are read."""
    size = find_size(wishes.instance)
    paths = list(_find_paths(wishes, placed, size))
    certain = [path for path in paths if path.access is Access.CONST]
    if certain:
        return certain[0]
    scan = find_scan(wishes.instance, size)
    if is_forced(wishes.instance) and paths:
        return min(paths, key=lambda path: path.cost)
    return min([*paths, scan], key=lambda path: (path.cost, -path.columns))


def find_scan(instance: Instance, size: Size) -> Path:
    """The table from end to end, or the shortest index that holds all that is asked."""
    covering = [index for index in find_indexes(instance) if covers(index, instance)]
    if not covering or instance.table is None:
        return Path(access=Access.SCAN, rows=size.rows, cost=size.scan_cost)
    table = instance.table
    shortest = min(covering, key=lambda index: find_keys_cost(index, size.rows, table))
    cost = min(size.scan_cost, find_keys_cost(shortest, size.rows, table))
    return Path(access=Access.INDEX_SCAN, rows=size.rows, cost=cost, index=shortest.name)


def _find_paths(wishes: Wishes, placed: Collection[Instance], size: Size) -> Iterable[Path]:
    table = wishes.table
    if table is None:
        return
    ready = [use for use in wishes.uses if use.usable and use.needs <= set(placed)]
    for index in find_indexes(wishes.instance):
        yield from _find_lookup(index, ready, wishes.instance, table, size)
        constant = [use for use in ready if not use.needs]
        yield from _find_range(index, constant, wishes.instance, table, size)
    for choice in wishes.choices:
        yield from _find_merged(choice, wishes.instance, table, size)


def _find_serving(index: Index, uses: Sequence[Use], operators: Collection[str]) -> list[Use]:
    """The uses that the index's first columns serve, one a column."""
    serving: list[Use] = []
    for column in index.columns:
        found = [use for use in uses if use.column.name == column and use.operator in operators]
        if not found:
            break
        serving.append(min(found, key=lambda use: (use.operator not in EQUAL, len(use.needs), not use.known)))
    return serving


def _find_lookup(
    index: Index, uses: Sequence[Use], instance: Instance, table: Table, size: Size
) -> Iterable[Path]:
    serving = _find_serving(index, uses, EQUAL)
    if not serving:
        return
    rows = find_rows_of_value(table, index, len(serving))
    unique = index.unique and len(serving) == len(index.columns)
    constant = unique and all(use.known and use.operator == "eq" for use in serving)
    cost = find_keys_cost(index, rows, table) if covers(index, instance) else size.find_lookup_cost(rows)
    yield Path(
        access=Access.CONST if constant else Access.REF,
        rows=rows,
        cost=cost,
        index=index.name,
        columns=len(serving),
        tied=any(use.needs for use in serving),
    )


def _find_range(
    index: Index, uses: Sequence[Use], instance: Instance, table: Table, size: Size
) -> Iterable[Path]:
    serving = _find_serving(index, uses, EQUAL | {"in"})
    bounded = [
        use
        for use in uses
        if use.operator in {"range", "like"}
        and len(serving) < len(index.columns)
        and use.column.name == index.columns[len(serving)]
    ]
    is_range = any(use.operator == "in" for use in serving) or bool(bounded)
    if not is_range or not (serving or bounded) or not all(use.known for use in [*serving, *bounded]):
        return
    rows = find_rows_of_value(table, index, len(serving)) if serving else size.rows
    ranges = 1
    for use in serving:
        ranges *= use.values
    rows = min(size.rows, rows * ranges)
    if bounded:
        rows = max(1.0, rows * _find_share(bounded, table, index))
    cost = find_keys_cost(index, rows, table) if covers(index, instance) else rows * (1 + ROW_COST) + ranges
    yield Path(
        access=Access.RANGE,
        rows=rows,
        cost=cost,
        index=index.name,
        columns=len(serving) + bool(bounded),
    )


def _find_share(bounded: Sequence[Use], table: Table, index: Index) -> float:
    if len(bounded) == 1:
        return find_range_share(bounded[0], table, index)
    widths = [use for use in bounded if use.days is not None]
    if widths:
        return min(find_range_share(use, table, index) for use in widths)
    return min(find_range_share(use, table, index) for use in bounded) * 0.7


def _find_merged(choice: Choice, instance: Instance, table: Table, size: Size) -> Iterable[Path]:
    """Alternatives, each of which an index serves."""
    parts: list[Path] = []
    for branch in choice.branches:
        uses = [use for use in branch if use.usable and not use.needs and use.known]
        found: list[Path] = []
        for index in find_indexes(instance):
            own = [use for use in uses if use.column.instance is instance]
            found += _find_lookup(index, own, instance, table, size)
            found += _find_range(index, own, instance, table, size)
        if not found:
            return
        parts.append(min(found, key=lambda path: path.cost))
    if len({path.index for path in parts}) < 2:
        return
    rows = min(size.rows, sum(path.rows for path in parts))
    yield Path(access=Access.RANGE, rows=rows, cost=rows * (1 + ROW_COST) + len(parts), index=None, columns=1)
