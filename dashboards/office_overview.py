"""The Office overview: is Open Dental being hurt, now, and by whom."""

import lights
import load
import panels
import queries
import sight
import tables
from grafana_foundation_sdk.builders.dashboard import Dashboard, DatasourceVariable, QueryVariable, Row
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

FULL, HALF, THIRD, QUARTER = 24, 12, 8, 6  # of the grid's 24 columns; a phone stacks them all


def build() -> Dashboard:
    """The whole dashboard."""
    dashboard = (
        Dashboard("querywatch / Office overview")
        .uid("querywatch-office")
        .description(
            "Is Open Dental being hurt, now, and by whom? Read from the top: lights, findings, causes."
        )
        .tags(["querywatch", "open-dental"])
        .editable()
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .time("now-3h", "now")
        .refresh("30s")
        .timezone("browser")
    )
    for variable in (_datasource(), _choice("server", "querywatch_up"), _integration()):
        dashboard = dashboard.with_variable(variable)
    return _with_sight(_with_load(_with_findings(_with_lights(dashboard))))


def _with_lights(dashboard: Dashboard) -> Dashboard:
    return (
        dashboard.with_row(Row("Now"))
        .with_panel(lights.office_light().height(4).span(QUARTER))
        .with_panel(lights.open_problems().height(4).span(QUARTER))
        .with_panel(lights.servers_seen().height(4).span(QUARTER))
        .with_panel(lights.last_poll().height(4).span(QUARTER))
        .with_panel(lights.integration_lights().height(6).span(FULL))
    )


def _with_findings(dashboard: Dashboard) -> Dashboard:
    return (
        dashboard.with_row(Row("What is wrong, and what it costs"))
        .with_panel(tables.findings().height(12).span(FULL))
        .with_panel(tables.expensive_statements().height(9).span(FULL))
    )


def _with_load(dashboard: Dashboard) -> Dashboard:
    return (
        dashboard.with_row(Row("Who does how much"))
        .with_panel(load.server_time().height(9).span(FULL))
        .with_panel(load.statements().height(8).span(HALF))
        .with_panel(load.rows_examined().height(8).span(HALF))
        .with_panel(load.longest_running().height(8).span(THIRD))
        .with_panel(load.budgets().height(8).span(THIRD))
        .with_panel(load.writes().height(8).span(THIRD))
    )


def _with_sight(dashboard: Dashboard) -> Dashboard:
    return (
        dashboard.with_row(Row("How well querywatch sees"))
        .with_panel(sight.up().height(6).span(HALF))
        .with_panel(sight.cost().height(6).span(HALF))
        .with_panel(sight.sources().height(8).span(HALF))
        .with_panel(sight.evidence().height(8).span(HALF))
    )


def _datasource() -> DatasourceVariable:
    return DatasourceVariable("datasource").label("Prometheus").type("prometheus")


def _choice(name: str, metric: str) -> QueryVariable:
    return (
        QueryVariable(name)
        .label(name.capitalize())
        .datasource(panels.DATASOURCE)
        .query({"query": f"label_values({metric}, {name})", "refId": name})
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_CASE_INSENSITIVE_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(VariableOption(text="All", value="$__all"))
    )


def _integration() -> QueryVariable:
    return _choice("integration", f"querywatch_integration_info{{{queries.SERVER}}}")
