"""The two verdicts that clear a vendor, or nobody, on a real server: ruled out, and a restart in between."""

import time
from pathlib import Path

import pytest
from server.servers import PRACTICE, RunningServer, start
from server.test_trial import WORK, asking, judge_now, play
from server.watching import OFFICE, VENDOR, keep_watching, watching

from querywatch.model import Integration, Kind
from querywatch.service.trials import SliceBook, keep_trials
from querywatch.store import Store
from querywatch.trial.judgement import Verdict

pytestmark = pytest.mark.servers("mariadb-10.11-ps")

_SLICE_SECONDS = 0.5
_STEADY_PHASE_SECONDS = 8.0
_SLOW_SECONDS = 0.03
_HARMLESS = Integration(name="harmless", kind=Kind.DIRECT_READ, accounts=("harmless",))


def test_an_office_that_stays_slow_rules_the_vendor_out(server: RunningServer, tmp_path: Path) -> None:
    """B10: with the numbers of both windows; the office is as slow without the vendor as with it."""
    server.create_account("harmless", f"SELECT ON {PRACTICE}.*")
    with (
        watching(server, (OFFICE, _HARMLESS)) as watch,
        asking(server, "root", f"SELECT PatNum, SLEEP({_SLOW_SECONDS}) FROM patient LIMIT 1", 0.002),
    ):
        watch.chronicle.slices = SliceBook(_SLICE_SECONDS)
        with asking(server, "harmless", "SELECT LName FROM patient WHERE PatNum = 1", 0.05):
            keep_watching(watch, _STEADY_PHASE_SECONDS)
        started_at = time.time()
        keep_watching(watch, _STEADY_PHASE_SECONDS)
        with asking(server, "harmless", "SELECT LName FROM patient WHERE PatNum = 1", 0.05):
            keep_watching(watch, _STEADY_PHASE_SECONDS)
        judgement = judge_now(tmp_path, watch, "harmless", started_at)
    assert judgement.verdict is Verdict.RULED_OUT, judgement
    assert judgement.state == "back"
    assert judgement.effect is not None
    assert 0.9 < judgement.effect.ratio < judgement.effect.high < 1.1
    for window in (judgement.off, judgement.on):
        assert window is not None
        assert window.milliseconds_a_run == pytest.approx(1_000.0 * _SLOW_SECONDS, rel=0.2)
        assert window.office_statements > 100
        assert window.minutes * 60.0 > 0.6 * _STEADY_PHASE_SECONDS


def test_a_restart_while_the_daemon_is_away_spoils_the_trial(server: RunningServer, tmp_path: Path) -> None:
    """B23: the first daemon saw the vendor go, the second saw it come back; the server was a new one by then."""
    with start(server.choice, lasting=True) as own:
        own.create_account("vendor", f"SELECT ON {PRACTICE}.*")
        with watching(own, (OFFICE, VENDOR)) as watch, asking(own, "root", WORK, 0.005):
            watch.chronicle.slices = SliceBook(_SLICE_SECONDS)
            play(own, watch, "vendor")
            started_at = time.time()
            play(own, watch)
            store = Store.open(tmp_path)
            keep_trials(store, "a", watch.chronicle.slices, time.time())
            store.close()
        assert own.restart is not None
        own.restart()
        with watching(own, (OFFICE, VENDOR)) as watch, asking(own, "root", WORK, 0.005):
            watch.chronicle.slices = SliceBook(_SLICE_SECONDS)
            play(own, watch, "vendor")
            judgement = judge_now(tmp_path, watch, "vendor", started_at)
    assert judgement.verdict is Verdict.NOT_ENOUGH
    assert judgement.reason.startswith("the server restarted in between"), judgement
