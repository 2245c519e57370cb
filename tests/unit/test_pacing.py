"""How the pace follows what watching costs and what the server bears, played through minute by minute."""

import random
from collections.abc import Callable, Iterator

import pytest

from querywatch.service.pacing import (
    CROWDED_COUNTER_SECONDS,
    CROWDED_SAMPLE_SECONDS,
    WIDEST_COUNTER_SECONDS,
    WIDEST_SAMPLE_SECONDS,
    Pacer,
    Work,
)
from querywatch.service.spending import SAVED_SECONDS

BUDGET = 0.005


def make_pacer(budget_ratio: float = BUDGET) -> Pacer:
    return Pacer(budget_ratio=budget_ratio, sample_interval_seconds=1.0, counter_interval_seconds=10.0)


def play(
    pacer: Pacer,
    seconds: float,
    *,
    sample_seconds: float = 0.0003,
    count_seconds: float = 0.010,
    running: Callable[[float], int] = lambda _: 2,
    server_share: float | None = None,
    begin: float = 1_000.0,
) -> Iterator[tuple[float, Pacer]]:
    """Looks and counts as the pacer says, each at about its cost; gives the time of every look."""
    dice = random.Random(7)
    now = counted_at = begin
    measured = 0.0
    while now < begin + seconds:
        cost = sample_seconds * dice.uniform(0.7, 1.3)
        pacer.note_cost(Work.SAMPLE, cost, now)
        pacer.note_threads(running(now), now)
        measured += cost
        if now - counted_at >= pacer.counter_interval_seconds:
            cost = count_seconds * dice.uniform(0.7, 1.3)
            pacer.note_cost(Work.COUNT, cost, now)
            measured += cost
            pacer.note_counted(measured * server_share if server_share else None, now)
            measured, counted_at = 0.0, now
        yield now, pacer
        now += pacer.sample_interval_seconds * dice.uniform(0.6, 1.4)


def play_through(pacer: Pacer, seconds: float, **what: float) -> float:
    """The time at its end."""
    for now, _ in play(pacer, seconds, **what):  # type: ignore[arg-type]  # noqa: B007 - the last one is wanted
        pass
    return now


def test_inside_the_budget_the_intervals_are_the_configured_ones() -> None:
    """And what is not spent is there for bursts."""
    pacer = make_pacer()
    play_through(pacer, 600)
    assert (pacer.sample_interval_seconds, pacer.counter_interval_seconds) == (1.0, 10.0)
    assert pacer.budget_used_ratio == pytest.approx((0.0003 + 0.001) / BUDGET, rel=0.1)
    assert pacer.spare_ratio > 0.99


@pytest.mark.parametrize(("sample_seconds", "count_seconds"), [(0.02, 0.010), (0.0003, 0.5), (0.01, 0.2)])
def test_over_the_budget_they_widen_until_it_is_kept(sample_seconds: float, count_seconds: float) -> None:
    """Within minutes of the start and from then on, whatever of the two is dear."""
    pacer = make_pacer()
    begin = play_through(pacer, 900, sample_seconds=sample_seconds, count_seconds=count_seconds)
    before = pacer.observer_seconds
    end = play_through(pacer, 1_800, sample_seconds=sample_seconds, count_seconds=count_seconds, begin=begin)
    assert 0.6 < (pacer.observer_seconds - before) / (BUDGET * (end - begin)) <= 1.0
    assert not pacer.is_budget_too_small


def test_what_costs_more_is_widened_more() -> None:
    """Dear counters hardly touch the sight of what runs now."""
    pacer = make_pacer()
    play_through(pacer, 600, sample_seconds=0.0003, count_seconds=0.5)
    assert pacer.counter_interval_seconds / 10 > 5 * pacer.sample_interval_seconds


def test_the_pace_settles_and_does_not_swing() -> None:
    """Costs that vary by a third each way move an interval by less than a fifth."""
    pacer = make_pacer()
    looks = [
        each.sample_interval_seconds
        for now, each in play(pacer, 3_600, sample_seconds=0.02, count_seconds=0.1)
        if now > 2_500
    ]
    mean = sum(looks) / len(looks)
    assert mean > 2.0
    assert max(looks) < 1.2 * mean
    assert min(looks) > 0.8 * mean


def test_it_comes_back_slowly_and_all_the_way() -> None:
    """What became cheap again is looked at as often as configured, but not at once."""
    pacer = make_pacer()
    end = play_through(pacer, 600, sample_seconds=0.02, count_seconds=0.1)
    wide = pacer.sample_interval_seconds
    end = play_through(pacer, 20, begin=end)
    assert 0.5 * wide < pacer.sample_interval_seconds <= wide
    play_through(pacer, 900, begin=end)
    assert pacer.sample_interval_seconds == 1.0


def test_a_single_dear_look_widens_nothing_for_long() -> None:
    """The first read of a connection asks for more than the later ones."""
    pacer = make_pacer()
    pacer.note_cost(Work.SAMPLE, 0.3, 999.0)
    play_through(pacer, 30)
    assert pacer.sample_interval_seconds < 1.05


