"""Fetches from the state file what is usual for the office's shapes at each hour of the week, for a trial."""

import sqlite3
from collections.abc import Iterable
from contextlib import suppress

from querywatch.analysis.baseline_shape import ShapeBaseline
from querywatch.service.normals import SHAPE
from querywatch.store.baselines import load_baselines_of
from querywatch.trial.rhythm import Rhythm, UsualHours, make_rhythm
from querywatch.trial.slices import Slice


def load_rhythm(connection: sqlite3.Connection, server: str, slices: Iterable[Slice]) -> Rhythm:
    """Of the shapes in those slices that have a baseline. Raises StateError."""
    wanted = {name for each in slices for name in each.office}
    found = dict[str, UsualHours]()
    for row in load_baselines_of(connection, server, SHAPE, wanted):
        # What another querywatch wrote otherwise is no baseline; the trial does without.
        with suppress(ValueError):
            baseline = ShapeBaseline.from_row((row.integration, row.fingerprint), tuple(row.numbers))
            before = found.get(row.fingerprint)
            level = baseline.time.time
            if not baseline.subject.is_third_party and (before is None or level.seen > before.seen):
                found[row.fingerprint] = UsualHours(offsets=level.offsets, hours=level.hours, seen=level.seen)
    return make_rhythm(found)
