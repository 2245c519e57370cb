"""What nobody planned happens in the middle of a trial: the vendor's service starts by itself, or the office closes."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from server.servers import PRACTICE, RunningServer
from server.test_trial import WORK, asking, judge_now, play
from server.watching import OFFICE, VENDOR, keep_watching, watching

from querywatch.service.trials import SliceBook
from querywatch.trial.judgement import Verdict

pytestmark = pytest.mark.servers("mariadb-10.11-ps", "mariadb-local")

_SLICE_SECONDS = 0.5
_BLIP_SECONDS = 1.5


@pytest.fixture
def office(server: RunningServer) -> Iterator[RunningServer]:
    """A MariaDB server that counts by account, whose vendor has an account of its own."""
    server.create_account("vendor", f"SELECT ON {PRACTICE}.*")
    server.execute("SET GLOBAL userstat = 1")
    yield server
    server.execute("SET GLOBAL userstat = 0")


def test_a_service_that_starts_by_itself_is_not_taken_for_off(office: RunningServer, tmp_path: Path) -> None:
    """The vendor's watchdog brings it back for a moment: that moment counts as on, the silences around it as off."""
    with watching(office, (OFFICE, VENDOR)) as watch, asking(office, "root", WORK, 0.005):
        watch.chronicle.slices = SliceBook(_SLICE_SECONDS)
        play(office, watch, "vendor")
        started_at = time.time()
        play(office, watch)
        blip_at = time.time()
        with asking(office, "vendor", "SELECT 1", 0.05):
            keep_watching(watch, _BLIP_SECONDS)
        blip_seconds = time.time() - blip_at
        play(office, watch)
        still_off = judge_now(tmp_path, watch, "vendor", started_at)
        off_seconds = time.time() - started_at
        play(office, watch, "vendor")
        judgement = judge_now(tmp_path, watch, "vendor", started_at)
    assert still_off.state == "off", still_off
    assert still_off.verdict is Verdict.NOT_ENOUGH
    assert judgement.verdict is Verdict.CAUSE, judgement
    assert judgement.off is not None
    assert 60.0 * judgement.off.minutes <= off_seconds - blip_seconds + 2 * _SLICE_SECONDS


def test_an_office_that_closes_meanwhile_proves_nothing(office: RunningServer, tmp_path: Path) -> None:
    """Nobody works while the vendor is off: too few statements to compare, and it says how few."""
    with watching(office, (OFFICE, VENDOR)) as watch:
        watch.chronicle.slices = SliceBook(_SLICE_SECONDS)
        with asking(office, "root", WORK, 0.005):
            play(office, watch, "vendor")
        started_at = time.time()
        play(office, watch)
        with asking(office, "root", WORK, 0.005):
            play(office, watch, "vendor")
        judgement = judge_now(tmp_path, watch, "vendor", started_at)
    assert judgement.verdict is Verdict.NOT_ENOUGH
    assert judgement.reason.startswith("too few of the office's statements with it off"), judgement
    assert judgement.off is not None
    assert judgement.off.office_statements < 200
