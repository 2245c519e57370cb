"""How slices of an office remember each other: a load that wanders and fades, and each slice's own chance."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

_MINUTE_SECONDS = 60.0

Vector = list[float]


@dataclass(frozen=True, slots=True)
class Noise:
    """What wanders fades with `memory_seconds`; beside it a minute has so much variance of its own, times as much."""

    own_a_minute: float
    memory_seconds: float

    def find_own(self, slice_seconds: float) -> float:
        """A slice's own variance over that of what wanders: half as long a slice has twice as much."""
        return self.own_a_minute * _MINUTE_SECONDS / slice_seconds


USUAL_NOISE = Noise(1.0 / 3.0, 600.0)
NOISES = tuple(
    Noise(own, memory) for own, memory in product((0.1, 1.0 / 3.0, 1.0, 4.0), (300.0, 600.0, 1_200.0))
)


def whiten(
    times: Sequence[float], columns: Sequence[Vector], noise: Noise, slice_seconds: float
) -> tuple[list[Vector], float]:
    """The columns as if each slice were a chance of its own, and the log of the variances taken out (Kalman's filter).

    In units of what wanders and a slice's own together.
    """
    own = noise.find_own(slice_seconds)
    total = 1.0 + own
    known, doubt, log_scale = [0.0] * len(columns), 1.0, 0.0
    white: list[Vector] = [[] for _ in columns]
    before = times[0] if times else 0.0
    for number, at in enumerate(times):
        fading = math.exp(-(at - before) / noise.memory_seconds)
        before = at
        doubt = 1.0 + fading * fading * (doubt - 1.0)
        known = [fading * value for value in known]
        variance = doubt + own
        log_scale += math.log(variance / total)
        root = math.sqrt(variance / total)
        for place, column in enumerate(columns):
            news = column[number] - known[place]
            white[place].append(news / root)
            known[place] += doubt / variance * news
        doubt -= doubt * doubt / variance
    return white, log_scale


def dot(left: Sequence[float], right: Sequence[float]) -> float:
    """The scalar product."""
    return sum(a * b for a, b in zip(left, right, strict=True))


def invert(matrix: Sequence[Vector]) -> tuple[list[Vector], float] | None:
    """The inverse of a small matrix (Gauss and Jordan) and the log of its determinant; None where it has none."""
    size = len(matrix)
    rows = [[*row, *(float(number == other) for other in range(size))] for number, row in enumerate(matrix)]
    log_size = 0.0
    for number in range(size):
        pivot = rows[number][number]
        if abs(pivot) < 1e-12:
            return None
        log_size += math.log(abs(pivot))
        rows[number] = [value / pivot for value in rows[number]]
        for other in range(size):
            if other != number:
                factor = rows[other][number]
                rows[other] = [a - factor * b for a, b in zip(rows[other], rows[number], strict=True)]
    return [row[size:] for row in rows], log_size
