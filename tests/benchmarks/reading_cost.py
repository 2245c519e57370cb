"""What a count costs the server beside prometheus-mysqld-exporter's scrape, both of one MySQL 9.7 in turns.

usage: PYTHONPATH=tests python tests/benchmarks/reading_cost.py [--polls 24] [--digests 5000] [--changing 100]

Needs Docker, and the exporter: apt-get install prometheus-mysqld-exporter. Its collectors are eventsstatements and
processlist alone. Time is the server's own, from the statement counters of the two accounts.
"""

import argparse
import importlib
import json
import os
import pkgutil
import random
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median
from typing import Any

from daemon_memory import read_cpu_seconds, read_resident_bytes
from server.daemons import running_daemon
from server.servers import PRACTICE, RunningServer, find_choice, find_free_port, start
from server.watching import OFFICE, VENDOR

import querywatch.sources
from querywatch.analysis.situation import Limits
from querywatch.findings import FindingBook
from querywatch.service.parsing import Parser
from querywatch.service.watch import Watch
from querywatch.service.watch_settings import WatchSettings
from querywatch.sql.reduce import StatementBook

os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")

_EXPORTER = "prometheus-mysqld-exporter"
_OFF = (
    "global_status",
    "global_variables",
    "slave_status",
    "info_schema.innodb_cmp",
    "info_schema.innodb_cmpmem",
)
_OFF_TOO = ("info_schema.query_response_time",)
_ON = ("perf_schema.eventsstatements", "info_schema.processlist")
_SERIES = "mysql_perf_schema_events_statements_total{"
_COUNT_SECONDS = 10.0
_SAMPLE_SECONDS = 1.0
_WARM_UP_COUNTS = 60
_COLUMNS = ("PatNum", "LName", "Note", "DateTStamp")


@dataclass(slots=True)
class Clock:
    """The watch's clock, which the benchmark moves: what rests for half a minute need not take one."""

    now: float = field(default_factory=time.time)

    def __call__(self) -> float:
        return self.now


def make_shape(number: int) -> str:
    """One of thousands of SELECTs, of 130 to 700 characters."""
    columns = ", ".join(
        f"p.{name} AS c{number}_{place}" for place, name in enumerate(_COLUMNS * (1 + number % 4))
    )
    return (
        f"SELECT {columns} FROM patient p LEFT JOIN ProcedureLog pl ON pl.PatNum = p.PatNum "
        f"WHERE p.LName = 'x{number}' AND p.PatNum BETWEEN {number} AND {number + 5} ORDER BY p.LName LIMIT 10"
    )


class Vendor:
    """Runs shapes as the vendor, on one connection."""

    def __init__(self, server: RunningServer, digests: int, changing: int) -> None:
        self._client = server.client("vendor", database=PRACTICE)
        self._digests = digests
        self._changing = changing

    def run_all(self) -> None:
        self._run(range(self._digests))

    def run_some(self) -> None:
        self._run(random.sample(range(self._digests), self._changing))

    def close(self) -> None:
        self._client.close()

    def _run(self, numbers: Sequence[int]) -> None:
        with self._client.cursor() as cursor:
            for number in numbers:
                cursor.execute(make_shape(number))
                cursor.fetchall()


@contextmanager
def running_exporter(
    server: RunningServer, *options: str
) -> Iterator[tuple["subprocess.Popen[bytes]", Callable[[], str]]]:
    """The exporter's process, and a scrape of it."""
    server.create_account("exporter", "PROCESS, REPLICATION CLIENT ON *.*", "SELECT ON performance_schema.*")
    address = f"127.0.0.1:{find_free_port()}"
    command = [_EXPORTER, f"--web.listen-address={address}", "--log.level=error"]
    command += [f"--no-collect.{name}" for name in (*_OFF, *_OFF_TOO)] + [f"--collect.{name}" for name in _ON]
    command += options
    environment = {"DATA_SOURCE_NAME": f"exporter@({server.host}:{server.port})/", "PATH": os.environ["PATH"]}
    with subprocess.Popen(command, env=environment) as process:

        def scrape() -> str:
            with urllib.request.urlopen(f"http://{address}/metrics", timeout=30) as answer:
                return str(answer.read().decode())

        try:
            time.sleep(2.0)
            yield process, scrape
        finally:
            process.terminate()


