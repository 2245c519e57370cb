"""Parses a shape with sqlglot, within bounds, and hands out what it found as querywatch's own values.

No literal ever enters the parser, and neither its messages nor its trees ever leave this module.
"""

import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import count

from sqlglot import ErrorLevel, exp
from sqlglot.dialects.mysql import MySQL
from sqlglot.errors import SqlglotError

from querywatch.model import Sweep
from querywatch.sql.access import Column, Condition, ConditionKind, Scope, Source
from querywatch.sql.lexer import parse_tokens
from querywatch.sql.operation import find_operation
from querywatch.sql.outline import Outline
from querywatch.sql.parse_outline import SLOT_PREFIX, UnreadableError, find_outline
from querywatch.sql.shape import CUT_MARK, find_shape, render_shape
from querywatch.sql.words import Slot

logging.getLogger("sqlglot").setLevel(logging.CRITICAL + 1)

# Measured over thirty kinds of hostile text (sqlglot 30.30, compiled): at 4,000 words no parse took more than
# 90 ms, and nesting that exhausts Python's recursion limit ends in an error after as long at the most.
_MAX_WORDS = 4_000
_MAX_CHARACTERS = 60_000
_MAX_DEPTH = 100

_DIALECT = MySQL()
_KNOWN_STATEMENTS = (
    *(exp.Query, exp.Insert, exp.Update, exp.Delete, exp.Create, exp.Drop, exp.Alter, exp.TruncateTable),
    *(exp.Set, exp.Show, exp.Use, exp.Kill, exp.Describe, exp.Commit, exp.Rollback, exp.Transaction),
)
_SCOPES = (exp.Select, exp.Update, exp.Delete)
_NOT_CONDITIONS = (exp.Not, exp.NEQ, exp.Exists, exp.Column, exp.MatchAgainst, exp.Subquery, exp.Placeholder)
# They say nothing about indexes, and sqlglot knows them in one order only.
_SELECT_MODIFIERS = frozenset(
    {"HIGH_PRIORITY", "SQL_BIG_RESULT", "SQL_BUFFER_RESULT", "SQL_CALC_FOUND_ROWS", "SQL_NO_CACHE"}
    | {"SQL_SMALL_RESULT"}
)
_PASSING_ALL = (exp.Union, exp.Subquery)
_COMPARISONS = (exp.EQ, exp.NullSafeEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)


def parse_scopes(words: Sequence[str]) -> tuple[Scope, ...] | None:
    """The statement's scopes, the outermost first; None when it does not parse, or is too large to try."""
    if _is_too_large(words):
        return None
    text = render_shape(list(_find_parser_words(words)))
    if len(text) > _MAX_CHARACTERS:
        return None
    try:
        tree = _parse(text)
        return None if tree is None else tuple(_find_scopes(tree))
    except (SqlglotError, RecursionError, ValueError, TypeError, LookupError, AttributeError):
        # Builders of single functions trip over arguments that the shape no longer has.
        return None


def parse_outline(words: Sequence[str]) -> Outline | None:
    """The statement's outline; None when it does not parse, or is too large to try."""
    if _is_too_large(words):
        return None
    text = render_shape([_spell_slot(word) for word in _find_parser_words(_number_slots(words))])
    if len(text) > _MAX_CHARACTERS:
        return None
    try:
        tree = _parse(text)
        return None if tree is None else find_outline(tree, find_operation(tuple(words)))
    except (
        SqlglotError,
        RecursionError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        UnreadableError,
    ):
        return None


def _number_slots(words: Iterable[str]) -> list[str]:
    places = count()
    return [Slot(word, next(places)) if word == "?" else word for word in words]


def _spell_slot(word: str) -> str:
    """A variable of its own for each `?`, so that each can be told from the others."""
    return f"@{SLOT_PREFIX}{word.place}" if isinstance(word, Slot) else word


def _is_too_large(words: Sequence[str]) -> bool:
    return len(words) > _MAX_WORDS or words[-1:] == (CUT_MARK,) or _find_depth(words) > _MAX_DEPTH


