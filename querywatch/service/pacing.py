"""Decides how often one server is looked at, so that watching it stays inside a budget and out of its way.

A policy alone: costs, threads and the clock come in, intervals go out.
"""

import math
import statistics
from collections import deque
from enum import StrEnum

from querywatch.service.crowding import Crowding
from querywatch.service.spending import Spending

WIDEST_SAMPLE_SECONDS = 60.0
WIDEST_COUNTER_SECONDS = 300.0
# While the server is in trouble. Whoever looks for the blocker that very moment still finds it in the processlist.
CROWDED_SAMPLE_SECONDS = 15.0
CROWDED_COUNTER_SECONDS = 60.0
_CROWDED_SAMPLE_TIMES = 5.0
_CROWDED_COUNTER_TIMES = 3.0
_RESERVE = 0.1  # of the budget, for reading tables and indexes
_SAVING, _REPAYING = 0.5, 0.25  # of the budget at the most, to fill the purse and to get out of debt
_WIDEN_SECONDS, _RETURN_SECONDS = 20.0, 60.0  # in which an interval comes nearer to where it goes, by 63 %
_ARRIVED_RATIO = 0.05  # nearer than that is there
_COSTS_REMEMBERED = 30
_HALVINGS = 40


class Work(StrEnum):
    """What costs a server time."""

    SAMPLE = "sample"
    BURST = "burst"
    RECORDS = "records"
    COUNT = "count"
    SCHEMA = "schema"
    PLAN = "plan"


class Pacer:
    """One server's pace. A widened interval shrinks again slowly; none is ever shorter than it was configured."""

    def __init__(
        self, *, budget_ratio: float, sample_interval_seconds: float, counter_interval_seconds: float
    ) -> None:
        """`budget_ratio` is in seconds of server time a second: 0.005 is half a percent of one core."""
        self._budget_ratio = budget_ratio
        self._spending = Spending(budget_ratio)
        self._crowding = Crowding()
        self._sample = _Rhythm(sample_interval_seconds, WIDEST_SAMPLE_SECONDS)
        self._count = _Rhythm(counter_interval_seconds, WIDEST_COUNTER_SECONDS)
        self._moved_at: float | None = None
        self.stretch_ratio = 1.0  # for all servers alike: how much more seldom this machine can look

    @property
    def sample_interval_seconds(self) -> float:
        """The time from one look at the sessions to the next."""
        return self._sample.find_stretched(self.stretch_ratio)

    @property
    def counter_interval_seconds(self) -> float:
        """The time from one reading of the counters to the next; never less than from look to look."""
        return max(self._count.find_stretched(self.stretch_ratio), self.sample_interval_seconds)

    @property
    def spare_ratio(self) -> float:
        """What may still be spent at once over the most that can be saved; 0 while the server is in trouble."""
        return 0.0 if self.is_backing_off else self._spending.saved_ratio

    @property
    def budget_used_ratio(self) -> float:
        """Measured over budget, in the last five minutes; above 1 is over."""
        return self._spending.used_ratio

    @property
    def observer_seconds(self) -> float:
        """What watching has cost the server so far: its own count where it has one, else the time measured here."""
        return self._spending.total_seconds

    @property
    def is_backing_off(self) -> bool:
        """Whether far more threads run on the server than usual."""
        return self._crowding.is_crowded

    @property
    def is_budget_too_small(self) -> bool:
        """Whether looking and counting as seldom as they can be would still cost more than the budget."""
        share = self._spending.share_ratio
        return sum(each.find_least_ratio(share) for each in (self._sample, self._count)) > self._budget_ratio

    def may_spend(self, seconds: float) -> bool:
        """Whether what can wait has leave to take more than this: more is saved, and the server is not in trouble."""
        return not self.is_backing_off and self._spending.saved_seconds > seconds

    def note_cost(self, work: Work, seconds: float, now: float) -> None:
        """One piece of work took so long, measured here."""
        self._spending.charge(seconds, now)
        if work is Work.SAMPLE:
            self._sample.costs.append(seconds)
        elif work is Work.COUNT:
            self._count.costs.append(seconds)
        self._move(now)

    def note_counted(self, own_seconds: float | None, now: float) -> None:
        """What the server counted for querywatch's account since the last time; None: it does not count, or not yet.

        To be called after each reading of the counters.
        """
        self._spending.settle(own_seconds, now)
        self._move(now)

    def note_threads(self, running: int, now: float) -> None:
        """How many threads run on the server."""
        self._crowding.note(running, now)
        self._move(now)

    def _move(self, now: float) -> None:
        self._spending.pass_time(now)
        elapsed = 0.0 if self._moved_at is None else max(0.0, now - self._moved_at)
        self._moved_at = now
        scale, share = self._find_scale(), self._spending.share_ratio
        sample, count = (each.find_interval(scale, share) for each in (self._sample, self._count))
        if self.is_backing_off:
            sample = max(sample, min(CROWDED_SAMPLE_SECONDS, self._sample.configured * _CROWDED_SAMPLE_TIMES))
            count = max(count, min(CROWDED_COUNTER_SECONDS, self._count.configured * _CROWDED_COUNTER_TIMES))
        self._sample.move(sample, elapsed, at_once=self.is_backing_off)
        self._count.move(count, elapsed, at_once=self.is_backing_off)

    def _find_scale(self) -> float:
        """How far both intervals are widened, 0 for not at all, so that the two together keep to the budget.

        What costs more is widened more, by the root of it: so the sum of the widenings is the least there is.
        """
        rhythms, share = (self._sample, self._count), self._spending.share_ratio
        allowed = self._budget_ratio * (1 - _RESERVE) * self._find_caution()

        def is_enough(scale: float) -> bool:
            return sum(each.find_ratio(scale, share) for each in rhythms) <= allowed

        if is_enough(0.0):
            return 0.0
        low, high = 0.0, max(each.find_widest_scale(share) for each in rhythms)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (low, middle) if is_enough(middle) else (middle, high)
        return high

    def _find_caution(self) -> float:
        """The part of the budget to plan with: less of it the less is saved, for then work costs more than it seems."""
        spending = self._spending
        return 1 - _SAVING * (1 - spending.saved_ratio) - _REPAYING * spending.debt_ratio


