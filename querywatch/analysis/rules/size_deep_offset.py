"""size.deep-offset: pages are counted off from the beginning of a large table each time."""

from collections.abc import Iterator

from querywatch.analysis.advice import find_text
from querywatch.analysis.cost import (
    find_rows_per_run,
    find_runs_per_minute,
    find_scan_measure,
    find_scan_severity,
)
from querywatch.analysis.rules.base import Category, Rule
from querywatch.analysis.rules.words import name_account, say_rate, say_who
from querywatch.analysis.situation import QueryLoad, Situation
from querywatch.model import Evidence, Finding, Table
from querywatch.sql.reading import Reading
from querywatch.sql.words import Step, StepKind
from querywatch.units import format_count

_ADVICE = (
    "Ask its vendor to remember the last key of a page and to ask for what lies behind it, in the key's order, "
    "instead of counting rows off with OFFSET."
)


def find(situation: Situation) -> Iterator[Finding]:
    """One finding for each third party's shape whose OFFSET skips as many rows as a large table has."""
    for load in situation.third_party_queries:
        if load.reading is not None:
            rows = _find_rows(load, load.reading)
            skipped = min(rows, load.reading.offset or 0)
            if skipped >= situation.limits.large_table_rows:
                yield _describe(load, load.reading, rows, situation)


def _find_rows(load: QueryLoad, reading: Reading) -> float:
    """What a run reads at the most: the OFFSET is the farthest one that was seen; on average where that is counted."""
    rows = float((reading.offset or 0) + (reading.limit or 0))
    counted = find_rows_per_run(load) if load.evidence is Evidence.COUNTED else None
    return rows if counted is None else min(rows, counted)


def _describe(load: QueryLoad, reading: Reading, rows: float, situation: Situation) -> Finding:
    runs_per_minute = find_runs_per_minute(load, situation)
    skipped = reading.offset or 0
    table = _find_table(reading, situation)
    measured, limit = find_scan_measure(rows, runs_per_minute, situation)
    rewrite = _find_rewrite(load, reading, table, situation)
    often = say_rate(runs_per_minute if situation.rates_are_known else 0.0)
    return Finding(
        rule=RULE.id,
        severity=find_scan_severity(rows, runs_per_minute, situation),
        integration=load.integration.name,
        subject=name_account(load.account) if table is None else table.name,
        fingerprint=load.statement.fingerprint,
        table="" if table is None else table.name,
        message=f"{say_who(load.integration, load.account, shared=load.shared)} skips as many as "
        f"{format_count(skipped)} rows by OFFSET to fetch {format_count(reading.limit or 0)}, {often}: the server "
        "reads them all to throw them away.",
        advice=f"{_ADVICE} That is: {rewrite}" if rewrite else _ADVICE,
        rewrite=rewrite,
        evidence=Evidence.INFERRED,
        measured=measured,
        limit=limit,
    )


def _find_table(reading: Reading, situation: Situation) -> Table | None:
    if not reading.tables or situation.schema is None:
        return None
    return situation.schema.find(reading.tables[0].name, reading.tables[0].database)


def _find_rewrite(load: QueryLoad, reading: Reading, table: Table | None, situation: Situation) -> str:
    keys = [index.columns for index in table.indexes if index.name.casefold() == "primary"] if table else []
    if len(keys) != 1 or len(keys[0]) != 1 or len(reading.tables) != 1:
        return ""
    step = Step(kind=StepKind.KEYSET, column=keys[0][0], qualifier=reading.tables[0].alias)
    plain = Step(kind=StepKind.KEYSET, column=keys[0][0])
    named = f"{step.qualifier}.{step.column}" in load.statement.shape
    return find_text(load.statement.shape, (step if named else plain,), situation.known_names)


RULE = Rule(
    id="size.deep-offset",
    says="pages of a large table are reached by OFFSET, so that the server reads all rows before a page to skip them",
    why="The last page of a table costs as much as the whole table, and to page through all of it costs its square.",
    advice=_ADVICE,
    category=Category.LOAD,
    find=find,
)
