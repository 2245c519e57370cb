"""Puts what a baseline noticed into a regression with both numbers and its cause."""

import math

from querywatch.analysis.baseline_common import Common
from querywatch.analysis.baseline_rate import Busier
from querywatch.analysis.baseline_shape import ShapeBaseline
from querywatch.analysis.baseline_sizes import Sizes
from querywatch.analysis.plan_book import PlanBook
from querywatch.analysis.regression import Cause, Clues, Measure, Regression, Subject, find_cause

_MATTERING_BUSY = 0.05  # of the server's time: more runs that take less make nothing slower
_UNCHANGED_LOG = math.log(1.25)


def make_busier(shape: ShapeBaseline, busier: Busier, slot: int) -> Regression:
    """A shape that runs more often."""
    seconds = shape.time.find_usual_seconds(slot)
    return Regression(
        measure=Measure.RATE,
        subject=shape.subject,
        since=busier.since,
        cause=Cause.RUNS,
        seconds_usual=seconds,
        seconds_now=seconds * math.exp(shape.time.recent.time_log),
        per_minute_usual=busier.usual_per_minute,
        per_minute_now=busier.per_minute,
        evidence=shape.evidence,
    )


def make_slower(shape: ShapeBaseline, slot: int, sizes: Sizes, plans: PlanBook) -> Regression | None:
    """A shape whose runs take longer, or that takes more time in all because it runs more often; None: neither."""
    slower, busier = shape.time.slower, shape.rate.busier
    if slower is None:
        return None if busier is None else _make_costlier(shape, busier, slot)
    recent = shape.time.recent
    growth = sizes.find_growth(shape.subject.tables)
    change = sizes.find_change(shape.subject.tables, slower.since)
    other_plan = plans.find_change(shape.subject.fingerprint, slower.since)
    clues = Clues(
        time_log=recent.time_log,
        rows_log=recent.rows_log,
        locked_share=shape.time.locked_share,
        growth=growth,
        index_changed=change is not None,
        plan_changed=bool(other_plan),
        more_runs=busier is not None,
    )
    cause = find_cause(clues)
    usual_seconds, usual_rows = shape.time.find_usual_seconds(slot), shape.time.find_usual_rows(slot)
    per_minute = shape.rate.find_expected_per_minute(slot)
    return Regression(
        measure=Measure.TIME,
        subject=shape.subject,
        since=slower.since,
        cause=cause,
        seconds_usual=usual_seconds,
        seconds_now=usual_seconds * math.exp(recent.time_log),
        per_minute_usual=per_minute,
        per_minute_now=per_minute if busier is None else busier.per_minute,
        rows_usual=usual_rows,
        rows_now=None
        if usual_rows is None or recent.rows_log is None
        else usual_rows * math.exp(recent.rows_log),
        locked_share=clues.locked_share,
        growth=growth if cause is Cause.DATA else None,
        sizes_are_old=cause is Cause.PLAN and sizes.read_at < slower.since,
        changed="; ".join(filter(None, ("" if change is None else change.words, other_plan))),
        evidence=shape.evidence,
    )


def _make_costlier(shape: ShapeBaseline, busier: Busier, slot: int) -> Regression | None:
    seconds = shape.time.find_usual_seconds(slot)
    if busier.per_minute / 60.0 * seconds < _MATTERING_BUSY:
        return None
    return Regression(
        measure=Measure.TIME,
        subject=shape.subject,
        since=busier.since,
        cause=Cause.RUNS,
        seconds_usual=seconds,
        seconds_now=seconds,
        per_minute_usual=busier.usual_per_minute,
        per_minute_now=busier.per_minute,
        evidence=shape.evidence,
    )


def make_everything(common: Common) -> Regression | None:
    """That the office's own statements are slower too; None: they are not."""
    if common.risen_since is None:
        return None
    return Regression(
        measure=Measure.TIME,
        subject=Subject("", "", (), is_third_party=False),
        since=common.risen_since,
        cause=Cause.EVERYTHING,
        seconds_usual=1.0,
        seconds_now=math.exp(common.risen_log),
        per_minute_usual=0.0,
        per_minute_now=0.0,
    )
