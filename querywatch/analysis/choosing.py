"""Chooses how each table of a statement is read, from its conditions and the indexes there are."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from querywatch.analysis.advice import find_type
from querywatch.model import Index, Schema, Statement, Table
from querywatch.sql.literals import Literals
from querywatch.sql.reading import Access, Blocker, Predicate, Reading, TableAccess
from querywatch.sql.rewrite import parse_words
from querywatch.sql.sketch import Condition, Query, Side, Source, parse_queries

_EQUAL = frozenset({"eq", "in", "is-null"})
_TEXTS = ("char", "varchar", "tinytext", "text", "mediumtext", "longtext")
_FEW_VALUES = ("tinyint", "bit", "enum", "set", "bool")
# Rows of one value, where nothing tells how many there are: a kind or a status has a handful, a key has its own few.
_KINDS = 5
_ROWS_OF_A_KEY = 100
_ROWS_OF_A_RANGE = None
_COLUMNS_OF_AN_EXPRESSION = 2
_MAX_WORDS = 20_000

Places = Mapping[str, Table]  # alias -> table, of one query


def find_reading(statement: Statement, literals: Literals, schema: Schema) -> Reading:
    """What a run of the statement reads of each table that it names."""
    kind = statement.operation
    if statement.needs is None or statement.cut:
        return Reading(kind=kind, parsed=False)
    words = parse_words(statement.shape)
    if len(words) > _MAX_WORDS:
        return Reading(kind=kind, parsed=False)
    queries = parse_queries(words)
    outermost = queries[0] if queries else None
    return Reading(
        kind=kind,
        parsed=True,
        tables=tuple(
            access for query in queries for access in _find_accesses(query, queries, literals, schema)
        ),
        selects_star=bool(outermost and outermost.stars),
        limit=literals.limit,
        offset=literals.offset,
        shuffles=bool(outermost and "RAND" in outermost.orders),
    )


def _find_accesses(
    query: Query, queries: Sequence[Query], literals: Literals, schema: Schema
) -> Iterator[TableAccess]:
    places = {
        source.alias: table
        for source in query.sources
        if source.table is not None and (table := schema.find(source.table, source.database)) is not None
    }
    predicates = _find_predicates(query, places, literals)
    outer = {source.alias for each in queries for source in each.sources} - {
        source.alias for source in query.sources
    }
    driver = _find_driver(query, places, predicates, outer)
    tied = _find_tied(query)
    for place, source in enumerate(query.sources):
        if source.table is None:
            continue
        found = predicates.get(source.alias, ())
        reached = (
            {each.alias for each in query.sources if each is not source} if source.alias != driver else set()
        )
        table = places.get(source.alias)
        access, index, rows = (
            _choose(table, found, reached | outer) if table else (Access.UNKNOWN, None, None)
        )
        yield TableAccess(
            name=source.table,
            database=source.database,
            alias=source.alias,
            access=access,
            index=index,
            rows=rows,
            predicates=found,
            limited=query.limited
            and not query.orders
            and not query.groups
            and not query.aggregates
            and not found
            and len(query.sources) == 1,
            in_derived=query.inside == "from" and (query.groups or query.aggregates or bool(query.orders)),
            correlated=query.inside == "expression"
            and any(each.other in outer for each in found if each.other),
            untied=place > 0 and source.alias not in tied and not source.natural,
        )


def _find_tied(query: Query) -> set[str]:
    """The aliases that some condition ties to another source, or that stand beside no other."""
    tied: set[str] = set()
    for condition in _flatten(query.conditions):
        sides = {qualifier for side in (condition.left, condition.right) for qualifier, _ in side.columns}
        tied |= sides if len(sides) > 1 or "" in sides else set()
        if "" in sides:  # nothing says whose the column is: it may tie any of them
            tied |= {source.alias for source in query.sources}
    return tied


def _flatten(conditions: Iterable[Condition]) -> Iterator[Condition]:
    for condition in conditions:
        yield condition
        yield from _flatten(condition.alternatives)


def _find_predicates(query: Query, places: Places, literals: Literals) -> Mapping[str, tuple[Predicate, ...]]:
    found: dict[str, list[Predicate]] = {alias: [] for alias in places}
    for condition in query.conditions:
        for alias, predicate in _read_condition(condition, query.sources, places, literals):
            found[alias].append(predicate)
    return {alias: tuple(predicates) for alias, predicates in found.items()}


def _read_condition(
    condition: Condition, sources: Sequence[Source], places: Places, literals: Literals
) -> Iterator[tuple[str, Predicate]]:
    if condition.alternatives:
        yield from _read_alternatives(condition, sources, places, literals)
        return
    for side, other in ((condition.left, condition.right), (condition.right, condition.left)):
        for column in side.columns:
            alias = _find_alias(column, sources, places)
            if alias is not None:
                name = column[1]
                predicate = _read_side(name, alias, side, other, condition.operator)
                if predicate is not None:
                    yield alias, _apply_literals(predicate, find_type(places[alias], name), literals)


def _read_side(name: str, alias: str, side: Side, other: Side, operator: str) -> Predicate | None:
    if operator == "not" or (operator == "other" and not side.function):
        return None
    if not side.bare:
        return _read_expression(name, side, operator)
    if operator == "regexp":
        return Predicate(column=name, operator=operator, usable=False, blocker=Blocker.REGEXP)
    others = {qualifier for qualifier, _ in other.columns}
    if not others:
        return Predicate(column=name, operator=operator, usable=True)
    usable = operator in {"eq", "range", "in"}
    return (
        None
        if others == {alias}
        else Predicate(column=name, operator="join", usable=usable, other=min(others))
    )


def _read_expression(name: str, side: Side, operator: str) -> Predicate | None:
    """A condition on more than the bare column; one on many columns says nothing of any of them."""
    if operator == "is-null" or len(side.columns) > _COLUMNS_OF_AN_EXPRESSION:
        return None
    blocker = Blocker.FUNCTION if side.function else Blocker.ARITHMETIC
    return Predicate(column=name, operator=operator, usable=False, blocker=blocker, function=side.function)


def _apply_literals(predicate: Predicate, kind: str, literals: Literals) -> Predicate:
    if not predicate.usable or predicate.operator == "join":
        return predicate
    if predicate.operator == "like":
        blocker = None if kind in _TEXTS else Blocker.CAST
        blocker = Blocker.WILDCARD if predicate.column in literals.wildcards else blocker
    else:
        is_number = predicate.column in literals.numbers and kind in _TEXTS
        blocker = Blocker.CAST if is_number else None
    return predicate if blocker is None else replace(predicate, usable=False, blocker=blocker)


def _read_alternatives(
    condition: Condition, sources: Sequence[Source], places: Places, literals: Literals
) -> Iterator[tuple[str, Predicate]]:
    """Alternatives over one column are a range of it; over several, each needs an index of the same table."""
    found = [
        list(_read_condition(alternative, sources, places, literals))
        for alternative in condition.alternatives
    ]
    pairs = [pair for part in found for pair in part]
    columns = {(alias, predicate.column) for alias, predicate in pairs}
    if not all(found) or not pairs:
        return
    aliases = {alias for alias, _ in columns}
    merged = len(aliases) == 1 and all(
        any(each.usable and _leads(places[alias], each.column) for alias, each in part) for part in found
    )
    if len(columns) == 1 and all(each.usable for _, each in pairs):
        alias, predicate = pairs[0]
        yield alias, replace(predicate, operator="in")
    elif not merged:
        for alias, predicate in pairs:
            yield alias, replace(predicate, usable=False, blocker=predicate.blocker or Blocker.OR)


def _leads(table: Table, column: str) -> bool:
    return any(index.columns[:1] == (column,) for index in table.indexes)


def _find_alias(column: tuple[str, str], sources: Sequence[Source], places: Places) -> str | None:
    qualifier, name = column
    if qualifier:
        return qualifier if qualifier in places else None
    having = [alias for alias, table in places.items() if name in table.columns]
    return having[0] if len(having) == 1 or (having and len(sources) == 1) else None


def _find_driver(
    query: Query, places: Places, predicates: Mapping[str, Sequence[Predicate]], outer: set[str]
) -> str:
    """Which source is read first: one that no outer join needs others for, by what its own conditions leave."""
    free = [source for source in query.sources if not source.optional and source.alias in places]

    def rank(source: Source) -> tuple[bool, float]:
        own = [each for each in predicates[source.alias] if each.operator != "join" or each.other in outer]
        table = places[source.alias]
        access, _, rows = _choose(table, own, outer)
        left = (
            (table.rows or 0) if access.reads_all else (rows if rows is not None else (table.rows or 0) / 10)
        )
        return (access.reads_all and not own, left)

    return min(free, key=rank).alias if free else ""


def _choose(
    table: Table, predicates: Sequence[Predicate], reached: set[str]
) -> tuple[Access, str | None, int | None]:
    """(access, index, rows) of the best index that the usable predicates can begin with."""
    usable = [
        each for each in predicates if each.usable and (each.operator != "join" or each.other in reached)
    ]
    best: tuple[int, Access, str | None, int | None] | None = None
    for index in table.indexes:
        found = _try_index(table, index, usable)
        if found is not None:
            rank, access, rows = found
            best = min(
                [each for each in (best, (rank, access, index.name, rows)) if each], key=lambda each: each[0]
            )
    if best is not None:
        return best[1], best[2], best[3]
    return Access.SCAN, None, table.rows


def _try_index(
    table: Table, index: Index, usable: Sequence[Predicate]
) -> tuple[int, Access, int | None] | None:
    """(rank, access, rows); None where the predicates cannot begin with the index."""
    columns = index.columns
    equal = {each.column for each in usable if each.operator in _EQUAL or each.operator == "join"}
    ranged = {each.column for each in usable if each.operator in {"range", "like"}}
    fixed = 0
    while fixed < len(columns) and columns[fixed] in equal:
        fixed += 1
    if index.unique and fixed == len(columns):
        joined = any(each.operator != "eq" for each in usable if each.column in columns)
        return 0, Access.REF if joined else Access.CONST, 1
    further = fixed < len(columns) and columns[fixed] in ranged
    if not fixed and not further:
        return None
    few = [column for column in columns[:fixed] if find_type(table, column) not in _FEW_VALUES]
    if further:
        return (1 if few else 2), Access.RANGE, _ROWS_OF_A_RANGE
    rows = _find_rows_of_a_value(table, index, fixed, several=bool(few))
    return (1 if few else 3), Access.REF, rows


def _find_rows_of_a_value(table: Table, index: Index, fixed: int, *, several: bool) -> int:
    """As the server counted them, else by what sort of column it is: a kind, or one of `several` values."""
    rows, known = table.rows or 0, index.cardinalities[fixed - 1 : fixed]
    if known and known[0]:
        return max(1, rows // known[0])
    return min(rows, _ROWS_OF_A_KEY) if several else rows // _KINDS
