"""Time that a test puts forward, and weeks of ordinary days for a watch of a real server to have learnt."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC
from random import Random

from querywatch.analysis.baselines import Moment
from querywatch.analysis.regression import Runs, Subject
from querywatch.hours import find_minute_of_week
from querywatch.service.watch import Watch
from querywatch.snapshot import Snapshot

WEEK_SECONDS = 7 * 86_400.0
_HISTORY_STEP_SECONDS = 900.0
_LOOK_SECONDS = 0.01  # between two looks while somebody works
_NOISE = 0.15  # of a run's time, as its logarithm's standard deviation


@dataclass(slots=True)
class Clock:
    """Real time, and what the test puts it forward."""

    ahead_seconds: float = field(default=0.0)

    def __call__(self) -> float:
        return time.time() + self.ahead_seconds

    def put_to(self, wanted: float) -> None:
        """It is that time now."""
        self.ahead_seconds = wanted - time.time()


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """What one shape is used to do: so many runs in an hour, of so many seconds and rows each."""

    subject: Subject
    runs_an_hour: float
    seconds: float
    rows: float


def step(watch: Watch, clock: Clock, seconds: float, *works: Callable[[], None]) -> Snapshot:
    """So much time passes, in which each of them runs once while the watch looks; what it then made of it."""
    started = clock()
    with ThreadPoolExecutor(max(1, len(works))) as pool:
        running = [pool.submit(work) for work in works]
        while not all(each.done() for each in running):
            watch.cycle()
            time.sleep(_LOOK_SECONDS)
        for each in running:
            each.result()
    clock.put_to(max(clock(), started + seconds))
    watch.cycle(count=True)
    return watch.snapshot


def teach(watch: Watch, clock: Clock, *usual: Usual, weeks: int = 8) -> None:
    """Lays ordinary weeks that end now before the watch's baselines, which must find nothing in them."""
    normals, draw = watch.baselines.normals, Random(3)
    steps = int(weeks * WEEK_SECONDS / _HISTORY_STEP_SECONDS)
    ends_at = clock()
    for number in range(steps, 0, -1):
        now = ends_at - number * _HISTORY_STEP_SECONDS
        normals.judge(
            Moment(
                now=now,
                seconds=_HISTORY_STEP_SECONDS,
                minute_of_week=find_minute_of_week(now, UTC),
                runs=[_draw_runs(each, draw) for each in usual],
            )
        )
        assert normals.regressions == ()


def _draw_runs(usual: Usual, draw: Random) -> Runs:
    runs = usual.runs_an_hour * _HISTORY_STEP_SECONDS / 3600.0
    seconds = runs * usual.seconds * draw.lognormvariate(0.0, _NOISE)
    return Runs(usual.subject, runs, seconds, runs * usual.rows, 0.0)
