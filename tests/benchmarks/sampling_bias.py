"""Prints what polls make of statements whose number and time are known, on real servers or simulated ones.

usage: python tests/benchmarks/sampling_bias.py [--server mariadb-10.11 mysql-5.6] [--seconds 60] [--runs 1]
       python tests/benchmarks/sampling_bias.py --simulate

The statements count for themselves, in the client. Each server runs without the performance schema.
"""

import argparse
import math
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")

from benchmarks.polled import DURATIONS, Runs, Window, make_runs, poll, throw_gaps
from server.servers import RunningServer, find_choice, start

from querywatch.analysis.estimates import Estimate, Estimates
from querywatch.analysis.sightings import Sightings
from querywatch.db.connection import Connection, connect
from querywatch.model import Flavour
from querywatch.sources.processlist import read_sessions
from querywatch.sql.reduce import StatementBook

Draw = Callable[[random.Random], float]
_ROUNDS_TRIED = 200_000


@dataclass(slots=True)
class Load:
    """One kind of statement, with all its executions: (start, end), as its clients timed them."""

    name: str
    text: str  # with a place for the seconds, or for the rounds of work that take about as long
    draw: Draw
    rests_seconds: float = 1.0
    runs: list[tuple[float, float]] = field(default_factory=list)

    def find_truth(self, start: float, end: float) -> tuple[int, float]:
        """(executions that began, seconds) between two moments."""
        began = sum(start < first <= end for first, _ in self.runs)
        return began, sum(max(0.0, min(last, end) - max(first, start)) for first, last in self.runs)


def make_loads(rounds_per_second: float) -> list[Load]:
    """Sleeps of every length, and work; each of a shape of its own."""
    return [
        Load("sleeps 20 ms", "SELECT ABS(SLEEP({}))", lambda _: 0.02, 0.2),
        Load("sleeps 300 ms", "SELECT CEIL(SLEEP({}))", lambda _: 0.3),
        Load("sleeps 1.5 s", "SELECT FLOOR(SLEEP({}))", lambda _: 1.5),
        Load("sleeps 8 s", "SELECT SIGN(SLEEP({}))", lambda _: 8.0),
        Load("sleeps, exponential 400 ms", "SELECT ROUND(SLEEP({}))", lambda dice: dice.expovariate(2.5)),
        Load("sleeps, lognormal", "SELECT SQRT(SLEEP({}))", lambda dice: min(10.0, dice.lognormvariate(-1, 1))),
        Load(
            "works about 300 ms", "SELECT BENCHMARK({}, SHA1('a'))", lambda _: round(0.3 * rounds_per_second), 1.5
        ),
    ]  # fmt: skip


def run(server: RunningServer, load: Load, seed: int, over: threading.Event) -> None:
    """One session's statements until it is over."""
    dice = random.Random(f"{load.name} {seed}")
    with closing(server.root()) as client, client.cursor() as cursor:
        while not over.wait(dice.expovariate(1 / load.rests_seconds)):
            text = load.text.format(load.draw(dice))
            started = time.time()
            cursor.execute(text)
            load.runs.append((started, time.time()))


def find_rounds_per_second(server: RunningServer) -> float:
    """How much work the server does."""
    started = time.monotonic()
    server.execute(f"SELECT BENCHMARK({_ROUNDS_TRIED}, SHA1('a'))")
    return _ROUNDS_TRIED / (time.monotonic() - started)


@contextmanager
def running(server: RunningServer, loads: Sequence[Load], sessions: int) -> Iterator[None]:
    """All the statements, in so many sessions each."""
    over = threading.Event()
    with ThreadPoolExecutor(len(loads) * sessions) as pool:
        futures = [pool.submit(run, server, load, seed, over) for load in loads for seed in range(sessions)]
        try:
            yield
        finally:
            over.set()
    for future in futures:
        future.result()


class Poller:
    """Polls one server, and remembers between runs what it learnt of the shapes."""

    def __init__(self, connection: Connection, gaps: Iterator[float]) -> None:
        self._connection = connection
        self._gaps = gaps
        self._book = StatementBook()
        self._sightings = Sightings()
        self._estimates = Estimates[str]()

    def find_fingerprint(self, text: str) -> str:
        """The shape that a statement is known by."""
        return self._book.from_text(text).fingerprint

    def poll(self, seconds: float) -> tuple[float, float, dict[str, Estimate]]:
        """(first poll, last poll, what they make of each shape)."""
        started = self._look()
        self._estimates.take()
        now = started
        while now < started + seconds:
            time.sleep(next(self._gaps))
            now = self._look()
        return started, now, self._estimates.take()

    def _look(self) -> float:
        now = time.time()
        sights, _ = self._sightings.observe(read_sessions(self._connection, self._book), now)
        keyed = [(sight.statement.fingerprint, sight) for sight in sights]
        self._estimates.observe(keyed, self._sightings.gap_seconds)
        return now


@dataclass(slots=True)
class Tally:
    """How often bounds held over the runs, and the errors' sums."""

    runs: int = 0
    held: int = 0
    true_seconds: float = 0.0
    estimated_seconds: float = 0.0

    def add(self, true_seconds: float, estimate: Estimate) -> bool:
        low, high = estimate.seconds_interval
        holds = low <= true_seconds <= high
        self.runs += 1
        self.held += holds
        self.true_seconds += true_seconds
        self.estimated_seconds += estimate.seconds
        return holds

    @property
    def bias(self) -> float:
        return self.estimated_seconds / self.true_seconds - 1 if self.true_seconds else math.nan


_HEAD = (
    f"{'statement':<28}{'began':>7}{'seen':>6}{'estimate':>10}{'bounds':>16}"
    f"{'seconds':>10}{'estimate':>10}{'error':>8}{'bounds':>16}  holds"
)


