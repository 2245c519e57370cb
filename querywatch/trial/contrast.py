"""Estimates how much slower the office's statements are with an integration on than with it off."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from querywatch.trial.noise import NOISES, USUAL_NOISE, Noise, Vector, dot, invert, whiten

# A server's load wanders by itself: what is slow now is slow for minutes.
_LASTING_SPREAD = 0.07  # of the log of time a run, that lasts from slice to slice, as it usually is
_MOST_USUAL_SPREAD = 0.1  # of a slice, however short, before anything was measured
_USUAL_WEIGHT = 8.0  # slices that the usual spread counts for
_ROUNDS = 8
_Z = 1.645  # of the standard normal: 90 % lie within
_FOUR_IN_FIVE = 1.51  # times half the interval: an effect so large is told four times in five
_LEAST_LOAD_CHANGE = 0.01
_MOST_POINTS = 600
_RUN_VARIANCE = 0.5  # of the log of one run's time
_SHAPE_VARIANCE = 0.05  # that more runs do not take away
_POWER_MINUTES = (5, 7, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 120, 180, 240)
MOST_MINUTES = 1_440.0  # of silence that are asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One slice to compare: time a run by shape, runs by shape, load, and on (1) or off (0)."""

    at: float
    on: bool
    times: Mapping[str, float]  # seconds a run
    runs: Mapping[str, float]

    @property
    def load(self) -> float:
        """The log of how much the office ran."""
        return math.log1p(sum(self.runs.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """How many times as long a run takes with it on, with the 90 % interval."""

    ratio: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Of the interval, in logs."""
        return (math.log(self.high) - math.log(self.low)) / 2.0


@dataclass(frozen=True, slots=True)
class _Fit:
    """The log of the effect with its standard error, and how well the noise that it supposes fits (log)."""

    slope: float
    error: float
    freedom: float
    likelihood: float


def find_effect(points: Sequence[Point]) -> Effect | None:
    """The effect; None where one side is missing. Generalised least squares over slices that remember each other.

    How long and how much they do is taken from the slices themselves: of the noises that may be, the likeliest.
    """
    if len({point.on for point in points}) < 2:
        return None
    levels = _find_levels(points)
    columns = [[1.0] * len(points), [float(point.on) for point in points]]
    loads = [point.load for point in points]
    # With few slices a load that goes with the switch could not be told from it.
    if len(points) >= 12 and max(loads) - min(loads) > _LEAST_LOAD_CHANGE:
        middle = sum(loads) / len(loads)
        columns.append([load - middle for load in loads])
    times = [point.at for point in points]
    step_seconds = min(later - earlier for earlier, later in pairwise(times))
    fits = [_fit(times, columns, levels, noise, step_seconds) for noise in NOISES]
    found = max((fit for fit in fits if fit), key=lambda fit: fit.likelihood, default=None)
    if found is None:
        return None
    half = find_t(found.freedom) * found.error
    return Effect(
        ratio=math.exp(found.slope), low=math.exp(found.slope - half), high=math.exp(found.slope + half)
    )


def thin_points(points: Sequence[Point]) -> list[Point]:
    """Neighbours of one side together, where there are more than can be weighed against one another quickly."""
    size = 1 + len(points) // _MOST_POINTS
    return [
        _merge(side[first : first + size])
        for _, group in groupby(points, lambda point: point.on)
        for side in [list(group)]
        for first in range(0, len(side), size)
    ]


def _merge(points: Sequence[Point]) -> Point:
    runs, seconds = defaultdict[str, float](float), defaultdict[str, float](float)
    for point in points:
        for name, each in point.runs.items():
            runs[name] += each
            seconds[name] += each * point.times[name]
    times = {name: seconds[name] / each for name, each in runs.items()}
    return Point(at=points[0].at, on=points[0].on, times=times, runs=dict(runs))


def find_power_minutes(effect_ratio: float, beyond_ratio: float, slice_seconds: float) -> float:
    """How many minutes off, and as many on, before an effect is told from another four times in five; at most a day.

    By the usual wandering, and as ratios: 1.2 from 1.05 for a cause, 1.0 from 1.1 for one that is ruled out.
    """
    wanted = abs(math.log(effect_ratio / beyond_ratio))
    for minutes in _POWER_MINUTES:
        slices = round(minutes * 60.0 / slice_seconds)
        if slices > 1 and _find_usual_half(slices, slice_seconds) * _FOUR_IN_FIVE < wanted:
            return float(minutes)
    return MOST_MINUTES


def find_t(freedom: float) -> float:
    """Student's t that 90 % lie within, by the expansion of Cornish and Fisher."""
    return _Z + (_Z**3 + _Z) / (4 * freedom) + (5 * _Z**5 + 16 * _Z**3 + 3 * _Z) / (96 * freedom**2)


def _fit(
    times: Sequence[float], columns: Sequence[Vector], levels: Vector, noise: Noise, step_seconds: float
) -> _Fit | None:
    (*white, answer), log_scale = whiten(times, [*columns, levels], noise, step_seconds)
    solved = invert([[dot(a, b) for b in white] for a in white])
    if solved is None:
        return None
    inverse, log_size = solved
    slopes = [dot(row, [dot(column, answer) for column in white]) for row in inverse]
    left = [
        value - sum(slope * column[number] for slope, column in zip(slopes, white, strict=True))
        for number, value in enumerate(answer)
    ]
    freedom = len(times) - len(columns) + _USUAL_WEIGHT
    usual = _find_usual_spread(noise, step_seconds)
    variance = (dot(left, left) + _USUAL_WEIGHT * usual**2) / freedom
    return _Fit(
        slope=slopes[1],
        error=math.sqrt(variance * inverse[1][1]),
        freedom=freedom,
        likelihood=-0.5 * (log_scale + log_size + freedom * math.log(variance)),
    )


def _find_usual_spread(noise: Noise, step_seconds: float) -> float:
    return min(_MOST_USUAL_SPREAD, _LASTING_SPREAD * math.sqrt(1.0 + noise.find_own(step_seconds)))


def _find_usual_half(off: int, slice_seconds: float) -> float:
    times = [number * slice_seconds for number in range(3 * off)]
    columns = [
        [1.0] * len(times),
        [0.0 if off <= number < 2 * off else 1.0 for number in range(len(times))],
    ]
    white, _ = whiten(times, columns, USUAL_NOISE, slice_seconds)
    solved = invert([[dot(a, b) for b in white] for a in white])
    if solved is None:
        return math.inf
    spread = _LASTING_SPREAD * math.sqrt(1.0 + USUAL_NOISE.find_own(slice_seconds))
    return find_t(len(times)) * spread * math.sqrt(solved[0][1][1])


def _find_levels(points: Sequence[Point]) -> Vector:
    """How slow each slice is, its shapes against themselves: a two-way fit of slices and shapes."""
    levels = [0.0] * len(points)
    for _ in range(_ROUNDS):
        sums: dict[str, tuple[float, float]] = {}
        for level, point in zip(levels, points, strict=True):
            for name, seconds in point.times.items():
                weight = _weigh(point.runs[name])
                total, weights = sums.get(name, (0.0, 0.0))
                sums[name] = (total + weight * (math.log(seconds) - level), weights + weight)
        usual = {name: total / weights for name, (total, weights) in sums.items()}
        levels = [_find_level(point, usual) for point in points]
    return levels


def _find_level(point: Point, usual: Mapping[str, float]) -> float:
    total = weights = 0.0
    for name, seconds in point.times.items():
        weight = _weigh(point.runs[name])
        total += weight * (math.log(seconds) - usual[name])
        weights += weight
    return total / weights


def _weigh(runs: float) -> float:
    return 1.0 / (_RUN_VARIANCE / max(runs, 1.0) + _SHAPE_VARIANCE)
