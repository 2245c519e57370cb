"""Keeps findings: those that are open, so that a restart takes them up again, and every one there ever was."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from querywatch.errors import StateError
from querywatch.findings import OpenFinding
from querywatch.model import Evidence, Finding, Severity

_COLUMNS = (
    "integration, rule, subject, fingerprint, severity, message, advice, evidence, measured, measured_limit, "
    "about_table, about_columns, rewrite, opened_at, last_seen_at, severe_at, quiet_cycles, acknowledged_until"
)
_PLACES = ", ".join("?" * (len(_COLUMNS.split(", ")) + 2))
_PAST_COLUMNS = (
    "integration, rule, subject, fingerprint, severity, message, advice, evidence, measured, measured_limit, "
    "rewrite, opened_at, last_seen_at, resolved_at"
)
_UNREADABLE = "the state file holds findings that this querywatch cannot read"

# A finding's worst severity is what its history shows; the rest is as it was last seen.
_NOTE = """
    INSERT INTO finding_history (server, integration, rule, subject, fingerprint, opened_at, severity, message,
        advice, evidence, measured, measured_limit, rewrite, last_seen_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET severity = CASE WHEN severity = 'critical' OR excluded.severity = 'info'
            THEN severity ELSE excluded.severity END,
        message = excluded.message, advice = excluded.advice, evidence = excluded.evidence,
        measured = excluded.measured, measured_limit = excluded.measured_limit, rewrite = excluded.rewrite,
        last_seen_at = excluded.last_seen_at, resolved_at = NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastFinding:
    """A finding as its history has it, at its worst severity; `resolved_at` is None while it is open."""

    finding: Finding
    opened_at: float
    last_seen_at: float
    resolved_at: float | None


def save_findings(
    connection: sqlite3.Connection, server: str, findings: Sequence[OpenFinding], now: float
) -> None:
    """Replaces what is open of one server, and writes on at its history."""
    connection.execute("DELETE FROM findings WHERE server = ?", (server,))
    connection.executemany(
        f"INSERT OR REPLACE INTO findings (server, saved_at, {_COLUMNS}) VALUES ({_PLACES})",
        [(server, now, *_make_row(each)) for each in findings],
    )
    connection.executemany(_NOTE, [_make_past_row(server, each) for each in findings])
    connection.execute(
        """
        UPDATE finding_history AS past SET resolved_at = ? WHERE server = ? AND resolved_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM findings AS found WHERE found.server = past.server
            AND found.integration = past.integration AND found.rule = past.rule AND found.subject = past.subject
            AND found.fingerprint = past.fingerprint AND found.opened_at = past.opened_at)
        """,
        (now, server),
    )


def load_findings(connection: sqlite3.Connection, server: str) -> tuple[OpenFinding, ...]:
    """What was open when it was last saved. Raises StateError for words that mean nothing."""
    rows = connection.execute(f"SELECT {_COLUMNS} FROM findings WHERE server = ?", (server,)).fetchall()
    try:
        return tuple(_parse_row(row) for row in rows)
    except (TypeError, ValueError):
        raise StateError(_UNREADABLE) from None


def load_finding_history(
    connection: sqlite3.Connection, server: str, since: float
) -> tuple[PastFinding, ...]:
    """The findings that were open at some time since then, in the order of their opening. Raises StateError."""
    rows = connection.execute(
        f"SELECT {_PAST_COLUMNS} FROM finding_history WHERE server = ? AND (resolved_at IS NULL OR resolved_at >= ?) "
        "ORDER BY opened_at, id",
        (server, since),
    ).fetchall()
    try:
        return tuple(_parse_past_row(row) for row in rows)
    except (TypeError, ValueError):
        raise StateError(_UNREADABLE) from None


def _make_row(each: OpenFinding) -> tuple[Any, ...]:
    finding = each.finding
    return (
        *(finding.integration, finding.rule, finding.subject, finding.fingerprint, str(finding.severity)),
        *(finding.message, finding.advice, str(finding.evidence), finding.measured, finding.limit),
        *(finding.table, json.dumps(finding.columns), finding.rewrite),
        *(each.opened_at, each.last_seen_at, each.severe_at, each.quiet_cycles, each.acknowledged_until),
    )


def _make_past_row(server: str, each: OpenFinding) -> tuple[Any, ...]:
    finding = each.finding
    return (
        *(server, finding.integration, finding.rule, finding.subject, finding.fingerprint, each.opened_at),
        *(str(finding.severity), finding.message, finding.advice, str(finding.evidence)),
        *(finding.measured, finding.limit, finding.rewrite, each.last_seen_at),
    )


def _parse_row(row: tuple[Any, ...]) -> OpenFinding:
    *said, table, columns, rewrite, opened_at, last_seen_at, severe_at, quiet_cycles, until = row
    return OpenFinding(
        finding=_parse_finding(said, table=table, columns=tuple(json.loads(columns)), rewrite=rewrite),
        opened_at=opened_at,
        last_seen_at=last_seen_at,
        severe_at=severe_at,
        quiet_cycles=quiet_cycles,
        acknowledged_until=until,
    )


def _parse_past_row(row: tuple[Any, ...]) -> PastFinding:
    *said, rewrite, opened_at, last_seen_at, resolved_at = row
    return PastFinding(
        finding=_parse_finding(said, table="", columns=(), rewrite=rewrite),
        opened_at=opened_at,
        last_seen_at=last_seen_at,
        resolved_at=resolved_at,
    )


def _parse_finding(said: Sequence[Any], *, table: str, columns: tuple[str, ...], rewrite: str) -> Finding:
    integration, rule, subject, fingerprint, severity, message, advice, evidence, measured, limit = said
    return Finding(
        integration=integration,
        rule=rule,
        subject=subject,
        fingerprint=fingerprint,
        severity=Severity(severity),
        message=message,
        advice=advice,
        evidence=Evidence(evidence),
        measured=measured,
        limit=limit,
        table=table,
        columns=columns,
        rewrite=rewrite,
    )
