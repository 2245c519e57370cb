"""What one statement reads of each table, by which index, and what keeps indexes from serving it: values alone."""

from dataclasses import dataclass
from enum import StrEnum

from querywatch.model import Operation


class Access(StrEnum):
    """How a table is read, as EXPLAIN would say it."""

    CONST = "const"  # one row by a unique key
    REF = "ref"  # the rows of one value of an index
    RANGE = "range"  # part of an index, or of several that are merged
    INDEX_SCAN = "index-scan"  # an index from end to end
    SCAN = "scan"  # the table from end to end
    UNKNOWN = "unknown"

    @property
    def reads_all(self) -> bool:
        """Whether every row, or every entry of an index, is read."""
        return self in {Access.SCAN, Access.INDEX_SCAN}


class Blocker(StrEnum):
    """Why an index that begins with a predicate's column cannot serve it."""

    FUNCTION = "function"  # the column stands inside a function
    ARITHMETIC = "arithmetic"
    CAST = "cast"  # a text column compared with a number, a date with a pattern
    COLLATION = "collation"
    WILDCARD = "wildcard"  # LIKE whose pattern begins with one
    REGEXP = "regexp"
    OR = "or"  # alternatives over several columns or tables
    NEGATION = "negation"
    PREFIX = "prefix"  # the column stands behind others in every index
    PREFIX_INDEX = "prefix-index"  # the index holds but the beginning of the column, which gives no order
    SUBQUERY = "subquery"
    HINT = "hint"  # the statement itself keeps the server from the index


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicate:
    """What is asked of one column of a table, folded."""

    column: str
    operator: (
        str  # 'eq', 'in', 'range', 'like', 'is-null', 'join', 'other'; 'order': no condition, but an order
    )
    usable: bool  # by an index that begins with the column, were there one
    blocker: Blocker | None = None
    function: str = ""  # the built-in one that the column stands in: 'DATE'
    other: str = ""  # where it is compared with another table's column: that table's alias


@dataclass(frozen=True, slots=True, kw_only=True)
class TableAccess:
    """One time that the statement names a table, in order of appearance."""

    name: str  # folded
    database: str | None
    alias: str  # folded; the name where none is written
    access: Access
    index: str | None = None
    rows: int | None = None  # that one run reads; None: not known
    predicates: tuple[Predicate, ...] = ()
    block: int = 0  # which SELECT of the statement names it, or those that are merged into one
    first: bool = False  # of its block: nothing is read before it that could choose among its rows
    optional: bool = (
        False  # on the inner side of an outer join: what is asked of it spares nothing of the others
    )
    limited: bool = False  # a LIMIT ends the reading early
    guarded: bool = False  # values are compared with each other, and may say "nothing at all": 1=0
    may_leap: bool = (
        False  # an index may be leapt through from group to group; nobody told how many there are
    )
    hands_over: bool = False  # what is read of it is the answer, or is stored: no aggregate, no inner query
    in_derived: bool = False  # inside a derived table that is grouped, sorted or made distinct
    correlated: bool = False  # read once for each row outside
    untied: bool = False  # no condition ties it to the tables before it


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One statement. `parsed` is False where nothing but its kind is known."""

    kind: Operation
    parsed: bool
    tables: tuple[TableAccess, ...] = ()
    selects_star: bool = False
    limit: int | None = None  # of the outermost query, where its number is known
    offset: int | None = None
    shuffles: bool = False  # ORDER BY RAND()
