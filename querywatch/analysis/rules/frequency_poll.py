"""frequency.poll: a costly statement comes again and again on a period that is too short for it."""

from collections.abc import Iterator
from dataclasses import dataclass

from querywatch.analysis.advice import find_type
from querywatch.analysis.cost import find_rows_per_run, find_runs_per_minute, find_severity
from querywatch.analysis.regression import Measure
from querywatch.analysis.repetition import Repetition, find_repetition
from querywatch.analysis.rules.base import Category, Rule
from querywatch.analysis.rules.moments import say_period, say_since
from querywatch.analysis.rules.words import name_account, say_who
from querywatch.analysis.scans import find_scans, find_sweeps
from querywatch.analysis.schedule import find_period
from querywatch.analysis.situation import Limits, QueryLoad, Situation
from querywatch.model import Evidence, Finding, Integration, Severity
from querywatch.units import format_count, format_seconds

_COUNTED_RUNS = 4  # an average over fewer gaps is chance
_AGREEMENT = 0.3  # several clients of one period, out of step, run more often than the period says
_AGREED_TOLERANCE = 0.8  # of the agreed period: an agent's own clock may run a little fast
_PULL_SECONDS = 900.0  # the same rows again and again, at this period or faster
_ASKING = frozenset({"eq", "in", "like", "regexp"})
_ADVICE = (
    "Ask its vendor to poll every few minutes, or to poll by a column that an index leads with; a cheap "
    "question may be asked often."
)

