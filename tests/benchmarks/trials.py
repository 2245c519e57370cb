"""Judges trials in the replay's offices: how often the verdict is wrong, and how often there is none.

Run: python -m tests.benchmarks.trials [offices] [minutes off]
"""

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from random import Random

from querywatch.analysis.regression import Runs
from querywatch.trial.judgement import Judgement, Question, Verdict, find_judgement
from querywatch.trial.slices import SLICE_SECONDS, Activity, Slice, Work
from tests.replay.office import START, Office

EFFECTS = (0.0, 0.1, 0.2, 0.5, 2.0)
SPOILINGS = ("", "", "", "", "restart", "not off", "another", "backup", "gap")
_VENDOR = "vendor"
_OFFICE = "opendental"
_MINUTE_SECONDS = 60.0
_STEP_SECONDS = 10.0
_WARMING_SECONDS = 600.0  # for the batches and first tries that wait at the office's beginning
_OPENING, _CLOSING = 8.0, 17.0


def simulate_trial(seed: int, effect: float, minutes: int, spoiling: str = "") -> Judgement:
    """One trial of so many minutes on, off and on again, at a random time of a working Monday."""
    draw = Random(f"{seed} {effect} {minutes}")
    office = Office(seed)
    latest = _CLOSING - 3 * minutes / 60.0
    started_at = START + round(draw.uniform(_OPENING, latest) * 60.0) * 60.0
    now = started_at - _WARMING_SECONDS
    office.step(now, _STEP_SECONDS)
    while now < started_at:
        now += _STEP_SECONDS
        office.step(now, _STEP_SECONDS)
    slices = list(_draw_slices(office, started_at, effect, minutes, spoiling))
    off_at = started_at + minutes * _MINUTE_SECONDS
    until = started_at + 3 * minutes * _MINUTE_SECONDS
    return find_judgement(Question(integration=_VENDOR, started_at=off_at, until=until), slices)


def _draw_slices(
    office: Office, started_at: float, effect: float, minutes: int, spoiling: str
) -> Iterator[Slice]:
    """The vendor under trial is one more than the office's own; `another` is one that stops with it."""
    opened_at, restart_at = started_at - 86_400.0, started_at + (2 * minutes - 2) * _MINUTE_SECONDS
    share = SLICE_SECONDS / _MINUTE_SECONDS
    for number in range(round(3 * minutes / share)):
        minute = int(number * share)
        on = not minutes <= minute < 2 * minutes
        other_on = spoiling != "another" or on
        backup = spoiling == "backup" and abs(minute - 1.5 * minutes) < 5
        office.load_ratio = 1.0 + effect if on else 1.0
        office.load_ratio *= (1.0 if other_on else 0.7) * (1.5 if backup else 1.0)
        office.load_ratio *= 1.6 if spoiling == "restart" and minute >= 2 * minutes else 1.0
        at = started_at + number * SLICE_SECONDS
        steps = range(1, round(SLICE_SECONDS / _STEP_SECONDS) + 1)
        runs = [each for step in steps for each in office.step(at + step * _STEP_SECONDS, _STEP_SECONDS)]
        other = Work(runs=60 * share, seconds=18 * share) if other_on else Work(runs=3 * share, seconds=share)
        others = {"other": Activity(sessions=1, work=other)}
        if on or (spoiling == "not off" and minute % 2):
            others[_VENDOR] = Activity(sessions=1, work=Work(runs=60 * share, seconds=5 * share))
        yield Slice(
            started_at=at,
            seconds=0.0 if spoiling == "gap" and abs(minute - 1.5 * minutes) < 4 else SLICE_SECONDS,
            office=_add_up(runs),
            others=others,
            server_started_at=restart_at if spoiling == "restart" and at >= restart_at else opened_at,
            upkeep=backup,
        )


def _add_up(runs: Iterable[Runs]) -> dict[str, Work]:
    works = defaultdict[str, Work](Work)
    for each in runs:
        if each.subject.integration == _OFFICE:
            name = each.subject.fingerprint
            works[name] = works[name].plus(Work(runs=each.executions, seconds=each.seconds))
    return dict(works)


def main() -> None:
    """Prints the share of each verdict by effect, over offices in which nothing and everything goes wrong."""
    offices = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    lengths = [int(word) for word in sys.argv[2:]] or [30]
    started = time.monotonic()
    print(
        "| minutes off | effect | cause | ruled out | not enough | fair trials: cause | ruled out | not enough |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for minutes in lengths:
        for effect in EFFECTS:
            _print_row(minutes, effect, offices)
    print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)


def _print_row(minutes: int, effect: float, offices: int) -> None:
    found, fair = Counter[Verdict](), Counter[Verdict]()
    for seed in range(offices):
        spoiling = SPOILINGS[seed % len(SPOILINGS)]
        verdict = simulate_trial(seed, effect, minutes, spoiling).verdict
        found[verdict] += 1
        if not spoiling:
            fair[verdict] += 1
    shares = [f"{counts[verdict] / counts.total():.1%}" for counts in (found, fair) for verdict in Verdict]
    print(f"| {minutes} | {effect:.0%} | {' | '.join(shares)} |", flush=True)


if __name__ == "__main__":
    main()
