"""The statement each session ran last, on every server that keeps it."""

import time
from contextlib import closing

import pytest
from server.servers import PRACTICE, RunningServer
from server.watching import watching

from querywatch.db.connection import connect
from querywatch.model import Flavour
from querywatch.sources.base import SourceUnavailableError
from querywatch.sources.last_statements import CONSUMER, read_last_statements
from querywatch.sql.reduce import StatementBook

pytestmark = pytest.mark.server
STATEMENT = "SELECT LName FROM patient WHERE PatNum = 3 AND LName = 'Abbott'"


def switch(server: RunningServer, state: str) -> None:
    server.execute(
        f"UPDATE performance_schema.setup_consumers SET ENABLED = '{state}' WHERE NAME = '{CONSUMER}'"
    )


def test_a_sleeping_session_keeps_its_last_statement(server: RunningServer) -> None:
    """However short it was; where the consumer is off, the advice says how to switch it on."""
    with closing(connect(server.watcher())) as connection:
        if not server.performance_schema:
            with pytest.raises(SourceUnavailableError) as off:
                read_last_statements(connection, StatementBook())
            assert off.value.reason == "performance-schema-off"
            return
        if server.flavour is Flavour.MARIADB:
            with pytest.raises(SourceUnavailableError) as off:
                read_last_statements(connection, StatementBook())
            assert off.value.reason == "consumer-off"
            assert CONSUMER in off.value.advice
        switch(server, "YES")
        try:
            with closing(server.client("root", database=PRACTICE)) as client, client.cursor() as cursor:
                cursor.execute(STATEMENT)
                time.sleep(0.2)
                book = StatementBook()
                found = read_last_statements(connection, book)
                assert found[client.thread_id()].fingerprint == book.from_text(STATEMENT).fingerprint
        finally:
            if server.flavour is Flavour.MARIADB:
                switch(server, "NO")


@pytest.mark.servers("mysql-5.6", "mysql-9.7")
def test_a_shape_too_short_for_polls_is_laid_to_its_account(server: RunningServer) -> None:
    """A vendor's look-ups of a millisecond: no poll meets one running, and yet they are the vendor's."""
    server.create_account("vendor", f"SELECT ON {PRACTICE}.*")
    with watching(server) as watch, closing(server.client("vendor", database=PRACTICE)) as client:
        with client.cursor() as cursor:
            for _ in range(25):
                cursor.execute(STATEMENT)
        time.sleep(0.3)
        watch.cycle(count=True)
        found = {query.executions for query in watch.snapshot.queries if query.integration == "vendor"}
    assert found == {25}
