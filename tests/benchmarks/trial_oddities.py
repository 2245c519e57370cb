"""Judges trials in offices that the replay does not have: quiet noons, loads that wander otherwise, vendors in bursts.

Run: python -m tests.benchmarks.trial_oddities [offices]
"""

import math
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from random import Random

from querywatch.analysis.baseline import Level
from querywatch.analysis.seasons import SLOTS
from querywatch.trial.judgement import Judgement, Question, Verdict, find_judgement
from querywatch.trial.rhythm import NO_RHYTHM, Rhythm, UsualHours, make_rhythm
from querywatch.trial.slices import SLICE_SECONDS, Activity, Slice, Work
from tests.replay.office import HOUR, START, Office, draw_poisson

_OFF_AT = START + 12 * HOUR
_PHASE_SECONDS = 1_800.0
_STEP_SECONDS = 10.0
_WARMING_SECONDS = 600.0
_VENDOR = {"vendor": Activity(sessions=1, work=Work(runs=20.0, seconds=2.0))}
_USUAL_SWING, _WIDE_SWING = 0.15, 0.6  # that a run takes longer at the busiest than at night
_WEEKS = 3
_LOOKS_AN_HOUR = 4

Load = Callable[[float], float]  # what is wrong with the office at a time


def simulate(office: Office, load: Load, rhythm: Rhythm = NO_RHYTHM) -> Judgement:
    """Half an hour each on, off from noon, and on again."""
    slices = list(_draw_slices(office, load))
    question = Question(integration="vendor", started_at=_OFF_AT, until=_OFF_AT + 2 * _PHASE_SECONDS)
    return find_judgement(question, slices, rhythm)


def _draw_slices(office: Office, load: Load) -> Iterator[Slice]:
    now = _OFF_AT - _PHASE_SECONDS - _WARMING_SECONDS
    office.step(now, _STEP_SECONDS)
    works = defaultdict[str, Work](Work)
    while now < _OFF_AT + 2 * _PHASE_SECONDS:
        office.load_ratio = load(now)
        now += _STEP_SECONDS
        for each in office.step(now, _STEP_SECONDS):
            if each.subject.integration == "opendental":
                name = each.subject.fingerprint
                works[name] = works[name].plus(Work(runs=each.executions, seconds=each.seconds))
        if now % SLICE_SECONDS == 0.0:
            at = now - SLICE_SECONDS
            if at >= _OFF_AT - _PHASE_SECONDS:
                yield Slice(
                    started_at=at,
                    seconds=SLICE_SECONDS,
                    office=dict(works),
                    others=_VENDOR if _is_on(at) else {},
                    minute_of_week=office.find_minute_of_week(at),
                )
            works.clear()


def _is_on(at: float) -> bool:
    return not _OFF_AT <= at < _OFF_AT + _PHASE_SECONDS


def make_swing(office: Office) -> Load:
    """A run takes much longer when the office is busy."""

    def find(at: float) -> float:
        busy = office.find_rhythm(office.find_minute_of_week(at))
        return (1.0 + _WIDE_SWING * busy) / (1.0 + _USUAL_SWING * busy)

    return find


def learn_weeks(office: Office, seed: int) -> Rhythm:
    """What the baselines know of that office after some weeks with the vendor on."""
    draw, levels = Random(f"weeks {seed}"), defaultdict[str, Level](Level)
    shapes = [each for each in office.shapes if each.pattern in {"often", "people"}]
    for hour in range(_WEEKS * SLOTS):
        slot = hour % SLOTS
        busy = office.find_rhythm(60.0 * slot)
        for _ in range(_LOOKS_AN_HOUR):
            load = (1.0 + _WIDE_SWING * busy) * math.exp(draw.gauss(0.0, 0.06))
            for shape in shapes:
                if runs := draw_poisson(draw, shape.per_hour * busy / _LOOKS_AN_HOUR):
                    chance = draw.gauss(shape.sigma**2 / 2.0, (shape.sigma + 0.3) / math.sqrt(runs))
                    level = levels[shape.subject.fingerprint]
                    value = math.log(shape.seconds * load * math.exp(chance))
                    level.learn_spread(value - level.find_expected(slot))
                    level.learn(value, 1_000.0)
        for level in levels.values():
            level.close_hour(slot)
    return make_rhythm(
        {
            name: UsualHours(offsets=level.offsets, hours=_WEEKS * SLOTS, seen=level.seen)
            for name, level in levels.items()
        }
    )


def make_wander(seed: int, spread: float, memory_seconds: float) -> Load:
    """A load that wanders more, longer or more quickly than the replay's."""
    draw = Random(f"wander {seed}")
    fading = math.exp(-_STEP_SECONDS / memory_seconds)
    state = [draw.gauss(0.0, spread)]

    def find(_: float) -> float:
        state.append(fading * state[-1] + spread * math.sqrt(1.0 - fading * fading) * draw.gauss(0.0, 1.0))
        return math.exp(state[-1])

    return find


def make_bursts(seed: int) -> Load:
    """The vendor hurts one minute in ten, and then three times."""
    phase = Random(f"bursts {seed}").uniform(0.0, 600.0)
    return lambda at: 3.0 if _is_on(at) and (at + phase) % 600.0 < 60.0 else 1.0


def _judge_all(offices: int) -> Iterator[tuple[str, float, Judgement]]:
    """(what, true ratio, judgement)."""
    for seed in range(offices):
        office = Office(seed)
        rhythm = learn_weeks(office, seed)
        yield "a quiet noon, no baselines", 1.0, simulate(office, make_swing(office))
        again = Office(seed)
        yield "a quiet noon, three weeks of baselines", 1.0, simulate(again, make_swing(again), rhythm)
        for spread, memory_seconds in ((0.1, 1_800.0), (0.15, 100.0), (0.15, 600.0)):
            wander = make_wander(seed, spread, memory_seconds)
            what = f"wanders by {spread:.0%} more, fading in {memory_seconds:.0f} s"
            yield what, 1.0, simulate(Office(seed), wander)
        # Nine minutes in ten as without it, one in ten three times as long.
        yield "a vendor in bursts", math.exp(math.log(3.0) / 10.0), simulate(Office(seed), make_bursts(seed))


def main() -> None:
    """Prints the verdicts, and how often the interval held the truth."""
    offices = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    verdicts, held = defaultdict[str, Counter[Verdict]](Counter), Counter[str]()
    for what, ratio, judgement in _judge_all(offices):
        verdicts[what][judgement.verdict] += 1
        held[what] += judgement.effect is not None and judgement.effect.low < ratio < judgement.effect.high
    print("| office | cause | ruled out | not enough | interval holds the truth |")
    print("|---|---|---|---|---|")
    for what, counts in verdicts.items():
        shares = [f"{counts[verdict] / offices:.0%}" for verdict in Verdict]
        print(f"| {what} | {' | '.join(shares)} | {held[what] / offices:.0%} |")


if __name__ == "__main__":
    main()
