"""The time that a shape waits for locks is in the server's counters, and comes with the rest."""

import threading
import time
from contextlib import closing

import pytest
from server.servers import PRACTICE, RunningServer

from querywatch.counters import Totals
from querywatch.db.connection import connect
from querywatch.sources.digests import read_digests
from querywatch.sql.reduce import StatementBook

pytestmark = pytest.mark.server

_HELD_SECONDS = 0.8
_HOLDING = f"SELECT SLEEP({_HELD_SECONDS}) FROM patient WHERE Note <> 'none' LIMIT 1"
_WAITING = "UPDATE patient SET LName = 'waits' WHERE PatNum = 1"


def read_waiting(server: RunningServer) -> Totals:
    """The counters of the statement that waited."""
    book = StatementBook()
    wanted = book.from_text(_WAITING).fingerprint
    with closing(connect(server.watcher())) as watcher:
        rows = read_digests(watcher, book, None).rows.values()
    (found,) = [row.totals for row in rows if row.statement.fingerprint == wanted]
    return found


@pytest.mark.servers("mysql-5.6", "mysql-9.7", "mariadb-10.5-ps", "mariadb-10.11-ps", "mariadb-11.8-ps")
def test_waiting_behind_a_long_read_is_lock_time(server: RunningServer) -> None:
    """A write that queues most of a second behind a read of a MyISAM table is counted as waiting, not as work."""
    with (
        server.client("root", database=PRACTICE) as reader,
        server.client("root", database=PRACTICE) as writer,
    ):
        reading = threading.Thread(target=lambda: reader.query(_HOLDING))
        reading.start()
        time.sleep(0.2)
        writer.query(_WAITING)
        reading.join()
    time.sleep(0.3)  # a statement is counted a moment after its client has the answer
    totals = read_waiting(server)
    assert totals.lock_seconds >= 0.4 * _HELD_SECONDS
    assert totals.lock_seconds <= totals.seconds
