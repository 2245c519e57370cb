"""Prints what one daemon needs for a fleet, and whether servers that hang, refuse or come and go make others late.

usage: PYTHONPATH=tests python tests/benchmarks/fleet.py [--servers 200] [--instances 8] [--seconds 60]
           [--sample-interval 1.0] [--observer-budget 0.005] [--show-log]

Real MariaDB servers with the demo's practice, half of them with the performance schema, each watched under several
names, by a daemon in a process of its own. After a while of peace five names hang, five refuse and five flap.
On one machine the servers slow each other down, and are spared for it: a large budget shows the daemon's own pace.
"""

import argparse
import json
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pymysql
from benchmarks.daemon_memory import find_children, read_cpu_seconds, read_resident_bytes
from server.servers import RunningServer, find_choice, find_free_port, start
from server.watching import Gate

from querywatch.demo.practice import load_practice
from querywatch.demo.schema import DATABASE

_KINDS = ("mariadb-10.11", "mariadb-10.11-ps")
_SCALE = 0.001
_EACH_BAD = 5
_SESSIONS = 20  # of the office, on each server
_FLAP_SECONDS = 6.0
_SCRAPE_SECONDS = 15.0
_START_SECONDS = 90.0
_UP = re.compile(r'^querywatch_up\{server="([^"]+)"\} 1\.0$', re.MULTILINE)
_BUDGET = re.compile(r'^querywatch_observer_budget_ratio\{server="[^"]+"\} (\S+)$', re.MULTILINE)
_ABOUT = re.compile(r"^querywatch_([a-z]+)", re.MULTILINE)
_POLLED = re.compile(
    r'^querywatch_last_poll_timestamp_seconds\{server="([^"]+)",source="(\w+)"\} (\S+)$', re.MULTILINE
)


@dataclass
class Scrapes:
    """What the scrapes of one phase showed."""

    seconds: list[float] = field(default_factory=list)
    size_bytes: int = 0
    series: Counter[str] = field(default_factory=Counter)  # by what they are about
    budgets: list[float] = field(default_factory=list)  # used of observer_budget, by server
    ages: list[float] = field(default_factory=list)  # of each server's last look

    def add(self, url: str, servers: Sequence[str]) -> None:
        """One scrape."""
        now = time.time()
        text, took_seconds = read_metrics(url)
        self.seconds.append(took_seconds)
        self.size_bytes = len(text)
        self.series = Counter(_ABOUT.findall(text))
        self.budgets = [float(used) for used in _BUDGET.findall(text)]
        looks = find_polls(text, "processlist")
        for name in servers:
            self.ages.append(now - looks.get(name, 0.0))


def describe_lateness(notes: str, names: Sequence[str], seconds: float) -> str:
    """How late the cycles of these servers began, and how many of them were left out, by the daemon's notes."""
    wanted, noted = set(names), dict[str, list[float]]()
    for line in notes.splitlines():
        name, _, late = line.partition("\t")
        if name in wanted and late:
            noted.setdefault(name, []).append(float(late))
    begun = sorted(late for each in noted.values() for late in each if late < math.inf)
    left_out = sum(late == math.inf for each in noted.values() for late in each)
    looks = sorted(len(noted.get(name, ())) for name in names)
    return (
        f"{len(begun) / seconds:.0f} cycles a second, begun {statistics.median(begun) * 1000:.0f} ms late (median), "
        f"{begun[int(len(begun) * 0.99)] * 1000:.0f} ms (99 %), {begun[-1] * 1000:.0f} ms (most); {left_out} left out; "
        f"a server's turns {seconds / looks[-1]:.1f} s apart (least), "
        f"{seconds / looks[len(looks) // 2]:.1f} s (median), {seconds / max(1, looks[0]):.1f} s (most)"
    )


def read_metrics(url: str) -> tuple[str, float]:
    """A scrape, and the seconds it took."""
    started = time.monotonic()
    with urllib.request.urlopen(url + "/metrics", timeout=60) as answer:  # noqa: S310 - our own daemon
        text = answer.read().decode()
    return text, time.monotonic() - started


def find_polls(text: str, source: str) -> dict[str, float]:
    """When each server's source was last read."""
    return {server: float(at) for server, which, at in _POLLED.findall(text) if which == source}


