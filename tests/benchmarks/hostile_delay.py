"""What hostile statements hold a poll up by: each reduced, and real ones seen by a watch of a real MySQL.

usage: PYTHONPATH=tests python tests/benchmarks/hostile_delay.py [--seconds 20]
"""

import argparse
import multiprocessing
import os
import random
import time
from contextlib import closing, suppress

import pymysql
from hostile import HOSTILE, SHOWN_BYTES
from server.servers import PRACTICE, find_choice, start
from server.watching import make_watch

from querywatch.service.parsing import Parser
from querywatch.service.watch import Watch
from querywatch.sql.reduce import StatementBook

os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")

_ROUNDS = 3
_LOOK_SECONDS = 0.1


def measure_reducing(text: str) -> float:
    """The least of some times, in seconds: what the statement takes when nothing else wants the processor."""
    best = float("inf")
    for _ in range(_ROUNDS):
        book = StatementBook()
        book.ansi_quotes = book.no_backslash_escapes = False
        started = time.perf_counter()
        book.from_text(text[:SHOWN_BYTES], cut=len(text) > SHOWN_BYTES)
        best = min(best, time.perf_counter() - started)
    return best


def send_all(host: str, port: int) -> None:
    """Runs each of them again and again until it is ended, most for a moment long enough to be seen."""
    texts = [f"SELECT SLEEP(0.15), x.* FROM (SELECT 1) x WHERE 0 = ({text})" for text in HOSTILE.values()]
    texts += [f"SELECT SLEEP(0.15), '{text.encode().hex()}' FROM DUAL" for text in HOSTILE.values()]
    texts += [f"SELECT SLEEP(0.15) + {'(' * depth}1{')' * depth}" for depth in (10, 100, 1_000, 3_000)]
    texts += [f"SELECT SLEEP(0.15) FROM DUAL WHERE 1 IN ({','.join(map(str, range(100_000)))})"]
    texts += [
        "SELECT SLEEP(0.15) FROM patient" + "".join(f" JOIN patient p{n}" for n in range(40)) + " LIMIT 1"
    ]
    texts += [" UNION ALL ".join(["SELECT SLEEP(0.0005)"] * 400)]
    texts += [
        "SELECT SLEEP(0.15) OR "
        + " OR ".join(f"PatNum = {n}" for n in range(5_000))
        + " FROM patient LIMIT 1"
    ]
    while True:
        for text in random.sample(texts, len(texts)):
            # A new connection for each, for some are ended by the server.
            with (
                suppress(pymysql.err.MySQLError, OSError),
                closing(pymysql.connect(host=host, port=port, user="root", database=PRACTICE)) as client,
            ):
                client.cursor().execute(text)


def find_answered(watch: Watch) -> float:
    """The time spent so far on the server and the way there and back."""
    connection = watch._link.connection
    return connection.seconds_spent if connection is not None else 0.0


def watch_for(watch: Watch, seconds: float) -> list[tuple[float, float]]:
    """(duration, of it spent waiting for the server's answers) of each cycle; every fifth of them counts."""
    durations: list[tuple[float, float]] = []
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        started, before = time.monotonic(), find_answered(watch)
        watch.cycle(count=len(durations) % 5 == 0)
        durations.append((time.monotonic() - started, find_answered(watch) - before))
        time.sleep(_LOOK_SECONDS)
    return durations


def print_durations(what: str, durations: list[tuple[float, float]]) -> None:
    for part, times in (
        ("whole", sorted(whole for whole, _ in durations)),
        ("our own part", sorted(whole - answered for whole, answered in durations)),
    ):
        median, most, worst = (times[int(share * (len(times) - 1))] for share in (0.5, 0.99, 1.0))
        print(
            f"{what}, {part}: {len(times)} cycles, median {1000 * median:.1f} ms, "
            f"99 of 100 within {1000 * most:.1f} ms, worst {1000 * worst:.1f} ms"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    given = parser.parse_args()
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.2f}")
    times = {name: measure_reducing(text) for name, text in HOSTILE.items()}
    for name, seconds in sorted(times.items(), key=lambda item: -item[1])[:8]:
        print(f"{1000 * seconds:8.1f} ms to reduce: {name}")
    settings = ("--max-allowed-packet=64M", "--thread-stack=8M")
    with (
        start(find_choice("mysql-9.7"), settings=settings) as server,
        closing(Parser()) as parser,
        closing(make_watch(server.watcher(), parser=parser)) as watch,
    ):
        parser.start()
        watch.cycle(count=True)
        print_durations("quiet", watch_for(watch, given.seconds))
        sender = multiprocessing.get_context("spawn").Process(
            target=send_all, args=(server.host, server.port)
        )
        sender.start()
        print_durations("hostile", watch_for(watch, given.seconds))
        sender.kill()
        sender.join()


if __name__ == "__main__":
    main()