def _parse(text: str) -> exp.Expr | None:
    # Functions are not held to their number of arguments, since a shape folds lists; the rest still counts.
    parser = _DIALECT.parser(error_level=ErrorLevel.IGNORE)
    trees = parser.parse(_DIALECT.tokenize(text), text)
    if parser.errors or len(trees) != 1 or not isinstance(trees[0], _KNOWN_STATEMENTS):
        return None
    return trees[0]


def _find_depth(words: Sequence[str]) -> int:
    depth = deepest = 0
    for word in words:
        depth += (word == "(") - (word == ")")
        deepest = max(deepest, depth)
    return deepest


def _find_parser_words(words: Sequence[str]) -> Iterator[str]:
    """The shape in the words that sqlglot knows: without aliases that were literals, REPLACE as INSERT."""
    before = ""
    for place, word in enumerate(words):
        following = words[place + 1] if place + 1 < len(words) else ""
        if (word == "AS" and following == "?") or (word == "?" and before == "AS"):
            pass
        elif word in _SELECT_MODIFIERS:
            continue
        elif word == "REPLACE" and place == 0:
            yield "INSERT"
        elif word == "IF" and following == "(":
            yield "COALESCE"
        elif word.upper() == "VALUE" and following == "(" and before in {")", "`"}:
            yield "VALUES"
        else:
            yield word
        before = word


def _find_scopes(tree: exp.Expr) -> Iterator[Scope]:
    common = {table.alias.casefold() for table in tree.find_all(exp.CTE)}
    read_out = set[int]()  # the queries, by id(), all of whose rows are wanted
    for node in tree.walk(bfs=False):
        if isinstance(node, exp.Query) and _is_read_out(node, read_out):
            read_out.add(id(node))
        if isinstance(node, _SCOPES):
            scope = _find_scope(node, common, read_out=id(node) in read_out)
            if scope.sweep == Sweep():
                read_out.add(id(_find_leading(node)))
            yield scope


def _is_read_out(query: exp.Expr, read_out: Collection[int]) -> bool:
    """Whether the statement wants all of the query's rows: as its answer, to store them, or as part of one."""
    parent = query.parent
    if isinstance(parent, _PASSING_ALL):
        return id(parent) in read_out and not parent.args.get("limit")
    if isinstance(parent, exp.Create):
        return parent.text("kind").upper() == "TABLE"
    return parent is None or (isinstance(parent, exp.Insert) and parent.expression is query)


def _find_scope(query: exp.Expr, common: set[str], *, read_out: bool) -> Scope:
    own = list(_find_own(query))
    found = {id(node): _find_source(node, common) for node in own if _is_source(node, query)}
    sources = tuple(found.values())
    roots = [node.this for node in own if isinstance(node, exp.Where)]
    roots += [node.args["on"] for node in own if isinstance(node, exp.Join) and node.args.get("on")]
    conditions = [condition for root in roots for condition in _find_conditions(root)]
    conditions += [pair for node in own if isinstance(node, exp.Join) for pair in _find_using(node, sources)]
    return Scope(
        sources=sources,
        conditions=tuple(conditions),
        limited=_is_limited(query, own),
        swept=found.get(id(_find_leading(query))),
        sweep=_find_sweep(query, own) if read_out else None,
    )


def _find_own(root: exp.Expr) -> Iterator[exp.Expr]:
    """The nodes below, without those of the queries inside."""
    for node in root.walk(bfs=False, prune=lambda node: node is not root and isinstance(node, _SCOPES)):
        if node is not root and not isinstance(node, _SCOPES):
            yield node


def _is_source(node: exp.Expr, query: exp.Expr) -> bool:
    parent = node.parent
    if isinstance(node, exp.Table):
        return node.arg_key != "tables" and bool(node.name)
    listed = isinstance(parent, exp.From | exp.Join) or (
        isinstance(parent, exp.Table) and parent is not query
    )
    return isinstance(node, exp.Subquery) and listed and bool(node.alias)


def _find_source(node: exp.Expr, common: set[str]) -> Source:
    name = node.name.casefold()
    alias = (node.alias or node.name).casefold()
    database = node.text("db").casefold() or None
    if isinstance(node, exp.Subquery) or (database is None and name in common):
        return Source(alias=alias, table=None)
    return Source(alias=alias, table=name, database=database)


