"""What tests of exact counts share: a vendor's account, its work, and what a watch has counted of it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pymysql
from server.servers import PRACTICE, RunningServer
from server.watching import find_integration

from querywatch.model import Operation
from querywatch.service.watch import Watch
from querywatch.sql.reduce import StatementBook

LOOKUP = "SELECT LName FROM patient WHERE PatNum = 1"
WRITE = "UPDATE patient SET LName = 'Abbott' WHERE PatNum = 1"


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


def create_vendor(server: RunningServer) -> None:
    """The vendor's account, which may read and update."""
    server.create_account("vendor", f"SELECT, UPDATE ON {PRACTICE}.*")


def work(server: RunningServer, *statements: str, database: str | None = PRACTICE) -> None:
    """Runs them as the vendor, on a connection of their own, until all are counted."""
    with closing(server.client("vendor", database=database)) as client, client.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    server.await_end(client.thread_id())


def settle(client: "pymysql.connections.Connection[Any]") -> None:
    """Returns once all that this connection ran has been counted, which is a moment after it has the answer.

    The server answers a connection's next command once it is through with the one before.
    """
    client.ping(reconnect=False)


def count_selects(watch: Watch) -> float:
    """The vendor's SELECTs so far, after one more reading of the counters."""
    watch.cycle(count=True)
    return find_integration(watch.snapshot, "vendor").statements.get(Operation.SELECT, 0.0)


def find_runs(watch: Watch, statement: str) -> float:
    """The executions of a statement's shape that are published, whoever they were laid to.

    To a millionth: shares of a whole number add up to it but for a float's last digit.
    """
    fingerprint = StatementBook().from_text(statement).fingerprint
    return round(
        sum(each.executions for each in watch.snapshot.queries if each.fingerprint == fingerprint), 6
    )
