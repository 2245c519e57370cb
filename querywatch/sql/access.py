"""Works out what a statement asks of the indexes of its tables, from its conditions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from querywatch.model import Sweep, TableNeed


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column as the statement names it, folded; `qualifier` is '' where none is written."""

    name: str
    qualifier: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a FROM lists, folded; `table` is None for a derived table or a common table expression."""

    alias: str
    table: str | None
    database: str | None = None


class ConditionKind(Enum):
    """How a condition uses its first column, and what the others are."""

    FILTER = "filter"  # bare, against a value
    PAIR = "pair"  # bare, against one other bare column
    COMPUTED = "computed"  # bare, against an expression over the other columns
    SUBQUERY = "subquery"  # bare, against the rows of a subquery
    BLOCKED = "blocked"  # no index serves any of the columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One of the conditions that must all hold."""

    kind: ConditionKind
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One SELECT, UPDATE or DELETE of the statement: its own sources and conditions."""

    sources: tuple[Source, ...]
    conditions: tuple[Condition, ...] = ()
    limited: bool = False
    swept: Source | None = None  # the one of the sources that a run reads from end to end
    sweep: Sweep | None = None  # how, where one is


@dataclass(slots=True)
class _Uses:
    filters: set[str] = field(default_factory=set)
    joins: set[str] = field(default_factory=set)
    blocked: set[str] = field(default_factory=set)


def find_needs(scopes: Iterable[Scope]) -> tuple[TableNeed, ...]:
    """One need for each time a table is named."""
    return tuple(need for scope in scopes for need in _find_scope_needs(scope))


def _find_scope_needs(scope: Scope) -> list[TableNeed]:
    uses = [_Uses() for _ in scope.sources]
    for condition in scope.conditions:
        _apply(condition, scope.sources, uses)
    return [
        TableNeed(
            table=source.table,
            database=source.database,
            filters=frozenset(use.filters),
            joins=frozenset(use.joins),
            blocked=frozenset(use.blocked - use.filters - use.joins),
            limited=scope.limited,
            sweep=scope.sweep if source is scope.swept else None,
        )
        for source, use in zip(scope.sources, uses, strict=True)
        if source.table is not None
    ]


def _apply(condition: Condition, sources: Sequence[Source], uses: list[_Uses]) -> None:
    places = [_find_place(column, sources) for column in condition.columns]
    first, kind = places[0], condition.kind
    if kind is ConditionKind.BLOCKED or (
        kind in _BETWEEN_COLUMNS and first is not None and first in places[1:]
    ):
        _block(condition.columns, places, uses)
        return
    if first is not None:
        part = uses[first].filters if kind is ConditionKind.FILTER else uses[first].joins
        part.add(condition.columns[0].name)
    if kind is ConditionKind.PAIR and places[1] is not None:
        uses[places[1]].joins.add(condition.columns[1].name)
    elif kind is ConditionKind.COMPUTED:
        _block(condition.columns[1:], places[1:], uses)


_BETWEEN_COLUMNS = frozenset({ConditionKind.PAIR, ConditionKind.COMPUTED})


def _block(columns: Sequence[Column], places: Sequence[int | None], uses: list[_Uses]) -> None:
    for column, place in zip(columns, places, strict=True):
        if place is not None:
            uses[place].blocked.add(column.name)


def _find_place(column: Column, sources: Sequence[Source]) -> int | None:
    """Which source the column belongs to; None for another scope's, or where nothing says whose it is."""
    if not column.qualifier:
        return 0 if len(sources) == 1 else None
    found = [place for place, source in enumerate(sources) if source.alias == column.qualifier]
    return found[0] if found else None
