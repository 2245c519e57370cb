"""Servers with the whole practice in them, kept from one run to the next: loading takes minutes."""

import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import pymysql

from querywatch.demo.practice import LoadProgress, load_practice
from querywatch.demo.schema import DATABASE, parse_facts
from querywatch.demo.server import PrivateServer

IMAGES = ("mariadb:10.11", "mysql:9.7")
_HOST = "127.0.0.1"
_START_SECONDS = 120.0
# As Open Dental's maker sets a server up; without what only takes the loader's time.
_OPTIONS = (
    *("--sql-mode=", "--default-storage-engine=MyISAM", "--character-set-server=utf8mb3"),
    *("--skip-log-bin", "--skip-name-resolve", "--performance-schema=OFF"),
    *("--key-buffer-size=256M", "--myisam-sort-buffer-size=256M", "--innodb-buffer-pool-size=64M"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptServer:
    """A server in a container of its own that is stopped, not removed, after a run."""

    image: str
    port: int

    @contextmanager
    def connect(self, database: str | None = None) -> Iterator["pymysql.Connection[Any]"]:
        """One connection as root; closed at the end."""
        connection = pymysql.connect(
            host=_HOST, port=self.port, user="root", database=database, charset="utf8mb4", autocommit=True
        )
        try:
            yield connection
        finally:
            connection.close()


@contextmanager
def keep_server(image: str, *, stops: bool = True) -> Iterator[KeptServer]:
    """The server with the practice at its full size; loaded the first time."""
    name = f"querywatch-agreement-{image.replace(':', '-')}"
    if _run(["docker", "ps", "--all", "--quiet", "--filter", f"name=^{name}$"]):
        _run(["docker", "start", name])
    else:
        options = ["--env", "MYSQL_ALLOW_EMPTY_PASSWORD=1", "--publish", f"{_HOST}::3306"]
        _run(["docker", "run", "--detach", "--name", name, *options, image, *_OPTIONS])
    port = int(_run(["docker", "port", name, "3306"]).splitlines()[0].rpartition(":")[2])
    server = KeptServer(image=image, port=port)
    try:
        _await(server)
        if not _is_loaded(server):
            _load(server)
        yield server
    finally:
        if stops:
            _run(["docker", "stop", name])


def _run(command: Sequence[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _await(server: KeptServer) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            with server.connect():
                return
        except pymysql.Error:
            if time.monotonic() > deadline:
                raise
            time.sleep(1.0)


def _is_loaded(server: KeptServer) -> bool:
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'loaded'")
        return bool(cursor.fetchall()[0][0])


def _load(server: KeptServer) -> None:
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
        cursor.execute("DROP DATABASE IF EXISTS querywatch_demo_numbers")
    print(f"{server.image}: loading", flush=True)
    started = time.monotonic()
    load_practice(cast("PrivateServer", server), scale=1.0, progress=_tell_nothing)
    with server.connect(DATABASE) as connection, connection.cursor() as cursor:
        for table in parse_facts():
            cursor.execute(f"ANALYZE TABLE `{table.name}`")
            cursor.fetchall()
        cursor.execute("CREATE DATABASE loaded")
    print(f"{server.image}: loaded in {time.monotonic() - started:.0f} s", flush=True)


def _tell_nothing(_: LoadProgress) -> None:
    pass
