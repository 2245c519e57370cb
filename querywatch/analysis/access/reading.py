"""What a statement reads of each table: from its outline and the schema alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from querywatch.analysis.access.beginnings import find_ordered_by, whole_indexes
from querywatch.analysis.access.blocks import Block, Column, Instance, Sub, Unknown
from querywatch.analysis.access.habits import Habits
from querywatch.analysis.access.merging import may_leap
from querywatch.analysis.access.ordering import MOST_ROWS, Step, find_order
from querywatch.analysis.access.paths import Wishes, find_indexes
from querywatch.analysis.access.pushing import push_into
from querywatch.analysis.access.resolving import Resolver, TooManyTablesError, Views
from querywatch.analysis.access.shortcuts import find_shortcut
from querywatch.analysis.access.simplifying import simplify
from querywatch.analysis.access.sorting import Serving, find_serving
from querywatch.analysis.access.ties import Conditions, find_conditions, find_ties, find_untied
from querywatch.analysis.access.uses import Choice, Use, find_hint, settle
from querywatch.model import Operation, Schema
from querywatch.sql.hints import Hints
from querywatch.sql.outline import Call, Node, Outline, find_nodes
from querywatch.sql.reading import Access, Blocker, Predicate, Reading, TableAccess

_CHANGES = frozenset({Operation.UPDATE, Operation.DELETE})
_MOST_JOINED = 61  # by MySQL and MariaDB, which refuse more (error 1116)
_HARMLESS_PART = 0.1  # of a table that a LIMIT reads at the most


def find_reading(
    outline: Outline | None,
    schema: Schema,
    *,
    hints: Hints = (),
    database: str | None = None,
    views: Views | None = None,
    habits: Habits | None = None,
) -> Reading | None:
    """What one run reads; None where the outline is missing or names more tables than can be looked at.

    `hints` tells about the shape's literals, `database` is what names without one mean, `views` are the queries of
    those views whose text may be seen, `habits` are the server's.
    """
    if outline is None:
        return None
    if outline.query is None:
        return Reading(kind=outline.kind, parsed=True)
    habits = habits or Habits()
    resolver = Resolver(
        schema=schema, views=views or {}, database=database, merges_derived=habits.merges_derived
    )
    reader = _Reader(hints=hints, habits=habits)
    try:
        top = resolver.build(outline.query)
        if outline.kind in _CHANGES:
            for instance in top.instances:
                instance.uses_all = True  # no index holds what is to be changed
        reader.read(top, _Place())
    except (TooManyTablesError, RecursionError):
        return None
    listed = sorted(reader.found.items(), key=lambda each: each[0].number)
    if outline.kind in _CHANGES and len(listed) == 1:
        listed = [(instance, _change(access)) for instance, access in listed]
    return Reading(
        kind=outline.kind,
        parsed=True,
        tables=tuple(access for _, access in listed),
        selects_star=top.star,
        limit=None if top.limit is None else find_hint(top.limit, hints).number,
        offset=None if top.offset is None else find_hint(top.offset, hints).number,
        shuffles=any(_is_random(node) for node, _ in top.order_by),
    )


def _change(access: TableAccess) -> TableAccess:
    """UPDATE and DELETE of one table look rows up by ranges alone."""
    looked_up = access.access in {Access.CONST, Access.REF}
    return replace(access, access=Access.RANGE) if looked_up else access


def _is_random(node: Node) -> bool:
    return any(isinstance(each, Call) and each.name == "RAND" for each in find_nodes(node))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where in the statement a block stands."""

    times: float = 1.0  # that it runs
    in_derived: bool = False
    correlated: bool = False
    answers: bool = True  # its rows are those of the statement

    def find_derived(self, block: Block, derived: Block) -> "_Place":
        """The place of a derived table of the block that stands here."""
        condenses = derived.condenses or bool(derived.order_by)
        answers = self.answers and not _sums_up(block)
        return replace(self, in_derived=self.in_derived or condenses, answers=answers)

    def find_inner(self, block: Block, rows: float) -> "_Place":
        """The place of a subquery of the block that stands here and comes to so many rows."""
        times = self.times * rows if block.is_correlated else self.times
        return replace(
            self,
            times=min(times, MOST_ROWS),
            correlated=self.correlated or block.is_correlated,
            answers=False,
        )