class Fleet:
    """The daemon's names: the bad ones reach their server through a gate."""

    def __init__(self, servers: Sequence[RunningServer], number: int) -> None:
        first = servers[0]
        self.gates = {kind: Gate(first.host, first.port) for kind in ("hanging", "refusing", "flapping")}
        self._over = threading.Event()
        places = [
            (f"{kind}-{index}", first, "127.0.0.1", gate.port)
            for kind, gate in self.gates.items()
            for index in range(_EACH_BAD)
        ]
        self.good = [f"office-{index:03d}" for index in range(number - len(places))]
        places += [
            (name, server, server.host, server.port)
            for index, name in enumerate(self.good)
            for server in [servers[index % len(servers)]]
        ]
        self.places = places

    def go_bad(self) -> None:
        """What was well hangs, refuses, or flaps from now on."""
        self.gates["hanging"].stall()
        self.gates["refusing"].shut()
        threading.Thread(target=self._flap, daemon=True).start()

    def _flap(self) -> None:
        while not self._over.wait(_FLAP_SECONDS):
            self.gates["flapping"].shut()
            if not self._over.wait(_FLAP_SECONDS):
                self.gates["flapping"].reopen()

    def close(self) -> None:
        self._over.set()
        for gate in self.gates.values():
            gate.close()

    def write_config(self, directory: Path, sample_interval: float, observer_budget: float) -> Path:
        """Each name in a fragment of its own."""
        (directory / "servers.d").mkdir()
        for name, server, host, port in self.places:
            watcher = server.watcher()
            (directory / "servers.d" / f"{name}.toml").write_text(
                f"[[servers]]\nname = {json.dumps(name)}\nhost = {json.dumps(host)}\nport = {port}\n"
                f"user = {json.dumps(watcher.user)}\npassword = {json.dumps(watcher.password)}\n"
                f'databases = ["{DATABASE}"]\nsample_interval = {sample_interval}\n'
                f'observer_budget = {observer_budget}\nlabels = {{ it = "one" }}\n'
            )
        config = directory / "config.toml"
        config.write_text(
            f'[web]\nlisten = "127.0.0.1:{find_free_port()}"\n[state]\ndirectory = "{directory / "state"}"\n'
            '[[integrations]]\nname = "opendental"\nkind = "opendental"\naccounts = ["root"]\n'
            + "".join(
                f'[[integrations]]\nname = "{name}"\naccounts = ["{name.replace("-", "_")}"]\n'
                for name in ("vendor", *(f"vendor-{number}" for number in range(2, 6)))
            )
        )
        return config


@contextmanager
def offices(number: int) -> Iterator[list[RunningServer]]:
    """The real servers, each with a practice and an office at work."""
    with ExitStack() as stack:
        servers, over = [], threading.Event()
        for index in range(number):
            settings = ("--sql-mode=", "--max-connections=400", "--table-open-cache=200")
            server = stack.enter_context(start(find_choice(_KINDS[index % len(_KINDS)]), settings=settings))
            server.execute(f"DROP DATABASE {DATABASE}")
            load_practice(SimpleNamespace(connect=server.root), scale=_SCALE)  # type: ignore[arg-type]
            server.create_account("vendor", f"SELECT ON {DATABASE}.*")
            servers.append(server)
        stack.callback(over.set)
        for server in servers:
            threading.Thread(target=_work, args=(server, over), daemon=True).start()
        yield servers


def _work(server: RunningServer, over: threading.Event) -> None:
    """Sessions that sleep, a workstation that polls, and a vendor that reads."""
    with ExitStack() as stack:
        sessions = [stack.enter_context(closing(server.root(database=DATABASE))) for _ in range(_SESSIONS)]
        vendor: Any = stack.enter_context(closing(server.client("vendor", database=DATABASE)))
        turn = 0
        while not over.wait(0.5):
            turn += 1
            with suppress(pymysql.MySQLError, OSError):
                sessions[turn % _SESSIONS].query(
                    f"SELECT * FROM signalod WHERE SigDateTime > {turn} LIMIT 10"
                )
                vendor.query(f"SELECT PatNum FROM patient WHERE DateTStamp > '2026-01-{turn % 28 + 1:02d}'")


