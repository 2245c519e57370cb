"""Runs the workload on a real server under a real daemon, and brings home what each of them counted."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from benchmarks.claims import Claims, find_claims
from benchmarks.crowd import READY, Order, PartyCount, parse_counts
from benchmarks.truth import (
    DIGESTS,
    ServerTotals,
    Truth,
    find_truth,
    parse_digests,
    subtract_counts,
    subtract_totals,
)
from benchmarks.workload import OWN_ROWS, OWN_TABLES, build_parties
from server.servers import Choice, RunningServer, start

from querywatch.analysis import published
from querywatch.config.settings import Settings
from querywatch.demo.practice import load_practice
from querywatch.demo.schema import DATABASE
from querywatch.model import Flavour
from querywatch.service.daemon import Daemon

SAMPLING_SECONDS = 1.0
_COUNTING_SECONDS = 10.0
_SCALE = 0.001
_REFEREE = "referee"  # reads the server's own totals; nobody's account
_SETTLE_SECONDS = 2.5  # a statement may reach the counters a moment after its client has the answer
_COUNT_SECONDS = 30.0
_SWITCH_ON = (
    "UPDATE performance_schema.setup_consumers SET ENABLED = 'YES' "
    "WHERE NAME IN ('events_statements_current', 'events_statements_history')"
)


class Stage:
    """A server with a practice and accounts, the workload beside it, and a daemon that watches."""

    def __init__(self, server: RunningServer, daemon: Daemon, crowd: "subprocess.Popen[str]") -> None:
        self._server = server
        self._daemon = daemon
        self._crowd = crowd
        self._parties = build_parties()
        self._counts = {
            party.name: PartyCount(tasks=[], connections=0, latest_seconds=0.0) for party in self._parties
        }
        self._counts = self._tell("run 0")

    def run(self, seconds: float) -> tuple[Truth, Claims]:
        """One run of the workload, from silence to silence."""
        counts, totals = self._counts, self._read_totals()
        before = self._daemon.count_now(self._server.name, _COUNT_SECONDS)
        assert before.up, before.trouble
        self._counts = self._tell(f"run {seconds}")
        time.sleep(_SETTLE_SECONDS)
        after = self._daemon.count_now(self._server.name, _COUNT_SECONDS)
        assert not after.poll_failures.get(("cycle", "fault")), "the daemon met a fault, and logged it"
        grown = {name: subtract_counts(late, counts[name]) for name, late in self._counts.items()}
        truth = find_truth(
            self._parties,
            grown,
            subtract_totals(self._read_totals(), totals),
            sampling_seconds=SAMPLING_SECONDS,
            prepared_have_digests=self._server.flavour is Flavour.MYSQL and self._server.name != "mysql-5.6",
        )
        return truth, find_claims(before, after)

    def _tell(self, line: str) -> dict[str, PartyCount]:
        assert self._crowd.stdin
        assert self._crowd.stdout
        print(line, file=self._crowd.stdin, flush=True)
        answer = self._crowd.stdout.readline()
        assert answer, "the workload has ended; it said why on standard error"
        return parse_counts(answer)

    def _read_totals(self) -> dict[str, ServerTotals]:
        if not self._server.performance_schema:
            return {}
        with self._server.client(_REFEREE) as client, client.cursor() as cursor:
            cursor.execute(DIGESTS)
            return parse_digests(cursor.fetchall())


@contextmanager
def staged(choice: Choice, *, userstat: bool = False, seed: int = 1) -> Iterator[Stage]:
    """The stage, set; all of it is gone afterwards."""
    # Every pair is compared, also those that a dashboard would not want to have.
    every_shape = patch.object(published, "EXPORTED_FINGERPRINTS", 5_000)
    settings = ("--sql-mode=", "--max-connections=300")
    with every_shape, start(choice, settings=settings) as server, TemporaryDirectory() as directory:
        rows = _set_up(server, userstat=userstat)
        order = Order(host=server.host, port=server.port, rows=rows, seed=seed)
        daemon = Daemon(_build_settings(server, Path(directory)), None, {})
        daemon.start()
        try:
            daemon.count_now(server.name, _COUNT_SECONDS)
            with _crowd(order) as crowd:
                yield Stage(server, daemon, crowd)
        finally:
            daemon.stop()


def _set_up(server: RunningServer, *, userstat: bool) -> dict[str, int]:
    server.execute(f"DROP DATABASE {DATABASE}")
    rows: Any = load_practice(SimpleNamespace(connect=server.root), scale=_SCALE)
    for name, create in OWN_TABLES.items():
        values = ", ".join(f"({number}, 'x')" for number in range(1, OWN_ROWS[name] + 1))
        server.execute(create, f"INSERT INTO {name} VALUES {values}", database=DATABASE)
    for party in build_parties():
        if party.grants:
            server.create_account(party.account, *party.grants)
    server.create_account(_REFEREE, "SELECT ON performance_schema.*")
    if userstat:
        server.execute("SET GLOBAL userstat = 1")
    if server.performance_schema:
        # As `querywatch check` advises, without a restart; MariaDB and MySQL 5.6 come with a part of it off.
        server.execute(_SWITCH_ON)
    return {**rows, **OWN_ROWS}


@contextmanager
def _crowd(order: Order) -> "Iterator[subprocess.Popen[str]]":
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.crowd"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1],
    ) as crowd:  # fmt: skip
        try:
            assert crowd.stdin
            assert crowd.stdout
            print(json.dumps(asdict(order)), file=crowd.stdin, flush=True)
            assert crowd.stdout.readline().strip() == READY
            yield crowd
        finally:
            crowd.kill()


def _build_settings(server: RunningServer, directory: Path) -> Settings:
    watcher = server.watcher()
    return Settings.model_validate(
        {
            "web": {"listen": "127.0.0.1:0"},
            "state": {"directory": directory / "state"},
            "servers": [
                {
                    "name": server.name,
                    "host": server.host,
                    "port": server.port,
                    "user": watcher.user,
                    "password": watcher.password,
                    "databases": [DATABASE],
                    "sample_interval": SAMPLING_SECONDS,
                    "counter_interval": _COUNTING_SECONDS,
                }
            ],
            "integrations": [_render_integration(party.integration) for party in build_parties()],
        }
    )


def _render_integration(integration: Any) -> dict[str, Any]:
    return {
        "name": integration.name,
        "kind": integration.kind,
        "accounts": integration.accounts,
        "programs": integration.programs,
        "markers": integration.markers,
    }
