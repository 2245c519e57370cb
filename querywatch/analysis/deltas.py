"""Turns successive readings of running totals into what happened in between."""

from collections.abc import Hashable, Mapping
from dataclasses import fields, is_dataclass
from typing import Generic, TypeVar

from querywatch.counters import NO_TOTALS, Difference, Reset, Totals, UserstatTotals, find_difference

Key = TypeVar("Key", bound=Hashable)

NO_USERSTAT = UserstatTotals(
    select_commands=0,
    update_commands=0,
    other_commands=0,
    busy_seconds=0.0,
    rows_read=0,
    rows_sent=0,
    rows_inserted=0,
    rows_updated=0,
    rows_deleted=0,
    access_denied=0,
    connections=0,
)


class TotalsTracker(Generic[Key]):
    """Remembers the last totals of each key.

    The first reading is the starting point and gives nothing. After it a new key counts from zero, for the
    readings were complete, and so does one that was reset: the server restarted or its table was truncated.
    """

    def __init__(self) -> None:
        self._last: dict[Key, Totals] | None = None

    @property
    def started(self) -> bool:
        """Whether there is a reading to compare with."""
        return self._last is not None

    def restart(self) -> None:
        """The server restarted: every total of the next reading counts from zero."""
        if self._last is not None:
            self._last = {}

    def forget(self) -> None:
        """Something else counts from now on: the next reading is a starting point again."""
        self._last = None

    def advance(self, rows: Mapping[Key, Totals], *, complete: bool = True) -> dict[Key, Difference]:
        """The differences of the keys that grew. A complete reading forgets the keys it does not hold."""
        if self._last is None:
            self._last = dict(rows)
            return {}
        grown = {}
        for key, totals in rows.items():
            difference = _grow(self._last.get(key, NO_TOTALS), totals)
            if difference.executions or difference.seconds:
                grown[key] = difference
        self._last = dict(rows) if complete else self._last | dict(rows)
        return grown


def _grow(earlier: Totals, later: Totals) -> Difference:
    difference = find_difference(earlier, later)
    if difference is Reset.RESET:
        difference = find_difference(NO_TOTALS, later)
    if isinstance(difference, Reset):
        raise TypeError("totals from zero never fall")
    return difference


class UserstatTracker:
    """The same for USER_STATISTICS, whose columns are others."""

    def __init__(self) -> None:
        self._last: Mapping[str, UserstatTotals] | None = None

    @property
    def started(self) -> bool:
        """Whether there is a reading to compare with."""
        return self._last is not None

    def forget(self) -> None:
        """Something else counts from now on: the next reading is a starting point again."""
        self._last = None

    def restart(self) -> None:
        """The server restarted: every total of the next reading counts from zero."""
        if self._last is not None:
            self._last = {}

    def advance(self, rows: Mapping[str, UserstatTotals]) -> dict[str, UserstatTotals]:
        """What each account did since the last reading, for those that did anything."""
        last, self._last = self._last, dict(rows)
        if last is None:
            return {}
        grown = {
            account: _subtract(last.get(account, NO_USERSTAT), totals) for account, totals in rows.items()
        }
        return {account: difference for account, difference in grown.items() if difference != NO_USERSTAT}


def _subtract(earlier: UserstatTotals, later: UserstatTotals) -> UserstatTotals:
    """The growth of each column; FLUSH USER_STATISTICS or SET GLOBAL userstat=0 made one fall: from zero."""
    if not is_dataclass(later):
        raise TypeError("not a row of USER_STATISTICS")
    names = [part.name for part in fields(later)]
    grown = {name: getattr(later, name) - getattr(earlier, name) for name in names}
    return later if any(growth < 0 for growth in grown.values()) else UserstatTotals(**grown)
