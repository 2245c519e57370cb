"""The Fleet page: of all the offices, which ones need somebody, and which vendor hurts in how many."""

import board
import panels
import queries
import tables
import words
from board import FULL, HALF, QUARTER, THIRD
from grafana_foundation_sdk.builders import stat, table, timeseries
from grafana_foundation_sdk.builders.dashboard import Dashboard, Row
from queries import SERVER

BUSIEST = 10  # offices
SECONDS = f"rate(querywatch_integration_statement_seconds_total{{{SERVER}}}[$__rate_interval])"
STATEMENTS = f"rate(querywatch_integration_statements_total{{{SERVER}}}[$__rate_interval])"
THIRD_PARTY = f'querywatch_integration_info{{{SERVER},kind!~"opendental|native"}}'
LIGHTS = queries.render_office_light("server", SERVER)


def build() -> Dashboard:
    """The whole dashboard."""
    dashboard = board.start(
        "Fleet",
        "querywatch-fleet",
        "Every office that querywatch watches: which ones need somebody, and which vendor hurts in how many.",
        since="now-24h",
        notes=False,
    )
    return _with_vendors(_with_load(_with_offices(_with_now(dashboard))))


def _with_now(dashboard: Dashboard) -> Dashboard:
    return (
        dashboard.with_row(Row("Now"))
        .with_panel(_offices().height(4).span(QUARTER))
        .with_panel(_count("Need somebody now", 4, words.RED, "a critical problem").height(4).span(QUARTER))
        .with_panel(_count("Need a look", 3, words.ORANGE, "a warning, and nothing worse").height(4).span(6))
        .with_panel(_out_of_sight().height(4).span(QUARTER))
    )


def _with_offices(dashboard: Dashboard) -> Dashboard:
    return dashboard.with_row(Row("Which office")).with_panel(_who_needs_somebody().height(12).span(FULL))


def _with_load(dashboard: Dashboard) -> Dashboard:
    return (
        dashboard.with_row(Row("Since when"))
        .with_panel(_needing().height(8).span(HALF))
        .with_panel(_busiest().height(8).span(HALF))
    )


def _with_vendors(dashboard: Dashboard) -> Dashboard:
    return (
        dashboard.with_row(Row("Which vendor, which server"))
        .with_panel(_vendors().height(10).span(16))
        .with_panel(_versions().height(10).span(THIRD))
    )


def _offices() -> stat.Panel:
    return panels.number(
        "Offices",
        "Servers that are chosen above and watched.",
        panels.instant(f"count(max by (server) (querywatch_up{{{SERVER}}}))"),
        unit="short",
        blind="None watched",
    )


def _count(title: str, light: int, colour: str, what: str) -> stat.Panel:
    return panels.number(
        title,
        f"Offices with {what}. Acknowledged problems do not count.",
        panels.instant(f"sum(({LIGHTS}) == bool {light})"),
        unit="short",
        blind="None watched",
    ).thresholds(panels.thresholds((1, colour), base="text"))


def _out_of_sight() -> stat.Panel:
    what = "a server that is away, or that hides what should be seen, and nothing worse"
    return _count("Not fully seen", 2, words.PURPLE, what)


def _problems(severity: str) -> str:
    return f"count by (server) ({queries.render_open_problems(severity, SERVER)})"


