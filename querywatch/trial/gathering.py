"""Adds counts up to slices, one after the other."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from querywatch.trial.slices import ALL_SHAPES, SILENCE, SLICE_SECONDS, Activity, Slice, Work

_SHAPES_KEPT = 40  # the costliest of a slice


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What one count brought; `seconds` is 0 where nothing can be told of the time since the last."""

    at: float
    seconds: float
    office: tuple[tuple[str, Work], ...]
    others: tuple[tuple[str, Activity], ...]
    sampled: bool = False
    server_started_at: float | None = None
    upkeep: bool = False
    minute_of_week: float | None = None


@dataclass(slots=True)
class Gathering:
    """The slice that is filled now."""

    length_seconds: float = SLICE_SECONDS
    _slice: Slice | None = None
    _office: dict[str, Work] = field(default_factory=dict)
    _others: dict[str, Activity] = field(default_factory=dict)

    def add(self, counted: Counted) -> Slice | None:
        """Takes a count; gives the slice that ended with it, if one did."""
        start = counted.at - counted.at % self.length_seconds
        ended = None
        if self._slice is None or self._slice.started_at != start:
            ended = self._close()
            self._slice = Slice(started_at=start, seconds=0.0, minute_of_week=counted.minute_of_week)
        for name, work in counted.office:
            self._office[name] = self._office.get(name, Work()).plus(work)
        for name, activity in counted.others:
            before = self._others.get(name, SILENCE)
            sessions = max(before.sessions, activity.sessions)
            self._others[name] = Activity(sessions=sessions, work=before.work.plus(activity.work))
        self._slice = replace(
            self._slice,
            seconds=self._slice.seconds + max(0.0, counted.seconds),
            sampled=self._slice.sampled or counted.sampled,
            server_started_at=self._slice.server_started_at
            if counted.server_started_at is None
            else counted.server_started_at,
            upkeep=self._slice.upkeep or counted.upkeep,
        )
        return ended

    def _close(self) -> Slice | None:
        if self._slice is None:
            return None
        ended = replace(self._slice, office=_keep_costliest(self._office.items()), others=dict(self._others))
        self._office, self._others = {}, {}
        return ended


def _keep_costliest(works: Iterable[tuple[str, Work]]) -> dict[str, Work]:
    ordered = sorted(works, key=lambda each: (each[0] == ALL_SHAPES, each[1].seconds), reverse=True)
    return dict(ordered[: _SHAPES_KEPT + 1])
