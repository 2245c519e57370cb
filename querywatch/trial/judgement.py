"""Judges a trial: finds when the integration was off and on, whether that is a fair comparison, and what follows."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from querywatch.trial.contrast import MOST_MINUTES, Effect, Point, find_effect, thin_points
from querywatch.trial.rhythm import NO_RHYTHM, Rhythm
from querywatch.trial.slices import ALL_SHAPES, SLICE_SECONDS, Slice, Work

CAUSE_LEAST = 1.05
DEFAULT_EFFECT = 0.10
_OFF_SLICES = 5  # of silence, at least
_PAUSES = 1.5  # times its longest usual pause
_AROUND_SECONDS = 3_600.0  # that windows are compared with, before and after
_LEAST_SLICES = 5  # of each window
_LEAST_RUNS = 200.0  # of the office, with it off and with it on
_SEEN_SHARE = 0.5  # of a slice
_UPTIME_SECONDS = 2.0  # a server tells its uptime in whole ones: its start is known no better
_CHANGED_FACTOR = 2.0
_CHANGED_BUSY = 0.05  # seconds of server time a second
_SIDE_SHARE = 0.5  # of the effect's log, that each switch must show on its own


class Verdict(StrEnum):
    """What a trial says."""

    CAUSE = "cause"
    RULED_OUT = "ruled out"
    NOT_ENOUGH = "not enough evidence"


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowNumbers:
    """One side of the comparison, all its windows together."""

    minutes: float
    office_statements: float
    milliseconds_a_run: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The verdict with its numbers; `minutes_needed` is of silence, where more of it would help."""

    verdict: Verdict
    reason: str
    state: str  # 'waiting' | 'off' | 'back'
    off_at: float | None = None  # the first slice that it was seen off in
    back_at: float | None = None  # the first that it was seen on in after the last silence
    effect: Effect | None = None
    off: WindowNumbers | None = None
    on: WindowNumbers | None = None
    minutes_needed: float | None = None
    sampled: bool = False
    by_usual_hours: bool = False  # each hour was compared less what is usual at it


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: `fingerprints` empty is all of the office's statements; `off` names the silence to judge."""

    integration: str
    started_at: float
    until: float
    effect_ratio: float = DEFAULT_EFFECT
    fingerprints: frozenset[str] = frozenset()
    off: tuple[float, float] | None = None
    slice_seconds: float = SLICE_SECONDS


def find_judgement(question: Question, slices: Sequence[Slice], rhythm: Rhythm = NO_RHYTHM) -> Judgement:
    """What the slices say; they are in order, and reach from an hour before the start to now."""
    seen = [each for each in slices if each.started_at < question.until]
    silent = _find_silent(question, seen)
    if isinstance(silent, str):
        return Judgement(verdict=Verdict.NOT_ENOUGH, reason=silent, state="waiting")
    compared = _find_compared(question, seen, silent)
    state = "back" if any(each.started_at > max(silent) for each in compared) else "off"
    off = [each for each in compared if each.started_at in silent]
    on = [each for each in compared if each.started_at not in silent]
    effect, spoilt = None, _find_spoilt(question, seen, compared, off, on)
    points = thin_points(
        [point for each in compared if (point := _make_point(question, each, silent, rhythm)) is not None]
    )
    if not spoilt:
        effect = find_effect(points)
    numbers = _Numbers(
        *(question, off, on, points, effect, _find_times(question, seen, silent)),
        by_usual_hours=_uses(rhythm, question, compared),
    )
    if spoilt or effect is None:
        return numbers.judge(Verdict.NOT_ENOUGH, spoilt or "nothing to compare it with was seen", state)
    return _decide(numbers, state, effect)


@dataclass(frozen=True, slots=True)
class _Numbers:
    question: Question
    off: Sequence[Slice]
    on: Sequence[Slice]
    points: Sequence[Point]
    effect: Effect | None
    times: tuple[float, float | None]
    by_usual_hours: bool

    def judge(self, verdict: Verdict, reason: str, state: str, needed: float | None = None) -> Judgement:
        return Judgement(
            verdict=verdict,
            reason=reason,
            state=state,
            off_at=self.times[0],
            back_at=self.times[1],
            effect=self.effect,
            off=_add_up(self.question, self.off),
            on=_add_up(self.question, self.on),
            minutes_needed=needed,
            sampled=any(each.sampled for each in (*self.off, *self.on)),
            by_usual_hours=self.by_usual_hours,
        )


