"""One server's watch, from the server to the snapshot, on every server."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace

import pymysql
import pytest
from server.servers import PRACTICE, RunningServer
from server.watching import (
    OFFICE,
    VENDOR,
    Gate,
    find_findings,
    find_integration,
    make_watch,
    watch_until,
    watching,
)

from querywatch.model import Evidence, Integration, Kind, Operation, Severity


@pytest.fixture
def vendor(server: RunningServer) -> Iterator[RunningServer]:
    """The server with an account for the vendor, which may read and (wrongly) update."""
    server.create_account("vendor", f"SELECT ON {PRACTICE}.*", f"UPDATE, INSERT ON {PRACTICE}.patient")
    if server.flavour == "mariadb":
        server.execute("SET GLOBAL userstat = 1")
    yield server
    if server.flavour == "mariadb":
        server.execute("SET GLOBAL userstat = 0")


def work(server: RunningServer, *statements: str) -> None:
    with closing(server.client("vendor", database=PRACTICE)) as client, client.cursor() as cursor:
        for statement in statements:
            # Some are to be refused; whether one was is told by the counts.
            with suppress(pymysql.err.OperationalError):
                cursor.execute(statement)
    server.await_end(client.thread_id())


def test_statements_and_writes_are_counted_exactly(vendor: RunningServer) -> None:
    """Every statement of the vendor, however short, and each write told done from refused."""
    with watching(vendor) as watch:
        work(
            vendor,
            *["SELECT LName FROM patient WHERE PatNum = 1"] * 7,
            *["UPDATE patient SET LName = CONCAT(LName, 'x') WHERE PatNum = 2"] * 3,
            "UPDATE ProcedureLog SET ProcFee = 1",
        )
        watch.cycle(count=True)
        state = find_integration(watch.snapshot, "vendor")
    assert state.evidence["statements"] is Evidence.COUNTED
    assert state.statements[Operation.SELECT] == 7
    assert state.statements[Operation.UPDATE] == 4
    assert (state.writes[Operation.UPDATE].done, state.writes[Operation.UPDATE].refused) == (3, 1)


def test_a_write_by_a_reader_is_critical_at_once(vendor: RunningServer) -> None:
    with watching(vendor) as watch:
        work(vendor, "UPDATE patient SET LName = LName WHERE PatNum = 2")
        watch.cycle(count=True)
        (finding,) = find_findings(watch.snapshot, "write.forbidden")
    assert (finding.severity, finding.integration, finding.evidence) == (
        Severity.CRITICAL,
        "vendor",
        Evidence.COUNTED,
    )


def test_the_offices_writes_are_in_order(vendor: RunningServer) -> None:
    with watching(vendor) as watch:
        with closing(vendor.root(database=PRACTICE)) as office:
            office.query("UPDATE patient SET LName = LName WHERE PatNum = 1")
        vendor.await_end(office.thread_id())
        watch.cycle(count=True)
        assert find_integration(watch.snapshot, "opendental").writes_done >= 1
        assert find_findings(watch.snapshot, "write.forbidden") == []


def test_querywatch_leaves_itself_out(vendor: RunningServer) -> None:
    """Its own account is in no number, no session and no finding."""
    with watching(vendor) as watch:
        for _ in range(5):
            watch.cycle(count=True)
        snapshot = watch.snapshot
    assert {state.integration.name for state in snapshot.integrations} <= {"opendental", "vendor", "unknown"}
    unknown = [state for state in snapshot.integrations if state.integration.name == "unknown"]
    assert sum(state.statements_total for state in unknown) == 0
    assert not any(
        "watcher" in (finding.finding.subject + finding.finding.message) for finding in snapshot.findings
    )
    assert snapshot.observer_seconds > 0


def test_an_account_nobody_claims_is_named_and_never_guessed(vendor: RunningServer) -> None:
    vendor.create_account("stranger", f"SELECT ON {PRACTICE}.*")
    with watching(vendor) as watch, closing(vendor.client("stranger", database=PRACTICE)):
        watch.cycle(count=True)
        found = find_findings(watch.snapshot, "access.unknown")
    assert [finding.integration for finding in found] == ["unknown"]
    assert "stranger" in found[0].message


def test_it_works_without_any_integration(vendor: RunningServer) -> None:
    with watching(vendor, ()) as watch:
        work(vendor, "SELECT LName FROM patient WHERE PatNum = 1")
        watch.cycle(count=True)
        assert find_integration(watch.snapshot, "unknown").statements_total >= 1
        assert find_findings(watch.snapshot, "access.unknown") == []


def test_a_program_link_with_a_connection_is_found(vendor: RunningServer) -> None:
    link = replace(VENDOR, kind=Kind.PROGRAM_LINK)
    with watching(vendor, (OFFICE, link)) as watch, closing(vendor.client("vendor", database=PRACTICE)):
        watch.cycle(count=True)
        assert [finding.integration for finding in find_findings(watch.snapshot, "access.kind")] == ["vendor"]


def test_a_running_statement_is_seen_with_its_shape_and_whose_it_is(vendor: RunningServer) -> None:
    with watching(vendor) as watch, closing(vendor.client("vendor", database=PRACTICE)) as client:
        statement = "SELECT LName, SLEEP(0.7) FROM patient WHERE LName = 'Canary' OR PatNum = 1"
        thread = threading.Thread(target=lambda: client.cursor().execute(statement))
        thread.start()
        vendor.await_sleeping("vendor")
        watch.cycle()
        running = [each for each in watch.snapshot.running if each.attribution.integration.name == "vendor"]
        thread.join()
    assert len(running) == 1
    assert running[0].attribution.reason == "account vendor"
    assert running[0].outward_shape == "SELECT lname, SLEEP(?) FROM patient WHERE lname = ? OR patnum = ?"


def test_what_cannot_be_seen_is_said(vendor: RunningServer) -> None:
    """Counted accounts without shapes, or nothing counted at all: each is a finding of its own."""
    with watching(vendor) as watch:
        blind = {finding.subject for finding in find_findings(watch.snapshot, "coverage.blind")}
    assert blind == (set() if vendor.performance_schema else {"shapes"})


def test_the_processlist_alone_is_enough_to_go_on(server: RunningServer) -> None:
    """An account with PROCESS and nothing else, on a server that may count nothing."""
    server.create_account("poor", password="x")
    server.execute("GRANT PROCESS ON *.* TO 'poor'@'%'")
    endpoint = server.endpoint("poor", "x")
    with closing(make_watch(endpoint)) as watch:
        for _ in range(3):
            watch.cycle(count=True)
        snapshot = watch.snapshot
    assert snapshot.up, snapshot.trouble
    subjects = {finding.subject for finding in find_findings(snapshot, "coverage.blind")}
    assert {"writes", "schema"} <= subjects
    advice = " ".join(finding.advice for finding in find_findings(snapshot, "coverage.blind"))
    assert "GRANT REFERENCES" in advice


def test_a_server_that_goes_away_is_a_gap_and_no_jump(vendor: RunningServer) -> None:
    """Out of sight: critical coverage.blind, nothing resolved. Back again: the gap's work is counted once."""
    gate = Gate(vendor.host, vendor.port)
    with (
        closing(gate),
        closing(make_watch(replace(vendor.watcher(), host="127.0.0.1", port=gate.port))) as watch,
    ):
        watch.cycle(count=True)
        work(vendor, "UPDATE patient SET LName = LName WHERE PatNum = 2")
        watch.cycle(count=True)
        gate.shut()
        watch.cycle(count=True)
        away = watch.snapshot
        work(vendor, *["SELECT LName FROM patient WHERE PatNum = 1"] * 5)
        gate.reopen()
        deadline = time.monotonic() + 10
        while not watch.snapshot.up and time.monotonic() < deadline:
            time.sleep(0.2)
            watch.cycle(count=True)
        back = watch.snapshot
    assert not away.up
    blind = [finding for finding in find_findings(away, "coverage.blind") if finding.subject == "server"]
    assert [finding.severity for finding in blind] == [Severity.CRITICAL]
    assert find_findings(away, "write.forbidden")
    assert back.up
    assert find_integration(back, "vendor").statements[Operation.SELECT] == 5
    assert find_integration(back, "vendor").writes_done == 1


def test_an_api_integration_is_told_by_its_host(vendor: RunningServer) -> None:
    """Heavy SQL through Open Dental's own service host is the api integration's, by host and account."""
    with watching(vendor) as watch, closing(vendor.client("vendor", database=PRACTICE)) as client:
        with client.cursor() as cursor:
            cursor.execute("SELECT HOST FROM information_schema.PROCESSLIST WHERE ID = CONNECTION_ID()")
            host = str(cursor.fetchall()[0][0]).rpartition(":")[0] or "localhost"
        watch.cycle()
    api = Integration(name="api", kind=Kind.API, accounts=("vendor",), hosts=(host,), writes_allowed=True)
    with (
        watching(vendor, (OFFICE, VENDOR, api)) as watch,
        closing(vendor.client("vendor", database=PRACTICE)),
    ):
        snapshot = watch_until(watch, lambda seen: find_integration(seen, "api").sleeping == 1)
        assert find_integration(snapshot, "api").sleeping == 1
        assert find_integration(snapshot, "vendor").sleeping == 0