def _who_needs_somebody() -> table.Panel:
    age = f"time() - max by (server) (querywatch_last_poll_timestamp_seconds{{{SERVER}}})"
    queried = (
        LIGHTS,
        _problems("critical"),
        _problems("warning"),
        f"sum by (server) ({SECONDS} and on (server, integration) {THIRD_PARTY})",
        f"sum by (server) ({SECONDS})",
        f"max by (server) (querywatch_observer_budget_ratio{{{SERVER}}})",
        age,
    )
    panel = panels.grid(
        "Offices, those that need somebody first",
        "Each office's worst problem that nobody has acknowledged, how many there are, and the share of one "
        "connection's time that third parties and everybody take. The server leads to the office.",
        *(panels.rows(query, ref=chr(ord("A") + index)) for index, query in enumerate(queried)),
        columns=(
            ("server", "Server"),
            ("Value #A", "State"),
            ("Value #B", "Critical"),
            ("Value #C", "Warnings"),
            ("Value #D", "Third parties' time"),
            ("Value #E", "Everybody's time"),
            ("Value #F", "Looking, of its budget"),
            ("Value #G", "Last look, ago"),
        ),
        nothing="No server is watched",
    )
    return (
        panels.sorted_by(panel, "State")
        .override_by_name("Server", [*panels.column(minWidth=130), panels.to_server()])
        .override_by_name(
            "State",
            panels.column(width=180, words=words.FLEET, cellOptions=tables.COLOURED_CELL, align="left"),
        )
        .override_by_regexp("Critical|Warnings", panels.column(unit="short", align="right", width=100))
        .override_by_regexp(".*time|.*budget", panels.column(unit="percentunit", align="right"))
        .override_by_name("Last look, ago", panels.column(unit="s", align="right"))
    )


def _needing() -> timeseries.Panel:
    panel = panels.counts(
        "Offices that need somebody",
        "How many offices had a critical problem, a warning at worst, or were not fully seen.",
        panels.history(f"sum(({LIGHTS}) == bool 4)", legend="critical"),
        panels.history(f"sum(({LIGHTS}) == bool 3)", legend="warning", ref="B"),
        panels.history(f"sum(({LIGHTS}) == bool 2)", legend="not fully seen", ref="C"),
    )
    for name, colour in (
        ("critical", words.RED),
        ("warning", words.ORANGE),
        ("not fully seen", words.PURPLE),
    ):
        panel = panel.override_by_name(name, [panels.fixed_colour(colour)])
    return panel


def _busiest() -> timeseries.Panel:
    third = f"sum by (server) ({SECONDS} and on (server, integration) {THIRD_PARTY})"
    whole = f"rate(querywatch_integration_statement_seconds_total{{{SERVER}}}[$__range] @ end())"
    most = f"topk({BUSIEST}, sum by (server) ({whole} and on (server, integration) {THIRD_PARTY}))"
    return panels.lines(
        "Third parties' server time, busiest offices",
        f"The {BUSIEST} offices where other companies' software took most of the server's time in the time "
        "range. 100 % is one connection busy all the time.",
        panels.history(f"{third} and on (server) {most}", legend="{{server}}"),
        unit="percentunit",
    )


def _vendors() -> table.Panel:
    third = f"and on (server, integration) {THIRD_PARTY}"
    bad = queries.render_open_problems("critical", f'{SERVER},integration!=""')
    panel = panels.grid(
        "Integrations across the offices",
        "In how many offices each runs, in how many it has a critical problem, and what it does in all of "
        "them together.",
        panels.rows(f"count by (integration) ({THIRD_PARTY})"),
        panels.rows(f"count by (integration) (max by (server, integration) ({bad}))", ref="B"),
        panels.rows(f"60 * sum by (integration) ({STATEMENTS} {third})", ref="C"),
        panels.rows(f"sum by (integration) ({SECONDS} {third})", ref="D"),
        columns=(
            ("integration", "Integration"),
            ("Value #A", "Offices"),
            ("Value #B", "Critical in"),
            ("Value #C", "Statements a minute"),
            ("Value #D", "Server time"),
        ),
        nothing="No third party is known",
    )
    return (
        panels.sorted_by(panel, "Critical in")
        .override_by_name("Integration", [panels.to_integration()])
        .override_by_regexp("Offices|Critical in", panels.column(unit="short", align="right", width=110))
        .override_by_name("Statements a minute", panels.column(unit="short", align="right"))
        .override_by_name("Server time", panels.column(unit="percentunit", align="right"))
    )


def _versions() -> table.Panel:
    servers = f"max by (server, flavour, version) (querywatch_server_info{{{SERVER}}})"
    panel = panels.grid(
        "Servers by version",
        "Which database servers the offices run.",
        panels.rows(f"count by (flavour, version) ({servers})"),
        columns=(("flavour", "Server"), ("version", "Version"), ("Value", "Offices")),
        nothing="No server is seen",
    )
    return panels.sorted_by(panel, "Offices").override_by_name(
        "Offices", panels.column(align="right", width=90)
    )
