"""Connections: what they may do, how they end, and what they say when they fail."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from server.servers import PRACTICE, RunningServer

from querywatch.db.connection import Connection, Endpoint, PlainReason, TlsMode, connect
from querywatch.db.server import has_statement_timeout
from querywatch.errors import (
    LoginError,
    ServerAwayError,
    ServerError,
    StatementRefusedError,
    StatementTimeoutError,
)
from querywatch.model import Flavour

pytestmark = pytest.mark.server

# Without an index on either side, and without an end in sight.
_ENDLESS = (
    "SELECT COUNT(*) FROM information_schema.COLUMNS a, information_schema.COLUMNS b, "
    "information_schema.COLUMNS c"
)
_HANGING = "SELECT SLEEP(30)"


@contextmanager
def opened(endpoint: Endpoint) -> Iterator[Connection]:
    connection = connect(endpoint)
    try:
        yield connection
    finally:
        connection.close()


def test_a_connection_knows_its_server(server: RunningServer) -> None:
    """Flavour, version and connection id are the server's own."""
    with opened(server.watcher()) as connection:
        (banner,) = server.execute("SELECT VERSION()")[0]
        assert str(banner).startswith(connection.server.version_text)
        assert connection.server.flavour is server.flavour
        assert connection.server.name == server.name
        ids = {row[0] for row in server.execute("SELECT ID FROM information_schema.PROCESSLIST")}
        assert connection.connection_id in ids


def test_every_value_arrives_as_a_plain_type(server: RunningServer) -> None:
    """Text is str even where its bytes are no UTF-8, NULL is None, and a 64-bit sum keeps its last digit."""
    with opened(server.watcher()) as connection:
        rows = connection.read("SELECT 'a%', NULL, CAST(18446744073709551615 AS DECIMAL(30)), 2.5, X'FF41'")
        assert rows == [("a%", None, 18446744073709551615, 2.5, "\ufffdA")]


def test_parameters_are_quoted(server: RunningServer) -> None:
    """A name with quotes in it stays a name."""
    with opened(server.watcher()) as connection:
        assert connection.read("SELECT %s, 'x'", ("O'Brien\\",)) == [("O'Brien\\", "x")]


def test_the_session_reads_only_even_as_root(server: RunningServer) -> None:
    """A SELECT that would write, through a function of the practice's, is refused by the server."""
    server.execute(
        "DROP FUNCTION IF EXISTS eraser",
        "CREATE FUNCTION eraser() RETURNS INT DETERMINISTIC MODIFIES SQL DATA "
        "BEGIN DELETE FROM ProcedureLog; RETURN 1; END",
        database=PRACTICE,
    )
    with opened(server.endpoint("root")) as connection, pytest.raises(ServerError):
        connection.read(f"SELECT {PRACTICE}.eraser()")
    assert server.execute(f"SELECT COUNT(*) FROM {PRACTICE}.ProcedureLog") == ((3,),)


def test_nothing_but_select_and_show_is_sent(server: RunningServer) -> None:
    """A statement of another kind never leaves the process."""
    with opened(server.watcher()) as connection, pytest.raises(ValueError, match="SELECT and SHOW"):
        connection.read("DELETE FROM opendental.patient")


def test_a_practice_row_is_refused_and_the_message_repeats_nothing(server: RunningServer) -> None:
    """The least-privileged account reads no row; the error says neither table nor literal."""
    with opened(server.watcher()) as connection:
        with pytest.raises(StatementRefusedError) as refused:
            connection.read("SELECT LName FROM opendental.patient WHERE LName = 'Abbott'")
        assert refused.value.reason == "privilege"
        assert refused.value.code == 1142
        assert "Abbott" not in str(refused.value)
        assert "LName" not in str(refused.value)
        assert connection.read("SELECT 1") == [(1,)]


def test_a_statement_ends_at_its_limit_and_the_connection_goes_on(server: RunningServer) -> None:
    """Where the server has a limit of its own, it is set; where it has none, we stop waiting."""
    settings = {"statement_timeout_seconds": 0.3, "read_timeout_seconds": 2.0}
    with opened(server.watcher(**settings)) as connection:
        started = time.monotonic()
        if has_statement_timeout(connection.server):
            with pytest.raises(StatementTimeoutError) as over:
                connection.read(_ENDLESS)
            assert connection.read("SELECT 1") == [(1,)]
        else:
            with pytest.raises(ServerAwayError) as over:
                connection.read(_HANGING)
        assert over.value.reason == "timeout"
        assert time.monotonic() - started < 4


