"""Software on Open Dental's own account, from the server itself: told apart by what it runs, on real servers."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
from server.consumers import consuming
from server.servers import PRACTICE, RunningServer
from server.watching import find_findings, find_integration, make_watch, watch_until

from querywatch.model import Integration, Kind
from querywatch.service.watch import Watch

# Where nothing is written down only a period tells a stranger, and only over minutes.
pytestmark = [
    pytest.mark.server,
    pytest.mark.servers("mysql-5.6", "mysql-9.7", "mariadb-10.11-ps", "mariadb-local-ps"),
]

OFFICE = Integration(name="opendental", kind=Kind.OPENDENTAL, accounts=("root",), writes_allowed=True)
_TIMES_FASTER = 10.0  # the watch's clock: a session is judged after half a minute
_CONSUMERS = ("events_statements_current", "events_statements_history")
_HEARTBEAT = "SELECT SignalNum FROM signalod WHERE SignalNum > 5"
_CHART = "SELECT ProcFee FROM ProcedureLog WHERE ProcNum = 1"
_POLL = "SELECT PatNum, LName FROM patient WHERE DateTStamp > '2026-11-22 08:00:00'"


@pytest.fixture
def counting(server: RunningServer) -> Iterator[RunningServer]:
    """A server that writes down what sessions run, as `check` advises."""
    server.execute("CREATE TABLE signalod (SignalNum BIGINT NOT NULL PRIMARY KEY)", database=PRACTICE)
    with consuming(server, *_CONSUMERS):
        yield server
    server.execute("DROP TABLE signalod", database=PRACTICE)


@contextmanager
def running(server: RunningServer, *statements: str, sessions: int = 1) -> Iterator[None]:
    """Sessions of root's that run these statements again and again, three times a second."""
    over = threading.Event()

    def work() -> None:
        with server.root(database=PRACTICE) as session, session.cursor() as cursor:
            while not over.wait(0.3):
                for statement in statements:
                    cursor.execute(statement)
                    cursor.fetchall()

    threads = [threading.Thread(target=work) for _ in range(sessions)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def make_fast_clock() -> Callable[[], float]:
    started, began = time.time(), time.monotonic()
    return lambda: started + (time.monotonic() - began) * _TIMES_FASTER


def keep_looking(watch: Watch, seconds: float) -> None:
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        watch.cycle(count=True)
        time.sleep(0.1)


def test_an_agent_on_the_offices_account_is_unknown_and_the_office_is_not(counting: RunningServer) -> None:
    """Same account, same host; the finding says why, and never advises to lock the office out."""
    with (
        running(counting, _HEARTBEAT, _CHART, sessions=3),
        running(counting, _POLL),
        closing(make_watch(counting.watcher(), [OFFICE], clock=make_fast_clock())) as watch,
    ):
        keep_looking(watch, 9.0)
        watch_until(watch, lambda seen: bool(find_findings(seen, "access.unknown")))
        snapshot = watch.snapshot
    stranger = find_integration(snapshot, "unknown")
    assert stranger.active + stranger.sleeping == 1
    (attribution,) = stranger.attributions
    assert attribution.shared
    assert attribution.confidence < 1
    assert "which Open Dental uses too" in attribution.reason
    assert find_integration(snapshot, "opendental").sleeping >= 1
    (found,) = find_findings(snapshot, "access.unknown")
    assert "likely, not certain" in found.message
    assert "must not be locked" in found.advice
    assert "close the account" not in found.advice


def test_an_office_alone_has_no_strangers(counting: RunningServer) -> None:
    """Also with a session that never polls signalod, but runs what the others run."""
    with (
        running(counting, _HEARTBEAT, _CHART, sessions=3),
        running(counting, _CHART),
        closing(make_watch(counting.watcher(), [OFFICE], clock=make_fast_clock())) as watch,
    ):
        keep_looking(watch, 7.0)
        snapshot = watch.snapshot
    assert {state.integration.name for state in snapshot.integrations} == {"opendental"}
    assert find_findings(snapshot, "access.unknown") == []
