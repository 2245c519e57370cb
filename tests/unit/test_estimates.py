"""Sums of sights: unbiased, with bounds that hold, however long statements last and however polls are spaced."""

import math
import random
from collections.abc import Callable

import pytest
from benchmarks.polled import DURATIONS, Runs, Window, make_runs, poll, throw_gaps

from querywatch.analysis.bursts import Burst, find_burst
from querywatch.analysis.estimates import Estimates, find_interval
from querywatch.analysis.sightings import Execution, Sightings
from querywatch.model import Flavour, Operation, Session, Statement

SEEN_OFTEN = tuple(name for name in DURATIONS if name not in {"1 ms", "50 ms"})


def watch(
    name: str, flavour: Flavour, *, sessions: int = 3, burst_every: int = 0, windows: int = 8
) -> list[Window]:
    dice = random.Random(f"{name} {sessions}")
    runs = make_runs(dice, DURATIONS[name], sessions, 110.0 * (windows + 1))
    return poll(runs, throw_gaps(dice, burst_every), flavour, windows=windows)


def find_seconds_error(windows: list[Window]) -> tuple[float, float]:
    """(error, standard error) of all windows together."""
    error = sum(window.estimate.seconds - window.seconds for window in windows)
    return error, math.sqrt(sum(window.estimate.seconds_variance for window in windows))


@pytest.mark.parametrize(
    ("flavour", "burst_every"), [(Flavour.MARIADB, 0), (Flavour.MARIADB, 8), (Flavour.MYSQL, 0)]
)
def test_time_is_estimated_without_bias_and_its_bounds_hold_nine_times_in_ten(
    flavour: Flavour, burst_every: int
) -> None:
    """With bursts and without, whatever the durations: over all of them neither too wide nor too narrow."""
    held = count = 0
    for name in SEEN_OFTEN:
        windows = watch(name, flavour, burst_every=burst_every)
        error, standard_error = find_seconds_error(windows)
        assert abs(error) < 3 * standard_error, name
        bounds = [(window.estimate.seconds_interval, window.seconds) for window in windows]
        held += sum(low <= seconds <= high for (low, high), seconds in bounds)
        count += len(windows)
    assert 0.85 <= held / count <= 0.99


@pytest.mark.parametrize("sessions", [1, 20])
def test_the_time_of_what_outlasts_the_interval_is_within_15_percent(sessions: int) -> None:
    for name in ("1.5 s", "30 s", "exponential 3 s"):
        for window in watch(name, Flavour.MYSQL, sessions=sessions, windows=3):
            assert window.estimate.seconds == pytest.approx(window.seconds, rel=0.15), name


@pytest.mark.parametrize("name", ["50 ms", *SEEN_OFTEN])
def test_executions_are_counted_up_from_their_ages_to_about_the_truth(name: str) -> None:
    """MariaDB tells ages to the microsecond. Nothing seen is more than there was; nor, in the mean, the estimate."""
    windows = watch(name, Flavour.MARIADB, sessions=5)
    true, estimated = (
        sum(values) for values in zip(*((w.executions, w.estimate.executions) for w in windows), strict=True)
    )
    error = math.sqrt(sum(window.estimate.executions_variance for window in windows))
    lowest = 0.6 if name.startswith("bimodal") else 0.8  # one in a hundred sights is of a short one
    assert lowest * true - 2 * error < estimated < true + 2 * error + 0.05 * true
    seen = sum(window.estimate.sights for window in windows)
    assert name != "50 ms" or estimated > 10 * seen  # one in twenty is seen
    assert seen <= true * 1.02 + 10  # what began before a window may be first seen in it


def test_whole_seconds_give_a_lower_bound_alone() -> None:
    """MySQL tells no age below a second: what was seen stands for itself, and there is no upper bound."""
    for window in watch("300 ms", Flavour.MYSQL):
        estimate = window.estimate
        assert estimate.executions == estimate.sights == estimate.standing_alone
        assert estimate.executions_interval == (estimate.sights, None)
        assert estimate.sights < window.executions


def test_polls_that_follow_what_was_seen_are_biased_and_those_decided_before_are_not() -> None:
    """Why a burst may not be set off by the look that it begins with."""
    dice = random.Random(5)
    runs = make_runs(dice, DURATIONS["300 ms"], 1, 12_000.0)

    def poll_more_while_busy(now: float) -> float:
        return 0.025 if runs[0].find(now) is not None else dice.uniform(0.6, 1.4)

    assert estimate_ratio(runs[0], poll_more_while_busy) > 1.05
    evenly = throw_gaps(dice, 5)
    assert estimate_ratio(runs[0], lambda _: next(evenly)) == pytest.approx(1.0, abs=0.05)


