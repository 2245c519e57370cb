"""How often what querywatch concludes from text and metadata is what the server's own EXPLAIN says.

Run it as a program: python tests/benchmarks/agreement.py [DIRECTORY ...] [--all] [--server NAME]
Directories hold .sql files, their statements parted by semicolons, each with its id in a `-- id` line before it.
The first run loads the practice at its full size into two servers, which takes minutes; they are stopped
afterwards, not removed.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymysql

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.agreement_servers import IMAGES, KeptServer, keep_server

from querywatch.analysis.access.habits import Habits
from querywatch.analysis.access.reading import find_reading
from querywatch.db.connection import Endpoint, connect
from querywatch.db.server import find_habits
from querywatch.demo.schema import DATABASE
from querywatch.model import Schema
from querywatch.sources.schema import SchemaSource
from querywatch.sql.hints import find_hints
from querywatch.sql.reading import Access, TableAccess
from querywatch.sql.reduce import reduce_text

_CORPUS = Path(__file__).parents[1] / "corpus"
_TYPES = {
    **dict.fromkeys(("system", "const"), Access.CONST),
    **dict.fromkeys(
        ("eq_ref", "ref", "ref_or_null", "fulltext", "unique_subquery", "index_subquery"), Access.REF
    ),
    **dict.fromkeys(("range", "index_merge"), Access.RANGE),
    "index": Access.INDEX_SCAN,
    "ALL": Access.SCAN,
}
_ANSWERED = "Select tables optimized away"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One statement of the corpus."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One table of EXPLAIN's answer; `access` is None where it says that the table is not read."""

    alias: str
    access: Access | None
    key: str
    rows: int
    extra: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What both say of one table of one statement."""

    case: Case
    ours: TableAccess
    theirs: Row

    @property
    def agrees(self) -> bool:
        """On the very type."""
        return self.ours.access is self.theirs.access

    @property
    def agrees_on_scan(self) -> bool:
        """On whether all of it is read."""
        return self.theirs.access is not None and self.ours.access.reads_all == self.theirs.access.reads_all

    def render(self) -> str:
        """One line for people."""
        return (
            f"{self.case.name} {self.ours.alias}: {self.ours.access} {self.ours.index} {self.ours.rows} / "
            f"{self.theirs.access} {self.theirs.key} {self.theirs.rows} {self.theirs.extra}"
        )


def parse_cases(directory: Path) -> Iterator[Case]:
    """All statements of the directory's .sql files."""
    for path in sorted(directory.rglob("*.sql")):
        name, lines = path.stem, list[str]()
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("-- "):
                name = line[3:].strip()
                continue
            lines.append(line)
            if line.rstrip().endswith(";"):
                yield Case(name=name, text="\n".join(lines).strip().rstrip(";"))
                lines = []
        if any(line.strip() for line in lines):
            yield Case(name=name, text="\n".join(lines).strip())


def _ask_for_tables(connection: "pymysql.Connection[Any]") -> None:
    """EXPLAIN as a table, where the server has had another form of it since."""
    with connection.cursor() as cursor, suppress(pymysql.Error):
        cursor.execute("SET SESSION explain_format = 'TRADITIONAL'")


def read_rows(connection: "pymysql.Connection[Any]", case: Case) -> list[Row] | str:
    """EXPLAIN's rows of base tables; the error's number where the server refuses the statement."""
    try:
        with connection.cursor(pymysql.cursors.DictCursor) as cursor:
            cursor.execute(f"EXPLAIN {case.text}")
            found = cursor.fetchall()
    except pymysql.Error as error:
        return f"error {error.args[0]}"
    return [
        Row(
            alias=str(row["table"]).casefold(),
            access=_TYPES.get(row["type"] or ""),
            key=str(row["key"] or ""),
            rows=int(str(row["rows"] or 0).partition(" ")[0]),  # MariaDB adds the share that a filter keeps
            extra=str(row["Extra"] or ""),
        )
        for row in found
        if not str(row["table"]).startswith("<")
    ]


