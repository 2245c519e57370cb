"""Shares amounts out over places so that both margins are met: iterative proportional fitting with limits."""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import NamedTuple

from querywatch.model import Operation

_ROUNDS_AT_MOST = 60
_CLOSE_ENOUGH = 1.0001
_LARGEST_FACTOR = 1e9


class Place(NamedTuple):
    """Where the server counts accounts: one account from one host, one kind of statement."""

    account: str
    host: str
    operation: Operation


class Entry(NamedTuple):
    """One integration at work at one place."""

    integration: str
    place: Place


class Bound(NamedTuple):
    """What may be laid to a place, or to an entry whose sessions are counted for themselves."""

    least: float  # wanted, as far as rows can reach it
    most: float


Name = Place | Entry
Bounds = Mapping[Entry, Mapping[Name, Bound]]


def fit_rows(
    rows: Mapping[str, float],
    seeds: Mapping[str, Mapping[Entry, float]],
    find_bounds: Callable[[Entry], Mapping[Name, Bound]],
) -> dict[str, dict[Entry, float]]:
    """Each row's amount over its entries, in proportion to their seeds, within all the bounds of each entry.

    Nothing comes out above a bound's `most`: what finds no room stays out of the result. (Iterative proportional
    fitting, Deming and Stephan, 1940.)
    """
    kept = {
        key: {entry: seed for entry, seed in seeds.get(key, {}).items() if seed > 0}
        for key, amount in rows.items()
        if amount > 0
    }
    bounds = {entry: find_bounds(entry) for entries in kept.values() for entry in entries}
    named = {name: bound for each in bounds.values() for name, bound in each.items()}
    factors = {name: 1.0 if bound.most > 0 else 0.0 for name, bound in named.items()}
    shared = dict[str, dict[Entry, float]]()
    for _ in range(_ROUNDS_AT_MOST):
        weights = {entry: math.prod(factors[name] for name in each) for entry, each in bounds.items()}
        shared = {key: _share(rows[key], entries, weights) for key, entries in kept.items()}
        steps = {name: _find_step(total, named[name]) for name, total in _sum_named(shared, bounds).items()}
        if all(1 / _CLOSE_ENOUGH <= step <= _CLOSE_ENOUGH for step in steps.values()):
            break
        factors = {
            name: min(_LARGEST_FACTOR, factor * steps.get(name, 1.0)) for name, factor in factors.items()
        }
    return _cut_to(shared, bounds, named)


def sum_entries(shared: Mapping[str, Mapping[Entry, float]]) -> dict[Entry, float]:
    """What each entry was given."""
    sums = defaultdict[Entry, float](float)
    for entries in shared.values():
        for entry, amount in entries.items():
            sums[entry] += amount
    return sums


def _find_step(total: float, bound: Bound) -> float:
    """By how much a total must grow or shrink to be within the bound."""
    if total <= 0:
        return 1.0
    return bound.most / total if total > bound.most else max(1.0, bound.least / total)


def _sum_named(shared: Mapping[str, Mapping[Entry, float]], bounds: Bounds) -> dict[Name, float]:
    sums = defaultdict[Name, float](float)
    for entry, amount in sum_entries(shared).items():
        for name in bounds[entry]:
            sums[name] += amount
    return sums


def _share(amount: float, seeds: Mapping[Entry, float], factors: Mapping[Entry, float]) -> dict[Entry, float]:
    weights = {entry: seed * factors[entry] for entry, seed in seeds.items()}
    total = sum(weights.values())
    return (
        {entry: amount * (weight / total) for entry, weight in weights.items() if weight > 0} if total else {}
    )


def _cut_to(
    shared: Mapping[str, Mapping[Entry, float]], bounds: Bounds, named: Mapping[Name, Bound]
) -> dict[str, dict[Entry, float]]:
    kept = {
        name: min(1.0, named[name].most / total) if total > 0 else 1.0
        for name, total in _sum_named(shared, bounds).items()
    }
    return {
        key: {entry: amount * min(kept[name] for name in bounds[entry]) for entry, amount in entries.items()}
        for key, entries in shared.items()
    }
