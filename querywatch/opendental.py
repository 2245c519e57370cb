"""What everybody may know of Open Dental's database: its tables, columns, indexes and usual sizes."""

import csv
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files

# Every workstation and service of Open Dental's asks this table every few seconds what has changed.
HEARTBEAT_TABLE = "signalod"


def read_facts(name: str) -> Iterator[dict[str, str]]:
    """The rows of one of the fact files: 'columns', 'indexes' or 'rows'."""
    text = (files("querywatch") / "demo" / "opendental" / f"{name}.tsv").read_text(encoding="utf-8")
    return csv.DictReader(text.splitlines(), delimiter="\t")


@lru_cache(maxsize=1)
def read_names() -> frozenset[str]:
    """The names of its tables, columns and indexes, folded: no patient's data, whatever a schema grants."""
    columns, indexes = list(read_facts("columns")), list(read_facts("indexes"))
    tables = {row["table"] for row in columns}
    names = tables | {row["column"] for row in columns} | {row["index"] for row in indexes} | {"opendental"}
    return frozenset(name.casefold() for name in names)
