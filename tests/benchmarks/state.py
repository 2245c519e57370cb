"""Kills writers of state, fills a state file with months of many servers, and prints what that costs.

usage: PYTHONPATH=tests python tests/benchmarks/state.py [--kills 200] [--servers 10] [--days 90] [--shapes 150]

Every server has that many shapes in each office hour, and half as many names, sizes and changes as it would have at
most. The daemon that is started on the file watches ports where nobody answers. Needs no server.
"""

import argparse
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from killing import find_saved, kill_while_writing

from querywatch.analysis.timeline import Change, ChangeKind
from querywatch.findings import OpenFinding
from querywatch.model import Evidence, Finding, Severity
from querywatch.service.keeping import Keeper
from querywatch.store import FILE_NAME, Store
from querywatch.store.baselines import BaselineRow, save_baselines
from querywatch.store.findings import save_findings
from querywatch.store.history import add_changes, save_names, save_shapes, save_table_rows
from querywatch.store.retention import DAY_SECONDS, Retention, prune
from querywatch.store.servers import save_seen
from querywatch.store.use import Use, add_use

_OFFICE_HOURS = range(7, 18)
_INTEGRATIONS = 8
_MEASURES = ("seconds", "rows", "rate")
_NUMBERS = 180  # of a baseline: some of its own and one for each hour of the week
_SHAPE = "SELECT patnum, lname, fname FROM patient WHERE datetstamp > ? AND patstatus IN (...) ORDER BY patnum LIMIT ?"


def kill(number: int) -> None:
    """Prints what so many kills left."""
    dice = random.Random(1)
    with tempfile.TemporaryDirectory() as place:
        saved = said = 0
        started = time.monotonic()
        for _ in range(number):
            said = kill_while_writing(Path(place), saved + 1, dice.uniform(0, 0.05))
            saved = find_saved(Path(place))
            assert saved >= said, f"{said} was kept, and {saved} is the last that is left"
        damaged = len(list(Path(place).glob("*.damaged-*")))
        print(
            f"{number} kills in {time.monotonic() - started:.0f} s, {saved:,} saves: {damaged} files damaged, "
            "0 saves lost"
        )


def find_uses(dice: random.Random, shapes: int) -> Iterator[Use]:
    """One hour of one server."""
    for place in range(_INTEGRATIONS):
        yield Use(
            integration=f"vendor-{place}", runs=dice.randrange(9_000), seconds=dice.random() * 99,
            rows_examined=dice.randrange(10**7), rows_sent=dice.randrange(10**5), longest_seconds=dice.random(),
        )  # fmt: skip
    for place in range(shapes):
        yield Use(
            integration=f"vendor-{place % _INTEGRATIONS}", fingerprint=f"{place:016x}", runs=dice.randrange(500),
            seconds=dice.random(), rows_examined=dice.randrange(10**6),
        )  # fmt: skip


def fill(store: Store, server: str, given: argparse.Namespace, now: float) -> None:
    """The months of one server, a transaction a day, pruned as the daemon does."""
    dice = random.Random(server)
    for day in range(given.days, -1, -1):
        midnight = (now - day * DAY_SECONDS) // DAY_SECONDS * DAY_SECONDS
        with store.writing() as connection:
            save_seen(connection, server, midnight, up=True)
            for hour in range(24):
                shapes = given.shapes if hour in _OFFICE_HOURS else given.shapes // 10
                add_use(connection, server, find_uses(dice, shapes), midnight + hour * 3600)
            rows = {f"opendental.t{place}": 10_000 + dice.randrange(400) for place in range(100)}
            save_table_rows(connection, server, rows, midnight)
            changes = [
                Change(
                    at=midnight + place, kind=ChangeKind.HOST, subject=f"ws{place}", words="the host ws came"
                )
                for place in range(20)
            ]
            add_changes(connection, server, changes)
            save_findings(
                connection, server, [make_finding(place, midnight) for place in range(20)], midnight
            )
    with store.writing() as connection:
        shown = {f"{place:016x}": (_SHAPE, "patient") for place in range(2_500)}
        save_shapes(connection, server, shown, now)
        save_names(connection, server, "host", (f"10.0.{n // 250}.{n % 250}" for n in range(2_000)), now)
        save_baselines(connection, server, find_baselines(dice, given.shapes), now)


