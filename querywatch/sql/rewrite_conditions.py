"""Turns conditions around, so that a column stands bare and an index that leads with it serves."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from querywatch.sql.words import (
    Comparison,
    Slot,
    Step,
    find_comparison,
    find_sequences,
    find_word,
    replace_condition,
    spell_column,
)

_DAY = ("+", "INTERVAL", "1", "DAY")
_DATE_UNITS = frozenset({"DAY", "WEEK", "MONTH", "QUARTER", "YEAR"})
# A month has not always as many days: taking one away is not the opposite of adding one.
_EVEN_UNITS = frozenset({"DAY", "WEEK", "HOUR", "MINUTE", "SECOND"})
_PLAIN = frozenset({"?", "(", ")", ",", "+", "-", "INTERVAL"})
_DATES = frozenset({"CURDATE", "CURRENT_DATE", "DATE", "DATE_ADD", "DATE_SUB", "LAST_DAY", "MAKEDATE"})
_MOMENTS = _DATES | {"NOW", "CURRENT_TIMESTAMP", "UTC_TIMESTAMP", "FROM_UNIXTIME"}
_TODAY = ("CURDATE", "(", ")")
_NOW = frozenset(
    {("NOW", "(", ")"), ("CURRENT_TIMESTAMP",), ("CURRENT_TIMESTAMP", "(", ")"), _TODAY, ("CURRENT_DATE",)}
)

Words = tuple[str, ...]
_Condition = Callable[[Words, Comparison], Words | None]  # (column, comparison) -> the words instead of it


def find_range(words: Sequence[str], step: Step) -> list[str] | None:
    """The words with a range over the column wherever a function of it was compared; None where none was."""
    column = spell_column(step)
    changed = _join_month(list(words), column)
    for spelled, instead in _find_forms(column):
        changed = _replace_all(changed, spelled, partial(instead, column))
    for place in reversed(list(find_sequences(changed, column))):
        changed = _move_interval(changed, place, column) or changed
        changed = _turn_difference(changed, place, column) or changed
    return changed if changed != list(words) else None


def _find_forms(column: Words) -> Iterator[tuple[Words, _Condition]]:
    for spelled in (
        ("DATE", "(", *column, ")"),
        ("CAST", "(", *column, "AS", "date", ")"),
        ("CONVERT", "(", *column, ",", "date", ")"),
    ):
        yield spelled, _make_days
    for spelled in (("YEAR", "(", *column, ")"), ("EXTRACT", "(", "year", "FROM", *column, ")")):
        yield spelled, _make_years
    yield ("TO_DAYS", "(", *column, ")"), _make_day_numbers
    yield ("UNIX_TIMESTAMP", "(", *column, ")"), _make_seconds


def _replace_all(words: list[str], spelled: Words, make: Callable[[Comparison], Words | None]) -> list[str]:
    """Every comparison of what is spelled so, the last first, so that the places before it stay."""
    for place in reversed(list(find_sequences(words, spelled))):
        found = find_comparison(words, place, place + len(spelled))
        instead = make(found) if found is not None else None
        if found is not None and instead is not None:
            words = replace_condition(words, found, instead) or words
    return words


def _make_days(column: Words, found: Comparison) -> Words | None:
    if not _is_date(found.value) or (found.high and not _is_date(found.high)):
        return None
    return _make_span(column, found, found.value, (*(found.high or found.value), *_DAY))


def _make_years(column: Words, found: Comparison) -> Words | None:
    years = [value for value in (found.value, found.high) if value]
    if not all(_is_year(value) for value in years):
        return None
    first, last = years[0], years[-1]
    return _make_span(
        column,
        found,
        ("MAKEDATE", "(", *first, ",", "1", ")"),
        ("MAKEDATE", "(", *last, "+", "1", ",", "1", ")"),
    )


def _join_month(words: list[str], column: Words) -> list[str]:
    """`YEAR(column) = ... AND MONTH(column) = ...` behind one another, in either order, as one month."""
    year, month = ("YEAR", "(", *column, ")"), ("MONTH", "(", *column, ")")
    for first, second in ((year, month), (month, year)):
        for place in reversed(list(find_sequences(words, first))):
            found = find_comparison(words, place, place + len(first))
            following = (
                None if found is None else find_comparison(words, found.end + 1, found.end + 1 + len(second))
            )
            if found is None or following is None or find_word(words, found.end) != "AND":
                continue
            if (found.operator, following.operator) != ("=", "=") or find_word(words, place - 1) == "=":
                continue
            if tuple(words[found.end + 1 : found.end + 1 + len(second)]) != second:
                continue
            values = (found.value, following.value) if first == year else (following.value, found.value)
            whole = replace(found, end=following.end)
            words = (
                replace_condition(words, whole, _make_month(column, *values) or words[place : whole.end])
                or words
            )
    return words


def _make_month(column: Words, year: Words, month: Words) -> Words | None:
    if not _is_year(year) or not (month == ("?",) or _strip_call(month, "MONTH") in _NOW):
        return None
    start = ("MAKEDATE", "(", *year, ",", "1", ")", "+", "INTERVAL", *month)
    return (*column, ">=", *start, "-", "1", "MONTH", "AND", *column, "<", *start, "MONTH")


def _make_span(column: Words, found: Comparison, begin: Words, end: Words) -> Words | None:
    """From the beginning of the first value's span to before the end of the last one's."""
    since, until = (*column, ">=", *begin), (*column, "<", *end)
    return {
        "=": (*since, "AND", *until),
        "BETWEEN": (*since, "AND", *until),
        ">=": since,
        "<": (*column, "<", *begin),
        ">": (*column, ">=", *end),
        "<=": until,
    }[found.operator]


def _make_day_numbers(column: Words, found: Comparison) -> Words | None:
    """TO_DAYS of the column against TO_DAYS of a value."""
    inner = [_strip_call(value, "TO_DAYS") for value in (found.value, found.high) if value]
    days = [_to_date(value) for value in inner if value]
    if len(days) != (2 if found.high else 1) or not all(days):
        return None
    plain = replace(found, value=days[0] or (), high=(days[-1] or ()) if found.high else ())
    return _make_days(column, plain)


def _make_seconds(column: Words, found: Comparison) -> Words | None:
    """UNIX_TIMESTAMP knows whole seconds, and so do the columns."""
    allowed = _PLAIN | _MOMENTS | _DATE_UNITS | _EVEN_UNITS | {"UNIX_TIMESTAMP"}
    if not _is_made_of(found.value, allowed) or found.operator == "BETWEEN":
        return None
    inner = _strip_call(found.value, "UNIX_TIMESTAMP")
    return (*column, found.operator, *(inner or ("FROM_UNIXTIME", "(", *found.value, ")")))


def _move_interval(words: Sequence[str], place: int, column: Words) -> list[str] | None:
    """`column + INTERVAL ? DAY > value`, DATE_ADD too: the interval goes to the other side."""
    name, end = find_word(words, place - 2), place + len(column)
    called = name in {"DATE_ADD", "DATE_SUB"} and find_word(words, place - 1) == "("
    sign = {"DATE_ADD": "+", "DATE_SUB": "-"}.get(name, "") if called else find_word(words, end)
    interval_end = end + 5 if called else end + 4
    interval = tuple(words[end + 1 : end + 4])
    if interval[:2] != ("INTERVAL", "?") or interval[2:] not in {(unit,) for unit in _EVEN_UNITS}:
        return None
    if sign not in {"+", "-"} or (
        called and (find_word(words, end) != "," or find_word(words, end + 4) != ")")
    ):
        return None
    found = find_comparison(words, place - 2 if called else place, interval_end)
    if (
        found is None
        or found.high
        or not _is_made_of(found.value, _PLAIN | _MOMENTS | _DATE_UNITS | _EVEN_UNITS)
    ):
        return None
    back = "-" if sign == "+" else "+"
    return replace_condition(words, found, (*column, found.operator, *found.value, back, *interval))


def _turn_difference(words: Sequence[str], place: int, column: Words) -> list[str] | None:
    """DATEDIFF(today, column) <= days: since so many days ago; DATEDIFF(column, today) the other way round."""
    for start in (place - 2, _find_call(words, place)):
        if find_word(words, start) != "DATEDIFF":
            continue
        inside, end = _find_arguments(words, start)
        if len(inside) != 2 or column not in {tuple(part) for part in inside}:
            continue
        since = tuple(inside[1]) == column
        day = _to_date(tuple(inside[0] if since else inside[1]))
        found = find_comparison(words, start, end)
        if day is None or found is None or found.high or found.value != ("?",):
            return None
        return replace_condition(words, found, _make_distance(column, day, found, since=since))
    return None


def _make_distance(column: Words, day: Words, found: Comparison, *, since: bool) -> Words:
    """What lies so many days before the day (`since`) or behind it, as bounds of the column."""
    number = found.value[0]
    exact = (*day, "-" if since else "+", "INTERVAL", number, "DAY")
    behind = (*exact, *_DAY)  # the day after that one
    operator = (
        {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(found.operator, "=") if since else found.operator
    )
    return {
        "=": (*column, ">=", *exact, "AND", *column, "<", *behind),
        ">=": (*column, ">=", *exact),
        "<": (*column, "<", *exact),
        ">": (*column, ">=", *behind),
        "<=": (*column, "<", *behind),
    }[operator]


def find_bare(words: Sequence[str], step: Step) -> list[str] | None:
    """The words without UPPER or LOWER around the column, and with what is added to it on the other side."""
    column = spell_column(step)
    changed = list(words)
    for name in ("UPPER", "LOWER"):
        changed = _replace_all(changed, (name, "(", *column, ")"), partial(_make_bare, column))
    for place in reversed(list(find_sequences(changed, column))):
        changed = _move_number(changed, place, column) or changed
    return changed if changed != list(words) else None


def _make_bare(column: Words, found: Comparison) -> Words | None:
    value = _strip_call(found.value, "UPPER") or _strip_call(found.value, "LOWER") or found.value
    return None if found.high or value != ("?",) else (*column, found.operator, *value)


def _move_number(words: Sequence[str], place: int, column: Words) -> list[str] | None:
    end = place + len(column)
    sign, number = find_word(words, end), find_word(words, end + 1)
    found = find_comparison(words, place, end + 2)
    if sign not in {"+", "-"} or number != "?" or found is None or found.high or found.value != ("?",):
        return None
    back = "-" if sign == "+" else "+"
    return replace_condition(words, found, (*column, found.operator, *found.value, back, number))


def find_quoted(words: Sequence[str], step: Step) -> list[str] | None:
    """The words with the values that the column is compared with in quotes."""
    column = spell_column(step)
    changed = list(words)
    for place in find_sequences(words, column):
        end = place + len(column)
        listed = tuple(words[end : end + 4]) == ("IN", "(", "?", ")")
        found = find_comparison(words, place, end)
        if listed:
            changed[end + 2] = _quote(words[end + 2])
        elif found is not None and not found.high and found.value == ("?",):
            value = found.start if found.start < place else found.end - 1
            changed[value] = _quote(words[value])
    return changed if changed != list(words) else None


def _quote(word: str) -> str:
    return word.quoted() if isinstance(word, Slot) else "'?'"


def _is_date(value: Words) -> bool:
    """Whether the value is a day, with no time of day; of a literal that is taken for granted."""
    if _strip_call(value, "DATE") is not None or _strip_call(value, "LAST_DAY") is not None:
        return _is_made_of(value, _PLAIN | _MOMENTS | _DATE_UNITS | _EVEN_UNITS)
    return _is_made_of(value, _PLAIN | _DATES | _DATE_UNITS)


def _is_year(value: Words) -> bool:
    return value == ("?",) or (_strip_call(value, "YEAR") in _NOW)


def _to_date(value: Words) -> Words | None:
    """The value's day."""
    if value in _NOW:
        return _TODAY
    return value if _is_date(value) else None


