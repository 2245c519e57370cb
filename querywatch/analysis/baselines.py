"""One server's baselines: takes each interval's runs, learns what is normal, and says what no longer is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from querywatch.analysis.baseline_common import Common
from querywatch.analysis.baseline_shape import ShapeBaseline
from querywatch.analysis.baseline_sizes import Sizes
from querywatch.analysis.baseline_time import Load
from querywatch.analysis.plan_book import PlanBook
from querywatch.analysis.regression import Regression, Runs
from querywatch.analysis.regression_make import make_busier, make_everything, make_slower
from querywatch.analysis.seasons import find_slot
from querywatch.analysis.timeline import Change, ChangeKind
from querywatch.plan import Plan

_SHAPES_KEPT = 5_000
_KEPT_SECONDS = 100 * 86_400.0  # unseen: what runs at a month's end is remembered over the next
_HOUR_SECONDS = 3600.0
_LEAST_COVERED = 0.15  # of an hour: less says too little of it
_SETTLING_SECONDS = 900.0  # a server that has just started reads everything from its disk
_RATIO_SECONDS = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An interval that ended now, without gap or reset. `minute_of_week` is the office's, or else by UTC."""

    now: float
    seconds: float
    minute_of_week: float
    runs: Iterable[Runs]
    started_at: float | None = None  # the server's start; None: not known


