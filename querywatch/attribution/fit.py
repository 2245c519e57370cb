"""Shares amounts out over places so that both margins are met: iterative proportional fitting with limits."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import NamedTuple

from querywatch.model import Operation

_ROUNDS_AT_MOST = 60
_CLOSE_ENOUGH = 1.0001


class Place(NamedTuple):
    """Where the server counts accounts: one account from one host, one kind of statement."""

    account: str
    host: str
    operation: Operation


class Entry(NamedTuple):
    """One integration at work at one place."""

    integration: str
    place: Place


def fit_rows(
    rows: Mapping[str, float],
    seeds: Mapping[str, Mapping[Entry, float]],
    find_limit: Callable[[Place], float],
) -> dict[str, dict[Entry, float]]:
    """Each row's amount over its entries, in proportion to their seeds and no place above its limit.

    What finds no room stays out of the result. (Deming and Stephan, 1940; limits are no targets, so that the
    places' factors never rise above one.)
    """
    kept = {
        key: {entry: seed for entry, seed in seeds.get(key, {}).items() if seed > 0}
        for key, amount in rows.items()
        if amount > 0
    }
    limits = {entry.place: find_limit(entry.place) for entries in kept.values() for entry in entries}
    factors = {place: 1.0 if limit > 0 else 0.0 for place, limit in limits.items()}
    shared = dict[str, dict[Entry, float]]()
    for _ in range(_ROUNDS_AT_MOST):
        shared = {key: _share(rows[key], entries, factors) for key, entries in kept.items()}
        sums = sum_places(shared)
        if all(total <= limits[place] * _CLOSE_ENOUGH for place, total in sums.items()):
            break
        for place, total in sums.items():
            factors[place] = min(1.0, factors[place] * limits[place] / total) if total > 0 else 1.0
    return _cut_to(shared, limits)


def sum_places(shared: Mapping[str, Mapping[Entry, float]]) -> dict[Place, float]:
    """What each place was given."""
    sums = defaultdict[Place, float](float)
    for entries in shared.values():
        for entry, amount in entries.items():
            sums[entry.place] += amount
    return sums


def _share(amount: float, seeds: Mapping[Entry, float], factors: Mapping[Place, float]) -> dict[Entry, float]:
    weights = {entry: seed * factors[entry.place] for entry, seed in seeds.items()}
    total = sum(weights.values())
    return (
        {entry: amount * (weight / total) for entry, weight in weights.items() if weight > 0} if total else {}
    )


def _cut_to(
    shared: Mapping[str, Mapping[Entry, float]], limits: Mapping[Place, float]
) -> dict[str, dict[Entry, float]]:
    sums = sum_places(shared)
    kept = {place: min(1.0, limits[place] / total) if total > 0 else 1.0 for place, total in sums.items()}
    return {
        key: {entry: amount * kept[entry.place] for entry, amount in entries.items()}
        for key, entries in shared.items()
    }
