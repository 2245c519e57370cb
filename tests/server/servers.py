"""The real servers that tests talk to: which there are, and how one of them is started."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymysql

from querywatch.db.connection import Endpoint
from querywatch.db.grants import PASSWORD_PLACEHOLDER, render_grants
from querywatch.demo.backends import ServerEvidence, find_backend
from querywatch.model import Flavour

PRACTICE = "opendental"
_WATCHER = "watcher"
_WATCHER_PASSWORD = "only for tests"
_START_SECONDS = 120.0
_PATIENCE_SECONDS = 20.0
_SMALL = ("--innodb-buffer-pool-size=32M", "--skip-name-resolve", "--skip-external-locking")

# One row a table is enough to see whether a row can be read.
_TABLES = (
    (
        "CREATE TABLE patient (PatNum BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, LName VARCHAR(100), "
        "Note TEXT, DateTStamp TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, "
        "KEY indexLName (LName(10), PatNum), FULLTEXT KEY indexNote (Note)) ENGINE=MyISAM"
    ),
    (
        "CREATE TABLE ProcedureLog (ProcNum BIGINT NOT NULL PRIMARY KEY, PatNum BIGINT, ProcFee DOUBLE, "
        "UNIQUE KEY ProcPat (ProcNum, PatNum)) ENGINE=InnoDB"
    ),
    "CREATE VIEW patientview AS SELECT PatNum FROM patient",
)
_SERVERS_OWN = (b"system user", b"event_scheduler")
_ROWS = (
    "DELETE FROM patient",
    "INSERT INTO patient (PatNum, LName, Note) VALUES (1, 'Abbott', 'one'), (2, 'Baker', 'two'), (3, 'Cole', 'three')",
    "DELETE FROM ProcedureLog",
    "INSERT INTO ProcedureLog VALUES (1, 1, 10), (2, 1, 20), (3, 2, 30)",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One server to test against: an image and its options."""

    name: str
    image: str | None  # None: the machine's own mariadbd
    flavour: Flavour
    performance_schema: bool
    options: tuple[str, ...] = ()


def _choose(image: str, *, performance_schema: bool | None = None) -> Choice:
    name = image.replace(":", "-")
    if performance_schema is None:
        return Choice(name=name, image=image, flavour=Flavour.MYSQL, performance_schema=True)
    return Choice(
        name=f"{name}-ps" if performance_schema else name,
        image=image,
        flavour=Flavour.MARIADB,
        performance_schema=performance_schema,
        options=("--performance-schema=ON",) if performance_schema else (),
    )


CHOICES = (
    _choose("mysql:5.6"),
    _choose("mysql:9.7"),
    *(
        _choose(f"mariadb:{version}", performance_schema=performance_schema)
        for version in ("10.5", "10.11", "11.8")
        for performance_schema in (False, True)
    ),
)
LOCAL_CHOICES = tuple(
    Choice(
        name="mariadb-local-ps" if performance_schema else "mariadb-local",
        image=None,
        flavour=Flavour.MARIADB,
        performance_schema=performance_schema,
        options=("--performance-schema=ON",) if performance_schema else (),
    )
    for performance_schema in (False, True)
)


