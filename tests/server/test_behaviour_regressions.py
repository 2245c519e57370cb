"""What worked for eight weeks and then does not: found on real servers within minutes, with its cause."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from server.counted import create_vendor, find_runs, work
from server.histories import Clock, Usual, step, teach
from server.servers import PRACTICE, RunningServer
from server.watching import find_findings, make_watch

from querywatch.analysis import baselines
from querywatch.analysis.regression import Subject
from querywatch.analysis.situation import Limits
from querywatch.model import Evidence, Finding, Severity
from querywatch.service.watch import Watch
from querywatch.snapshot import Snapshot
from querywatch.sql.reduce import StatementBook

pytestmark = [
    pytest.mark.server,
    pytest.mark.servers("mysql-9.7", "mariadb-10.11-ps", "mariadb-local-ps"),
]

_ROWS_OF_ONE = 8
_STEP_SECONDS = 60.0
_SCHEMA_SECONDS = 600.0
_RUNS_A_STEP = 12
_BY_PATIENT = "SELECT COUNT(*) FROM recall WHERE PatNum = 5 AND Note IS NULL"
# The server's own pauses make a run as long as its rows say, however busy the machine is.
_PAUSE_SECONDS = 0.01
_WHOLE = f"SELECT RecallNum, SLEEP({_PAUSE_SECONDS}) FROM recall"
_POLL = "SELECT RecallNum FROM recall WHERE Note IS NULL AND DateTStamp > '2026-11-22 08:00:00'"
_LIMITS = Limits(learning_seconds=60.0)


@pytest.fixture(autouse=True)
def _settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its own clock, which no test puts forward, the server has only just started; its disk is warm all the same."""
    monkeypatch.setattr(baselines, "_SETTLING_SECONDS", 0.0)


@pytest.fixture
def practice(server: RunningServer) -> Iterator[RunningServer]:
    """A vendor, and a table that it reads, with one row."""
    create_vendor(server)
    server.execute(
        "CREATE TABLE recall (RecallNum BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, PatNum BIGINT NOT NULL, "
        "DateTStamp DATETIME, Note VARCHAR(20), KEY indexPatNum (PatNum)) ENGINE=MyISAM",
        "INSERT INTO recall (PatNum, DateTStamp) VALUES (1, NOW())",
        database=PRACTICE,
    )
    yield server
    server.execute("DROP TABLE recall", database=PRACTICE)


def double(server: RunningServer, times: int) -> None:
    """Twice as many rows, again and again."""
    server.execute(
        *["INSERT INTO recall (PatNum, DateTStamp) SELECT 1, NOW() FROM recall"] * times,
        f"UPDATE recall SET PatNum = RecallNum DIV {_ROWS_OF_ONE}",
        database=PRACTICE,
    )


def make_patient_watch(server: RunningServer, clock: Clock) -> Watch:
    """It counts once a minute of its clock, and reads the tables every ten."""
    return make_watch(
        server.watcher(),
        limits=_LIMITS,
        counter_interval_seconds=_STEP_SECONDS,
        schema_interval_seconds=_SCHEMA_SECONDS,
        clock=clock,
    )


def make_usual(statement: str, *, runs_an_hour: float, seconds: float, rows: float) -> Usual:
    fingerprint = StatementBook().from_text(statement).fingerprint
    subject = Subject("vendor", fingerprint, ("recall",))
    return Usual(subject=subject, runs_an_hour=runs_an_hour, seconds=seconds, rows=rows)


def run_until_found(watch: Watch, clock: Clock, run: Callable[[], None], rule: str) -> Finding:
    """The vendor runs it each minute, for ten at the most; the finding as soon as it is there."""
    for _ in range(10):
        step(watch, clock, _STEP_SECONDS, run)
        if found := find_findings(watch.snapshot, rule):
            return found[0]
    raise AssertionError([found.finding.rule for found in watch.snapshot.findings])


def run_ten_minutes(watch: Watch, clock: Clock, run: Callable[[], None]) -> Snapshot:
    """So long that the tables were read anew since."""
    for _ in range(5):
        step(watch, clock, 2 * _STEP_SECONDS, run)
    return watch.snapshot


