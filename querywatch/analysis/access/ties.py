"""What follows from columns that conditions make equal, and which tables nothing ties to the others."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from querywatch.analysis.access.blocks import Block, Column, Instance, find_instances
from querywatch.analysis.access.types import Family, find_family
from querywatch.analysis.access.uses import Use, find_uses, settle
from querywatch.sql.hints import Hints
from querywatch.sql.outline import Comparison, Test


def find_ties(instance: Instance, block: Block, hints: Hints) -> Iterator[Use]:
    """The uses of the instance's columns that no condition names, but several together imply."""
    classes = _find_classes(block)
    known = _find_known(block, hints)
    own: dict[Column, set[Column]] = {}
    for members in classes:
        for column in members:
            if column.instance is instance and instance.nest is None:
                own.setdefault(column, set()).update(members - {column})
    for conjunct in block.conjuncts:
        if conjunct.nest is instance.nest and instance.nest is not None:
            for one, other in _find_pair(conjunct.term):
                if one.instance is instance:
                    kin = next((members for members in classes if other in members), {other})
                    own.setdefault(one, set()).update(kin - {one})
    for column, others in own.items():
        for other in sorted(others, key=lambda each: each.instance.number):
            if (
                other.instance in block.instances
                and other.instance is not instance
                and _are_alike(column, other)
            ):
                yield Use(
                    column=column,
                    operator="join",
                    needs=frozenset({other.instance}),
                    other=other.instance.alias,
                )
            for use in known.get(other, ()):
                if _are_alike(column, other):
                    yield replace(use, column=column)


def _find_pair(term: object) -> Iterator[tuple[Column, Column]]:
    if isinstance(term, Comparison) and term.test is Test.EQUAL:
        if isinstance(term.left, Column) and isinstance(term.right, Column):
            yield term.left, term.right
            yield term.right, term.left


def _find_classes(block: Block) -> list[set[Column]]:
    classes: list[set[Column]] = []
    for conjunct in block.conjuncts:
        if conjunct.nest is not None:
            continue
        for pair in _find_pair(conjunct.term):
            touched = [members for members in classes if members & set(pair)]
            classes = [members for members in classes if members not in touched]
            classes.append(set(pair).union(*touched))
    return classes


def _find_known(block: Block, hints: Hints) -> dict[Column, list[Use]]:
    """The columns that are compared with values, by = or IN."""
    known: dict[Column, list[Use]] = {}
    for conjunct in block.conjuncts:
        if conjunct.nest is not None:
            continue
        for use in find_uses(conjunct.term, hints):
            if (
                isinstance(use, Use)
                and use.usable
                and use.operator == "eq"
                and not use.needs & set(block.instances)
            ):
                known.setdefault(use.column, []).append(settle(use, block))
    return known


def _are_alike(one: Column, other: Column) -> bool:
    families = {find_family(one), find_family(other)}
    return len(families - {Family.OTHER}) < 2


def find_untied(block: Block, order: Sequence[Instance]) -> set[Instance]:
    """The instances, all but the first of the order, that no condition ties to the others."""
    groups = [{instance} for instance in order]
    for conjunct in block.conjuncts:
        named = find_instances(conjunct.term) & set(order)
        touched = [group for group in groups if group & named]
        if len(touched) > 1:
            groups = [group for group in groups if group not in touched] + [set().union(*touched)]
    first = next((group for group in groups if order and order[0] in group), set())
    return {instance for group in groups if group is not first for instance in group} - _find_outer(block)


def _find_outer(block: Block) -> set[Instance]:
    return {instance for instance in block.instances if instance.semi}


__all__ = ["find_ties", "find_untied"]
