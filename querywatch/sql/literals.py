"""What a statement's values tell of it, without any of them: which columns meet numbers, or patterns like '%x'."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from querywatch.sql.patterns import PATTERNS

_COMPARED = frozenset({"=", "<", ">", "<=", ">=", "!=", "<>"})
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_MAX_PARTS = 10_000
_WRITTEN = frozenset({"word", "symbol", "odd_word", "odd_symbol", "name"})
_VALUES = frozenset({"value", "double", "list", "rows"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Literals:
    """Columns by their folded names, and the numbers of the outermost LIMIT."""

    numbers: frozenset[str] = frozenset()  # compared with a number
    wildcards: frozenset[str] = frozenset()  # compared with a pattern that begins with a wildcard
    limit: int | None = None
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class _Part:
    text: str
    is_value: bool = False

    @property
    def is_number(self) -> bool:
        return self.is_value and _NUMBER.match(self.text) is not None

    @property
    def leads_with_wildcard(self) -> bool:
        return self.is_value and self.text[1:2] in {"%", "_"} and self.text[:1] in {"'", '"'}


def find_literals(
    text: str, *, ansi_quotes: bool | None = None, no_backslash_escapes: bool | None = None
) -> Literals:
    """Read from the text that a client sends; a sql_mode that is not known (None) is taken to be off."""
    parts = _find_parts(PATTERNS[bool(ansi_quotes), not no_backslash_escapes], text)
    numbers, wildcards = set[str](), set[str]()
    for place, part in enumerate(parts):
        following = parts[place + 1 : place + 4]
        words = [each.text.upper() for each in following]
        if part.is_value or not following:
            if part.is_number and words[:1] and words[0] in _COMPARED:
                numbers.add(_find_name(parts, place + 2))
            continue
        if _is_met_by_number(following, words):
            numbers.add(part.text)
        if _is_met_by_wildcard(following, words, parts[place + 4 : place + 5]):
            wildcards.add(part.text)
    limit, offset = _find_limit(parts)
    return Literals(
        numbers=frozenset(numbers - {""}), wildcards=frozenset(wildcards), limit=limit, offset=offset
    )


def _find_parts(pattern: re.Pattern[str], text: str) -> Sequence[_Part]:
    parts: list[_Part] = []
    for match in pattern.finditer(text):
        group = match.lastgroup or ""
        if group in _WRITTEN:
            parts.append(_Part(match[group].strip("`").casefold()))
        elif group in _VALUES:
            parts.append(_Part(match[group], is_value=True))
        if len(parts) >= _MAX_PARTS:
            break
    return parts


def _is_met_by_number(following: Sequence[_Part], words: Sequence[str]) -> bool:
    if words[0] in _COMPARED and len(following) > 1:
        return following[1].is_number
    if words[:2] in (["IN", "("], ["NOT", "IN"]):
        return following[-1].is_number
    return words[0] == "BETWEEN" and following[1].is_number if len(following) > 1 else False


def _is_met_by_wildcard(following: Sequence[_Part], words: Sequence[str], behind: Sequence[_Part]) -> bool:
    """LIKE '%x', LIKE CONCAT('%', x)."""
    if words[0] != "LIKE" or len(following) < 2:
        return False
    if words[1:3] == ["CONCAT", "("]:
        return bool(behind) and behind[0].leads_with_wildcard
    return following[1].leads_with_wildcard


def _find_name(parts: Sequence[_Part], place: int) -> str:
    """The last part of the name that begins there."""
    while place + 2 < len(parts) and parts[place + 1].text == ".":
        place += 2
    return "" if place >= len(parts) or parts[place].is_value else parts[place].text


def _find_limit(parts: Sequence[_Part]) -> tuple[int | None, int | None]:
    """(rows, offset) of the last LIMIT outside of parentheses."""
    depth, found = 0, None
    for place, part in enumerate(parts):
        depth += 0 if part.is_value else (part.text == "(") - (part.text == ")")
        if depth == 0 and not part.is_value and part.text == "limit":
            found = place
    if found is None:
        return None, None
    values = [part.text for part in parts[found + 1 : found + 4]]
    first, *rest = [*re.findall(r"\d+", values[0])] if values and parts[found + 1].is_value else [""]
    if rest:
        return int(rest[0]), int(first)
    if values[1:2] == [","] and len(values) > 2 and values[2].isdigit() and first:
        return int(values[2]), int(first)
    offset = int(values[2]) if values[1:2] == ["offset"] and values[2:] and values[2].isdigit() else None
    return (int(first) if first else None), offset
