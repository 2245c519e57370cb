"""A parsed statement as querywatch's own values: its queries, what they read, and their conditions.

Names are folded, and no value holds a literal: a `Slot` says which `?` of the shape stood there.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from querywatch.model import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A column as it is written; `qualifier` is '' where there is none."""

    column: str
    qualifier: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A value that is known before anything is read; `number` counts the shape's `?`, None is a constant."""

    number: int | None = None
    is_null: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A function or an operator over others; the name in upper case, '+' for arithmetic."""

    name: str
    arguments: tuple["Node", ...] = ()
    aggregates: bool = False
    distinct: bool = False  # of an aggregate: COUNT(DISTINCT x)
    in_window: bool = False

    @property
    def is_arithmetic(self) -> bool:
        """Whether an operator makes a number, or a moment, of its operands."""
        return self.name in _ARITHMETIC


_ARITHMETIC = frozenset({"+", "-", "*", "/", "%", "DIV", "&", "|", "^", "<<", ">>", "~", "NEG"})


class Test(StrEnum):
    """How two sides are compared."""

    EQUAL = "="
    SAME = "<=>"
    LESS = "<"
    MORE = ">"
    UNEQUAL = "!="
    LIKE = "like"
    REGEXP = "regexp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A test of two sides."""

    test: Test
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """BETWEEN, both bounds included."""

    subject: "Node"
    low: "Node"
    high: "Node"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """IN over values."""

    subject: "Node"
    values: tuple["Node", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """IN, ANY or ALL over a query's rows; EXISTS where there is no subject."""

    subject: "Node | None"
    query: "Query"
    is_equality: bool = True  # IN and = ANY


@dataclass(frozen=True, slots=True, kw_only=True)
class IsNull:
    """IS NULL."""

    subject: "Node"


@dataclass(frozen=True, slots=True, kw_only=True)
class Logic:
    """AND, OR or NOT over conditions."""

    operator: str
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Several sides at once: (a, b) = (1, 2)."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """A query in place of a value."""

    query: "Query"


class Leaf:
    """What a later stage puts in the place of a name or of a query."""

    __slots__ = ()

    @property
    def parts(self) -> tuple["Node", ...]:
        """What stands within it."""
        return ()


Node = Name | Slot | Call | Comparison | Between | Listed | Within | IsNull | Logic | Row | Scalar | Leaf


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexHint:
    """USE, FORCE or IGNORE INDEX; index names folded."""

    kind: str
    indexes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One entry of a FROM, and how it is joined to those before it.

    It is a table, a query (`query`), or several sources in parentheses (`nested`).
    """

    alias: str = ""
    table: str = ""
    database: str | None = None
    query: "Query | None" = None
    nested: tuple["Source", ...] = ()
    side: str = ""  # 'LEFT', 'RIGHT' or '' for an inner join
    natural: bool = False
    straight: bool = False  # what stands before it is read first
    condition: Node | None = None  # ON
    using: tuple[str, ...] = ()
    hints: tuple[IndexHint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """One entry of the select list; `name` is how others call it."""

    node: Node
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """One entry of ORDER BY."""

    node: Node
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One SELECT (or an UPDATE or DELETE, which reads as one), or the union of several (`parts`)."""

    sources: tuple[Source, ...] = ()
    where: Node | None = None
    selected: tuple[Selected, ...] = ()
    stars: tuple[str, ...] = ()  # qualifiers of the stars; '' for a bare one
    group_by: tuple[Node, ...] = ()
    having: Node | None = None
    order_by: tuple[Sorted, ...] = ()
    limit: Slot | None = None
    offset: Slot | None = None
    distinct: bool = False
    straight: bool = False  # SELECT STRAIGHT_JOIN
    parts: tuple["Query", ...] = ()
    common: tuple[tuple[str, "Query"], ...] = ()  # WITH: name and query
    columns: tuple[str, ...] = ()  # of a derived table or a WITH that names them


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A statement; `query` is None where it reads nothing."""

    kind: Operation
    query: Query | None = None


def find_nodes(node: Node | None) -> Iterator[Node]:
    """The node and those within it, without those of the queries inside."""
    if node is None:
        return
    yield node
    for part in find_parts(node):
        yield from find_nodes(part)


def find_parts(node: Node) -> tuple[Node, ...]:
    """What a node is made of; a query inside is none of it."""
    if isinstance(node, Leaf):
        return node.parts
    return _PARTS.get(type(node), _find_none)(node)


def _find_none(_: Any) -> tuple[Node, ...]:
    return ()


_PARTS: Mapping[type, Callable[[Any], tuple[Node, ...]]] = {
    Call: lambda node: node.arguments,
    Comparison: lambda node: (node.left, node.right),
    Between: lambda node: (node.subject, node.low, node.high),
    Listed: lambda node: (node.subject, *node.values),
    Within: lambda node: () if node.subject is None else (node.subject,),
    IsNull: lambda node: (node.subject,),
    Logic: lambda node: node.parts,
    Row: lambda node: node.parts,
}


def replace_parts(node: Node, change: Callable[[Node], Node]) -> Node:
    """The node made of changed parts."""
    if isinstance(node, Leaf) or type(node) not in _PARTS:
        return node
    changed: dict[str, Any] = {}
    for each in fields(node):
        value = getattr(node, each.name)
        if isinstance(value, tuple):
            changed[each.name] = tuple(change(part) for part in value)
        elif isinstance(value, Node):
            changed[each.name] = change(value)
    return replace(node, **changed)