def _decide(numbers: _Numbers, state: str, effect: Effect) -> Judgement:
    limit = 1.0 + numbers.question.effect_ratio
    sides = _find_sides(numbers)
    if effect.low > CAUSE_LEAST:
        if state != "back":
            reason = "the office became faster; turn it on again, to see whether the slowness comes back"
            return numbers.judge(Verdict.NOT_ENOUGH, reason, state)
        if all(side > effect.ratio**_SIDE_SHARE for side in sides):
            return numbers.judge(Verdict.CAUSE, "the office is slower whenever it is on", state)
        reason = "one switch shows it and the other does not; something else changed meanwhile: repeat it"
        return numbers.judge(Verdict.NOT_ENOUGH, reason, state)
    if effect.high < limit:
        if state == "back" or len(numbers.off) >= 2 * _LEAST_SLICES:
            reason = f"with it on, statements take less than {limit:g} times as long as with it off"
            return numbers.judge(Verdict.RULED_OUT, reason, state)
        return numbers.judge(Verdict.NOT_ENOUGH, "it is off for too short a time yet", state, 5.0)
    wanted = max(effect.ratio / CAUSE_LEAST, limit / effect.ratio, 1.02)
    needed = _find_needed(len(numbers.off) * numbers.question.slice_seconds / 60.0, effect, wanted)
    reason = f"the effect lies between {effect.low - 1:+.0%} and {effect.high - 1:+.0%}: too wide to tell"
    return numbers.judge(Verdict.NOT_ENOUGH, reason, state, needed)


def _find_needed(minutes: float, effect: Effect, wanted: float) -> float:
    """More minutes of silence: the interval narrows with the root of the time."""
    share = effect.half_width / (wanted - 1.0)
    return min(MOST_MINUTES, max(5.0, minutes * (share * share - 1.0)))


def _find_sides(numbers: _Numbers) -> list[float]:
    """The effect by the slices before the first silence, and by those after it, each on its own."""
    off = [point for point in numbers.points if not point.on]
    first = off[0].at
    before = [point for point in numbers.points if not point.on or point.at < first]
    after = [point for point in numbers.points if not point.on or point.at > first]
    found = [effect for side in (before, after) if (effect := find_effect(side))]
    return [effect.ratio for effect in found]


def _find_silent(question: Question, slices: Sequence[Slice]) -> frozenset[float] | str:
    """The slices in which it was off, or why there are none."""
    name = question.integration
    if question.off is not None:
        inside = [each for each in slices if question.off[0] <= each.started_at < question.off[1]]
        runs = sum(each.find_activity(name).work.runs for each in inside)
        if any(not each.find_activity(name).is_silent for each in inside):
            return f"{name} was not really off: it was connected, or ran {runs:,.0f} statements meanwhile"
        return frozenset(each.started_at for each in inside) or "nothing of that time was seen"
    least = _find_least_silence(question, slices)
    quiet = [
        group
        for group in _find_groups(question, slices)
        if group[0].started_at >= question.started_at - question.slice_seconds and len(group) >= least
    ]
    if quiet:
        return frozenset(each.started_at for group in quiet for each in group)
    return _tell_waiting(question, slices, least)


def _tell_waiting(question: Question, slices: Sequence[Slice], least: float) -> str:
    name = question.integration
    later = [each for each in slices if each.started_at >= question.started_at]
    minutes = sum(each.seconds for each in later) / 60.0
    runs = sum(each.find_activity(name).work.runs for each in later)
    if minutes < _OFF_SLICES * question.slice_seconds / 60.0:
        return f"{name} has not gone silent yet"
    return (
        f"{name} was not really off: {runs / minutes:,.1f} statements a minute, never silent and without a session "
        f"for {least * question.slice_seconds / 60.0:.0f} minutes in sight"
    )


def _find_least_silence(question: Question, slices: Sequence[Slice]) -> float:
    """Slices of silence that are no usual pause of it."""
    earlier = [each for each in slices if each.started_at < question.started_at - question.slice_seconds]
    pauses = [len(group) for group in _find_groups(question, earlier)]
    return max(_OFF_SLICES, _PAUSES * max(pauses, default=0.0))


def _find_groups(question: Question, slices: Iterable[Slice]) -> list[list[Slice]]:
    """Slices of silence that follow one another in sight: a gap ends a group, for in it anything may have run."""
    groups: list[list[Slice]] = []
    last: Slice | None = None
    for each in slices:
        if not _is_seen(question, each) or not each.find_activity(question.integration).is_silent:
            last = None
            continue
        if last is not None and _follows(question, last, each):
            groups[-1].append(each)
        else:
            groups.append([each])
        last = each
    return groups


def _follows(question: Question, last: Slice, each: Slice) -> bool:
    """Whether nothing between them was out of sight; counts that are rarer than slices leave some of those out."""
    away_seconds = each.started_at - last.started_at
    return away_seconds < 1.5 * question.slice_seconds or each.seconds >= away_seconds * _SEEN_SHARE


def _is_seen(question: Question, each: Slice) -> bool:
    return each.seconds >= _SEEN_SHARE * question.slice_seconds


def _find_times(
    question: Question, slices: Sequence[Slice], silent: frozenset[float]
) -> tuple[float, float | None]:
    """When it went and when it came back; None: it has not been seen since."""
    later = [each for each in slices if each.started_at > max(silent)]
    active = [each for each in later if not each.find_activity(question.integration).is_silent]
    return min(silent), active[0].started_at if active else None


