"""What happens at night, on real servers: a dump, a server that stops, a clock that is put back."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from server.counted import LOOKUP, create_vendor, work
from server.histories import Clock, Usual, step, teach
from server.servers import PRACTICE, RunningServer, start
from server.watching import (
    OFFICE,
    VENDOR,
    Gate,
    find_findings,
    find_integration,
    keep_watching,
    make_watch,
    repeating,
)

from querywatch.analysis import baselines
from querywatch.analysis.regression import Subject
from querywatch.analysis.situation import Limits
from querywatch.db.endpoint import Endpoint
from querywatch.hours import Calendar, parse_weekly_hours
from querywatch.model import Finding, Integration, Operation, Schedule, Severity
from querywatch.service.watch import Watch
from querywatch.snapshot import Snapshot
from querywatch.sql.reduce import StatementBook

pytestmark = pytest.mark.server

_NEW_YORK = ZoneInfo("America/New_York")
_TWO_AT_NIGHT = datetime(2026, 11, 18, 2, 0, tzinfo=_NEW_YORK).timestamp()
_CALENDAR = Calendar(office_hours=parse_weekly_hours(["mon-fri 07:00-18:00"]), zone=_NEW_YORK)
_LIMITS = Limits(learning_seconds=1.0, rows_per_run=10_000, running_seconds_warning=1.5)
_DUMPED_ROWS = 2**17


def find_others(snapshot: Snapshot) -> list[Finding]:
    """The findings but those of what cannot be seen."""
    return [found.finding for found in snapshot.findings if found.finding.rule != "coverage.blind"]


@pytest.fixture(scope="module")
def practice(server: RunningServer) -> Iterator[RunningServer]:
    """A large table, a vendor, and one that dumps as its own account."""
    server.create_account(
        "vendor", f"SELECT, LOCK TABLES, SHOW VIEW, TRIGGER ON {PRACTICE}.*", "RELOAD ON *.*"
    )
    server.create_account(
        "nightly", f"SELECT, LOCK TABLES, SHOW VIEW, TRIGGER ON {PRACTICE}.*", "RELOAD ON *.*"
    )
    server.execute(
        "CREATE TABLE commlog (CommlogNum BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, Note VARCHAR(200)) ENGINE=MyISAM",
        "INSERT INTO commlog (Note) VALUES (REPEAT('x', 150))",
        *["INSERT INTO commlog (Note) SELECT Note FROM commlog"] * 17,
        database=PRACTICE,
    )
    yield server
    server.execute("DROP TABLE commlog", database=PRACTICE)


def dump(server: RunningServer, account: str) -> None:
    """The server's own program, at the server, as offices schedule it."""
    assert server.run is not None
    server.run(
        f"mysqldump --host=127.0.0.1 --protocol=tcp --user={account} --no-tablespaces {PRACTICE} > /dev/null"
    )


@pytest.mark.servers("mysql-9.7")  # the others' images hold no such program
@pytest.mark.parametrize("account", ["root", "nightly"])
def test_a_dump_at_two_is_held_against_nobody(practice: RunningServer, account: str) -> None:
    """The real program, as root or as an account of its own, with a vendor asleep beside it."""
    snapshot = watch_dumps(practice, account)
    blamed = [each for each in find_others(snapshot) if each.severity is not Severity.INFO]
    assert blamed == [], [(each.rule, each.integration, each.message) for each in blamed]
    assert "vendor" not in {finding.integration for finding in find_others(snapshot)}
    dumped = sum(state.rows_examined or 0.0 for state in snapshot.integrations)
    assert dumped >= _DUMPED_ROWS


@pytest.mark.servers("mysql-9.7")
def test_a_dump_by_a_vendor_is_told(practice: RunningServer) -> None:
    """Whatever program it takes, a vendor that copies the practice has its name said."""
    found = find_others(watch_dumps(practice, "vendor"))
    assert {finding.integration for finding in found} == {"vendor"}
    assert any(finding.rule.startswith("size.") for finding in found)


def watch_dumps(server: RunningServer, account: str) -> Snapshot:
    """Dumps one after the other at two o'clock at night; what is found meanwhile."""
    clock = Clock()
    clock.put_to(_TWO_AT_NIGHT)
    with (
        closing(make_watch(server.watcher(), limits=_LIMITS, clock=clock, calendar=_CALENDAR)) as watch,
        closing(server.client("vendor", database=PRACTICE)),
    ):
        watch.cycle(count=True)
        with repeating(lambda: dump(server, account)):
            keep_watching(watch, 2.5)
        return keep_watching(watch, 0.3)


_NIGHTLY = "SELECT LName, SLEEP(0.05) FROM patient"
_RUNS_A_MINUTE = 3


