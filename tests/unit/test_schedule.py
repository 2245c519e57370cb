"""A period is found where there is one, however little of it was seen, and never where there is none."""

import random

import pytest

from querywatch.analysis.schedule import MINIMUM_SIGHTINGS, find_period

PERIOD_SECONDS = 30.0
START = 1_795_363_200.0


def make_sightings(
    seed: int, count: int, *, chance: float, jitter: float, drifts: bool = False, outliers: float = 0.0
) -> list[float]:
    """Start times of which each is seen with a chance; jitter is a share of the period.

    A drifting schedule counts each period from the last start, as a program that sleeps in between does.
    """
    rng = random.Random(seed)
    now, sightings = START + rng.random() * PERIOD_SECONDS, list[float]()
    while len(sightings) < count:
        shift = rng.uniform(-jitter, jitter) * PERIOD_SECONDS
        if rng.random() < chance:
            sightings.append(now + shift)
        if rng.random() < chance * outliers:
            sightings.append(now + rng.random() * PERIOD_SECONDS)
        now += PERIOD_SECONDS + (shift if drifts else 0.0)
    return sightings


def make_arrivals(seed: int, count: int, mean_seconds: float = 37.0) -> list[float]:
    """Arrivals without any period (Poisson)."""
    rng = random.Random(seed)
    now, arrivals = START, list[float]()
    for _ in range(count):
        now += rng.expovariate(1.0 / mean_seconds)
        arrivals.append(now)
    return arrivals


def find_share(trials: int, made: list[list[float]]) -> float:
    found = [find_period(sightings) for sightings in made]
    return sum(each is not None and abs(each.seconds - PERIOD_SECONDS) < 1.0 for each in found) / trials


@pytest.mark.parametrize("chance", [0.05, 0.1, 0.3, 0.6, 1.0])
@pytest.mark.parametrize("count", [12, 25, 60])
def test_a_true_period_is_found(count: int, chance: float) -> None:
    """At least 95 in 100 from a dozen sightings on, with one execution in twenty seen and 5 % jitter."""
    made = [make_sightings(seed, count, chance=chance, jitter=0.05) for seed in range(100)]
    assert find_share(100, made) >= 0.95


@pytest.mark.parametrize("chance", [0.4, 1.0])
def test_a_drifting_period_is_found(chance: float) -> None:
    """A program that sleeps between its answers keeps no grid, and is found all the same."""
    made = [make_sightings(seed, 25, chance=chance, jitter=0.05, drifts=True) for seed in range(100)]
    assert find_share(100, made) >= 0.95


def test_a_few_outliers_do_not_hide_a_period() -> None:
    """Now and then somebody runs the same statement by hand."""
    made = [make_sightings(seed, 60, chance=0.5, jitter=0.03, outliers=0.05) for seed in range(100)]
    assert find_share(100, made) >= 0.95


@pytest.mark.parametrize("count", [6, 8, 12, 25, 60, 200])
def test_no_period_in_arrivals_without_one(count: int) -> None:
    """At most one in a hundred random arrivals looks like a schedule."""
    trials = 1000 if count <= 25 else 200
    found = sum(find_period(make_arrivals(seed, count)) is not None for seed in range(trials))
    assert found <= trials * 0.01


def test_no_period_in_bursts() -> None:
    """People work in bursts: many statements within seconds, then nothing for a while."""
    found = 0
    for seed in range(200):
        rng = random.Random(seed)
        bursts = make_arrivals(seed, 12, mean_seconds=300.0)
        sightings = [burst + rng.expovariate(0.5) for burst in bursts for _ in range(5)]
        found += find_period(sightings) is not None
    assert found <= 2


def test_a_gap_in_sight_does_not_hide_a_period() -> None:
    """A night without the office lies between the same polls."""
    evening = make_sightings(1, 20, chance=0.8, jitter=0.02)
    morning = [time + 43_211.0 for time in make_sightings(2, 20, chance=0.8, jitter=0.02)]
    period = find_period(evening + morning)
    assert period is not None
    assert period.seconds == pytest.approx(PERIOD_SECONDS, abs=0.5)


@pytest.mark.parametrize("seconds", [2.0, 7.0, 600.0, 86_400.0])
def test_periods_of_any_length(seconds: float) -> None:
    """Nothing in the search knows what a usual period is."""
    period = find_period([START + run * seconds for run in (0, 1, 2, 4, 5, 6, 8, 9, 10, 13)])
    assert period is not None
    assert period.seconds == pytest.approx(seconds, rel=0.01)
    assert period.confidence > 0.99
    assert 0 <= period.phase_seconds < period.seconds


def test_too_few_sightings_say_nothing() -> None:
    """Five evenly spaced sightings may be chance."""
    times = [START + run * PERIOD_SECONDS for run in range(MINIMUM_SIGHTINGS)]
    assert find_period(times[:-1]) is None
    assert find_period(times) is not None
    assert find_period([START] * 50) is None
