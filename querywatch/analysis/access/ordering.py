"""Finds the order in which tables are joined, and how each is read in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from querywatch.analysis.access.blocks import Block, Instance, Nest, find_instances
from querywatch.analysis.access.choosing import find_best
from querywatch.analysis.access.estimates import ROW_COST, find_filter
from querywatch.analysis.access.habits import Habits
from querywatch.analysis.access.paths import Path, Turn, Wishes
from querywatch.sql.reading import Access

_MOST_ORDERED = 16  # of more, the first are taken as they are written
_BUFFERED_ROWS = 2_000.0  # that a join buffer holds
_MOST_STEPS = 800  # tried, of all orders; the first one is always gone through
_DEDUPE_COST = 1.0  # to keep a row of a subquery, and see that it is the first of its kind
_LEAST_LEFT = 1e-6
MOST_ROWS = (
    1e18  # counted on from a join: of two hundred tables that nothing ties, the product is no number any more
)


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


def find_order(block: Block, wishes: Mapping[Instance, Wishes], habits: Habits) -> tuple[Step, ...]:
    """The steps, first to last: tables of which one row is read at all, then the cheapest order of the others."""
    before = {instance: _find_before(instance, block) for instance in block.instances}
    search = _Search(wishes=wishes, before=before, habits=habits)
    fixed = search.take_fixed(block.instances)
    waiting = [
        instance for instance in block.instances if all(instance is not step.instance for step in fixed)
    ]
    search.go(fixed, waiting, 0.0)
    return search.best or fixed


@dataclass(slots=True, kw_only=True)
class _Search:
    wishes: Mapping[Instance, Wishes]
    before: Mapping[Instance, frozenset[Instance]]
    habits: Habits
    fixed: frozenset[Instance] = frozenset()
    best_cost: float = float("inf")
    best: tuple[Step, ...] = ()
    steps_left: int = _MOST_STEPS
    known: dict[tuple[Instance, frozenset[Instance]], Path] = field(default_factory=dict)

    def take_fixed(self, instances: Sequence[Instance]) -> tuple[Step, ...]:
        """The tables of which one row at most is read, known before anything else is."""
        steps: tuple[Step, ...] = ()
        while True:
            turn = Turn(placed=self.fixed, fixed=self.fixed, seek_cost=self.habits.seek_cost)
            found = [
                (instance, path)
                for instance in instances
                if instance not in self.fixed and self.before[instance] <= self.fixed
                if (path := find_best(self.wishes[instance], turn)).access is Access.CONST
            ]
            if not found:
                return steps
            steps += tuple(
                Step(wishes=self.wishes[instance], path=path, times=1.0, rows=1.0) for instance, path in found
            )
            self.fixed |= {instance for instance, _ in found}

    def go(self, steps: tuple[Step, ...], waiting: Sequence[Instance], cost: float) -> None:
        """Tries all orders of what waits, the cheapest next table first, as long as they may become the best."""
        if not waiting:
            if cost < self.best_cost:
                self.best_cost, self.best = cost, steps
            return
        placed = frozenset(step.instance for step in steps)
        rows = steps[-1].rows if steps else 1.0
        ready = [each for each in waiting if self.before[each] <= placed] or [waiting[0]]
        if len(waiting) > _MOST_ORDERED:
            ready = ready[:1]
        self.steps_left -= len(ready)
        found = [self._take(instance, placed, rows) for instance in ready]
        for step, price in sorted(
            found, key=lambda each: (each[1] + each[0].rows * ROW_COST, each[0].instance.number)
        ):
            if cost + price >= self.best_cost or (self.steps_left < 0 and self.best):
                continue
            self.go((*steps, step), [each for each in waiting if each is not step.instance], cost + price)

    def _take(self, instance: Instance, placed: frozenset[Instance], rows: float) -> tuple[Step, float]:
        wishes = self.wishes[instance]
        path = self._find_path(wishes, placed)
        times = rows
        price = rows * path.cost
        if path.access.reads_all and placed:
            price = path.cost * max(1.0, rows / _BUFFERED_ROWS) + rows * path.rows * ROW_COST
            times = 1.0
        if instance.apart:
            alone = self._find_path(wishes, self.fixed)
            kept = alone.rows * self._find_left(wishes, alone, self.fixed)
            kept_price = alone.cost + (kept + rows) * self.habits.kept_row_cost
            if placed and kept_price < price:
                path, price, times = alone, kept_price, 1.0
        left = path.rows * self._find_left(wishes, path, placed)
        if instance.semi and self._has_waiting(placed):
            price += rows * left * (2 * self.habits.kept_row_cost if instance.apart else _DEDUPE_COST)
        elif instance.semi or path.access is Access.CONST:
            left = min(1.0, left)
        return Step(wishes=wishes, path=path, times=times, rows=min(rows * left, MOST_ROWS)), price

    def _find_path(self, wishes: Wishes, placed: frozenset[Instance]) -> Path:
        key = (wishes.instance, placed & wishes.needed)
        path = self.known.get(key)
        if path is None:
            path = self.known[key] = find_best(
                wishes, Turn(placed=key[1], fixed=self.fixed, seek_cost=self.habits.seek_cost)
            )
        return path

    def _has_waiting(self, placed: frozenset[Instance]) -> bool:
        """Whether tables whose rows are asked for are read later: then those of a subquery must not repeat."""
        return any(not each.semi for each in self.wishes if each not in placed)

    def _find_left(self, wishes: Wishes, path: Path, placed: frozenset[Instance]) -> float:
        """The part of what is read that meets the conditions which the access itself does not."""
        served = _find_served(path, wishes)
        left = 1.0
        seen = set[str]()
        for use in wishes.uses:
            if use.needs <= placed and use.column.name not in served | seen:
                left *= find_filter(use) if self.habits.weighs_filters or use.needs else 1.0
                seen.add(use.column.name)
        return max(left, _LEAST_LEFT)


def _find_served(path: Path, wishes: Wishes) -> set[str]:
    indexes = wishes.table.indexes if wishes.table is not None else ()
    return {
        column for index in indexes if index.name == path.index for column in index.columns[: path.columns]
    }


def _find_before(instance: Instance, block: Block) -> frozenset[Instance]:
    """What must be read before: an outer join's inner side waits for what its condition names."""
    own = set(block.instances)
    before = set(instance.after & own)
    if block.straight:
        before |= {each for each in own if each.number < instance.number}
    nest = instance.nest
    while nest is not None:
        before |= _find_outside(nest, instance, block)
        nest = nest.parent
    return frozenset(before - {instance})


def _find_outside(nest: Nest, instance: Instance, block: Block) -> set[Instance]:
    members = {each for each in block.instances if _is_inside(each, nest)}
    named = {
        each
        for conjunct in block.conjuncts
        if conjunct.nest is nest
        for each in find_instances(conjunct.term)
    }
    earlier = [each for each in block.instances if each.number < instance.number and each not in members]
    return (named - members) & set(block.instances) or set(earlier[-1:])


def _is_inside(instance: Instance, nest: Nest) -> bool:
    inner = instance.nest
    while inner is not None and inner is not nest:
        inner = inner.parent
    return inner is nest
