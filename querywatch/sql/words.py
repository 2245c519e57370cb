"""Finds one's way among a shape's words: columns, conditions, clauses."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Self

_COMPARISONS = frozenset({"=", "<", ">", "<=", ">="})
MIRRORED = {"=": "=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
_CLAUSES = frozenset(
    {"WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "UNION", "FOR", "LOCK", "INTO", "PROCEDURE", "window"}
    | {
        "JOIN",
        "INNER",
        "LEFT",
        "RIGHT",
        "CROSS",
        "NATURAL",
        "STRAIGHT_JOIN",
        "ON",
        "USING",
        "intersect",
        "except",
    }
)
_CHAIN_STARTS = frozenset({"WHERE", "ON", "AND", "&&", "("})
_CHAIN_ENDS = _CLAUSES | {"AND", "&&", ")", ";", ""}
_LOOSE = frozenset({"OR", "||", "XOR", "NOT", "!"})
_ENDS_OF_VALUE = (
    _CHAIN_ENDS | _LOOSE | {",", "THEN", "WHEN", "ELSE", "END", "AS", "IS", "IN", "LIKE", "BETWEEN"}
)


class StepKind(Enum):
    """What is changed, and what must hold so that the meaning stays."""

    RANGE = "range"  # a function of a date or time column becomes a range; the column is of such a type
    BARE = (
        "bare"  # UPPER and LOWER go: the collation does not tell case apart; so do + and - of whole numbers
    )
    QUOTE = "quote"  # a number that a text column is compared with becomes a text
    UNION = "union"  # alternatives become queries of their own
    KEYSET = "keyset"  # OFFSET becomes "behind the last key"; the column is the table's whole primary key


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One change to one column, folded, of what `qualifier` names; '' where the statement writes none."""

    kind: StepKind
    column: str = ""
    qualifier: str = ""


class Slot(str):
    """A `?` that still knows which one of its statement it was."""

    place: int
    __slots__ = ("place",)

    def __new__(cls, text: str, place: int) -> Self:
        """The word, and its number among the statement's."""
        slot = super().__new__(cls, text)
        slot.place = place
        return slot

    def quoted(self) -> Self:
        """The same one, as a text."""
        return type(self)("'?'", self.place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One `expression operator value` among the words; `low` and `high` are the values of a BETWEEN."""

    start: int  # of all of it
    end: int
    operator: str  # as if the expression stood on the left
    value: tuple[str, ...]
    high: tuple[str, ...] = ()  # of BETWEEN alone


def spell_column(step: Step) -> tuple[str, ...]:
    """The words by which the statement names the column."""
    return (step.qualifier, ".", step.column) if step.qualifier else (step.column,)


def find_sequences(words: Sequence[str], wanted: Sequence[str]) -> Iterator[int]:
    """Where the wanted words stand behind one another, as whole names."""
    for place in range(len(words) - len(wanted) + 1):
        stands = all(word == words[place + step] for step, word in enumerate(wanted))
        if stands and words[place - 1 : place] != ["."] and find_word(words, place + len(wanted)) != ".":
            yield place


def find_word(words: Sequence[str], place: int) -> str:
    """The word there; '' outside of them."""
    return words[place] if 0 <= place < len(words) else ""


def find_comparison(words: Sequence[str], start: int, end: int) -> Comparison | None:
    """The comparison whose one side stands between the two places; None where it is another sort of condition."""
    operator = find_word(words, end)
    if operator == "BETWEEN":
        low_end = find_value_end(words, end + 1)
        high_end = find_value_end(words, low_end + 1)
        if find_word(words, low_end) != "AND":
            return None
        value, high = tuple(words[end + 1 : low_end]), tuple(words[low_end + 1 : high_end])
        return Comparison(start=start, end=high_end, operator=operator, value=value, high=high)
    if operator in _COMPARISONS:
        value_end = find_value_end(words, end + 1)
        value = tuple(words[end + 1 : value_end])
        return Comparison(start=start, end=value_end, operator=operator, value=value)
    operator = find_word(words, start - 1)
    if operator in _COMPARISONS:
        value_start = _find_value_start(words, start - 1)
        value = tuple(words[value_start : start - 1])
        return Comparison(start=value_start, end=end, operator=MIRRORED[operator], value=value)
    return None


def find_value_end(words: Sequence[str], start: int) -> int:
    """The place behind the expression that begins there."""
    depth, place = 0, start
    while place < len(words):
        word = words[place]
        if depth == 0 and (word in _ENDS_OF_VALUE or word in _COMPARISONS):
            break
        depth += (word == "(") - (word == ")")
        place += 1
    return place


def _find_value_start(words: Sequence[str], end: int) -> int:
    depth, place = 0, end
    while place > 0:
        word = words[place - 1]
        opens = word == "(" and depth == 0
        if opens or (
            depth == 0 and (word in _ENDS_OF_VALUE or word in _CHAIN_STARTS or word in _COMPARISONS)
        ):
            break
        depth += (word == ")") - (word == "(")
        place -= 1
    return place


def replace_condition(words: Sequence[str], found: Comparison, instead: Sequence[str]) -> list[str] | None:
    """The words with another condition, in parentheses beside OR and NOT; None where it is part of something else."""
    before, after = find_word(words, found.start - 1), find_word(words, found.end)
    if before == "AND" and _ends_between(words, found.start - 1):
        return None
    if before not in _CHAIN_STARTS | _LOOSE or after not in _CHAIN_ENDS | _LOOSE:
        return None
    if before == "(" and _is_argument(words, found.start - 1):
        return None
    loose = before in _LOOSE or after in _LOOSE
    inner = ["(", *instead, ")"] if loose and "AND" in instead else list(instead)
    return [*words[: found.start], *inner, *words[found.end :]]


def _is_argument(words: Sequence[str], place: int) -> bool:
    """Whether the parenthesis there holds something else than conditions."""
    while find_word(words, place) == "(":
        place -= 1
    return find_word(words, place) not in _CHAIN_STARTS | _LOOSE


def _ends_between(words: Sequence[str], place: int) -> bool:
    """Whether the AND there is the one of a BETWEEN."""
    depth = 0
    for word in reversed(words[:place]):
        depth += (word == ")") - (word == "(")
        if depth < 0 or (depth == 0 and word in {"AND", "OR", "WHERE", "ON", "&&", "||"}):
            return False
        if depth == 0 and word == "BETWEEN":
            return True
    return False


def find_clause(words: Sequence[str], start: int, names: frozenset[str]) -> int:
    """The place of the first of the words that stands outside of parentheses; the end where none does."""
    depth = 0
    for place in range(start, len(words)):
        depth += (words[place] == "(") - (words[place] == ")")
        if depth == 0 and words[place] in names:
            return place
    return len(words)


def split_outside(words: Sequence[str], separators: frozenset[str]) -> list[list[str]]:
    """The parts between separators that stand outside of parentheses, and that belong to no BETWEEN and no CASE."""
    parts: list[list[str]] = [[]]
    depth, between, cases = 0, False, 0
    for word in words:
        depth += (word == "(") - (word == ")")
        cases += (word == "CASE") - (word == "END")
        between = between or (depth == 0 and word == "BETWEEN")
        if depth == 0 and cases == 0 and word in separators and not (between and word == "AND"):
            parts.append([])
            between = False
            continue
        if depth == 0 and word == "AND":
            between = False
        parts[-1].append(word)
    return parts
