"""Brings a block into the form in which a server looks for its plan: subqueries as joins, outer joins that are none."""

from collections.abc import Sequence

from querywatch.analysis.access.blocks import (
    Block,
    Column,
    Conjunct,
    Instance,
    Nest,
    Sub,
    find_instances,
)
from querywatch.analysis.access.habits import Habits
from querywatch.sql.outline import Between, Call, Comparison, IsNull, Listed, Logic, Node, Row, Test

_TOLERANT = frozenset(
    {"COALESCE", "IFNULL", "IF", "CASE", "ISNULL", "NULLIF", "CONCAT_WS", "IS", "XOR", "ELT", "FIELD"}
)


def simplify(block: Block, habits: Habits) -> None:
    """Joins the subqueries of conditions that servers join, then makes inner joins of outer ones."""
    for conjunct in list(block.conjuncts):
        _join_subquery(block, conjunct, habits)
    while any(_make_inner(block, conjunct) for conjunct in block.conjuncts):
        pass


def _join_subquery(block: Block, conjunct: Conjunct, habits: Habits) -> None:
    term, nest = conjunct.term, conjunct.nest
    negated = isinstance(term, Logic) and term.operator == "NOT"
    sub = term.parts[0] if isinstance(term, Logic) and negated else term
    if not isinstance(sub, Sub) or sub.kind not in {"in", "exists"} or not _is_joined(sub):
        return
    inner, ties = sub.block, _find_ties(sub)
    if negated:
        nest = Nest(parent=nest, members=set(inner.instances))
    for instance in inner.instances if len(inner.instances) == 1 else ():
        instance.apart = not inner.is_correlated or (habits.turns_exists and _is_tied_by_equality(inner))
    for instance in inner.instances:
        instance.semi = True
        if instance.nest is None:
            instance.nest = nest
    outermost = {each.nest for each in inner.instances if each.nest is not None and each.nest is not nest}
    for each in outermost:
        if each is not None and each.parent is None:
            each.parent = nest
    block.conjuncts.remove(conjunct)
    joined = [Conjunct(each.term, nest) if each.nest is None else each for each in inner.conjuncts]
    added = [*joined, *(Conjunct(tie, nest) for tie in ties)]
    if not negated and len(inner.instances) == 1:
        _pull_out(inner.instances[0], added)
    block.conjuncts += added
    block.instances += inner.instances
    block.subqueries = [each for each in block.subqueries if each is not inner] + inner.subqueries
    for each_added in added:
        _join_subquery(block, each_added, habits)


def _pull_out(instance: Instance, conjuncts: Sequence[Conjunct]) -> None:
    """Makes a plain join of a table of which each row outside meets one at most: it is looked up by a unique key."""
    sides = [
        (one, other)
        for each in conjuncts
        if isinstance(each.term, Comparison) and each.term.test is Test.EQUAL
        for one, other in ((each.term.left, each.term.right), (each.term.right, each.term.left))
    ]
    tied = {
        one.name
        for one, other in sides
        if isinstance(one, Column) and one.instance is instance and instance not in find_instances(other)
    }
    indexes = instance.table.indexes if instance.table is not None else ()
    if any(index.unique and index.columns and tied.issuperset(index.columns) for index in indexes):
        instance.semi = instance.apart = False


def _is_tied_by_equality(block: Block) -> bool:
    """Whether columns alone are compared with what stands outside, and only by =."""
    outside = [each.term for each in block.conjuncts if find_instances(each.term) & block.outer]
    return all(
        isinstance(term, Comparison)
        and term.test is Test.EQUAL
        and isinstance(term.left, Column)
        and isinstance(term.right, Column)
        for term in outside
    )


def _is_joined(sub: Sub) -> bool:
    block = sub.block
    if not block.instances or block.parts or block.limit is not None:
        return False
    if block.group_by or block.aggregates or block.having or block.windowed:
        return False
    return sub.kind == "in" or block.is_correlated


def _find_ties(sub: Sub) -> list[Node]:
    if sub.subject is None:
        return []
    subjects = sub.subject.parts if isinstance(sub.subject, Row) else (sub.subject,)
    pairs = zip(subjects, sub.block.selected.values(), strict=False)
    return [Comparison(test=Test.EQUAL, left=one, right=other) for one, other in pairs]


def _make_inner(block: Block, conjunct: Conjunct) -> bool:
    """Whether the condition throws out rows that an outer join filled with NULL, and so made an inner join of it."""
    changed = False
    for instance in _find_rejecting(conjunct.term):
        if instance not in block.instances:
            continue
        nest = instance.nest
        while nest is not None and nest is not conjunct.nest and _is_within(nest, conjunct.nest):
            _dissolve(block, nest)
            nest, changed = nest.parent, True
    return changed


def _is_within(nest: Nest, outer: Nest | None) -> bool:
    while nest.parent is not None and nest.parent is not outer:
        nest = nest.parent
    return nest.parent is outer


def _dissolve(block: Block, nest: Nest) -> None:
    for instance in block.instances:
        if instance.nest is nest:
            instance.nest = nest.parent
        inner = instance.nest
        while inner is not None and inner is not nest.parent:
            if inner.parent is nest:
                inner.parent = nest.parent
            inner = inner.parent
    block.conjuncts = [
        Conjunct(each.term, nest.parent) if each.nest is nest else each for each in block.conjuncts
    ]


def _find_rejecting(term: Node) -> frozenset[Instance]:
    """The instances of which the condition holds for no row of NULLs."""
    if isinstance(term, Logic):
        return _find_rejecting_logic(term)
    if isinstance(term, Comparison) and term.test is not Test.SAME:
        return _find_strict(term.left) | _find_strict(term.right)
    if isinstance(term, Between | Listed):
        return _find_strict(term.subject)
    if isinstance(term, Sub) and term.subject is not None:
        return _find_strict(term.subject)
    return frozenset({term.instance}) if isinstance(term, Column) else frozenset()


def _find_rejecting_logic(term: Logic) -> frozenset[Instance]:
    inner = term.parts[0]
    if term.operator == "NOT":
        if isinstance(inner, IsNull):
            return _find_strict(inner.subject)
        return _find_rejecting(inner) if isinstance(inner, Comparison | Listed | Between) else frozenset()
    found = [_find_rejecting(part) for part in term.parts]
    return frozenset().union(*found) if term.operator == "AND" else frozenset.intersection(*found)


def _find_strict(term: Node) -> frozenset[Instance]:
    """The instances that make the expression NULL where they are."""
    if isinstance(term, Column):
        return frozenset({term.instance})
    if isinstance(term, Call) and term.name not in _TOLERANT and not term.aggregates:
        return frozenset().union(*map(_find_strict, term.arguments))
    return frozenset()
