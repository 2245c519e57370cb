"""Keeps how much of what accounts and sessions counted for themselves is not laid to any shape yet."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from querywatch.attribution.fit import Bound, Entry, Name, Place, sum_entries
from querywatch.counters import NO_DIFFERENCE, AccountKey, Difference
from querywatch.model import Operation

MEASURES = ("executions", "seconds", "rows_examined")
# The margins are read some milliseconds apart, and a busy server counts on meanwhile: what one has more than the
# other is carried into the next interval, up to so much.
_CARRIED_SHARE = 0.05
_CARRIED_EXECUTIONS = 5.0
_UNLIMITED = float("inf")
# More than this of an account's executions asked for by shapes, over all intervals, and some are somebody else's.
_CROWDED_SHARE = 0.005
_CROWDED_EXECUTIONS = 10.0
_HUNGRY_SHARE = 0.1  # of a place's executions that the shapes seen there leave unexplained
_FADING = 0.99  # of old intervals
_FULL_SHARE = (
    0.9  # of the room that shapes can fill: the rest is a moment's difference, and all is meant to be full
)
_FORGOTTEN_EXECUTIONS = 1.0

Account = tuple[str, Operation]
Key = TypeVar("Key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Margins:
    """What the server counted in an interval beside the shapes.

    `complete` is False when it had no room for all accounts: then one that is not among them is not limited.
    `live` is what the sessions that are there counted for themselves, by place and integration, where several
    share an account; None: not known.
    """

    accounts: Mapping[AccountKey, Difference]
    complete: bool = True
    live: Mapping[Place, Mapping[str, Difference]] | None = None

    def plus(self, later: "Margins") -> "Margins":
        """Both intervals together; sessions that were not counted in one of them are not known for both."""
        live = None
        if self.live is not None and later.live is not None:
            live = {
                place: add_differences(self.live.get(place, {}), later.live.get(place, {}))
                for place in {*self.live, *later.live}
            }
        return Margins(
            accounts=add_differences(self.accounts, later.accounts),
            complete=self.complete and later.complete,
            live=live,
        )


@dataclass(slots=True)
class _Balance:
    asked: float = 0.0
    has: float = 0.0

    def add(self, asked: float, has: float) -> bool:
        """Takes one interval; whether more is asked for than there is."""
        self.asked = self.asked * _FADING + asked
        self.has = self.has * _FADING + has
        return self.asked > self.has * (1.0 + _CROWDED_SHARE) + _CROWDED_EXECUTIONS


@dataclass(slots=True)
class _Measure:
    counted: dict[Name, float] = field(default_factory=dict)
    left: dict[Name, float] = field(default_factory=dict)
    gone: dict[Name, float] = field(default_factory=dict)  # in `left`, but it may be others' as well


def add_differences(one: Mapping[Key, Difference], other: Mapping[Key, Difference]) -> dict[Key, Difference]:
    """Both together, key by key."""
    return {key: one.get(key, NO_DIFFERENCE).plus(other.get(key, NO_DIFFERENCE)) for key in {**one, **other}}


class Room:
    """The margins of one interval after the other, each with what the last one carried over."""

    def __init__(self) -> None:
        self._measures = {measure: _Measure() for measure in MEASURES}
        self._balances = defaultdict[Account, _Balance](_Balance)
        self._unlimited = False

    def open(self, margins: Margins | None) -> None:
        """Begins an interval. Without margins nothing is limited, and no place is known."""
        self._unlimited = margins is None or not margins.complete
        counted, gone = ({}, {}) if margins is None else _find_counted(margins)
        for measure, kept in self._measures.items():
            kept.counted = {name: float(getattr(grown, measure)) for name, grown in counted.items()}
            kept.gone = {name: float(getattr(lost, measure)) for name, lost in gone.items()}
            carried = kept.left if margins is not None else {}
            kept.left = {
                name: kept.counted.get(name, 0.0) + carried.get(name, 0.0)
                for name in kept.counted | carried
                if isinstance(name, Place) or name in kept.counted
            }

    def take(self, measure: str, laid: Mapping[str, Mapping[Entry, float]]) -> None:
        """What was laid has no room any more; what is laid whole may take more than there is."""
        left = self._measures[measure].left
        for entry, amount in sum_entries(laid).items():
            if entry.place in left or not self._unlimited:
                left[entry.place] = left.get(entry.place, 0.0) - amount
            if entry in left:
                left[entry] -= amount

    def close(self) -> None:
        """Ends the interval: keeps what the next one is to begin with."""
        for measure, kept in self._measures.items():
            least = _CARRIED_EXECUTIONS if measure == "executions" else 0.0
            most = {name: max(least, _CARRIED_SHARE * kept.counted.get(name, 0.0)) for name in kept.left}
            kept.left = {
                name: rest
                for name, left in kept.left.items()
                if (rest := max(-most[name], min(most[name], left)))
            }

    def find_bounds(self, measure: str, fill: Mapping[Operation, float], entry: Entry) -> dict[Name, Bound]:
        """What may be laid to an entry: by its place, and by its own sessions where they are counted.

        `fill` is the part of all the room for a kind of statement that there are shapes to fill it with.
        """
        kept = self._measures[measure]
        if entry.place not in kept.left and self._unlimited:
            return {entry.place: Bound(0.0, _UNLIMITED)}
        names = [name for name in (entry.place, entry) if name is entry.place or name in kept.left]
        bounds: dict[Name, Bound] = {}
        for name in names:
            left = max(0.0, kept.left.get(name, 0.0))
            certain = max(0.0, left - kept.gone.get(name, 0.0))
            bounds[name] = Bound(certain * fill.get(entry.place.operation, 0.0), left)
        return bounds

    def find_fill(self, measure: str, amounts: Mapping[Operation, float]) -> dict[Operation, float]:
        """The part of all the room for each kind of statement that such amounts fill, 1 at the most."""
        room = defaultdict[Operation, float](float)
        for name, left in self._measures[measure].left.items():
            if isinstance(name, Place):
                room[name.operation] += max(0.0, left)
        parts = {
            operation: amount / room[operation] if room[operation] else 0.0
            for operation, amount in amounts.items()
        }
        return {operation: 1.0 if part >= _FULL_SHARE else part for operation, part in parts.items()}

    def find_part(self, measure: str, place: Place, amount: float) -> float:
        """The part of an amount that the place has left, 1 at the most."""
        left = self._measures[measure].left
        if place not in left:
            return 1.0 if self._unlimited else 0.0
        return min(1.0, max(0.0, left[place]) / amount) if amount > 0 else 1.0

    def find_places(self) -> dict[Place, float]:
        """The places that have executions left, and how many."""
        left = self._measures["executions"].left
        return {place: rest for place, rest in left.items() if isinstance(place, Place) and rest > 0}

    def find_hungry(self, fitted: Mapping[str, Mapping[Entry, float]]) -> dict[Place, float]:
        """The places of whose executions this would leave more unexplained than a moment's, and how many."""
        kept = self._measures["executions"]
        left = dict(self.find_places())
        for entry, amount in sum_entries(fitted).items():
            left[entry.place] = left.get(entry.place, 0.0) - amount
        return {
            place: rest
            for place, rest in left.items()
            if rest > max(_CARRIED_EXECUTIONS, _HUNGRY_SHARE * kept.counted.get(place, 0.0))
        }

    def find_crowded(self, asked: Mapping[Account, float]) -> frozenset[Account]:
        """The accounts and kinds of which more executions are asked for than they have had, over some intervals."""
        has = defaultdict[Account, float](float)
        for name, counted in self._measures["executions"].counted.items():
            if isinstance(name, Place):
                has[name.account, name.operation] += counted
        known = asked.keys() | self._balances.keys()
        crowded = {key for key in known if self._balances[key].add(asked.get(key, 0.0), has.get(key, 0.0))}
        for key in known - asked.keys():
            if self._balances[key].has < _FORGOTTEN_EXECUTIONS:
                del self._balances[key]
        return frozenset(key for key in crowded if key in has or not self._unlimited)


def _find_counted(margins: Margins) -> tuple[dict[Name, Difference], dict[Name, Difference]]:
    """(what may be laid to each place and entry, what of it nobody knows whose it is)."""
    counted: dict[Name, Difference] = {
        Place(key.account, key.host, key.operation): grown for key, grown in margins.accounts.items()
    }
    unknown: dict[Name, Difference] = {}
    for place, by_integration in (margins.live or {}).items():
        total = NO_DIFFERENCE
        for live in by_integration.values():
            total = total.plus(live)
        # Of the sessions that are gone by now nobody knows whose they were: each may have had all of it.
        gone = counted.get(place, NO_DIFFERENCE).minus(total).at_least_zero()
        for integration, live in by_integration.items():
            counted[Entry(integration, place)] = live.plus(gone)
            unknown[Entry(integration, place)] = gone
    return counted, unknown
