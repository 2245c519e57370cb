"""Replays an office's ninety days, counts false regressions, then injects changes and prints what is found of them.

python tests/benchmarks/replay.py --seed 1 --seed 2 --changes 200
"""

import argparse
import sys
import time
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.replay.office import DAY, START, Office
from tests.replay.replay import Outcome, Replay, make_ninety_days
from tests.replay.trial import render_table, run_injections

_CAUSES = 6


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, action="append", help="of the office; may be given again")
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--shapes", type=int, default=300)
    parser.add_argument("--changes", type=int, default=200, help="injected, over all seeds; 0: none")
    given = parser.parse_args()
    seeds = given.seed or [1]
    if given.days:
        print(
            "| seed | days | intervals with runs | false regressions | a month | seconds |\n|---|---|---|---|---|---|"
        )
        for seed in seeds:
            print_quiet(seed, given.days, given.shapes)
    if given.changes:
        outcomes: list[Outcome] = []
        for seed in seeds:
            rounds = -(-given.changes // (_CAUSES * len(seeds)))
            replay = Replay(Office(seed + 1000, given.shapes))
            outcomes += run_injections(replay, 21.0, 35.0, rounds, Random(seed))
        print(render_table(outcomes))


def print_quiet(seed: int, days: int, shapes: int) -> None:
    """One office without any change for the worse."""
    started = time.monotonic()
    replay = Replay(Office(seed, shapes))
    make_ninety_days(replay, days)
    spent = time.monotonic() - started
    judged = sum(row[3] for _, _, row in replay.normals.to_rows())
    a_month = len(replay.opened) * 30 / days
    print(f"| {seed} | {days} | {judged:,.0f} | {len(replay.opened)} | {a_month:.2f} | {spent:.0f} |")
    for at, found in replay.opened:
        subject = " ".join(found.subject.key).strip() or "everything"
        print(
            f"    day {(at - START) / DAY:.2f}: {subject}, {found.cause}, {found.ratio:.2f} times", flush=True
        )


if __name__ == "__main__":
    main()
