"""A trial that nobody helps: the daemon itself notices that the vendor went and came back, and says the cause."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from server.daemons import write_config
from server.servers import PRACTICE, RunningServer
from server.test_trial import HURTING, WORK, asking

from querywatch.cli import main
from querywatch.config import read_settings
from querywatch.service import keeping
from querywatch.service.daemon import Daemon

pytestmark = pytest.mark.servers("mariadb-10.11", "mariadb-local")

_SLICE_SECONDS = 1.0
_PHASE_SECONDS = 8.0
_PATIENCE_SECONDS = 60.0
_CONFIGURED = """
[[integrations]]
name = "opendental"
kind = "opendental"
accounts = ["root"]
[[integrations]]
name = "vendor"
accounts = ["vendor"]
"""


@contextmanager
def _running(config: Path) -> Iterator[Daemon]:
    daemon = Daemon(read_settings(config), config)
    daemon.start()
    try:
        daemon.shorten_slices(_SLICE_SECONDS)
        yield daemon
    finally:
        daemon.stop()


def _find_state(daemon: Daemon) -> str:
    """The state that the daemon exports of its one trial."""
    return "".join(trial.state for snapshot in daemon.find_snapshots() for trial in snapshot.trials)


def _wait_for(daemon: Daemon, is_so: Callable[[str], bool]) -> str:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not is_so(_find_state(daemon)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return _find_state(daemon)


@pytest.fixture
def counting(server: RunningServer) -> Iterator[RunningServer]:
    """A server that counts by account."""
    server.create_account("vendor", f"SELECT ON {PRACTICE}.*")
    server.execute("SET GLOBAL userstat = 1")
    yield server
    server.execute("SET GLOBAL userstat = 0")


def test_the_daemon_notices_both_switches_and_says_the_cause(
    counting: RunningServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """B11: between `trial start` and the verdict nobody tells it anything; the effect comes with its interval."""
    monkeypatch.setattr(keeping, "KEEP_SECONDS", 1.0)
    config = write_config(tmp_path, [replace(counting.watcher(), name="a")], _CONFIGURED)

    def ask(action: str) -> int:
        return main(["trial", action, "vendor", "--config", str(config), "--format", "json"])

    with _running(config) as daemon, asking(counting, "root", WORK, 0.005):
        with asking(counting, "vendor", HURTING, 0.002):
            time.sleep(_PHASE_SECONDS)
            assert ask("start") == 0
            assert _wait_for(daemon, bool) == "waiting"
        assert _wait_for(daemon, lambda state: state == "off") == "off"
        time.sleep(_PHASE_SECONDS)
        with asking(counting, "vendor", HURTING, 0.002):
            assert _wait_for(daemon, lambda state: state not in {"off", "back"}) == "cause"
        capsys.readouterr()
        assert ask("status") == 0
    (answer,) = json.loads(capsys.readouterr().out)
    assert answer["verdict"] == "cause", answer
    assert 1.5 < answer["effect"]["low"] < answer["effect"]["ratio"] < answer["effect"]["high"]
    assert answer["on"]["milliseconds_a_run"] > 2 * answer["off"]["milliseconds_a_run"]
