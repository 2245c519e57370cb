"""Restarts, truncated tables, flushed and late counters: what is counted never falls, jumps or counts twice."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

import pytest
from server.servers import PRACTICE, RunningServer, start
from server.watching import find_findings, find_integration, keep_watching, repeating, watching

from querywatch.model import Evidence, Operation, Severity
from querywatch.service.watch import Watch

_LOOKUP = "SELECT LName FROM patient WHERE PatNum = 1"
_WRITE = "UPDATE patient SET LName = 'Abbott' WHERE PatNum = 1"
_SETTLE_SECONDS = 0.3  # a statement may reach the counters a moment after its client has the answer
_AWAY_SECONDS = 30.0
_PERFORMANCE_SCHEMA_TABLES = (
    "events_statements_summary_by_digest",
    "events_statements_summary_by_account_by_event_name",
    "accounts",
)
_WITH_COUNTERS = ("mysql-5.6", "mysql-9.7", "mariadb-11.8-ps")

pytestmark = pytest.mark.servers("mysql-5.6", "mysql-9.7", "mariadb-10.11", "mariadb-11.8-ps")


@contextmanager
def counting(server: RunningServer) -> Iterator[None]:
    """Has userstat on where the performance schema is off, while the block runs."""
    if not server.performance_schema:
        server.execute("SET GLOBAL userstat = 1")
    try:
        yield
    finally:
        if not server.performance_schema:
            server.execute("SET GLOBAL userstat = 0", "FLUSH USER_STATISTICS")


@pytest.fixture
def vendor(server: RunningServer) -> RunningServer:
    """The server with a vendor's account."""
    server.create_account("vendor", f"SELECT, UPDATE ON {PRACTICE}.*")
    return server


def work(server: RunningServer, *statements: str, database: str | None = PRACTICE) -> None:
    """Runs them as the vendor, on a connection of their own."""
    with closing(server.client("vendor", database=database)) as client, client.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    time.sleep(_SETTLE_SECONDS)


def count_selects(watch: Watch) -> float:
    """The vendor's SELECTs so far, after one more reading of the counters."""
    watch.cycle(count=True)
    return find_integration(watch.snapshot, "vendor").statements.get(Operation.SELECT, 0.0)


def find_resets(server: RunningServer) -> Sequence[str]:
    if not server.performance_schema:
        return ("FLUSH STATUS", "FLUSH USER_STATISTICS")
    return ("FLUSH STATUS", *(f"TRUNCATE performance_schema.{table}" for table in _PERFORMANCE_SCHEMA_TABLES))


def test_flushed_and_truncated_counters_are_no_work(vendor: RunningServer) -> None:
    """Whatever is emptied in between: each statement is counted once, and no count falls."""
    with counting(vendor), watching(vendor) as watch:
        work(vendor, *[_LOOKUP] * 7, _WRITE)
        counts = [count_selects(watch)]
        for reset in find_resets(vendor):
            vendor.execute(reset)
            counts.append(count_selects(watch))
            work(vendor, *[_LOOKUP] * 2)
            counts.append(count_selects(watch))
        assert find_integration(watch.snapshot, "vendor").writes_done == 1
    pairs = len(find_resets(vendor))
    assert counts == [7, *(count for pair in range(pairs) for count in (7 + 2 * pair, 9 + 2 * pair))]


@pytest.mark.servers("mysql-5.6", "mysql-9.7", "mariadb-10.11")
def test_a_restart_is_no_spike_and_hides_nothing(server: RunningServer) -> None:
    """Fewer statements before the restart than after it: nothing falls, and none is missing or counted twice."""
    settings = () if server.performance_schema else ("--userstat=1",)
    with start(server.choice, settings=settings, lasting=True) as own:
        own.create_account("vendor", f"SELECT, UPDATE ON {PRACTICE}.*")
        with watching(own) as watch:
            work(own, *[_LOOKUP] * 4, _WRITE)
            assert count_selects(watch) == 4
            assert own.restart is not None
            own.restart()
            work(own, *[_LOOKUP] * 30, _WRITE)
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
            early.cursor().execute(_LOOKUP)
        time.sleep(_SETTLE_SECONDS)
        assert count_selects(watch) == 5
        work(vendor, *[_LOOKUP] * 3)
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
        keep_watching(watch, 2 * _SETTLE_SECONDS)
        shapes = {
            info.fingerprint for info in watch.snapshot.query_infos if "patient" in info.tables.split(", ")
        }
        executions = [
            query.executions
            for query in watch.snapshot.queries
            if query.fingerprint in shapes and query.integration == "vendor"
        ]
    assert executions == [len(runs)]


@pytest.mark.servers("mariadb-11.8-ps", "mariadb-local-ps")
def test_a_full_digest_table_is_said_until_it_has_room(server: RunningServer) -> None:
    """Blindness with its advice, also when the table was full before; the advice helps."""
    with start(server.choice, settings=("--performance-schema-digests-size=60",)) as own:
        for number in range(80):
            own.execute(f"SELECT 1 AS shape{number}")
        with watching(own) as watch:
            (full,) = find_findings(watch.snapshot, "coverage.blind")
            own.execute("TRUNCATE performance_schema.events_statements_summary_by_digest")
        with watching(own) as watch:
            assert find_findings(watch.snapshot, "coverage.blind") == []
    assert (full.subject, full.severity) == ("digests", Severity.WARNING)
    assert "TRUNCATE performance_schema.events_statements_summary_by_digest" in full.advice


@pytest.mark.servers("mysql-5.6")
def test_an_account_that_the_server_had_no_room_for_is_seen_by_polls(server: RunningServer) -> None:
    """Blindness is said, and what a poll meets of the account is still laid to it."""
    with start(server.choice, settings=("--performance-schema-accounts-size=2",)) as own:
        own.create_account("vendor", f"SELECT, UPDATE ON {PRACTICE}.*")
        with watching(own) as watch, closing(own.root()), closing(own.client("vendor")):
            with repeating(lambda: work(own, f"{_WRITE} AND SLEEP(0.4) = 0")):
                keep_watching(watch, 1.0)
            blind = {finding.subject for finding in find_findings(watch.snapshot, "coverage.blind")}
            writes = find_findings(watch.snapshot, "write.forbidden")
    assert "accounts" in blind
    assert [(write.integration, write.evidence) for write in writes] == [("vendor", Evidence.SAMPLED)]
