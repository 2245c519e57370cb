"""regression.slower: what used to be faster, by its own history, with the cause that the evidence speaks for."""

from collections.abc import Iterator

from querywatch.analysis.regression import Cause, Measure, Regression
from querywatch.analysis.rules.base import Category, Rule
from querywatch.analysis.rules.moments import say_period, say_ratio, say_since
from querywatch.analysis.rules.subjects import find_known_table, say_statement
from querywatch.analysis.situation import Limits, Situation
from querywatch.model import Finding, Kind, Severity
from querywatch.units import format_count, format_ratio, format_seconds

_ADVICE = {
    Cause.DATA: "Ask its vendor to ask for what has changed instead of everything: what reads a whole table gets "
    "slower with every row that the practice adds.",
    Cause.PLAN: "Look at what changed on the server at that time: an index that went is put back by Open Dental's own "
    "database maintenance; else let the vendor see why the statement no longer uses one.",
    Cause.RUNS: "Ask its vendor why it asks more often than it used to; `querywatch off` shows how to turn it off.",
    Cause.LOCKS: "Find who holds the locks: long reads of MyISAM tables and writes behind them.",
    Cause.EVERYTHING: "Look at the server itself: its disk, its memory, a backup or a virus scanner, and what runs "
    "most; no single statement is to blame.",
    Cause.UNDECIDED: "Ask its vendor what changed at that time, and look at the statement's plan.",
}
_HARMLESS_SECONDS = 0.1
_HARMLESS_BUSY = 0.01
_EVERYTHING_CRITICAL = 3.0


def find(situation: Situation) -> Iterator[Finding]:
    """One finding for each third party's shape that is slower, and one when everything is."""
    for regression in situation.regressions:
        if regression.measure is Measure.TIME:
            if regression.cause is Cause.EVERYTHING:
                yield _describe_everything(regression, situation)
            else:
                yield _describe(regression, situation)


def _describe(regression: Regression, situation: Situation) -> Finding:
    table = find_known_table(regression.subject, situation)
    since = say_since(regression.since, situation)
    statement = say_statement(regression.subject, situation)
    return Finding(
        rule=RULE.id,
        severity=_find_severity(regression, situation.limits),
        integration=regression.subject.integration,
        subject=table or "statement",
        fingerprint=regression.subject.fingerprint,
        message=f"{statement} {_say_change(regression)} since {since}. {_say_cause(regression)}",
        advice=_ADVICE[regression.cause],
        evidence=regression.evidence,
        measured=regression.ratio * regression.seconds_usual,
        limit=regression.seconds_usual,
        table=table,
    )


def _find_severity(regression: Regression, limits: Limits) -> Severity:
    if regression.busy_ratio >= limits.busy_ratio or regression.seconds_now >= limits.running_seconds_warning:
        return Severity.CRITICAL
    if regression.seconds_now < _HARMLESS_SECONDS and regression.busy_ratio < _HARMLESS_BUSY:
        return Severity.INFO
    return Severity.WARNING


def _say_change(regression: Regression) -> str:
    if regression.cause is Cause.RUNS and regression.seconds_now <= regression.seconds_usual:
        usual = regression.per_minute_usual * regression.seconds_usual
        now = regression.per_minute_now * regression.seconds_now
        return (
            f"keeps the server busy for {format_seconds(now)} a minute instead of {format_seconds(usual)}, "
            f"{say_ratio(regression.ratio)} as much,"
        )
    return (
        f"takes {format_seconds(regression.seconds_now)} a run instead of "
        f"{format_seconds(regression.seconds_usual)}, {say_ratio(regression.seconds_now / regression.seconds_usual)} "
        f"as long,"
    )


def _say_cause(regression: Regression) -> str:
    match regression.cause:
        case Cause.DATA if regression.growth is not None:
            growth = regression.growth
            return (
                f"Its data grew: {growth.table} has {format_count(growth.rows_now)} rows instead of "
                f"{format_count(growth.rows_usual)}{_say_rows(regression)}."
            )
        case Cause.PLAN:
            return _say_plan(regression)
        case Cause.RUNS:
            return (
                f"It runs more often: {say_period(regression.per_minute_now)} instead of "
                f"{say_period(regression.per_minute_usual)}."
            )
        case Cause.LOCKS if regression.locked_share is not None:
            share = format_ratio(min(1.0, regression.locked_share))
            return f"It waits on locks that others hold: {share} of the time that it takes longer."
        case _:
            return (
                "The cause is undecided: its tables did not grow, it waits on no locks that are counted, and the "
                f"rest is as fast as ever{_say_rows(regression)}."
            )


def _say_plan(regression: Regression) -> str:
    words = "The plan changed"
    if regression.sizes_are_old:
        words = "The plan changed, or its tables grew, which shows when they are counted next"
    seen = f"; {regression.changed}" if regression.changed else ""
    return f"{words}{_say_rows(regression)}{seen}."


def _say_rows(regression: Regression) -> str:
    if regression.rows_usual is None or regression.rows_now is None:
        return "; nothing counts the rows that it reads"
    return (
        f"; a run reads {format_count(regression.rows_now)} rows instead of "
        f"{format_count(regression.rows_usual)}"
    )


def _describe_everything(regression: Regression, situation: Situation) -> Finding:
    office = [each.name for each in situation.integrations.values() if each.kind is Kind.OPENDENTAL]
    return Finding(
        rule=RULE.id,
        severity=Severity.CRITICAL if regression.ratio >= _EVERYTHING_CRITICAL else Severity.WARNING,
        integration=office[0] if office else Kind.OPENDENTAL.value,
        subject="everything",
        message=f"Everything is slower since {say_since(regression.since, situation)}: statements take "
        f"{say_ratio(regression.ratio)} as long as is usual at this hour, Open Dental's own too.",
        advice=_ADVICE[Cause.EVERYTHING],
        evidence=regression.evidence,
        measured=regression.ratio,
        limit=1.0,
    )


RULE = Rule(
    id="regression.slower",
    says="a statement takes longer than it used to, and why: data grew, plan changed, more runs, locks, or everything",
    why="What has worked for months and suddenly does not is what offices suffer from most, and nobody knows "
    "whom to ask without the moment and the cause.",
    advice="Look at the cause that the finding names: each has its own remedy.",
    category=Category.LOAD,
    find=find,
)