@pytest.mark.servers("mariadb-10.11-ps")
def test_a_server_that_is_away_for_twenty_minutes(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From two o'clock it is stopped, and comes back with counters at nought: a gap that is told, and nothing else."""
    monkeypatch.setattr(baselines, "_SETTLING_SECONDS", 0.0)
    clock = Clock()
    with start(server.choice, lasting=True) as own:
        create_vendor(own)
        gate = Gate(own.host, own.port)
        endpoint = replace(own.watcher(), host="127.0.0.1", port=gate.port)
        with closing(gate), closing(make_night_watch(endpoint, clock)) as watch:
            clock.put_to(_TWO_AT_NIGHT - 300.0)
            teach(watch, clock, _make_usual())
            watch.cycle(count=True)
            work_on(watch, clock, own, minutes=5)
            before, learnt = watch.snapshot, tuple(watch.baselines.normals.to_rows())
            assert find_others(before) == []
            gate.shut()
            assert own.restart is not None
            own.restart()
            away = [step(watch, clock, 60.0) for _ in range(20)]
            gate.reopen()
            back = step(watch, clock, 60.0)
            assert back.up, back.trouble
            assert tuple(watch.baselines.normals.to_rows()) == learnt
            after = work_on(watch, clock, own, minutes=10)
    for seen in away:
        assert not seen.up
        (blind,) = seen.visible_findings
        assert (blind.finding.rule, blind.finding.subject) == ("coverage.blind", "server")
        assert find_integration(seen, "vendor").statements == find_integration(before, "vendor").statements
    assert find_integration(back, "vendor").statements == find_integration(before, "vendor").statements
    assert find_others(after) == []
    assert find_findings(after, "coverage.blind") == []
    selects = [find_integration(seen, "vendor").statements[Operation.SELECT] for seen in (before, after)]
    assert selects == [5 * _RUNS_A_MINUTE, 15 * _RUNS_A_MINUTE]


def make_night_watch(endpoint: Endpoint, clock: Clock) -> Watch:
    """It counts once a minute of its clock."""
    return make_watch(
        endpoint, limits=_LIMITS, clock=clock, counter_interval_seconds=60.0, calendar=_CALENDAR
    )


def _make_usual() -> Usual:
    fingerprint = StatementBook().from_text(_NIGHTLY).fingerprint
    subject = Subject("vendor", fingerprint, ("patient",))
    return Usual(subject=subject, runs_an_hour=60.0 * _RUNS_A_MINUTE, seconds=0.15, rows=3)


def work_on(watch: Watch, clock: Clock, server: RunningServer, *, minutes: int) -> Snapshot:
    """The vendor's usual work for so long."""
    for _ in range(minutes):
        step(watch, clock, 60.0, lambda: work(server, *[_NIGHTLY] * _RUNS_A_MINUTE))
    return watch.snapshot


_COPIER = replace(VENDOR, schedule=Schedule(allowed_hours=parse_weekly_hours(["01:00-05:00"])))


def watch_at(server: RunningServer, integration: Integration, *moments: datetime) -> list[list[str]]:
    """What is found of the vendor that asks once at each of these moments, each by a watch of its own."""
    found = []
    for moment in moments:
        clock = Clock()
        clock.put_to(moment.timestamp())
        watch = make_watch(server.watcher(), (OFFICE, integration), clock=clock, calendar=_CALENDAR)
        with closing(watch):
            watch.cycle(count=True)
            work(server, LOOKUP)
            watch.cycle(count=True)
            found.append([finding.rule for finding in find_others(watch.snapshot)])
    return found


@pytest.mark.servers("mysql-9.7")
def test_a_nightly_job_that_drifts_into_the_morning(practice: RunningServer) -> None:
    """Each night a little later: it is told once it is past the hours agreed on."""
    nights = [datetime(2026, 11, 17, *at, tzinfo=_NEW_YORK) for at in ((1, 0), (4, 58), (5, 6), (7, 30))]
    assert watch_at(practice, _COPIER, *nights) == [[], [], ["access.kind"], ["access.kind"]]


@pytest.mark.servers("mysql-9.7")
def test_the_night_that_the_clock_is_put_back(practice: RunningServer) -> None:
    """The hour from one to two comes twice and belongs to the night both times; so does no hour after five."""
    night = [
        datetime(2026, 11, 1, hour, 30, tzinfo=UTC) for hour in (4, 5, 6, 9, 10)
    ]  # 00:30 and 01:30 in summer's time, 01:30, 04:30 and 05:30 in winter's
    found = watch_at(practice, _COPIER, *night)
    assert found == [["access.kind"], [], [], [], ["access.kind"]]
