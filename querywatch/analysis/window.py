"""The last minutes of amounts, added up for the rules."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from querywatch.analysis.cost import find_weakest
from querywatch.analysis.estimates import Estimate
from querywatch.analysis.situation import AccountLoad, QueryLoad
from querywatch.attribution.amounts import AccountAmount, QueryAmount
from querywatch.model import Evidence

WINDOW_SECONDS = 300.0
_STARTS_KEPT = 64
_SHAPES_KEPT = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """What was laid to whom between two readings of the counters."""

    ended_at: float
    seconds: float
    accounts: tuple[AccountAmount, ...]
    queries: tuple[QueryAmount, ...]
    estimates: Mapping[str, Estimate] = field(default_factory=dict)  # integration -> what was sampled of it


class Window:
    """Keeps the intervals of the last minutes, and the start times last seen of the shapes seen last."""

    def __init__(self, length_seconds: float = WINDOW_SECONDS) -> None:
        self._length_seconds = length_seconds
        self._intervals: deque[Interval] = deque()
        self._starts: dict[tuple[str, str], deque[float]] = {}

    @property
    def seconds(self) -> float:
        """The time covered; a gap in sight is not."""
        return sum(interval.seconds for interval in self._intervals)

    def add(self, interval: Interval) -> None:
        """Takes one interval and forgets what is too old."""
        self._intervals.append(interval)
        while self._intervals[0].ended_at < interval.ended_at - self._length_seconds:
            self._intervals.popleft()

    def clear(self) -> None:
        """Forgets the intervals: what lies before a gap says nothing of now."""
        self._intervals.clear()

    def note_start(self, integration: str, fingerprint: str, started_at: float) -> None:
        """Remembers when an execution of a shape began."""
        starts = self._starts.setdefault((integration, fingerprint), deque(maxlen=_STARTS_KEPT))
        starts.append(started_at)
        if len(self._starts) > _SHAPES_KEPT:
            oldest_first = sorted(self._starts, key=lambda key: self._starts[key][-1])
            self._starts = {key: self._starts[key] for key in oldest_first[_SHAPES_KEPT // 5 :]}

    def find_account_loads(self, pace: Callable[[AccountAmount], float]) -> tuple[AccountLoad, ...]:
        """The accounts' sums; `pace` gives the least number of statements a minute that sampling proves."""
        sums = dict[tuple[str, str, str | None], AccountLoad]()
        for amount in (amount for interval in self._intervals for amount in interval.accounts):
            key = (amount.attribution.integration.name, amount.account, amount.host)
            load = sums.get(key)
            sums[key] = _make_account_load(amount, pace) if load is None else _add_account(load, amount)
        return tuple(sums.values())

    def find_estimates(self) -> dict[str, Estimate]:
        """Integration -> what was sampled of it, with how far that may be off."""
        sums = dict[str, Estimate]()
        for interval in self._intervals:
            for name, estimate in interval.estimates.items():
                sums[name] = sums.get(name, Estimate()).plus(estimate)
        return sums

    def find_query_loads(self) -> tuple[QueryLoad, ...]:
        """The shapes' sums."""
        grouped = defaultdict[tuple[str, str, str], list[QueryAmount]](list)
        for interval in self._intervals:
            for amount in interval.queries:
                grouped[amount.integration.name, amount.account, amount.statement.fingerprint].append(amount)
        return tuple(
            _make_query_load(amounts, tuple(sorted(self._starts.get((integration, fingerprint), ()))))
            for (integration, _, fingerprint), amounts in grouped.items()
        )

    def find_seconds(self) -> dict[str, float]:
        """Fingerprint -> the time that everybody's runs of the shape took."""
        sums = defaultdict[str, float](float)
        for interval in self._intervals:
            for amount in interval.queries:
                sums[amount.statement.fingerprint] += amount.seconds
        return sums


def add_known(one: float | None, other: float | None) -> float | None:
    """The sum of what is known; None when nothing is."""
    return _sum_known((one, other))


def _sum_known(amounts: Iterable[float | None]) -> float | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known else None


def _make_account_load(amount: AccountAmount, pace: Callable[[AccountAmount], float]) -> AccountLoad:
    return AccountLoad(
        integration=amount.attribution.integration,
        account=amount.account,
        host=amount.host,
        reason=amount.attribution.reason,
        statements=dict(amount.statements),
        seconds=amount.seconds,
        rows_examined=amount.rows_examined,
        rows_sent=amount.rows_sent,
        evidence=amount.evidence,
        statements_at_least_per_minute=pace(amount) if amount.evidence is Evidence.SAMPLED else 0.0,
        confidence=amount.attribution.confidence,
        shared=amount.attribution.shared,
    )


def _add_account(load: AccountLoad, amount: AccountAmount) -> AccountLoad:
    statements = dict(load.statements)
    for operation, count in amount.statements.items():
        statements[operation] = statements.get(operation, 0.0) + count
    return replace(
        load,
        statements=statements,
        seconds=load.seconds + amount.seconds,
        rows_examined=add_known(load.rows_examined, amount.rows_examined),
        rows_sent=add_known(load.rows_sent, amount.rows_sent),
        evidence=find_weakest((load.evidence, amount.evidence)),
    )


def _make_query_load(amounts: Sequence[QueryAmount], starts: tuple[float, ...]) -> QueryLoad:
    first = amounts[0]
    return QueryLoad(
        integration=first.integration,
        account=first.account,
        statement=first.statement,
        executions=sum(amount.executions for amount in amounts),
        seconds=sum(amount.seconds for amount in amounts),
        rows_examined=_sum_known([amount.rows_examined for amount in amounts]),
        rows_sent=_sum_known([amount.rows_sent for amount in amounts]),
        no_index_used=_sum_known([amount.no_index_used for amount in amounts]),
        evidence=find_weakest({amount.evidence for amount in amounts}),
        started_at=starts,
        reason=first.attribution.reason,
        confidence=first.attribution.confidence,
        shared=first.attribution.shared,
        supposed=all(amount.supposed for amount in amounts),
    )
