"""The pace on real servers: what watching costs, told apart from the network, and stepping back from a crowd."""

import socket
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import replace

import pytest
from server.servers import PRACTICE, RunningServer
from server.watching import Gate, make_watch

from querywatch.db.connection import Connection, connect

pytestmark = pytest.mark.servers("mysql-5.6", "mysql-9.7", "mariadb-10.11", "mariadb-10.11-ps")

_WAY_SECONDS = 0.02


class SlowLine(Gate):
    """A line on which everything takes its time, each way."""

    def _relay(self, source: socket.socket, sink: socket.socket) -> None:
        with source, sink, suppress(OSError):
            while data := source.recv(65536):
                time.sleep(_WAY_SECONDS)
                sink.sendall(data)


@contextmanager
def crowd(server: RunningServer, sessions: int, seconds: float) -> Iterator[None]:
    """So many sessions run a statement of so many seconds."""

    def work() -> None:
        with server.root() as client:
            client.query(f"SELECT SLEEP({seconds})")

    with ThreadPoolExecutor(sessions) as pool:
        running = [pool.submit(work) for _ in range(sessions)]
        yield
        for each in running:
            each.result()


def measure(connection: Connection, statement: str) -> tuple[float, float]:
    """(what one reading took, what of it is taken for the server's time), in seconds."""
    before, started = connection.seconds_spent, time.monotonic()
    connection.read(statement)
    return time.monotonic() - started, connection.seconds_spent - before


def test_a_slow_line_is_not_the_servers_time(server: RunningServer) -> None:
    """A server at the other end of a VPN is looked at as often as one beside us."""
    with closing(SlowLine(server.host, server.port)) as line:
        endpoint = replace(server.watcher(), host="127.0.0.1", port=line.port)
        with closing(connect(endpoint)) as connection:
            readings = [measure(connection, "SHOW GLOBAL STATUS LIKE 'Uptime'") for _ in range(20)]
            before = connection.seconds_spent
            server.execute(
                f"CREATE TABLE {PRACTICE}.wide ({', '.join(f'c{place} INT' for place in range(900))})"
            )
            connection.read("SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_NAME = 'wide'")
            server.execute(f"DROP TABLE {PRACTICE}.wide")
    # A busy machine makes the server itself slow now and then: what is usual is the measure.
    waited_seconds, spent_seconds = (statistics.median(each) for each in zip(*readings, strict=True))
    assert waited_seconds > 2 * _WAY_SECONDS
    assert spent_seconds < 0.3 * waited_seconds
    assert connection.seconds_spent - before > 0.0005


def test_thirty_busy_sessions_make_it_step_back(server: RunningServer) -> None:
    """It looks and counts more seldom at once, and still sees every one of them."""
    with closing(make_watch(server.watcher())) as watch:
        for _ in range(3):
            watch.cycle(count=True)
        assert not watch.pacer.is_backing_off
        usual = watch.pacer.sample_interval_seconds, watch.pacer.counter_interval_seconds
        with crowd(server, 30, 4.0):
            server.await_sleeping("root", 30)
            for _ in range(3):
                watch.cycle(count=True)
            assert watch.pacer.is_backing_off
            assert watch.pacer.sample_interval_seconds > usual[0]
            assert watch.pacer.counter_interval_seconds > usual[1]
            assert len(watch.snapshot.running) == 30
