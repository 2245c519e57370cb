"""What reading the definitions of 426 tables costs each server, cold and warm, a few at a time and all at once.

usage: python tests/benchmarks/schema_cost.py [SERVER ...]
"""

import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, cast

sys.path.insert(0, str(Path(__file__).parent.parent))

from server.servers import CHOICES, PRACTICE, RunningServer, find_choice, start

from querywatch.db.connection import Connection, connect
from querywatch.demo.schema import DATABASE, parse_facts, render_create
from querywatch.sources.schema import SchemaSource
from querywatch.sources.tables import read_definitions, read_sizes

TABLES = 426  # an Open Dental database has so many
_SERVERS = tuple(choice.name for choice in CHOICES if not choice.name.endswith("-ps"))


class Timed:
    """A connection that notes how long each statement took."""

    def __init__(self, connection: Connection) -> None:
        self.server = connection.server
        self._connection = connection
        self.seconds: list[float] = []

    def read(self, statement: str, parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        started = time.monotonic()
        try:
            return self._connection.read(statement, parameters)
        finally:
            self.seconds.append(time.monotonic() - started)


def create_tables(server: RunningServer) -> list[str]:
    """The demo's tables, again and again under other names."""
    server.execute("DROP TABLE patient, ProcedureLog", "DROP VIEW patientview", database=PRACTICE)
    server.execute(
        f"ALTER DATABASE {PRACTICE} CHARACTER SET utf8"
    )  # keys of four-byte characters are too long
    facts = parse_facts()
    names = [f"{fact.name}_{turn}" if turn else fact.name for turn in range(8) for fact in facts][:TABLES]
    creates = [
        render_create(fact).replace(f"`{DATABASE}`.`{fact.name}`", f"`{DATABASE}`.`{name}`")
        for fact, name in zip(facts * 8, names, strict=False)
    ]
    server.execute(*creates, database=PRACTICE)
    return names


def measure(what: str, server: RunningServer, read: Callable[[Connection], None]) -> str:
    """One line: statements, the longest and all of them, cold and warm."""
    parts = []
    for state in ("cold", "warm"):
        if state == "cold":
            server.execute("FLUSH TABLES")
        with closing(connect(server.watcher())) as connection:
            timed = Timed(connection)
            read(cast("Connection", timed))
        longest, total = max(timed.seconds) * 1000, sum(timed.seconds) * 1000
        parts.append(
            f"{state}: {len(timed.seconds):3} statements, longest {longest:4.0f} ms, all {total:5.0f} ms"
        )
    return f"{server.name:14} {what:22} {'   '.join(parts)}"


def read_whole(connection: Connection, names: list[str]) -> None:
    """All tables in three statements."""
    read_sizes(connection, PRACTICE, names)
    read_definitions(connection, PRACTICE, names)


def read_round(connection: Connection, source: SchemaSource, now: float) -> None:
    """A round to its end."""
    while source.read_some(connection, now) is None:
        pass


def read_new_round(connection: Connection) -> None:
    """The first round of a watch."""
    read_round(connection, SchemaSource((PRACTICE,), 3600.0), 0.0)


def main() -> None:
    """Each server in turn."""
    for name in sys.argv[1:] or _SERVERS:
        with start(find_choice(name)) as server:
            names = create_tables(server)
            with closing(connect(server.watcher())) as connection:
                known = SchemaSource((PRACTICE,), 3600.0)
                read_round(connection, known, 0.0)
            sizes = iter((600.0, 1_200.0))
            for what, read in (
                ("all at once", lambda connection: read_whole(connection, names)),  # noqa: B023 - used in this turn
                ("in rounds", read_new_round),
                ("in rounds, sizes alone", lambda connection: read_round(connection, known, next(sizes))),  # noqa: B023
            ):
                print(measure(what, server, read), flush=True)


if __name__ == "__main__":
    main()