def make_watch(server: RunningServer, clock: Clock, parser: Parser) -> Watch:
    settings = WatchSettings(
        endpoint=server.watcher(),
        databases=(PRACTICE,),
        labels=(),
        counter_interval_seconds=_COUNT_SECONDS,
        schema_interval_seconds=3600.0,
        observer_budget_ratio=1.0,  # no interval widens meanwhile
    )
    return Watch(
        settings,
        (OFFICE, VENDOR),
        Limits(),
        findings=FindingBook(),
        parser=parser,
        clock=clock,
        random=random.random,
    )


def read_seconds(server: RunningServer) -> dict[str, float]:
    """Account -> the time that the server says its statements took."""
    rows = server.execute(
        "SELECT USER, SUM(SUM_TIMER_WAIT) / 1e12 "
        "FROM performance_schema.events_statements_summary_by_account_by_event_name "
        "WHERE USER IS NOT NULL GROUP BY USER"
    )
    return {str(user): float(seconds) for user, seconds in rows}


def read_sources(server: RunningServer) -> dict[str, tuple[float, float]]:
    """Modules of querywatch -> (executions, seconds) of the statements that it declares, by the server's digests."""
    book, modules = StatementBook(), defaultdict[str, set[str]](set)
    for info in pkgutil.iter_modules(querywatch.sources.__path__, "querywatch.sources."):
        for statement in getattr(importlib.import_module(info.name), "STATEMENTS", ()):
            shape = book.from_text(statement.replace("%%", "%").replace("%s", "0"))
            modules[shape.fingerprint].add(info.name.rpartition(".")[2])
    rows = server.execute(
        "SELECT DIGEST_TEXT, COUNT_STAR, SUM_TIMER_WAIT / 1e12 "
        "FROM performance_schema.events_statements_summary_by_digest WHERE DIGEST IS NOT NULL"
    )
    sums = defaultdict[str, tuple[float, float]](lambda: (0.0, 0.0))
    for text, executions, seconds in rows:
        name = " ".join(sorted(modules.get(book.from_digest(text).fingerprint, ())))
        if name:
            sums[name] = (sums[name][0] + float(executions), sums[name][1] + float(seconds))
    return sums


def warm_up(watch: Watch, clock: Clock, vendor: Vendor) -> None:
    """Has the watch see all shapes run, and says what the first sight of so many holds up."""
    durations = []
    for _ in range(_WARM_UP_COUNTS):
        if len(durations) == 1:
            vendor.run_all()
            time.sleep(3.0)  # the last of them is not recent any more
        clock.now += _COUNT_SECONDS
        started = time.monotonic()
        watch.cycle(count=True)
        durations.append(time.monotonic() - started)
    worst = ", ".join(f"{1000 * seconds:.0f}" for seconds in sorted(durations, reverse=True)[:4])
    print(f"first sight of all shapes: {len(durations)} counts, the longest {worst} ms")


def take_turns(
    server: RunningServer, watch: Watch, clock: Clock, vendor: Vendor, scrape: Callable[[], str], polls: int
) -> dict[str, list[float]]:
    """The server's seconds of each scrape, each count and each look between two counts."""
    spent = defaultdict[str, list[float]](list)

    def measure(what: str, account: str, work: Callable[[], Any]) -> None:
        before = read_seconds(server)[account]
        work()
        spent[what].append(read_seconds(server)[account] - before)

    for _ in range(polls):
        vendor.run_some()
        time.sleep(0.3)
        measure("exporter's scrape", "exporter", scrape)
        clock.now += _COUNT_SECONDS
        measure("our count", "watcher", watch.cycle)
        clock.now += _SAMPLE_SECONDS
        measure("our look", "watcher", watch.cycle)
    return spent