def test_an_index_that_goes_is_the_cause(practice: RunningServer) -> None:
    """A look-up by an index, twelve a minute for eight weeks; then the index is dropped."""
    double(practice, 18)  # or a quick machine reads it in less time than matters
    clock = Clock()
    usual = make_usual(_BY_PATIENT, runs_an_hour=60.0 * _RUNS_A_STEP, seconds=0.001, rows=_ROWS_OF_ONE)

    def run() -> None:
        work(practice, *[_BY_PATIENT] * _RUNS_A_STEP)

    with closing(make_patient_watch(practice, clock)) as watch:
        teach(watch, clock, usual)
        watch.cycle(count=True)
        for _ in range(5):
            snapshot = step(watch, clock, _STEP_SECONDS, run)
        runs = find_runs(watch, _BY_PATIENT)
        assert 0.9 <= runs / (5 * _RUNS_A_STEP) <= 1.0  # a share may stay with nobody until a poll has met it
        assert find_findings(snapshot, "regression.slower") == []
        practice.execute("ALTER TABLE recall DROP INDEX indexPatNum", database=PRACTICE)
        run_until_found(watch, clock, run, "regression.slower")
        snapshot = run_ten_minutes(watch, clock, run)
    (finding,) = find_findings(snapshot, "regression.slower")
    assert (finding.integration, finding.subject, finding.evidence) == ("vendor", "recall", Evidence.COUNTED)
    assert finding.limit == pytest.approx(0.001, rel=0.2)
    assert (finding.measured or 0.0) > 0.005
    assert re.search(r"The plan changed; a run reads \d+,\d+ rows instead of \d{1,2}; ", finding.message)
    assert "; the index indexPatNum (patnum) of recall was dropped." in finding.message


@pytest.mark.servers("mysql-5.6", "mariadb-10.11-ps", "mariadb-local-ps")
def test_a_table_that_grows_is_the_cause(practice: RunningServer) -> None:
    """A table read whole once a minute for eight weeks; then it has eight times the rows."""
    double(practice, 3)
    clock = Clock()
    usual = make_usual(_WHOLE, runs_an_hour=60.0, seconds=8 * _PAUSE_SECONDS, rows=8)

    def run() -> None:
        work(practice, _WHOLE)

    with closing(make_patient_watch(practice, clock)) as watch:
        teach(watch, clock, usual)
        watch.cycle(count=True)
        for _ in range(5):
            snapshot = step(watch, clock, _STEP_SECONDS, run)
        assert find_findings(snapshot, "regression.slower") == []
        double(practice, 3)
        run_until_found(watch, clock, run, "regression.slower")
        snapshot = run_ten_minutes(watch, clock, run)
    (finding,) = find_findings(snapshot, "regression.slower")
    assert (finding.integration, finding.subject, finding.evidence) == ("vendor", "recall", Evidence.COUNTED)
    assert (finding.severity, finding.limit) == (
        Severity.WARNING,
        pytest.approx(8 * _PAUSE_SECONDS, rel=0.1),
    )
    assert (finding.measured or 0.0) > 32 * _PAUSE_SECONDS
    assert "Its data grew: recall has 6" in finding.message
    assert "altered" not in finding.message


def test_an_update_that_asks_every_twenty_seconds(practice: RunningServer) -> None:
    """A costly question each quarter of an hour for eight weeks, and then every twenty seconds."""
    double(practice, 16)
    clock = Clock()
    usual = make_usual(_POLL, runs_an_hour=4.0, seconds=0.02, rows=65_536)

    def run() -> None:
        work(practice, _POLL)

    with closing(make_patient_watch(practice, clock)) as watch:
        teach(watch, clock, usual)
        watch.cycle(count=True)
        assert find_findings(watch.snapshot, "regression.busier") == []
        for _ in range(30):
            snapshot = step(watch, clock, 20.0, run)
            polls = find_findings(snapshot, "frequency.poll")
            told = any("it came every" in each.message for each in polls)
            if told and find_findings(snapshot, "regression.busier"):
                break
    (busier,) = find_findings(snapshot, "regression.busier")
    (poll,) = find_findings(snapshot, "frequency.poll")
    assert (busier.integration, busier.fingerprint) == ("vendor", poll.fingerprint)
    assert "where every 15 min is the most that is usual at this hour" in busier.message
    assert busier.limit == pytest.approx(1 / 15, rel=0.01)
    assert busier.measured == pytest.approx(3.0, rel=0.25)
    assert re.search(r"every (19|2\d)(\.\d)? s, ", poll.message), poll.message
    assert "it came every 15 min" in poll.message
    assert poll.measured == pytest.approx(3.0, rel=0.15)
