"""Finds pulls that ask for the same rows again and again: counted before each, or a long span of days every time."""

from collections.abc import Iterable
from dataclasses import dataclass

from querywatch.analysis.situation import QueryLoad

_LONG_SPAN_DAYS = 28.0
_AS_OFTEN = 0.8  # of the one's runs the other has at least
_ENDS = frozenset({"ORDER", "LIMIT"})
_COUNTS = frozenset({"COUNT"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Repetition:
    """How a shape repeats itself: whether its rows are counted first, and the days of the span it asks for."""

    counted_first: bool = False
    span_days: float | None = None


def find_repetition(load: QueryLoad, others: Iterable[QueryLoad]) -> Repetition | None:
    """How a shape repeats itself, beside the others that the same account runs; None where nothing shows that."""
    counted = any(_counts_the_same(other, load) for other in others)
    days = max((hint.days for hint in load.statement.hints if hint.days is not None), default=0.0)
    span_days = days if days >= _LONG_SPAN_DAYS else None
    if not counted and span_days is None:
        return None
    return Repetition(counted_first=counted, span_days=span_days)


def _counts_the_same(count: QueryLoad, pull: QueryLoad) -> bool:
    if (count.integration.name, count.account) != (pull.integration.name, pull.account):
        return False
    if not _is_count(count) or _is_count(pull):
        return False
    fewer, more = sorted((count.executions, pull.executions))
    if not fewer or fewer < _AS_OFTEN * more:
        return False
    wanted = _find_source(pull)
    return bool(wanted) and _find_source(count) == wanted


def _is_count(load: QueryLoad) -> bool:
    words = load.statement.shape.upper().replace("(", " ( ").split()
    return words[:1] == ["SELECT"] and bool(_COUNTS & set(words[1:3])) and "GROUP" not in words


def _find_source(load: QueryLoad) -> str:
    """What stands between FROM and the order: the rows that both are about."""
    words = load.statement.shape.split()
    upper = [word.upper() for word in words]
    if "FROM" not in upper:
        return ""
    start = upper.index("FROM")
    end = next((place for place in range(start, len(words)) if upper[place] in _ENDS), len(words))
    return " ".join(words[start:end]).casefold()