@pytest.mark.parametrize("tls", [TlsMode.OFF, TlsMode.PREFERRED])
def test_abort_ends_a_hanging_read_from_another_thread(server: RunningServer, tls: TlsMode) -> None:
    """The thread that waits gets `ServerAwayError` at once, encrypted or not."""
    with opened(server.watcher(tls=tls)) as connection:
        timer = threading.Timer(0.3, connection.abort)
        timer.start()
        started = time.monotonic()
        with pytest.raises(ServerAwayError) as ended:
            connection.read(_HANGING)
        timer.join()
        assert ended.value.reason == "aborted"
        assert time.monotonic() - started < 2


def test_a_killed_connection_is_away(server: RunningServer) -> None:
    """After KILL the next read says that the server ended the connection, and so does every other."""
    with opened(server.watcher()) as connection:
        server.execute(f"KILL {connection.connection_id}")
        for _ in range(2):
            with pytest.raises(ServerAwayError) as ended:
                connection.read("SELECT 1")
            assert ended.value.reason == "away"


def test_a_wrong_password_names_the_account_and_not_the_password(server: RunningServer) -> None:
    """What to do stands in the message."""
    with pytest.raises(LoginError) as refused:
        connect(server.endpoint("watcher", "Sesame opens"))
    assert refused.value.reason == "login"
    assert "'watcher'" in str(refused.value)
    assert "Sesame" not in str(refused.value)
    assert "Sesame" not in repr(server.endpoint("watcher", "Sesame opens"))


def test_a_login_without_tls_works(server: RunningServer) -> None:
    """A password that the server has never cached (caching_sha2_password) passes without TLS too."""
    server.create_account("newcomer", "PROCESS ON *.*", password="never seen")
    with opened(server.endpoint("newcomer", "never seen", tls=TlsMode.OFF)) as connection:
        assert connection.tls_version is None
        assert connection.plain_reason is PlainReason.OFF


def test_preferred_says_whether_the_connection_is_encrypted(server: RunningServer) -> None:
    """`tls_version` is what the server itself says of the connection."""
    with opened(server.watcher(tls=TlsMode.PREFERRED)) as connection:
        (_, says) = connection.read("SHOW SESSION STATUS LIKE 'Ssl_version'")[0]
        assert (connection.tls_version or "") == says
        assert (connection.plain_reason is None) == bool(says)


@pytest.mark.parametrize("tls", [TlsMode.VERIFY_CA, TlsMode.VERIFY_IDENTITY])
def test_verification_never_falls_back(server: RunningServer, tls: TlsMode) -> None:
    """A server without TLS, or with a certificate of its own making, is refused."""
    with pytest.raises(LoginError) as refused:
        connect(server.watcher(tls=tls))
    assert refused.value.reason == "tls"


def test_too_many_connections_is_said_so(server: RunningServer) -> None:
    """An account at its limit is told that, and where to look."""
    server.create_account("crowded", "PROCESS ON *.*")
    limit = "WITH MAX_USER_CONNECTIONS 1"
    if server.flavour is Flavour.MYSQL and server.name != "mysql-5.6":
        server.execute(f"ALTER USER 'crowded'@'%' {limit}")
    else:
        server.execute(f"GRANT USAGE ON *.* TO 'crowded'@'%' {limit}")
    with opened(server.endpoint("crowded")), pytest.raises(LoginError) as refused:
        connect(server.endpoint("crowded"))
    assert refused.value.reason == "too-many-connections"


def test_what_answers_is_no_database() -> None:
    """Another service on the port is named as such."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def greet() -> None:
            caller, _ = listener.accept()
            with caller:
                caller.sendall(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n" + b"x" * 2000)
                time.sleep(0.2)

        greeter = threading.Thread(target=greet)
        greeter.start()
        with pytest.raises(ServerAwayError):
            connect(Endpoint(name="office", port=port, user="watcher", read_timeout_seconds=1.0))
        greeter.join()


def test_a_silent_port_is_given_up_in_time() -> None:
    """Something that accepts and says nothing does not hold the caller."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        started = time.monotonic()
        with pytest.raises(ServerAwayError) as away:
            connect(Endpoint(name="office", port=port, user="watcher", read_timeout_seconds=0.5))
        assert away.value.reason == "timeout"
        assert time.monotonic() - started < 3


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"host": "no-such-machine.invalid"}, "unknown-host"),
        ({"socket": "/nonexistent/mysqld.sock"}, "away"),
        ({"port": 1}, "refused"),
    ],
)
def test_where_there_is_no_server(settings: dict[str, object], reason: str) -> None:
    """Each has its own word, and the message names the server of the configuration."""
    with pytest.raises(ServerAwayError, match="office: ") as away:
        connect(Endpoint(name="office", user="watcher", **settings))
    assert away.value.reason == reason
