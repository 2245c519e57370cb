"""Sends a hundred thousand distinct statements through a real MariaDB, and prints what a watch of it keeps of them.

usage: PYTHONPATH=tests python tests/benchmarks/shapes_memory.py [--shapes 100000] [--each 2000] [--accounts 20]

The digest table is emptied whenever it is full, so that every shape comes through it. Needs Docker.
"""

import argparse
import os
import random
import time
from collections.abc import Iterator
from contextlib import closing

from daemon_memory import read_resident_bytes
from reading_cost import Clock
from server.servers import PRACTICE, RunningServer, find_choice, start
from server.watching import make_watch
from sizes import find_sizes

from querywatch.service.watch import Watch
from querywatch.sources.digests import DigestShapes

os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")

_EMPTY = "TRUNCATE performance_schema.events_statements_summary_by_digest"
_PRINTED_EVERY = 10_000
_LARGE = 500
_COUNT_SECONDS = 10.0
_SLOW_EVERY = 400  # of the statements one runs long enough to be seen by a poll


def find_statements(numbers: range) -> Iterator[str]:
    """Statements of as many shapes, one in some hundred slow."""
    for number in numbers:
        slow = f" AND SLEEP(0.05) = {number}" if number % _SLOW_EVERY == 0 else ""
        yield (
            f"SELECT LName AS a{number}, Note AS b{number}, DateTStamp AS c{number} FROM patient "
            f"WHERE PatNum = {number} AND LName <> 'x{number}'{slow} ORDER BY LName"
        )


def send(server: RunningServer, numbers: range, account: str) -> None:
    """Runs them on one connection."""
    with closing(server.client(account, database=PRACTICE)) as client, client.cursor() as cursor:
        for statement in find_statements(numbers):
            cursor.execute(statement)
            cursor.fetchall()


def watch_shapes(server: RunningServer, watch: Watch, clock: Clock, given: argparse.Namespace) -> None:
    """Prints after every ten thousand shapes."""
    watch._intake._digests._shapes = DigestShapes(reducing_seconds=60.0)  # none is left for later
    watch.cycle(count=True)
    started = time.monotonic()
    for turn, first in enumerate(range(0, given.shapes, given.each)):
        sent = first + given.each
        send(server, range(first, sent), f"vendor{turn % given.accounts}")
        time.sleep(0.2)
        clock.now += _COUNT_SECONDS
        watch.cycle(count=True)
        server.execute(_EMPTY)
        if sent % _PRINTED_EVERY < given.each:
            resident = read_resident_bytes(os.getpid())
            print(
                f"{sent:>8,} shapes, {time.monotonic() - started:4.0f} s: {resident / 2**20:6.1f} MiB resident"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shapes", type=int, default=100_000)
    parser.add_argument("--each", type=int, default=2_000)
    parser.add_argument("--accounts", type=int, default=20)
    given = parser.parse_args()
    random.seed(1)
    settings = (f"--performance-schema-digests-size={given.each + 500}",)
    with start(find_choice("mariadb-10.11-ps"), settings=settings) as server:
        for number in range(given.accounts):
            server.create_account(f"vendor{number}", f"SELECT ON {PRACTICE}.*")
        clock = Clock()
        with closing(make_watch(server.watcher(), clock=clock)) as watch:
            watch_shapes(server, watch, clock, given)
            print(f"containers of more than {_LARGE} entries:")
            for path, size in sorted(find_sizes(watch).items(), key=lambda item: -item[1]):
                if size > _LARGE:
                    print(f"{size:>8,} {path}")
            print(f"findings open: {len(watch.snapshot.findings)}")


if __name__ == "__main__":
    main()
