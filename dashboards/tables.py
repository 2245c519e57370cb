"""The tables a person reads: what is wrong, and what costs most."""

import panels
import queries
import words
from grafana_foundation_sdk.builders import statetimeline, table

COLOURED_CELL = {"type": "color-background", "mode": "basic"}
COLOURED_TEXT = {"type": "color-text"}
WRAPPED = {"type": "auto", "wrapText": True}
SEVERITY_COLUMN = panels.column(width=95, words=words.SEVERITY, cellOptions=COLOURED_CELL, align="left")
_INTEGRATION = (("integration", "Integration"),)


def findings(
    title: str = "Findings",
    *,
    about: str = "Everything that is open now, worst first.",
    chosen: str = queries.CHOSEN,
    nothing: str = "No open finding",
    text: bool = True,
    who: bool = True,
) -> table.Panel:
    """Open findings with their numbers; `chosen` selects them by their labels.

    `text` adds their statements, `who` their integrations.
    """
    statement = (("shape", "Statement"),) if text else ()
    width = 225 if text else 0  # a statement takes the room that there is
    until = "querywatch_finding_acknowledged_until_timestamp_seconds"
    panel = panels.grid(
        title,
        f"{about} 'Times limit' is the measure over its limit. The rule leads to the runbook.",
        panels.rows(queries.render_or_said(queries.render_findings(chosen), "what", nothing)),
        panels.rows(queries.render_finding_value("querywatch_finding_limit_ratio", chosen), ref="B"),
        panels.rows(f"1000 * {queries.render_finding_value(until, chosen)}", ref="C"),
        columns=(
            ("Value #A", "Severity"),
            *(_INTEGRATION if who else ()),
            ("what", "What is wrong"),
            ("subject", "About"),
            ("Value #B", "Times limit"),
            *statement,
            ("Value #C", "Acknowledged until"),
            ("rule", "Rule"),
            ("server", "Server"),
            ("fingerprint", "Fingerprint"),
        ),
        nothing=nothing,
    )
    return (
        panels.sorted_by(panel, "Severity")
        .override_by_name("Severity", SEVERITY_COLUMN)
        .override_by_name("Integration", [*panels.column(width=140), panels.to_integration()])
        .override_by_name(
            "What is wrong", panels.column(words=words.RULE, cellOptions=WRAPPED, width=width, minWidth=225)
        )
        .override_by_name("About", panels.column(width=125 if text else 0, minWidth=125, cellOptions=WRAPPED))
        .override_by_name("Times limit", panels.column(unit="none", decimals=1, width=105, align="right"))
        .override_by_name("Statement", panels.column(cellOptions=WRAPPED, inspect=True, minWidth=300))
        .override_by_name(
            "Acknowledged until", panels.column(unit="dateTimeFromNow", width=150, align="left")
        )
        .override_by_name("Rule", [*panels.column(width=140), panels.linked("Runbook", panels.RUNBOOK)])
        .override_by_name("Server", [*panels.column(width=110), panels.to_server()])
        .override_by_name("Fingerprint", [*panels.column(width=150), panels.to_statement()])
    )


def findings_over_time(*key: str, chosen: str = queries.CHOSEN) -> statetimeline.Panel:
    """When there were findings, a line for each `key` (labels)."""
    return panels.timeline(
        "What was wrong, and when",
        "The worst finding at each moment. Nothing is drawn where nothing was seen.",
        panels.history(
            queries.render_states(key, chosen),
            legend=" ".join(f"{{{{{label}}}}}" for label in key),
        ),
        words=words.SEVERITY,
        nothing="Nothing was seen in this time range",
    )


def expensive_statements(title: str, count: int, *, who: bool = True) -> table.Panel:
    """The shapes that took most server time; `who` adds whose they are."""
    panel = panels.grid(
        title,
        "Over the time range, by server time. Their text is reduced to its shape: it holds no patient's "
        "data. The fingerprint leads to the statement's own page.",
        panels.rows(queries.render_expensive_shapes(count)),
        panels.rows(queries.render_expensive_runs(count), ref="B"),
        panels.rows(queries.render_expensive_rows(count), ref="C"),
        columns=(
            *(_INTEGRATION if who else ()),
            ("Value #A", "Server time"),
            ("Value #B", "Runs"),
            ("Value #C", "Rows examined a run"),
            ("shape", "Statement"),
            ("server", "Server"),
            ("fingerprint", "Fingerprint"),
        ),
        nothing="No statement was seen in this time range",
    )
    return (
        panels.sorted_by(panel, "Server time")
        .override_by_name("Integration", [*panels.column(width=140), panels.to_integration()])
        .override_by_name("Server time", panels.column(unit="s", width=130, align="right"))
        .override_by_name("Runs", panels.column(unit="short", width=90, align="right"))
        .override_by_name("Rows examined a run", panels.column(unit="short", width=160, align="right"))
        .override_by_name("Statement", panels.column(cellOptions=WRAPPED, inspect=True, minWidth=320))
        .override_by_name("Server", [*panels.column(width=110), panels.to_server()])
        .override_by_name("Fingerprint", [*panels.column(width=150), panels.to_statement()])
    )
