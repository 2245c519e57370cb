"""What an office or a vendor changes from one day to the next, on real servers: the right one is named, or nobody."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import pymysql
import pytest
from server.counted import LOOKUP, count_selects, create_vendor, work
from server.histories import Clock, Usual, step, teach
from server.servers import PRACTICE, RunningServer, find_choice, start
from server.watching import (
    OFFICE,
    VENDOR,
    Gate,
    find_findings,
    keep_watching,
    make_watch,
    repeating,
    watch_until,
    watching,
)

from querywatch.analysis import baselines
from querywatch.analysis.regression import Subject
from querywatch.analysis.situation import Limits
from querywatch.model import Finding, Severity
from querywatch.snapshot import Snapshot
from querywatch.sql.reduce import StatementBook

pytestmark = pytest.mark.server


def find_others(snapshot: Snapshot) -> list[Finding]:
    """The findings but those of what cannot be seen."""
    return [found.finding for found in snapshot.findings if found.finding.rule != "coverage.blind"]


@contextmanager
def asleep(server: RunningServer, account: str, sessions: int) -> Iterator[None]:
    """So many sessions that do nothing."""
    clients = [server.client(account) for _ in range(sessions)]
    try:
        yield
    finally:
        for client in clients:
            client.close()


@contextmanager
def roomy(server: RunningServer) -> Iterator[None]:
    """With room for as many connections as Open Dental's maker sets servers up for."""
    (before,) = server.execute("SELECT @@GLOBAL.max_connections")[0]
    server.execute("SET GLOBAL max_connections = 3000")
    try:
        yield
    finally:
        server.execute(f"SET GLOBAL max_connections = {before}")


@pytest.mark.servers("mariadb-10.11-ps", "mariadb-local-ps")
def test_sixty_sleeping_connections_become_four_hundred(server: RunningServer) -> None:
    """The vendor's are a warning; of the office's own, of which there are just as many more, there is a note."""
    create_vendor(server)
    clock, limits = Clock(), Limits(leak_learning_seconds=600.0)
    with (
        roomy(server),
        closing(make_watch(server.watcher(), limits=limits, clock=clock)) as watch,
        asleep(server, "vendor", 60),
        asleep(server, "root", 30),
    ):
        for _ in range(15):
            snapshot = step(watch, clock, 60.0)
        assert find_findings(snapshot, "connection.leak") == []
        with asleep(server, "vendor", 340), asleep(server, "root", 200):
            snapshot = step(watch, clock, 60.0)
    found = {finding.integration: finding for finding in find_findings(snapshot, "connection.leak")}
    assert found.keys() == {"vendor", "opendental"}
    leak = found["vendor"]
    assert (leak.severity, leak.subject, leak.measured, leak.limit) == (
        Severity.WARNING,
        "vendor",
        400.0,
        180.0,
    )
    assert found["opendental"].severity is Severity.INFO


_REPORT = (
    "SELECT a.AptNum, COUNT(*) FROM appointment a JOIN appointment b "
    "ON SHA2(CONCAT(a.AptNum, b.AptNum), 256) LIKE 'ff%' GROUP BY a.AptNum"
)


@pytest.mark.servers("mysql-9.7", "mariadb-10.11-ps", "mariadb-local-ps")
def test_a_report_that_takes_long_is_the_offices_own(server: RunningServer) -> None:
    """It reads and computes far more than any limit allows: a note for the office, and more for a vendor."""
    create_vendor(server)
    server.execute(
        "CREATE TABLE appointment (AptNum BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY) ENGINE=MyISAM",
        "INSERT INTO appointment VALUES (NULL)",
        *["INSERT INTO appointment SELECT NULL FROM appointment"] * 11,
        database=PRACTICE,
    )
    limits = Limits(learning_seconds=1.0, running_seconds_warning=0.5, running_seconds_critical=1.0)

    def report() -> None:
        server.execute(_REPORT, database=PRACTICE)

    def is_told(seen: Snapshot) -> bool:
        return bool(find_findings(seen, "running.long"))

    with watching(server, limits=limits) as watch, repeating(report):
        snapshot = watch_until(watch, is_told)
    assert {(found.rule, found.integration, found.severity) for found in find_others(snapshot)} == {
        ("running.long", "opendental", Severity.INFO)
    }
    with watching(server, limits=limits) as watch, repeating(lambda: work(server, _REPORT)):
        snapshot = watch_until(watch, lambda seen: len(find_others(seen)) > 1)
    (finding,) = find_findings(snapshot, "running.long")
    assert (finding.integration, finding.severity) in {
        ("vendor", Severity.WARNING),
        ("vendor", Severity.CRITICAL),
    }


