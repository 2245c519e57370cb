"""join.cartesian: tables are joined without a condition, so that every row meets every other."""

from collections.abc import Iterator, Sequence
from math import prod

from querywatch.analysis.cost import find_runs_per_minute, find_scan_measure, find_scan_severity
from querywatch.analysis.rules.base import Category, Rule
from querywatch.analysis.rules.words import join_words, say_rate, say_who
from querywatch.analysis.situation import QueryLoad, Situation
from querywatch.model import Evidence, Finding
from querywatch.sql.reading import TableAccess
from querywatch.units import format_count

_ADVICE = (
    "Ask its vendor to say how the tables belong together (JOIN ... ON with the key that both have); most likely "
    "the condition was forgotten."
)


def find(situation: Situation) -> Iterator[Finding]:
    """One finding for each third party's shape that joins tables of more than a few rows without a condition."""
    for load in situation.third_party_queries:
        untied = [access for access in load.reading.tables if access.untied] if load.reading else []
        if untied and load.reading is not None:
            rows = _find_product(load.reading.tables, situation)
            if rows >= situation.limits.large_table_rows:
                yield _describe(load, untied, rows, situation)


def _find_product(tables: Sequence[TableAccess], situation: Situation) -> float:
    """Rows that come of it: those of the tables that are tied to each other, times those of each that is not."""
    tied = max((_find_rows(access, situation) for access in tables if not access.untied), default=1.0)
    factors = [tied, *(_find_rows(access, situation) for access in tables if access.untied)]
    return prod(max(1.0, rows) for rows in factors) if sum(rows > 1 for rows in factors) > 1 else 0.0


def _find_rows(access: TableAccess, situation: Situation) -> float:
    if access.rows is not None:
        return access.rows
    table = situation.schema.find(access.name, access.database) if situation.schema else None
    return 0.0 if table is None or table.rows is None else table.rows


def _describe(load: QueryLoad, untied: Sequence[TableAccess], rows: float, situation: Situation) -> Finding:
    runs_per_minute = find_runs_per_minute(load, situation)
    measured, limit = find_scan_measure(rows, runs_per_minute, situation)
    names = tuple(dict.fromkeys(access.name for access in untied))
    often = say_rate(runs_per_minute if situation.rates_are_known else 0.0)
    return Finding(
        rule=RULE.id,
        severity=find_scan_severity(rows, runs_per_minute, situation),
        integration=load.integration.name,
        subject=names[0],
        fingerprint=load.statement.fingerprint,
        table=names[0],
        message=f"{say_who(load.integration, load.account, shared=load.shared)} joins {join_words(names)} without a "
        f"condition, {often}: every row meets every row, about {format_count(rows)} combinations for one query.",
        advice=_ADVICE,
        evidence=Evidence.INFERRED,
        measured=measured,
        limit=limit,
    )


RULE = Rule(
    id="join.cartesian",
    says="tables are joined without a condition, so that every row of one meets every row of the other",
    why="Ten thousand patients beside ten thousand appointments are a hundred million combinations, nearly all of "
    "them nonsense, and the server makes every one.",
    advice=_ADVICE,
    category=Category.LOAD,
    find=find,
)
