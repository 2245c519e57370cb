"""Tries every kind of rewrite, and indexes that findings propose, on real data: rows read before and after.

usage: python tests/benchmarks/rewrites.py [--server mariadb-10.11] [--scale 1.0]
"""

import argparse
import sys
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import pymysql
from server.practice import REVIEWED, practice
from server.rewriting import CASES, count_reads, try_case
from server.servers import find_choice, start

from querywatch.analysis.access.reading import find_reading
from querywatch.analysis.advice import Proposal, find_proposal
from querywatch.model import Schema
from querywatch.service.reviewing import read_schema
from querywatch.sql.hints import find_hints
from querywatch.sql.reduce import reduce_text

_ROWS = {"patient": 32_852, "appointment": 60_000, "procedurelog": 120_000, "claimproc": 60_000}
_TENFOLD = 10.0
# Statements for which Open Dental has no index.
_UNSERVED = (
    "SELECT PatNum, LName FROM patient WHERE DateTStamp > NOW() - INTERVAL 1 DAY",
    "SELECT PatNum FROM patient WHERE City = 'Salem' AND Zip = '00017'",
    "SELECT ClaimProcNum FROM claimproc WHERE ProcDate BETWEEN '2020-01-01' AND '2020-01-31'",
    "SELECT PatNum FROM patient WHERE DateFirstVisit > NOW() - INTERVAL 7 DAY",
    "SELECT ProcNum FROM procedurelog WHERE DateEntryC > NOW() - INTERVAL 1 DAY AND ProcStatus = 2",
    "SELECT p.LName, l.ProcNum FROM patient p JOIN procedurelog l ON l.ToothNum = p.Zip WHERE p.PatNum = 7",
)


def main() -> None:
    """Prints a line a trial, and the shares that the project promises."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--server", default="mariadb-10.11")
    parser.add_argument("--scale", type=float, default=1.0)
    given = parser.parse_args()
    rows = {name: round(number * given.scale) for name, number in _ROWS.items()}
    with start(find_choice(given.server)) as server, practice(server, rows):
        schema = read_schema(server.watcher(), (REVIEWED,)).schema
        with closing(server.root(database=REVIEWED)) as root, root.cursor() as cursor:
            cursor.execute("SET sql_mode = ''")
            falls = [*_try_rewrites(cursor), *_try_indexes(cursor, schema)]
    tenfold = sum(fall >= _TENFOLD for fall in falls)
    print(
        f"{given.server}: rows read fell at least tenfold in {tenfold} of {len(falls)} ({tenfold / len(falls):.0%})"
    )


def _try_rewrites(cursor: pymysql.cursors.Cursor) -> list[float]:
    trials = [try_case(cursor, case) for case in CASES]
    for trial in trials:
        kept = "same answer" if trial.kept else "ANOTHER ANSWER"
        print(f"{trial.examined_before:>9,} -> {trial.examined_after:>7,}  {kept}  {trial.rewritten}")
    print(f"meaning kept in {sum(trial.kept for trial in trials)} of {len(trials)}")
    return [trial.fall for trial in trials]


def _try_indexes(cursor: pymysql.cursors.Cursor, schema: Schema) -> list[float]:
    falls = []
    for text in _UNSERVED:
        (proposal,) = _find_proposals(text, schema)
        before, examined_before = count_reads(cursor, text)
        cursor.execute(f"CREATE INDEX proposed ON {proposal.text}")
        after, examined_after = count_reads(cursor, text)
        cursor.execute(f"DROP INDEX proposed ON {proposal.table}")
        kept = "same answer" if sorted(map(repr, before)) == sorted(map(repr, after)) else "ANOTHER ANSWER"
        print(f"{examined_before:>9,} -> {examined_after:>7,}  {kept}  an index on {proposal.text}")
        falls.append(examined_before / max(1, examined_after))
    return falls


def _find_proposals(text: str, schema: Schema) -> list[Proposal]:
    """The indexes for the tables that the statement reads whole."""
    reading = find_reading(reduce_text(text).outline, schema, hints=find_hints(text))
    found = []
    for access in reading.tables:
        table = schema.find(access.name, REVIEWED)
        if table is not None and access.access.reads_all and (each := find_proposal(access, table)):
            found.append(each)
    return found


if __name__ == "__main__":
    main()
