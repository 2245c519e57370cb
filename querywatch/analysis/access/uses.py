"""What conditions ask of the columns of a table: which of them an index can serve, and what bars the others."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from querywatch.analysis.access.blocks import Block, Column, Instance, Sub, find_columns, find_instances
from querywatch.analysis.access.types import Family, find_family, is_nullable
from querywatch.sql.hints import Hints, ValueHint, ValueKind
from querywatch.sql.outline import (
    Between,
    Call,
    Comparison,
    IsNull,
    Listed,
    Logic,
    Node,
    Row,
    Slot,
    Test,
    find_nodes,
)
from querywatch.sql.reading import Blocker

EQUAL = frozenset({"eq", "join", "is-null"})
_UNKNOWN_VALUES = 5  # in a list of which nobody told how long it is
_ANY = ValueHint()


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One condition's use of one column."""

    column: Column
    operator: str
    blocker: Blocker | None = None
    function: str = ""
    needs: frozenset[Instance] = frozenset()  # what must be read before
    values: int = 1
    days: float | None = None  # the width of a range
    bounded: bool = False  # a range with two ends
    other: str = ""  # of a join: the other table's alias
    outer: bool = False  # its value comes from the queries around

    @property
    def usable(self) -> bool:
        """Whether an index that begins with the column could serve it."""
        return self.blocker is None and self.operator != "other"


@dataclass(frozen=True, slots=True)
class Choice:
    """Alternatives: of each the uses that must hold together."""

    branches: tuple[tuple[Use, ...], ...]


def find_uses(term: Node, hints: Hints) -> Iterator[Use | Choice]:
    """What one condition that must hold asks of columns."""
    if isinstance(term, Sub):
        return _find_plain(term.subject, "in", Blocker.SUBQUERY)
    if isinstance(term, Column):
        return iter((Use(column=term, operator="other", blocker=Blocker.NEGATION),))
    return _FINDERS.get(type(term), _find_none)(term, hints)


def _find_none(_term: Any, _hints: Hints) -> Iterator[Use | Choice]:
    return iter(())


def _find_logic(term: Logic, hints: Hints) -> Iterator[Use | Choice]:
    if term.operator == "OR":
        yield from _find_alternatives(term, hints)
    elif term.operator == "NOT":
        yield from _find_negated(term.parts[0], hints)
    else:
        for part in term.parts:
            yield from find_uses(part, hints)


def _find_plain(subject: Node | None, operator: str, blocker: Blocker | None = None) -> Iterator[Use]:
    if isinstance(subject, Column):
        yield Use(column=subject, operator=operator, blocker=blocker)
    elif subject is not None:
        yield from _block(subject)


def _find_comparison(term: Comparison, hints: Hints) -> Iterator[Use]:
    left, right = term.left, term.right
    if isinstance(left, Row):
        others = right.parts if isinstance(right, Row) else (right,)
        if len(others) != len(left.parts):  # of a row of literals a shape holds but one
            others = (Slot(),) * len(left.parts)
        for one, other in zip(left.parts, others, strict=True):
            yield from _find_comparison(replace(term, left=one, right=other), hints)
        return
    sides: list[tuple[Node, Node]] = [(left, right)]
    if term.test not in {Test.LIKE, Test.REGEXP}:
        sides.append((right, left))
    for subject, other in sides:
        if isinstance(subject, Column):
            yield _find_use(term.test, subject, other, hints)
        elif not isinstance(subject, Slot):
            yield from _block(subject)


def _find_use(test: Test, column: Column, other: Node, hints: Hints) -> Use:
    """The use of a bare column that is compared with something."""
    needs = find_instances(other)
    is_join = isinstance(other, Column)
    beside = is_join and column.instance in needs  # of the same row: nothing to look up
    blocker = None if beside else _find_barrier(test, column, other, hints)
    operator = {
        Test.EQUAL: "join" if is_join else "eq",
        Test.SAME: "join" if is_join else "eq",
        Test.LESS: "range",
        Test.MORE: "range",
        Test.LIKE: "like",
    }.get(test if not beside else Test.UNEQUAL, "other")
    hint = find_hint(other, hints)
    return Use(
        column=column,
        operator=operator,
        blocker=blocker,
        needs=needs,
        other=min((each.number, each.alias) for each in needs)[1] if needs else "",
        days=hint.days,
    )


def find_hint(node: Node, hints: Hints) -> ValueHint:
    """What is known of a value; of an expression nothing."""
    if isinstance(node, Slot):
        if node.is_null:
            return ValueHint(kind=ValueKind.NULL)
        if node.number is not None and node.number < len(hints):
            return hints[node.number]
    return _ANY


def _find_barrier(test: Test, column: Column, other: Node, hints: Hints) -> Blocker | None:
    """What keeps indexes on the column from finding the other side's value."""
    if column.instance in find_instances(other):
        return Blocker.SUBQUERY if isinstance(other, Sub) else Blocker.ARITHMETIC
    if test in _BARRED:
        return _BARRED[test]
    if any(isinstance(each, Call) and each.name == "COLLATE" for each in find_nodes(other)):
        return Blocker.COLLATION
    family, kind = find_family(column), find_hint(other, hints).kind
    if test is Test.LIKE:
        return _find_like_barrier(family, kind, other)
    return Blocker.CAST if family is Family.TEXT and _is_number(other, kind) else None


