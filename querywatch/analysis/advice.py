"""What would make a table's reading cheap: the statement in other words, an index that there is, or a new one."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from querywatch.model import Table
from querywatch.sql.reading import Blocker, Predicate, TableAccess
from querywatch.sql.rewrite import find_rewrite
from querywatch.sql.words import Step, StepKind

_MOMENTS = ("date", "time")  # date, datetime, time, timestamp
_DAYS = ("date", "timestamp")  # date, datetime, timestamp: those that have a day
_WHOLE_NUMBERS = ("tinyint", "smallint", "mediumint", "int", "bigint")
_TEXTS = ("char", "varchar", "tinytext", "text", "mediumtext", "longtext")
_LONG = ("tinytext", "text", "mediumtext", "longtext", "tinyblob", "blob", "mediumblob", "longblob", "json")
_EQUAL = frozenset({"eq", "in", "is-null", "join"})
_INDEX_COLUMNS = 3
_SHORTEST_ROOT = 3
_SUGGESTED_COLUMNS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An index that would serve, its columns in order; none that Open Dental has."""

    table: str
    columns: tuple[str, ...]

    @property
    def text(self) -> str:
        """'patient (datetstamp)'."""
        return f"{self.table} ({', '.join(self.columns)})"


def find_type(table: Table, column: str) -> str:
    """The column's type without its size: 'varchar'; '' for one that the table does not have."""
    return table.columns.get(column, "").casefold().partition("(")[0].partition(" ")[0]


def is_wide(table: Table, column: str) -> bool:
    """Whether the column's values may be of any length: text, blobs."""
    return find_type(table, column) in _LONG


def leads(table: Table, column: str) -> bool:
    """Whether an index of the table begins with the column."""
    return any(index.columns[:1] == (column,) for index in table.indexes)


def find_steps(access: TableAccess, table: Table) -> tuple[Step, ...]:
    """The changes after which indexes that there are serve the predicates that they do not serve now."""
    steps = [_find_step(each, access, table) for each in access.predicates if leads(table, each.column)]
    alternatives = [each for each in access.predicates if each.blocker is Blocker.OR]
    if alternatives and all(leads(table, each.column) for each in alternatives):
        steps.append(Step(kind=StepKind.UNION))
    return tuple(dict.fromkeys(step for step in steps if step is not None))


def _find_step(predicate: Predicate, access: TableAccess, table: Table) -> Step | None:
    kind = _find_kind(predicate, find_type(table, predicate.column))
    if kind is None:
        return None
    return Step(kind=kind, column=predicate.column, qualifier=access.alias)


def _find_kind(predicate: Predicate, kind: str) -> StepKind | None:
    if predicate.blocker in {Blocker.FUNCTION, Blocker.ARITHMETIC} and kind.startswith(_DAYS):
        return StepKind.RANGE
    if predicate.blocker is Blocker.ARITHMETIC and kind in _WHOLE_NUMBERS:
        return StepKind.BARE
    return StepKind.QUOTE if predicate.blocker is Blocker.CAST and kind in _TEXTS else None


def find_text(shape: str, steps: Iterable[Step], known: frozenset[str]) -> str:
    """The statement in other words; '' where there are none. A column may stand with its table's alias, or without."""
    tried = [each for step in steps for each in (step, _drop_qualifier(step))]
    found = find_rewrite(shape, tuple(dict.fromkeys(tried)), known) if tried else None
    return "" if found is None else found.text


def _drop_qualifier(step: Step) -> Step:
    return Step(kind=step.kind, column=step.column)


def find_proposal(access: TableAccess, table: Table) -> Proposal | None:
    """The index that would serve the table's predicates: what is equal first, then one range; None: none would."""
    usable = [each for each in access.predicates if each.usable and not is_wide(table, each.column)]
    equal = [each.column for each in usable if each.operator in _EQUAL]
    ranges = [each.column for each in usable if each.operator not in _EQUAL]
    columns = tuple(dict.fromkeys([*equal, *ranges[:1]]))[:_INDEX_COLUMNS]
    known = tuple(column for column in columns if column in table.columns)
    return Proposal(table=table.name, columns=known) if known else None


def find_look_alikes(table: Table, columns: Sequence[str]) -> tuple[str, ...]:
    """The indexed dates and times of a table where an unindexed one was asked for, the most alike first.

    Pollers mistake one for another: DateTStamp for SecDateTEdit, ProcDate for DateCP.
    """
    asked = [column for column in columns if find_type(table, column).startswith(_MOMENTS)]
    if not asked:
        return ()
    leading = {index.columns[0] for index in table.indexes if index.columns}
    found = [column for column in leading if find_type(table, column).startswith(_MOMENTS)]
    return tuple(sorted(found, key=lambda each: _rank(each, asked, table))[:_SUGGESTED_COLUMNS])


def _rank(column: str, asked: Sequence[str], table: Table) -> tuple[int, int, str]:
    same_type = any(find_type(table, column) == find_type(table, each) for each in asked)
    shared = max(len(_find_common(column, each)) for each in asked)
    return (0 if shared > _SHORTEST_ROOT else 1, 0 if same_type else 1, column)


def _find_common(one: str, other: str) -> str:
    """The longest text that both have in them."""
    parts = (
        one[start:end]
        for start in range(len(one))
        for end in range(len(one), start, -1)
        if one[start:end] in other
    )
    return max(parts, key=len, default="")


def find_blocked(access: TableAccess, table: Table) -> Iterator[Predicate]:
    """The predicates that no index serves as they stand; of each column the first."""
    seen = set[str]()
    for predicate in access.predicates:
        if (
            predicate.blocker in UNUSABLE
            and predicate.column in table.columns
            and predicate.column not in seen
        ):
            seen.add(predicate.column)
            yield predicate


# What bars every index that begins with the column; the other blockers are a matter of which indexes there are.
UNUSABLE = frozenset(
    {Blocker.FUNCTION, Blocker.ARITHMETIC, Blocker.CAST, Blocker.COLLATION, Blocker.WILDCARD, Blocker.REGEXP}
    | {Blocker.OR, Blocker.PREFIX_INDEX, Blocker.HINT}
)
