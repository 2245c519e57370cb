"""Cuts a statement along its clauses: alternatives become queries of their own, OFFSET becomes a key."""

from collections.abc import Sequence

from querywatch.sql.words import Step, find_clause, find_word, spell_column, split_outside

_OR = frozenset({"OR", "||"})
_AND = frozenset({"AND", "&&"})
_COMMA = frozenset({","})
_BEHIND_WHERE = frozenset(
    {"GROUP", "HAVING", "ORDER", "LIMIT", "UNION", "FOR", "LOCK", "INTO", "PROCEDURE", "window"}
)
_MAX_ALTERNATIVES = 4
# With one of these, the answers of two halves are not the halves of the answer.
_WHOLE = frozenset(
    {
        "GROUP",
        "HAVING",
        "UNION",
        "DISTINCT",
        "DISTINCTROW",
        "OVER",
        "INTO",
        "PROCEDURE",
        "WITH",
        "FOR",
        "LOCK",
        ";",
    }
    | {"SQL_CALC_FOUND_ROWS", "window", "intersect", "except"}
)
_AGGREGATES = frozenset(
    {
        "AVG",
        "BIT_AND",
        "BIT_OR",
        "BIT_XOR",
        "COUNT",
        "GROUP_CONCAT",
        "JSON_ARRAYAGG",
        "JSON_OBJECTAGG",
        "MAX",
        "MIN",
    }
    | {"STD", "STDDEV", "STDDEV_POP", "STDDEV_SAMP", "SUM", "VARIANCE", "VAR_POP", "VAR_SAMP"}
)
_JOINS = frozenset({"JOIN", "STRAIGHT_JOIN", ","})


def find_union(words: Sequence[str], _: Step) -> list[str] | None:
    """One query for each alternative of the outermost WHERE, each without the rows of those before it.

    None where the statement groups or counts what the alternatives bring together, or sorts it by what it hides.
    """
    where = find_clause(words, 0, frozenset({"WHERE"}))
    end = find_clause(words, where + 1, _BEHIND_WHERE)
    order = _find_order(words, end) if _is_plain_select(words) else None
    if order is None:
        return None
    parts = split_outside(words[where + 1 : end], _AND)
    if any(word in _OR | {"XOR"} for word in _find_outside(words[where + 1 : end])):
        parts = [list(words[where + 1 : end])]
    groups = [(place, split_outside(_unwrap(part), _OR)) for place, part in enumerate(parts)]
    found = [(place, group) for place, group in groups if 2 <= len(group) <= _MAX_ALTERNATIVES]
    if len(found) != 1:
        return None
    place, alternatives = found[0]
    rest = [word for part in [*parts[:place], *parts[place + 1 :]] for word in (*part, "AND")]
    return [*_join_queries([*words[: where + 1], *rest], alternatives), *order]


def _find_order(words: Sequence[str], start: int) -> list[str] | None:
    """ORDER BY and LIMIT from there on, by the names that the answer's columns have; None where they have none."""
    limit = find_clause(words, start, frozenset({"LIMIT"}))
    items = [
        _name_item(item)
        for item in split_outside(words[1 : find_clause(words, 0, frozenset({"FROM"}))], _COMMA)
    ]
    names = {name: path for path, name in items}
    ordered: list[str] = []
    for part in split_outside(words[start + 2 : limit], _COMMA) if start < limit else []:
        direction = part[-1:] if part[-1:] in (["ASC"], ["DESC"]) else []
        path = tuple(part[: len(part) - len(direction)])
        if len(path) not in {1, 3}:
            return None
        is_shown = names.get(path[-1]) == path or (len(path) == 1 and (path[0] in names or "*" in names))
        if not is_shown:
            return None
        ordered += [*([","] if ordered else ["ORDER", "BY"]), path[-1], *direction]
    return [*ordered, *words[limit:]] if find_word(words, start) in {"ORDER", "LIMIT", ""} else None


def _name_item(item: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """(what is selected, the name that the answer gives it)."""
    named = len(item) >= 3 and item[-2] == "AS"
    return tuple(item[:-2] if named else item), item[-1] if item else ""


def _join_queries(beginning: Sequence[str], alternatives: Sequence[Sequence[str]]) -> list[str]:
    joined: list[str] = []
    for place, alternative in enumerate(alternatives):
        joined += ["UNION", "ALL"] if place else []
        joined += [*beginning, *_wrap(alternative)]
        for earlier in alternatives[:place]:
            joined += ["AND", "(", *earlier, ")", "IS", "NOT", "TRUE"]
    return joined


def _wrap(condition: Sequence[str]) -> list[str]:
    return ["(", *condition, ")"] if len(split_outside(condition, _AND)) > 1 else list(condition)


def _unwrap(words: Sequence[str]) -> list[str]:
    """Without the parentheses around all of it."""
    inner = list(words)
    while inner[:1] == ["("] and find_clause(inner[:-1], 0, frozenset({")"})) == len(inner) - 1:
        inner = inner[1:-1]
    return inner


def _find_outside(words: Sequence[str]) -> list[str]:
    depth, found = 0, []
    for word in words:
        depth += (word == "(") - (word == ")")
        if depth == 0:
            found.append(word)
    return found


def _is_plain_select(words: Sequence[str]) -> bool:
    outside = _find_outside(words)
    aggregates = any(
        word in _AGGREGATES and find_word(outside, place + 1) == ")" for place, word in enumerate(outside)
    )
    called = any(word in _AGGREGATES for word in outside)
    return words[0] == "SELECT" and not aggregates and not called and not _WHOLE.intersection(outside)


def find_keyset(words: Sequence[str], step: Step) -> list[str] | None:
    """The page behind a key instead of the page behind so many rows, of one table read in the order of that key."""
    start = find_clause(words, 0, frozenset({"FROM"}))
    limit = find_clause(words, start, frozenset({"LIMIT"}))
    count = _find_count(words[limit:])
    where = find_clause(words, start, frozenset({"WHERE"}))
    order = find_clause(words, start, frozenset({"ORDER"}))
    column = spell_column(step)
    if (
        count is None
        or not _is_plain_select(words)
        or _JOINS.intersection(_find_outside(words[start : min(where, order, limit)]))
    ):
        return None
    operator = _find_direction(words[order:limit], column)
    if operator is None:
        return None
    condition = _find_condition(words[where + 1 : min(order, limit)])
    direction = [] if operator == ">" else ["DESC"]
    return [
        *words[: min(where, order, limit)],
        *("WHERE", *condition, *column, operator, "?"),
        *("ORDER", "BY", *column, *direction, "LIMIT", count),
    ]


def _find_count(limit: Sequence[str]) -> str | None:
    """The number of rows of `LIMIT offset, rows` or `LIMIT rows OFFSET offset`."""
    if tuple(limit) == ("LIMIT", "?", ",", "?"):
        return limit[3]
    return limit[1] if tuple(limit) == ("LIMIT", "?", "OFFSET", "?") else None


def _find_direction(order: Sequence[str], column: Sequence[str]) -> str | None:
    """How the next key compares; None where the rows are sorted by something else."""
    by = tuple(order[2:])
    if not order or by in {(*column,), (*column, "ASC"), (column[-1],), (column[-1], "ASC")}:
        return ">"
    return "<" if by in {(*column, "DESC"), (column[-1], "DESC")} else None


def _find_condition(where: Sequence[str]) -> list[str]:
    if not where:
        return []
    loose = any(word in _OR | {"XOR"} for word in _find_outside(where))
    return ["(", *where, ")", "AND"] if loose else [*where, "AND"]
