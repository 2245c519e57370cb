"""Restarts, truncated tables, flushed and late counters: what is counted never falls, jumps or counts twice."""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

import pytest
from server.counted import (
    LOOKUP,
    WRITE,
    count_selects,
    counting,
    create_vendor,
    find_runs,
    settle,
    work,
)
from server.servers import PRACTICE, RunningServer, start
from server.watching import find_findings, find_integration, keep_watching, repeating, watch_until, watching

from querywatch.model import Evidence, Severity
from querywatch.sources import accounts
from querywatch.sources.digests import DigestSource

_AWAY_SECONDS = 30.0
_PERFORMANCE_SCHEMA_TABLES = (
    "events_statements_summary_by_digest",
    "events_statements_summary_by_account_by_event_name",
    "accounts",
)
_WITH_COUNTERS = ("mysql-5.6", "mysql-9.7", "mariadb-10.5-ps", "mariadb-10.11-ps", "mariadb-11.8-ps")
_LOCAL_WITH_COUNTERS = "mariadb-local-ps"


@pytest.fixture
def vendor(server: RunningServer) -> RunningServer:
    """The server with a vendor's account."""
    create_vendor(server)
    return server


def find_resets(server: RunningServer) -> Sequence[str]:
    if not server.performance_schema:
        return ("FLUSH STATUS", "FLUSH TABLES", "FLUSH USER_STATISTICS")
    return (
        "FLUSH STATUS",
        "FLUSH TABLES",
        *(f"TRUNCATE performance_schema.{table}" for table in _PERFORMANCE_SCHEMA_TABLES),
    )


def test_flushed_and_truncated_counters_are_no_work(vendor: RunningServer) -> None:
    """Whatever is emptied in between: each statement is counted once, and no count falls, nor one of a shape."""
    with counting(vendor), watching(vendor) as watch:
        work(vendor, *[LOOKUP] * 7, WRITE)
        counts, runs = [count_selects(watch)], [find_runs(watch, LOOKUP)]
        for reset in find_resets(vendor):
            vendor.execute(reset)
            counts.append(count_selects(watch))
            runs.append(find_runs(watch, LOOKUP))
            work(vendor, *[LOOKUP] * 2)
            counts.append(count_selects(watch))
            runs.append(find_runs(watch, LOOKUP))
        assert find_integration(watch.snapshot, "vendor").writes_done == 1
    pairs = len(find_resets(vendor))
    assert counts == [7, *(count for pair in range(pairs) for count in (7 + 2 * pair, 9 + 2 * pair))]
    assert runs == sorted(runs)
    if vendor.performance_schema:
        # Where no record says whose a shape is, a share of it may stay with nobody.
        assert 0.9 * counts[-1] <= runs[-1] <= counts[-1]


@pytest.mark.servers("mysql-5.6", "mysql-9.7", "mariadb-10.5-ps", "mariadb-10.11", "mariadb-11.8-ps")
def test_a_restart_is_no_spike_and_hides_nothing(server: RunningServer) -> None:
    """Fewer statements before the restart than after it: nothing falls, and none is missing or counted twice."""
    settings = () if server.performance_schema else ("--userstat=1",)
    with start(server.choice, settings=settings, lasting=True) as own:
        create_vendor(own)
        with watching(own) as watch:
            work(own, *[LOOKUP] * 4, WRITE)
            assert count_selects(watch) == 4
            assert own.restart is not None
            own.restart()
            work(own, *[LOOKUP] * 30, WRITE)
            assert count_selects(watch) == 4  # the old connection is dead; the server is out of sight
            assert not watch.snapshot.up
            deadline = time.monotonic() + _AWAY_SECONDS
            while not watch.snapshot.up and time.monotonic() < deadline:
                time.sleep(0.2)
                watch.cycle(count=True)
            assert watch.snapshot.up, watch.snapshot.trouble
            assert count_selects(watch) == 34
            state = find_integration(watch.snapshot, "vendor")
            assert (state.writes_done, state.evidence["writes"]) == (2, Evidence.COUNTED)


@pytest.mark.servers("mariadb-10.11", "mariadb-local")
def test_who_was_connected_before_userstat_is_counted_from_the_second_statement(
    vendor: RunningServer,
) -> None:
    """The server makes an account's row at the end of its first statement: until then nothing is claimed."""
    vendor.execute("FLUSH USER_STATISTICS")
    with (
        closing(vendor.client("vendor", database=PRACTICE)) as early,
        counting(vendor),
        watching(vendor) as watch,
    ):
        assert count_selects(watch) == 0
        assert find_integration(watch.snapshot, "vendor").evidence["statements"] is Evidence.SAMPLED
        for _ in range(6):
            early.cursor().execute(LOOKUP)
        settle(early)
        assert count_selects(watch) == 5
        work(vendor, *[LOOKUP] * 3)
        assert count_selects(watch) == 8
        assert find_integration(watch.snapshot, "vendor").evidence["statements"] is Evidence.COUNTED