def _is_made_of(value: Words, allowed: frozenset[str]) -> bool:
    return bool(value) and all(word in allowed for word in value)


def _strip_call(value: Words, name: str) -> Words | None:
    """The argument, where the value is one call of that function; None where it is not."""
    if value[:2] != (name, "(") or value[-1:] != (")",):
        return None
    depth = 0
    for place, word in enumerate(value):
        depth += (word == "(") - (word == ")")
        if depth == 0 and place > 0 and place < len(value) - 1:
            return None
    return value[2:-1]


def _find_call(words: Sequence[str], place: int) -> int:
    """Where the function stands whose arguments the place is among."""
    depth = 0
    for start in range(place - 1, 0, -1):
        depth += (words[start] == ")") - (words[start] == "(")
        if depth < 0:
            return start - 1
    return -1


def _find_arguments(words: Sequence[str], start: int) -> tuple[list[list[str]], int]:
    """(the arguments, the place behind the call)."""
    arguments: list[list[str]] = [[]]
    depth = 0
    for place in range(start + 1, len(words)):
        word = words[place]
        depth += (word == "(") - (word == ")")
        if depth == 0:
            return arguments, place + 1
        if word == "," and depth == 1:
            arguments.append([])
        elif place > start + 1:
            arguments[-1].append(word)
    return arguments, len(words)
