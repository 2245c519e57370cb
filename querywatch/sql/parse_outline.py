"""Turns sqlglot's tree of a statement into an outline of it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlglot import exp

from querywatch.model import Operation
from querywatch.sql.outline import (
    Between,
    Call,
    Comparison,
    IndexHint,
    IsNull,
    Listed,
    Logic,
    Name,
    Node,
    Outline,
    Query,
    Row,
    Scalar,
    Selected,
    Slot,
    Sorted,
    Source,
    Test,
    Within,
)

SLOT_PREFIX = "querywatch_slot_"  # of the variables that stand for the shape's `?` in what sqlglot parses
_MAX_DEPTH = 120

_TESTS: Mapping[type[exp.Expr], tuple[Test, bool]] = {
    exp.EQ: (Test.EQUAL, False),
    exp.NullSafeEQ: (Test.SAME, False),
    exp.NEQ: (Test.UNEQUAL, False),
    exp.LT: (Test.LESS, False),
    exp.LTE: (Test.LESS, False),
    exp.GT: (Test.MORE, False),
    exp.GTE: (Test.MORE, False),
    exp.Like: (Test.LIKE, False),
    exp.RegexpLike: (Test.REGEXP, False),
    exp.NullSafeNEQ: (Test.SAME, True),
}
_OPERATORS: Mapping[type[exp.Expr], str] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
    exp.IntDiv: "DIV",
    exp.BitwiseAnd: "&",
    exp.BitwiseOr: "|",
    exp.BitwiseXor: "^",
    exp.BitwiseLeftShift: "<<",
    exp.BitwiseRightShift: ">>",
    exp.BitwiseNot: "~",
    exp.Neg: "NEG",
    exp.DateAdd: "+",
    exp.DateSub: "-",
}
# sqlglot's own names for what MySQL and MariaDB call otherwise.
_SPELLED: Mapping[str, str] = {
    "TS_OR_DS_TO_DATE": "DATE",
    "TIME_TO_STR": "DATE_FORMAT",
    "STR_TO_TIME": "STR_TO_DATE",
    "DATE_TRUNC": "DATE",
    "DAY_OF_MONTH": "DAYOFMONTH",
    "DAY_OF_WEEK": "DAYOFWEEK",
    "DAY_OF_YEAR": "DAYOFYEAR",
    "WEEK_OF_YEAR": "WEEKOFYEAR",
    "SUBSTRING": "SUBSTRING",
    "CURRENT_TIMESTAMP": "NOW",
    "MD5": "MD5",
    "TO_CHAR": "DATE_FORMAT",
    "D_PIPE": "CONCAT",
    "STR_POSITION": "LOCATE",
    "CASE": "CASE",
    "CAST": "CAST",
    "TRY_CAST": "CAST",
}
_SELF_CONTAINED = (exp.TsOrDsToDate, exp.Paren)
_STATEMENTS = (exp.Update, exp.Delete)


class UnreadableError(Exception):
    """The tree holds something that an outline has no place for."""


def find_outline(tree: exp.Expr, kind: Operation) -> Outline:
    """The statement's outline; raises `UnreadableError`."""
    reader = _Reader()
    if isinstance(tree, _STATEMENTS):
        return Outline(kind=kind, query=reader.read_change(tree))
    query = tree if isinstance(tree, exp.Query) else tree.args.get("expression")
    if not isinstance(query, exp.Query):
        return Outline(kind=kind)
    return Outline(kind=kind, query=reader.read_query(query))


def _fold(text: str) -> str:
    return text.casefold()