def _find_using(join: exp.Join, sources: Sequence[Source]) -> Iterator[Condition]:
    joined = (join.this.alias or join.this.name).casefold()
    others = [source.alias for source in sources if source.alias != joined]
    for column in join.args.get("using") or ():
        name = column.name.casefold()
        columns = [Column(name=name, qualifier=joined)]
        columns += [Column(name=name, qualifier=other) for other in others if len(others) == 1]
        kind = ConditionKind.PAIR if len(columns) > 1 else ConditionKind.SUBQUERY
        yield Condition(kind=kind, columns=tuple(columns))


def _is_limited(query: exp.Expr, own: Sequence[exp.Expr]) -> bool:
    if not isinstance(query, exp.Select) or not query.args.get("limit") or query.args.get("offset"):
        return False
    if any(query.args.get(part) for part in ("where", "group", "having", "order", "distinct", "joins")):
        return False
    return not any(isinstance(node, exp.AggFunc | exp.Window) for node in own)


def _find_sweep(query: exp.Expr, own: Sequence[exp.Expr]) -> Sweep | None:
    """How the query reads what leads its FROM from end to end; None where something may bound it."""
    leading = _find_leading(query)
    if leading is None or not _reads_every_row(query, own):
        return None
    where = query.args.get("where")
    conditions = list(_find_conjuncts(where.this)) if where else []
    excluded = [
        _find_excluded(condition, leading, alone=not query.args.get("joins")) for condition in conditions
    ]
    guards = [_compares_literals(condition) for condition in conditions]
    if not all(guard or column for guard, column in zip(guards, excluded, strict=True)):
        return None
    return Sweep(excluded=frozenset(column for column in excluded if column), guarded=any(guards))


def _find_leading(query: exp.Expr) -> exp.Expr | None:
    """What FROM lists first, where all the rest is outer joined to it: then no other table bounds it."""
    listed = query.args.get("from_")
    if not isinstance(query, exp.Select) or listed is None:
        return None
    if any(join.args.get("side") != "LEFT" for join in query.args.get("joins") or ()):
        return None
    leading = listed.this
    bounded = any(leading.args.get(part) for part in ("joins", "partition", "sample"))
    return None if bounded else leading


def _reads_every_row(query: exp.Expr, own: Sequence[exp.Expr]) -> bool:
    """Whether the answer wants every row: an index alone may serve DISTINCT, groups, MIN, MAX and bare counts."""
    if any(query.args.get(part) for part in ("limit", "having", "distinct")):
        return False
    aggregates = [
        node for node in own if isinstance(node, exp.AggFunc) and not isinstance(node.parent, exp.Window)
    ]
    grouped = bool(query.args.get("group"))
    if not aggregates and not grouped:
        return True
    spared = (exp.Min, exp.Max, exp.AnyValue) if grouped else (exp.Min, exp.Max, exp.AnyValue, exp.Count)
    return any(
        not isinstance(node, spared) and not isinstance(node.this, exp.Distinct) for node in aggregates
    )


def _find_excluded(condition: exp.Expr, leading: exp.Expr, *, alone: bool) -> str:
    """The column of the leading table of which the condition leaves out one value; '' for any other condition."""
    if isinstance(condition, exp.Not):
        is_null = condition.this.unnest()
        left_out = isinstance(is_null, exp.Is) and isinstance(is_null.expression, exp.Null)
        column = is_null.this
    else:
        left_out = isinstance(condition, exp.NEQ) and isinstance(condition.expression, exp.Placeholder)
        column = condition.this
    if not left_out or not isinstance(column, exp.Column):
        return ""
    names = {leading.alias_or_name.casefold()} | ({""} if alone else set())
    return column.name.casefold() if column.table.casefold() in names else ""


def _compares_literals(condition: exp.Expr) -> bool:
    sides = (condition.this, condition.expression) if isinstance(condition, _COMPARISONS) else (condition,)
    return all(isinstance(side, exp.Placeholder | exp.Boolean) for side in sides)


def _find_conditions(root: exp.Expr) -> Iterator[Condition]:
    for node in _find_conjuncts(root):
        yield from _find_alternatives(node) if isinstance(node, exp.Or) else _find_single(node)