def test_a_budget_that_cannot_be_kept_is_said_to_be_so() -> None:
    """The intervals end at their widest, and sight stays."""
    pacer = make_pacer()
    play_through(pacer, 3_600, sample_seconds=1.0, count_seconds=5.0)
    assert pacer.sample_interval_seconds == WIDEST_SAMPLE_SECONDS
    assert pacer.counter_interval_seconds == WIDEST_COUNTER_SECONDS
    assert pacer.is_budget_too_small
    assert pacer.budget_used_ratio > 1


def test_a_configured_interval_that_is_wider_than_the_widest_is_kept() -> None:
    """An administrator may want less still."""
    pacer = Pacer(budget_ratio=BUDGET, sample_interval_seconds=60.0, counter_interval_seconds=3_600.0)
    for hour in range(3):
        pacer.note_cost(Work.COUNT, 100.0, 3_600.0 * hour)
    assert pacer.counter_interval_seconds == 3_600.0


def test_the_servers_own_count_replaces_what_was_measured_here() -> None:
    """Over a slow line the network is most of a look's time, and costs the server nothing."""
    far, counted = make_pacer(), make_pacer()
    play_through(far, 900, sample_seconds=0.05)
    play_through(counted, 900, sample_seconds=0.05, server_share=0.02)
    assert far.sample_interval_seconds > 5
    assert counted.sample_interval_seconds == 1.0
    assert counted.observer_seconds == pytest.approx(900 * (0.05 + 0.001) * 0.02, rel=0.2)


def test_a_server_whose_timers_are_off_is_measured_here() -> None:
    """It counts 0 seconds for everything, which is no reason to look without end."""
    pacer = make_pacer()
    for second in range(60):
        pacer.note_cost(Work.SAMPLE, 0.05, 1_000.0 + second)
        pacer.note_counted(0.0, 1_000.0 + second)
    assert pacer.observer_seconds == pytest.approx(3.0)
    assert pacer.sample_interval_seconds > 5


def test_what_watching_cost_never_falls() -> None:
    """Not even when the server's count comes out below what was measured here."""
    pacer = make_pacer()
    told = [each.observer_seconds for _, each in play(pacer, 300, server_share=0.1)]
    assert told == sorted(told)


def test_bursts_are_paid_from_what_is_spare() -> None:
    """And there is none while the intervals themselves are over the budget."""
    pacer = make_pacer()
    now = play_through(pacer, 600)
    pacer.note_cost(Work.BURST, 0.75 * BUDGET * SAVED_SECONDS, now)
    assert pacer.spare_ratio == pytest.approx(0.25, abs=0.01)
    pacer.note_cost(Work.BURST, 2 * BUDGET * SAVED_SECONDS, now)
    assert pacer.spare_ratio == 0.0
    assert not pacer.may_spend(0.001)


def test_thirty_busy_threads_make_it_back_off_at_once_and_return() -> None:
    """Counters are postponed, what can wait waits, and the sight of what runs stays."""
    pacer = make_pacer()
    end = play_through(pacer, 900)
    seen = [
        (now, each.sample_interval_seconds) for now, each in play(pacer, 120, running=lambda _: 30, begin=end)
    ]
    wide_since = next(now for now, interval in seen if interval > 1.0)
    assert wide_since - end < 5
    assert 1 < pacer.sample_interval_seconds <= CROWDED_SAMPLE_SECONDS
    assert 10 < pacer.counter_interval_seconds <= CROWDED_COUNTER_SECONDS
    assert pacer.is_backing_off
    assert (pacer.spare_ratio, pacer.may_spend(0.001)) == (0.0, False)
    play_through(pacer, 300, begin=seen[-1][0])
    assert not pacer.is_backing_off
    assert (pacer.sample_interval_seconds, pacer.counter_interval_seconds) == (1.0, 10.0)


def test_a_moment_is_no_crowd() -> None:
    """One look may meet twenty threads that are gone a millisecond later."""
    pacer = make_pacer()
    end = play_through(pacer, 600)
    pacer.note_threads(30, end)
    pacer.note_threads(2, end + 1)
    pacer.note_threads(30, end + 2)
    assert not pacer.is_backing_off


def test_started_in_the_middle_of_trouble_it_is_careful() -> None:
    """It was perhaps started because of it; a server that always runs so many is looked at as usual in time."""
    pacer = make_pacer()
    states = [each.is_backing_off for _, each in play(pacer, 3_600, running=lambda _: 30)]
    assert states[2]
    assert not states[-1]


def test_a_clock_that_is_put_back_stops_nothing() -> None:
    """An hour back is no hour of waiting, and no debt."""
    pacer = make_pacer()
    end = play_through(pacer, 600, sample_seconds=0.02)
    before = pacer.sample_interval_seconds
    end = play_through(pacer, 60, sample_seconds=0.02, begin=end - 3_600)
    assert pacer.sample_interval_seconds == pytest.approx(before, rel=0.2)
    play_through(pacer, 900, begin=end)
    assert pacer.sample_interval_seconds == 1.0
