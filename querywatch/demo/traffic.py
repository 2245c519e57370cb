"""What everybody in the demo's crowd shares: a connection that counts itself, and turns taken at a pace."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pymysql
from pymysql.cursors import SSCursor

# What a client meets when its server ends, or ends its session, or its own connection was closed.
SERVER_GONE = (pymysql.err.OperationalError, pymysql.err.InterfaceError, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorCounts:
    """What one account sent, by its own count; `seconds` is how long it waited for answers."""

    statements: int = 0
    writes: int = 0
    seconds: float = 0.0

    def plus(self, other: "VendorCounts") -> "VendorCounts":
        """Both together."""
        return VendorCounts(
            statements=self.statements + other.statements,
            writes=self.writes + other.writes,
            seconds=self.seconds + other.seconds,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where the crowd's database is."""

    host: str
    port: int
    database: str


class CountedConnection:
    """One connection that counts every statement it sends, and those that changed a row."""

    def __init__(self, target: Target, user: str, password: str) -> None:
        self._connection = pymysql.connect(
            host=target.host,
            port=target.port,
            database=target.database,
            user=user,
            password=password,
            charset="utf8mb4",
            autocommit=True,  # the servers' own default: the driver has nothing to set
        )
        self.counts = VendorCounts(statements=1)  # the driver's SET NAMES

    def close(self) -> None:
        """End it, whatever state it is in."""
        with suppress(*SERVER_GONE):
            self._connection.close()

    def read(self, statement: str, *values: object) -> tuple[tuple[Any, ...], ...]:
        """All rows at once."""
        with self._counted(), self._connection.cursor() as cursor:
            cursor.execute(statement, values)
            return tuple(cursor.fetchall())

    def stream(self, statement: str, *values: object) -> int:
        """Reads the rows one by one as the server finds them, keeps none, and returns how many there were."""
        with self._counted(), self._connection.cursor(SSCursor) as cursor:
            cursor.execute(statement, values)
            return sum(1 for _ in cursor.fetchall_unbuffered())

    def write(self, statement: str, *values: object) -> None:
        """One INSERT or UPDATE."""
        with self._counted(writes=1), self._connection.cursor() as cursor:
            cursor.execute(statement, values)

    @contextmanager
    def _counted(self, writes: int = 0) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        seconds = time.perf_counter() - begin
        self.counts = self.counts.plus(VendorCounts(statements=1, writes=writes, seconds=seconds))


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What one agent works with: its connection, its dice, and how many rows each table began with."""

    connection: CountedConnection
    dice: random.Random
    rows: Mapping[str, int]

    def pick_key(self, table: str) -> int:
        """The primary key of some row."""
        return self.dice.randint(1, self.rows[table])


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """One kind of client: so many agents on one account, each with a connection, each taking turns."""

    name: str
    account: str
    agents: int
    interval_seconds: float
    turn: Callable[[Desk], None]


def run_agent(actor: Actor, desk: Desk, stop: threading.Event) -> None:
    """Take turns at the actor's pace, from a random moment on, until told to stop or the server is gone."""
    due = time.monotonic() + desk.dice.uniform(0, actor.interval_seconds)
    with suppress(*SERVER_GONE):
        while not stop.wait(max(0.0, due - time.monotonic())):
            actor.turn(desk)
            # What was missed stays missed: a slow server does not get a burst on top.
            due = max(due + actor.interval_seconds, time.monotonic() - actor.interval_seconds)
    desk.connection.close()