def render_row(name: str, began: int, seconds: float, estimate: Estimate, *, holds: bool) -> str:
    low, high = estimate.executions_interval
    counts = f"{low:.0f} .. {'?' if high is None else format(high, '.0f')}"
    bounds = "{:.1f} .. {:.1f}".format(*estimate.seconds_interval)
    error = f"{estimate.seconds / seconds - 1:+.1%}" if seconds else "-"
    return (
        f"{name:<28}{began:>7}{estimate.sights:>6}{estimate.executions:>10.1f}{counts:>16}"
        f"{seconds:>10.2f}{estimate.seconds:>10.2f}{error:>8}{bounds:>16}  {'yes' if holds else 'no'}"
    )


def measure(name: str, given: argparse.Namespace) -> None:
    """One server: a table a run, and over all runs the bias and how often the bounds held."""
    choice = find_choice(name)
    settings = ("--performance-schema=OFF",)
    with start(choice, settings=settings) as server, closing(connect(server.watcher())) as connection:
        loads = make_loads(find_rounds_per_second(server))
        poller = Poller(connection, throw_gaps(random.Random(given.seed), given.burst_every))
        tallies = {load.name: Tally() for load in loads}
        with running(server, loads, given.sessions):
            found = [poller.poll(given.seconds) for _ in range(given.runs)]
    for number, (started, ended, estimates) in enumerate(found, 1):
        print(f"\n{name}, run {number} of {given.runs}, {ended - started:.0f} s\n{_HEAD}")
        for load in loads:
            began, seconds = load.find_truth(started, ended)
            estimate = estimates.get(poller.find_fingerprint(load.text.format(1)), Estimate())
            holds = tallies[load.name].add(seconds, estimate)
            print(render_row(load.name, began, seconds, estimate, holds=holds))
    render_tallies(tallies)


def render_tallies(tallies: dict[str, Tally]) -> None:
    print(f"\n{'over all runs':<28}{'bias':>8}   bounds held")
    for name, tally in tallies.items():
        print(f"{name:<28}{tally.bias:>+8.1%}   {tally.held} of {tally.runs}")


def simulate(burst_every: int) -> None:
    """Durations of every kind in one session and in twenty, as both flavours tell them."""
    print(
        f"{'flavour':<9}{'sessions':>8}  {'durations':<25}{'time':>8}{'held':>7}{'seen':>8}{'counted up':>12}"
    )
    for flavour in Flavour:
        for sessions in (1, 20):
            for name, draw in DURATIONS.items():
                windows = list[Window]()
                for seed in range(5):
                    dice = random.Random(seed)
                    runs = make_runs(dice, draw, sessions, 1_500.0)
                    windows += poll(runs, throw_gaps(dice, burst_every), flavour)
                print(f"{flavour:<9}{sessions:>8}  {name:<25}{render_simulated(windows)}", flush=True)


def render_simulated(windows: Sequence[Window]) -> str:
    tally = Tally()
    for window in windows:
        tally.add(window.seconds, window.estimate)
    began = sum(window.executions for window in windows)
    seen = sum(window.estimate.sights for window in windows)
    counted = sum(window.estimate.executions for window in windows)
    return f"{tally.bias:>+8.1%}{tally.held / tally.runs:>7.0%}{seen / began:>8.1%}{counted / began:>12.1%}"


def compare_weights() -> None:
    """What a sight may stand for: the gap before it, the gap after it, half of both; by what delays a poll."""
    print(f"\n{'polls':<26}{'durations':<25}{'before':>9}{'after':>9}{'half':>9}")
    for polls in ("independent", "late while busy", "late until free", "set off by what is seen"):
        for name in ("300 ms", "exponential 3 s", "30 s"):
            dice = random.Random(name)
            runs = make_runs(dice, DURATIONS[name], 3, 20_000.0)
            before, after = weigh(dice, runs, polls)
            print(f"{polls:<26}{name:<25}{before:>+9.1%}{after:>+9.1%}{(before + after) / 2:>+9.1%}")


def weigh(dice: random.Random, runs: Sequence[Runs], polls: str) -> tuple[float, float]:
    """The errors of both weights after twenty thousand seconds."""
    now = before = after = 0.0
    running_now = 0
    while now < 19_000.0:
        following = now + throw_gap(dice, runs, now, polls)
        gap = following - now
        after += running_now * gap
        running_now = sum(each.find(following) is not None for each in runs)
        before += running_now * gap
        now = following
    true_seconds = sum(each.find_seconds(0.0, now) for each in runs)
    return before / true_seconds - 1, after / true_seconds - 1


def throw_gap(dice: random.Random, runs: Sequence[Runs], now: float, polls: str) -> float:
    """The time to the next poll."""
    gap = dice.uniform(0.6, 1.4)
    match polls:
        case "late while busy":  # by up to 100 ms for each statement that runs when it is due
            return gap + sum(dice.uniform(0.0, 0.1) for each in runs if each.find(now + gap) is not None)
        case "late until free":  # the server answers when not all sessions are busy
            while all(each.find(now + gap) is not None for each in runs):
                gap += 0.05
        case "set off by what is seen" if any(each.find(now) is not None for each in runs):
            return 0.025
    return gap


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--server", nargs="+", default=["mariadb-10.11", "mysql-5.6"])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--sessions", type=int, default=2, help="of each kind of statement")
    parser.add_argument("--burst-every", type=int, default=0, help="polls; 0: no bursts")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--simulate", action="store_true")
    given = parser.parse_args()
    if given.simulate:
        simulate(given.burst_every)
        compare_weights()
        return
    for name in given.server:
        measure(name, given)


if __name__ == "__main__":
    main()
