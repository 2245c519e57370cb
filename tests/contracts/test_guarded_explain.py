"""The only statement that is no SELECT, SHOW or SET: EXPLAIN of what the guard wrote, as the server received it."""

import re
from contextlib import closing

import pytest
from server.servers import PRACTICE, RunningServer
from server.test_explained import _HONEST, _HOSTILE, ask_about, eraser, grant

from querywatch.db.connection import EXPLAIN, connect
from querywatch.sql.guard import guard_select

__all__ = ["eraser"]

pytestmark = [pytest.mark.server, pytest.mark.servers("mysql-5.6", "mysql-9.7")]

# One SELECT over tables of the practice, with names in backticks, literals without a quote or a backslash, and no
# word, call or symbol but those that the statements of this test have.
_RECEIVED = re.compile(
    r"EXPLAIN FORMAT=TRADITIONAL SELECT (?!.*\bSELECT\b)"
    r"(?:(?:`opendental`\.`commlog`|`\w+`|FROM|WHERE|AND|COUNT\(|\d+|'[ !#-&(-\[\]-~]*'|[*,.=)]|<>)(?: |$))+"
)


@pytest.mark.usefixtures("eraser")
def test_the_server_receives_nothing_but_what_the_guard_wrote(server: RunningServer) -> None:
    """Over an honest statement and several that would run a stored function, all of them asked about."""
    grant(server)
    server.execute(
        "SET GLOBAL log_output = 'TABLE'", "TRUNCATE mysql.general_log", "SET GLOBAL general_log = ON"
    )
    try:
        for sql in (_HONEST, *_HOSTILE):
            ask_about(server, sql)
    finally:
        server.execute("SET GLOBAL general_log = OFF")
    received = [
        text.decode() if isinstance(text, bytes) else text
        for (text,) in server.execute(
            "SELECT argument FROM mysql.general_log WHERE command_type = 'Query' AND user_host LIKE 'explainer%'"
        )
    ]
    explained = [text for text in received if "EXPLAIN" in text.upper()]
    assert len(explained) == 1
    assert _RECEIVED.fullmatch(explained[0])
    assert not [text for text in received if not text.startswith((EXPLAIN, "SELECT ", "SHOW ", "SET "))]


def test_a_connection_explains_what_the_guard_wrote_and_reads_the_rest(server: RunningServer) -> None:
    """Text of any other origin is refused before it is sent."""
    grant(server)
    select = guard_select("SELECT 1 FROM patient", database=PRACTICE, tables={(PRACTICE, "patient")})
    assert select is not None
    with closing(connect(server.endpoint("explainer"))) as connection:
        assert len(connection.explain(select)) == 1
        with pytest.raises(ValueError, match="SELECT and SHOW alone"):
            connection.read(f"{EXPLAIN}SELECT 1")
