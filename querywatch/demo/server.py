"""A real database server of the demo's own: started on a free port, gone without a trace afterwards."""

import contextlib
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pymysql

from querywatch.demo.backends import Backend, Launch, ServerEvidence, find_backend, render_last_error
from querywatch.errors import DemoError
from querywatch.model import Flavour

_HOST = "127.0.0.1"
_START_SECONDS = 180.0  # Docker may have to fetch its image first


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """One account of a private server."""

    user: str
    password: str = field(repr=False)


class PrivateServer:
    """A running server; `close` ends it and takes its directory away, and so does the end of this process."""

    def __init__(self, evidence: ServerEvidence, backend: Backend | None = None) -> None:
        self.host = _HOST
        self.root = Login(user="root", password=secrets.token_hex(16))
        backend = backend or find_backend()
        self.flavour = backend.flavour
        self.evidence = _find_evidence(evidence, backend.flavour)
        with ExitStack() as stack:
            self._directory = Path(tempfile.mkdtemp(prefix="querywatch-demo-"))
            stack.callback(shutil.rmtree, self._directory, ignore_errors=True)
            self.port = _find_free_port()
            launch = backend.prepare(self._directory, self.port, self.root.password, self.evidence)
            self.socket = launch.socket
            self._guard = _start_guarded(launch, self._directory)
            stack.callback(self._end_guard)
            self.version_text = self._await_version()
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the server and remove its directory; a second call does nothing."""
        self._stack.close()

    @contextmanager
    def connect(
        self, login: Login | None = None, database: str | None = None
    ) -> Iterator[pymysql.Connection]:
        """One connection, as root unless told otherwise; closed at the end."""
        connection = self._open(login or self.root, database)
        try:
            yield connection
        finally:
            connection.close()

    def _open(self, login: Login, database: str | None = None) -> pymysql.Connection:
        return pymysql.connect(
            host=self.host,
            port=self.port,
            user=login.user,
            password=login.password,
            database=database,
            autocommit=True,
            charset="utf8mb4",
            connect_timeout=5,
        )

    def _await_version(self) -> str:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._guard.poll() is None:
            with contextlib.suppress(pymysql.err.OperationalError, OSError), self.connect() as connection:
                return _read_version(connection)
            time.sleep(0.05)
        raise DemoError(f"the private server did not start: {render_last_error(self._directory)}")

    def _end_guard(self) -> None:
        if self._guard.stdin is not None:
            self._guard.stdin.close()
        self._guard.wait()


def _find_evidence(asked: ServerEvidence, flavour: Flavour) -> ServerEvidence:
    """MySQL has no userstat: its performance schema is the next source up."""
    if flavour is Flavour.MYSQL and asked is ServerEvidence.USERSTAT:
        return ServerEvidence.FULL
    return asked


def _read_version(connection: pymysql.Connection) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT VERSION()")
        ((version,),) = cursor.fetchall()
        return str(version)


def _find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _start_guarded(launch: Launch, directory: Path) -> subprocess.Popen[bytes]:
    """Start it in a session of its own: a Ctrl-C is for the demo, which then ends the server in its turn."""
    guard = [sys.executable, "-m", "querywatch.demo.guard", "--remove", str(directory)]
    if launch.container is not None:
        guard += ["--container", launch.container]
    with (directory / "server.log").open("ab") as log:
        return subprocess.Popen(
            [*guard, "--", *launch.command],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
