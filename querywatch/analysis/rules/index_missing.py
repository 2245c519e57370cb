"""index.missing: a large table is read whole because no index leads with what the statement asks for."""

from collections.abc import Iterator

from querywatch.analysis.advice import find_look_alikes, find_proposal, find_type
from querywatch.analysis.cost import find_runs_per_minute, find_scan_measure, find_scan_severity
from querywatch.analysis.rules.base import Category, Rule
from querywatch.analysis.rules.words import NO_NEW_INDEX, REWRITE_FIRST, join_words, say_rate, say_who
from querywatch.analysis.scans import Scan, find_scans
from querywatch.analysis.situation import QueryLoad, Situation
from querywatch.model import Finding
from querywatch.units import format_count

_MOMENTS = ("date", "time")  # date, datetime, time, timestamp


def find(situation: Situation) -> Iterator[Finding]:
    """One finding for each table of a third party's shape that no index serves."""
    for load in situation.third_party_queries:
        for scan in find_scans(load, situation):
            yield _describe(load, scan, situation)


def _describe(load: QueryLoad, scan: Scan, situation: Situation) -> Finding:
    runs_per_minute = find_runs_per_minute(load, situation)
    measured, limit = find_scan_measure(scan.rows_per_run, runs_per_minute, situation)
    columns = join_words([f"{scan.table.name}.{column}" for column in scan.columns], "or")
    often = say_rate(runs_per_minute if situation.rates_are_known else 0.0)
    return Finding(
        rule=RULE.id,
        severity=find_scan_severity(scan.rows_per_run, runs_per_minute, situation),
        integration=load.integration.name,
        subject=scan.table.name,
        fingerprint=load.statement.fingerprint,
        table=scan.table.name,
        columns=scan.columns,
        message=f"{say_who(load.integration, load.account, shared=load.shared)} "
        f"{_say_read(load, scan)} to answer one query, {often}: no index leads with {columns}.",
        advice=f"{REWRITE_FIRST}{_suggest(load, scan)}",
        evidence=scan.evidence,
        measured=measured,
        limit=limit,
    )


def _say_read(load: QueryLoad, scan: Scan) -> str:
    rows = format_count(scan.rows_per_run)
    if not scan.measured:
        return f"makes the server read {rows} rows of {scan.table.name}"
    beside = " and the tables beside it" if len(set(load.statement.tables)) > 1 else ""
    return f"read {rows} rows of {scan.table.name}{beside}"


def _suggest(load: QueryLoad, scan: Scan) -> str:
    """Indexed moments of the table where a moment was asked for, and the index that would serve."""
    said = ""
    if any(find_type(scan.table, column).startswith(_MOMENTS) for column in scan.columns):
        moments = find_look_alikes(scan.table, scan.columns)
        said = f" No date or time of {scan.table.name} leads an index."
        if moments:
            said = f" Of the dates and times of {scan.table.name}, indexes lead with {join_words(moments)}."
    accesses = [each for each in load.reading.tables if each.name == scan.table.name] if load.reading else []
    proposals = (find_proposal(access, scan.table) for access in accesses)
    proposal = next((each for each in proposals if each is not None), None)
    if proposal is None:
        return f"{said} {NO_NEW_INDEX}"
    return f"{said} An index on {proposal.text} would serve. {NO_NEW_INDEX}"


RULE = Rule(
    id="index.missing",
    says="a large table is read whole because no index leads with what the statement filters or joins on",
    why="The server reads every row of the table to find a few. While the table is small nobody notices; "
    "each year it grows, and every workstation waits longer behind the reading.",
    advice=f"{REWRITE_FIRST} {NO_NEW_INDEX}",
    category=Category.LOAD,
    find=find,
)
