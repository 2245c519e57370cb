"""The Writes and access page: who wrote, who uses the database unclaimed, and who could write."""

import board
import load
import panels
import tables
import words
from board import FULL, HALF, QUARTER
from grafana_foundation_sdk.builders import stat, table, timeseries
from grafana_foundation_sdk.builders.dashboard import Dashboard, Row
from queries import CHOSEN, SEEN, SERVER

CONCERNED = f'{CHOSEN},rule=~"(write|access)[.].+"'
WRITES = f"querywatch_integration_writes_total{{{CHOSEN}}}"


def build() -> Dashboard:
    """The whole dashboard."""
    dashboard = board.start(
        "Writes and access",
        "querywatch-writes",
        "Who changes the database past Open Dental, who uses it without being known, and who could change it.",
        since="now-24h",
    ).with_variable(board.any_of("integration", board.integrations()))
    return _with_access(_with_writes(_with_findings(_with_now(dashboard))))


def _with_now(dashboard: Dashboard) -> Dashboard:
    return (
        dashboard.with_row(Row("Now"))
        .with_panel(_forbidden_light().height(4).span(QUARTER))
        .with_panel(_refused().height(4).span(QUARTER))
        .with_panel(_unknown_accounts().height(4).span(QUARTER))
        .with_panel(_possible_writers().height(4).span(QUARTER))
    )


def _with_findings(dashboard: Dashboard) -> Dashboard:
    found = tables.findings(
        about="Writes, unknown accounts and traffic that should not be, worst first.",
        chosen=CONCERNED,
        nothing="Nobody writes who may not, and everybody is known",
        text=False,
    )
    when = tables.findings_over_time("rule", "integration", chosen=CONCERNED)
    return (
        dashboard.with_row(Row("What is wrong"))
        .with_panel(found.height(8).span(FULL))
        .with_panel(when.height(7).span(FULL))
    )


def _with_writes(dashboard: Dashboard) -> Dashboard:
    return (
        dashboard.with_row(Row("Who writes"))
        .with_panel(_who_wrote().height(9).span(FULL))
        .with_panel(load.writes().height(8).span(HALF))
        .with_panel(_kinds_of_writes().height(8).span(HALF))
    )


def _with_access(dashboard: Dashboard) -> Dashboard:
    return (
        dashboard.with_row(Row("Who uses the database"))
        .with_panel(_users().height(9).span(FULL))
        .with_panel(load.connections().height(8).span(HALF))
        .with_panel(_unclaimed().height(8).span(HALF))
    )


def _found(rule: str, severity: str) -> str:
    return f'max(querywatch_finding{{{CHOSEN},rule="{rule}",severity="{severity}"}})'


def _count_found(rule: str) -> str:
    """Accounts under a rule; several findings of one account count once."""
    accounts = f'max by (server, integration, subject) (querywatch_finding{{{CHOSEN},rule="{rule}"}})'
    return f"count({accounts})"


def _forbidden_light() -> stat.Panel:
    uncounted = f'querywatch_integration_evidence{{{CHOSEN},quantity="writes",evidence!="counted"}}'
    return panels.light(
        "Forbidden writes",
        "Whether anybody writes who may only read, by the open findings; each stays for a day after the last "
        "write, or until it is acknowledged. 'None seen; not counted': the server does not count writes, so "
        "a short one may have been missed.",
        panels.instant(
            f"3 * {_found('write.forbidden', 'critical')}\n"
            f"or 2 * {_found('write.forbidden', 'warning')}\n"
            f"or max({uncounted})\n"
            f"or 0 * max({SEEN})"
        ),
        words=words.WRITING,
        blind="Not watched",
    )


def _refused() -> stat.Panel:
    refused = f'querywatch_integration_writes_total{{{CHOSEN},outcome="refused"}}'
    return panels.number(
        "Writes refused",
        "Writes that the server refused in the time range: somebody tried.",
        panels.instant(f"sum(increase({refused}[$__range]))"),
        unit="short",
    ).thresholds(panels.thresholds((0.5, words.ORANGE), base="text"))


def _unknown_accounts() -> stat.Panel:
    return panels.number(
        "Unknown accounts and hosts",
        "Accounts and hosts that use the database and that no integration claims.",
        panels.instant(f"{_count_found('access.unknown')} or 0 * max({SEEN})"),
        unit="short",
        blind="Not watched",
    ).thresholds(panels.thresholds((1, words.ORANGE), base="text"))


