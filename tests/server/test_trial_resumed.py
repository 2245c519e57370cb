"""A trial on a real server whose daemon ends in the middle: a new one goes on, and history can be judged."""

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from server.daemons import write_config
from server.servers import PRACTICE, RunningServer
from server.test_trial import WORK, asking, play
from server.watching import OFFICE, VENDOR, watching

from querywatch.cli import main
from querywatch.service.trials import RUNNING, SliceBook, judge_trials, keep_trials
from querywatch.service.watch import Watch
from querywatch.store import Store
from querywatch.store.slices import load_slices
from querywatch.store.trials import TrialRecord, load_trials, save_trial

pytestmark = pytest.mark.servers("mariadb-10.11", "mariadb-local")

_SLICE_SECONDS = 0.5
_CONFIGURED = f"""
[[integrations]]
name = "opendental"
kind = "opendental"
accounts = ["root"]
[[integrations]]
name = "{VENDOR.name}"
accounts = ["vendor"]
"""


@contextmanager
def _living(server: RunningServer, directory: Path, *, killed: bool = False) -> Iterator[Watch]:
    """One life of a watch: what it noted is kept at its end, unless it is killed in the middle of it."""
    with watching(server, (OFFICE, VENDOR)) as watch:
        watch.chronicle.slices = SliceBook(_SLICE_SECONDS)
        yield watch
        if not killed:
            with closing(Store.open(directory)) as store:
                keep_trials(store, "a", watch.chronicle.slices, time.time())


def _start_trial(directory: Path) -> float:
    now = time.time()
    with closing(Store.open(directory)) as store, store.writing() as connection:
        trial = TrialRecord(integration=VENDOR.name, question="office", started_at=now, state=RUNNING)
        save_trial(connection, "a", trial, now)
    return now


@pytest.mark.parametrize("killed", [False, True], ids=["stopped", "killed"])
def test_a_trial_outlives_the_daemon(
    server: RunningServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], *, killed: bool
) -> None:
    """Off is seen by two daemons with a gap between them; the gap is no silence, and the verdict is the cause."""
    state = tmp_path / "state"
    server.create_account("vendor", f"SELECT ON {PRACTICE}.*")
    server.execute("SET GLOBAL userstat = 1")
    with asking(server, "root", WORK, 0.005):
        with _living(server, state) as watch:
            play(server, watch, "vendor")
        started_at = _start_trial(state)
        with _living(server, state) as watch:
            play(server, watch)
        with _living(server, state, killed=killed) as watch:
            play(server, watch)
        gone_at = time.time()
        time.sleep(2 * _SLICE_SECONDS)
        back_at = time.time()
        with _living(server, state) as watch:
            play(server, watch)
        on_at = time.time()
        with _living(server, state) as watch:
            play(server, watch, "vendor")
    server.execute("SET GLOBAL userstat = 0")
    with closing(Store.open(state)) as store, store.writing() as connection:
        slices = load_slices(connection, "a", 0.0, time.time())
        judge_trials(connection, "a", time.time())
        (trial,) = load_trials(connection, "a")
    assert not [each for each in slices if gone_at < each.started_at < back_at - _SLICE_SECONDS]
    assert trial.verdict.startswith("cause: "), trial
    assert trial.started_at == started_at
    # The same silence, judged afterwards by who names its time.
    config = write_config(tmp_path, [replace(server.watcher(), name="a")], _CONFIGURED)
    answer = judge(config, capsys, started_at + 1.5, on_at - 1.5)
    assert answer["verdict"] == "cause", answer
    while_on = judge(config, capsys, on_at + 1.0, on_at + 4.0)
    assert "was not really off" in while_on["reason"]


def judge(config: Path, capsys: pytest.CaptureFixture[str], from_at: float, to_at: float) -> dict[str, Any]:
    """What the command says of a silence that is over."""
    capsys.readouterr()
    times = [datetime.fromtimestamp(at, UTC).isoformat() for at in (from_at, to_at)]
    command = ["trial", "judge", VENDOR.name, "--from", times[0], "--to", times[1], "--config", str(config)]
    assert main([*command, "--server", "a", "--format", "json"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    return dict(answer)
