"""The daemon as a process: one bad server never stops another, signals, reloads, and what survives."""

import re
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from server.daemons import running_daemon, write_config
from server.servers import PRACTICE, RunningServer
from server.watching import Gate

from querywatch.config import ServerSettings
from querywatch.service.watch import Watch
from querywatch.service.watcher import Watcher

pytestmark = pytest.mark.servers("mariadb-10.11-ps", "mariadb-local-ps")

INTEGRATIONS = """
[[integrations]]
name = "opendental"
kind = "opendental"
accounts = ["root"]
[[integrations]]
name = "vendor"
accounts = ["vendor"]
"""
UP = 'querywatch_up{server="good"} 1.0'


def write_once(server: RunningServer) -> None:
    server.create_account("vendor", f"SELECT, UPDATE ON {PRACTICE}.*")
    with closing(server.client("vendor", database=PRACTICE)) as client, client.cursor() as cursor:
        cursor.execute("UPDATE patient SET LName = LName WHERE PatNum = 1")


def test_a_hanging_and_a_refusing_server_stop_nobody(server: RunningServer, tmp_path: Path) -> None:
    """Also: the daemon ends within five seconds of SIGTERM while a socket hangs."""
    gate = Gate(server.host, server.port)
    good = replace(server.watcher(), name="good")
    hanging = replace(good, name="hanging", host="127.0.0.1", port=gate.port)
    refusing = replace(good, name="refusing", host="127.0.0.1", port=1)
    config = write_config(tmp_path, [hanging, refusing, good], INTEGRATIONS)
    with closing(gate), running_daemon(config) as daemon:
        daemon.wait_for(
            lambda: UP in daemon.metrics() and daemon.value('querywatch_up{server="hanging"}') == 1, "up"
        )
        assert daemon.value('querywatch_up{server="refusing"}') == 0
        gate.stall()
        last = 'querywatch_last_poll_timestamp_seconds{server="good",source="processlist"}'
        stalled_at = time.time()
        for later in (1.0, 2.0, 3.0):
            wanted_at = stalled_at + later
            daemon.wait_for(lambda at=wanted_at: (daemon.value(last) or 0.0) > at, "a poll", seconds=2.0)
        assert daemon.get("/healthz")[0] == 200
        assert daemon.stop() < 5.0
        assert daemon.process.returncode == 0


def test_readiness_waits_for_the_first_look_and_no_server_can_hold_it_up(
    server: RunningServer, tmp_path: Path
) -> None:
    good = replace(server.watcher(), name="good")
    refusing = replace(good, name="refusing", host="127.0.0.1", port=1)
    with running_daemon(write_config(tmp_path, [good, refusing])) as daemon:
        daemon.wait_for(lambda: daemon.get("/readyz")[0] == 200, "ready")


def test_a_reload_takes_a_good_configuration_and_refuses_a_bad_one(
    server: RunningServer, tmp_path: Path
) -> None:
    good = replace(server.watcher(), name="good")
    config = write_config(tmp_path, [good], INTEGRATIONS)
    with running_daemon(config) as daemon:
        daemon.wait_for(lambda: UP in daemon.metrics(), "up")
        config.write_text(config.read_text() + "[rulez]\n")
        daemon.signal(signal.SIGHUP)
        daemon.wait_for(lambda: "rulez: there is no such setting" in daemon.log.read_text(), "refusal")
        assert UP in daemon.metrics()
        second = replace(good, name="second")
        write_config(tmp_path, [good, second], INTEGRATIONS.replace('"vendor"', '"renamed"'))
        daemon.signal(signal.SIGHUP)
        daemon.wait_for(lambda: daemon.value('querywatch_up{server="second"}') == 1, "the second server")
        daemon.wait_for(lambda: 'integration="renamed"' in daemon.metrics(), "the renamed integration")
        write_config(tmp_path, [second], INTEGRATIONS)
        daemon.signal(signal.SIGHUP)
        daemon.wait_for(lambda: 'server="good"' not in daemon.metrics(), "the first server gone")
        assert daemon.stop() < 5.0


def test_open_findings_survive_a_restart(server: RunningServer, tmp_path: Path) -> None:
    finding = 'rule="write.forbidden"'
    config = write_config(tmp_path, [replace(server.watcher(), name="good")], INTEGRATIONS)
    with running_daemon(config) as daemon:
        counted = 'querywatch_last_poll_timestamp_seconds{server="good",source="accounts"}'
        daemon.wait_for(lambda: daemon.value(counted) is not None, "the first count")
        write_once(server)
        daemon.wait_for(lambda: finding in daemon.metrics(), "the finding")
        daemon.stop()
    with running_daemon(config) as daemon:
        daemon.wait_for(lambda: UP in daemon.metrics(), "up")
        assert finding in daemon.metrics()
        opened = [
            line for line in daemon.metrics().splitlines() if line.startswith("querywatch_findings_opened")
        ]
        assert not any(finding in line for line in opened)
        daemon.stop()


def test_the_state_is_nobodys_but_the_daemons(server: RunningServer, tmp_path: Path) -> None:
    """Directory 0700, file 0600, and a trail of starts and stops in it."""
    with running_daemon(write_config(tmp_path, [replace(server.watcher(), name="good")])) as daemon:
        daemon.wait_for(lambda: UP in daemon.metrics(), "up")
        daemon.stop()
    state = tmp_path / "state" / "state.sqlite3"
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    assert stat.S_IMODE(state.parent.stat().st_mode) == 0o700
    with closing(sqlite3.connect(state)) as connection:
        events = [row[0] for row in connection.execute("SELECT event FROM events ORDER BY id")]
    assert events == ["start", "stop"]


def test_a_bad_configuration_ends_with_78(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[[servers]]\nnam = 1\n")
    done = subprocess.run(
        [sys.executable, "-m", "querywatch", "run", "--config", str(config)],
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 78
    assert "did you mean name?" in done.stderr


def test_a_fault_that_nobody_foresaw_is_logged_once_and_the_watch_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A bug met on every poll is one entry in the log, without its text, and the next server is none the wiser."""

    class Broken:
        crashes = 0

        def cycle(self) -> None:
            raise RuntimeError("Mary Canary")

        def count_crash(self) -> None:
            self.crashes += 1

    watch = Broken()
    watcher = Watcher(ServerSettings(name="main"), cast("Watch", watch))
    for _ in range(3):
        watcher.run_cycle()
    assert watch.crashes == 3
    assert [record.getMessage() for record in caplog.records] == [
        "main: a cycle failed; the next one goes on"
    ]


def test_the_daemon_leaves_no_core_dump(server: RunningServer, tmp_path: Path) -> None:
    with running_daemon(write_config(tmp_path, [replace(server.watcher(), name="good")])) as daemon:
        limits = Path(f"/proc/{daemon.process.pid}/limits").read_text()
        daemon.stop()
    assert re.search(r"Max core file size\s+0\s+0\s", limits)
