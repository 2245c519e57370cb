"""Reads a case's `regression` into the value that a server's baselines would have brought."""

from collections.abc import Callable
from typing import Any

from querywatch.analysis.regression import Cause, Growth, Measure, Regression, Subject
from querywatch.model import Evidence, Statement


def make_regression(
    given: dict[str, Any],
    subject: Subject,
    evidence: Evidence,
    now: float,
    parse_duration: Callable[[str | float], float],
) -> Regression:
    """What is no longer as it was, each amount as `[usual, now]`."""
    seconds = [parse_duration(each) for each in given.get("seconds", ["1s", "1s"])]
    every = [parse_duration(each) for each in given.get("every", ["1min", "1min"])]
    rows, grown = given.get("rows", [None, None]), given.get("grown", {})
    growths = [Growth(table=name, rows_usual=usual, rows_now=now) for name, (usual, now) in grown.items()]
    return Regression(
        measure=Measure(given.get("measure", "time")),
        subject=subject,
        since=now - parse_duration(given.get("ago", "10min")),
        cause=Cause(given.get("cause", "undecided")),
        seconds_usual=seconds[0],
        seconds_now=seconds[1],
        per_minute_usual=60.0 / every[0],
        per_minute_now=60.0 / every[1],
        rows_usual=rows[0],
        rows_now=rows[1],
        locked_share=given.get("locked"),
        growth=growths[0] if growths else None,
        sizes_are_old=given.get("sizes are old", False),
        changed=given.get("changed", ""),
        evidence=evidence,
    )


def make_subject(integration: str, statement: Statement | None) -> Subject:
    """The shape that it is about; without a statement everything."""
    if statement is None:
        return Subject(integration, "")
    return Subject(integration, statement.fingerprint, statement.tables)
