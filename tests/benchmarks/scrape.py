"""What a scrape of 2,000 fingerprints takes, beside prometheus-mysqld-exporter's of 2,000 digests, over the socket.

usage: PYTHONPATH=tests python tests/benchmarks/scrape.py [--shapes 2000] [--servers 1] [--scrapes 100] [--alone]

Each answers from a process of its own. Wall time is as good as the machine is quiet; CPU time is that process's alone:
the exporter reads its server at each scrape, whose time reading_cost.py counts. Needs Docker and the exporter, but for
--alone: apt-get install prometheus-mysqld-exporter.
"""

import argparse
import multiprocessing
import os
import statistics
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection

from benchmarks.daemon_memory import read_cpu_seconds
from benchmarks.reading_cost import Vendor, running_exporter
from server.servers import PRACTICE, find_choice, start
from web.office import make_office

from querywatch.export.metrics import make_registry
from querywatch.export.web import WebServer
from querywatch.snapshot import QueryInfo, QueryState, Snapshot

os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")

_SHAPE = "SELECT " + "x" * 290  # as long as querywatch shows one


def make_busy_office(server: str, shapes: int) -> Snapshot:
    """Six integrations, and so many shapes of one of them."""
    names = [f"{place:016x}" for place in range(shapes)]
    office = make_office(time.time())
    twins = [
        replace(state, integration=replace(state.integration, name=f"{state.integration.name}-2"))
        for state in office.integrations
    ]
    return replace(
        office,
        server=server,
        integrations=(*office.integrations, *twins),
        queries=tuple(
            QueryState(
                integration="recall-texter", fingerprint=each, executions=9.0, seconds=1.5, rows_examined=7.0
            )
            for each in names
        ),
        query_infos=tuple(QueryInfo(fingerprint=each, tables="patient", shape=_SHAPE) for each in names),
    )


def serve(servers: int, shapes: int, told: Connection) -> None:
    """Answers scrapes until it is told to end."""
    offices = tuple(make_busy_office(f"office-{number}", shapes) for number in range(servers))
    registry = make_registry(lambda: offices)
    web = WebServer(("127.0.0.1", 0), registry, is_alive=lambda: True, is_ready=lambda: True)
    web.start()
    told.send(web.url)
    told.poll(None)
    web.stop()


@contextmanager
def running_querywatch(servers: int, shapes: int) -> Iterator[tuple[int, Callable[[], str]]]:
    """The process's number, and a scrape of it."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(servers, shapes, there))
    process.start()
    url = f"{here.recv()}/metrics"

    def scrape() -> str:
        with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - our own server
            return str(answer.read().decode())

    try:
        yield process.pid or 0, scrape
    finally:
        here.send(None)
        process.join()


def describe(name: str, pid: int, scrape: Callable[[], str], scrapes: int) -> str:
    """What so many scrapes took, after one that warms up."""
    text = scrape()
    taken, cpu_before = [], read_cpu_seconds(pid)
    for _ in range(scrapes):
        started = time.perf_counter()
        text = scrape()
        taken.append(time.perf_counter() - started)
    cpu_seconds = (read_cpu_seconds(pid) - cpu_before) / scrapes
    worst = statistics.quantiles(taken, n=100)[98]
    series = sum(not line.startswith("#") for line in text.splitlines())
    return (
        f"{name}: {len(text.encode()):,} bytes, {series:,} series; median {statistics.median(taken) * 1e3:.1f} ms, "
        f"99 % within {worst * 1e3:.1f} ms, {cpu_seconds * 1e3:.1f} ms of CPU"
    )


def measure_exporter(shapes: int, scrapes: int) -> str:
    """The exporter's scrapes of a MySQL 9.7 that knows so many digests."""
    with start(find_choice("mysql-9.7")) as server:
        server.create_account("vendor", f"SELECT ON {PRACTICE}.*")
        with closing(Vendor(server, shapes, 0)) as vendor:
            vendor.run_all()
        limit = f"--collect.perf_schema.eventsstatements.limit={shapes}"
        with running_exporter(server, limit) as (process, scrape):
            return describe("prometheus-mysqld-exporter", process.pid, scrape, scrapes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shapes", type=int, default=2_000, help="of each server")
    parser.add_argument("--servers", type=int, default=1, help="that one querywatch watches")
    parser.add_argument("--scrapes", type=int, default=100)
    parser.add_argument("--alone", action="store_true", help="querywatch without the exporter")
    given = parser.parse_args()
    with running_querywatch(given.servers, given.shapes) as (pid, scrape):
        print(describe("querywatch", pid, scrape, given.scrapes), flush=True)
    if not given.alone:
        print(measure_exporter(given.shapes, given.scrapes))
    print(f"load of the machine, last minute: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
