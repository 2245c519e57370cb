"""Says in plain words what a report shows."""

from typing import Any

from querywatch.export.report.sections import tell_blocking, tell_schedule, tell_sight, tell_writes
from querywatch.units import format_count, format_ratio, format_seconds


def make_summary(report: dict[str, Any]) -> list[str]:
    """A few sentences, each from numbers that stand in the document."""
    return [
        _tell_use(report),
        tell_schedule(report),
        _tell_findings(report),
        tell_blocking(report),
        tell_writes(report),
        tell_sight(report),
    ]


def _tell_use(report: dict[str, Any]) -> str:
    name, totals = report["integration"]["name"], report["totals"]
    if totals["runs"] is None:
        return f"Nothing is known of statements that {name} ran in this time."
    said = f"{name} ran {format_count(totals['runs'])} statements"
    if totals["seconds"] is not None:
        said += f", which took the server {format_seconds(totals['seconds'])}"
    if totals["share_of_seconds"] is not None:
        said += f": {format_ratio(totals['share_of_seconds'])} of the time of all that ran"
    return f"{said}."


def _tell_findings(report: dict[str, Any]) -> str:
    findings = report["findings"]
    if not findings:
        return "There were no findings."
    critical = sum(each["severity"] == "critical" for each in findings)
    still_open = sum(each["resolved_at"] is None for each in findings)
    said = "There was 1 finding" if len(findings) == 1 else f"There were {len(findings)} findings"
    return f"{said}, {critical} of them critical; {still_open} open still."