class RunningServer:
    """A started server with a practice's database, an administrator and the least-privileged account."""

    def __init__(self, choice: Choice, host: str, port: int, run: Callable[[str], str] | None = None) -> None:
        self.choice = choice
        self.name = choice.name
        self.flavour = choice.flavour
        self.performance_schema = choice.performance_schema
        self.host = host
        self.port = port
        self.run = run  # a shell command inside the container
        self.restart: Callable[[], None] | None = None  # of a server that was started as a lasting one

    def client(self, user: str, password: str = "", **options: Any) -> "pymysql.connections.Connection[Any]":
        """A connection of some other program."""
        plain = {"ssl_disabled": True, "autocommit": True}
        return pymysql.connect(
            host=self.host, port=self.port, user=user, password=password, **{**plain, **options}
        )

    def root(self, **options: Any) -> "pymysql.connections.Connection[Any]":
        """An administrator's connection."""
        return self.client("root", **options)

    def execute(self, *statements: str, database: str | None = None) -> tuple[tuple[Any, ...], ...]:
        """Runs statements as the administrator; the rows of the last."""
        with self.root(database=database) as root, root.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return tuple(cursor.fetchall())

    def create_account(self, user: str, *grants: str, password: str = "") -> None:
        """An account, new, with these grants ('SELECT ON opendental.*')."""
        with contextlib.suppress(pymysql.err.OperationalError):
            self.execute(f"DROP USER '{user}'@'%'")
        self.execute(
            f"CREATE USER '{user}'@'%' IDENTIFIED BY '{password}'",
            *(f"GRANT {grant} TO '{user}'@'%'" for grant in grants),
        )

    def await_end(self, session_id: int) -> None:
        """Returns once a closed session is gone: all that it ran has reached the counters then."""
        self._await_sessions(lambda row: row[0] == session_id, 0)

    def await_sleeping(self, account: str, sessions: int = 1) -> None:
        """Returns once so many sessions of an account are within a SLEEP."""
        wanted = (account.encode(), b"User sleep")
        self._await_sessions(lambda row: (row[1], row[6]) == wanted, sessions)

    def _await_sessions(self, is_one: Callable[[tuple[Any, ...]], bool], number: int) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        # Not by information_schema, which MySQL 8 and later refuse to read while a text holds an emoji; as bytes,
        # for a text may be anything.
        with self.root(use_unicode=False) as root, root.cursor() as cursor:
            while True:
                cursor.execute("SHOW PROCESSLIST")
                if sum(map(is_one, cursor.fetchall())) == number:
                    return
                assert time.monotonic() < deadline, f"never {number} such sessions"
                time.sleep(0.005)

    def endpoint(self, user: str, password: str = "", **settings: Any) -> Endpoint:
        """Where querywatch would find this server."""
        return Endpoint(
            name=self.name, host=self.host, port=self.port, user=user, password=password, **settings
        )

    def watcher(self, **settings: Any) -> Endpoint:
        """The least-privileged account, made of what `grants` prints."""
        return self.endpoint(_WATCHER, _WATCHER_PASSWORD, **settings)

    def set_up(self) -> None:
        """The practice's database, and the account."""
        self.execute(f"CREATE DATABASE {PRACTICE}")
        self.execute(*_TABLES, *_ROWS, database=PRACTICE)
        script = render_grants(
            user=_WATCHER,
            host="%",
            databases=[PRACTICE],
            flavour=self.flavour,
            performance_schema=self.performance_schema,
        )
        self.execute(*split_script(script.replace(PASSWORD_PLACEHOLDER, _WATCHER_PASSWORD)))

    def tidy(self) -> None:
        """Ends what tests left running, drops the tables they left in the practice, and puts its rows back."""
        with self.root(use_unicode=False) as root, root.cursor() as cursor:
            cursor.execute("SHOW PROCESSLIST")
            left = [
                row[0]
                for row in cursor.fetchall()
                if row[0] != root.thread_id() and row[1] not in _SERVERS_OWN
            ]
            for session_id in left:
                with contextlib.suppress(pymysql.MySQLError):  # it may have ended by now
                    cursor.execute(f"KILL {session_id}")
        # MySQL 5.6 may keep one whose client is gone without a word, as killed, for many minutes: it does nothing more.
        self._await_sessions(lambda row: row[0] in left and row[4] != b"Killed", 0)
        tables = self.execute(
            "SELECT TABLE_NAME FROM information_schema.TABLES "
            f"WHERE TABLE_SCHEMA = '{PRACTICE}' AND TABLE_TYPE = 'BASE TABLE'"
        )
        others = [name for (name,) in tables if name.casefold() not in {"patient", "procedurelog"}]
        self.execute(*(f"DROP TABLE `{name}`" for name in others), *_ROWS, database=PRACTICE)


