"""How long a scrape of 2,000 fingerprints takes, over the socket, and how large it is: python scrape.py."""

import statistics
import sys
import time
import urllib.request
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from web.office import make_office

from querywatch.export.metrics import make_registry
from querywatch.export.web import WebServer
from querywatch.snapshot import QueryInfo, QueryState, Snapshot

FINGERPRINTS, SCRAPES = 2_000, 100


def make_busy_office() -> Snapshot:
    names = [f"{place:016x}" for place in range(FINGERPRINTS)]
    return replace(
        make_office(time.time()),
        queries=tuple(
            QueryState(
                integration="recall-texter", fingerprint=each, executions=9.0, seconds=1.5, rows_examined=7.0
            )
            for each in names
        ),
        query_infos=tuple(
            QueryInfo(fingerprint=each, tables="patient", shape="SELECT " + "x" * 290) for each in names
        ),
    )


def main() -> None:
    office = make_busy_office()
    registry = make_registry(lambda: (office,))
    web = WebServer(("127.0.0.1", 0), registry, is_alive=lambda: True, is_ready=lambda: True)
    web.start()
    taken, size = [], 0
    for _ in range(SCRAPES):
        started = time.perf_counter()
        with urllib.request.urlopen(f"{web.url}/metrics", timeout=30) as answer:  # noqa: S310 - our own server
            size = len(answer.read())
        taken.append(time.perf_counter() - started)
    web.stop()
    worst = statistics.quantiles(taken, n=100)[98]
    print(f"{size:,} bytes; median {statistics.median(taken) * 1e3:.1f} ms, 99 % within {worst * 1e3:.1f} ms")


if __name__ == "__main__":
    main()
