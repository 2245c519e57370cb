"""Keeps the last hours of each integration in memory, by the minute, for the status page's plots."""

import threading
from array import array
from collections.abc import Iterable
from math import isnan

from querywatch.snapshot import Past, Snapshot

STEP_SECONDS = 60
KEPT_STEPS = 6 * 60
_NOTHING = float("nan")


class Recent:
    """One server's ring, 3 kB for each integration. `note` belongs to one thread, `read` to any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rings: dict[str, array[float]] = {}
        self._last_step: int | None = None
        self._totals: dict[str, float] = {}

    def note(self, snapshot: Snapshot) -> None:
        """Adds what ran since the last look; a server that is away leaves a gap, and what ran meanwhile none of it."""
        step = int(snapshot.at // STEP_SECONDS)
        totals = {
            state.integration.name: state.seconds
            for state in snapshot.integrations
            if snapshot.up and state.seconds is not None
        }
        with self._lock:
            self._forget_until(step)
            for name, seconds in totals.items():
                ring = self._rings.setdefault(name, array("d", [_NOTHING]) * KEPT_STEPS)
                before = self._totals.get(name, seconds)
                known = ring[step % KEPT_STEPS]
                ring[step % KEPT_STEPS] = max(0.0, seconds - before) + (0.0 if isnan(known) else known)
            self._totals = totals

    def _forget_until(self, step: int) -> None:
        """Empties the places of the steps that nothing was noted of; a clock that is put back begins anew."""
        last, self._last_step = self._last_step, step
        if last is None or step == last:
            return
        passed: Iterable[int] = (
            range(last + 1, step + 1) if 0 < step - last < KEPT_STEPS else range(KEPT_STEPS)
        )
        for ring in self._rings.values():
            for each in passed:
                ring[each % KEPT_STEPS] = _NOTHING

    def read(self) -> tuple[Past, ...]:
        """Each integration's, the oldest minute first; those of which nothing is left are not in it."""
        with self._lock:
            last = self._last_step
            rings = {name: ring[:] for name, ring in self._rings.items()}
        if last is None:
            return ()
        steps = range(last - KEPT_STEPS + 1, last + 1)
        found = (
            Past(
                integration=name,
                started_at=float(steps[0] * STEP_SECONDS),
                step_seconds=STEP_SECONDS,
                seconds=tuple(_find_known(ring[each % KEPT_STEPS]) for each in steps),
            )
            for name, ring in rings.items()
        )
        return tuple(past for past in found if any(value is not None for value in past.seconds))


def _find_known(value: float) -> float | None:
    return None if isnan(value) else value
