"""Opens connections that only read and speak the package's own errors: the only importer of pymysql."""

import contextlib
import math
import re
import socket
import ssl
import struct
import time
from collections.abc import Callable
from typing import Any

import pymysql
from pymysql.constants import FIELD_TYPE
from pymysql.converters import encoders

from querywatch.db import faults, server
from querywatch.db.endpoint import Endpoint, PlainReason, TlsMode, build_tls_context
from querywatch.errors import LoginError, ServerAwayError, ServerError
from querywatch.model import ServerInfo
from querywatch.outward import parse_name
from querywatch.sql.guard import GuardedSelect

__all__ = ["PROGRAM_NAME", "STATEMENTS", "Connection", "Endpoint", "PlainReason", "TlsMode", "connect"]

PROGRAM_NAME = "querywatch"
_TLS_NOT_OFFERED = 2026
# What the driver raises, beside its own errors, on an answer that is not the protocol's.
_GARBLED = (AssertionError, AttributeError, LookupError, NameError, TypeError, ValueError, struct.error)
# ... and when an account's login method needs a library that is not there, or a server asks us for a file.
_DRIVER_REFUSES = (RuntimeError, NotImplementedError)

_WHO_ARE_YOU = "SELECT VERSION(), @@version_comment, CONNECTION_ID()"
_TLS_VERSION = "SHOW SESSION STATUS LIKE 'Ssl_version'"
_SET_READ_ONLY = "SET SESSION TRANSACTION READ ONLY"
_SET_ALWAYS = (
    "SET SESSION time_zone = '+00:00', SESSION sql_mode = '', SESSION lock_wait_timeout = %s, "
    "SESSION net_read_timeout = %s, SESSION net_write_timeout = %s"
)
_SET_MAX_STATEMENT_TIME = "SET SESSION max_statement_time = %s"
_SET_MAX_EXECUTION_TIME = "SET SESSION max_execution_time = %s"
_SET_STATS_EXPIRY = "SET SESSION information_schema_stats_expiry = 0"
_READING = ("SELECT ", "SHOW ", "SET STATEMENT max_statement_time = %s FOR SHOW EXPLAIN ")
EXPLAIN = "EXPLAIN FORMAT=TRADITIONAL "  # and a SELECT that the guard wrote
_DRIVERS_OWN = ("SET NAMES utf8mb4", "SET AUTOCOMMIT = 1")
STATEMENTS = (
    _WHO_ARE_YOU,
    _TLS_VERSION,
    _SET_READ_ONLY,
    _SET_ALWAYS,
    _SET_MAX_STATEMENT_TIME,
    _SET_MAX_EXECUTION_TIME,
    _SET_STATS_EXPIRY,
    *_DRIVERS_OWN,
)


def _decode_text(raw: bytes) -> str:
    # Other people's statements hold bytes that are no UTF-8; one of them must not end a poll.
    return raw.decode("utf-8", "replace")


def _decode_decimal(raw: bytes) -> int | float:
    # Sums of 64-bit counters arrive as DECIMAL: a float would round them.
    return float(raw) if b"." in raw else int(raw)


_NUMBERS: dict[int, Callable[[bytes], Any]] = {
    FIELD_TYPE.TINY: int,
    FIELD_TYPE.SHORT: int,
    FIELD_TYPE.INT24: int,
    FIELD_TYPE.LONG: int,
    FIELD_TYPE.LONGLONG: int,
    FIELD_TYPE.FLOAT: float,
    FIELD_TYPE.DOUBLE: float,
    FIELD_TYPE.DECIMAL: _decode_decimal,
    FIELD_TYPE.NEWDECIMAL: _decode_decimal,
}
_CONVERTERS: dict[Any, Any] = {**dict.fromkeys(range(256), _decode_text), **_NUMBERS, **encoders}