def estimate_ratio(runs: Runs, find_gap: Callable[[float], float]) -> float:
    """Estimated over true time in ten thousand seconds."""
    now = estimated = 0.0
    while now < 10_000.0:
        gap = find_gap(now)
        now += gap
        estimated += gap if runs.find(now) is not None else 0.0
    return estimated / runs.find_seconds(0.0, now)


def sight(*, gap_seconds: float = 1.0, is_new: bool = True, doubt: float = 0.5) -> Execution:
    session = Session(
        session_id=1, account="vendor", host="h", database=None, command="Query", state="", seconds=0.0,
        statement=Statement(fingerprint="a" * 16, shape="", operation=Operation.SELECT, tables=()),
    )  # fmt: skip
    assert session.statement is not None
    return Execution(
        session=session, statement=session.statement, started_at=0.0, last_seen_at=0.0, sights=int(is_new),
        seconds_estimated=gap_seconds, examined_rows=None, doubt=doubt,
    )  # fmt: skip


def find_variance(*polls: int) -> float:
    """The variance of the time of so many sights at each of these polls."""
    estimates = Estimates[str]()
    for count in polls:
        estimates.observe([("all", sight())] * count, 1.0)
    return estimates.take()["all"].seconds_variance


def test_the_error_follows_how_what_runs_changes() -> None:
    """One statement after the other leaves nothing open but the ends; ten at once ten times as much as one."""
    assert find_variance(0, 1, 0) == pytest.approx(1.0)
    assert find_variance(0, 1, 1, 1, 1, 0) == pytest.approx(1.0)
    assert find_variance(0, 10, 0) == pytest.approx(100.0)


def test_estimates_of_stretches_add_up_and_are_taken_once() -> None:
    estimates = Estimates[str]()
    estimates.observe([("a", sight()), ("a", sight(is_new=False)), ("b", sight())], 1.0)
    taken = estimates.take()
    assert (taken["a"].seconds, taken["a"].sights, taken["b"].seconds) == (2.0, 1, 1.0)
    assert taken["a"].plus(taken["b"]).seconds == 3.0
    assert estimates.take() == {}


def test_out_of_sight_nothing_is_compared() -> None:
    estimates = Estimates[str]()
    estimates.observe([("a", sight())], 1.0)
    estimates.skip()
    estimates.observe([], 1.0)
    assert estimates.take()["a"].seconds_variance == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("events", "low", "high"), [(1, 0.051, 4.744), (3, 0.818, 7.754), (20, 13.25, 29.06)]
)
def test_bounds_of_few_sights_are_those_of_a_count(events: int, low: float, high: float) -> None:
    """The 90 % bounds of a Poisson count, as its tables have them."""
    assert find_interval(float(events), float(events)) == pytest.approx((low, high), rel=0.02, abs=0.02)
    assert find_interval(0.0, 0.0) == (0.0, 0.0)


@pytest.mark.parametrize("burst_every", [0, 5])
@pytest.mark.parametrize("duration", [0.01, 0.1, 1.0, 10.0])
def test_the_chance_of_a_sight_is_what_comes_true(duration: float, burst_every: int) -> None:
    dice = random.Random(6)
    gaps, sightings, polls = throw_gaps(dice, burst_every), Sightings(), [0.0]
    while polls[-1] < 100.0:
        sightings.observe([], polls[-1])
        polls.append(polls[-1] + next(gaps))
    starts = [dice.uniform(0.0, polls[-2] - duration) for _ in range(4_000)]
    seen = sum(any(start < at <= start + duration for at in polls) for start in starts)
    assert sightings.find_capture_ratio(duration) == pytest.approx(seen / len(starts), abs=0.03)


def test_the_chance_of_a_sight_is_that_of_the_present_interval() -> None:
    """Two minutes after the interval was widened, what it was is forgotten."""
    sightings = Sightings()
    for number in range(600):
        sightings.observe([], float(number))
    for number in range(30):
        sightings.observe([], 600.0 + 5.0 * number)
    assert sightings.find_capture_ratio(1.0) == pytest.approx(0.2, abs=0.01)


def test_a_burst_needs_a_doubtful_ratio_a_spare_budget_and_a_rest() -> None:
    assert find_burst([0.1, 1.1], 1.0, 60.0) == Burst(looks=20)
    assert find_burst([0.1, 30.0], 1.0, 60.0) is None
    assert find_burst([], 1.0, 60.0) is None
    assert find_burst([1.0], 0.1, 600.0) is None
    assert find_burst([1.0], 1.0, 5.0) is None
    assert find_burst([1.0], 0.5, 15.0) is None  # half the budget: half the looks, half as often
    assert find_burst([1.0], 0.5, 25.0) == Burst(looks=10)


def test_the_pauses_of_a_burst_are_jittered() -> None:
    burst = Burst(looks=5)
    pauses = [burst.find_pause_seconds(dice) for dice in (0.0, 0.5, 1.0)]
    assert pauses == pytest.approx([0.015, 0.025, 0.035])
