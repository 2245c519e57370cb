"""frequency.repeat: one-row look-ups by the thousand, where one query could have asked for all."""

from collections.abc import Iterator
from dataclasses import dataclass

from querywatch.analysis.cost import find_weakest
from querywatch.analysis.reads import find_estimated_rows
from querywatch.analysis.rules.base import Category, Rule
from querywatch.analysis.rules.words import name_account, say_who
from querywatch.analysis.situation import AccountLoad, Limits, QueryLoad, Situation
from querywatch.model import Evidence, Finding, Integration, Operation, Severity
from querywatch.units import format_count

_ROWS_EXAMINED = 10.0  # a look-up by key reads a row or a few
_ROWS_SENT = 2.0
_LOOKUPS = (Operation.SELECT, Operation.PREPARED)
_ADVICE = (
    "Ask its vendor to fetch many rows with one query (a join, or a list of keys) instead of one query a row."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Repetition:
    integration: Integration
    account: str
    fingerprint: str
    per_minute: float
    rows_per_run: float
    evidence: Evidence
    shared: bool


def find(situation: Situation) -> Iterator[Finding]:
    """A finding for each shape that repeats so; for an account where no shape of its shows it."""
    if not situation.rates_are_known:
        return
    explained = set()
    for repetition in _find_shapes(situation):
        explained.add(repetition.integration.name)
        yield _describe(repetition, situation.limits)
    for repetition in _find_accounts(situation):
        if repetition.integration.name not in explained:
            yield _describe(repetition, situation.limits)


def _find_shapes(situation: Situation) -> Iterator[_Repetition]:
    for load in situation.third_party_queries:
        per_minute = situation.per_minute(load.executions)
        rows_per_run = find_estimated_rows(load)
        if per_minute < situation.limits.repeat_per_minute or rows_per_run is None:
            continue
        if _is_lookup(load, rows_per_run):
            yield _Repetition(
                integration=load.integration,
                account=load.account,
                fingerprint=load.statement.fingerprint,
                per_minute=per_minute,
                rows_per_run=rows_per_run,
                evidence=load.evidence if load.rows_examined is not None else Evidence.INFERRED,
                shared=load.shared,
            )


def _is_lookup(load: QueryLoad, rows_per_run: float) -> bool:
    few_sent = load.rows_sent is None or load.rows_sent / load.executions <= _ROWS_SENT
    return load.statement.operation in _LOOKUPS and rows_per_run <= _ROWS_EXAMINED and few_sent


def _find_accounts(situation: Situation) -> Iterator[_Repetition]:
    groups = dict[tuple[str, str], list[AccountLoad]]()
    for load in situation.third_party_accounts:
        if load.rows_examined is not None:
            groups.setdefault((load.integration.name, load.account), []).append(load)
    for loads in groups.values():
        lookups = sum(load.statements.get(operation, 0.0) for load in loads for operation in _LOOKUPS)
        examined = sum(load.rows_examined or 0.0 for load in loads)
        per_minute = situation.per_minute(lookups)
        if per_minute >= situation.limits.repeat_per_minute and examined <= lookups * _ROWS_EXAMINED:
            yield _Repetition(
                integration=loads[0].integration,
                account=loads[0].account,
                fingerprint="",
                per_minute=per_minute,
                rows_per_run=examined / lookups,
                evidence=find_weakest(load.evidence for load in loads),
                shared=loads[0].shared,
            )


def _describe(repetition: _Repetition, limits: Limits) -> Finding:
    critical = repetition.per_minute >= limits.repeat_per_minute_critical
    what = "one look-up" if repetition.fingerprint else "look-ups"
    return Finding(
        rule=RULE.id,
        severity=Severity.CRITICAL if critical else Severity.WARNING,
        integration=repetition.integration.name,
        subject=name_account(repetition.account),
        fingerprint=repetition.fingerprint,
        message=f"{say_who(repetition.integration, repetition.account, shared=repetition.shared)} ran {what} "
        f"{format_count(repetition.per_minute)} times a minute, each reading "
        f"{_say_rows(repetition.rows_per_run)}.",
        advice=_ADVICE,
        evidence=repetition.evidence,
        measured=repetition.per_minute,
        limit=limits.repeat_per_minute,
    )


def _say_rows(rows_per_run: float) -> str:
    return "one row" if rows_per_run <= 1.05 else f"{rows_per_run:.2g} rows on average"


RULE = Rule(
    id="frequency.repeat",
    says="one-row look-ups come by the thousand, where one query could ask for all",
    why="Each is fast, but each is a round trip that the server has to take in, plan and answer; by the "
    "thousand they crowd out the office's own.",
    advice=_ADVICE,
    category=Category.LOAD,
    find=find,
)
