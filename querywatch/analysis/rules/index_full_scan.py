"""index.full-scan: the server's own counters or plan say that it used no index while it read a large table."""

from collections.abc import Iterator

from querywatch.analysis.confirm import find_planned_scan
from querywatch.analysis.cost import (
    find_rows_per_run,
    find_runs_per_minute,
    find_scan_measure,
    find_scan_severity,
    find_unindexed_share,
)
from querywatch.analysis.rules.base import Category, Rule
from querywatch.analysis.rules.words import NO_NEW_INDEX, REWRITE_FIRST, name_account, say_rate, say_who
from querywatch.analysis.scans import find_scanned_table
from querywatch.analysis.situation import QueryLoad, Situation
from querywatch.model import Evidence, Finding
from querywatch.units import format_count

_MOST_EXECUTIONS = 0.5


def find(situation: Situation) -> Iterator[Finding]:
    """One finding for each third party's shape that mostly runs without an index and reads much."""
    for load in situation.third_party_queries:
        rows = find_rows_per_run(load)
        is_counted = load.evidence is Evidence.COUNTED and find_unindexed_share(load) >= _MOST_EXECUTIONS
        if is_counted and rows is not None:
            if rows >= situation.limits.large_table_rows:
                yield from _judge(load, rows, situation)
        else:
            yield from _judge_plan(load, situation)


def _judge_plan(load: QueryLoad, situation: Situation) -> Iterator[Finding]:
    """What the server was asked while one execution ran; as good as what tells how often the shape runs."""
    planned = find_planned_scan(load, situation)
    if planned is None:
        return
    table, row = planned
    rows = find_rows_per_run(load) if load.evidence is Evidence.COUNTED else None
    rows_per_run = max(table.rows or 0, row.rows or 0) if rows is None else rows
    if rows_per_run < situation.limits.large_table_rows:
        return
    runs_per_minute = find_runs_per_minute(load, situation)
    measured, limit = find_scan_measure(rows_per_run, runs_per_minute, situation)
    way = "without an index" if row.key is None else f"along the whole of index {row.key}"
    often = say_rate(runs_per_minute if situation.rates_are_known else 0.0)
    yield Finding(
        rule=RULE.id,
        severity=find_scan_severity(rows_per_run, runs_per_minute, situation),
        integration=load.integration.name,
        subject=table.name,
        fingerprint=load.statement.fingerprint,
        message=f"{say_who(load.integration, load.account, shared=load.shared)} makes the server read "
        f"{format_count(rows_per_run)} rows to answer one query, {often}: the server itself plans "
        f"to read {table.name} from end to end, {way}.",
        advice=f"{REWRITE_FIRST} {NO_NEW_INDEX}",
        evidence=load.evidence,
        measured=measured,
        limit=limit,
    )


def _judge(load: QueryLoad, rows_per_run: float, situation: Situation) -> Iterator[Finding]:
    """Nothing when every large table is known and none was read whole.

    The server sets its mark for a small table without an index too, beside large ones that indexes serve.
    """
    table = find_scanned_table(load, situation)
    if table is None and situation.schema is not None and load.statement.tables:
        return
    runs_per_minute = find_runs_per_minute(load, situation)
    measured, limit = find_scan_measure(rows_per_run, runs_per_minute, situation)
    subject = name_account(load.account) if table is None else table.name
    place = "" if table is None else f", as many as {table.name} holds,"
    often = say_rate(runs_per_minute if situation.rates_are_known else 0.0)
    yield Finding(
        rule=RULE.id,
        severity=find_scan_severity(rows_per_run, runs_per_minute, situation),
        integration=load.integration.name,
        subject=subject,
        fingerprint=load.statement.fingerprint,
        message=f"{say_who(load.integration, load.account, shared=load.shared)} read "
        f"{format_count(rows_per_run)} rows{place} to answer one query, {often}: the server counted "
        "that it used no index.",
        advice=f"{REWRITE_FIRST} {NO_NEW_INDEX}",
        evidence=Evidence.COUNTED,
        measured=measured,
        limit=limit,
    )


RULE = Rule(
    id="index.full-scan",
    says="the server's own counters or plan say that it used no index while it read a large table",
    why="A table read from end to end costs time for every row, however few are wanted, and on MyISAM holds "
    "back everybody who wants to write to it.",
    advice=f"{REWRITE_FIRST} {NO_NEW_INDEX}",
    category=Category.LOAD,
    find=find,
)
