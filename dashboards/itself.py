"""The page about querywatch itself: what it sees, how good that is, and what its looking costs."""

import board
import lights
import panels
import sight
import words
from board import FULL, HALF, QUARTER
from grafana_foundation_sdk.builders import stat, table
from grafana_foundation_sdk.builders.dashboard import Dashboard, Row
from grafana_foundation_sdk.models.common import BigValueTextMode
from queries import SERVER


def build() -> Dashboard:
    """The whole dashboard."""
    dashboard = board.start(
        "querywatch itself",
        "querywatch-self",
        "Whether querywatch sees everything, how good its numbers are, and what its looking costs the servers.",
        notes=False,  # of many servers one is always away; which, is drawn below
    ).with_variable(board.any_of("integration", board.integrations()))
    return _with_work(_with_cost(_with_evidence(_with_sight(_with_now(dashboard)))))


def _with_now(dashboard: Dashboard) -> Dashboard:
    return (
        dashboard.with_row(Row("Now"))
        .with_panel(lights.servers_seen().height(4).span(QUARTER))
        .with_panel(lights.last_poll().height(4).span(QUARTER))
        .with_panel(_budget_now().height(4).span(QUARTER))
        .with_panel(_version().height(4).span(QUARTER))
    )


def _with_sight(dashboard: Dashboard) -> Dashboard:
    return (
        dashboard.with_row(Row("Sight"))
        .with_panel(sight.up().height(7).span(HALF))
        .with_panel(sight.blindness().height(7).span(HALF))
        .with_panel(sight.sources().height(12).span(HALF))
        .with_panel(sight.durations().height(12).span(HALF))
        .with_panel(sight.failures().height(7).span(FULL))
    )


def _with_evidence(dashboard: Dashboard) -> Dashboard:
    return (
        dashboard.with_row(Row("Evidence"))
        .with_panel(sight.evidence().height(9).span(HALF))
        .with_panel(sight.errors().height(9).span(HALF))
        .with_panel(sight.capture().height(8).span(HALF))
        .with_panel(sight.residual().height(8).span(HALF))
    )


def _with_cost(dashboard: Dashboard) -> Dashboard:
    return (
        dashboard.with_row(Row("Cost"))
        .with_panel(sight.cost().height(8).span(HALF))
        .with_panel(sight.budget().height(8).span(HALF))
    )


def _with_work(dashboard: Dashboard) -> Dashboard:
    return dashboard.with_row(Row("Its work")).with_panel(_opened().height(10).span(FULL))


def _budget_now() -> stat.Panel:
    return panels.number(
        "Budget used",
        "Server time of querywatch's own statements in the last five minutes over observer_budget, of the "
        "server where it is most. Yellow from 80 %, red from 100 %.",
        panels.instant(f"max(querywatch_observer_budget_ratio{{{SERVER}}})"),
        unit="percentunit",
    ).thresholds(panels.thresholds((0.8, words.YELLOW), (1, words.RED)))


def _version() -> stat.Panel:
    daemons = "on (instance, job) group_left (version) querywatch_build_info"
    return panels.number(
        "Version",
        "The querywatch that watches the chosen servers, and how many of them.",
        panels.instant(
            f"count by (version) (querywatch_up{{{SERVER}}} * {daemons})", legend="{{version}}: servers"
        ),
        unit="none",
        blind="None",
    ).text_mode(BigValueTextMode.VALUE_AND_NAME)


def _opened() -> table.Panel:
    opened = f"sum by (rule, severity) (querywatch_findings_opened_total{{{SERVER}}})"
    panel = panels.grid(
        "Findings opened since its start",
        "How often each rule found something new, by the severity it began with.",
        panels.rows(f'label_replace({opened}, "what", "$1", "rule", "(.*)")'),
        columns=(
            ("what", "What is wrong"),
            ("severity", "Severity"),
            ("Value", "Opened"),
            ("rule", "Rule"),
        ),
        nothing="Nothing was found yet",
    )
    return (
        panels.sorted_by(panel, "Opened")
        .override_by_name("What is wrong", panels.column(words=words.RULE, minWidth=230))
        .override_by_name("Severity", panels.column(words=words.SEVERITY_NAME))
        .override_by_name("Opened", panels.column(unit="short", align="right"))
        .override_by_name("Rule", [panels.linked("Runbook", panels.RUNBOOK)])
    )
