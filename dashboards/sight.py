"""How well querywatch sees, and what its looking costs."""

import panels
import queries
import tables
import words
from grafana_foundation_sdk.builders import statetimeline, table, timeseries


def up() -> statetimeline.Panel:
    """When each server was seen."""
    return panels.timeline(
        "Servers in sight",
        "When each server could be polled. Nothing is drawn where querywatch itself was away.",
        panels.history(f"max by (server) (querywatch_up{{{queries.SERVER}}})", legend="{{server}}"),
        words=words.SIGHT,
    )


def blindness() -> table.Panel:
    """What is out of sight now."""
    chosen = f'{queries.SERVER},rule="coverage.blind"'
    until = "querywatch_finding_acknowledged_until_timestamp_seconds"
    panel = panels.grid(
        "What querywatch cannot see",
        "Findings of blindness: what needs this sight is missing, not absent. `querywatch check` names the fix.",
        panels.rows(
            queries.render_or_said(queries.render_findings(chosen), "subject", "It sees all that it should")
        ),
        panels.rows(f"1000 * {queries.render_finding_value(until, chosen)}", ref="B"),
        columns=(
            ("Value #A", "Severity"),
            ("server", "Server"),
            ("subject", "Cannot be seen"),
            ("Value #B", "Acknowledged until"),
        ),
        nothing="No server is seen",
    )
    return (
        panels.sorted_by(panel, "Severity")
        .override_by_name("Severity", tables.SEVERITY_COLUMN)
        .override_by_name("Server", [panels.to_server()])
        .override_by_name("Acknowledged until", panels.column(unit="dateTimeFromNow", width=150))
    )


def cost() -> timeseries.Panel:
    """What querywatch costs."""
    expression = (
        f"sum by (server) (rate(querywatch_observer_seconds_total{{{queries.SERVER}}}[$__rate_interval]))"
    )
    return panels.lines(
        "What querywatch itself costs the server",
        "Server time of querywatch's own statements. 1 % is one connection busy a hundredth of the time.",
        panels.history(expression, legend="{{server}}"),
        unit="percentunit",
    )


def budget() -> timeseries.Panel:
    """How much of its budget querywatch uses."""
    panel = panels.lines(
        "Share of the budget used",
        "Server time of querywatch's own statements in the last five minutes, over observer_budget. Dashed: "
        "from 100 % it looks less often.",
        panels.history(
            f"max by (server) (querywatch_observer_budget_ratio{{{queries.SERVER}}})", legend="{{server}}"
        ),
        unit="percentunit",
    )
    return panels.limit_lines(panel, (1, words.RED))


def residual() -> timeseries.Panel:
    """What could be laid to nobody."""
    return panels.lines(
        "Server time laid to nobody",
        "Share of the server's statement time that found no room in any integration's own totals.",
        panels.history(
            f"max by (server) (querywatch_attribution_residual_ratio{{{queries.SERVER}}})",
            legend="{{server}}",
        ),
        unit="percentunit",
        nothing="Not known: the server does not count by statement and by account",
    )


def capture() -> timeseries.Panel:
    """What polls can see."""
    return panels.lines(
        "Chance that polls see a statement",
        "By how long it runs. Where the server counts, nothing depends on it but who sent what.",
        panels.history(
            f"min by (duration) (querywatch_capture_ratio{{{queries.SERVER}}})", legend="one of {{duration}}"
        ),
        unit="percentunit",
    )


def failures() -> timeseries.Panel:
    """Reads that failed."""
    failed = f"rate(querywatch_poll_failures_total{{{queries.SERVER}}}[$__rate_interval])"
    return panels.lines(
        "Failed reads a minute",
        "Reads of a source that failed, by the reason.",
        panels.history(
            f"60 * sum by (server, source, reason) ({failed})", legend="{{server}}: {{source}}, {{reason}}"
        ),
        unit="short",
        nothing="No read has failed",
    )


def durations() -> timeseries.Panel:
    """How long reads take."""
    return panels.lines(
        "How long each source takes to read",
        "Of all the chosen servers the slowest. One that climbs is a server in trouble, or a full table.",
        panels.history(
            f"max by (source) (querywatch_poll_duration_seconds{{{queries.SERVER}}})", legend="{{source}}"
        ),
        unit="s",
    )


def sources() -> table.Panel:
    """What can be read, and how old it is."""

    def value(expression: str) -> str:
        return f"max by (server, source) ({expression}{{{queries.SERVER}}})"

    panel = panels.grid(
        "Sources",
        "What querywatch reads of each server. 'Not offered': switched off or not granted there. Either means "
        "fewer claims, never a guess; `querywatch check` names the fix.",
        panels.rows(
            f"{value('querywatch_source_up')} or ({value('querywatch_evidence_available')} == 0) - 1"
        ),
        panels.rows(f"time() - {value('querywatch_last_poll_timestamp_seconds')}", ref="B"),
        panels.rows(value("querywatch_poll_duration_seconds"), ref="C"),
        columns=(
            ("server", "Server"),
            ("source", "Source"),
            ("Value #A", "State"),
            ("Value #B", "Last read, ago"),
            ("Value #C", "Took"),
        ),
        nothing="No server is seen",
    )
    return (
        panels.sorted_by(panel, "Server", descending=False)
        .override_by_name(
            "State", panels.column(words=words.SOURCE, cellOptions=tables.COLOURED_TEXT, align="left")
        )
        .override_by_name("Last read, ago", panels.column(unit="s", align="right"))
        .override_by_name("Took", panels.column(unit="s", align="right"))
    )


def evidence() -> table.Panel:
    """How good the evidence behind each number is."""
    labels = "server, integration, quantity, evidence"
    graded = f"max by ({labels}) (querywatch_integration_evidence{{{queries.CHOSEN}}})"
    panel = panels.matrix(
        "How good the numbers are",
        "The evidence behind each integration's numbers, rows examined and rows sent among them. 'Sampled': "
        "what is short may be missed. A dash: nothing measures it, and it is shown nowhere.",
        panels.rows(f'label_join({graded}, "who", " on ", "integration", "server")'),
        row=("who", "Integration"),
        cells=("quantity", "evidence"),
        headings=words.QUANTITY,
        nothing="No server is seen",
    )
    return panel.override_by_name("Integration", panels.column(minWidth=210)).override_by_regexp(
        "^(?!Integration$).*",
        panels.column(width=92, words=words.EVIDENCE, cellOptions=tables.COLOURED_TEXT),
    )


def errors() -> timeseries.Panel:
    """How far estimates may be off."""
    ratio = f"max by (integration, quantity) (querywatch_integration_error_ratio{{{queries.CHOSEN}}})"
    return panels.lines(
        "How far estimates may be off",
        "Nine times in ten the true number is within this share of the estimate. Nothing where the server "
        "itself counts.",
        panels.history(ratio, legend="{{integration}}: {{quantity}}"),
        unit="percentunit",
        nothing="Nothing is estimated: the server counts",
    )