class _Rhythm:
    """Work that comes again and again: what it costs, and the interval it comes at."""

    def __init__(self, configured_seconds: float, widest_seconds: float) -> None:
        self.configured = configured_seconds
        self._widest = max(configured_seconds, widest_seconds)
        self.interval_seconds = configured_seconds
        self.costs: deque[float] = deque(maxlen=_COSTS_REMEMBERED)

    @property
    def _cost_seconds(self) -> float:
        """The mean without the dearest: the first of a connection asks for more, and the purse pays for that."""
        kept = sorted(self.costs)[:-1]
        return statistics.fmean(kept) if kept else 0.0

    def find_stretched(self, ratio: float) -> float:
        """The interval, so many times longer; never past the widest for that."""
        return max(self.interval_seconds, min(self._widest, self.interval_seconds * ratio))

    def find_interval(self, scale: float, share: float) -> float:
        """The interval at that widening, between the configured one and the widest."""
        wanted = scale * math.sqrt(self._cost_seconds * share * self.configured)
        return min(self._widest, max(self.configured, wanted))

    def find_ratio(self, scale: float, share: float) -> float:
        """Seconds of server time a second at that widening."""
        return self._cost_seconds * share / self.find_interval(scale, share)

    def find_least_ratio(self, share: float) -> float:
        """The same at the widest."""
        return self._cost_seconds * share / self._widest

    def find_widest_scale(self, share: float) -> float:
        """The widening that reaches the widest interval; 0 for work that costs nothing."""
        root = math.sqrt(self._cost_seconds * share * self.configured)
        return self._widest / root if root else 0.0

    def move(self, target_seconds: float, elapsed_seconds: float, *, at_once: bool) -> None:
        """Goes towards the target, sooner when it widens: `at_once`, or smoothly."""
        widens = target_seconds > self.interval_seconds
        inertia = math.exp(-elapsed_seconds / (_WIDEN_SECONDS if widens else _RETURN_SECONDS))
        if widens and at_once:
            inertia = 0.0
        self.interval_seconds = target_seconds + (self.interval_seconds - target_seconds) * inertia
        if abs(self.interval_seconds - target_seconds) < _ARRIVED_RATIO * target_seconds:
            self.interval_seconds = target_seconds
