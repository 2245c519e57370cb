"""What can be seen of work on real servers, and whose it is said to be when the sight changes."""

from contextlib import closing
from dataclasses import replace

import pytest
from server.counted import LOOKUP, count_selects, create_vendor, find_runs, work
from server.histories import Clock, step
from server.servers import PRACTICE, RunningServer
from server.watching import (
    OFFICE,
    VENDOR,
    find_findings,
    find_integration,
    keep_watching,
    make_watch,
    repeating,
    watch_until,
)

from querywatch.analysis.situation import Limits
from querywatch.model import Finding, Severity
from querywatch.snapshot import Snapshot

pytestmark = pytest.mark.server

_TRUNCATE = "TRUNCATE performance_schema.events_statements_summary_by_digest"
_RUNS = (14, 12, 10, 8, 6)  # fewer each time: by the server's whole seconds it is all the same moment
_WITHOUT_DATABASE = f"SELECT LName FROM {PRACTICE}.patient WHERE PatNum = 1"


def find_others(snapshot: Snapshot) -> list[Finding]:
    """The findings but those of what cannot be seen."""
    return [found.finding for found in snapshot.findings if found.finding.rule != "coverage.blind"]


@pytest.fixture
def vendor(server: RunningServer) -> RunningServer:
    """The server with a vendor's account."""
    create_vendor(server)
    return server


@pytest.mark.servers("mysql-5.6", "mysql-9.7", "mariadb-10.11-ps", "mariadb-local-ps")
def test_a_digest_table_that_is_emptied_each_minute_is_no_spike_and_no_blindness(
    vendor: RunningServer,
) -> None:
    """Somebody's tool truncates it, and half of the work is of a client without a database: all of it counts once."""
    clock, limits = Clock(), Limits(learning_seconds=60.0, statements_per_minute=50, repeat_per_minute=50)
    with closing(
        make_watch(vendor.watcher(), limits=limits, clock=clock, counter_interval_seconds=60.0)
    ) as watch:
        watch.cycle(count=True)
        for runs in _RUNS:
            work(vendor, *[LOOKUP] * runs)
            work(vendor, *[_WITHOUT_DATABASE] * runs, database=None)
            snapshot = step(watch, clock, 60.0)
            vendor.execute(_TRUNCATE)
            assert find_others(snapshot) == []
            assert find_findings(snapshot, "coverage.blind") == []
        assert count_selects(watch) == 2 * sum(_RUNS)
        counted = find_runs(watch, LOOKUP) + find_runs(watch, _WITHOUT_DATABASE)
        assert counted == pytest.approx(
            2 * sum(_RUNS), rel=0.1
        )  # a share may stay with nobody where no poll met it


_STAFF_REPORT = "SELECT LName, SLEEP(0.2) FROM patient"


@pytest.mark.servers("mysql-9.7", "mariadb-10.11-ps")  # the others' images hold no client
def test_a_report_by_the_staff_through_the_vendors_login_is_not_the_vendors(vendor: RunningServer) -> None:
    """The vendor's software sits on its own machine; who borrows its login at the server is told apart by that."""
    run = vendor.run
    assert run is not None
    with closing(vendor.client("vendor")) as client, client.cursor() as cursor:
        cursor.execute(
            "SELECT SUBSTRING_INDEX(HOST, ':', 1) FROM information_schema.PROCESSLIST WHERE ID = CONNECTION_ID()"
        )
        ((host,),) = cursor.fetchall()
    command = f'mysql --protocol=tcp --host=127.0.0.1 --user=vendor {PRACTICE} --execute="{_STAFF_REPORT}"'
    limits = Limits(learning_seconds=1.0, running_seconds_warning=0.5)
    at_home = replace(VENDOR, hosts=(str(host),))
    with (
        closing(make_watch(vendor.watcher(), (OFFICE, at_home), limits=limits)) as watch,
        closing(vendor.client("vendor", database=PRACTICE)),
    ):
        watch.cycle(count=True)
        with repeating(lambda: run(command) and None):
            snapshot = watch_until(watch, lambda seen: bool(find_findings(seen, "access.unknown")))
            snapshot = keep_watching(watch, 1.5)
    assert {finding.integration for finding in find_others(snapshot)} == {"unknown"}
    (stranger,) = find_findings(snapshot, "access.unknown")
    assert (stranger.subject, stranger.severity) == ("vendor@127.0.0.1", Severity.WARNING)
    assert "which others use too" in stranger.message
    assert "close the account" not in stranger.advice
    assert find_integration(snapshot, "vendor").active == 0
