"""size.derived: a derived table groups or sorts a whole large table, whatever is asked of it outside."""

from collections.abc import Iterator

from querywatch.analysis.cost import find_runs_per_minute, find_scan_measure, find_scan_severity
from querywatch.analysis.reads import Read, find_reads
from querywatch.analysis.rules.base import Category, Rule
from querywatch.analysis.rules.words import say_rate, say_who
from querywatch.analysis.situation import QueryLoad, Situation
from querywatch.model import Finding
from querywatch.units import format_count

_ADVICE = (
    "Ask its vendor to put the condition inside the derived table, so that it groups the few rows that are wanted "
    "instead of all there are, or to look the sum up for each row by the key that an index leads with."
)


def find(situation: Situation) -> Iterator[Finding]:
    """One finding for each large table of a third party's shape that a derived table reads whole."""
    for load in situation.third_party_queries:
        for read in find_reads(load, situation):
            if read.access.in_derived and read.is_whole and read.rows is not None:
                yield _describe(load, read, read.rows, situation)


def _describe(load: QueryLoad, read: Read, rows: float, situation: Situation) -> Finding:
    runs_per_minute = find_runs_per_minute(load, situation)
    measured, limit = find_scan_measure(rows, runs_per_minute, situation)
    often = say_rate(runs_per_minute if situation.rates_are_known else 0.0)
    return Finding(
        rule=RULE.id,
        severity=find_scan_severity(rows, runs_per_minute, situation),
        integration=load.integration.name,
        subject=read.table.name,
        fingerprint=load.statement.fingerprint,
        table=read.table.name,
        message=f"{say_who(load.integration, load.account, shared=load.shared)} groups or sorts all "
        f"{format_count(rows)} rows of {read.table.name} in a derived table, {often}, before anything "
        "outside of it chooses among them.",
        advice=_ADVICE,
        evidence=read.evidence,
        measured=measured,
        limit=limit,
    )


RULE = Rule(
    id="size.derived",
    says="a derived table groups or sorts a whole large table before the rest of the statement chooses among its rows",
    why="The server writes what comes of it into a temporary table, on disk where it is large, each time the "
    "statement runs, and throws nearly all of it away.",
    advice=_ADVICE,
    category=Category.LOAD,
    find=find,
)
