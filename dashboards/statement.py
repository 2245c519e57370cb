"""The Statement page: one shape over time, against its own baseline."""

import board
import panels
import queries
import tables
import words
from board import FULL, HALF, QUARTER, THIRD
from grafana_foundation_sdk.builders import stat, table, timeseries
from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

CHOSEN = f'{queries.SERVER},fingerprint="$fingerprint"'
RUNS = f"rate(querywatch_query_statements_total{{{CHOSEN}}}[$__rate_interval])"
SECONDS = f"rate(querywatch_query_seconds_total{{{CHOSEN}}}[$__rate_interval])"
ROWS = f"rate(querywatch_query_rows_examined_total{{{CHOSEN}}}[$__rate_interval])"
BY_SENDER = "{{integration}} on {{server}}"


def build() -> Dashboard:
    """The whole dashboard."""
    texts = f"querywatch_query_info{{{queries.SERVER}}}"
    dashboard = board.start(
        "Statement",
        "querywatch-statement",
        "One statement's shape: who sends it, how often, what a run costs, and whether that is as usual.",
    ).with_variable(board.one_of("fingerprint", texts))
    return _with_cost(_with_findings(_with_now(dashboard)))


def _with_now(dashboard: Dashboard) -> Dashboard:
    return (
        dashboard.with_row(Row("The statement"))
        .with_panel(_text().height(5).span(FULL))
        .with_panel(_runs_now().height(4).span(QUARTER))
        .with_panel(_time_now().height(4).span(QUARTER))
        .with_panel(_rows_now().height(4).span(QUARTER))
        .with_panel(_usual_now().height(4).span(QUARTER))
    )


def _with_findings(dashboard: Dashboard) -> Dashboard:
    found = tables.findings(
        about="What is wrong with this statement now, worst first.",
        chosen=CHOSEN,
        nothing="Nothing is wrong with this statement",
        text=False,
    )
    return (
        dashboard.with_row(Row("What is wrong with it"))
        .with_panel(found.height(7).span(FULL))
        .with_panel(tables.findings_over_time("rule", chosen=CHOSEN).height(6).span(FULL))
    )


def _with_cost(dashboard: Dashboard) -> Dashboard:
    return (
        dashboard.with_row(Row("How it behaves over time"))
        .with_panel(_runs().height(8).span(HALF))
        .with_panel(_time_against_usual().height(8).span(HALF))
        .with_panel(_usual().height(8).span(THIRD))
        .with_panel(_rows().height(8).span(THIRD))
        .with_panel(_server_time().height(8).span(THIRD))
    )


def _text() -> table.Panel:
    labels = "server, fingerprint, tables, shape"
    senders = f"sum by (server, integration, fingerprint) (querywatch_query_statements_total{{{CHOSEN}}})"
    texts = f"max by ({labels}) (querywatch_query_info{{{CHOSEN}}})"
    sent = f"{senders} * on (server, fingerprint) group_left (tables, shape) {texts}"
    nothing = "Not exported now: it costs too little, or was not seen for an hour"
    panel = panels.grid(
        "Its text and who sends it",
        "The statement reduced to its shape, at most 300 characters: it holds no patient's data. One row "
        "an integration and server.",
        panels.rows(queries.render_or_said(sent, "shape", nothing)),
        columns=(
            ("integration", "Integration"),
            ("shape", "Statement"),
            ("tables", "Tables"),
            ("server", "Server"),
        ),
        nothing=nothing,
    )
    return (
        panel.override_by_name("Integration", [*panels.column(width=140), panels.to_integration()])
        .override_by_name("Statement", panels.column(cellOptions=tables.WRAPPED, inspect=True, minWidth=320))
        .override_by_name("Tables", panels.column(width=190, cellOptions=tables.WRAPPED))
        .override_by_name("Server", [*panels.column(width=110), panels.to_server()])
    )


def _now(title: str, description: str, expression: str, *, unit: str) -> stat.Panel:
    return panels.number(title, description, panels.instant(expression), unit=unit, blind="It rests")


def _runs_now() -> stat.Panel:
    return _now(
        "Runs a minute", "How often it runs now, whoever sends it.", f"60 * sum({RUNS})", unit="short"
    )


def _time_now() -> stat.Panel:
    return _now(
        "Time a run",
        "Server time that one run takes now, on average.",
        f"sum({SECONDS}) / (sum({RUNS}) > 0)",
        unit="s",
    )


def _rows_now() -> stat.Panel:
    return _now(
        "Rows examined a run",
        "Rows the server reads for one run now, on average.",
        f"sum({ROWS}) / (sum({RUNS}) > 0)",
        unit="short",
    )


def _usual_now() -> stat.Panel:
    return panels.number(
        "Times its usual time",
        "Time a run took lately over what is usual at this hour of the week: 1 is as ever.",
        panels.instant(f"max(querywatch_baseline_ratio{{{CHOSEN}}})"),
        unit="none",
        blind="No usual time yet",
    ).thresholds(panels.thresholds((2, words.YELLOW), (4, words.ORANGE), base="text"))


def _runs() -> timeseries.Panel:
    return panels.lines(
        "Runs a minute",
        "Who runs it how often. A comb is a schedule; a step is a change at the vendor's.",
        panels.history(f"60 * sum by (server, integration) ({RUNS})", legend=BY_SENDER),
        unit="short",
    ).data_links([panels.integration_link("${__field.labels.integration}")])


def _time_against_usual() -> timeseries.Panel:
    run = f"sum by (server, integration) ({SECONDS}) / (sum by (server, integration) ({RUNS}) > 0)"
    ratio = f"max by (server, integration) (querywatch_baseline_ratio{{{CHOSEN}}})"
    return panels.lines(
        "Time a run, and what is usual",
        "Server time of one run, and the time that is usual at this hour, once that is learnt. A gap: it "
        "did not run.",
        panels.history(run, legend=BY_SENDER),
        panels.history(f"({run}) / ({ratio} > 0)", legend=f"usual: {BY_SENDER}", ref="B"),
        unit="s",
    )


def _usual() -> timeseries.Panel:
    panel = panels.lines(
        "Time a run takes, over what is usual",
        "Usual is what it took at this hour of the week. Dashed: as ever. Nothing while it is new or rests.",
        panels.history(
            f"max by (server, integration) (querywatch_baseline_ratio{{{CHOSEN}}})", legend=BY_SENDER
        ),
        unit="none",
        nothing="No usual time yet",
    )
    return panels.limit_lines(panel, (1, words.GREEN))


def _rows() -> timeseries.Panel:
    rows = f"sum by (server, integration) ({ROWS}) / (sum by (server, integration) ({RUNS}) > 0)"
    return panels.lines(
        "Rows examined a run",
        "Rows the server reads for one run. A climb with the table means that no index serves it; a step "
        "means another plan.",
        panels.history(rows, legend=BY_SENDER),
        unit="short",
    )


def _server_time() -> timeseries.Panel:
    return panels.stacked(
        "Server time",
        "Time the server spends on it. 100 % is one connection busy all the time.",
        panels.history(f"sum by (server, integration) ({SECONDS})", legend=BY_SENDER),
        unit="percentunit",
    )
