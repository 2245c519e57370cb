"""Switches the consumers of the performance schema, and puts them back."""

from collections.abc import Iterator
from contextlib import contextmanager

from server.servers import RunningServer

_ALL = "NAME LIKE 'events_statements\\_%' AND NAME NOT LIKE '%cpu'"


@contextmanager
def consuming(server: RunningServer, *names: str) -> Iterator[None]:
    """With these consumers of statements on, and no other."""
    consumers = "performance_schema.setup_consumers"
    before = dict(server.execute(f"SELECT NAME, ENABLED FROM {consumers} WHERE {_ALL}"))
    wanted = {name: "YES" if name in names else "NO" for name in before}
    try:
        _switch(server, wanted)
        yield
    finally:
        _switch(server, before)


def _switch(server: RunningServer, states: dict[str, str]) -> None:
    for name, state in states.items():
        server.execute(
            f"UPDATE performance_schema.setup_consumers SET ENABLED = '{state}' WHERE NAME = '{name}'"
        )
