"""Estimates how much slower the office's statements are with an integration on than with it off."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# A server's load wanders by itself: what is slow now is slow for minutes. These hold where little is measured.
_USUAL_SPREAD = 0.08  # of the log of time a run, from slice to slice
_USUAL_WEIGHT = 8.0  # slices that the usual spread counts for
_MEMORY_SECONDS = 600.0
_LASTING_SHARE = 0.75  # of the variance, that fades with that memory; the rest is each slice's own
_ROUNDS = 8
_LEAST_T = 1.96
_FOUR_IN_FIVE = 1.43  # times half the interval: an effect so large is told four times in five
_LEAST_LOAD_CHANGE = 0.01
_RUN_VARIANCE = 0.5  # of the log of one run's time
_SHAPE_VARIANCE = 0.05  # that more runs do not take away

Vector = list[float]


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
    """How many times as long a run takes with it on, with the 95 % interval."""

    ratio: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Of the interval, in logs."""
        return (math.log(self.high) - math.log(self.low)) / 2.0


def find_effect(points: Sequence[Point]) -> Effect | None:
    """The effect; None where one side is missing. Generalised least squares over slices that remember each other."""
    if len({point.on for point in points}) < 2:
        return None
    levels = _find_levels(points)
    columns = [[1.0] * len(points), [float(point.on) for point in points]]
    loads = [point.load for point in points]
    # With few slices a load that goes with the switch could not be told from it.
    if len(points) >= 12 and max(loads) - min(loads) > _LEAST_LOAD_CHANGE:
        middle = sum(loads) / len(loads)
        columns.append([load - middle for load in loads])
    root = _find_root([point.at for point in points])
    white = [_solve_lower(root, column) for column in columns]
    answer = _solve_lower(root, levels)
    inverse = _invert([[_dot(a, b) for b in white] for a in white])
    if inverse is None:
        return None
    slopes = [_dot(row, [_dot(column, answer) for column in white]) for row in inverse]
    left = [
        value - sum(slope * column[number] for slope, column in zip(slopes, white, strict=True))
        for number, value in enumerate(answer)
    ]
    freedom = len(points) - len(columns) + _USUAL_WEIGHT
    variance = (_dot(left, left) + _USUAL_WEIGHT * _USUAL_SPREAD**2) / freedom
    half = find_t(freedom) * math.sqrt(variance * inverse[1][1])
    return Effect(ratio=math.exp(slopes[1]), low=math.exp(slopes[1] - half), high=math.exp(slopes[1] + half))


def find_power_minutes(effect_ratio: float, slice_seconds: float) -> float:
    """How many minutes off, and as many on, an effect needs to be told from the usual wandering; at most a day."""
    wanted = math.log1p(effect_ratio) - math.log(1.05)
    for slices in (10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 120):
        times = [number * slice_seconds for number in range(3 * slices)]
        if _find_usual_half(times, slices) * _FOUR_IN_FIVE < wanted:
            return slices * slice_seconds / 60.0
    return 1_440.0


def find_t(freedom: float) -> float:
    """Student's t that 95 % lie within, by the expansion of Cornish and Fisher."""
    z = _LEAST_T
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def _find_usual_half(times: Sequence[float], off: int) -> float:
    root = _find_root(times)
    columns = [
        [1.0] * len(times),
        [0.0 if off <= number < 2 * off else 1.0 for number in range(len(times))],
    ]
    white = [_solve_lower(root, column) for column in columns]
    inverse = _invert([[_dot(a, b) for b in white] for a in white])
    if inverse is None:
        return math.inf
    return find_t(len(times)) * _USUAL_SPREAD * math.sqrt(inverse[1][1])


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


def _find_root(times: Sequence[float]) -> list[Vector]:
    """The lower root (Cholesky) of how the slices go together."""
    root: list[Vector] = []
    for number, at in enumerate(times):
        row: Vector = []
        for other in range(number):
            together = _LASTING_SHARE * math.exp(-abs(at - times[other]) / _MEMORY_SECONDS)
            row.append((together - _dot(row, root[other][:other])) / root[other][other])
        row.append(math.sqrt(max(1e-9, 1.0 - _dot(row, row))))
        root.append(row)
    return root


def _solve_lower(root: Sequence[Vector], values: Sequence[float]) -> Vector:
    solved: Vector = []
    for row, value in zip(root, values, strict=True):
        solved.append((value - _dot(row[:-1], solved)) / row[-1])
    return solved


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


def _invert(matrix: Sequence[Vector]) -> list[Vector] | None:
    """The inverse of a small matrix (Gauss and Jordan); None where it has none."""
    size = len(matrix)
    rows = [[*row, *(float(number == other) for other in range(size))] for number, row in enumerate(matrix)]
    for number in range(size):
        pivot = rows[number][number]
        if abs(pivot) < 1e-12:
            return None
        rows[number] = [value / pivot for value in rows[number]]
        for other in range(size):
            if other != number:
                factor = rows[other][number]
                rows[other] = [a - factor * b for a, b in zip(rows[other], rows[number], strict=True)]
    return [row[size:] for row in rows]
