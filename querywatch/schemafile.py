"""Tables, indexes and sizes in a file, so that statements can be judged where no server is."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from querywatch.errors import QuerywatchError
from querywatch.model import Flavour, Index, Schema, ServerInfo, Table

_FORMAT = "querywatch schema"
_VERSION = 1
_INDEX_FIELDS = frozenset(field.name for field in fields(Index))


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSchema:
    """What the file holds: metadata alone, not one row."""

    schema: Schema
    server: ServerInfo
    ansi_quotes: bool | None = None  # of the server's sql_mode; None: not known
    no_backslash_escapes: bool | None = None


def write_schema(path: Path, saved: SavedSchema) -> None:
    """Writes the file. Raises QuerywatchError where that is not possible."""
    try:
        path.write_text(render_schema(saved), encoding="utf-8")
    except OSError as error:
        raise QuerywatchError(f"{path}: cannot be written ({error.strerror})") from None


def read_schema(path: Path) -> SavedSchema:
    """Reads the file. Raises QuerywatchError for what `write_schema` of this version did not write."""
    try:
        return parse_schema(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise QuerywatchError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError as error:
        reason = str(error) if type(error) is ValueError else "is not JSON"
        raise QuerywatchError(
            f"{path}: {reason}; `querywatch review --save-schema FILE` writes one"
        ) from None


def render_schema(saved: SavedSchema) -> str:
    """One JSON document, a line a table."""
    head = {
        "format": _FORMAT,
        "version": _VERSION,
        "flavour": str(saved.server.flavour),
        "server_version": list(saved.server.version),
        "ansi_quotes": saved.ansi_quotes,
        "no_backslash_escapes": saved.no_backslash_escapes,
    }
    tables = sorted(saved.schema.tables.values(), key=lambda table: (table.database, table.name))
    lines = ",\n".join(json.dumps(_describe(table), ensure_ascii=False) for table in tables)
    return f'{json.dumps(head)[:-1]}, "tables": [\n{lines}\n]}}\n'


def parse_schema(text: str) -> SavedSchema:
    """What `render_schema` wrote. Raises ValueError, whose message completes "the file ..." unless it is JSON's own."""
    content = json.loads(text)
    if not isinstance(content, Mapping) or content.get("format") != _FORMAT:
        raise ValueError("is no schema that querywatch saved")
    if content.get("version") != _VERSION:
        raise ValueError("was saved by another version of querywatch: save it anew")
    try:
        tables = [_parse_table(given) for given in content["tables"]]
        first, second, third = (int(part) for part in content["server_version"])
        flavour = Flavour(content["flavour"])
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ValueError("is damaged: save it anew") from None
    return SavedSchema(
        schema=Schema(tables={(table.database, table.name): table for table in tables}),
        server=ServerInfo(name="saved", flavour=flavour, version=(first, second, third)),
        ansi_quotes=_parse_flag(content.get("ansi_quotes")),
        no_backslash_escapes=_parse_flag(content.get("no_backslash_escapes")),
    )


def _describe(table: Table) -> dict[str, Any]:
    return {
        "database": table.database,
        "name": table.name,
        "engine": table.engine,
        "rows": table.rows,
        "columns": dict(table.columns),
        "indexes": [
            {name: getattr(index, name) for name in sorted(_INDEX_FIELDS)} for index in table.indexes
        ],
        "nullable": None if table.nullable is None else sorted(table.nullable),
        "row_bytes": table.row_bytes,
        "is_view": table.is_view,
    }


def _parse_table(given: Mapping[str, Any]) -> Table:
    return Table(
        database=_parse_text(given["database"]),
        name=_parse_text(given["name"]),
        engine=None if given["engine"] is None else _parse_text(given["engine"]),
        rows=None if given["rows"] is None else int(given["rows"]),
        columns={_parse_text(name): _parse_text(kind) for name, kind in given["columns"].items()},
        indexes=tuple(_parse_index(index) for index in given["indexes"]),
        nullable=_parse_names(given.get("nullable")),
        row_bytes=None if given.get("row_bytes") is None else int(given["row_bytes"]),
        is_view=given.get("is_view") is True,
    )


def _parse_index(given: Mapping[str, Any]) -> Index:
    known = {name: _freeze(value) for name, value in given.items() if name in _INDEX_FIELDS}
    index = Index(**known)
    for column in index.columns:
        _parse_text(column)
    return index


def _freeze(value: Any) -> Any:
    return tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else value


def _parse_names(value: Any) -> frozenset[str] | None:
    return None if value is None else frozenset(_parse_text(name) for name in value)


def _parse_flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _parse_text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
