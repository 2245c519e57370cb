"""Gathers what the state file has of one integration on one server into one document, sealed with a checksum.

The file holds outward text alone, so nothing here can show a literal. None is "not measured", as everywhere.
"""

import hashlib
import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from querywatch import __version__
from querywatch.export.report.sections import (
    make_blocking,
    make_rates,
    make_repetition,
    make_schedule,
    make_sight,
)
from querywatch.export.report.summary import make_summary
from querywatch.model import Integration
from querywatch.store.acknowledgements import load_acknowledgements
from querywatch.store.findings import PastFinding, load_finding_history
from querywatch.store.history import load_changes, load_gaps, load_shapes
from querywatch.store.servers import load_server
from querywatch.store.trials import TrialRecord, load_trials
from querywatch.store.use import PastUse, Use, load_use
from querywatch.store.writes import WriteNote, load_writes

Document = dict[str, Any]

FORMAT = 1
_SHAPES_SHOWN = 50
_AMOUNTS = ("runs", "seconds", "rows_examined", "rows_sent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a report is about: an integration on a server, from `since` to `until` (epoch seconds)."""

    server: str
    integration: Integration
    since: float
    until: float


def load_report(connection: sqlite3.Connection, scope: Scope) -> Document:
    """The document, not yet sealed. Raises StateError."""
    uses = load_use(connection, scope.server, scope.since, scope.until)
    name = scope.integration.name
    own = [each for each in uses if each.use.integration == name]
    shapes = {each.fingerprint: each for each in load_shapes(connection, scope.server)}
    texts = {fingerprint: (each.shape, each.tables) for fingerprint, each in shapes.items()}
    history = load_finding_history(connection, scope.server, scope.since)
    gaps = load_gaps(connection, scope.server, scope.since)
    info = load_server(connection, scope.server).info
    found = [each for each in history if each.finding.integration == name]
    series, hours, statements = _make_series(own), _make_hours(own), _make_shapes(own, texts)
    report: Document = {
        "format": FORMAT,
        "made_by": f"querywatch {__version__}",
        "made_at": render_time(scope.until),
        "since": render_time(scope.since),
        "server": {
            "name": scope.server,
            "flavour": str(info.flavour) if info else None,
            "version": info.version_text if info else None,
        },
        "integration": {
            "name": name,
            "kind": str(scope.integration.kind),
            "contact": scope.integration.contact,
        },
        "totals": _make_totals(uses, name),
        "series": series,
        "hours_of_day_utc": hours,
        "schedule": make_schedule(scope.integration.schedule, series, hours),
        "shapes": statements,
        "findings": [_make_finding(each, texts) for each in found],
        "blocking": make_blocking(found, scope.until),
        "writes": [_make_write(each) for each in load_writes(connection, scope.server, name, scope.since)],
        "trials": [
            _make_trial(each) for each in load_trials(connection, scope.server) if each.integration == name
        ],
        "acknowledged": [
            asdict(each) | {"made_at": render_time(each.made_at), "until": render_time(each.until)}
            for each in load_acknowledgements(connection, scope.server, scope.until)
            if each.integration == name
        ],
        "changes": [
            {"at": render_time(each.at), "kind": str(each.kind), "subject": each.subject, "words": each.words}
            for each in load_changes(connection, scope.server, scope.since)
        ],
        "gaps": [
            {
                "started_at": render_time(each.started_at),
                "ended_at": render_time(each.ended_at),
                "reason": each.reason,
            }
            for each in gaps
        ],
        "sight": make_sight(series, gaps, found, scope.since, scope.until),
        "repeat": make_repetition(name, statements),
        "comparison": None,
    }
    report["summary"] = make_summary(report)
    return report


def seal(report: Document) -> Document:
    """The report with the SHA-256 of all the rest of it: keys sorted, no spaces, UTF-8."""
    rest = {key: value for key, value in report.items() if key != "sha256"}
    canonical = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return rest | {"sha256": hashlib.sha256(canonical.encode()).hexdigest()}


def render_time(at: float) -> str:
    """UTC, to the second: 2026-11-22T08:00:00Z."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _add_up(uses: Iterable[Use]) -> dict[str, float | None]:
    """Sums, and the longest; None where nothing was measured."""
    found = list(uses)
    sums = {name: sum(known) if (known := _find_known(found, name)) else None for name in _AMOUNTS}
    return sums | {"longest_seconds": max(_find_known(found, "longest_seconds"), default=None)}


def _find_known(uses: Sequence[Use], name: str) -> list[float]:
    return [value for use in uses if (value := getattr(use, name)) is not None]


def _make_totals(uses: Sequence[PastUse], name: str) -> dict[str, float | None]:
    """What the integration used, and its share of what all together did."""
    totals = [each.use for each in uses if not each.use.fingerprint]
    own = _add_up(use for use in totals if use.integration == name)
    everybody = _add_up(totals)
    return own | {f"share_of_{key}": _divide(own[key], everybody[key]) for key in _AMOUNTS[:3]}


def _divide(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None


def _make_series(own: Sequence[PastUse]) -> list[Document]:
    return [
        {"started_at": render_time(each.started_at), "length_seconds": each.length_seconds}
        | _add_up([each.use])
        for each in own
        if not each.use.fingerprint
    ]


def _make_hours(own: Sequence[PastUse]) -> list[float]:
    """Runs by the hour of the day, of the days that are kept by the hour."""
    hours = [0.0] * 24
    for each in own:
        if not each.use.fingerprint and each.length_seconds <= 3_600:
            hours[int(each.started_at // 3_600) % 24] += each.use.runs
    return hours


def _make_shapes(own: Sequence[PastUse], texts: dict[str, tuple[str, str]]) -> list[Document]:
    """The costliest shapes: by time where it was measured, else by runs."""
    found: dict[str, list[PastUse]] = defaultdict(list)
    for each in own:
        if each.use.fingerprint:
            found[each.use.fingerprint].append(each)
    rows = [_describe(fingerprint, texts) | _make_amounts(uses) for fingerprint, uses in found.items()]
    rows.sort(key=lambda row: (-(row["seconds"] or 0.0), -(row["runs"] or 0.0), row["fingerprint"]))
    return rows[:_SHAPES_SHOWN]


def _make_amounts(uses: Sequence[PastUse]) -> Document:
    amounts = _add_up(each.use for each in uses)
    return amounts | make_rates(amounts, sum(each.length_seconds for each in uses if each.use.runs))


def _describe(fingerprint: str, texts: dict[str, tuple[str, str]]) -> Document:
    shape, tables = texts.get(fingerprint, ("", ""))
    return {"fingerprint": fingerprint, "shape": shape, "tables": tables}


def _make_finding(past: PastFinding, texts: dict[str, tuple[str, str]]) -> Document:
    finding = past.finding
    return _describe(finding.fingerprint, texts) | {
        "rule": finding.rule,
        "severity": str(finding.severity),
        "subject": finding.subject,
        "message": finding.message,
        "advice": finding.advice,
        "rewrite": finding.rewrite,
        "evidence": str(finding.evidence),
        "measured": finding.measured,
        "limit": finding.limit,
        "opened_at": render_time(past.opened_at),
        "last_seen_at": render_time(past.last_seen_at),
        "resolved_at": None if past.resolved_at is None else render_time(past.resolved_at),
    }


def _make_trial(trial: TrialRecord) -> Document:
    """How it stands; `effect` is times as long as with the integration off, at its least and at its most."""
    ratio, low, high = trial.windows.get("effect", (None, None, None))
    ended = next(iter(trial.windows.get("ended_at", ())), None)
    return {
        "question": trial.question,
        "started_at": render_time(trial.started_at),
        "ended_at": None if ended is None else render_time(ended),
        "state": trial.state,
        "verdict": trial.verdict,
        "effect": ratio,
        "effect_least": low,
        "effect_most": high,
    }


def _make_write(note: WriteNote) -> Document:
    return asdict(note) | {"first_at": render_time(note.first_at), "last_at": render_time(note.last_at)}