def print_turns(spent: dict[str, list[float]], changes: dict[str, tuple[float, float]], polls: int) -> None:
    theirs = spent["exporter's scrape"]
    print(f"{'the server spent, ms':<22}{'median':>9}{'mean':>9}{'most':>9}   mean over the scrape's")
    for what, seconds in spent.items():
        numbers = "".join(
            f"{1000 * figure:9.2f}" for figure in (median(seconds), mean(seconds), max(seconds))
        )
        print(f"{what:<22}{numbers}   {mean(seconds) / mean(theirs):.2f}")
    a_second = (mean(spent["our count"]) + 9 * mean(spent["our look"])) / mean(theirs)
    print(f"ten seconds of ours (one count, nine looks) over one scrape: {a_second:.2f}")
    for name, (executions, seconds) in sorted(changes.items(), key=lambda item: -item[1][1]):
        print(f"  {name:<28}{1000 * seconds / polls:7.2f} ms a count, {executions / polls:.2f} statements")


def read_family(pid: int) -> list[int]:
    """A process and its children."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(entry.parent.name)] = int(entry.read_text().rpartition(")")[2].split()[1])
        except OSError:  # it has ended
            continue
    return [pid, *(child for child, parent in parents.items() if parent == pid)]


def compare_processes(
    server: RunningServer, exporter: int, scrape: Callable[[], str], vendor: Vendor, seconds: float
) -> None:
    """Runs the daemon as it is by default beside the exporter, scraped as often as the daemon counts."""
    with (
        tempfile.TemporaryDirectory() as directory,
        running_daemon(_write_config(Path(directory), server)) as daemon,
    ):
        over = threading.Event()

        def work() -> None:
            while not over.wait(_COUNT_SECONDS):
                vendor.run_some()
                scrape()

        before = {"exporter": read_cpu_seconds(exporter), "daemon": read_cpu_seconds(daemon.process.pid)}
        thread = threading.Thread(target=work)
        thread.start()
        time.sleep(seconds)
        family = read_family(daemon.process.pid)
        cpu = {"exporter": read_cpu_seconds(exporter), "daemon": sum(read_cpu_seconds(pid) for pid in family)}
        resident = {
            "exporter": [read_resident_bytes(exporter)],
            "daemon": [read_resident_bytes(pid) for pid in family],
        }
        over.set()
        thread.join()
    for name in ("exporter", "daemon"):
        sizes = " + ".join(f"{size / 2**20:.1f}" for size in resident[name])
        print(f"{name}: {(cpu[name] - before[name]) / seconds:.2%} of one core, {sizes} MiB resident")


def _write_config(directory: Path, server: RunningServer) -> Path:
    endpoint = server.watcher()
    values = {"name": "office", "host": endpoint.host, "user": endpoint.user, "password": endpoint.password}
    lines = [
        "[web]",
        'listen = "127.0.0.1:0"',
        "[state]",
        f"directory = {json.dumps(str(directory / 'state'))}",
    ]
    lines += [
        "[[servers]]",
        f"port = {endpoint.port}",
        *(f"{key} = {json.dumps(text)}" for key, text in values.items()),
    ]
    lines += ["[[integrations]]", 'name = "vendor"', 'kind = "direct-read"', 'accounts = ["vendor"]']
    path = directory / "config.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--polls", type=int, default=24)
    parser.add_argument("--digests", type=int, default=5_000)
    parser.add_argument("--changing", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=60.0)
    given = parser.parse_args()
    clock = Clock()
    with start(find_choice("mysql-9.7"), settings=("--performance-schema-digests-size=10000",)) as server:
        server.create_account("vendor", f"SELECT ON {PRACTICE}.*")
        with (
            closing(Vendor(server, given.digests, given.changing)) as vendor,
            running_exporter(server) as (exporter, scrape),
            closing(Parser()) as needs,
            closing(make_watch(server, clock, needs)) as watch,
        ):
            vendor.run_all()
            scrape()
            warm_up(watch, clock, vendor)
            before = read_sources(server)
            spent = take_turns(server, watch, clock, vendor, scrape, given.polls)
            after = read_sources(server)
            print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.2f}; {given.polls} turns")
            sums = {
                name: tuple(b - a for a, b in zip(before[name], after[name], strict=True)) for name in after
            }
            print_turns(spent, {name: grown for name, grown in sums.items() if grown[0]}, given.polls)
            kept = sum(1 for line in scrape().splitlines() if line.startswith(_SERIES))
            print(f"totals kept: exporter {kept} shapes, querywatch {len(watch._counting._rows)}")
            compare_processes(server, exporter.pid, scrape, vendor, given.seconds)


if __name__ == "__main__":
    main()
