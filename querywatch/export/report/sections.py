"""The parts of a report that are worked out of the others: when it runs, whom it kept waiting, how well it was seen."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from querywatch.hours import format_weekly_hours
from querywatch.model import Schedule
from querywatch.store.findings import PastFinding
from querywatch.store.history import Gap
from querywatch.units import format_count, format_seconds

Document = dict[str, Any]

_BLOCKING = "lock.blocking"


def make_schedule(schedule: Schedule, series: Sequence[Document], hours: Sequence[float]) -> Document:
    """When it ran, beside what was agreed; None where nothing was, or nothing is known."""
    ran = [each for each in series if each["runs"]]
    busiest = max(range(len(hours)), key=lambda hour: hours[hour]) if any(hours) else None
    allowed = schedule.allowed_hours
    return {
        "agreed_period_seconds": schedule.period_seconds,
        "allowed_hours": None if allowed is None else format_weekly_hours(allowed),
        "first_ran": ran[0]["started_at"] if ran else None,
        "last_ran": ran[-1]["started_at"] if ran else None,
        "seconds_with_runs": sum(each["length_seconds"] for each in ran),
        "busiest_hour_utc": busiest,
    }


def make_rates(amounts: Document, seconds: float) -> Document:
    """What one run takes, and how far apart runs are in the time in which there were any; None: not measured."""
    runs = amounts["runs"]
    if not runs:
        return {"every_seconds": None, "seconds_a_run": None, "rows_a_run": None}
    return {
        "every_seconds": seconds / runs,
        "seconds_a_run": None if amounts["seconds"] is None else amounts["seconds"] / runs,
        "rows_a_run": None if amounts["rows_examined"] is None else amounts["rows_examined"] / runs,
    }


def make_blocking(history: Sequence[PastFinding], until: float) -> Document:
    """Whom it kept waiting, over all times that it did."""
    found = [each for each in history if each.finding.rule == _BLOCKING]
    waited = [each.finding.measured for each in found if each.finding.measured is not None]
    spans = [(each.resolved_at or min(each.last_seen_at, until)) - each.opened_at for each in found]
    return {
        "times": len(found),
        "longest_wait_seconds": max(waited, default=None),
        "seconds": sum(spans),
        "words": [each.finding.message for each in found],
    }


def make_sight(
    series: Sequence[Document],
    gaps: Sequence[Gap],
    history: Sequence[PastFinding],
    since: float,
    until: float,
) -> Document:
    """How much of the time querywatch could look, and how good the evidence of the findings is."""
    blind = sum(max(0.0, min(gap.ended_at, until) - max(gap.started_at, since)) for gap in gaps)
    return {
        "seconds": until - since,
        "seconds_blind": blind,
        "seconds_recorded": sum(each["length_seconds"] for each in series),
        "findings_by_evidence": dict(Counter(str(each.finding.evidence) for each in history)),
    }


def make_repetition(integration: str, shapes: Sequence[Document]) -> list[Document]:
    """How the vendor sees the same without the office: commands, on a practice that is made up."""
    often = next((each["every_seconds"] for each in shapes if each["every_seconds"]), None)
    every = max(1, round(often)) if often else 60
    return [
        {
            "what": "Start a practice in a box, with no patient in it; it prints where its configuration is.",
            "command": "querywatch demo",
        },
        {
            "what": f"Write the statements of {integration} into vendor.sql, with values of your own, and have them "
            "judged by that practice's tables, indexes and sizes.",
            "command": f"querywatch review --config CONFIGURATION --every {every}s vendor.sql",
        },
        {
            "what": "Or by the office's own tables, indexes and sizes, of which it saves a copy without any row: "
            "querywatch review --save-schema practice.json",
            "command": f"querywatch review --schema practice.json --every {every}s vendor.sql",
        },
    ]


def tell_schedule(report: Document) -> str:
    """In how much of the time it ran, and when most."""
    schedule = report["schedule"]
    if not schedule["seconds_with_runs"]:
        return "When it ran is not known."
    said = f"It ran in {format_seconds(schedule['seconds_with_runs'])} of {format_seconds(report['sight']['seconds'])}"
    if schedule["busiest_hour_utc"] is not None:
        said += f", most often from {schedule['busiest_hour_utc']:02d}:00 (UTC)"
    if schedule["agreed_period_seconds"] is not None:
        said += f"; agreed is every {format_seconds(schedule['agreed_period_seconds'])}"
    if schedule["allowed_hours"]:
        said += f"; allowed at {', '.join(schedule['allowed_hours'])}"
    return f"{said}."


def tell_blocking(report: Document) -> str:
    """How often it kept others waiting, and how long at the most."""
    blocking = report["blocking"]
    if not blocking["times"]:
        return "It was not seen to keep anybody waiting."
    often = "once" if blocking["times"] == 1 else f"{format_count(blocking['times'])} times"
    longest = blocking["longest_wait_seconds"]
    return f"It kept others waiting {often}" + (
        f", up to {format_seconds(longest)}." if longest is not None else "."
    )


def tell_sight(report: Document) -> str:
    """How much the numbers are worth."""
    sight = report["sight"]
    said = f"querywatch watched for {format_seconds(sight['seconds_recorded'])} of {format_seconds(sight['seconds'])}"
    if sight["seconds_blind"]:
        said += f" and knows that it was blind for {format_seconds(sight['seconds_blind'])} of it"
    return f"{said}; what ran in the rest is in no number here."


def tell_writes(report: Document) -> str:
    """Who wrote, when, and into what."""
    writes = report["writes"]
    if not writes:
        return "No forbidden write was seen."
    done = sum(each["statements"] for each in writes if each["outcome"] == "done")
    refused = sum(each["statements"] for each in writes if each["outcome"] == "refused")
    tables = sorted({table for each in writes for table in each["tables"].split(", ") if table})
    said = f"{format_count(done)} forbidden writes were done, and {format_count(refused)} were refused, from "
    said += f"{writes[0]['first_at']} to {max(each['last_at'] for each in writes)}"
    return f"{said}, into {', '.join(tables)}." if tables else f"{said}."
