"""The Integration page: one vendor's software, what it does and what is wrong with it."""

import board
import lights
import load
import panels
import queries
import sight
import tables
import words
from board import FULL, HALF, QUARTER, THIRD
from grafana_foundation_sdk.builders import stat, table, timeseries
from grafana_foundation_sdk.builders.dashboard import Dashboard, Row
from queries import CHOSEN

WORST = 10  # statements


def build() -> Dashboard:
    """The whole dashboard."""
    dashboard = board.start(
        "Integration",
        "querywatch-integration",
        "One integration: how much it does, how often and by which statements, what is wrong with it, and "
        "what its trial showed.",
    ).with_variable(board.one_of("integration", board.integrations()))
    return _with_sight(_with_sessions(_with_statements(_with_load(_with_findings(_with_now(dashboard))))))


def _with_now(dashboard: Dashboard) -> Dashboard:
    return (
        dashboard.with_row(Row("Now"))
        .with_panel(lights.integration_lights("How is it?").height(4).span(QUARTER))
        .with_panel(_server_time_now().height(4).span(QUARTER))
        .with_panel(_statements_now().height(4).span(QUARTER))
        .with_panel(_connections_now().height(4).span(QUARTER))
        .with_panel(_identity().height(4).span(FULL))
    )


def _with_findings(dashboard: Dashboard) -> Dashboard:
    return (
        dashboard.with_row(Row("What is wrong with it"))
        .with_panel(tables.findings(who=False).height(10).span(FULL))
        .with_panel(tables.findings_over_time("rule").height(8).span(FULL))
    )


def _with_load(dashboard: Dashboard) -> Dashboard:
    return (
        dashboard.with_row(Row("How much it does"))
        .with_panel(load.server_time().height(8).span(HALF))
        .with_panel(_operations().height(8).span(HALF))
        .with_panel(_rows().height(8).span(THIRD))
        .with_panel(_rows_wasted().height(8).span(THIRD))
        .with_panel(_budgets().height(8).span(THIRD))
    )


def _with_statements(dashboard: Dashboard) -> Dashboard:
    return (
        dashboard.with_row(Row("Its statements, and their rhythm"))
        .with_panel(_worst_statements().height(11).span(FULL))
        .with_panel(_rhythm().height(8).span(THIRD))
        .with_panel(_statement_time().height(8).span(THIRD))
        .with_panel(_usual().height(8).span(THIRD))
    )


def _with_sessions(dashboard: Dashboard) -> Dashboard:
    return (
        dashboard.with_row(Row("Its connections, and who waits for it"))
        .with_panel(_connections().height(8).span(THIRD))
        .with_panel(load.longest_running().height(8).span(THIRD))
        .with_panel(load.blocking().height(8).span(THIRD))
    )


def _with_sight(dashboard: Dashboard) -> Dashboard:
    return (
        dashboard.with_row(Row("How well querywatch sees it"))
        .with_panel(sight.evidence().height(6).span(HALF))
        .with_panel(sight.errors().height(6).span(HALF))
    )


def _server_time_now() -> stat.Panel:
    rate = queries.render_rate_by_integration("querywatch_integration_statement_seconds_total")
    return panels.number(
        "Server time",
        "Time the server spends on its statements now. 100 % is one connection busy all the time.",
        panels.instant(rate, legend="{{integration}}"),
        unit="percentunit",
        blind="Not measured",
    )


def _statements_now() -> stat.Panel:
    rate = queries.render_rate_by_integration("querywatch_integration_statements_total", scale=60)
    return panels.number(
        "Statements a minute",
        "How often it asks now.",
        panels.instant(rate, legend="{{integration}}"),
        unit="short",
    )


def _connections_now() -> stat.Panel:
    return panels.number(
        "Connections",
        "Its sessions at this moment, busy or asleep.",
        panels.instant(f"sum by (integration) (querywatch_integration_connections{{{CHOSEN}}})"),
        unit="short",
    )


