"""Takes conditions on a derived table's columns into the derived table, as servers do."""

from collections.abc import Iterable

from querywatch.analysis.access.blocks import Block, Column, Conjunct
from querywatch.analysis.access.uses import EQUAL, Use
from querywatch.sql.outline import Between, Comparison, Listed, Node, Slot, Test


def push_into(derived: Block, uses: Iterable[Use]) -> None:
    """Adds to the derived table's queries what the constant ones of the uses ask of its rows."""
    constant = [use for use in uses if use.usable and not use.needs and not use.outer]
    names = list(derived.selected)
    for query in derived.parts or [derived]:
        for use in constant:
            place = names.index(use.column.name) if use.column.name in names else len(query.selected)
            told = list(query.selected.values())
            if place < len(told) and _may_take(query, told[place]):
                query.conjuncts.append(Conjunct(_render(use, told[place])))


def _may_take(query: Block, node: Node) -> bool:
    """Whether rows may be left out before they are grouped or cut off."""
    if not isinstance(node, Column) or query.limit is not None or query.windowed or query.parts:
        return False
    return not (query.group_by or query.aggregates) or node in query.group_by


def _render(use: Use, node: Node) -> Node:
    if use.operator == "in":
        return Listed(subject=node, values=(Slot(),))
    if use.operator in EQUAL:
        return Comparison(test=Test.EQUAL, left=node, right=Slot())
    return Between(subject=node, low=Slot(), high=Slot())
