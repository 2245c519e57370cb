"""Finds the order in which tables are joined, and how each is read in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from querywatch.analysis.access.blocks import Block, Conjunct, Instance, find_instances
from querywatch.analysis.access.choosing import Path, Wishes, find_best
from querywatch.analysis.access.estimates import ROW_COST, find_filter
from querywatch.sql.reading import Access

_BUFFERED_ROWS = 2_000.0  # that a join buffer holds
_MOST_STEPS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One table's turn: how it is read, how often, and the rows that then go on."""

    wishes: Wishes
    path: Path
    times: float
    rows: float

    @property
    def instance(self) -> Instance:
        """Whose turn it is."""
        return self.wishes.instance


@dataclass(slots=True, kw_only=True)
class _Search:
    wishes: Mapping[Instance, Wishes]
    before: Mapping[Instance, frozenset[Instance]]
    best_cost: float = float("inf")
    best: tuple[Step, ...] = ()
    steps_left: int = _MOST_STEPS
    filters: dict[Instance, float] = field(default_factory=dict)

    def go(self, steps: tuple[Step, ...], waiting: Sequence[Instance], cost: float) -> None:
        """Tries all orders of what waits, the cheapest next table first, as long as they may become the best."""
        if not waiting:
            if cost < self.best_cost:
                self.best_cost, self.best = cost, steps
            return
        placed = [step.instance for step in steps]
        rows = steps[-1].rows if steps else 1.0
        found = []
        for instance in waiting:
            if self.before[instance] <= set(placed):
                step, price = self._take(instance, placed, rows)
                found.append((price + step.rows * ROW_COST, instance.number, step, price))
        for _, _, step, price in sorted(found, key=lambda each: each[:2]):
            self.steps_left -= 1
            if cost + price >= self.best_cost or (self.steps_left < 0 and self.best):
                continue
            rest = [each for each in waiting if each is not step.instance]
            self.go((*steps, step), rest, cost + price)

    def _take(self, instance: Instance, placed: Sequence[Instance], rows: float) -> tuple[Step, float]:
        path = find_best(self.wishes[instance], placed)
        if path.access.reads_all and placed:
            price = path.cost * max(1.0, rows / _BUFFERED_ROWS) + rows * path.rows * ROW_COST
        else:
            price = rows * path.cost
        left = path.rows * self._find_left(instance, path, placed)
        if instance.semi or path.access is Access.CONST:
            left = min(1.0, left)
        return Step(wishes=self.wishes[instance], path=path, times=rows, rows=rows * left), price

    def _find_left(self, instance: Instance, path: Path, placed: Sequence[Instance]) -> float:
        """The part of what is read that meets the conditions which the access itself does not."""
        wishes = self.wishes[instance]
        seen = set(placed)
        served = path.columns
        left = 1.0
        for use in wishes.uses:
            if not use.needs <= seen:
                continue
            if served and use.usable and wishes.table is not None and _leads(use.column.name, path, wishes):
                served -= 1
                continue
            left *= find_filter(use)
        return max(left, 1e-6)


def _leads(column: str, path: Path, wishes: Wishes) -> bool:
    indexes = wishes.table.indexes if wishes.table is not None else ()
    return any(index.name == path.index and column in index.columns[: path.columns] for index in indexes)


def find_order(block: Block, wishes: Mapping[Instance, Wishes]) -> tuple[Step, ...]:
    """The steps, first to last."""
    before = {instance: _find_before(instance, block) for instance in block.instances}
    search = _Search(wishes=wishes, before=before)
    search.go((), list(block.instances), 0.0)
    if search.best:
        return search.best
    return _find_written(block, wishes)


def _find_written(block: Block, wishes: Mapping[Instance, Wishes]) -> tuple[Step, ...]:
    """In the order of appearance, where the conditions allow no other."""
    steps: list[Step] = []
    rows = 1.0
    for instance in block.instances:
        path = find_best(wishes[instance], [step.instance for step in steps])
        steps.append(Step(wishes=wishes[instance], path=path, times=rows, rows=rows * path.rows))
        rows *= path.rows
    return tuple(steps)


def _find_before(instance: Instance, block: Block) -> frozenset[Instance]:
    """What must be read before: an outer join's inner side waits for what its condition names."""
    own = set(block.instances)
    before = set(instance.after & own)
    if block.straight:
        before |= {each for each in own if each.number < instance.number}
    nest = instance.nest
    while nest is not None:
        members = {each for each in own if _is_inside(each, nest)}
        named = {
            each
            for conjunct in block.conjuncts
            if conjunct.nest is nest
            for each in find_instances(conjunct.term)
        }
        outside = (named - members) & own
        before |= outside or _find_left_side(instance, members, block)
        nest = nest.parent
    return frozenset(before - {instance})


def _find_left_side(instance: Instance, members: set[Instance], block: Block) -> set[Instance]:
    earlier = [each for each in block.instances if each.number < instance.number and each not in members]
    return set(earlier[-1:])


def _is_inside(instance: Instance, nest: object) -> bool:
    inner = instance.nest
    while inner is not None:
        if inner is nest:
            return True
        inner = inner.parent
    return False


__all__ = ["Conjunct", "Step", "find_order"]
