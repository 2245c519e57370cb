"""The last minutes of amounts, added up for the rules."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from querywatch.analysis.cost import find_weakest
from querywatch.analysis.estimates import Estimate
from querywatch.analysis.situation import AccountLoad, QueryLoad
from querywatch.attribution.amounts import AccountAmount, QueryAmount
from querywatch.model import Evidence, Statement

WINDOW_SECONDS = 300.0
_STARTS_KEPT = 64
_STARTS_KEPT_SECONDS = 3600.0
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
    """Keeps the intervals of the last minutes, and the sighted start times of the last hour."""

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
            self._starts = {
                key: kept
                for key, kept in self._starts.items()
                if kept[-1] > started_at - _STARTS_KEPT_SECONDS
            }

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

    def find_query_loads(self, render: Callable[[Statement], str]) -> tuple[QueryLoad, ...]:
        """The shapes' sums, with their shapes as they may be shown."""
        sums = dict[tuple[str, str, str], QueryLoad]()
        for amount in (amount for interval in self._intervals for amount in interval.queries):
            key = (amount.integration.name, amount.account, amount.statement.fingerprint)
            load = sums.get(key)
            if load is not None:
                sums[key] = _add_query(load, amount)
                continue
            starts = self._starts.get((amount.integration.name, amount.statement.fingerprint), ())
            sums[key] = _make_query_load(amount, render(amount.statement), tuple(sorted(starts)))
        return tuple(sums.values())


def add_known(one: float | None, other: float | None) -> float | None:
    """The sum of what is known; None when nothing is."""
    known = [amount for amount in (one, other) if amount is not None]
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


def _make_query_load(amount: QueryAmount, outward_shape: str, starts: tuple[float, ...]) -> QueryLoad:
    return QueryLoad(
        integration=amount.integration,
        account=amount.account,
        statement=amount.statement,
        outward_shape=outward_shape,
        executions=amount.executions,
        seconds=amount.seconds,
        rows_examined=amount.rows_examined,
        rows_sent=amount.rows_sent,
        no_index_used=amount.no_index_used,
        evidence=amount.evidence,
        started_at=starts,
        reason=amount.attribution.reason,
        confidence=amount.attribution.confidence,
        shared=amount.attribution.shared,
    )


def _add_query(load: QueryLoad, amount: QueryAmount) -> QueryLoad:
    return replace(
        load,
        executions=load.executions + amount.executions,
        seconds=load.seconds + amount.seconds,
        rows_examined=add_known(load.rows_examined, amount.rows_examined),
        rows_sent=add_known(load.rows_sent, amount.rows_sent),
        no_index_used=add_known(load.no_index_used, amount.no_index_used),
        evidence=find_weakest((load.evidence, amount.evidence)),
    )
