"""Trials on real servers: vendors that are switched off and on again while the office works."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from server.servers import PRACTICE, RunningServer
from server.watching import OFFICE, VENDOR, keep_watching, watching

from querywatch.model import Integration, Kind
from querywatch.service.trials import RUNNING, SliceBook, judge_trial, keep_trials
from querywatch.service.watch import Watch
from querywatch.store import Store
from querywatch.store.trials import TrialRecord
from querywatch.trial.judgement import Judgement, Verdict

_SLICE_SECONDS = 0.5
_PHASE_SECONDS = 4.5
_INNOCENT = Integration(name="innocent", kind=Kind.DIRECT_READ, accounts=("innocent",))
# The office waits for the lock that the vendor holds most of the time.
HURTING = "SELECT GET_LOCK('trial', 5), SLEEP(0.02), RELEASE_LOCK('trial')"
WORK = "SELECT GET_LOCK('trial', 5), RELEASE_LOCK('trial')"


@contextmanager
def asking(server: RunningServer, account: str, statement: str, pause_seconds: float) -> Iterator[None]:
    """Somebody who asks the same again and again while the block runs, and then is gone."""
    over = threading.Event()

    def ask() -> None:
        with closing(server.client(account, database=PRACTICE)) as client, client.cursor() as cursor:
            while not over.wait(pause_seconds):
                cursor.execute(statement)
                cursor.fetchall()

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def play(server: RunningServer, watch: Watch, *present: str) -> None:
    with closing_all(server, present):
        keep_watching(watch, _PHASE_SECONDS)


@contextmanager
def closing_all(server: RunningServer, present: tuple[str, ...]) -> Iterator[None]:
    """Those vendors, at work."""
    if not present:
        yield
        return
    statement, pause = (HURTING, 0.002) if present[0] == "vendor" else ("SELECT 1", 0.05)
    with asking(server, present[0], statement, pause), closing_all(server, present[1:]):
        yield


def judge_now(directory: Path, watch: Watch, name: str, started_at: float) -> Judgement:
    """What the slices say that were kept in that directory, and the watch's own."""
    now = time.time()
    store = Store.open(directory)
    try:
        keep_trials(store, "a", watch.chronicle.slices, now)
        trial = TrialRecord(integration=name, question="office", started_at=started_at, state=RUNNING)
        with store.reading() as connection:
            return judge_trial(connection, "a", trial, now)
    finally:
        store.close()


@pytest.mark.servers("mariadb-10.11-ps", "mariadb-10.11", "mysql-5.6", "mariadb-local")
def test_a_trial_tells_the_cause_from_the_innocent(server: RunningServer, tmp_path: Path) -> None:
    """B11, B10 and B23: who slows the office is the cause; who does not, or was not off, is none."""
    for account in ("vendor", "innocent"):
        server.create_account(account, f"SELECT ON {PRACTICE}.*")
    if server.flavour == "mariadb":
        server.execute("SET GLOBAL userstat = 1")
    with (
        watching(server, (OFFICE, VENDOR, _INNOCENT)) as watch,
        asking(server, "root", WORK, 0.005),
    ):
        watch.chronicle.slices = SliceBook(_SLICE_SECONDS)
        play(server, watch, "vendor", "innocent")
        started_at = time.time()
        play(server, watch, "innocent")
        play(server, watch, "vendor", "innocent")
        cause = judge_now(tmp_path / "first", watch, "vendor", started_at)
        never_off = judge_now(tmp_path / "first", watch, "innocent", started_at)
        watch.chronicle.slices = SliceBook(_SLICE_SECONDS)
        play(server, watch, "innocent")
        started_at = time.time()
        play(server, watch)
        play(server, watch, "innocent")
        innocent = judge_now(tmp_path / "second", watch, "innocent", started_at)
    if server.flavour == "mariadb":
        server.execute("SET GLOBAL userstat = 0")
    assert cause.verdict is Verdict.CAUSE, cause
    assert cause.effect is not None
    assert never_off.verdict is Verdict.NOT_ENOUGH
    assert "not really off" in never_off.reason
    assert innocent.off is not None
    assert innocent.on is not None
    assert innocent.effect is not None, innocent
    # Windows of seconds: what else the machine does may slow one of them. The vendor's lock is another matter.
    assert innocent.effect.low < 1.5 < cause.effect.low