_BARRED = {Test.UNEQUAL: Blocker.NEGATION, Test.REGEXP: Blocker.REGEXP}


def _find_like_barrier(family: Family, kind: ValueKind, other: Node) -> Blocker | None:
    if family in {Family.NUMBER, Family.MOMENT}:
        return Blocker.CAST
    varies = isinstance(other, Call) and any(isinstance(each, Column | Sub) for each in find_nodes(other))
    return Blocker.WILDCARD if varies or kind is ValueKind.WILDCARD else None


def _is_number(other: Node, kind: ValueKind) -> bool:
    if isinstance(other, Column):
        return find_family(other) in {Family.NUMBER, Family.MOMENT}
    return kind.is_number or (isinstance(other, Call) and other.is_arithmetic and other.name != "+")


def _find_between(term: Between, hints: Hints) -> Iterator[Use]:
    if not isinstance(term.subject, Column):
        yield from _block(term.subject)
        for bound in (term.low, term.high):
            if isinstance(bound, Column):
                yield _find_use(Test.LESS, bound, term.subject, hints)
        return
    low = _find_use(Test.MORE, term.subject, term.low, hints)
    high = _find_use(Test.LESS, term.subject, term.high, hints)
    yield replace(
        high,
        blocker=low.blocker or high.blocker,
        needs=low.needs | high.needs,
        bounded=True,
    )
    for bound in (term.low, term.high):
        yield from _block(bound)
        if isinstance(bound, Column):
            yield _find_use(Test.LESS, bound, term.subject, hints)


def _find_listed(term: Listed, hints: Hints) -> Iterator[Use]:
    subjects = term.subject.parts if isinstance(term.subject, Row) else (term.subject,)
    found = [find_hint(value, hints) for value in term.values]
    given = [hint.values if hint.kind is not ValueKind.UNKNOWN else _UNKNOWN_VALUES for hint in found]
    values = max(1, sum(given))
    for subject in subjects:
        if not isinstance(subject, Column):
            yield from _block(subject)
            continue
        blockers = [_find_barrier(Test.EQUAL, subject, value, hints) for value in term.values]
        yield Use(
            column=subject,
            operator="in" if values > 1 else "eq",
            blocker=next((each for each in blockers if each is not None), None),
            needs=frozenset().union(*(find_instances(value) for value in term.values)),
            values=values,
        )


def _find_negated(part: Node, hints: Hints) -> Iterator[Use]:
    if isinstance(part, Comparison) and part.test in {Test.LESS, Test.MORE}:
        yield from _find_comparison(part, hints)
        return
    for use in find_uses(part, hints):
        if isinstance(use, Use):
            yield replace(use, blocker=use.blocker or Blocker.NEGATION)


def _find_alternatives(term: Logic, hints: Hints) -> Iterator[Use | Choice]:
    branches = tuple(tuple(_find_flat(part, hints)) for part in term.parts)
    shared = _find_shared(branches)
    yield from shared
    spared = {use.column for use in shared}
    for use in dict.fromkeys(use for branch in branches for use in branch):
        if use.column not in spared:
            yield replace(use, blocker=use.blocker or Blocker.OR)
    yield Choice(branches)


def _find_flat(part: Node, hints: Hints) -> Iterator[Use]:
    for use in find_uses(part, hints):
        if isinstance(use, Use):
            yield use


def _find_shared(branches: tuple[tuple[Use, ...], ...]) -> list[Use]:
    """The columns that every alternative compares with values: together they are ranges of one index."""
    shared = []
    for column in dict.fromkeys(use.column for use in branches[0] if use.usable):
        each = [
            next((use for use in branch if use.column == column and use.usable and not use.needs), None)
            for branch in branches
        ]
        found = [use for use in each if use is not None]
        if len(found) < len(branches):
            continue
        equal = all(use.operator in EQUAL | {"in"} for use in found)
        shared.append(
            Use(
                column=column,
                operator="in" if equal else "range",
                values=sum(use.values for use in found),
            )
        )
    return shared


def _block(term: Node) -> Iterator[Use]:
    """The columns within an expression: no index serves them."""
    call = next((each for each in find_nodes(term) if isinstance(each, Call)), None)
    if call is None:
        return
    if call.name == "COLLATE":
        blocker, name = Blocker.COLLATION, ""
    elif call.is_arithmetic:
        blocker, name = Blocker.ARITHMETIC, ""
    else:
        blocker, name = Blocker.FUNCTION, call.name
    for column in dict.fromkeys(find_columns(term)):
        yield Use(column=column, operator="other", blocker=blocker, function=name)


_FINDERS: Mapping[type, Callable[[Any, Hints], Iterator[Use | Choice]]] = {
    Comparison: _find_comparison,
    Between: _find_between,
    Listed: _find_listed,
    IsNull: lambda term, _: _find_plain(term.subject, "is-null"),
    Logic: _find_logic,
    Call: lambda term, _: _block(term),
}


def settle(use: Use, block: Block) -> Use:
    """As the block sees it: what belongs to the queries around has its value when the block runs."""
    outside = use.needs - set(block.instances)
    if use.operator == "is-null" and not is_nullable(use.column):
        return replace(use, operator="other")
    return replace(use, needs=use.needs - outside, outer=True) if outside else use