def make_finding(place: int, at: float) -> OpenFinding:
    finding = Finding(
        rule="index.missing", severity=Severity.WARNING, integration=f"vendor-{place % 8}", subject=f"table{place}",
        message="vendor makes the server read 20,000 rows of patient to answer one query. " * 2,
        advice="Ask its vendor to filter on a column that an index leads with. " * 3, evidence=Evidence.COUNTED,
    )  # fmt: skip
    return OpenFinding(finding=finding, opened_at=at, last_seen_at=at, severe_at=at)


def find_baselines(dice: random.Random, shapes: int) -> Iterator[BaselineRow]:
    for place in range(shapes * 2):
        for measure in _MEASURES:
            numbers = tuple(dice.random() for _ in range(_NUMBERS))
            yield BaselineRow(
                integration=f"vendor-{place % 8}",
                fingerprint=f"{place:016x}",
                measure=measure,
                numbers=numbers,
            )


def measure_recall(directory: Path, servers: list[str]) -> None:
    """Prints what a daemon needs to take its state up again."""
    before = read_peak_mebibytes()
    started = time.monotonic()
    keeper = Keeper(directory, Retention(), dict, clock=time.time)
    opened = time.monotonic()
    memories = [keeper.load_memory(server) for server in servers]
    findings = [keeper.load_findings(server) for server in servers]
    done = time.monotonic()
    print(
        f"opened in {opened - started:.2f} s, {sum(len(each.baselines) for each in memories):,} baselines and "
        f"{sum(map(len, findings))} findings loaded in {done - opened:.2f} s, "
        f"{read_peak_mebibytes() - before:.0f} MiB more at its peak"
    )


def read_peak_mebibytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure_start(directory: Path, servers: list[str]) -> None:
    """Prints the time from starting a daemon on the state to its first metrics."""
    with tempfile.TemporaryDirectory() as place:
        config = Path(place) / "config.toml"
        entries = "".join(
            f'[[servers]]\nname = "{server}"\nhost = "127.0.0.1"\nport = 1\npassword = "none"\n'
            for server in servers
        )
        config.write_text(f'[web]\nlisten = "127.0.0.1:0"\n[state]\ndirectory = "{directory}"\n{entries}')
        started = time.monotonic()
        with subprocess.Popen(
            [sys.executable, "-m", "querywatch", "run", "--config", str(config)],
            stderr=subprocess.PIPE,
            text=True,
        ) as daemon:
            assert daemon.stderr is not None
            address = next(filter(None, (re.search(r"metrics at (\S+)", line) for line in daemon.stderr)))[1]
            with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 - our own daemon
                size = len(answer.read())
            seconds = time.monotonic() - started
            status = Path(f"/proc/{daemon.pid}/status").read_text()
            ticks = Path(f"/proc/{daemon.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
            busy_seconds = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
            resident = int(status.partition("VmRSS:")[2].split()[0]) / 1024
            daemon.terminate()
            daemon.stderr.read()
    print(
        f"first metrics after {seconds:.2f} s, of which it worked {busy_seconds:.2f} s ({size:,} bytes); "
        f"{resident:.0f} MiB resident; load average {os.getloadavg()[0]:.1f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--servers", type=int, default=10)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--shapes", type=int, default=150)
    given = parser.parse_args()
    kill(given.kills)
    now, servers = time.time(), [f"office-{number}" for number in range(given.servers)]
    with tempfile.TemporaryDirectory() as place:
        directory = Path(place)
        measure_start(directory, servers)
        with closing(Store.open(directory)) as store:
            started = time.monotonic()
            for server in servers:
                fill(store, server, given, now)
            filled = time.monotonic()
            with store.writing() as connection:
                prune(connection, Retention(), now)
            print(f"filled in {filled - started:.0f} s, pruned in {time.monotonic() - filled:.1f} s")
        size = (directory / FILE_NAME).stat().st_size
        print(f"{given.days} days of {given.servers} servers, {given.shapes} shapes: {size / 2**20:.0f} MiB")
        measure_recall(directory, servers)
        measure_start(directory, servers)


if __name__ == "__main__":
    main()