def _possible_writers() -> stat.Panel:
    looked = f'querywatch_evidence_available{{{SERVER},source="rights"}} == 1 and on (server) ({SEEN})'
    return panels.number(
        "Readers that could write",
        "Accounts of integrations that may only read, with rights by which they could change records. 'Not "
        "looked at': querywatch may not see the rights; querywatch grants --privileges prints how it may.",
        panels.instant(f"{_count_found('write.possible')} or 0 * max({looked})"),
        unit="short",
        blind="Not looked at",
    ).thresholds(panels.thresholds((1, words.ORANGE), base="text"))


def _who_wrote() -> table.Panel:
    kinds = f"max by (server, integration, kind) (querywatch_integration_info{{{CHOSEN}}})"
    amount = f"sum by (server, integration, operation, outcome) (increase({WRITES}[$__range])) > 0.5"
    panel = panels.grid(
        "Who wrote in this time range",
        "Every integration's writes by what they did, Open Dental's own too. Numbers over a range are "
        "rounded by Prometheus; the findings say each exactly.",
        panels.rows(f"({amount}) * on (server, integration) group_left (kind) {kinds}"),
        columns=(
            ("integration", "Integration"),
            ("kind", "Kind"),
            ("operation", "Operation"),
            ("outcome", "Outcome"),
            ("Value", "Writes"),
            ("server", "Server"),
        ),
        nothing="Nobody wrote in this time range",
    )
    return (
        panels.sorted_by(panel, "Writes")
        .override_by_name("Integration", [panels.to_integration()])
        .override_by_name("Kind", panels.column(words=words.KIND))
        .override_by_name("Outcome", panels.column(words=words.OUTCOME))
        .override_by_name("Writes", panels.column(unit="short", align="right"))
        .override_by_name("Server", [panels.to_server()])
    )


def _kinds_of_writes() -> timeseries.Panel:
    third = f'querywatch_integration_info{{{CHOSEN},kind!~"opendental|native"}}'
    rate = f"rate({WRITES}[$__rate_interval]) and on (server, integration) {third}"
    return panels.lines(
        "Third parties' writes a minute, by kind",
        "Carried out or refused, together. 'prepared' and 'other' are writes of a kind that the server "
        "does not tell.",
        panels.history(f"60 * sum by (operation) ({rate})", legend="{{operation}}"),
        unit="short",
    )


def _users() -> table.Panel:
    sessions = f"sum by (server, integration) (querywatch_integration_connections{{{CHOSEN}}})"
    evidence = f'querywatch_integration_evidence{{{CHOSEN},quantity="writes"}}'
    panel = panels.grid(
        "Who uses it, and how writes are seen",
        "Everybody who is known. 'Counted': the server counts each write. 'Sampled': a short one may be "
        "missed. 'unknown' stands for everything that no integration claims.",
        panels.rows(f"max by (server, integration, kind, contact) (querywatch_integration_info{{{CHOSEN}}})"),
        panels.rows(f"max by (server, integration, evidence) ({evidence})", ref="B"),
        panels.rows(sessions, ref="C"),
        columns=(
            ("integration", "Integration"),
            ("kind", "Kind"),
            ("evidence", "Writes are"),
            ("Value #C", "Connections"),
            ("contact", "Contact"),
            ("server", "Server"),
        ),
        nothing="No server is seen",
    )
    return (
        panels.sorted_by(panel, "Integration", descending=False)
        .override_by_name("Integration", [panels.to_integration()])
        .override_by_name("Kind", panels.column(words=words.KIND))
        .override_by_name("Writes are", panels.column(words=words.EVIDENCE, cellOptions=tables.COLOURED_TEXT))
        .override_by_name("Connections", panels.column(unit="short", align="right"))
        .override_by_name("Server", [panels.to_server()])
    )


def _unclaimed() -> timeseries.Panel:
    statements = f'querywatch_integration_statements_total{{{SERVER},integration="unknown"}}'
    return panels.lines(
        "Statements a minute that nobody claims",
        "What arrives from accounts and hosts of no integration, or on Open Dental's own account without "
        "being Open Dental's.",
        panels.history(f"60 * sum by (server) (rate({statements}[$__rate_interval]))", legend="{{server}}"),
        unit="short",
        nothing="Everybody is known",
    )
