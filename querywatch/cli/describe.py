"""Snapshots as rows for tables and as objects for JSON: the same facts for `once` and `demo`."""

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from querywatch.cli.output import SEVERITY_STYLES, add_rows, make_table
from querywatch.findings import OpenFinding
from querywatch.model import Evidence, Finding
from querywatch.snapshot import IntegrationState, Snapshot
from querywatch.units import format_count, format_seconds


def describe_server(snapshot: Snapshot) -> dict[str, Any]:
    """The server as an object."""
    info = snapshot.info
    return {
        "name": snapshot.server,
        "up": snapshot.up,
        "trouble": snapshot.trouble,
        "flavour": str(info.flavour) if info else None,
        "version": info.version_text if info else None,
        "sources": {
            state.name: {"up": state.up, "reason": state.reason, "advice": state.advice}
            for state in snapshot.sources
        },
        "capture_ratios": dict(snapshot.capture_ratios),
        "observer_seconds": round(snapshot.observer_seconds, 6),
    }


def describe_integration(state: IntegrationState, *, default: Evidence) -> dict[str, Any]:
    """One integration as an object; `evidence` is the grade of its statements.

    `error_ratios` is how far an estimate may be off nine times in ten, over the estimate, in the last minutes.
    """
    return {
        "name": state.integration.name,
        "kind": str(state.integration.kind),
        "statements": round(state.statements_total, 3),
        "seconds": round(state.seconds, 6) if state.seconds is not None else None,
        "rows_examined": round(state.rows_examined) if state.rows_examined is not None else None,
        "writes": round(state.writes_done, 3),
        "evidence": str(state.evidence.get("statements", default)),
        "error_ratios": {quantity: round(ratio, 4) for quantity, ratio in state.error_ratios.items()},
        "learning_until": None if state.learning_until is None else round(state.learning_until),
        "attributions": [
            {"reason": each.reason, "confidence": each.confidence, "shared": each.shared}
            for each in state.attributions
        ],
    }


def describe_finding(found: OpenFinding) -> dict[str, Any]:
    """One open finding as an object."""
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
    }


def find_default_evidence(snapshot: Snapshot) -> Evidence:
    """How good the numbers of an integration are that has done nothing yet."""
    counting = {state.name for state in snapshot.sources if state.up} & {"accounts", "userstat"}
    return Evidence.COUNTED if counting else Evidence.SAMPLED


def describe_snapshot(snapshot: Snapshot) -> dict[str, Any]:
    """All of it as one object."""
    default = find_default_evidence(snapshot)
    return {
        "server": describe_server(snapshot),
        "integrations": [describe_integration(state, default=default) for state in snapshot.integrations],
        "findings": [describe_finding(found) for found in sort_findings(snapshot.visible_findings)],
    }


def describe_running(snapshot: Snapshot) -> list[dict[str, Any]]:
    """What runs now, as objects."""
    return [
        {
            "integration": running.attribution.integration.name,
            "reason": running.attribution.reason,
            "confidence": running.attribution.confidence,
            "shared": running.attribution.shared,
            "account": running.session.account,
            "host": running.session.host,
            "seconds": running.session.seconds,
            "state": running.session.state,
            "shape": running.outward_shape,
        }
        for running in snapshot.running
    ]


def sort_findings(findings: Sequence[OpenFinding]) -> list[OpenFinding]:
    """The worst first, then by integration and rule."""
    return sorted(
        findings,
        key=lambda found: (-found.finding.severity.rank, found.finding.integration, found.finding.rule),
    )


def render_snapshot_tables(snapshot: Snapshot, *, with_advice: bool = True) -> RenderableType:
    """Integrations and findings as people read them."""
    info = snapshot.info
    version = f"{info.flavour} {info.version_text}" if info else "never reached"
    # What is wrong begins with the server's name.
    heading = Text((not snapshot.up and snapshot.trouble) or f"{snapshot.server}: {version}")
    return Group(heading, _make_integrations(snapshot), _make_findings(snapshot, with_advice=with_advice))


def _make_integrations(snapshot: Snapshot) -> RenderableType:
    columns = ("integration", "kind", "sessions", "statements", "time", "rows examined", "writes", "evidence")
    table = make_table("Integrations", columns, right=columns[2:7])
    default = find_default_evidence(snapshot)
    add_rows(table, [_render_integration(state, default) for state in snapshot.integrations])
    return table


def _render_integration(state: IntegrationState, default: Evidence) -> Sequence[str]:
    evidence = state.evidence.get("statements", default)
    at_least, about = ("≥ ", "≈ ") if evidence is Evidence.SAMPLED else ("", "")
    return (
        state.integration.name,
        state.integration.kind,
        str(state.active + state.sleeping + state.blocked),
        about + format_count(state.statements_total),
        about + format_seconds(state.seconds) if state.seconds is not None else "-",
        at_least + format_count(state.rows_examined) if state.rows_examined is not None else "-",
        at_least + format_count(state.writes_done),
        evidence,
    )


def _make_findings(snapshot: Snapshot, *, with_advice: bool) -> RenderableType:
    findings = sort_findings(snapshot.visible_findings)
    if not findings:
        return Text("No findings: nothing that querywatch can see hurts the office.")
    blocks = [_make_finding(found.finding, with_advice=with_advice) for found in findings]
    return Group(Text("Findings", style="bold"), *blocks)


def _make_finding(finding: Finding, *, with_advice: bool) -> RenderableType:
    """What it is on one line, what it says and what to do indented under it."""
    about = finding.integration or "querywatch"
    heading = Text.assemble(
        (f"{finding.severity:<8} ", SEVERITY_STYLES[finding.severity]),
        (f"{finding.rule:<16} ", "bold"),
        f"{about} ({finding.evidence})",
    )
    lines = [Padding(Text(finding.message), (0, 0, 0, 9))]
    if with_advice:
        lines.append(Padding(Text(f"To do: {finding.advice}", style="dim"), (0, 0, 0, 9)))
    return Group(heading, *lines)
