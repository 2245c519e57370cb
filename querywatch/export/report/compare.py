"""Lays an earlier report beside a new one."""

import json
from typing import Any

from querywatch.errors import QuerywatchError
from querywatch.export.report.gather import FORMAT, Document, seal

_PER_DAY = ("runs", "seconds", "rows_examined")


def parse_report(text: str) -> Document:
    """A report from its JSON. Raises QuerywatchError: it is none, or was changed since it was made."""
    try:
        report = json.loads(text)
    except ValueError:
        raise QuerywatchError("the saved report is no JSON") from None
    if not isinstance(report, dict) or report.get("format") != FORMAT:
        raise QuerywatchError("the saved file is no report of this querywatch")
    if seal(report)["sha256"] != report.get("sha256"):
        raise QuerywatchError("the saved report was changed since it was made: its checksum differs")
    return report


def add_comparison(report: Document, earlier: Document) -> Document:
    """The report with how it differs from an earlier one. Raises QuerywatchError: that is of another integration."""
    if earlier["integration"]["name"] != report["integration"]["name"]:
        raise QuerywatchError("the earlier report is about another integration")
    before, after = _find_keys(earlier), _find_keys(report)
    comparison = {
        "earlier_sha256": earlier["sha256"],
        "earlier_since": earlier["since"],
        "earlier_made_at": earlier["made_at"],
        "daily": {
            name: {"before": _find_daily(earlier, name), "after": _find_daily(report, name)}
            for name in _PER_DAY
        },
        "findings_gone": [list(key) for key in sorted(before - after)],
        "findings_new": [list(key) for key in sorted(after - before)],
        "findings_kept": [list(key) for key in sorted(before & after)],
    }
    return report | {"comparison": comparison}


def _find_keys(report: Document) -> set[tuple[str, str, str]]:
    return {(each["rule"], each["subject"], each["fingerprint"]) for each in report["findings"]}


def _find_daily(report: Document, name: str) -> float | None:
    """An amount for each day of which there is a record; reports of different lengths compare by it."""
    series: list[dict[str, Any]] = report["series"]
    days = sum(each["length_seconds"] for each in series) / 86_400
    total = report["totals"][name]
    return None if total is None or not days else total / days