class _Reader:
    """Goes down the tree, no deeper than what comes out may safely be walked again."""

    def __init__(self) -> None:
        self._depth = 0

    def read_query(self, query: exp.Expr) -> Query:
        """A SELECT, a union, or one of them in parentheses."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise UnreadableError
        try:
            if isinstance(query, exp.SetOperation):
                return self._read_union(query)
            if isinstance(query, exp.Subquery):
                return self._read_parenthesised(query)
            if isinstance(query, exp.Select):
                return self._read_select(query)
        finally:
            self._depth -= 1
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
        columns = tuple(_fold(column.name) for column in (alias.args.get("columns") or ()) if alias)
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
            "straight": kind == "STRAIGHT_JOIN" or kind == "STRAIGHT",
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

    def read(self, node: exp.Expr) -> Node:
        """One expression or condition."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise UnreadableError
        try:
            return self._read_node(node.unnest())
        finally:
            self._depth -= 1

    def _read_node(self, node: exp.Expr) -> Node:
        if type(node) in _TESTS:
            return self._read_test(node)
        if isinstance(node, exp.Column):
            return Name(column=_fold(node.name), qualifier=_fold(node.table))
        if isinstance(node, exp.Parameter | exp.Placeholder | exp.Null | exp.Boolean | exp.Literal):
            return _read_slot(node)
        for kinds, read in _READERS:
            if isinstance(node, kinds):
                return read(self, node)
        return self._read_call(node)

    def _read_test(self, node: exp.Expr) -> Node:
        test, negated = _TESTS[type(node)]
        right = node.expression
        if isinstance(right, exp.Any | exp.All) and isinstance(right.this.unnest(), exp.Query):
            is_equality = test is Test.EQUAL and isinstance(right, exp.Any)
            found: Node = Within(
                subject=self.read(node.this),
                query=self.read_query(right.this.unnest()),
                is_equality=is_equality,
            )
        else:
            found = Comparison(test=test, left=self.read(node.this), right=self.read(right))
        return _negate(found) if negated or node.args.get("negate") else found

    def _read_logic(self, node: exp.Expr) -> Node:
        kind = exp.And if isinstance(node, exp.And) else exp.Or
        parts: list[exp.Expr] = []
        waiting = [node]
        while waiting:
            part = waiting.pop().unnest()
            if isinstance(part, kind):
                waiting += [part.expression, part.this]
            else:
                parts.append(part)
        operator = "AND" if kind is exp.And else "OR"
        return Logic(operator=operator, parts=tuple(self.read(part) for part in parts))

    def _read_in(self, node: exp.Expr) -> Node:
        query, subject = node.args.get("query"), self.read(node.this)
        if query is None and len(node.expressions) == 1 and isinstance(node.expressions[0], exp.Query):
            query = node.expressions[0]
        if query is not None:
            return Within(subject=subject, query=self.read_query(query.unnest()))
        return Listed(subject=subject, values=tuple(self.read(value) for value in node.expressions))

    def _read_is(self, node: exp.Expr) -> Node:
        if isinstance(node.expression, exp.Null):
            return IsNull(subject=self.read(node.this))
        return Call(name="IS", arguments=(self.read(node.this),))

    def _read_exists(self, node: exp.Expr) -> Node:
        return Within(subject=None, query=self.read_query(node.this.unnest()))

    def _read_between(self, node: exp.Expr) -> Node:
        low, high = self.read(node.args["low"]), self.read(node.args["high"])
        return Between(subject=self.read(node.this), low=low, high=high)

    def _read_call(self, node: exp.Expr) -> Node:
        operator = _OPERATORS.get(type(node))
        arguments = tuple(self.read(part) for part in _find_operands(node))
        if operator is not None:
            return Call(name=operator, arguments=arguments)
        is_window = isinstance(node, exp.Window)
        name = _spell(node.this if is_window else node)
        aggregates = isinstance(node, exp.AggFunc)
        if is_window:
            return Call(name=name, arguments=arguments, in_window=True)
        if name in _CASTS and len(arguments) == 1 and isinstance(arguments[0], Slot):
            return arguments[0]
        distinct = aggregates and isinstance(node.this, exp.Distinct)
        return Call(name=name, arguments=arguments, aggregates=aggregates, distinct=distinct)


_CASTS = frozenset({"DATE", "INTERVAL"})
_READERS: tuple[tuple[Any, Callable[[_Reader, Any], Node]], ...] = (
    ((exp.And, exp.Or), _Reader._read_logic),  # noqa: SLF001 - a table of its own methods
    (exp.Not, lambda reader, node: _negate(reader.read(node.this))),
    (exp.In, _Reader._read_in),  # noqa: SLF001 - as above
    (exp.Is, _Reader._read_is),  # noqa: SLF001 - as above
    (exp.Exists, _Reader._read_exists),  # noqa: SLF001 - as above
    (exp.Between, _Reader._read_between),  # noqa: SLF001 - as above
    (exp.Escape, lambda reader, node: reader.read(node.this)),
    (exp.Tuple, lambda reader, node: Row(parts=tuple(reader.read(part) for part in node.expressions))),
    (exp.Query, lambda reader, node: Scalar(query=reader.read_query(node))),
)


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


def _negate(node: Node) -> Node:
    if isinstance(node, Logic) and node.operator == "NOT":
        return node.parts[0]
    return Logic(operator="NOT", parts=(node,))


def _read_slot(node: exp.Expr) -> Slot:
    if isinstance(node, exp.Null):
        return Slot(is_null=True)
    number = node.name.casefold().removeprefix(SLOT_PREFIX) if isinstance(node, exp.Parameter) else ""
    return Slot(number=int(number) if number.isdecimal() else None)


def _read_hint(hint: exp.Expr) -> IndexHint:
    return IndexHint(kind=hint.name.upper(), indexes=tuple(_fold(index.name) for index in hint.expressions))


def _find_operands(node: exp.Expr) -> Iterator[exp.Expr]:
    for part in node.iter_expressions():
        inner = part.unnest()
        if isinstance(inner, exp.DataType | exp.Var | exp.Identifier | exp.Star):
            continue
        if isinstance(
            inner, exp.Interval | exp.Ordered | exp.Order | exp.Distinct | exp.If | exp.WindowSpec
        ) or (isinstance(inner, _SELF_CONTAINED) and isinstance(node, exp.Func)):
            yield from _find_operands(inner)
        else:
            yield inner


def _spell(node: exp.Expr) -> str:
    if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc):
        return str(node.name).upper()
    name = node.sql_name() if isinstance(node, exp.Func) else node.key.upper()
    return _SPELLED.get(name, name)
