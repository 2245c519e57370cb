"""Finds the scopes of a parsed statement: its sources, and what of its conditions an index may serve."""

from collections.abc import Collection, Iterator, Sequence

from sqlglot import exp

from querywatch.model import Sweep
from querywatch.sql.access import Column, Condition, ConditionKind, Scope, Source

_SCOPES = (exp.Select, exp.Update, exp.Delete)
_VALUES = (exp.Placeholder, exp.Parameter)
_NOT_CONDITIONS = (exp.Not, exp.NEQ, exp.Exists, exp.Column, exp.MatchAgainst, exp.Subquery, *_VALUES)
_PASSING_ALL = (exp.Union, exp.Subquery)
_COMPARISONS = (exp.EQ, exp.NullSafeEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)


def find_scopes(tree: exp.Expr) -> Iterator[Scope]:
    """The outermost first."""
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
        left_out = isinstance(condition, exp.NEQ) and isinstance(condition.expression, _VALUES)
        column = condition.this
    if not left_out or not isinstance(column, exp.Column):
        return ""
    names = {leading.alias_or_name.casefold()} | ({""} if alone else set())
    return column.name.casefold() if column.table.casefold() in names else ""


def _compares_literals(condition: exp.Expr) -> bool:
    sides = (condition.this, condition.expression) if isinstance(condition, _COMPARISONS) else (condition,)
    return all(isinstance(side, (*_VALUES, exp.Boolean)) for side in sides)


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