class Normals:
    """The baselines of one server's shapes. Nothing in it asks a clock: the same moments give the same findings."""

    def __init__(self) -> None:
        self._shapes: dict[tuple[str, str], ShapeBaseline] = {}
        self._holding: dict[tuple[str, str], ShapeBaseline] = {}
        self._open: dict[tuple[str, str], ShapeBaseline] = {}
        self._common = Common()
        self._sizes = Sizes()
        self._plans = PlanBook()
        self._clock = 0.0  # seconds in sight so far
        self._slot: int | None = None
        self._slot_clock = 0.0
        self._now = 0.0
        self._touched: set[tuple[str, str]] = set()
        self._running_hour: tuple[float, ...] | None = None  # as it was recalled
        self.hours_closed = 0

    def note_tables(self, rows: Mapping[str, int], read_at: float) -> None:
        """The sizes of the tables, by folded name, as they were read then."""
        self._sizes.note(rows, read_at)

    def note_plans(self, plans: Mapping[str, Plan]) -> None:
        """The server's own plans that are known now, by fingerprint."""
        self._plans.note(plans)

    def note_changes(self, changes: Iterable[Change]) -> None:
        """What came or went; an upgrade of the schema makes every shape new for a while."""
        for change in changes:
            self._sizes.note_change(change)
            if change.kind is ChangeKind.UPGRADE:
                self._renew(change.at)

    def judge(self, moment: Moment) -> None:
        """Takes an interval."""
        self._now = moment.now
        slot = find_slot(moment.minute_of_week)
        if self._slot is None and self._running_hour is not None:
            self._go_on(slot, self._running_hour, moment.now)
        if slot != self._slot:
            self._close_hour(moment)
            self._slot, self._slot_clock = slot, self._clock
        self._clock += moment.seconds
        for runs in moment.runs:
            self._hold(runs, moment)
        settling = moment.started_at is not None and moment.now - moment.started_at < _SETTLING_SECONDS
        self._judge_ripe(slot, settling=settling)
        if not settling:
            self._common.judge(moment.now, slot)

    def _go_on(self, slot: int, hour: tuple[float, ...], now: float) -> None:
        """With the hour that was running, if it still is."""
        recalled, covered_seconds, at = hour
        self._running_hour = None
        if slot == recalled and 0.0 <= now - at < _HOUR_SECONDS:
            self._slot, self._slot_clock = slot, self._clock - covered_seconds
            return
        for shape in self._shapes.values():
            shape.drop_hour()

    def _hold(self, runs: Runs, moment: Moment) -> None:
        key = runs.subject.key
        shape = self._shapes.get(key)
        if shape is None:
            shape = self._shapes[key] = ShapeBaseline(runs.subject, moment.now)
            self._forget_surplus()
        shape.subject = runs.subject
        shape.hold(runs, self._clock - moment.seconds, moment.now)
        self._holding[key] = shape

    def _judge_ripe(self, slot: int, *, settling: bool) -> None:
        load = Load(self._common.factor_log, self._common.has_risen)
        for key, shape in tuple(self._holding.items()):
            if settling or shape.is_ripe(self._clock):
                self._touched.add(key)
            if settling:
                shape.learn_alone(self._clock)
                del self._holding[key]
            elif shape.is_ripe(self._clock):
                del self._holding[key]
                shape.judge(load, self._clock, slot, self._now)
                self._note_open(key, shape)
                if shape.time.slower is None and shape.is_known(self._now):
                    self._common.note(
                        key, shape.time.last_log, self._now, is_third_party=shape.subject.is_third_party
                    )

    def _close_hour(self, moment: Moment) -> None:
        if self._slot is None:
            return
        covered_ratio = min(1.0, (self._clock - self._slot_clock) / _HOUR_SECONDS)
        if covered_ratio < _LEAST_COVERED:
            return
        for key, shape in self._shapes.items():
            shape.close_hour(self._slot, self._clock, covered_ratio, moment.now)
            self._note_open(key, shape)
        self._common.close_hour(self._slot, moment.now)
        self.hours_closed += 1
        self._touched.update(self._shapes)
        self._forget_old(moment.now)

    def _note_open(self, key: tuple[str, str], shape: ShapeBaseline) -> None:
        if shape.is_open:
            self._open[key] = shape
        else:
            self._open.pop(key, None)

    def _forget_old(self, now: float) -> None:
        old = [key for key, shape in self._shapes.items() if now - shape.last_at > _KEPT_SECONDS]
        for key in old:
            del self._shapes[key]

    def _forget_surplus(self) -> None:
        if len(self._shapes) > _SHAPES_KEPT:
            oldest_first = sorted(self._shapes, key=lambda key: self._shapes[key].last_at)
            for key in oldest_first[: _SHAPES_KEPT // 5]:
                del self._shapes[key]
                self._holding.pop(key, None)
                self._open.pop(key, None)

    def _renew(self, now: float) -> None:
        self._touched.update(self._shapes)
        for shape in self._shapes.values():
            shape.renew(now)
        self._open = {}

    def accept(self, integration: str, fingerprint: str) -> None:
        """Takes what differs now for normal: somebody knows of it. Without a fingerprint, that everything is slower."""
        shape = self._shapes.get((integration, fingerprint))
        if shape is not None:
            shape.accept()
            self._touched.add(shape.subject.key)
            self._open.pop(shape.subject.key, None)
        elif not fingerprint:
            self._common.accept()

    @property
    def regressions(self) -> tuple[Regression, ...]:
        """What is not as it was, third parties' shapes first-opened first, and whether everything is slower."""
        if self._slot is None:
            return ()
        found = [each for shape in self._open.values() for each in self._explain(shape)]
        everything = make_everything(self._common)
        return (*found, *([] if everything is None else [everything]))

    def _explain(self, shape: ShapeBaseline) -> Iterable[Regression]:
        if not shape.subject.is_third_party or self._slot is None:
            return
        if shape.rate.busier is not None:
            yield make_busier(shape, shape.rate.busier, self._slot)
        slower = make_slower(shape, self._slot, self._sizes, self._plans)
        if slower is not None:
            yield slower

    def find_ratio(self, integration: str, fingerprint: str) -> float | None:
        """The time that a run took lately over the usual; None where it did not run, or is new."""
        shape = self._shapes.get((integration, fingerprint))
        if shape is None or not shape.is_known(self._now) or self._now - shape.last_at > _RATIO_SECONDS:
            return None
        return shape.time.ratio

    def find_learning_ends(self) -> dict[str, float]:
        """Third parties of whom nothing is known to be normal yet -> when something will be, at the earliest."""
        ends, known = dict[str, float](), set[str]()
        for (integration, _), shape in self._shapes.items():
            if not shape.subject.is_third_party:
                continue
            if self._now >= shape.known_at:
                known.add(integration)
            ends[integration] = min(shape.known_at, ends.get(integration, shape.known_at))
        return {integration: end for integration, end in ends.items() if integration not in known}

    @property
    def open_keys(self) -> frozenset[tuple[str, str]]:
        """(integration, fingerprint) of the shapes that are not as they were."""
        return frozenset(self._open)

    def to_rows(
        self, wanted: Iterable[tuple[str, str]] | None = None
    ) -> Iterable[tuple[str, str, tuple[float, ...]]]:
        """(integration, fingerprint, plain numbers) of these shapes, or of all: what is to outlive a restart."""
        for key in tuple(self._shapes) if wanted is None else wanted:
            shape = self._shapes.get(key)
            if shape is not None:
                yield *key, shape.to_row()

    def take_heads(self) -> Iterable[tuple[str, str, tuple[float, ...]]]:
        """(integration, fingerprint, a few dozen numbers) of the shapes that learnt anything since the last time."""
        touched, self._touched = self._touched, set()
        for key in touched:
            shape = self._shapes.get(key)
            if shape is not None:
                yield *key, shape.to_head()

    def to_hour(self) -> tuple[float, ...] | None:
        """The running hour: which of the week, how long it was in sight, and when."""
        if self._slot is None:
            return None
        return (float(self._slot), self._clock - self._slot_clock, self._now)

    def load_heads(self, heads: Iterable[tuple[str, str, tuple[float, ...]]]) -> None:
        """Takes up what `take_heads` gave, on the rows of before. Raises ValueError for anything else."""
        for integration, fingerprint, head in heads:
            shape = self._shapes.get((integration, fingerprint))
            if shape is not None:
                shape.take_head(head)
                self._note_open(shape.subject.key, shape)

    def load_hour(self, hour: tuple[float, ...]) -> None:
        """Takes up what `to_hour` gave. Raises ValueError for anything else."""
        if len(hour) != 3:
            raise ValueError("not the numbers of a running hour")
        self._running_hour = hour

    def load(self, rows: Iterable[tuple[str, str, tuple[float, ...]]]) -> None:
        """Takes up what `to_rows` gave. Raises ValueError for anything else."""
        for integration, fingerprint, row in rows:
            key = (integration, fingerprint)
            shape = self._shapes[key] = ShapeBaseline.from_row(key, row)
            self._note_open(key, shape)