class Connection:
    """One connection that only reads. Used by one thread, except for `abort`."""

    def __init__(
        self,
        endpoint: Endpoint,
        driver: "pymysql.connections.Connection[Any]",
        lifeline: socket.socket,
        why_plain: PlainReason,
    ) -> None:
        self._endpoint = endpoint
        self._driver = driver
        self._lifeline = lifeline
        self._aborted = False
        # By the server, at the most: what was waited here, without the way there and back.
        self.seconds_spent = 0.0
        self._fastest_seconds = math.inf
        self.statements_sent = 0
        self._introduce()
        self.plain_reason = None if self.tls_version else why_plain  # None: the connection is encrypted
        self._set_session()

    def read(self, statement: str, parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """The rows of one SELECT or SHOW; text is str, NULL is None, DECIMAL is int or float.

        Raises one of the `ServerError`s; only after `ServerAwayError` is the connection lost.
        """
        if not statement.startswith(_READING):
            raise ValueError("querywatch sends SELECT and SHOW alone")
        return self._run(statement, parameters)

    def explain(self, select: GuardedSelect) -> list[tuple[Any, ...]]:
        """The rows of EXPLAIN for a SELECT that the guard has written; raises as `read` does.

        Whoever asks has made sure that the account may neither write nor execute anything.
        """
        return self._run(f"{EXPLAIN}{select.text}", ())

    def close(self) -> None:
        """Says goodbye and closes; harmless when it is closed already."""
        with contextlib.suppress(pymysql.Error, OSError, ValueError):
            self._driver.close()
        self._lifeline.close()

    def abort(self) -> None:
        """Ends the connection, from any thread; a read that hangs in another raises `ServerAwayError`."""
        self._aborted = True
        with contextlib.suppress(OSError):
            self._lifeline.shutdown(socket.SHUT_RDWR)

    def _introduce(self) -> None:
        try:
            banner, comment, connection_id = self._run(_WHO_ARE_YOU, ())[0]
            self.server = _describe_server(self._endpoint.name, parse_name(banner), parse_name(comment))
            self.connection_id = int(connection_id)
            self.tls_version = _parse_tls_version(self._run(_TLS_VERSION, ())[0][1])
        except (IndexError, TypeError, ValueError) as error:
            raise self._translate(error) from error

    def _set_session(self) -> None:
        wait_seconds = max(1, round(self._endpoint.read_timeout_seconds))
        lock_wait_seconds = 0 if server.can_refuse_to_wait(self.server) else 1
        self._run(_SET_ALWAYS, (lock_wait_seconds, wait_seconds, wait_seconds))
        limit_seconds = self._endpoint.statement_timeout_seconds
        if server.has_max_statement_time(self.server):
            self._run(_SET_MAX_STATEMENT_TIME, (limit_seconds,))
        if server.has_max_execution_time(self.server):
            self._run(_SET_MAX_EXECUTION_TIME, (round(limit_seconds * 1000),))
        if server.has_information_schema_stats_expiry(self.server):
            self._run(_SET_STATS_EXPIRY, ())
        if server.has_read_only_sessions(self.server):
            self._run(_SET_READ_ONLY, ())

    def _run(self, statement: str, parameters: tuple[object, ...]) -> list[tuple[Any, ...]]:
        started = time.monotonic()
        try:
            with self._driver.cursor() as cursor:
                cursor.execute(statement, parameters or None)
                return list(cursor.fetchall())
        except (pymysql.Error, OSError, *_GARBLED, *_DRIVER_REFUSES) as error:
            raise self._translate(error) from error
        finally:
            self.statements_sent += 1
            # The network's part of every statement is that of the fastest, which asks a server for next to nothing.
            waited_seconds = time.monotonic() - started
            self._fastest_seconds = min(self._fastest_seconds, waited_seconds)
            self.seconds_spent += waited_seconds - self._fastest_seconds

    def _translate(self, error: BaseException) -> ServerError:
        name = self._endpoint.name
        if self._aborted:
            return ServerAwayError(f"{name}: the connection was given up", reason="aborted")
        if not isinstance(error, pymysql.Error) or _is_garbled(error):
            return ServerAwayError(f"{name}: the answer is not a MySQL server's", reason="protocol")
        timed_out = isinstance(error.__context__, TimeoutError)
        return faults.translate_statement_fault(name, _find_code(error), timed_out=timed_out)


def connect(endpoint: Endpoint) -> Connection:
    """A connection set to reading; raises `ServerAwayError`, `LoginError` or another `ServerError`."""
    if endpoint.fault:
        raise LoginError(endpoint.fault, reason="configuration")
    if endpoint.tls.verifies:
        return _open(endpoint, endpoint.tls, PlainReason.NOT_OFFERED)
    if endpoint.tls is TlsMode.OFF or endpoint.socket:
        return _open(endpoint, TlsMode.OFF, PlainReason.SOCKET if endpoint.socket else PlainReason.OFF)
    try:
        return _open(endpoint, TlsMode.PREFERRED, PlainReason.NOT_OFFERED)
    except LoginError as refused:
        if refused.reason != "tls":
            raise
    return _open(endpoint, TlsMode.OFF, PlainReason.HANDSHAKE_FAILED)


def _open(endpoint: Endpoint, mode: TlsMode, why_plain: PlainReason) -> Connection:
    wire = _reach(endpoint)
    # The driver wraps or closes the socket it is given; a duplicate stays ours, and can end both.
    lifeline = wire.dup()
    try:
        driver = _log_in(endpoint, mode, wire)
        connection = Connection(endpoint, driver, lifeline, why_plain)
    except BaseException:
        wire.close()
        lifeline.close()
        raise
    if mode.verifies and connection.tls_version is None:
        connection.close()
        raise faults.translate_login_fault(endpoint.name, endpoint.user, _TLS_NOT_OFFERED)
    return connection


def _reach(endpoint: Endpoint) -> socket.socket:
    try:
        return _reach_socket(endpoint.socket, endpoint) if endpoint.socket else _reach_host(endpoint)
    except socket.gaierror as error:
        raise faults.describe_unknown_host(endpoint.name, endpoint.host) from error
    except ValueError as error:  # no name at all: 'db..office', a part of more than 63 letters, a NUL
        raise faults.describe_unknown_host(endpoint.name, endpoint.socket or endpoint.host) from error
    except OSError as error:
        raise faults.translate_network_fault(endpoint.name, endpoint.address, error) from error


def _reach_socket(path: str, endpoint: Endpoint) -> socket.socket:
    wire = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    wire.settimeout(endpoint.connect_timeout_seconds)
    try:
        wire.connect(path)
    except OSError:
        wire.close()
        raise
    return wire


def _reach_host(endpoint: Endpoint) -> socket.socket:
    wire = socket.create_connection((endpoint.host, endpoint.port), endpoint.connect_timeout_seconds)
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return wire


def _log_in(endpoint: Endpoint, mode: TlsMode, wire: socket.socket) -> "pymysql.connections.Connection[Any]":
    try:
        driver = _build_driver(endpoint, mode)
        driver.connect(wire)
    except (pymysql.Error, OSError, *_GARBLED, *_DRIVER_REFUSES) as error:
        raise _translate_login(endpoint, error) from error
    return driver


def _build_driver(endpoint: Endpoint, mode: TlsMode) -> "pymysql.connections.Connection[Any]":
    context = build_tls_context(endpoint, mode) if mode.verifies else None
    return pymysql.connections.Connection(
        host=endpoint.host,
        user=endpoint.user,
        password=endpoint.password,
        charset="utf8mb4",
        use_unicode=False,  # bytes, for `_CONVERTERS` to decode: the driver would stop at the first bad one
        conv=_CONVERTERS,
        autocommit=True,
        program_name=PROGRAM_NAME,
        read_timeout=endpoint.read_timeout_seconds,
        write_timeout=endpoint.read_timeout_seconds,
        ssl=context,  # without one, TLS is used where the server offers it
        ssl_disabled=mode is TlsMode.OFF,
        defer_connect=True,
    )


def _translate_login(endpoint: Endpoint, error: BaseException) -> ServerError:
    name = endpoint.name
    if isinstance(error, ServerError):
        return error
    if isinstance(error, AttributeError):
        # The driver calls a function for hashes from before MySQL 4.1 that it no longer has.
        return faults.translate_login_fault(name, endpoint.user, None)
    if isinstance(error, _DRIVER_REFUSES):
        return faults.translate_login_fault(name, endpoint.user, 2059)
    if not isinstance(error, pymysql.Error) or _is_garbled(error):
        return ServerAwayError(f"{name}: {endpoint.address} is not a MySQL server", reason="protocol")
    return _translate_driver_login(endpoint, error)


def _translate_driver_login(endpoint: Endpoint, error: pymysql.Error) -> ServerError:
    name = endpoint.name
    # The driver wraps what the network says, and keeps the original beside it.
    fault = getattr(error, "original_exception", None)
    if isinstance(fault, ssl.SSLError):
        return faults.translate_tls_fault(name, endpoint.host, fault)
    fault = fault or error.__context__
    if isinstance(fault, OSError):
        return faults.translate_network_fault(name, endpoint.address, fault)
    return faults.translate_login_fault(name, endpoint.user, _find_code(error))


def _is_garbled(error: pymysql.Error) -> bool:
    # An answer out of turn is an InternalError without a number.
    return isinstance(error, pymysql.InternalError) and _find_code(error) is None


def _find_code(error: BaseException) -> int | None:
    code = error.args[0] if error.args else None
    return code if isinstance(code, int) and code > 0 else None


def _parse_tls_version(text: str) -> str | None:
    if not text:
        return None
    return text if re.fullmatch(r"TLSv[\d.]{1,4}", text) else "TLS of a version without a name"


def _describe_server(name: str, banner: str, comment: str) -> ServerInfo:
    try:
        flavour, version = server.parse_version(banner, comment)
    except ValueError as error:
        raise ServerError(f"{name}: the server does not say its version", reason="unsupported") from error
    return ServerInfo(name=name, flavour=flavour, version=version)
