"""The queries of a shape as far as indexes care, from its words alone: what each reads, under which conditions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from querywatch.sql.vocabulary import FUNCTIONS, KEYWORDS
from querywatch.sql.words import find_clause, find_word, split_outside

_SETS = frozenset({"UNION", "intersect", "except", ";"})
_BEHIND_FROM = _SETS | {
    *("WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "FOR", "LOCK", "INTO", "PROCEDURE", "window"),
}
_JOINS = frozenset({"JOIN", "INNER", "CROSS", "LEFT", "RIGHT", "OUTER", "NATURAL", "STRAIGHT_JOIN"})
_HINTS = frozenset({"USE", "FORCE", "IGNORE", "PARTITION"})
_AGGREGATES = frozenset({"SUM", "COUNT", "AVG", "MIN", "MAX", "GROUP_CONCAT", "STD", "STDDEV", "VARIANCE"})
_OPERATORS = {
    "=": "eq",
    "<=>": "eq",
    "<": "range",
    ">": "range",
    "<=": "range",
    ">=": "range",
    "BETWEEN": "range",
    "IN": "in",
    "LIKE": "like",
    "RLIKE": "regexp",
    "IS": "is-null",
    "!=": "not",
    "NOT": "not",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a FROM lists, folded; `table` is None for a derived table."""

    alias: str
    table: str | None
    database: str | None = None
    optional: bool = False  # the right side of a LEFT JOIN
    natural: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a comparison: the columns in it as (qualifier, name), and whether it is one column, unchanged."""

    columns: tuple[tuple[str, str], ...] = ()
    bare: bool = False
    function: str = ""


_NOTHING = Side()


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One of the conditions that must all hold; `alternatives` are those of an OR, of which one must."""

    operator: str = "other"
    left: Side = _NOTHING
    right: Side = _NOTHING
    alternatives: tuple["Condition", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One SELECT. `inside` says where it stands: '' outermost, 'from' a derived table, 'expression' elsewhere."""

    sources: tuple[Source, ...]
    conditions: tuple[Condition, ...]
    inside: str
    groups: bool
    orders: tuple[str, ...]  # the words behind ORDER BY
    limited: bool
    aggregates: bool
    stars: bool  # SELECT *, SELECT a.*


def parse_queries(words: Sequence[str]) -> tuple[Query, ...]:
    """Every SELECT, in order of appearance."""
    return tuple(_parse_query(words, start) for start, word in enumerate(words) if word == "SELECT")


def _parse_query(words: Sequence[str], start: int) -> Query:
    own = words[start : _find_end(words, start)]
    begin = find_clause(own, 0, frozenset({"FROM"}))
    end = find_clause(own, begin + 1, _BEHIND_FROM)
    where = find_clause(own, begin, frozenset({"WHERE"}))
    order = find_clause(own, begin, frozenset({"ORDER"}))
    limit = find_clause(own, begin, frozenset({"LIMIT"}))
    sources, joined = _parse_from(own[begin + 1 : end])
    conditions = [own[where + 1 : find_clause(own, where + 1, _BEHIND_FROM)], *joined]
    items = split_outside(own[1:begin], frozenset({","}))
    return Query(
        sources=tuple(sources),
        conditions=tuple(each for part in conditions for each in _parse_conditions(part)),
        inside=_find_place(words, start),
        groups=find_clause(own, begin, frozenset({"GROUP"})) < len(own) or "DISTINCT" in own[1:2],
        orders=tuple(own[order + 2 : limit]),
        limited=limit < len(own),
        aggregates=any(word in _AGGREGATES for item in items for word in item[:1]),
        stars=any(item[-1:] == ["*"] and len(item) in {1, 3} for item in items),
    )


def _find_end(words: Sequence[str], start: int) -> int:
    depth = 0
    for place in range(start, len(words)):
        depth += (words[place] == "(") - (words[place] == ")")
        if depth < 0 or (depth == 0 and words[place] in _SETS):
            return place
    return len(words)


def _find_place(words: Sequence[str], start: int) -> str:
    place = start
    while place > 0 and words[place - 1] == "(":
        place -= 1
    before = find_word(words, place - 1)
    if place == 0 or before in {"ALL", "UNION", "DISTINCT"}:
        return ""
    listed = before in {"FROM", ",", "JOIN", "STRAIGHT_JOIN", "AS"}
    return "from" if listed and place < start else "expression"


def _parse_from(words: Sequence[str]) -> tuple[list[Source], list[Sequence[str]]]:
    """(the sources, the words of their ON and USING conditions)."""
    sources: list[Source] = []
    conditions: list[Sequence[str]] = []
    place, kind = 0, set[str]()
    while place < len(words):
        word = words[place]
        if word == "," or word in _JOINS:
            kind = set() if word == "," else kind | {word}
            place += 1
        elif word == "ON":
            end = _find_join(words, place + 1)
            conditions.append(words[place + 1 : end])
            place, kind = end, set()
        elif word in {"USING", *_HINTS}:
            end = _find_close(words, find_clause(words, place, frozenset({"("})))
            conditions += [_make_using(sources, words[place + 2 : end - 1])] if word == "USING" else []
            place = max(end, place + 1)
        else:
            inner, joined, place = _parse_factor(words, place, kind)
            sources, conditions, kind = [*sources, *inner], [*conditions, *joined], set()
    return sources, conditions


def _find_join(words: Sequence[str], start: int) -> int:
    """Where the next source begins. LEFT and RIGHT are functions too."""
    depth = 0
    for place in range(start, len(words)):
        word = words[place]
        depth += (word == "(") - (word == ")")
        called = word in {"LEFT", "RIGHT"} and find_word(words, place + 1) == "("
        if depth == 0 and (word == "," or word in _JOINS) and not called:
            return place
    return len(words)


def _parse_factor(
    words: Sequence[str], place: int, kind: set[str]
) -> tuple[list[Source], list[Sequence[str]], int]:
    """(one source, or those of a join in parentheses; their conditions; the place behind)."""
    optional, natural = "LEFT" in kind, "NATURAL" in kind
    if words[place] == "(":
        end = _find_close(words, place)
        inside = words[place + 1 : end - 1]
        if inside and inside[0] not in {"SELECT", "("}:
            return (*_parse_from(inside), end)
        alias, end = _parse_alias(words, end)
        return [Source(alias=alias, table=None, optional=optional, natural=natural)], [], end
    path = [words[place]]
    end = place + 1
    while find_word(words, end) == "." and end + 1 < len(words):
        path.append(words[end + 1])
        end += 2
    alias, end = _parse_alias(words, end)
    source = Source(
        alias=alias or _bare(path[-1]),
        table=_bare(path[-1]),
        database=_bare(path[-2]) if len(path) > 1 else None,
        optional=optional,
        natural=natural,
    )
    return [source], [], end


def _parse_alias(words: Sequence[str], place: int) -> tuple[str, int]:
    if find_word(words, place) == "AS":
        return _bare(find_word(words, place + 1)), place + 2
    word = find_word(words, place)
    is_name = bool(word) and (word[0].isalnum() or word[0] in "`_$") and word not in KEYWORDS
    return (_bare(word), place + 1) if is_name else ("", place)


def _make_using(sources: Sequence[Source], columns: Sequence[str]) -> Sequence[str]:
    words: list[str] = []
    for column in columns:
        if column != "," and len(sources) > 1:
            words += ["AND"] if words else []
            words += [sources[-2].alias, ".", column, "=", sources[-1].alias, ".", column]
    return words


def _find_close(words: Sequence[str], place: int) -> int:
    depth = 0
    for end in range(place, len(words)):
        depth += (words[end] == "(") - (words[end] == ")")
        if depth == 0:
            return end + 1
    return len(words)


def _parse_conditions(words: Sequence[str]) -> Iterator[Condition]:
    inner = _unwrap(words)
    if not inner:
        return
    alternatives = split_outside(inner, frozenset({"OR", "||", "XOR"}))
    parts = split_outside(inner, frozenset({"AND", "&&"}))
    if len(alternatives) > 1:
        yield Condition(alternatives=tuple(each for part in alternatives for each in _parse_conditions(part)))
    elif len(parts) > 1:
        for part in parts:
            yield from _parse_conditions(part)
    else:
        yield _parse_comparison(inner)


def _parse_comparison(words: Sequence[str]) -> Condition:
    place = find_clause(words, 0, frozenset(_OPERATORS))
    operator = _OPERATORS.get(find_word(words, place), "other")
    denied = operator == "is-null" and find_word(words, place + 1) == "NOT"
    if denied or words[0] in {"NOT", "!"} or "EXISTS" in words[:2]:
        operator = "not"
    return Condition(
        operator=operator, left=_parse_side(words[:place]), right=_parse_side(words[place + 1 :])
    )


def _parse_side(words: Sequence[str]) -> Side:
    inner = _unwrap(words)
    if "SELECT" in inner:
        return _NOTHING
    columns: list[tuple[str, str]] = []
    place = 0
    while place < len(inner):
        path = _find_path(inner, place)
        if path:
            columns.append((_bare(path[-2]) if len(path) > 1 else "", _bare(path[-1])))
        place += max(1, 2 * len(path) - 1)
    bare = len(columns) == 1 and len(inner) == 2 * len(_find_path(inner, 0)) - 1
    called = (word for at, word in enumerate(inner) if find_word(inner, at + 1) == "(" and word in FUNCTIONS)
    return Side(columns=tuple(columns), bare=bare, function=next(called, ""))


def _find_path(words: Sequence[str], place: int) -> list[str]:
    """The parts of the column that is named there; none where something else stands."""
    parts: list[str] = []
    while place < len(words) and _is_name(words[place], find_word(words, place + 1)):
        parts.append(words[place])
        if find_word(words, place + 1) != ".":
            return parts
        place += 2
    return parts


def _is_name(word: str, following: str) -> bool:
    if word[0] == "`":
        return True
    if following == "(" or word in KEYWORDS or (word.isupper() and word in FUNCTIONS):
        return False
    return word[0].isalnum() or word[0] in "_$" or not word[0].isascii()


def _bare(word: str) -> str:
    return word[1:-1].replace("``", "`") if word[:1] == "`" else word


def _unwrap(words: Sequence[str]) -> Sequence[str]:
    while words[:1] and words[0] == "(" and _find_close(words, 0) == len(words):
        words = words[1:-1]
    return words
