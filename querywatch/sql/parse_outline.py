"""Turns sqlglot's tree of a statement into an outline of it."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlglot import exp

from querywatch.model import Operation
from querywatch.sql.outline import IndexHint, Outline, Query, Selected, Slot, Sorted, Source
from querywatch.sql.parse_terms import TermReader, UnreadableError

_STATEMENTS = (exp.Update, exp.Delete)


def find_outline(tree: exp.Expr, kind: Operation) -> Outline | None:
    """The statement's outline; None where it holds something that an outline has no place for."""
    reader = _QueryReader()
    try:
        if isinstance(tree, _STATEMENTS):
            return Outline(kind=kind, query=reader.read_change(tree))
        query = tree if isinstance(tree, exp.Query) else tree.args.get("expression")
        if not isinstance(query, exp.Query) or _is_view(tree):
            return Outline(kind=kind)
        return Outline(kind=kind, query=reader.read_query(query))
    except UnreadableError:
        return None


def _is_view(tree: exp.Expr) -> bool:
    """Whether the query is written down for others, and nothing read."""
    return isinstance(tree, exp.Create) and tree.text("kind").upper() == "VIEW"


def _fold(text: str) -> str:
    return text.casefold()


class _QueryReader(TermReader):
    """Reads queries and what they list."""

    def find_query(self, query: exp.Expr) -> Query:
        """A query's outline."""
        if isinstance(query, exp.SetOperation):
            return self._read_union(query)
        if isinstance(query, exp.Subquery):
            return self._read_parenthesised(query)
        if isinstance(query, exp.Select):
            return self._read_select(query)
        raise UnreadableError

    def read_change(self, statement: exp.Expr) -> Query:
        """What an UPDATE or a DELETE reads."""
        using = statement.args.get("using")
        read = using if isinstance(using, list) and using else [statement.this]
        where = statement.args.get("where")
        return Query(
            sources=tuple(source for table in read for source in self._read_listed(table)),
            where=self.read(where.this) if where else None,
            order_by=tuple(self._read_order(statement)),
            limit=self._read_limit(statement.args.get("limit")),
            common=self._read_common(statement),
        )

    def _read_union(self, union: exp.SetOperation) -> Query:
        parts: list[exp.Expr] = []
        node: exp.Expr = union
        while isinstance(node, exp.SetOperation) and (node is union or not node.args.get("limit")):
            parts.append(node.expression)
            node = node.this
        parts.append(node)
        return Query(
            parts=tuple(self.read_query(part) for part in reversed(parts)),
            order_by=tuple(self._read_order(union)),
            limit=self._read_limit(union.args.get("limit")),
            offset=self._read_limit(union.args.get("offset")),
            distinct=bool(union.args.get("distinct")),
            common=self._read_common(union),
        )

    def _read_parenthesised(self, query: exp.Subquery) -> Query:
        inner = self.read_query(query.this)
        limit = self._read_limit(query.args.get("limit"))
        if limit is None and not query.args.get("with_"):
            return inner
        return Query(
            parts=(inner,),
            order_by=tuple(self._read_order(query)),
            limit=limit,
            offset=self._read_limit(query.args.get("offset")),
            common=self._read_common(query),
        )

    def _read_select(self, query: exp.Select) -> Query:
        entries = [self._read_selected(entry) for entry in query.expressions]
        where, having, group = (query.args.get(part) for part in ("where", "having", "group"))
        listed = query.args.get("from_")
        sources = list(self._read_listed(listed.this)) if listed else []
        for join in query.args.get("joins") or ():
            sources += self._read_joined(join)
        return Query(
            sources=tuple(sources),
            where=self.read(where.this) if where else None,
            selected=tuple(entry for entry in entries if isinstance(entry, Selected)),
            stars=tuple(entry for entry in entries if isinstance(entry, str)),
            group_by=tuple(self.read(node) for node in group.expressions) if group else (),
            having=self.read(having.this) if having else None,
            order_by=tuple(self._read_order(query)),
            limit=self._read_limit(query.args.get("limit")),
            offset=self._read_limit(query.args.get("offset")),
            distinct=bool(query.args.get("distinct")),
            straight=any(
                entry.name.upper() == "STRAIGHT_JOIN" for entry in query.args.get("operation_modifiers") or ()
            ),
            common=self._read_common(query),
        )

    def _read_selected(self, entry: exp.Expr) -> Selected | str:
        node = entry.this if isinstance(entry, exp.Alias) else entry
        if isinstance(node, exp.Star):
            return ""
        if isinstance(node, exp.Column) and isinstance(node.this, exp.Star):
            return _fold(node.table)
        return Selected(node=self.read(node), name=_fold(entry.alias_or_name))

    def _read_common(self, query: exp.Expr) -> tuple[tuple[str, Query], ...]:
        listed = query.args.get("with_")
        return tuple(
            (_fold(entry.alias), self._read_named(entry)) for entry in (listed.expressions if listed else ())
        )

    def _read_named(self, entry: exp.Expr) -> Query:
        """A query under an alias that may name its columns."""
        query, alias = self.read_query(entry.this), entry.args.get("alias")
        named = alias.args.get("columns") if alias is not None else None
        columns = tuple(_fold(column.name) for column in named or ())
        if not columns:
            return query
        return Query(parts=(query,), columns=columns)

    def _read_order(self, query: exp.Expr) -> Iterator[Sorted]:
        order = query.args.get("order")
        for entry in order.expressions if order else ():
            is_ordered = isinstance(entry, exp.Ordered)
            yield Sorted(
                node=self.read(entry.this if is_ordered else entry),
                descending=bool(is_ordered and entry.args.get("desc")),
            )

    def _read_limit(self, limit: exp.Expr | None) -> Slot | None:
        if limit is None:
            return None
        value = limit.args.get("expression") or limit.args.get("count") or limit.this
        read = self.read(value) if isinstance(value, exp.Expr) else Slot()
        return read if isinstance(read, Slot) else Slot()

    def _read_listed(self, source: exp.Expr) -> Iterator[Source]:
        """What is listed first, and what is joined to it within."""
        yield self._read_source(source)
        for join in source.args.get("joins") or ():
            yield from self._read_joined(join)

    def _read_joined(self, join: exp.Expr) -> Iterator[Source]:
        kind, side = join.text("kind").upper(), join.text("side").upper()
        condition = join.args.get("on")
        first, *rest = self._read_listed(join.this)
        facts: dict[str, Any] = {
            "side": "" if kind in {"INNER", "CROSS"} else side,
            "natural": join.text("method").upper() == "NATURAL",
            "straight": kind in {"STRAIGHT_JOIN", "STRAIGHT"},
            "condition": self.read(condition) if condition else None,
            "using": tuple(_fold(column.name) for column in join.args.get("using") or ()),
        }
        if rest:
            yield Source(nested=(first, *rest), **facts)
        else:
            yield _join(first, facts)

    def _read_source(self, source: exp.Expr) -> Source:
        if isinstance(source, exp.Table):
            if not source.name:
                raise UnreadableError
            return Source(
                alias=_fold(source.alias or source.name),
                table=_fold(source.name),
                database=_fold(source.text("db")) or None,
                hints=tuple(_read_hint(hint) for hint in source.args.get("hints") or ()),
            )
        if isinstance(source, exp.Subquery):
            if isinstance(source.this, exp.Query) and not isinstance(source.this, exp.Table):
                return Source(alias=_fold(source.alias), query=self._read_named(source))
            if isinstance(source.this, exp.Table | exp.Subquery):
                return Source(nested=tuple(self._read_listed(source.this)))
        if isinstance(source, exp.Paren):
            return Source(nested=tuple(self._read_listed(source.this)))
        raise UnreadableError


def _join(source: Source, facts: Mapping[str, Any]) -> Source:
    return Source(
        alias=source.alias,
        table=source.table,
        database=source.database,
        query=source.query,
        nested=source.nested,
        hints=source.hints,
        **facts,
    )


def _read_hint(hint: exp.Expr) -> IndexHint:
    return IndexHint(kind=hint.name.upper(), indexes=tuple(_fold(index.name) for index in hint.expressions))
