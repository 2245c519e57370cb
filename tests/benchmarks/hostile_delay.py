"""What hostile statements hold a poll up by: each reduced, and real ones seen by a watch of a real MySQL.

usage: PYTHONPATH=tests python tests/benchmarks/hostile_delay.py [--seconds 20]
"""

import argparse
import os
import random
import threading
import time
from contextlib import closing, suppress

import pymysql
from hostile import HOSTILE, SHOWN_BYTES
from server.servers import PRACTICE, RunningServer, find_choice, start
from server.watching import make_watch

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


def send_all(server: RunningServer, over: threading.Event) -> None:
    """Runs each of them again and again, most of them for a moment long enough to be seen."""
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
    while not over.is_set():
        with closing(server.root(database=PRACTICE)) as client, client.cursor() as cursor:
            for text in random.sample(texts, len(texts)):
                with suppress(pymysql.err.MySQLError):
                    cursor.execute(text)
                if over.is_set():
                    return
                client.ping(reconnect=True)


def watch_while(server: RunningServer, watch: Watch, seconds: float, *, hostile: bool) -> list[float]:
    """The durations of the cycles, every fifth of which counts."""
    over, durations = threading.Event(), []
    thread = threading.Thread(target=send_all, args=(server, over))
    if hostile:
        thread.start()
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        started = time.monotonic()
        watch.cycle(count=len(durations) % 5 == 0)
        durations.append(time.monotonic() - started)
        time.sleep(_LOOK_SECONDS)
    over.set()
    if hostile:
        thread.join()
    return sorted(durations)


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
        closing(make_watch(server.watcher())) as watch,
    ):
        watch.cycle(count=True)
        for hostile in (False, True):
            durations = watch_while(server, watch, given.seconds, hostile=hostile)
            median, worst = durations[len(durations) // 2], durations[-1]
            print(
                f"{'hostile' if hostile else 'quiet'}: {len(durations)} cycles, median {1000 * median:.1f} ms, "
                f"99 of 100 within {1000 * durations[int(0.99 * len(durations))]:.1f} ms, worst {1000 * worst:.1f} ms"
            )


if __name__ == "__main__":
    main()
