"""Keeps the last hours of each integration in memory, by the minute, for the status page's plots."""

import threading
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import isnan

from querywatch.snapshot import IntegrationState, Past, Snapshot

STEP_SECONDS = 60
KEPT_STEPS = 6 * 60
_NOTHING = float("nan")


def _make_ring(kind: str) -> "array[float]":
    return array(kind, [_NOTHING]) * KEPT_STEPS


@dataclass(frozen=True, slots=True)
class _Rings:
    """One integration's, 4.3 kB."""

    seconds: "array[float]" = field(default_factory=lambda: _make_ring("d"))
    running: "array[float]" = field(default_factory=lambda: _make_ring("f"))

    def forget(self, places: Iterable[int]) -> None:
        for place in places:
            self.seconds[place] = self.running[place] = _NOTHING


class Recent:
    """One server's last hours. `note` belongs to one thread, `read` to any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rings: dict[str, _Rings] = {}
        self._last_step: int | None = None
        self._totals: dict[str, float] = {}

    def note(self, snapshot: Snapshot) -> None:
        """Adds what ran since the last look; a server that is away leaves a gap, and what ran meanwhile none of it."""
        step = int(snapshot.at // STEP_SECONDS)
        states = snapshot.integrations if snapshot.up else ()
        with self._lock:
            self._forget_until(step)
            for state in states:
                rings = self._rings.setdefault(state.integration.name, _Rings())
                self._add_seconds(rings, step % KEPT_STEPS, state)
                if snapshot.sees_sessions:
                    known = rings.running[step % KEPT_STEPS]
                    rings.running[step % KEPT_STEPS] = max(state.active, 0.0 if isnan(known) else known)
            self._totals = {
                state.integration.name: state.seconds for state in states if state.seconds is not None
            }

    def _add_seconds(self, rings: _Rings, place: int, state: IntegrationState) -> None:
        if state.seconds is None:
            return
        before = self._totals.get(state.integration.name, state.seconds)
        known = rings.seconds[place]
        rings.seconds[place] = max(0.0, state.seconds - before) + (0.0 if isnan(known) else known)

    def _forget_until(self, step: int) -> None:
        """Empties the places of the steps that nothing was noted of; a clock that is put back begins anew."""
        last, self._last_step = self._last_step, step
        if last is None or step == last:
            return
        passed = range(last + 1, step + 1) if 0 < step - last < KEPT_STEPS else range(KEPT_STEPS)
        for rings in self._rings.values():
            rings.forget([each % KEPT_STEPS for each in passed])

    def read(self) -> tuple[Past, ...]:
        """Each integration's, the oldest minute first; those of which nothing is left are not in it."""
        with self._lock:
            last = self._last_step
            kept = {name: (rings.seconds[:], rings.running[:]) for name, rings in self._rings.items()}
        if last is None:
            return ()
        steps = range(last - KEPT_STEPS + 1, last + 1)
        found = (
            Past(
                integration=name,
                started_at=float(steps[0] * STEP_SECONDS),
                step_seconds=STEP_SECONDS,
                seconds=tuple(_find_known(seconds[each % KEPT_STEPS]) for each in steps),
                running=tuple(_find_known(running[each % KEPT_STEPS]) for each in steps),
            )
            for name, (seconds, running) in kept.items()
        )
        return tuple(
            past for past in found if any(value is not None for value in past.seconds + past.running)
        )


def _find_known(value: float) -> float | None:
    return None if isnan(value) else value
