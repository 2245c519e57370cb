"""size.unbounded: a large table is read from end to end, because nothing in the statement bounds it."""

import re
from collections.abc import Iterator

from querywatch.analysis.cost import find_runs_per_minute, find_scan_measure, find_scan_severity
from querywatch.analysis.rules.base import Category, Rule
from querywatch.analysis.rules.words import say_rate, say_who
from querywatch.analysis.scans import Scan, find_sweeps
from querywatch.analysis.situation import QueryLoad, Situation
from querywatch.model import Finding, Table
from querywatch.units import format_count

_HASHES = re.compile(r"\b(?:MD5|CRC32|SHA|SHA1|SHA2)\(")
_ONE_COLUMN = re.compile(r"SELECT (?:DISTINCT )?(?:\w+\.)?(\w+) FROM ")
_ADVICE = (
    "Ask its vendor to fetch what has changed since the last time, by a column that an index leads with, and "
    "what is needed once in pages by primary key, outside office hours."
)
_ADVICE_SUM = (
    "Ask its vendor to ask for a part of it, by a column that an index leads with, and to keep what it has found "
    "and add what is new; what needs all of it belongs outside office hours."
)


def find(situation: Situation) -> Iterator[Finding]:
    """One finding for each large table that a third party's shape reads whole."""
    for load in situation.third_party_queries:
        for sweep in find_sweeps(load, situation):
            yield _describe(load, sweep, situation)


def _describe(load: QueryLoad, sweep: Scan, situation: Situation) -> Finding:
    runs_per_minute = find_runs_per_minute(load, situation)
    heavy_rows = situation.limits.rows_pulled_critical if sweep.hands_over else None
    measured, limit = find_scan_measure(sweep.rows_per_run, runs_per_minute, situation, heavy_rows=heavy_rows)
    often = say_rate(runs_per_minute if situation.rates_are_known else 0.0)
    beside = " and the tables beside it" if sweep.measured and len(set(load.statement.tables)) > 1 else ""
    return Finding(
        rule=RULE.id,
        severity=find_scan_severity(sweep.rows_per_run, runs_per_minute, situation, heavy_rows=heavy_rows),
        integration=load.integration.name,
        subject=sweep.table.name,
        fingerprint=load.statement.fingerprint,
        table=sweep.table.name,
        message=f"{say_who(load.integration, load.account, shared=load.shared)} reads {sweep.table.name} "
        f"from end to end, {format_count(sweep.rows_per_run)} rows{beside} for one query, {often}: it has "
        f"no condition and no LIMIT that bounds what is read.{_find_habit(load, sweep.table)}",
        advice=_ADVICE if sweep.hands_over else _ADVICE_SUM,
        evidence=sweep.evidence,
        measured=measured,
        limit=limit,
    )


def _find_habit(load: QueryLoad, table: Table) -> str:
    """What software that pulls whole tables does it for, where the statement shows that."""
    if _HASHES.search(load.statement.shape):
        return " It makes a checksum of every row, as software does to find what has changed."
    keys = [index.columns for index in table.indexes if index.name.casefold() == "primary"]
    alone = _ONE_COLUMN.match(load.statement.shape)
    if alone is not None and (alone[1],) in keys:
        return " It fetches nothing but every key, as software does to find what was deleted."
    return ""


RULE = Rule(
    id="size.unbounded",
    says="a large table is read from end to end: no condition and no LIMIT of the statement bounds it",
    why="What is pulled whole grows with the practice: every year it takes longer, and meanwhile every "
    "workstation waits behind rows that hardly anybody needs again.",
    advice=_ADVICE,
    category=Category.LOAD,
    find=find,
)
