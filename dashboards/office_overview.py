"""The Office overview: is Open Dental being hurt, now, and by whom."""

import board
import lights
import load
import sight
import tables
from board import FULL, HALF, QUARTER, THIRD
from grafana_foundation_sdk.builders.dashboard import Dashboard, Row


def build() -> Dashboard:
    """The whole dashboard."""
    dashboard = board.start(
        "Office overview",
        "querywatch-office",
        "Is Open Dental being hurt, now, and by whom? Read from the top: lights, findings, causes.",
    ).with_variable(board.any_of("integration", board.integrations()))
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
        .with_panel(tables.findings_over_time("integration").height(7).span(FULL))
        .with_panel(tables.expensive_statements("The five most expensive statements", 5).height(9).span(FULL))
    )


def _with_load(dashboard: Dashboard) -> Dashboard:
    return (
        dashboard.with_row(Row("Who does how much"))
        .with_panel(load.server_time().height(9).span(FULL))
        .with_panel(load.statements().height(8).span(HALF))
        .with_panel(load.rows_examined().height(8).span(HALF))
        .with_panel(load.blocking().height(8).span(HALF))
        .with_panel(load.connections().height(8).span(HALF))
        .with_panel(load.longest_running().height(8).span(THIRD))
        .with_panel(load.budgets(5).height(8).span(THIRD))
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