_SHARED = "SELECT PatNum, LName, SLEEP(0.02) FROM patient"
_TEXTER = replace(VENDOR, name="texter", programs=("texter*",))
_RECALLER = replace(VENDOR, name="recaller", programs=("recaller*",))


@pytest.mark.servers("mysql-9.7", "mariadb-10.11-ps", "mariadb-local-ps")
def test_of_two_vendors_on_one_account_the_one_that_changed_is_named(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both ask the same question by the same account, told apart by their programs; one now asks all the time."""
    monkeypatch.setattr(baselines, "_SETTLING_SECONDS", 0.0)
    create_vendor(server)
    clock, fingerprint = Clock(), StatementBook().from_text(_SHARED).fingerprint
    usual = [
        Usual(subject=Subject(name, fingerprint, ("patient",)), runs_an_hour=60.0, seconds=0.06, rows=3)
        for name in ("texter", "recaller")
    ]
    with (
        closing(
            make_watch(
                server.watcher(), (OFFICE, _TEXTER, _RECALLER), clock=clock, counter_interval_seconds=60.0
            )
        ) as watch,
        closing(server.client("vendor", database=PRACTICE, program_name="texter.exe")) as texter,
        closing(server.client("vendor", database=PRACTICE, program_name="recaller.exe")) as recaller,
    ):

        def ask(client: "pymysql.connections.Connection[Any]", times: int) -> None:
            with client.cursor() as cursor:
                for _ in range(times):
                    cursor.execute(_SHARED)

        teach(watch, clock, *usual)
        watch.cycle(count=True)
        for _ in range(3):
            snapshot = step(watch, clock, 60.0, lambda: ask(texter, 1), lambda: ask(recaller, 1))
        assert find_others(snapshot) == []
        for _ in range(10):
            snapshot = step(watch, clock, 60.0, lambda: ask(texter, 10), lambda: ask(recaller, 1))
            if find_findings(snapshot, "regression.busier"):
                break
    found = find_findings(snapshot, "regression.busier")
    assert [finding.integration for finding in found] == ["texter"]
    assert found[0].measured == pytest.approx(10.0, rel=0.4)


def test_an_office_restored_on_a_newer_server_is_no_spike() -> None:
    """The same name and address; another version, longer up and with more behind it: told, and counted from there."""
    with (
        start(find_choice("mariadb-10.11-ps")) as newer,
        start(find_choice("mariadb-10.5-ps")) as older,
        closing(Gate(older.host, older.port)) as gate,
    ):
        for each in (older, newer):
            create_vendor(each)
        work(newer, *[LOOKUP] * 900)
        endpoint = replace(older.watcher(), host="127.0.0.1", port=gate.port)
        limits = Limits(learning_seconds=1.0)
        with closing(make_watch(endpoint, limits=limits)) as watch:
            watch.cycle(count=True)
            work(older, *[LOOKUP] * 5)
            assert count_selects(watch) == 5
            gate.shut()
            watch.cycle(count=True)
            gate.turn_to(newer.host, newer.port)
            gate.reopen()
            watch_until(watch, lambda seen: seen.up)
            assert count_selects(watch) == 5
            work(newer, *[LOOKUP] * 7)
            assert count_selects(watch) == 12
            snapshot = keep_watching(watch, 1.2)
            changes = [change.words for change in watch.chronicle.find_changes(time.time())]
    assert snapshot.info is not None
    assert snapshot.info.version[:2] == (10, 11)
    assert find_others(snapshot) == []
    assert any(" went from " in words for words in changes), changes