def _sums_up(block: Block) -> bool:
    """Whether fewer rows come of the block than it reads."""
    return bool(block.group_by or block.aggregates or block.distinct or block.having)


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Reads block by block."""

    hints: Hints
    habits: Habits
    found: dict[Instance, TableAccess] = field(default_factory=dict)
    blocks: int = 0

    def read(self, block: Block, place: _Place) -> None:
        """Finds the access of every table of the block, and of those within it."""
        for part in block.parts:
            self.read(part, place)
        simplify(block, self.habits)
        if len(block.instances) > _MOST_JOINED:
            raise TooManyTablesError
        conditions = find_conditions(block, self.hints)
        steps = self._read_own(conditions, place) if block.instances else ()
        rows = max(1.0, steps[-1].rows) if steps else 1.0
        for instance in block.instances:
            if instance.derived is not None:
                if self.habits.pushes_into_derived:
                    push_into(instance.derived, self._find_pushed(instance, conditions))
                self.read(instance.derived, place.find_derived(block, instance.derived))
        for inner in block.subqueries:
            self.read(inner, place.find_inner(inner, rows))

    def _read_own(self, conditions: Conditions, place: _Place) -> tuple[Step, ...]:
        block = conditions.block
        self.blocks += 1
        wishes = {instance: find_wishes(instance, conditions) for instance in block.instances}
        ordered = find_order(block, wishes, self.habits)
        steps, limited = self._serve(block, ordered)
        cut = () if limited or not steps[0].path.access.reads_all else self._find_cut(block, ordered)
        untied = find_untied(block, [step.instance for step in steps])
        guarded = any(not _depends(each.term) for each in block.conjuncts)
        for step in steps:
            if step.instance.derived is None:
                first = step is steps[0]
                self.found[step.instance] = replace(
                    _describe(step, place.times, cut if first else ()),
                    block=self.blocks,
                    first=first,
                    optional=step.instance.nest is not None,
                    limited=first and limited,
                    guarded=guarded,
                    may_leap=first and may_leap(block, step.wishes),
                    hands_over=place.answers and not _sums_up(block),
                    in_derived=place.in_derived,
                    correlated=place.correlated,
                    untied=step.instance in untied,
                )
        return steps

    def _serve(self, block: Block, ordered: tuple[Step, ...]) -> tuple[tuple[Step, ...], bool]:
        """The steps by what the block wants of their rows, and whether a LIMIT ends the first early."""
        serving = find_serving(block, ordered, self.hints, self.habits)
        steps = find_shortcut(block, serving.steps)
        return steps, self._is_limited(block, steps, serving)

    def _find_cut(self, block: Block, ordered: tuple[Step, ...]) -> tuple[str, ...]:
        """The columns by whose index all would not have been read, did it hold more than their beginning."""
        first = ordered[0].instance
        columns = find_ordered_by(block, first)
        if not columns:
            return ()
        with whole_indexes(first):
            steps, limited = self._serve(block, ordered)
        return columns if limited or not steps[0].path.access.reads_all else ()

    def _find_pushed(self, instance: Instance, conditions: Conditions) -> Sequence[Use]:
        if self.habits.pushes_implied:
            return find_wishes(instance, conditions).uses
        return _find_direct(instance, conditions)[0]

    def _is_limited(self, block: Block, steps: tuple[Step, ...], serving: Serving) -> bool:
        """Whether a LIMIT ends the reading of the first table early."""
        if block.limit is None or serving.sorts or block.condenses:
            return False
        first = steps[0]
        table = first.wishes.table
        if table is None or any(use.blocker or not use.usable for use in first.wishes.uses):
            return False
        numbers = [find_hint(slot, self.hints).number for slot in (block.limit, block.offset) if slot]
        if block.offset is not None and numbers[-1] is None:
            return False
        wanted = sum(number or 0 for number in numbers)
        unfiltered = not first.wishes.uses or not first.path.access.reads_all
        return unfiltered and wanted <= _HARMLESS_PART * (table.rows or 0)


def _depends(term: Node) -> bool:
    """Whether what is read may change the condition's outcome."""
    return any(isinstance(each, Column | Unknown | Sub) for each in find_nodes(term))


