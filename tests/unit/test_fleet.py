"""A fleet on one machine: first looks are spread, and a machine that cannot keep up slows all servers alike."""

import logging
import math
import time

import pytest

from querywatch.service.fleet import Strain, find_spread_seconds, measure
from querywatch.service.pacing import WIDEST_SAMPLE_SECONDS, Pacer, Work

_CALM = [0.0002] * 50


def simulate(strain: Strain, *, full_cpu_ratio: float, turns: int) -> None:
    """A machine on which all servers at their own pace would need so much of a core; it has one."""
    for _ in range(turns):
        wanted = full_cpu_ratio / strain.stretch_ratio
        strain.note([0.001 + max(0.0, wanted - 1.0) * 0.1] * 50, min(1.0, wanted))


def make_pacer() -> Pacer:
    return Pacer(budget_ratio=0.005, sample_interval_seconds=1.0, counter_interval_seconds=10.0)


def test_one_server_is_looked_at_within_its_interval() -> None:
    assert find_spread_seconds(1, 1.0) == 1.0


def test_a_fleet_starts_no_faster_than_a_core_can() -> None:
    """A first look at a server, with its tables, takes some 0.1 s of CPU."""
    assert 20.0 <= find_spread_seconds(200, 1.0) <= 60.0
    assert find_spread_seconds(200, 300.0) == 300.0


def test_a_machine_with_time_to_spare_stretches_nothing() -> None:
    strain = Strain()
    simulate(strain, full_cpu_ratio=0.55, turns=20)
    assert strain.stretch_ratio == 1.0


@pytest.mark.parametrize("full_cpu_ratio", [0.9, 1.5, 4.0, 20.0])
def test_a_busy_machine_settles_below_a_whole_core(full_cpu_ratio: float) -> None:
    """Stretched as far as it needs and hardly more, and steady there."""
    strain = Strain()
    simulate(strain, full_cpu_ratio=full_cpu_ratio, turns=30)
    settled = strain.stretch_ratio
    assert 0.45 <= full_cpu_ratio / settled <= 0.75
    simulate(strain, full_cpu_ratio=full_cpu_ratio, turns=10)
    assert strain.stretch_ratio == pytest.approx(settled, rel=0.3)


def test_threads_that_wait_long_for_their_turn_are_strain_too() -> None:
    """Another program may be what keeps the machine busy: little CPU used here says nothing then."""
    strain = Strain()
    for _ in range(3):
        strain.note([0.3] * 50, 0.2)
    assert strain.stretch_ratio > 2.0


def test_the_stretch_ends_with_the_strain(caplog: pytest.LogCaptureFixture) -> None:
    """One line when it begins and one when it is over."""
    strain = Strain()
    with caplog.at_level(logging.INFO):
        simulate(strain, full_cpu_ratio=3.0, turns=20)
        for _ in range(20):
            strain.note(_CALM, 0.05)
    assert strain.stretch_ratio == 1.0
    begun, over = [record.getMessage() for record in caplog.records]
    assert "this machine is too busy" in begun
    assert "this machine keeps up again" in over


def test_every_interval_of_a_server_is_stretched_alike() -> None:
    pacer = make_pacer()
    pacer.stretch_ratio = 2.5
    assert (pacer.sample_interval_seconds, pacer.counter_interval_seconds) == (2.5, 25.0)
    pacer.stretch_ratio = 1e6
    assert pacer.sample_interval_seconds == WIDEST_SAMPLE_SECONDS
    pacer.stretch_ratio = 1.0
    assert (pacer.sample_interval_seconds, pacer.counter_interval_seconds) == (1.0, 10.0)


def test_a_stretch_adds_to_what_the_budget_widens() -> None:
    """A server that is spared is not looked at more often because the machine is busy."""
    pacer = make_pacer()
    for second in range(600):
        pacer.note_cost(Work.SAMPLE, 0.02, float(second))
    spared = pacer.sample_interval_seconds
    assert spared > 1.5
    pacer.stretch_ratio = 2.0
    assert math.isclose(pacer.sample_interval_seconds, 2.0 * spared)


def test_a_machine_that_was_put_to_sleep_is_not_busy() -> None:
    """It is late once, by hours."""
    strain = Strain()
    strain.note([*_CALM, 3600.0], 0.0)
    assert strain.stretch_ratio == 1.0


def test_how_late_a_thread_is_and_what_it_uses_are_measured() -> None:
    """By a pause that is 4 ms too long, and by one that computes."""
    late, idle_ratio = measure(lambda seconds: time.sleep(seconds + 0.004), probes=5)
    assert min(late) >= 0.004

    def compute(seconds: float) -> None:
        ends_at = time.process_time() + seconds / 2
        while time.process_time() < ends_at:
            pass

    _, busy_ratio = measure(compute, probes=2)
    assert busy_ratio > 2 * idle_ratio
