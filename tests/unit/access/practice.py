"""The practice's tables, with values in their indexes as a large office has them."""

from dataclasses import replace
from functools import cache

from querywatch.analysis.access.habits import Habits
from querywatch.analysis.access.reading import find_reading
from querywatch.demo.schema import TableFact, parse_facts
from querywatch.model import Index, Schema, Table
from querywatch.sql.hints import find_hints
from querywatch.sql.reading import Access, Reading, TableAccess
from querywatch.sql.reduce import reduce_text

DATABASE = "opendental"
_STATES = 5
_ROWS_OF_A_KEY = 20


@cache
def make_schema(engine: str = "MyISAM") -> Schema:
    """Every column without NULL, as Open Dental has them."""
    tables = [_make_table(fact, engine) for fact in parse_facts()]
    return Schema(tables={(table.database, table.name): table for table in tables})


def _make_table(fact: TableFact, engine: str) -> Table:
    types = {column.name.casefold(): column.type for column in fact.columns}
    return Table(
        database=DATABASE,
        name=fact.name.casefold(),
        engine=engine,
        rows=fact.rows,
        columns=types,
        indexes=tuple(
            replace(
                _make_index(index.name, [part for part, _ in index.parts], index.unique, types, fact.rows),
                prefixes=tuple(prefix for _, prefix in index.parts),
            )
            for index in fact.indexes
        ),
        nullable=frozenset(),
    )


def _make_index(name: str, columns: list[str], unique: bool, types: dict[str, str], rows: int) -> Index:
    folded = tuple(column.casefold() for column in columns)
    first = _STATES if types[folded[0]].startswith("tinyint") else max(1, rows // _ROWS_OF_A_KEY)
    counts = [rows if unique and len(folded) == 1 else first] + [max(1, rows // 5)] * (len(folded) - 1)
    return Index(name=name, columns=folded, unique=unique, cardinalities=tuple(counts))


def read(text: str, *, engine: str = "MyISAM", habits: Habits | None = None) -> Reading:
    """What a run of the statement reads."""
    reading = find_reading(
        reduce_text(text).outline, make_schema(engine), hints=find_hints(text), habits=habits
    )
    assert reading is not None
    return reading


def find(text: str, alias: str, *, engine: str = "MyISAM", habits: Habits | None = None) -> TableAccess:
    """What it reads of the one table of that alias."""
    (found,) = [each for each in read(text, engine=engine, habits=habits).tables if each.alias == alias]
    return found


def find_accesses(text: str) -> dict[str, Access]:
    """By alias."""
    return {each.alias: each.access for each in read(text).tables}