def find_pairs(case: Case, tables: Sequence[TableAccess], rows: Sequence[Row]) -> Iterator[Pair]:
    """Each table with EXPLAIN's row of the same alias, in order of appearance; the rest EXPLAIN does not tell."""
    answered = [row for row in rows if row.alias == "none" and _ANSWERED in row.extra]
    waiting = [row for row in rows if row.access is not None]
    for table in tables:
        found = next((row for row in waiting if row.alias == table.alias), None)
        if found is not None:
            waiting.remove(found)
            yield Pair(case=case, ours=table, theirs=found)
        elif answered and len(tables) == 1:
            theirs = Row(alias=table.alias, access=Access.CONST, key="", rows=1, extra=answered[0].extra)
            yield Pair(case=case, ours=table, theirs=theirs)


def read_schema(server: KeptServer) -> tuple[Schema, Habits]:
    """As the daemon reads it, and how the server's optimiser goes about it."""
    endpoint = Endpoint(name=server.image, host="127.0.0.1", port=server.port, user="root", password="")
    connection = connect(endpoint)
    source = SchemaSource((DATABASE,), 3600.0)
    while (schema := source.read_some(connection, 0.0)) is None:
        pass
    habits = find_habits(connection.server)
    connection.close()
    return schema, habits


def measure(server: KeptServer, cases: Sequence[Case], *, show_all: bool) -> None:
    """Compares all cases on one server and prints what came out."""
    schema, habits = read_schema(server)
    pairs: list[Pair] = []
    left_out: Counter[str] = Counter()
    with server.connect(DATABASE) as connection:
        _ask_for_tables(connection)
        for case in cases:
            rows = read_rows(connection, case)
            if isinstance(rows, str):
                left_out[f"refused by the server ({rows})"] += 1
                print(f"  {case.name}: {rows}")
                continue
            reading = find_reading(
                reduce_text(case.text).outline,
                schema,
                hints=find_hints(case.text),
                database=DATABASE,
                habits=habits,
            )
            if reading is None:
                left_out["not parsed"] += 1
                print(f"  {case.name}: not parsed")
                continue
            found = list(find_pairs(case, reading.tables, rows))
            left_out["tables that EXPLAIN says are not read"] += len(reading.tables) - len(found)
            pairs += found
    for pair in pairs:
        if show_all or not pair.agrees:
            print(f"  {'  ' if pair.agrees else '. ' if pair.agrees_on_scan else '! '}{pair.render()}")
    print(_render_summary(server, cases, pairs, left_out))


def _render_summary(
    server: KeptServer, cases: Sequence[Case], pairs: Sequence[Pair], left_out: Counter[str]
) -> str:
    scans, types = sum(pair.agrees_on_scan for pair in pairs), sum(pair.agrees for pair in pairs)
    return (
        f"{server.image}: {len(cases)} statements, {len(pairs)} tables compared: "
        f"scan or not {scans / len(pairs):.2%}, type {types / len(pairs):.2%}; left out: {dict(left_out)}"
    )


def main() -> None:
    """Measures every directory on every server."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    corpus = sorted(path for path in _CORPUS.iterdir() if path.is_dir())
    parser.add_argument("directories", nargs="*", type=Path, default=corpus)
    parser.add_argument("--all", action="store_true", help="show what agrees too")
    parser.add_argument("--server", choices=IMAGES)
    parser.add_argument("--keep", action="store_true", help="leave the servers running")
    chosen = parser.parse_args()
    for image in [chosen.server] if chosen.server else IMAGES:
        with keep_server(image, stops=not chosen.keep) as server:
            for directory in chosen.directories:
                print(f"{directory.name}, {image}")
                measure(server, list(parse_cases(directory)), show_all=chosen.all)


if __name__ == "__main__":
    main()
