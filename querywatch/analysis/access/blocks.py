"""A statement's queries with every name resolved: what the choice of an access works on."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from querywatch.model import Table
from querywatch.sql.outline import IndexHint, Leaf, Node, Slot, find_nodes


@dataclass(eq=False, slots=True, kw_only=True)
class Instance:
    """One table, or one derived table, that a block reads; as often as it is named."""

    number: int  # in order of appearance, over the whole statement
    alias: str
    name: str = ""
    database: str | None = None
    table: Table | None = None  # None: derived, or not known to the schema
    derived: "Block | None" = None
    hints: tuple[IndexHint, ...] = ()
    nest: "Nest | None" = None  # the innermost outer join on whose inner side it stands
    apart: bool = False  # the only table of a subquery that may be read once, on its own, and its rows kept
    semi: bool = False  # of a subquery that asks but whether there is a row
    after: frozenset["Instance"] = frozenset()  # what must be read before it
    used: set[str] = field(default_factory=set)  # columns that the statement names
    uses_all: bool = False  # a star asks for every column

    @property
    def is_listed(self) -> bool:
        """Whether the statement names it as a table."""
        return self.derived is None


@dataclass(eq=False, slots=True, kw_only=True)
class Nest:
    """The inner side of one outer join."""

    parent: "Nest | None"
    members: set[Instance] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Column(Leaf):
    """A column of an instance."""

    instance: Instance
    name: str


@dataclass(frozen=True, slots=True)
class Unknown(Leaf):
    """A name that nothing resolves."""


@dataclass(frozen=True, slots=True)
class Sub(Leaf):
    """A subquery in a condition or in the select list; `subject` is what IN compares."""

    block: "Block"
    kind: str  # 'in', 'exists', 'scalar', 'other'
    subject: Node | None = None

    @property
    def parts(self) -> tuple[Node, ...]:
        """What IN compares."""
        return () if self.subject is None else (self.subject,)


@dataclass(frozen=True, slots=True)
class Conjunct:
    """A condition that must hold, within an outer join's inner side where `nest` is one."""

    term: Node
    nest: Nest | None = None


@dataclass(eq=False, slots=True, kw_only=True)
class Block:
    """One SELECT after the queries that merge into it have."""

    instances: list[Instance] = field(default_factory=list)
    conjuncts: list[Conjunct] = field(default_factory=list)
    selected: dict[str, Node] = field(default_factory=dict)
    group_by: list[Node] = field(default_factory=list)
    order_by: list[tuple[Node, bool]] = field(default_factory=list)  # with "descending"
    limit: Slot | None = None
    offset: Slot | None = None
    distinct: bool = False
    aggregates: list[Node] = field(default_factory=list)
    having: bool = False
    windowed: bool = False
    straight: bool = False
    star: bool = False
    parts: list["Block"] = field(default_factory=list)  # of a union
    subqueries: list["Block"] = field(default_factory=list)  # that stay blocks of their own
    outer: set[Instance] = field(default_factory=set)  # instances outside that it refers to
    pushed: "Column | None" = None  # of IN that stays a block: what its rows are looked up by

    @property
    def is_correlated(self) -> bool:
        """Whether it runs once for each row outside."""
        return bool(self.outer)

    @property
    def condenses(self) -> bool:
        """Whether its rows are not simply those of what it reads."""
        return bool(
            self.group_by or self.aggregates or self.distinct or self.having or self.windowed or self.parts
        )

    @property
    def merges(self) -> bool:
        """Whether a server makes it part of the query around it."""
        return bool(self.instances) and not self.condenses and self.limit is None


def find_columns(term: Node | None) -> Iterator[Column]:
    """The columns that a term names, subqueries left out."""
    return (each for each in find_nodes(term) if isinstance(each, Column))


def find_instances(term: Node | None) -> frozenset[Instance]:
    """What must be read before the term has a value."""
    found = {column.instance for column in find_columns(term)}
    for each in find_nodes(term):
        if isinstance(each, Sub):
            found |= each.block.outer
    return frozenset(found)
