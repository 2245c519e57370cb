"""Lays what an interval's polls and records witnessed to whom they saw, before anything is fitted.

Room is what the rest is fitted into, and it is inexact by a moment's statements: it must not move an execution
that somebody saw.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from querywatch.attribution.doubts import Growth, Laid, fill
from querywatch.attribution.fit import Entry, Place, sum_entries
from querywatch.attribution.lessons import Runs
from querywatch.attribution.room import MEASURES, Room

_EXECUTIONS, _SECONDS, _ROWS = MEASURES
# So many runs are taken to be as long as everybody's: one run says little, and what polls see of it, to the nearest
# look, less.
_RECORDED_ALIKE, _SIGHTED_ALIKE = 10.0, 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One shape's growth, the executions of it that were witnessed, and how long a run took whom so far."""

    growth: Growth
    known: Mapping[Entry, float]
    runs: Mapping[Entry, Runs]


def lay_witnessed(sights: Mapping[str, Sight], room: Room) -> dict[str, Laid]:
    """Measure -> shape -> entry -> amount; takes the room. Never more than a shape grew, or than its places ran."""
    laid: dict[str, Laid] = {}
    laid[_EXECUTIONS] = executions = _limit(
        _EXECUTIONS, {key: _find_executions(sight) for key, sight in sights.items()}, room
    )
    seconds = {key: _find_seconds(sights[key], entries) for key, entries in executions.items()}
    laid[_SECONDS] = _limit(_SECONDS, seconds, room)
    rows = {key: _scale(sights[key].growth, _ROWS, entries, entries) for key, entries in executions.items()}
    laid[_ROWS] = _limit(_ROWS, rows, room)
    for measure, by_shape in laid.items():
        room.take(measure, by_shape)
    return laid


def find_part(growth: Growth, entries: Mapping[Entry, float]) -> float:
    """The part of the shape's executions that these are."""
    executions = growth.get(_EXECUTIONS)
    return min(1.0, sum(entries.values()) / executions) if executions > 0 else 0.0


def _find_executions(sight: Sight) -> dict[Entry, float]:
    # What polls saw ending may be counted an interval later or earlier.
    return fill(sight.known, min(sum(sight.known.values()), sight.growth.get(_EXECUTIONS)))


def _find_seconds(sight: Sight, entries: Mapping[Entry, float]) -> dict[Entry, float]:
    """The shape's time, as far as its executions were witnessed, by how long a run takes each of them."""
    runs = [sight.runs.get(entry, Runs()) for entry in entries]
    if all(each.recorded for each in runs):
        means = _find_means([(each.recorded, each.recorded_seconds) for each in runs], _RECORDED_ALIKE)
    elif all(each.sighted for each in runs):
        means = _find_means([(each.sighted, each.sighted_seconds) for each in runs], _SIGHTED_ALIKE)
    else:
        means = [1.0] * len(runs)
    weights = {entry: amount * mean for (entry, amount), mean in zip(entries.items(), means, strict=True)}
    return _scale(sight.growth, _SECONDS, entries, weights)


def _find_means(runs: Sequence[tuple[float, float]], alike: float) -> list[float]:
    """The seconds of a run of each, from (number, seconds): what few runs say is mixed with what all of them say."""
    common = sum(seconds for _, seconds in runs) / sum(number for number, _ in runs)
    return [(seconds + alike * common) / (number + alike) for number, seconds in runs]


def _scale(
    growth: Growth, measure: str, entries: Mapping[Entry, float], weights: Mapping[Entry, float]
) -> dict[Entry, float]:
    """As much of a measure as these executions are of all, in the proportion of the weights."""
    return fill(weights, growth.get(measure) * find_part(growth, entries))


def _limit(measure: str, wanted: Laid, room: Room) -> Laid:
    """Cut to what each place has left: the same shape may be counted as another kind as well."""
    places = dict[Place, float]()
    for entry, amount in sum_entries(wanted).items():
        places[entry.place] = places.get(entry.place, 0.0) + amount
    kept = {place: room.find_part(measure, place, amount) for place, amount in places.items()}
    limited = {
        key: {entry: amount * kept[entry.place] for entry, amount in entries.items() if kept[entry.place] > 0}
        for key, entries in wanted.items()
    }
    return {key: entries for key, entries in limited.items() if entries}
