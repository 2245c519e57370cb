"""Finds the period of something that was seen again and again, though often only some of it was seen.

The gaps between sightings are judged, not the times: an agent that sleeps thirty seconds after each answer
drifts, and its gaps stay multiples of the period all the same. A trial period is good when the gaps, wrapped
round it, gather at zero; the chance of that in arrivals without any period is bounded by Chernoff's bound for
evenly spread phases, times the number of trials that could have succeeded by luck.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import cos, exp, log, tau

MINIMUM_SIGHTINGS = 6
_REMEMBERED = 80  # sightings judged, the latest: bounds the work
_ANSWERS_KEPT = 512
_RUNS_PER_SIGHTING = 40  # at most this many executions pass from one sighting to the next, on average
_LONGEST_PERIOD_IN_MEAN_GAPS = 1.25  # a period longer than the mean gap contradicts itself; the rest is noise
_LONG_GAP_IN_MEAN_GAPS = 5.0  # the office closed, the agent stopped: such a gap says nothing of the period
_STEPS_PER_CYCLE = 5  # trials so fine that the longest gap turns by a fifth between two
_CHANCE_LIMIT = 0.002
_INLIER_CYCLES = 0.2  # a gap this near to a multiple of the period takes part in measuring it
_BEST_COHERENCE = 0.9995  # clocks are read to a millisecond at best: no better agreement is believed
_HARMONIC_SHARE = 0.85  # halves and thirds of a period fit nearly as well as the period itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A period in seconds; executions start `phase_seconds` past its multiples, counted from the epoch."""

    seconds: float
    phase_seconds: float
    confidence: float  # 1 less the chance that arrivals without a period look as regular


def find_period(started_at: Sequence[float]) -> Period | None:
    """The period behind the sightings, or None when they might as well have come by chance."""
    return _find_period(tuple(sorted(started_at)[-_REMEMBERED:]))


# Several rules ask about the same sightings, and few of them are new from one cycle to the next.
@lru_cache(maxsize=_ANSWERS_KEPT)
def _find_period(times: tuple[float, ...]) -> Period | None:
    gaps = _ordinary_gaps(times)
    if len(gaps) < MINIMUM_SIGHTINGS - 1:
        return None
    frequency, coherence = _find_frequency(gaps)
    chance = _chance_of(coherence, gaps)
    if chance > _CHANCE_LIMIT:
        return None
    seconds = _measure_period(gaps, 1.0 / frequency)
    return Period(seconds=seconds, phase_seconds=times[-1] % seconds, confidence=1.0 - chance)


def _ordinary_gaps(times: Sequence[float]) -> list[float]:
    """The gaps, without the few that are far longer than the rest."""
    gaps = [later - earlier for earlier, later in pairwise(times) if later > earlier]
    if not gaps:
        return []
    longest = _LONG_GAP_IN_MEAN_GAPS * sum(gaps) / len(gaps)
    return [gap for gap in gaps if gap <= longest]


def _find_frequency(gaps: Sequence[float]) -> tuple[float, float]:
    """The lowest frequency that is nearly as coherent as the best, and its coherence."""
    mean = sum(gaps) / len(gaps)
    lowest = 1.0 / (_LONGEST_PERIOD_IN_MEAN_GAPS * mean)
    step = 1.0 / (_STEPS_PER_CYCLE * max(gaps))
    count = int((_RUNS_PER_SIGHTING / mean - lowest) / step) + 1
    coherences = [_coherence(gaps, lowest + step * trial) for trial in range(count)]
    best = max(coherences)
    if best <= 0:
        return lowest, best
    good = _HARMONIC_SHARE * best
    first = next(trial for trial, coherence in enumerate(coherences) if coherence >= good)
    while first + 1 < count and coherences[first + 1] > coherences[first]:
        first += 1
    frequency = 1.0 / _measure_period(gaps, 1.0 / (lowest + step * first))
    return frequency, _coherence(gaps, frequency)


def _coherence(gaps: Sequence[float], frequency: float) -> float:
    """1 when every gap is a multiple of the period, about 0 by chance.

    A gap of less than half a period is no multiple but a contradiction, and counts as one: bursts of
    arrivals would look coherent otherwise.
    """
    return sum(cos(tau * gap * frequency) if gap * frequency >= 0.5 else -1.0 for gap in gaps) / len(gaps)


def _measure_period(gaps: Sequence[float], guess: float) -> float:
    """The period that fits the gaps best (least squares), starting near a guess."""
    seconds = guess
    for _ in range(3):
        turns = [(gap, round(gap / seconds)) for gap in gaps]
        inliers = [(gap, turn) for gap, turn in turns if turn and abs(gap / seconds - turn) <= _INLIER_CYCLES]
        if not inliers:
            return seconds
        seconds = sum(gap * turn for gap, turn in inliers) / sum(turn * turn for _, turn in inliers)
    return seconds


def _chance_of(coherence: float, gaps: Sequence[float]) -> float:
    """A bound on the chance that gaps without a period reach this coherence at any trial frequency."""
    if coherence <= 0:
        return 1.0
    bounded = min(coherence, _BEST_COHERENCE)
    tilt = _find_tilt(bounded)
    exponent = len(gaps) * (tilt * bounded - _log_bessel(tilt))
    trials = _RUNS_PER_SIGHTING * max(gaps) * len(gaps) / sum(gaps)
    return min(1.0, trials * exp(-exponent))


def _find_tilt(coherence: float) -> float:
    """The von Mises concentration with this mean cosine (Best and Fisher's approximation, 1981).

    Chernoff's bound holds for any tilt; this one makes it tight.
    """
    if coherence < 0.53:
        return 2 * coherence + coherence**3 + 5 * coherence**5 / 6
    if coherence < 0.85:
        return -0.4 + 1.39 * coherence + 0.43 / (1 - coherence)
    return 1 / (coherence**3 - 4 * coherence**2 + 3 * coherence)


def _log_bessel(tilt: float) -> float:
    """The logarithm of the modified Bessel function I0: the mean of exp(tilt * cos) over a circle."""
    if tilt > 30:
        return tilt - log(tau * tilt) / 2 + 1 / (8 * tilt)
    term = total = 1.0
    order = 0
    while term > total * 1e-12:
        order += 1
        term *= (tilt / (2 * order)) ** 2
        total += term
    return log(total)