@pytest.mark.servers(*_WITH_COUNTERS)
def test_shapes_of_clients_without_a_database_are_counted(vendor: RunningServer) -> None:
    """The server keeps them under a NULL schema."""
    statement = f"SELECT LName, SLEEP(0.4) FROM {PRACTICE}.patient WHERE PatNum = 2"
    with watching(vendor) as watch:
        runs = []

        def run() -> None:
            work(vendor, statement, database=None)
            runs.append(statement)

        with repeating(run):
            keep_watching(watch, 2.0)
        watch.cycle(count=True)
        shapes = {
            info.fingerprint for info in watch.snapshot.query_infos if "patient" in info.tables.split(", ")
        }
        executions = [
            query.executions
            for query in watch.snapshot.queries
            if query.fingerprint in shapes and query.integration == "vendor"
        ]
    assert executions == [pytest.approx(len(runs))]


@pytest.mark.servers(*_WITH_COUNTERS)
def test_what_ends_between_two_readings_of_a_count_is_laid_too(
    vendor: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new shape's first execution, when the first of accounts and shapes is read and the second is not yet."""
    statement = f"{LOOKUP} AND PatNum < 2"
    waiting = [statement]

    def then_run(read: Callable[..., Any]) -> Callable[..., Any]:
        def read_and_run(*arguments: Any) -> Any:
            found = read(*arguments)
            if waiting:
                client.query(waiting.pop())
                settle(client)
            return found

        return read_and_run

    with watching(vendor) as watch, closing(vendor.client("vendor", database=PRACTICE)) as client:
        monkeypatch.setattr(DigestSource, "read", then_run(DigestSource.read))
        monkeypatch.setattr(accounts, "read_account_counters", then_run(accounts.read_account_counters))
        watch.cycle(count=True)
        watch.cycle(count=True)
        assert not waiting
        assert find_runs(watch, statement) == 1


@pytest.mark.servers(*_WITH_COUNTERS, _LOCAL_WITH_COUNTERS)
def test_a_full_digest_table_is_said_until_it_has_room(server: RunningServer) -> None:
    """Blindness with its advice, also when the table was full before; accounts stay exact; the advice helps."""
    with start(server.choice, settings=("--performance-schema-digests-size=60",)) as own:
        create_vendor(own)
        for number in range(80):
            own.execute(f"SELECT 1 AS shape{number}")
        with watching(own) as watch:
            (full,) = find_findings(watch.snapshot, "coverage.blind")
            work(own, *(f"{LOOKUP} AND 1 < {name}" for name in ("PatNum", "PatNum + 1", "PatNum + 1 + 1")))
            assert count_selects(watch) == 3
            own.execute("TRUNCATE performance_schema.events_statements_summary_by_digest")
            work(own, *[LOOKUP] * 4)
            assert count_selects(watch) == 7
            assert find_runs(watch, LOOKUP) == 4
        with watching(own) as watch:
            assert find_findings(watch.snapshot, "coverage.blind") == []
    assert (full.subject, full.severity) == ("digests", Severity.WARNING)
    assert "TRUNCATE performance_schema.events_statements_summary_by_digest" in full.advice


@pytest.mark.servers("mysql-5.6")
def test_an_account_that_the_server_had_no_room_for_is_seen_by_polls(server: RunningServer) -> None:
    """Blindness is said, and what a poll meets of the account is still laid to it."""
    with start(server.choice, settings=("--performance-schema-accounts-size=2",)) as own:
        create_vendor(own)
        with watching(own) as watch, closing(own.root()), closing(own.client("vendor")):
            with repeating(lambda: work(own, f"{WRITE} AND SLEEP(0.4) = 0")):
                watch_until(watch, lambda seen: bool(find_findings(seen, "write.forbidden")))
            blind = {finding.subject for finding in find_findings(watch.snapshot, "coverage.blind")}
            writes = find_findings(watch.snapshot, "write.forbidden")
    assert "accounts" in blind
    assert [(write.integration, write.evidence) for write in writes] == [("vendor", Evidence.SAMPLED)]
