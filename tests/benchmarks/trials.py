"""Judges trials in simulated offices: how often the verdict is wrong, and how often there is none.

Run: python -m tests.benchmarks.trials [offices of each effect]
"""

import math
import sys
from collections import Counter
from collections.abc import Iterator
from random import Random

from querywatch.trial.judgement import Judgement, Question, Verdict, find_judgement
from querywatch.trial.slices import Activity, Slice, Work

EFFECTS = (0.0, 0.1, 0.2, 0.5, 2.0)
SPOILINGS = ("", "", "", "restart", "not off", "another", "backup", "gap")
_VENDOR = "vendor"
_MEMORY_SLICES = 10.0
_WANDER = 0.07


def simulate_trial(draw: Random, effect: float, minutes: int, spoiling: str = "") -> Judgement:
    """One trial of so many minutes on, off and on again, in an office whose load wanders and jumps by itself."""
    shapes = [
        (f"{number:016x}", math.exp(draw.uniform(-7, -1)), draw.uniform(0.5, 60)) for number in range(15)
    ]
    slices = list(_draw_slices(draw, shapes, effect, minutes, spoiling))
    question = Question(integration=_VENDOR, started_at=minutes * 60.0, until=3 * minutes * 60.0)
    return find_judgement(question, slices)


def _draw_slices(
    draw: Random, shapes: list[tuple[str, float, float]], effect: float, minutes: int, spoiling: str
) -> Iterator[Slice]:
    wander, fading, episode = draw.gauss(0, _WANDER), math.exp(-1 / _MEMORY_SLICES), (0, 1.0)
    for number in range(3 * minutes):
        on = not minutes <= number < 2 * minutes
        wander = fading * wander + _WANDER * math.sqrt(1 - fading**2) * draw.gauss(0, 1)
        if draw.random() < 1 / (1.5 * 1_440):
            episode = (number + draw.randint(2, 20), draw.uniform(1.15, 1.5))
        busy = not (spoiling == "another" and minutes <= number < 2 * minutes)
        load = math.exp(wander) * (episode[1] if number < episode[0] else 1.0) * (1.0 if busy else 0.7)
        load *= 1.0 + effect if on else 1.0
        load *= 1.6 if spoiling == "restart" and number >= 2 * minutes else 1.0
        upkeep = spoiling == "backup" and abs(number - 1.5 * minutes) < 5
        others = {"other": Activity(sessions=1, work=Work(runs=60, seconds=18.0 if busy else 1.0))}
        if on or (spoiling == "not off" and number % 2):
            others[_VENDOR] = Activity(sessions=1, work=Work(runs=60, seconds=5))
        seen = 0.0 if spoiling == "gap" and abs(number - 1.5 * minutes) < 4 else 60.0
        yield Slice(
            started_at=number * 60.0,
            seconds=seen,
            office=dict(_draw_work(draw, shapes, load * (1.5 if upkeep else 1.0))),
            others=others,
            restarted=spoiling == "restart" and number == 2 * minutes - 2,
            upkeep=upkeep,
        )


def _draw_work(
    draw: Random, shapes: list[tuple[str, float, float]], load: float
) -> Iterator[tuple[str, Work]]:
    for name, seconds, per_minute in shapes:
        runs = max(0, round(draw.gauss(per_minute, math.sqrt(per_minute))))
        if runs:
            noise = math.exp(draw.gauss(0, 0.7 / math.sqrt(runs)))
            yield name, Work(runs=runs, seconds=runs * seconds * load * noise)


def main() -> None:
    """Prints the share of each verdict by effect, for windows of 15, 30 and 60 minutes."""
    offices = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    print("| minutes | effect | cause | ruled out | not enough |\n|---|---|---|---|---|")
    for minutes in (15, 30, 60):
        for effect in EFFECTS:
            draw = Random(f"{minutes} {effect}")
            found = Counter(
                simulate_trial(draw, effect, minutes, SPOILINGS[number % len(SPOILINGS)]).verdict
                for number in range(offices)
            )
            shares = " | ".join(f"{found[verdict] / offices:.1%}" for verdict in Verdict)
            print(f"| {minutes} | {effect:.0%} | {shares} |", flush=True)


if __name__ == "__main__":
    main()
