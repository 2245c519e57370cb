"""regression.busier: what runs more often than it used to at this hour of the week."""

from collections.abc import Iterator

from querywatch.analysis.regression import Measure, Regression
from querywatch.analysis.rules.base import Category, Rule
from querywatch.analysis.rules.moments import say_period, say_ratio, say_since
from querywatch.analysis.rules.subjects import find_known_table, say_statement
from querywatch.analysis.situation import Limits, Situation
from querywatch.model import Finding, Severity
from querywatch.units import format_seconds

_ADVICE = (
    "Ask its vendor whether an update or a setting changed how often it asks, and to go back to the old period "
    "where nobody needs the new one."
)
_HARMLESS_BUSY = 0.005  # of the server's time
_HARMLESS_PER_MINUTE = 60.0
_AGREED_TOLERANCE = 0.8  # of the agreed period


def find(situation: Situation) -> Iterator[Finding]:
    """One finding for each third party's shape that runs more often."""
    for regression in situation.regressions:
        if regression.measure is Measure.RATE:
            yield _describe(regression, situation)


def _describe(regression: Regression, situation: Situation) -> Finding:
    table = find_known_table(regression.subject, situation)
    return Finding(
        rule=RULE.id,
        severity=_find_severity(regression, situation.limits),
        integration=regression.subject.integration,
        subject=table or "statement",
        fingerprint=regression.subject.fingerprint,
        message=f"{say_statement(regression.subject, situation)} runs {say_period(regression.per_minute_now)} "
        f"since {say_since(regression.since, situation)}, where {say_period(regression.per_minute_usual)} is the "
        f"most that is usual at this hour: {say_ratio(regression.ratio)} as often."
        + _say_agreed(regression, situation),
        advice=_ADVICE,
        evidence=regression.evidence,
        measured=regression.per_minute_now,
        limit=regression.per_minute_usual,
        table=table,
    )


def _say_agreed(regression: Regression, situation: Situation) -> str:
    integration = situation.integrations.get(regression.subject.integration)
    agreed = None if integration is None else integration.schedule.period_seconds
    if agreed is None or 60.0 / max(regression.per_minute_now, 1e-6) >= agreed * _AGREED_TOLERANCE:
        return ""
    return f" Every {format_seconds(agreed)} is what was agreed."


def _find_severity(regression: Regression, limits: Limits) -> Severity:
    if regression.busy_ratio >= limits.busy_ratio:
        return Severity.CRITICAL
    if regression.busy_ratio < _HARMLESS_BUSY and regression.per_minute_now < _HARMLESS_PER_MINUTE:
        return Severity.INFO
    return Severity.WARNING


RULE = Rule(
    id="regression.busier",
    says="a statement runs more often than is usual at this hour of the week, with both periods",
    why="An update that turns every quarter of an hour into every twenty seconds brings forty times the load, and "
    "nobody in the office was asked.",
    advice=_ADVICE,
    category=Category.LOAD,
    find=find,
)
