"""The last cycle of each server as JSON objects, for /api/v1 and for the status page."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import Any

from querywatch.analysis.summary import render_summary
from querywatch.findings import OpenFinding
from querywatch.model import Severity
from querywatch.outward import render_line
from querywatch.snapshot import IntegrationState, Past, Snapshot

API_PATHS = (
    "/api/v1/servers",
    "/api/v1/integrations",
    "/api/v1/findings",
    "/api/v1/running",
    "/api/v1/summaries",
    "/api/v1/past",
)
_LIGHTS = {Severity.CRITICAL: "act", Severity.WARNING: "look", Severity.INFO: "fine"}


def render_api(
    path: str, snapshots: Sequence[Snapshot], find_past: Callable[[str], Sequence[Past]] = lambda _: ()
) -> bytes:
    """The answer to one of API_PATHS: a list with each row's server in it, under the path's last word."""
    word = path.rpartition("/")[2]
    if word == "past":
        rows = [
            {"server": snapshot.server, **asdict(past)}
            for snapshot in snapshots
            for past in find_past(snapshot.server)
        ]
    else:
        rows = [row for snapshot in snapshots for row in describe_snapshot(snapshot)[word]]
    return json.dumps({word: rows}, ensure_ascii=False).encode() + b"\n"


def describe_snapshot(snapshot: Snapshot) -> dict[str, list[dict[str, Any]]]:
    """What is known of one server, a list for each of API_PATHS but the past."""
    parts = {
        "servers": [_describe_server(snapshot)],
        "integrations": [_describe_integration(state, snapshot) for state in snapshot.integrations],
        "findings": [_describe_finding(found) for found in snapshot.visible_findings],
        "running": _describe_running(snapshot),
        "summaries": [dict(render_summary(summary)) for summary in snapshot.summaries],
    }
    return {word: [{"server": snapshot.server, **row} for row in rows] for word, rows in parts.items()}


def find_light(integration: str, snapshot: Snapshot) -> str:
    """'act', 'look' or 'fine' by its worst finding that nobody acknowledged; 'unknown' while nothing is seen."""
    if not snapshot.up:
        return "unknown"
    return _find_worst(
        found for found in snapshot.visible_findings if found.finding.integration == integration
    )


def find_server_light(snapshot: Snapshot) -> str:
    """The same over all that is found on the server, blindness too; a server that is away wants somebody to act."""
    if not snapshot.attempted:
        return "unknown"
    return _find_worst(snapshot.visible_findings) if snapshot.up else "act"


def find_sight_light(snapshot: Snapshot) -> str:
    """The same over what querywatch cannot see of the server."""
    if not snapshot.up:
        return "unknown"
    return _find_worst(found for found in snapshot.visible_findings if found.finding.rule == "coverage.blind")


def _find_worst(findings: Iterable[OpenFinding]) -> str:
    open_ones = [found.finding.severity for found in findings if found.acknowledged_until is None]
    return _LIGHTS[max(open_ones, key=lambda severity: severity.rank, default=Severity.INFO)]


def _describe_server(snapshot: Snapshot) -> dict[str, Any]:
    info = snapshot.info
    return {
        "light": find_server_light(snapshot),
        "sight": find_sight_light(snapshot),
        "up": snapshot.up,
        "attempted": snapshot.attempted,
        "trouble": render_line(snapshot.trouble),
        "at": snapshot.at,
        "flavour": str(info.flavour) if info else None,
        "version": info.version_text if info else None,
        "observer_seconds": snapshot.observer_seconds,
        "observer_budget_ratio": snapshot.observer_budget_ratio,
        "capture_ratios": dict(snapshot.capture_ratios),
        "sources": [
            {
                "name": each.name,
                "up": each.up,
                "offered": each.offered,
                "reason": each.reason,
                "advice": each.advice,
            }
            for each in snapshot.sources
        ],
    }


def _describe_integration(state: IntegrationState, snapshot: Snapshot) -> dict[str, Any]:
    sees = snapshot.up and snapshot.sees_sessions
    trials = {trial.integration: trial for trial in snapshot.trials}
    trial = trials.get(state.integration.name)
    return {
        "integration": state.integration.name,
        "kind": str(state.integration.kind),
        "light": find_light(state.integration.name, snapshot),
        "learning_until": state.learning_until,
        "statements": state.statements_total,
        "seconds": state.seconds,
        "rows_examined": state.rows_examined,
        "writes": state.writes_done,
        "evidence": {quantity: str(grade) for quantity, grade in state.evidence.items()},
        "sessions": {"active": state.active, "sleeping": state.sleeping, "blocked": state.blocked}
        if sees
        else None,
        "budget_ratios": dict(state.budget_ratios),
        "trial": {"state": trial.state, "words": trial.words, "effect_ratio": trial.effect_ratio}
        if trial
        else None,
    }


def _describe_finding(found: OpenFinding) -> dict[str, Any]:
    finding = found.finding
    return {
        "rule": finding.rule,
        "severity": str(finding.severity),
        "integration": finding.integration,
        "subject": finding.subject,
        "fingerprint": finding.fingerprint,
        "evidence": str(finding.evidence),
        "message": finding.message,
        "advice": finding.advice,
        "opened_at": found.opened_at,
        "last_seen_at": found.last_seen_at,
        "acknowledged_until": found.acknowledged_until,
    }


def _describe_running(snapshot: Snapshot) -> list[dict[str, Any]]:
    """What ran at the last look; nothing of a server that is away."""
    if not snapshot.up:
        return []
    return [
        {
            "integration": each.attribution.integration.name,
            "reason": each.attribution.reason,
            "account": each.session.account,
            "host": each.session.host,
            "seconds": each.session.seconds,
            "state": render_line(each.session.state),
            "shape": each.outward_shape,
        }
        for each in snapshot.running
        if each.session.is_active
    ]
