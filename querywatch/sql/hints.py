"""What is known of a statement's literals without holding one: their kinds, how many, how wide a span of days."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Self

from querywatch.sql.lexer import parse_tokens
from querywatch.sql.shape import find_shape

_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]\d.*)?")
_NUMBER = re.compile(r"\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*")
_QUOTES = frozenset({"'", '"'})
_SIGNS = "-+ "
_LONGEST_NUMBER = 18


class ValueKind(StrEnum):
    """What sort of literal stood there."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    STRING = "string"
    NUMERIC_STRING = "numeric-string"
    DATE = "date"  # a string that reads as a date, or as a date and time
    WILDCARD = "wildcard"  # a string that begins with % or _
    NULL = "null"
    HEX = "hex"
    UNKNOWN = "unknown"  # a placeholder, a variable, or nobody told

    @property
    def is_number(self) -> bool:
        """Whether a server compares it as a number."""
        return self in {ValueKind.INTEGER, ValueKind.DECIMAL}


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueHint:
    """What is known of what one `?` of a shape stands for."""

    kind: ValueKind = ValueKind.UNKNOWN
    values: int = 1  # how many the `?` stands for, in a list
    number: int | None = field(default=None, repr=False)  # of a LIMIT or an OFFSET alone
    is_offset: bool = False
    days: float | None = field(
        default=None, repr=False
    )  # from the date before to this one, where both are literals


Hints = tuple[ValueHint, ...]  # one for each `?` of the shape, in order


class _Mark(str):
    """A `?` that still knows what it stands for; none of them outlives `find_hints`."""

    kind: ValueKind
    values: int
    numbers: tuple[int, ...]  # of one or two whole numbers, as a LIMIT has them
    day: int | None
    __slots__ = ("day", "kind", "numbers", "values")

    @classmethod
    def of(cls, text: str) -> Self:
        """For a literal, or for several with commas between."""
        parts = list(_split(text))
        kinds = {_find_kind(part) for part in parts}
        mark = cls("?")
        mark.kind = kinds.pop() if len(kinds) == 1 else ValueKind.UNKNOWN
        mark.values = len(parts)
        mark.numbers = tuple(int(part) for part in parts if part.isdecimal() and len(part) < _LONGEST_NUMBER)
        mark.day = _find_day(parts[0]) if len(parts) == 1 else None
        return mark


def find_hints(
    text: str, *, ansi_quotes: bool | None = None, no_backslash_escapes: bool | None = None
) -> Hints:
    """One hint for each `?` of the text's shape, in order; none where the text ends inside a token."""
    lexed = parse_tokens(
        text, ansi_quotes=ansi_quotes, no_backslash_escapes=no_backslash_escapes, mark=_Mark.of
    )
    if lexed.broken:
        return ()
    words = find_shape(lexed.tokens)
    places = [place for place, word in enumerate(words) if word == "?"]
    hints = [_find_hint(words, place) for place in places]
    return tuple(_add_days(hints, [words[place] for place in places]))


def find_common_hints(some: Hints, others: Hints) -> Hints:
    """What is true of both, for texts of one shape; no hints are those of a text that told nothing."""
    if len(some) != len(others):
        return some or others
    found = tuple(_find_common(one, other) for one, other in zip(some, others, strict=True))
    return some if found == some else found


def _find_common(one: ValueHint, other: ValueHint) -> ValueHint:
    """Of numbers the least: nobody is told of more than every run does. But pages lead to the farthest OFFSET."""
    choose = max if one.is_offset else min
    return _make_hint(
        one.kind if one.kind is other.kind else ValueKind.UNKNOWN,
        min(one.values, other.values),
        None if one.number is None or other.number is None else choose(one.number, other.number),
        None if one.days is None or other.days is None else min(one.days, other.days),
        is_offset=one.is_offset,
    )


def _find_hint(words: Sequence[str], place: int) -> ValueHint:
    word = words[place]
    if not isinstance(word, _Mark):
        return _make_hint()
    before = words[place - 1] if place else ""
    if before not in {"LIMIT", "OFFSET"} and list(words[max(0, place - 3) : place - 1]) != ["LIMIT", "?"]:
        return _make_hint(word.kind, word.values)
    is_second = before == "," and len(word.numbers) > 1
    number = word.numbers[int(is_second)] if word.numbers else None
    is_first = before == "LIMIT" and list(words[place + 1 : place + 3]) == [",", "?"]
    return _make_hint(word.kind, number=number, is_offset=is_first or before == "OFFSET")


@lru_cache(maxsize=1_000)
def _make_hint(
    kind: ValueKind = ValueKind.UNKNOWN,
    values: int = 1,
    number: int | None = None,
    days: float | None = None,
    *,
    is_offset: bool = False,
) -> ValueHint:
    """Hints are kept by the thousand, and nearly all are alike."""
    return ValueHint(kind=kind, values=values, number=number, days=days, is_offset=is_offset)


def _add_days(hints: Sequence[ValueHint], words: Sequence[str]) -> Iterator[ValueHint]:
    before: int | None = None
    for hint, word in zip(hints, words, strict=True):
        day = word.day if isinstance(word, _Mark) else None
        if day is None or before is None or day < before:
            yield hint
        else:
            yield replace(hint, days=float(day - before))
        before = day


def _split(text: str) -> Iterator[str]:
    """The literals of a list; a comma within quotes parts nothing."""
    start, quote = 0, ""
    for place, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in _QUOTES:
            quote = character
        elif character == ",":
            yield text[start:place].strip()
            start = place + 1
    yield text[start:].strip()


def _find_kind(text: str) -> ValueKind:
    bare = text.lstrip(_SIGNS)
    if bare[:1] in _QUOTES:
        return _find_string_kind(bare[1:-1])
    lowered = bare[:2].casefold()
    if lowered in {"0x", "0b", "x'", "b'"}:
        return ValueKind.HEX
    if lowered == "n'":
        return _find_string_kind(bare[2:-1])
    if bare[:1].isdecimal() or bare[:1] == ".":
        return ValueKind.INTEGER if bare.isdecimal() else ValueKind.DECIMAL
    return ValueKind.NULL if bare.casefold() in {"null", "\\n"} else ValueKind.UNKNOWN


def _find_string_kind(content: str) -> ValueKind:
    if content[:1] in {"%", "_"}:
        return ValueKind.WILDCARD
    if _DATE.fullmatch(content):
        return ValueKind.DATE
    return ValueKind.NUMERIC_STRING if _NUMBER.fullmatch(content) else ValueKind.STRING


def _find_day(text: str) -> int | None:
    """The days since the beginning of the calendar."""
    found = _DATE.fullmatch(text[1:-1]) if text[:1] in _QUOTES else None
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3])).toordinal()
    except ValueError:
        return None
