"""size.examined: a statement makes the server read far more rows than anybody needs."""

from collections.abc import Iterator
from dataclasses import dataclass

from querywatch.analysis.cost import (
    ease_severity,
    find_rows_per_run,
    find_runs_per_minute,
    find_severity,
    find_weakest,
)
from querywatch.analysis.reads import Read, find_reads
from querywatch.analysis.rules.base import Category, Rule
from querywatch.analysis.rules.words import name_account, say_who
from querywatch.analysis.situation import AccountLoad, Limits, QueryLoad, Situation
from querywatch.model import Evidence, Finding, Integration, Operation, Severity
from querywatch.units import format_count

_ADVICE = (
    "Ask its vendor to ask for what has changed instead of everything, by a column that an index leads with, "
    "and to let one query answer what many do."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    integration: Integration
    account: str
    fingerprint: str
    rows_per_run: float
    rows_per_row_sent: float | None
    rows_per_minute: float
    evidence: Evidence
    shared: bool


def find(situation: Situation) -> Iterator[Finding]:
    """A finding for each shape that reads too much; for an account where no shape of its explains it."""
    if not situation.rates_are_known:
        return
    yield from _find_shuffled(situation)
    explained = set()
    for reading in _read_shapes(situation):
        if _is_too_much(reading, situation.limits):
            explained.add(reading.integration.name)
            yield _describe(reading, situation)
    for reading in _read_accounts(situation):
        if reading.integration.name not in explained and _is_too_much(reading, situation.limits):
            yield _describe(reading, situation)


def _find_shuffled(situation: Situation) -> Iterator[Finding]:
    """Large tables put in random order: a LIMIT spares nothing of the reading. Where rows are counted, those tell."""
    for load in situation.third_party_queries:
        if load.rows_examined is not None or load.reading is None or not load.reading.shuffles:
            continue
        for read in find_reads(load, situation):
            yield _describe_shuffled(load, read, situation)


def _describe_shuffled(load: QueryLoad, read: Read, situation: Situation) -> Finding:
    rows = read.rows if read.rows is not None else float(read.table.rows or 0)
    rows_per_minute = rows * find_runs_per_minute(load, situation)
    return Finding(
        rule=RULE.id,
        severity=ease_severity(find_severity(rows_per_minute, situation.limits), situation),
        integration=load.integration.name,
        subject=read.table.name,
        fingerprint=load.statement.fingerprint,
        table=read.table.name,
        message=f"{say_who(load.integration, load.account, shared=load.shared)} puts the rows of {read.table.name} in "
        f"random order, so that all that meet its conditions, about {format_count(rows)}, are read and sorted "
        "for the few that it wants.",
        advice="Ask its vendor to choose keys at random and to fetch those rows.",
        evidence=read.evidence,
        measured=rows_per_minute,
        limit=situation.limits.rows_per_minute_warning,
    )


def _read_shapes(situation: Situation) -> Iterator[_Reading]:
    for load in situation.third_party_queries:
        rows_per_run = find_rows_per_run(load)
        if rows_per_run is None or rows_per_run < situation.limits.large_table_rows:
            continue
        yield _Reading(
            integration=load.integration,
            account=load.account,
            fingerprint=load.statement.fingerprint,
            rows_per_run=rows_per_run,
            rows_per_row_sent=_per_row_sent(load.rows_examined, load.rows_sent),
            rows_per_minute=rows_per_run * find_runs_per_minute(load, situation),
            evidence=load.evidence,
            shared=load.shared,
        )


def _read_accounts(situation: Situation) -> Iterator[_Reading]:
    """The accounts over all their hosts, by what one SELECT of theirs reads on average."""
    groups = dict[tuple[str, str], list[AccountLoad]]()
    for load in situation.third_party_accounts:
        if load.rows_examined is not None:
            groups.setdefault((load.integration.name, load.account), []).append(load)
    for loads in groups.values():
        selects = sum(_count_selects(load) for load in loads)
        examined = sum(load.rows_examined or 0.0 for load in loads)
        sent = (
            None
            if any(load.rows_sent is None for load in loads)
            else sum(load.rows_sent or 0.0 for load in loads)
        )
        if selects >= 2:
            yield _Reading(
                integration=loads[0].integration,
                account=loads[0].account,
                fingerprint="",
                rows_per_run=examined / selects,
                rows_per_row_sent=_per_row_sent(examined, sent),
                rows_per_minute=situation.per_minute(examined),
                evidence=find_weakest(load.evidence for load in loads),
                shared=loads[0].shared,
            )


def _count_selects(load: AccountLoad) -> float:
    return load.statements.get(Operation.SELECT, 0.0) + load.statements.get(Operation.PREPARED, 0.0)


def _per_row_sent(examined: float | None, sent: float | None) -> float | None:
    return None if examined is None or sent is None else examined / max(sent, 1.0)


def _is_too_much(reading: _Reading, limits: Limits) -> bool:
    if find_severity(reading.rows_per_minute, limits) is Severity.INFO:
        return False
    if reading.rows_per_run > limits.rows_per_run:
        return True
    wasteful = reading.rows_per_row_sent is not None and reading.rows_per_row_sent > limits.rows_per_row_sent
    return wasteful and reading.rows_per_run >= limits.large_table_rows


def _describe(reading: _Reading, situation: Situation) -> Finding:
    limits = situation.limits
    per_run = "one query" if reading.fingerprint else "one of its queries, on average"
    waste = ""
    if reading.rows_per_row_sent is not None and reading.rows_per_row_sent >= 2:
        waste = f", {format_count(reading.rows_per_row_sent)} for each row it was given"
    return Finding(
        rule=RULE.id,
        severity=ease_severity(find_severity(reading.rows_per_minute, limits), situation),
        integration=reading.integration.name,
        subject=name_account(reading.account),
        fingerprint=reading.fingerprint,
        message=f"{say_who(reading.integration, reading.account, shared=reading.shared)} made the server read "
        f"{format_count(reading.rows_per_run)} rows to answer {per_run}{waste}: "
        f"{format_count(reading.rows_per_minute)} rows a minute.",
        advice=_ADVICE,
        evidence=reading.evidence,
        measured=reading.rows_per_minute,
        limit=limits.rows_per_minute_warning,
    )


RULE = Rule(
    id="size.examined",
    says="a run reads more rows than the limit, or far more rows than it hands over",
    why="Rows that are read only to be thrown away cost as much as those that are used: disk, memory and the "
    "time of everybody who waits behind.",
    advice=_ADVICE,
    category=Category.LOAD,
    find=find,
)
