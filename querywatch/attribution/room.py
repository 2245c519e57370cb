"""Keeps how much of each place's own counters is not laid to any shape yet."""

from collections.abc import Mapping

from querywatch.attribution.fit import Entry, Place, sum_places
from querywatch.counters import AccountKey, Difference
from querywatch.model import Operation

MEASURES = ("executions", "seconds", "rows_examined")
# The two margins are read some milliseconds apart, and a busy server counts on meanwhile: what one has more than
# the other is carried into the next interval, up to so much.
_CARRIED_SHARE = 0.05
_CARRIED_EXECUTIONS = 5.0
_UNLIMITED = float("inf")


class Room:
    """The places' margins of one interval after the other, each with what the last one carried over."""

    def __init__(self) -> None:
        self._counted: dict[str, dict[Place, float]] = {}
        self._left: dict[str, dict[Place, float]] = {measure: {} for measure in MEASURES}
        self._unlimited = False

    def open(self, margins: Mapping[AccountKey, Difference] | None, *, complete: bool) -> None:
        """Begins an interval. Without `margins` nothing is limited, and no place is known."""
        self._unlimited = margins is None or not complete
        places = {
            Place(key.account, key.host, key.operation): grown for key, grown in (margins or {}).items()
        }
        for measure in MEASURES:
            counted = {place: float(getattr(grown, measure)) for place, grown in places.items()}
            carried = self._left[measure] if margins is not None else {}
            self._counted[measure] = counted
            self._left[measure] = {
                place: counted.get(place, 0.0) + carried.get(place, 0.0) for place in counted | carried
            }

    def take(self, measure: str, laid: Mapping[str, Mapping[Entry, float]]) -> None:
        """What was laid has no room any more; what is laid whole may take more than there is."""
        left = self._left[measure]
        for place, amount in sum_places(laid).items():
            if place in left or not self._unlimited:
                left[place] = left.get(place, 0.0) - amount

    def close(self) -> None:
        """Ends the interval: keeps what the next one is to begin with."""
        for measure, left in self._left.items():
            counted = self._counted[measure]
            most = {place: self._find_tolerance(measure, counted.get(place, 0.0)) for place in left}
            self._left[measure] = {
                place: kept
                for place, rest in left.items()
                if (kept := max(-most[place], min(most[place], rest)))
            }

    def find_limit(self, measure: str, place: Place) -> float:
        """How much more may be laid to a place."""
        if place not in self._left[measure] and self._unlimited:
            return _UNLIMITED
        return max(0.0, self._left[measure].get(place, 0.0))

    def find_places(self) -> dict[Place, float]:
        """The places that have executions left, and how many."""
        return {place: left for place, left in self._left["executions"].items() if left > 0}

    def find_crowded(self, asked: Mapping[tuple[str, Operation], float]) -> frozenset[tuple[str, Operation]]:
        """The accounts and kinds of which more executions are asked than they have, by more than a moment's."""
        has = dict[tuple[str, Operation], float]()
        for place, left in self._left["executions"].items():
            key = (place.account, place.operation)
            has[key] = has.get(key, 0.0) + left
        return frozenset(
            key
            for key, amount in asked.items()
            if (key in has or not self._unlimited)
            and amount > has.get(key, 0.0) + 2 * self._find_tolerance("executions", has.get(key, 0.0))
        )

    @staticmethod
    def _find_tolerance(measure: str, counted: float) -> float:
        least = _CARRIED_EXECUTIONS if measure == "executions" else 0.0
        return max(least, _CARRIED_SHARE * counted)
