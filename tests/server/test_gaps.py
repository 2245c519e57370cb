"""Ten minutes without network: a gap in sight, which is told, and whose work is counted once when it is over."""

import time
from contextlib import closing
from dataclasses import dataclass, field, replace

import pytest
from server.counted import LOOKUP, WRITE, count_selects, counting, create_vendor, find_runs, work
from server.servers import RunningServer
from server.watching import Gate, find_findings, find_integration, make_watch

from querywatch.analysis.situation import Limits
from querywatch.model import Severity
from querywatch.service.watch import Watch

_GAP_SECONDS = 600.0
_RUNS_IN_THE_GAP = 3_000
# Low enough that the work of the gap would break them, were it judged as the work of one interval.
_LIMITS = Limits(statements_per_minute=600, repeat_per_minute=600, learning_seconds=1.0)


@dataclass(slots=True)
class Clock:
    """Real time, and what the test puts it forward."""

    ahead_seconds: float = field(default=0.0)

    def __call__(self) -> float:
        return time.time() + self.ahead_seconds


@pytest.fixture
def vendor(server: RunningServer) -> RunningServer:
    create_vendor(server)
    return server


def test_ten_minutes_without_network_are_a_gap_and_no_spike(vendor: RunningServer) -> None:
    """Out of sight it says so and counts nothing; back again each statement of the gap counts once, and none alarms."""
    clock, gate = Clock(), Gate(vendor.host, vendor.port)
    endpoint = replace(vendor.watcher(), host="127.0.0.1", port=gate.port)
    with (
        counting(vendor),
        closing(gate),
        closing(make_watch(endpoint, limits=_LIMITS, clock=clock)) as watch,
    ):
        watch.cycle(count=True)
        work(vendor, *[LOOKUP] * 5, WRITE)
        assert count_selects(watch) == 5
        gate.shut()
        watch_blindly(watch, clock)
        work(vendor, *[LOOKUP] * _RUNS_IN_THE_GAP, WRITE)
        gate.reopen()
        clock.ahead_seconds += 60.0  # past the wait before the next try
        assert count_selects(watch) == 5 + _RUNS_IN_THE_GAP
        back = watch.snapshot
        runs = find_runs(watch, LOOKUP)
        work(vendor, LOOKUP)
        assert count_selects(watch) == 6 + _RUNS_IN_THE_GAP
        assert runs <= find_runs(watch, LOOKUP) <= (6 + _RUNS_IN_THE_GAP if vendor.performance_schema else 0)
    assert back.up, back.trouble
    assert find_integration(back, "vendor").writes_done == 2
    assert not [found.finding.rule for found in back.findings if found.finding.rule.startswith("frequency.")]


def watch_blindly(watch: Watch, clock: Clock) -> None:
    """Ten minutes of cycles while nobody answers: the finding stays, the numbers stand still."""
    before = find_integration(watch.snapshot, "vendor").statements_total
    for _ in range(10):
        watch.cycle(count=True)
        snapshot = watch.snapshot
        assert not snapshot.up
        blind = {found.subject: found.severity for found in find_findings(snapshot, "coverage.blind")}
        assert blind["server"] is Severity.CRITICAL
        assert find_integration(snapshot, "vendor").statements_total == before
        clock.ahead_seconds += _GAP_SECONDS / 10
