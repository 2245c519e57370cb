"""Builds blocks of an outline: names resolved, views and common table expressions in place, joins as conditions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from querywatch.analysis.access.blocks import Block, Conjunct, Instance, Nest, Sub, Unknown, find_instances
from querywatch.analysis.access.scopes import Entry, Scope
from querywatch.model import Schema
from querywatch.sql.outline import (
    Call,
    Comparison,
    Logic,
    Name,
    Node,
    Query,
    Scalar,
    Source,
    Test,
    Within,
    find_nodes,
    replace_parts,
)

_MOST_INSTANCES = 200  # a view of views of views may name more tables than anybody can join
Views = Mapping[tuple[str, str], Query]


class TooManyTablesError(Exception):
    """The statement names more tables than are worth looking at."""


@dataclass(eq=False, slots=True, kw_only=True)
class _Common:
    """A common table expression, seen from where it is named."""

    query: Query
    scope: Scope | None
    visible: Mapping[str, "_Common"]


@dataclass(eq=False, slots=True, kw_only=True)
class Resolver:
    """Builds the blocks of one statement; `instances` are all tables it names, in order of appearance."""

    schema: Schema
    views: Views
    database: str | None = None
    merges_derived: bool = True
    instances: list[Instance] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)
    _open_views: list[tuple[str, str]] = field(default_factory=list)

    def build(
        self, query: Query, parent: Scope | None = None, visible: Mapping[str, _Common] | None = None
    ) -> Block:
        """The query's block; raises `TooManyTablesError`."""
        known = dict(visible or {})
        for name, common in query.common:
            known[name] = _Common(query=common, scope=parent, visible=dict(known))
        block = Block(
            limit=query.limit,
            offset=query.offset,
            distinct=query.distinct,
            straight=query.straight,
        )
        scope = Scope(block=block, parent=parent)
        if query.parts:
            self._build_parts(query, block, parent, known)
        else:
            self._build_select(query, scope, known)
        return block

    def _build_parts(
        self, query: Query, block: Block, parent: Scope | None, known: Mapping[str, _Common]
    ) -> None:
        block.parts = [self.build(part, parent, known) for part in query.parts]
        for part in block.parts:
            block.outer |= part.outer
        first = block.parts[0].selected
        names = query.columns or tuple(first)
        block.selected = {
            name: first.get(given, Unknown()) for name, given in zip(names, [*first, *names], strict=False)
        }
        block.order_by = [(Unknown(), entry.descending) for entry in query.order_by]

    def _build_select(self, query: Query, scope: Scope, known: Mapping[str, _Common]) -> None:
        block = scope.block
        self._add_sources(query.sources, scope, known, None)
        block.star = bool(query.stars)
        for star in query.stars:
            self._expand(star, scope)
        for place, entry in enumerate(query.selected):
            node = self._resolve(entry.node, scope, known)
            block.selected[entry.name if entry.name not in block.selected else f"{place}"] = node
            if entry.name and not isinstance(entry.node, Name):
                scope.aliases[entry.name] = node
        if query.where is not None:
            self._add_conditions(query.where, scope, known, None)
        block.group_by = [self._resolve_alias(node, scope, known) for node in query.group_by]
        having = None if query.having is None else self._resolve_alias(query.having, scope, known)
        block.having = having is not None
        block.order_by = [
            (self._resolve_alias(entry.node, scope, known), entry.descending) for entry in query.order_by
        ]
        told = [
            *block.selected.values(),
            *(node for node, _ in block.order_by),
            *([having] if having else ()),
        ]
        calls = [node for each in told for node in find_nodes(each) if isinstance(node, Call)]
        block.aggregates = [call for call in calls if call.aggregates]
        block.windowed = any(call.in_window for call in calls)

    def _expand(self, star: str, scope: Scope) -> None:
        for entry in scope.entries:
            if star not in {"", entry.alias}:
                continue
            for name in entry.find_names() or ():
                scope.block.selected[name] = entry.find(name)
            if entry.instance is not None:
                entry.instance.uses_all = True

    def _resolve_alias(self, node: Node, scope: Scope, known: Mapping[str, _Common]) -> Node:
        """GROUP BY, HAVING and ORDER BY may name entries of the select list."""
        if isinstance(node, Name) and not node.qualifier and node.column in scope.aliases:
            return scope.aliases[node.column]
        return self._resolve(node, scope, known)

    def _add_sources(
        self, sources: Sequence[Source], scope: Scope, known: Mapping[str, _Common], nest: Nest | None
    ) -> list[Instance]:
        """Adds what is listed to the scope and its block; the instances it comes to."""
        added: list[Instance] = []
        for source in sources:
            inner = Nest(parent=nest) if source.side in {"LEFT", "FULL"} else nest
            before = list(scope.entries)
            found = self._add_source(source, scope, known, inner)
            if source.side == "RIGHT":
                inner = Nest(parent=nest)
                _enclose(added, inner, nest)
                scope.block.conjuncts = [
                    replace(each, nest=inner)
                    if each.nest is nest and find_instances(each.term) & set(added)
                    else each
                    for each in scope.block.conjuncts
                ]
                inner.members.update(added)
            elif inner is not nest and inner is not None:
                inner.members.update(found)
            if source.straight:
                for instance in found:
                    instance.after |= frozenset(added)
            self._add_join(source, scope, known, inner, before)
            added += found
        return added

    def _add_join(
        self,
        source: Source,
        scope: Scope,
        known: Mapping[str, _Common],
        nest: Nest | None,
        before: Sequence[Entry],
    ) -> None:
        names = list(source.using)
        latest = scope.entries[len(before) :]
        if source.natural:
            earlier = {name for entry in before for name in entry.find_names() or ()}
            names += [name for entry in latest for name in entry.find_names() or () if name in earlier]
        for name in names:
            left = next((each for each in before if name in (each.find_names() or ())), None)
            left = left or (before[0] if len(before) == 1 else None)
            right = next((each for each in latest if name in (each.find_names() or (name,))), None)
            if left is not None and right is not None:
                both = Comparison(test=Test.EQUAL, left=left.find(name), right=right.find(name))
                scope.block.conjuncts.append(Conjunct(both, nest))
        if source.condition is not None:
            self._add_conditions(source.condition, scope, known, nest)

    def _add_source(
        self, source: Source, scope: Scope, known: Mapping[str, _Common], nest: Nest | None
    ) -> list[Instance]:
        if source.nested:
            return self._add_sources(source.nested, scope, known, nest)
        if source.query is not None:
            return self._add_query(source.alias, self.build(source.query, scope.parent, known), scope, nest)
        common = known.get(source.table) if source.database is None else None
        if common is not None:
            inner = {name: each for name, each in common.visible.items() if name != source.table}
            return self._add_query(source.alias, self.build(common.query, common.scope, inner), scope, nest)
        return self._add_table(source, scope, nest)

    def _add_table(self, source: Source, scope: Scope, nest: Nest | None) -> list[Instance]:
        table = self.schema.find(source.table, source.database or self.database) or self.schema.find(
            source.table, source.database
        )
        key = (table.database, table.name) if table is not None else ("", source.table)
        view = self.views.get(key)
        if view is not None and key not in self._open_views:
            self._open_views.append(key)
            block = self.build(view)
            self._open_views.pop()
            return self._add_query(source.alias, block, scope, nest, is_view=True)
        is_table = table is not None and not table.is_view
        instance = self._make(source.alias)
        instance.name, instance.database, instance.hints = source.table, source.database, source.hints
        instance.table = table if is_table else None
        self._enter(Entry(alias=source.alias, instance=instance), scope, nest)
        return [instance]

    def _add_query(
        self, alias: str, inner: Block, scope: Scope, nest: Nest | None, *, is_view: bool = False
    ) -> list[Instance]:
        """A derived table: merged where servers merge it, else an instance of its own."""
        if not inner.merges or not (self.merges_derived or is_view):
            instance = self._make(alias)
            instance.derived = inner
            scope.block.outer |= inner.outer
            self._enter(Entry(alias=alias, instance=instance), scope, nest)
            return [instance]
        for instance in inner.instances:
            _enclose([instance], nest, None)
            if nest is not None:
                nest.members.add(instance)
        scope.block.instances += inner.instances
        scope.block.conjuncts += [
            replace(each, nest=nest) if each.nest is None else each for each in inner.conjuncts
        ]
        scope.block.subqueries += inner.subqueries
        scope.block.outer |= inner.outer
        scope.entries.append(Entry(alias=alias, columns=inner.selected))
        return inner.instances

    def _make(self, alias: str) -> Instance:
        instance = Instance(number=next(self._numbers), alias=alias)
        if instance.number >= _MOST_INSTANCES:
            raise TooManyTablesError
        self.instances.append(instance)
        return instance

    def _enter(self, entry: Entry, scope: Scope, nest: Nest | None) -> None:
        if entry.instance is not None:
            entry.instance.nest = nest
            scope.block.instances.append(entry.instance)
        scope.entries.append(entry)

    def _add_conditions(
        self, node: Node, scope: Scope, known: Mapping[str, _Common], nest: Nest | None
    ) -> None:
        parts = node.parts if isinstance(node, Logic) and node.operator == "AND" else (node,)
        for part in parts:
            if isinstance(part, Logic) and part.operator == "AND":
                self._add_conditions(part, scope, known, nest)
            else:
                scope.block.conjuncts.append(Conjunct(self._resolve(part, scope, known), nest))

    def _resolve(self, node: Node, scope: Scope, known: Mapping[str, _Common]) -> Node:
        if isinstance(node, Name):
            return scope.resolve(node.column, node.qualifier)
        if isinstance(node, Scalar):
            return self._add_subquery(node.query, "scalar", None, scope, known)
        if isinstance(node, Within):
            kind = "exists" if node.subject is None else "in" if node.is_equality else "other"
            subject = None if node.subject is None else self._resolve(node.subject, scope, known)
            return self._add_subquery(node.query, kind, subject, scope, known)
        return replace_parts(node, lambda part: self._resolve(part, scope, known))

    def _add_subquery(
        self, query: Query, kind: str, subject: Node | None, scope: Scope, known: Mapping[str, _Common]
    ) -> Sub:
        block = self.build(query, scope, known)
        own = {entry.instance for entry in scope.entries} | set(scope.block.instances)
        scope.block.outer |= {each for each in block.outer if each not in own}
        scope.block.subqueries.append(block)
        return Sub(block=block, kind=kind, subject=subject)


def _enclose(instances: Iterable[Instance], nest: Nest | None, until: Nest | None) -> None:
    """Puts the outermost outer joins of the instances inside of another one."""
    for instance in instances:
        if instance.nest is until:
            instance.nest = nest
            continue
        outermost = instance.nest
        while outermost is not None and outermost.parent is not until:
            outermost = outermost.parent
        if outermost is not None and outermost is not nest:
            outermost.parent = nest