def watch_start(url: str, daemon: "subprocess.Popen[bytes]", names: Sequence[str]) -> str:
    """Until all servers are seen, with their tables."""
    started = time.monotonic()
    up_seconds, peak_bytes = None, 0
    while (passed := time.monotonic() - started) < _START_SECONDS:
        time.sleep(1.0)
        assert daemon.poll() is None, "the daemon has ended"
        peak_bytes = max(peak_bytes, read_resident_bytes(daemon.pid))
        with suppress(OSError):
            text, _ = read_metrics(url)
            if up_seconds is None and len(_UP.findall(text)) == len(names):
                up_seconds = passed
            if len(find_polls(text, "schema")) == len(names):
                break
    up = "not all" if up_seconds is None else f"all after {up_seconds:.0f} s"
    cpu_seconds = read_cpu_seconds(daemon.pid)
    read = len(find_polls(text, "schema"))
    return (
        f"up: {up}; tables of {read} read after {passed:.0f} s; {cpu_seconds:.1f} s of CPU until then, "
        f"{peak_bytes / 2**20:.0f} MiB"
    )


def watch_phase(
    url: str, daemon: "subprocess.Popen[bytes]", notes: Path, names: Sequence[str], seconds: float
) -> str:
    """One phase's figures."""
    noted = notes.stat().st_size
    scrapes = Scrapes()
    pids = [daemon.pid, *find_children(daemon.pid)]
    before, started = [read_cpu_seconds(pid) for pid in pids], time.monotonic()
    while (passed := time.monotonic() - started) < seconds:
        time.sleep(min(_SCRAPE_SECONDS, seconds - passed))
        scrapes.add(url, names)
    used = [read_cpu_seconds(pid) - was for pid, was in zip(pids, before, strict=True)]
    memory = " + ".join(f"{read_resident_bytes(pid) / 2**20:.0f}" for pid in pids)
    series = ", ".join(f"{number:,} {about}" for about, number in scrapes.series.most_common(5))
    cpu = " + ".join(f"{each / passed:.1%}" for each in used)
    return (
        f"{describe_lateness(notes.read_text()[noted:], names, passed)}\n    "
        f"last look {statistics.median(scrapes.ages):.2f} s old (median), {max(scrapes.ages):.2f} s (most); "
        f"CPU {cpu} of one core (daemon + parser), memory {memory} MiB, "
        f"scrape {statistics.median(scrapes.seconds):.2f} s, at most {max(scrapes.seconds):.2f} s, "
        f"{scrapes.size_bytes / 1e6:.1f} MB, {scrapes.series.total():,} series ({series}), "
        f"observer's budget {statistics.median(scrapes.budgets):.0%} used (median), {max(scrapes.budgets):.0%} (most)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--servers", type=int, default=200)
    parser.add_argument("--instances", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--sample-interval", type=float, default=1.0)
    parser.add_argument("--observer-budget", type=float, default=0.005)
    parser.add_argument("--show-log", action="store_true")
    given = parser.parse_args()
    with offices(given.instances) as servers, tempfile.TemporaryDirectory() as place:
        directory = Path(place)
        with closing(Fleet(servers, given.servers)) as fleet, (directory / "log").open("w") as log:
            config = fleet.write_config(directory, given.sample_interval, given.observer_budget)
            found = re.search(r'listen = "(.+)"', config.read_text())
            url = f"http://{found.group(1) if found else ''}"
            notes = directory / "notes"
            program = str(Path(__file__).with_name("fleet_daemon.py"))
            command = [sys.executable, program, str(config), str(notes)]
            with subprocess.Popen(command, stderr=log, stdout=log, cwd=directory) as daemon:
                names = [name for name, *_ in fleet.places]
                print(f"{len(names)} servers, {given.instances} instances, every {given.sample_interval:g} s, "
                      f"{os.cpu_count()} cores (load {os.getloadavg()[0]:.1f})")  # fmt: skip
                print("start:", watch_start(url, daemon, names), flush=True)
                print("peace:", watch_phase(url, daemon, notes, names, given.seconds), flush=True)
                fleet.go_bad()
                print(
                    "15 bad, the others:",
                    watch_phase(url, daemon, notes, fleet.good, given.seconds),
                    flush=True,
                )
                stopped = time.monotonic()
                daemon.terminate()
                daemon.wait()
                print(f"stop: {time.monotonic() - stopped:.1f} s; load {os.getloadavg()[0]:.1f}")
        if given.show_log:
            print((directory / "log").read_text())


if __name__ == "__main__":
    main()