def _identity() -> table.Panel:
    informed = f"max by (server, integration, kind, contact) (querywatch_integration_info{{{CHOSEN}}})"
    tried = f"max by (server, integration, state) (querywatch_trial_state{{{CHOSEN}}})"
    untried = f'label_replace({informed}, "state", "none", "", "")'
    effect = f"max by (server, integration) (querywatch_trial_effect_ratio{{{CHOSEN}}})"
    panel = panels.grid(
        "Who it is, and what its last trial showed",
        "Its kind and contact as configured. The trial's verdict is 'cause', 'ruled out' or not enough "
        "evidence; the effect is the time of the office's statements with it on over the same with it off.",
        panels.rows(f'label_replace({informed}, "contact", "none", "contact", "^$")'),
        panels.rows(
            f"{tried} or on (server, integration) max by (server, integration, state) ({untried})", ref="B"
        ),
        panels.rows(effect, ref="C"),
        columns=(
            ("integration", "Integration"),
            ("server", "Server"),
            ("kind", "Kind"),
            ("contact", "Contact"),
            ("state", "Trial"),
            ("Value #C", "Trial's effect"),
        ),
        nothing="Not seen",
    )
    return (
        panel.override_by_name("Trial's effect", panels.column(unit="none", align="left"))
        .override_by_name("Kind", panels.column(words=words.KIND))
        .override_by_name("Trial", panels.column(words=words.TRIAL, cellOptions=tables.COLOURED_TEXT))
        .override_by_name("Server", [panels.to_server()])
    )


def _operations() -> timeseries.Panel:
    counted = f"querywatch_integration_statements_total{{{CHOSEN}}}"
    return panels.lines(
        "Statements a minute, by kind",
        "What sort of statements it sends. 'prepared' are prepared statements whose text is not known.",
        panels.history(
            f"60 * sum by (operation) (rate({counted}[$__rate_interval])) > 0", legend="{{operation}}"
        ),
        unit="short",
    )


def _rows() -> timeseries.Panel:
    examined = queries.render_rate_by_integration("querywatch_integration_rows_examined_total", scale=60)
    sent = queries.render_rate_by_integration("querywatch_integration_rows_sent_total", scale=60)
    return panels.lines(
        "Rows a minute",
        "Rows the server read for it, and rows it was sent. Far apart: no index serves it, or it counts "
        "what it could have asked for.",
        panels.history(examined, legend="examined"),
        panels.history(sent, legend="sent", ref="B"),
        unit="short",
    )


def _rows_wasted() -> timeseries.Panel:
    examined = queries.render_rate_by_integration("querywatch_integration_rows_examined_total")
    sent = queries.render_rate_by_integration("querywatch_integration_rows_sent_total")
    return panels.lines(
        "Rows examined for each row sent",
        "1 is as good as it gets; thousands are a missing index. A gap: it was sent nothing.",
        panels.history(f"{examined} / ({sent} > 0)", legend="{{integration}}"),
        unit="short",
        nothing="Not measured, or it was sent nothing",
    )


def _budgets() -> timeseries.Panel:
    panel = panels.lines(
        "Budgets used",
        "How much of each budget it uses. Dashed: from 100 % it is over.",
        panels.history(
            f"max by (budget) (querywatch_integration_budget_ratio{{{CHOSEN}}})", legend="{{budget}}"
        ),
        unit="percentunit",
        nothing="No budget is set",
    )
    return panels.limit_lines(panels.renamed(panel, words.BUDGET), (1, words.RED))


def _worst_statements() -> table.Panel:
    return tables.expensive_statements("Its most expensive statements", WORST, who=False)


def _rhythm() -> timeseries.Panel:
    runs = queries.render_rate_of_expensive("querywatch_query_statements_total", WORST, scale=60)
    return panels.lines(
        "Runs a minute, by statement",
        "Its schedule: how often each of its most expensive statements runs.",
        panels.history(runs, legend="{{fingerprint}}"),
        unit="short",
    ).data_links([panels.statement_link("${__field.labels.fingerprint}")])


def _statement_time() -> timeseries.Panel:
    seconds = queries.render_rate_of_expensive("querywatch_query_seconds_total", WORST)
    return panels.stacked(
        "Server time, by statement",
        "Which of its most expensive statements takes how much of the server's time.",
        panels.history(seconds, legend="{{fingerprint}}"),
        unit="percentunit",
    ).data_links([panels.statement_link("${__field.labels.fingerprint}")])


def _usual() -> timeseries.Panel:
    panel = panels.lines(
        "Time a run takes, over what is usual",
        "Usual is what it took at this hour of the week. 1 is as ever, 3 three times as long. Nothing while "
        "no usual time is known.",
        panels.history(
            f"max by (fingerprint) (querywatch_baseline_ratio{{{CHOSEN}}})", legend="{{fingerprint}}"
        ),
        unit="none",
        nothing="No statement has a usual time yet",
    )
    return panel.data_links([panels.statement_link("${__field.labels.fingerprint}")])


def _connections() -> timeseries.Panel:
    sessions = f"sum by (state) (querywatch_integration_connections{{{CHOSEN}}})"
    return panels.stacked(
        "Connections, by state",
        "Its sessions: active runs something, sleeping waits for the vendor, blocked waits for a lock. One "
        "that climbs and never falls is a leak.",
        panels.history(sessions, legend="{{state}}"),
        unit="short",
    ).decimals(0)