_PULL_ADVICE = (
    "Ask its vendor to remember up to where it has read, and to ask for what changed since then alone, by a column "
    "that an index leads with; a pull needs no count before it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pace:
    seconds: float
    exact: bool  # a period was found; otherwise only the average is known


@dataclass(frozen=True, slots=True, kw_only=True)
class _Poll:
    load: QueryLoad
    pace: _Pace
    rows_per_run: float
    repetition: Repetition | None


def find(situation: Situation) -> Iterator[Finding]:
    """One finding for each third party's shape that is polled too often for what it costs."""
    if not situation.rates_are_known:
        return
    loads = tuple(situation.third_party_queries)
    for load in loads:
        if load.statement.operation.is_write or _is_lookup(load, situation):
            continue
        repetition = find_repetition(load, loads)
        rows_per_run = _find_costly_rows(load, situation)
        if rows_per_run is None and repetition is not None:
            rows_per_run = _find_pulled_rows(load, situation.limits)
        pace = _find_pace(load, situation)
        if rows_per_run is None or pace is None:
            continue
        again = repetition is not None and pace.seconds <= _PULL_SECONDS
        if again or _is_too_often(load.integration, pace, situation.limits):
            poll = _Poll(load=load, pace=pace, rows_per_run=rows_per_run, repetition=repetition)
            yield _describe(poll, situation)


def _is_too_often(integration: Integration, pace: _Pace, limits: Limits) -> bool:
    """Whether it comes at the limit or faster, or faster than was agreed; both only as far as it is costly."""
    agreed = integration.schedule.period_seconds
    early = agreed is not None and pace.seconds < agreed * _AGREED_TOLERANCE
    return early or pace.seconds <= limits.poll_period_seconds


def _is_lookup(load: QueryLoad, situation: Situation) -> bool:
    """Whether it asks by a name or a number, and nobody has seen it come by the clock: a person wants to know."""
    if load.evidence is not Evidence.INFERRED or load.reading is None or situation.schema is None:
        return False
    kinds = [
        find_type(table, predicate.column)
        for access in load.reading.tables
        if (table := situation.schema.find(access.name, access.database)) is not None
        for predicate in access.predicates
        if predicate.operator in _ASKING
    ]
    return bool(kinds) and not any(kind.startswith(("date", "time")) for kind in kinds)


def _find_costly_rows(load: QueryLoad, situation: Situation) -> float | None:
    """Rows that a run reads, where that is costly: by the server's count, or as no index or nothing at all bounds it.

    A run of so few rows that once a second would stay within the limit is never costly.
    """
    measured = find_rows_per_run(load) or 0.0
    scans = (*find_scans(load, situation), *find_sweeps(load, situation))
    rows_per_run = max([measured, *(scan.rows_per_run for scan in scans)])
    cheap = rows_per_run < situation.limits.rows_per_minute_warning / 60
    if not scans and (cheap or _is_light(load, rows_per_run, situation)):
        return None
    return rows_per_run


def _find_pulled_rows(load: QueryLoad, limits: Limits) -> float | None:
    """Rows that a run hands over, or reads where that is not counted; None where they are few."""
    rows = load.rows_examined if load.rows_sent is None else load.rows_sent
    if rows is None or not load.executions or rows / load.executions < limits.rows_per_minute_warning:
        return None
    return rows / load.executions


def _is_light(load: QueryLoad, rows_per_run: float, situation: Situation) -> bool:
    rows_per_minute = rows_per_run * find_runs_per_minute(load, situation)
    return find_severity(rows_per_minute, situation.limits) is Severity.INFO


def _find_pace(load: QueryLoad, situation: Situation) -> _Pace | None:
    period = find_period(load.started_at)
    if load.evidence is not Evidence.COUNTED:
        return _Pace(seconds=period.seconds, exact=True) if period else None
    if load.executions < _COUNTED_RUNS:
        return _Pace(seconds=period.seconds, exact=True) if period else None
    average_seconds = situation.window_seconds / load.executions
    if period and abs(average_seconds / period.seconds - 1.0) <= _AGREEMENT:
        return _Pace(seconds=period.seconds, exact=True)
    return _Pace(seconds=average_seconds, exact=False)


def _describe(poll: _Poll, situation: Situation) -> Finding:
    load, pace, rows_per_run, limits = poll.load, poll.pace, poll.rows_per_run, situation.limits
    rows_per_minute = rows_per_run * 60.0 / pace.seconds
    worst = find_severity(rows_per_minute, limits) if situation.office_open else Severity.WARNING
    every = f"{'' if pace.exact else 'about '}every {format_seconds(pace.seconds)}"
    agreed = load.integration.schedule.period_seconds
    early = agreed is not None and pace.seconds < agreed * _AGREED_TOLERANCE
    allowed_seconds = agreed if early and agreed else limits.poll_period_seconds
    return Finding(
        rule=RULE.id,
        severity=worst if worst is Severity.CRITICAL else Severity.WARNING,
        integration=load.integration.name,
        subject=name_account(load.account),
        fingerprint=load.statement.fingerprint,
        message=f"{say_who(load.integration, load.account, shared=load.shared)} asks the same question {every}, "
        f"and the server reads {format_count(rows_per_run)} rows each time: "
        f"{format_count(rows_per_minute)} rows a minute."
        + (f" Every {format_seconds(allowed_seconds)} is what was agreed." if early else "")
        + _say_change(load, situation)
        + _say_repetition(poll.repetition),
        advice=f"{_ADVICE if poll.repetition is None else _PULL_ADVICE} {_say_need(rows_per_run, agreed, limits)}",
        evidence=load.evidence,
        measured=60.0 / pace.seconds,
        limit=60.0 / allowed_seconds,
    )


def _say_change(load: QueryLoad, situation: Situation) -> str:
    """The schedule that it had before."""
    subject = (load.integration.name, load.statement.fingerprint)
    for each in situation.regressions:
        if each.measure is Measure.RATE and (each.subject.integration, each.subject.fingerprint) == subject:
            before = say_period(each.per_minute_usual)
            return f" Until {say_since(each.since, situation)} it came {before} at the most."
    return ""


def _say_repetition(repetition: Repetition | None) -> str:
    if repetition is None:
        return ""
    counted = " It counts the same rows before each pull." if repetition.counted_first else ""
    if repetition.span_days is None:
        return counted
    span = f"Each time it asks for a span of {format_count(repetition.span_days)} days"
    return f"{counted} {span}, nearly all of which it has."


def _say_need(rows_per_run: float, agreed_seconds: float | None, limits: Limits) -> str:
    """What the same question would cost at the agreed period, or else at one that is in order."""
    harmless_seconds = (rows_per_run // limits.rows_per_minute_warning + 1.0) * 60.0
    seconds = agreed_seconds or max(harmless_seconds, limits.poll_period_seconds)
    return (
        f"Asked every {format_seconds(seconds)} it would read {format_count(rows_per_run * 60.0 / seconds)} rows "
        "a minute."
    )


RULE = Rule(
    id="frequency.poll",
    says="the same costly statement comes again and again on a period, which is named, also one shorter "
    "than the integration's agreed period",
    why="What costs half a second is nothing once an hour; every thirty seconds, all day, it is a "
    "workstation's worth of work that nobody ordered.",
    advice=_ADVICE,
    category=Category.LOAD,
    find=find,
)
