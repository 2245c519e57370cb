"""Lays an earlier report beside a new one."""

import json
from collections import Counter
from typing import Any

from querywatch.errors import QuerywatchError
from querywatch.export.report.gather import FORMAT, Document, seal
from querywatch.units import format_seconds

_PER_DAY = ("runs", "seconds", "rows_examined")
_RATES = ("seconds_a_run", "rows_a_run", "every_seconds")
_NOISE_RATIO = 1.25  # what differs by less is about the same


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
        "statements": _compare_shapes(earlier, report),
        "findings_gone": [list(key) for key in sorted(before - after)],
        "findings_new": [list(key) for key in sorted(after - before)],
        "findings_kept": [list(key) for key in sorted(before & after)],
    }
    return report | {"comparison": comparison | {"summary": _tell(comparison)}}


def _find_keys(report: Document) -> set[tuple[str, str, str]]:
    return {(each["rule"], each["subject"], each["fingerprint"]) for each in report["findings"]}


def _find_daily(report: Document, name: str) -> float | None:
    """An amount for each day of which there is a record; reports of different lengths compare by it."""
    series: list[dict[str, Any]] = report["series"]
    days = sum(each["length_seconds"] for each in series) / 86_400
    total = report["totals"][name]
    return None if total is None or not days else total / days


def _compare_shapes(earlier: Document, report: Document) -> list[Document]:
    """Each statement of either report: what is better or worse of a run, and how far apart runs are."""
    before = {each["fingerprint"]: each for each in earlier["shapes"]}
    after = {each["fingerprint"]: each for each in report["shapes"]}
    return [
        _compare_shape(before.get(fingerprint), after.get(fingerprint))
        for fingerprint in dict.fromkeys([*after, *before])
    ]


def _compare_shape(before: Document | None, after: Document | None) -> Document:
    known = after or before or {}
    rates = {
        f"{name}_{when}": None if each is None else each[name]
        for name in _RATES
        for when, each in (("before", before), ("after", after))
    }
    return {
        "fingerprint": known["fingerprint"],
        "tables": known["tables"],
        "change": _find_change(before, after),
    } | rates


def _find_change(before: Document | None, after: Document | None) -> str:
    """In words; a run's time where it was measured, else its rows."""
    if before is None or after is None:
        return "new" if before is None else "gone"
    timed = None not in (before["seconds_a_run"], after["seconds_a_run"])
    name, less, more = (
        ("seconds_a_run", "faster", "slower") if timed else ("rows_a_run", "reads less", "reads more")
    )
    found = (
        _compare(before[name], after[name], less, more),
        _compare(before["every_seconds"], after["every_seconds"], "more often", "more seldom"),
    )
    return ", ".join(words for words in found if words) or "about the same"


def _compare(before: float | None, after: float | None, less: str, more: str) -> str:
    if not before or not after:
        return ""
    ratio = after / before
    if 1 / _NOISE_RATIO <= ratio <= _NOISE_RATIO:
        return ""
    return f"{less if ratio < 1 else more} ({_say_ratio(ratio)})"


def _say_ratio(ratio: float) -> str:
    """'3.1 times', or for less than once '1/3.1'."""
    return f"{ratio:.1f} times" if ratio >= 1 else f"1/{1 / ratio:.1f}"


def _tell(comparison: Document) -> list[str]:
    """What became of it, in sentences."""
    daily = comparison["daily"]["seconds"]
    said = []
    if daily["before"] and daily["after"]:
        words = _compare(daily["before"], daily["after"], "less", "more") or "about as much"
        now, then = format_seconds(daily["after"]), format_seconds(daily["before"])
        said.append(f"It takes the server {now} a day; it was {then}: {words}.")
    kinds = Counter(
        each["change"] if each["change"] in {"new", "gone", "about the same"} else "different"
        for each in comparison["statements"]
    )
    if kinds:
        told = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
        said.append(f"Of its statements: {told}.")
    found = [(name, len(comparison[f"findings_{name}"])) for name in ("gone", "new", "kept")]
    said.append(f"Of its findings: {', '.join(f'{count} {name}' for name, count in found)}.")
    return said
