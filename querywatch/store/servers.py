"""Keeps what is known of each server, so that what changed while nobody watched is seen too."""

import json
import sqlite3
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from querywatch.errors import StateError
from querywatch.model import Flavour, Schema, ServerInfo
from querywatch.schemafile import SavedSchema, parse_schema, render_schema

_NO_SERVER = ServerInfo(name="", flavour=Flavour.MARIADB, version=(0, 0, 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownServer:
    """A server as it was last seen. None: not known."""

    watched_since: float | None = None
    seen_at: float | None = None
    info: ServerInfo | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    schema: Schema | None = None
    names: Mapping[str, frozenset[str]] = field(default_factory=dict)  # kind -> those seen there


def save_seen(connection: sqlite3.Connection, server: str, now: float, *, up: bool) -> None:
    """Notes that the server is watched, and whether it was up."""
    connection.execute(
        "INSERT INTO servers (server, watched_since, seen_at) VALUES (?, ?, ?) "
        "ON CONFLICT DO UPDATE SET seen_at = coalesce(excluded.seen_at, seen_at)",
        (server, now, now if up else None),
    )


def save_info(connection: sqlite3.Connection, server: str, info: ServerInfo) -> None:
    """Notes its version; the server must have been noted as seen."""
    connection.execute(
        "UPDATE servers SET flavour = ?, version = ? WHERE server = ?",
        (str(info.flavour), info.version_text, server),
    )


def save_variables(connection: sqlite3.Connection, server: str, variables: Mapping[str, str]) -> None:
    """Notes how it is set; the server must have been noted as seen."""
    connection.execute(
        "UPDATE servers SET variables = ? WHERE server = ?", (json.dumps(dict(variables)), server)
    )


def save_schema(connection: sqlite3.Connection, server: str, packed: bytes) -> None:
    """Notes its tables, as `pack_schema` made them; the server must have been noted as seen."""
    connection.execute("UPDATE servers SET tables = ? WHERE server = ?", (packed, server))


def pack_schema(schema: Schema) -> bytes:
    """Columns and indexes, names and types alone; the same for two schemas that differ in nothing."""
    return zlib.compress(render_schema(SavedSchema(schema=schema, server=_NO_SERVER)).encode())


def load_server(connection: sqlite3.Connection, server: str) -> KnownServer:
    """All of it. Raises StateError for what this version cannot read."""
    row = connection.execute(
        "SELECT watched_since, seen_at, flavour, version, variables, tables FROM servers WHERE server = ?",
        (server,),
    ).fetchone()
    if row is None:
        return KnownServer()
    watched_since, seen_at, flavour, version, variables, packed = row
    try:
        return KnownServer(
            watched_since=watched_since,
            seen_at=seen_at,
            info=_parse_info(server, flavour, version),
            variables={str(name): str(value) for name, value in json.loads(variables).items()},
            schema=None if packed is None else _unpack_schema(packed),
            names=_load_names(connection, server),
        )
    except (AttributeError, TypeError, ValueError, zlib.error):
        raise StateError("the state file holds a server that this querywatch cannot read") from None


def _unpack_schema(packed: bytes) -> Schema:
    return parse_schema(zlib.decompress(packed).decode()).schema


def _parse_info(server: str, flavour: str, version: str) -> ServerInfo | None:
    if not flavour:
        return None
    major, minor, patch = map(int, version.split("."))
    return ServerInfo(name=server, flavour=Flavour(flavour), version=(major, minor, patch))


def _load_names(connection: sqlite3.Connection, server: str) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for kind, name in connection.execute("SELECT kind, name FROM names WHERE server = ?", (server,)):
        found.setdefault(kind, set()).add(name)
    return {kind: frozenset(names) for kind, names in found.items()}