def _find_compared(question: Question, slices: Sequence[Slice], silent: frozenset[float]) -> list[Slice]:
    first, last = min(silent) - _AROUND_SECONDS, max(silent) + _AROUND_SECONDS
    # The slice in which it was switched is neither off nor on, nor is what of a silence nobody named.
    groups = [{each.started_at for each in group} for group in _find_groups(question, slices)]
    whole = silent.union(*(group for group in groups if group & silent))
    pairs = [(one.started_at, other.started_at) for one, other in pairwise(slices)]
    switched = whole.union(*(pair for pair in pairs if not whole.isdisjoint(pair))) - silent
    return [
        each
        for each in slices
        if first <= each.started_at <= last and _is_seen(question, each) and each.started_at not in switched
    ]


def _find_spoilt(
    question: Question,
    slices: Sequence[Slice],
    compared: Sequence[Slice],
    off: Sequence[Slice],
    on: Sequence[Slice],
) -> str:
    """Why the comparison is not fair; '' when it is."""
    if len(off) < _LEAST_SLICES or len(on) < _LEAST_SLICES:
        return "too little was seen of it off, or of it on"
    first, last = compared[0].started_at, compared[-1].started_at
    starts = [each.server_started_at for each in slices if first <= each.started_at <= last]
    if any(start is not None and start > first + _UPTIME_SECONDS for start in starts):
        return "the server restarted in between: its caches were cold"
    if any(each.upkeep for each in compared):
        return "a backup or other upkeep ran in between"
    for name, side in (("off", off), ("on", on)):
        runs = sum(work.runs for each in side for work in _find_office(question, each).values())
        if runs < _LEAST_RUNS:
            return f"too few of the office's statements with it {name}: {runs:,.0f}, {_LEAST_RUNS:,.0f} are needed"
    return _find_changed(question, off, on)


def _find_changed(question: Question, off: Sequence[Slice], on: Sequence[Slice]) -> str:
    names = {name for each in (*off, *on) for name in each.others} - {question.integration}
    for name in sorted(names):
        paces = _find_pace(name, off), _find_pace(name, on)
        (low, _), (high, _) = sorted(paces)
        # What slows others slows it too: how often it ran is its own doing, how long a run took is not.
        seconds_a_run = min(seconds for runs, seconds in paces if runs > 0.0 or high == 0.0)
        if (high - low) * seconds_a_run > _CHANGED_BUSY and high > _CHANGED_FACTOR * low:
            (pace_off, _), (pace_on, _) = paces
            return (
                f"{name} changed meanwhile: {60.0 * pace_on:,.1f} statements a minute with "
                f"{question.integration} on, {60.0 * pace_off:,.1f} with it off"
            )
    return ""


def _find_pace(name: str, side: Sequence[Slice]) -> tuple[float, float]:
    """Runs a second, and seconds a run; what has not ended yet is one run."""
    total = Work()
    for each in side:
        total = total.plus(each.find_activity(name).work)
    runs = max(total.runs, float(total.seconds > 0.0))
    return runs / sum(each.seconds for each in side), total.seconds / max(runs, 1.0)


def _find_office(question: Question, each: Slice) -> dict[str, Work]:
    """The shapes in question; where polls alone show shapes, the accounts' counters know better."""
    shapes = {name: work for name, work in each.office.items() if name != ALL_SHAPES}
    if question.fingerprints:
        return {name: work for name, work in shapes.items() if name in question.fingerprints}
    if (each.sampled or not shapes) and ALL_SHAPES in each.office:
        return {ALL_SHAPES: each.office[ALL_SHAPES]}
    return shapes


def _uses(rhythm: Rhythm, question: Question, slices: Iterable[Slice]) -> bool:
    """Whether an hour's usual is known of any shape that is compared."""
    return any(
        each.minute_of_week is not None and not rhythm.shapes.keys().isdisjoint(_find_office(question, each))
        for each in slices
    )


def _make_point(question: Question, each: Slice, silent: frozenset[float], rhythm: Rhythm) -> Point | None:
    office = {
        name: work
        for name, work in _find_office(question, each).items()
        if work.runs > 0.0 and work.seconds > 0.0
    }
    if not office:
        return None
    return Point(
        at=each.started_at,
        on=each.started_at not in silent,
        times={
            name: work.seconds / work.runs * math.exp(-rhythm.find_offset(name, each.minute_of_week))
            for name, work in office.items()
        },
        runs={name: work.runs for name, work in office.items()},
    )


def _add_up(question: Question, side: Sequence[Slice]) -> WindowNumbers:
    total = Work()
    for each in side:
        for work in _find_office(question, each).values():
            total = total.plus(work)
    return WindowNumbers(
        minutes=sum(each.seconds for each in side) / 60.0,
        office_statements=total.runs,
        milliseconds_a_run=1_000.0 * total.seconds / total.runs if total.runs else None,
    )


__all__ = ["Judgement", "Question", "Verdict", "WindowNumbers", "find_judgement"]
