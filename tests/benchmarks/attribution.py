"""Prints how well querywatch says who did what: a workload that counts for itself, beside querywatch's numbers.

usage: python tests/benchmarks/attribution.py [--server mysql-9.7 ... | --all] [--seconds 120] [--runs 10]

Ends with 1 when a target is missed, and names it. It wants Docker, and an otherwise idle machine.
"""

import argparse
import json
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")

from benchmarks.comparison import (
    Comparison,
    Evidence,
    compare,
    find_bias_misses,
    find_biases,
    find_misses,
)
from benchmarks.tables import render_biases, render_comparison, render_misses
from benchmarks.watched import staged
from benchmarks.workload import build_parties
from server.servers import CHOICES, Choice, find_choice

_BY_DIGEST_ALL = Evidence(counts=True, executions_error=0.03, seconds_error=0.05)
_BY_DIGEST_BUT_PREPARED = Evidence(counts=True, executions_error=0.05, seconds_error=0.10)
_BY_SAMPLES = Evidence(counts=False)


def find_asked(choice: Choice) -> Evidence:
    """What is asked on this server."""
    if not choice.performance_schema:
        return _BY_SAMPLES
    return _BY_DIGEST_ALL if choice.name == "mysql-9.7" else _BY_DIGEST_BUT_PREPARED


def measure(choice: Choice, given: argparse.Namespace) -> tuple[list[Comparison], tuple[str, ...]]:
    """The runs on one server, and what they miss."""
    parties, asked = build_parties(), find_asked(choice)
    runs = []
    with staged(choice, userstat=given.userstat and not choice.performance_schema, seed=given.seed) as stage:
        if given.warm_up:
            stage.run(given.warm_up)
        for _ in range(given.runs):
            truth, claims = stage.run(given.seconds)
            runs.append(compare(parties, truth, claims))
    misses = [miss for run in runs for miss in find_misses(run, asked)]
    return runs, (*misses, *(() if asked.counts else find_bias_misses(find_biases(runs))))


def describe(choice: Choice, runs: Sequence[Comparison], misses: Sequence[str]) -> dict[str, Any]:
    """The same for a program."""
    return {"server": choice.name, "runs": [asdict(run) for run in runs], "missed": list(misses)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", action="append", choices=[choice.name for choice in CHOICES], default=[])
    parser.add_argument("--all", action="store_true", help="each of the servers in turn")
    parser.add_argument("--seconds", type=float, default=120.0, help="how long the workload runs")
    parser.add_argument("--warm-up", type=float, default=30.0, help="how long it ran before that")
    parser.add_argument("--runs", type=int, default=1, help="so many, judged together for their bias")
    parser.add_argument("--userstat", action="store_true", help="where the performance schema is off")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--format", choices=("text", "json"), default="text")
    given = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    names = [choice.name for choice in CHOICES] if given.all else given.server or ["mysql-9.7"]
    missed = False
    for choice in map(find_choice, names):
        runs, misses = measure(choice, given)
        missed = missed or bool(misses)
        if given.format == "json":
            print(json.dumps(describe(choice, runs, misses)), flush=True)
            continue
        for run in runs:
            print(f"{choice.name}\n{render_comparison(run)}")
        print(render_biases(find_biases(runs)), end="")
        print(render_misses(misses), flush=True)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
