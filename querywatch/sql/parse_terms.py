"""Turns sqlglot's trees of expressions and conditions into those of outlines."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from sqlglot import exp

from querywatch.sql.outline import (
    Between,
    Call,
    Comparison,
    IsNull,
    Listed,
    Logic,
    Name,
    Node,
    Query,
    Row,
    Scalar,
    Slot,
    Test,
    Within,
)
from querywatch.sql.parse_functions import OPERATORS, find_operands, spell_function

SLOT_PREFIX = "querywatch_slot_"  # of the variables that stand for the shape's `?` in what sqlglot parses
_MAX_DEPTH = 120  # what comes out may safely be walked again
_CASTS = frozenset({"DATE", "INTERVAL"})
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


class UnreadableError(Exception):
    """The tree holds something that an outline has no place for."""


class TermReader(ABC):
    """Goes down a tree; raises `UnreadableError`."""

    def __init__(self) -> None:
        self._depth = 0

    @abstractmethod
    def find_query(self, query: exp.Expr) -> Query:
        """A query's outline."""

    def read_query(self, query: exp.Expr) -> Query:
        """A SELECT, a union, or one of them in parentheses."""
        self._enter()
        try:
            return self.find_query(query)
        finally:
            self._depth -= 1

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise UnreadableError

    def read(self, node: exp.Expr) -> Node:
        """One expression or condition."""
        self._enter()
        try:
            return self._read_node(node.unnest())
        finally:
            self._depth -= 1

    def _read_node(self, node: exp.Expr) -> Node:
        if type(node) in _TESTS:
            return self._read_test(node)
        if isinstance(node, exp.Column):
            return Name(column=node.name.casefold(), qualifier=node.table.casefold())
        if isinstance(node, exp.Parameter | exp.Placeholder | exp.Null | exp.Boolean | exp.Literal):
            return _read_slot(node)
        for kinds, read in self._readers:
            if isinstance(node, kinds):
                found: Node = read(self, node)
                return found
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

    def _read_between(self, node: exp.Expr) -> Node:
        low, high = self.read(node.args["low"]), self.read(node.args["high"])
        return Between(subject=self.read(node.this), low=low, high=high)

    def _read_call(self, node: exp.Expr) -> Node:
        operator = OPERATORS.get(type(node))
        arguments = tuple(self.read(part) for part in find_operands(node))
        if operator is not None:
            return Call(name=operator, arguments=arguments)
        is_window = isinstance(node, exp.Window)
        name = spell_function(node.this if is_window else node)
        aggregates = isinstance(node, exp.AggFunc)
        if is_window:
            return Call(name=name, arguments=arguments, in_window=True)
        if name in _CASTS and len(arguments) == 1 and isinstance(arguments[0], Slot):
            return arguments[0]
        distinct = aggregates and isinstance(node.this, exp.Distinct)
        return Call(name=name, arguments=arguments, aggregates=aggregates, distinct=distinct)

    def _read_exists(self, node: exp.Expr) -> Node:
        return Within(subject=None, query=self.read_query(node.this.unnest()))

    def _read_not(self, node: exp.Expr) -> Node:
        return _negate(self.read(node.this))

    def _read_row(self, node: exp.Expr) -> Node:
        return Row(parts=tuple(self.read(part) for part in node.expressions))

    def _read_scalar(self, node: exp.Expr) -> Node:
        return Scalar(query=self.read_query(node))

    def _read_inner(self, node: exp.Expr) -> Node:
        return self.read(node.this)

    _readers: ClassVar[tuple[tuple[Any, Any], ...]] = (
        ((exp.And, exp.Or), _read_logic),
        (exp.Not, _read_not),
        (exp.In, _read_in),
        (exp.Is, _read_is),
        (exp.Exists, _read_exists),
        (exp.Between, _read_between),
        (exp.Escape, _read_inner),
        (exp.Tuple, _read_row),
        (exp.Query, _read_scalar),
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
