"""Shares amounts out over places so that both margins are met: iterative proportional fitting with limits."""

import math
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


# What limits an entry: its place as a whole, or the entry itself where its sessions are counted for themselves.
Limits = Mapping[Entry, Mapping[Place | Entry, float]]


def fit_rows(
    rows: Mapping[str, float],
    seeds: Mapping[str, Mapping[Entry, float]],
    find_limits: Callable[[Entry], Mapping[Place | Entry, float]],
) -> dict[str, dict[Entry, float]]:
    """Each row's amount over its entries, in proportion to their seeds and nothing above its limits.

    What finds no room stays out of the result. (Deming and Stephan, 1940; limits are no targets, so that the
    factors never rise above one.)
    """
    kept = {
        key: {entry: seed for entry, seed in seeds.get(key, {}).items() if seed > 0}
        for key, amount in rows.items()
        if amount > 0
    }
    limits = {entry: find_limits(entry) for entries in kept.values() for entry in entries}
    most = {name: limit for each in limits.values() for name, limit in each.items()}
    factors = {name: 1.0 if limit > 0 else 0.0 for name, limit in most.items()}
    shared = dict[str, dict[Entry, float]]()
    for _ in range(_ROUNDS_AT_MOST):
        weights = {entry: math.prod(factors[name] for name in each) for entry, each in limits.items()}
        shared = {key: _share(rows[key], entries, weights) for key, entries in kept.items()}
        sums = _sum_limited(shared, limits)
        if all(total <= most[name] * _CLOSE_ENOUGH for name, total in sums.items()):
            break
        for name, total in sums.items():
            factors[name] = min(1.0, factors[name] * most[name] / total) if total > 0 else 1.0
    return _cut_to(shared, limits, most)


def sum_entries(shared: Mapping[str, Mapping[Entry, float]]) -> dict[Entry, float]:
    """What each entry was given."""
    sums = defaultdict[Entry, float](float)
    for entries in shared.values():
        for entry, amount in entries.items():
            sums[entry] += amount
    return sums


def _sum_limited(shared: Mapping[str, Mapping[Entry, float]], limits: Limits) -> dict[Place | Entry, float]:
    sums = defaultdict[Place | Entry, float](float)
    for entry, amount in sum_entries(shared).items():
        for name in limits[entry]:
            sums[name] += amount
    return sums


def _share(amount: float, seeds: Mapping[Entry, float], factors: Mapping[Entry, float]) -> dict[Entry, float]:
    weights = {entry: seed * factors[entry] for entry, seed in seeds.items()}
    total = sum(weights.values())
    return (
        {entry: amount * (weight / total) for entry, weight in weights.items() if weight > 0} if total else {}
    )


def _cut_to(
    shared: Mapping[str, Mapping[Entry, float]], limits: Limits, most: Mapping[Place | Entry, float]
) -> dict[str, dict[Entry, float]]:
    kept = {
        name: min(1.0, most[name] / total) if total > 0 else 1.0
        for name, total in _sum_limited(shared, limits).items()
    }
    return {
        key: {entry: amount * min(kept[name] for name in limits[entry]) for entry, amount in entries.items()}
        for key, entries in shared.items()
    }
