"""The tables, columns, indexes and sizes of an Open Dental database, from the facts packaged beside this."""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources

DATABASE = "opendental"

# Scale shrinks what is large. Tables of up to this many rows cost nothing to load, and stay whole.
_KEPT_ROWS = 20_000
# Tables whose size the facts do not give: few rows, but for the two whose purpose says more.
_USUAL_ROWS = 40
_UNLISTED_ROWS = {"signalod": 4_000, "clinic": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnFact:
    """One column; `type` as the server writes it."""

    name: str
    type: str
    is_primary: bool
    is_indexed: bool

    @property
    def base_type(self) -> str:
        """The type's first word: 'bigint' of 'bigint(20)'."""
        return self.type.split("(")[0].split(" ")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFact:
    """One index; `parts` are columns in order, with their prefix where there is one."""

    name: str
    unique: bool
    parts: tuple[tuple[str, int | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFact:
    """One table and how many rows a large office has in it."""

    name: str
    rows: int
    columns: tuple[ColumnFact, ...]
    indexes: tuple[IndexFact, ...]

    def find_rows(self, scale: float) -> int:
        """The rows of an office of that scale: a large table shrinks, but never below a small one's size."""
        return max(min(self.rows, _KEPT_ROWS), round(self.rows * scale))


def parse_facts() -> tuple[TableFact, ...]:
    """All tables, in the facts' order."""
    rows = {row["table"]: int(row["rows"]) for row in _parse_file("rows.tsv")} | _UNLISTED_ROWS
    indexes = _parse_indexes()
    columns: defaultdict[str, list[ColumnFact]] = defaultdict(list)
    for row in _parse_file("columns.tsv"):
        columns[row["table"]].append(_parse_column(row))
    return tuple(
        TableFact(
            name=name, rows=rows.get(name, _USUAL_ROWS), columns=tuple(found), indexes=indexes.get(name, ())
        )
        for name, found in columns.items()
    )


def render_create(table: TableFact) -> str:
    """The CREATE TABLE, as Open Dental's own conversion scripts define their tables: MyISAM, nothing NULL."""
    parts = [_render_column(column) for column in table.columns]
    parts += [_render_index(index) for index in table.indexes]
    return f"CREATE TABLE `{DATABASE}`.`{table.name}` ({', '.join(parts)}) ENGINE=MyISAM"


def _parse_file(name: str) -> Iterator[dict[str, str]]:
    text = (resources.files("querywatch.demo") / "opendental" / name).read_text(encoding="utf-8")
    return csv.DictReader(text.splitlines(), delimiter="\t")


def _parse_column(row: Mapping[str, str]) -> ColumnFact:
    key = row["key"]
    return ColumnFact(name=row["column"], type=row["type"], is_primary=key == "PRI", is_indexed=bool(key))


def _parse_indexes() -> dict[str, tuple[IndexFact, ...]]:
    found: defaultdict[str, dict[str, IndexFact]] = defaultdict(dict)
    for row in _parse_file("indexes.tsv"):
        earlier = found[row["table"]].get(row["index"])
        part = (row["column"], int(row["prefix"]) if row["prefix"] else None)
        found[row["table"]][row["index"]] = IndexFact(
            name=row["index"],
            unique=row["unique"] == "1",
            parts=(*(earlier.parts if earlier else ()), part),
        )
    return {table: tuple(indexes.values()) for table, indexes in found.items()}


_DEFAULTS = {
    "date": "DEFAULT '0001-01-01'",
    "datetime": "DEFAULT '0001-01-01 00:00:00'",
    "timestamp": "DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP",
    "time": "DEFAULT '00:00:00'",
    "varchar": "DEFAULT ''",
    "char": "DEFAULT ''",
    # A server takes no default for these and stores '' of its own.
    "text": "",
    "mediumtext": "",
    "longtext": "",
}


def _render_column(column: ColumnFact) -> str:
    if column.is_primary and column.base_type == "bigint":
        return f"`{column.name}` {column.type} NOT NULL AUTO_INCREMENT"
    default = _DEFAULTS.get(column.base_type, "DEFAULT 0")
    return f"`{column.name}` {column.type} NOT NULL {default}".rstrip()


def _render_index(index: IndexFact) -> str:
    parts = ", ".join(f"`{name}`({prefix})" if prefix else f"`{name}`" for name, prefix in index.parts)
    if index.name == "PRIMARY":
        return f"PRIMARY KEY ({parts})"
    return f"{'UNIQUE ' if index.unique else ''}KEY `{index.name}` ({parts})"
