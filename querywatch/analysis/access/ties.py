"""What follows from columns that conditions make equal, and which tables nothing ties to the others."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from querywatch.analysis.access.blocks import Block, Column, Conjunct, Instance, find_instances
from querywatch.analysis.access.types import Family, find_family
from querywatch.analysis.access.uses import Choice, Use, find_uses, settle
from querywatch.sql.hints import Hints
from querywatch.sql.outline import Comparison, Test


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What a block's conditions say, worked out once for all of its tables: a star of sixty asks sixty times."""

    block: Block
    uses: tuple[tuple[Conjunct, tuple[Use | Choice, ...]], ...]
    classes: Sequence[set[Column]]  # columns that are equal in every row
    known: Mapping[Column, Sequence[Use]]  # the columns that are compared with values, by = or IN


def find_conditions(block: Block, hints: Hints) -> Conditions:
    """The conditions of the block as it stands: what changes its conjuncts comes before."""
    uses = tuple((each, tuple(find_uses(each.term, hints))) for each in block.conjuncts)
    return Conditions(block=block, uses=uses, classes=_find_classes(block), known=_find_known(block, uses))


def find_ties(instance: Instance, conditions: Conditions) -> Iterator[Use]:
    """The uses of the instance's columns that no condition names, but several together imply."""
    block = conditions.block
    for column, others in _find_equals(instance, block, conditions.classes).items():
        for other in sorted(others, key=lambda each: each.instance.number):
            if _are_alike(column, other):
                if other.instance in block.instances and other.instance is not instance:
                    needs = frozenset({other.instance})
                    yield Use(column=column, operator="join", needs=needs, other=other.instance.alias)
                yield from (replace(use, column=column) for use in conditions.known.get(other, ()))


def _find_equals(
    instance: Instance, block: Block, classes: Sequence[set[Column]]
) -> Mapping[Column, set[Column]]:
    """The columns that those of the instance equal wherever its rows are read."""
    equals = defaultdict[Column, set[Column]](set)
    if instance.nest is None:
        for members in classes:
            for column in members:
                if column.instance is instance:
                    equals[column] |= members - {column}
        return equals
    pairs = [
        pair for each in block.conjuncts if each.nest is instance.nest for pair in _find_pairs(each.term)
    ]
    for one, other in pairs:
        if one.instance is instance:
            kin = next((members for members in classes if other in members), {other})
            equals[one] |= kin - {one}
    return equals


def _find_pairs(term: object) -> Iterator[tuple[Column, Column]]:
    if not isinstance(term, Comparison) or term.test is not Test.EQUAL:
        return
    if isinstance(term.left, Column) and isinstance(term.right, Column):
        yield term.left, term.right
        yield term.right, term.left


def _find_classes(block: Block) -> list[set[Column]]:
    classes: list[set[Column]] = []
    pairs = [pair for each in block.conjuncts if each.nest is None for pair in _find_pairs(each.term)]
    for pair in pairs:
        touched = [members for members in classes if members & set(pair)]
        classes = [members for members in classes if members not in touched]
        classes.append(set(pair).union(*touched))
    return classes


def _find_known(
    block: Block, uses: Sequence[tuple[Conjunct, Sequence[Use | Choice]]]
) -> dict[Column, list[Use]]:
    known: dict[Column, list[Use]] = {}
    own = set(block.instances)
    for conjunct, found in uses:
        for use in found if conjunct.nest is None else ():
            if isinstance(use, Use) and use.usable and use.operator == "eq" and not use.needs & own:
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
    return {each for group in groups if group is not first for each in group if not each.semi}