def find_wishes(instance: Instance, conditions: Conditions) -> Wishes:
    """What the block's conditions ask of the instance's columns, what follows from them included."""
    uses, choices = _find_direct(instance, conditions)
    uses += [use for use in find_ties(instance, conditions) if use not in uses]
    every = [*uses, *(use for choice in choices for branch in choice.branches for use in branch)]
    needed = frozenset(other for use in every for other in use.needs)
    return Wishes(instance=instance, uses=tuple(uses), choices=tuple(choices), needed=needed)


def _find_direct(instance: Instance, conditions: Conditions) -> tuple[list[Use], list[Choice]]:
    uses: list[Use] = []
    choices: list[Choice] = []
    block = conditions.block
    for conjunct, every in conditions.uses:
        if conjunct.nest is not instance.nest:
            continue
        for found in every:
            if isinstance(found, Choice):
                branches = tuple(tuple(settle(use, block) for use in branch) for branch in found.branches)
                choices.append(Choice(branches))
            elif found.column.instance is instance:
                uses.append(settle(found, block))
    return uses, choices


def _describe(step: Step, times: float, cut: Sequence[str]) -> TableAccess:
    instance, path = step.instance, step.path
    known = instance.table is not None
    rows = path.rows * max(1.0, step.times) * times
    predicates = [_publish(use, instance) for use in step.wishes.uses]
    predicates += [
        Predicate(column=name, operator="order", usable=False, blocker=Blocker.PREFIX_INDEX) for name in cut
    ]
    return TableAccess(
        name=instance.name,
        database=instance.database,
        alias=instance.alias,
        access=path.access if known else Access.UNKNOWN,
        index=path.index if known else None,
        rows=round(rows)
        if known and instance.table is not None and instance.table.rows is not None
        else None,
        predicates=tuple(dict.fromkeys(predicates)),
    )


def _publish(use: Use, instance: Instance) -> Predicate:
    blocker = use.blocker
    is_value = use.outer and not use.needs  # what the queries around hand in
    if use.usable and instance.table is not None and use.operator in _INDEXED:
        blocker = _find_prefix(use.column.name, instance)
        if not use.needs and _is_forbidden(use.column.name, instance):
            blocker = Blocker.HINT
    return Predicate(
        column=use.column.name,
        operator="eq" if is_value and use.operator == "join" else use.operator,
        usable=use.usable,
        blocker=blocker,
        function=use.function,
        other="" if is_value else use.other,
    )


_INDEXED = frozenset({"eq", "in", "range", "like", "join", "is-null"})


def _is_forbidden(column: str, instance: Instance) -> bool:
    """Whether the table has an index that begins with the column, and the statement's hints leave the server none."""
    have = instance.table.indexes if instance.table is not None else ()
    return any(index.columns[:1] == (column,) for index in have) and not any(
        index.columns[:1] == (column,) for index in find_indexes(instance)
    )


def _find_prefix(column: str, instance: Instance) -> Blocker | None:
    indexes = instance.table.indexes if instance.table is not None else ()
    if any(index.columns[:1] == (column,) for index in indexes):
        return None
    return Blocker.PREFIX if any(column in index.columns for index in indexes) else None