def split_script(script: str) -> Sequence[str]:
    """The statements of a script without its comments."""
    lines = (line for line in script.splitlines() if not line.startswith("--"))
    return [statement.strip() for statement in "\n".join(lines).split(";") if statement.strip()]


def find_choice(name: str) -> Choice:
    """The server of that name."""
    return next(choice for choice in CHOICES if choice.name == name)


def find_choices() -> tuple[tuple[Choice, ...], tuple[str, ...]]:
    """The servers there are on this machine, and the names of those left out."""
    if _docker_answers():
        return CHOICES, ()
    left_out = tuple(choice.name for choice in CHOICES)
    return (LOCAL_CHOICES if shutil.which("mariadbd") else ()), left_out


def _docker_answers() -> bool:
    """Whether an engine listens; asked without Docker's client, which leaves its socket open when none does."""
    address = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    scheme, _, place = address.partition("://")
    if scheme != "unix":
        return True  # somebody chose an engine elsewhere
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(place) == 0


@contextmanager
def start(
    choice: Choice,
    *,
    settings: Sequence[str] = (),
    files: Mapping[str, bytes] | None = None,
    lasting: bool = False,
) -> Iterator[RunningServer]:
    """The server, ready, with a practice in it; gone afterwards. `files` are put into its container.

    A lasting one keeps its data and its port when it is restarted; it wants Docker.
    """
    options = (*_SMALL, *choice.options, *settings)
    running = (
        _start_container(choice, options, files or {}, lasting=lasting)
        if choice.image
        else _start_local(choice, options)
    )
    with running as server:
        _await_login(server)
        server.set_up()
        yield server


@contextmanager
def _start_container(
    choice: Choice, options: Sequence[str], files: Mapping[str, bytes], *, lasting: bool
) -> Iterator[RunningServer]:
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415

    container = (
        DockerContainer(str(choice.image), labels={"querywatch": "tests"})
        .with_env("MYSQL_ALLOW_EMPTY_PASSWORD", "1")
        .with_env("MARIADB_ALLOW_EMPTY_ROOT_PASSWORD", "1")
        .with_command(list(options))
    )
    if lasting:
        container.with_bind_ports(3306, find_free_port())
    else:
        container.with_exposed_ports(3306).with_tmpfs_mount("/var/lib/mysql")
    for path, content in files.items():
        container.with_copy_into_container(content, path)
    with container:
        host, port = container.get_container_host_ip(), int(container.get_exposed_port(3306))
        # 'localhost' may be ::1, where nothing is exposed.
        host = "127.0.0.1" if host == "localhost" else host
        server = RunningServer(choice, host, port, lambda command: _run_inside(container, command))
        if lasting:
            server.restart = lambda: _restart(container, server)
        yield server


def _restart(container: Any, server: RunningServer) -> None:
    """As after a power cut."""
    container.get_wrapped_container().kill()
    container.get_wrapped_container().start()
    _await_login(server)


def _run_inside(container: Any, command: str) -> str:
    result = container.exec(["sh", "-c", command])
    assert result.exit_code == 0, result.output.decode()
    return str(result.output.decode())


@contextmanager
def _start_local(choice: Choice, options: Sequence[str]) -> Iterator[RunningServer]:
    """The machine's own server, set up as the demo sets its own up."""
    directory, port = Path(tempfile.mkdtemp(prefix="querywatch-tests-")), find_free_port()
    try:
        launch = find_backend().prepare(directory, port, "", ServerEvidence.PROCESSLIST)
        with subprocess.Popen([*launch.command, *options], stderr=subprocess.DEVNULL) as process:
            try:
                yield RunningServer(choice, "127.0.0.1", port)
            finally:
                process.terminate()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_login(server: RunningServer) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            server.execute("SELECT 1")
        except (pymysql.err.MySQLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return
