"""size.wide: SELECT * drags long texts and blobs along with every row."""

from collections.abc import Iterator

from querywatch.analysis.advice import is_wide
from querywatch.analysis.cost import find_runs_per_minute, find_scan_measure, find_scan_severity
from querywatch.analysis.rules.base import Category, Rule
from querywatch.analysis.rules.words import join_words, say_rate, say_who
from querywatch.analysis.scans import Scan, find_sweeps
from querywatch.analysis.situation import QueryLoad, Situation
from querywatch.model import Finding
from querywatch.units import format_count

_ADVICE = (
    "Ask its vendor to name the columns that it needs, and to fetch long texts and pictures one by one, when they "
    "are shown."
)
_NAMED = 4


def find(situation: Situation) -> Iterator[Finding]:
    """One finding for each large table of which a third party's shape fetches every column of every row."""
    for load in situation.third_party_queries:
        if load.reading is None or not load.reading.selects_star:
            continue
        for sweep in find_sweeps(load, situation):
            columns = tuple(column for column in sweep.table.columns if is_wide(sweep.table, column))
            if columns:
                yield _describe(load, sweep, columns, situation)


def _describe(load: QueryLoad, sweep: Scan, columns: tuple[str, ...], situation: Situation) -> Finding:
    runs_per_minute = find_runs_per_minute(load, situation)
    heavy_rows = situation.limits.rows_pulled_critical
    measured, limit = find_scan_measure(sweep.rows_per_run, runs_per_minute, situation, heavy_rows=heavy_rows)
    often = say_rate(runs_per_minute if situation.rates_are_known else 0.0)
    named = [*columns[:_NAMED], *(["others"] if len(columns) > _NAMED else [])]
    return Finding(
        rule=RULE.id,
        severity=find_scan_severity(sweep.rows_per_run, runs_per_minute, situation, heavy_rows=heavy_rows),
        integration=load.integration.name,
        subject=sweep.table.name,
        fingerprint=load.statement.fingerprint,
        table=sweep.table.name,
        columns=columns,
        message=f"{say_who(load.integration, load.account, shared=load.shared)} fetches every column of "
        f"{format_count(sweep.rows_per_run)} rows of {sweep.table.name}, {often}, with the long texts and blobs in "
        f"{join_words(named)}.",
        advice=_ADVICE,
        evidence=sweep.evidence,
        measured=measured,
        limit=limit,
    )


RULE = Rule(
    id="size.wide",
    says="SELECT * fetches the long texts and blobs of very many rows along with what is needed of them",
    why="A thumbnail or a note can weigh a thousand times what the rest of the row does: the server reads it from "
    "disk, pushes everything else out of its memory for it, and sends it through the office's network.",
    advice=_ADVICE,
    category=Category.LOAD,
    find=find,
)