def _find_conjuncts(root: exp.Expr) -> Iterator[exp.Expr]:
    """The conditions that must all hold."""
    waiting = [root]
    while waiting:
        node = waiting.pop().unnest()
        if isinstance(node, exp.And):
            waiting += [node.expression, node.this]
        else:
            yield node


def _find_alternatives(root: exp.Or) -> Iterator[Condition]:
    """Alternatives over one column are a filter on it; over several columns no one index serves."""
    found: list[Condition] = []
    served = True
    waiting: list[exp.Expr] = [root]
    while waiting:
        node = waiting.pop().unnest()
        if isinstance(node, exp.Or | exp.And):
            waiting += [node.expression, node.this]
        else:
            conditions = list(_find_single(node))
            served = served and [condition.kind for condition in conditions] == [ConditionKind.FILTER]
            found += conditions
    columns = tuple(dict.fromkeys(column for condition in found for column in condition.columns))
    if columns:
        is_filter = served and len(columns) == 1
        yield Condition(kind=ConditionKind.FILTER if is_filter else ConditionKind.BLOCKED, columns=columns)


def _find_single(node: exp.Expr) -> Iterator[Condition]:
    if isinstance(node, exp.Escape):
        node = node.this
    if isinstance(node, _NOT_CONDITIONS) or node.args.get("negate"):
        return
    if isinstance(node, _COMPARISONS):
        yield from _compare(node, node.this.unnest(), node.expression.unnest())
    elif isinstance(node, exp.Like):
        yield from _compare(node, node.this.unnest(), node.expression.unnest(), mutual=False)
    elif isinstance(node, exp.Between):
        for bound in (node.args["low"], node.args["high"]):
            yield from _compare(node, node.this.unnest(), bound.unnest())
    elif isinstance(node, exp.In):
        yield from _find_in(node)
    elif isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
        yield from _compare(node, node.this.unnest(), node.expression)
    else:
        yield from _block(_find_columns(node))


def _find_in(node: exp.In) -> Iterator[Condition]:
    subject = node.this.unnest()
    subjects = subject.expressions if isinstance(subject, exp.Tuple) else [subject]
    listed = [column for value in node.expressions for column in _find_columns(value)]
    kind = ConditionKind.SUBQUERY if node.args.get("query") else ConditionKind.FILTER
    for part in subjects:
        if listed or not isinstance(part, exp.Column):
            yield from _block([*_find_columns(part), *listed])
        else:
            yield Condition(kind=kind, columns=(_column_of(part),))


def _compare(node: exp.Expr, left: exp.Expr, right: exp.Expr, *, mutual: bool = True) -> Iterator[Condition]:
    if isinstance(left, exp.Tuple) and isinstance(node, exp.EQ | exp.NullSafeEQ):
        for part in left.expressions:
            yield from _compare(node, part.unnest(), exp.Placeholder())
        return
    if mutual and isinstance(right, exp.Column) and not isinstance(left, exp.Column):
        left, right = right, left
    others = _find_columns(right)
    if not isinstance(left, exp.Column):
        yield from _block([*_find_columns(left), *others])
    elif isinstance(right, exp.Any | exp.All):
        yield Condition(kind=ConditionKind.SUBQUERY, columns=(_column_of(left),))
    elif not others:
        yield Condition(kind=ConditionKind.FILTER, columns=(_column_of(left),))
    else:
        kind = ConditionKind.PAIR if isinstance(right, exp.Column) else ConditionKind.COMPUTED
        yield Condition(kind=kind, columns=(_column_of(left), *others))


def _block(columns: Sequence[Column]) -> Iterator[Condition]:
    if columns:
        yield Condition(kind=ConditionKind.BLOCKED, columns=tuple(columns))


def _find_columns(node: exp.Expr) -> list[Column]:
    if isinstance(node, exp.Column):
        return [_column_of(node)]
    return [_column_of(inner) for inner in _find_own(node) if isinstance(inner, exp.Column)]


def _column_of(node: exp.Column) -> Column:
    return Column(name=node.name.casefold(), qualifier=node.table.casefold())


def parse_text(text: str) -> Outline | None:
    """The outline of a statement as a client sends it."""
    lexed = parse_tokens(text)
    return parse_outline(find_shape(lexed.tokens, cut=lexed.broken))
