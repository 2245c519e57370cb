"""Who does how much, over time."""

import panels
import queries
import words
from grafana_foundation_sdk.builders import bargauge, timeseries


def server_time() -> timeseries.Panel:
    """The share of server time each integration takes."""
    metric = "querywatch_integration_statement_seconds_total"
    return panels.stacked(
        "Server time by integration",
        "Time the server spent on each integration's statements. 100 % is one connection busy all the "
        "time. A gap is time that querywatch did not see; an integration whose time nothing measures "
        "has no area.",
        panels.history(queries.render_rate_by_integration(metric), legend="{{integration}}"),
        unit="percentunit",
    ).data_links([panels.integration_link("${__field.labels.integration}")])


def statements() -> timeseries.Panel:
    """How often each integration asks."""
    expression = queries.render_rate_by_integration("querywatch_integration_statements_total", scale=60)
    return panels.lines(
        "Statements a minute",
        "How often each integration asks. 'How well querywatch sees' says whether they are counted or "
        "sampled.",
        panels.history(expression, legend="{{integration}}"),
        unit="short",
    )


def rows_examined() -> timeseries.Panel:
    """What each integration makes the server read."""
    expression = queries.render_rate_by_integration("querywatch_integration_rows_examined_total", scale=60)
    return panels.lines(
        "Rows examined a minute",
        "Rows the server had to read for each integration: what a missing index costs.",
        panels.history(expression, legend="{{integration}}"),
        unit="short",
    )


def longest_running() -> timeseries.Panel:
    """How long the longest statement has been running."""
    expression = f"max by (integration) (querywatch_integration_longest_running_seconds{{{queries.CHOSEN}}})"
    panel = panels.lines(
        "Longest statement running",
        "Age of each integration's longest statement at that moment. Dashed: the limits for warning (10 "
        "s) and critical (60 s), unless the configuration sets others.",
        panels.history(expression, legend="{{integration}}"),
        unit="s",
    )
    return panels.limit_lines(panel, (10, words.ORANGE), (60, words.RED))


def connections() -> timeseries.Panel:
    """How many sessions each integration keeps."""
    sessions = f"sum by (integration) (querywatch_integration_connections{{{queries.CHOSEN}}})"
    return panels.counts(
        "Connections",
        "Each integration's sessions, busy or asleep. One that climbs and never falls is a leak; a server "
        "that has none left lets nobody in.",
        panels.history(sessions, legend="{{integration}}"),
    ).data_links([panels.integration_link("${__field.labels.integration}")])


def blocking() -> timeseries.Panel:
    """How many sessions wait for each integration."""
    victims = f"max by (integration) (querywatch_integration_blocking_victims{{{queries.CHOSEN}}})"
    return panels.counts(
        "Sessions that wait for it",
        "How many sessions, Open Dental's among them, wait for a lock that the integration holds, directly "
        "or behind others. Absent where the server does not tell.",
        panels.history(victims, legend="{{integration}}"),
    ).data_links([panels.integration_link("${__field.labels.integration}")])


def budgets(most: int) -> bargauge.Panel:
    """How far each budget is used, of the `most` that are used most."""
    ratio = f"max by (integration, budget) (querywatch_integration_budget_ratio{{{queries.CHOSEN}}})"
    panel = panels.bars(
        "Budgets used most",
        f"The {most} budgets of which their integrations use most now. Yellow from 80 %, red from 100 %: over "
        "the budget.",
        panels.instant(f"sort_desc(topk({most}, {ratio}))", legend="{{integration}}: {{budget}}"),
        unit="percentunit",
        nothing="No budget is set",
    )
    coloured = panel.max(1).thresholds(panels.thresholds((0.8, words.YELLOW), (1, words.RED)))
    return panels.renamed(coloured, words.BUDGET)


def writes() -> timeseries.Panel:
    """What third parties write."""
    return panels.lines(
        "Writes by third parties, a minute",
        "Writes that each integration other than Open Dental's own carried out, and in one line those "
        "that the server refused. Not every write is wrong: one by an integration that may only read is "
        "a finding.",
        panels.history(queries.render_third_party_writes("done", by="integration"), legend="{{integration}}"),
        panels.history(
            queries.render_third_party_writes("refused", by="outcome"),
            legend="refused, all together",
            ref="B",
        ),
        unit="short",
    ).links([panels.writes_link()])
