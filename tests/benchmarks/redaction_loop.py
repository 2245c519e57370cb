"""Reduces statements with a patient planted in them, each whole and cut at a random byte, and counts what gets out.

Beside the patient it looks for any trace: what goes out must not depend on what was planted. With
--pt-fingerprint the same corpus goes through Percona Toolkit's tool, which leaves names alone and so is given none.

usage: PYTHONPATH=tests python tests/benchmarks/redaction_loop.py [--count 200000] [--seed 1] [--pt-fingerprint]
"""

import argparse
import random
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from planted import CANARY, Modes, Planted, Writer
from traces import Reading, find_trace

from querywatch.sql.clean import render_outward
from querywatch.sql.reduce import reduce_text

_SENTINEL = "select sentinel_of_the_loop"
_BATCH = 20_000


@dataclass(frozen=True, slots=True)
class Case:
    """One statement, the sql_modes of its session, and at which byte it is cut."""

    planted: Planted
    modes: Modes
    end: int

    @property
    def is_cut(self) -> bool:
        return self.end < len(self.planted.text)


def write_cases(count: int, seed: int, *, with_names: bool = True) -> Iterator[Case]:
    """Every statement twice: whole, and cut."""
    writer = Writer(seed)
    for _ in range(count // 2):
        modes = Modes(
            ansi_quotes=writer.random.random() < 0.2, no_backslash_escapes=writer.random.random() < 0.3
        )
        planted = writer.write(modes, with_names=with_names)
        yield Case(planted, modes, len(planted.text))
        yield Case(planted, modes, writer.random.randrange(len(planted.text)))


def run_ours(count: int, seed: int) -> None:
    """Prints what got out, by how the text was read."""
    choices, seen, leaks = random.Random(seed), Counter[str](), Counter[str]()
    started = time.process_time()
    for case in write_cases(count, seed):
        reading = Reading.choose(choices, case.modes)
        kind = f"{reading.name}, {'cut' if case.is_cut else 'whole'}"
        seen[kind] += 1
        trace = find_trace(case.planted, case.end, reading)
        if trace:
            leaks[kind] += 1
            if sum(leaks.values()) <= 5:
                print(f"{kind}: {case.planted.cut(case.end)[0]!r} -> {trace}")
    seconds = time.process_time() - started
    for kind, number in sorted(seen.items()):
        print(f"{number:>8,} {kind}: {leaks[kind]} leaks")
    print(
        f"{sum(seen.values()):>8,} statements, seed {seed}: {sum(leaks.values())} leaks, {seconds:.0f} s of CPU"
    )


def run_beside(count: int, seed: int) -> None:
    """Prints how many statements' literals get out of pt-fingerprint, and of querywatch, from one corpus."""
    cases = [
        case
        for case in write_cases(count, seed, with_names=False)
        if not case.modes.ansi_quotes and ";\n" not in case.planted.cut(case.end)[0]
    ]
    theirs, ours, seen = Counter[str](), Counter[str](), Counter[str]()
    for first in range(0, len(cases), _BATCH):
        batch = cases[first : first + _BATCH]
        outputs = fingerprint([case.planted.cut(case.end)[0] for case in batch])
        for case, output in zip(batch, outputs, strict=True):
            escapes = "NO_BACKSLASH_ESCAPES" if case.modes.no_backslash_escapes else "sql_mode ''"
            kind = f"{'cut' if case.is_cut else 'whole'}, {escapes}"
            seen[kind] += 1
            theirs[kind] += bool(CANARY.search(output))
            text = case.planted.cut(case.end)[0]
            shown = render_outward(reduce_text(text, cut=case.is_cut).shape, frozenset())
            ours[kind] += bool(CANARY.search(shown))
    for kind, number in sorted(seen.items()):
        print(f"{number:>8,} {kind}: {theirs[kind]:,} leaks of pt-fingerprint, {ours[kind]} of querywatch")


def fingerprint(texts: Sequence[str]) -> list[str]:
    """What pt-fingerprint makes of each; whatever it prints before a sentinel belongs to the text before it."""
    script = "".join(f"{text};\n{_SENTINEL};\n" for text in texts)
    done = subprocess.run(
        ["pt-fingerprint"], input=script.encode("utf-8", "replace"), capture_output=True, check=True
    )
    printed = done.stdout.decode("utf-8", "replace")
    return printed.split(f"{_SENTINEL}\n")[: len(texts)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pt-fingerprint", action="store_true")
    given = parser.parse_args()
    (run_beside if given.pt_fingerprint else run_ours)(given.count, given.seed)


if __name__ == "__main__":
    main()
