"""Takes what a judge learns to the state file and from it: what is usual, and what is used of a day's budgets."""

from collections.abc import Iterable, Iterator

from querywatch.analysis.budgets_burn import BurnBook
from querywatch.analysis.leaks import Leaks
from querywatch.store.baselines import BaselineRow

_CONNECTIONS, _BURN = "connections", "burn"  # a row is of an account, of a budget's setting

Entry = tuple[str, str, tuple[float, ...]]


class Lasting:
    """The usual number of connections and the day's use of one server, beside the baselines of its shapes."""

    def __init__(self, leaks: Leaks, burns: BurnBook) -> None:
        self._leaks = leaks
        self._burns = burns

    def recall(self, rows: Iterable[BaselineRow], now: float) -> None:
        """Takes up what was kept; what another querywatch kept otherwise is learnt anew."""
        for row in rows:
            entry = (row.integration, row.fingerprint, tuple(row.numbers))
            try:
                if row.measure == _CONNECTIONS:
                    self._leaks.load([entry])
                elif row.measure == _BURN:
                    self._burns.load([entry], now)
            except ValueError:
                continue

    def find_rows_to_save(self, now: float) -> Iterator[BaselineRow]:
        """All of it: a few numbers of each account and budget."""
        yield from _make_rows(_CONNECTIONS, self._leaks.to_rows())
        yield from _make_rows(_BURN, self._burns.to_rows(now))


def _make_rows(measure: str, entries: Iterable[Entry]) -> Iterator[BaselineRow]:
    for integration, subject, numbers in entries:
        yield BaselineRow(integration=integration, fingerprint=subject, measure=measure, numbers=numbers)
