"""The tables a person reads: what is wrong, and what costs most."""

import panels
import queries
import words
from grafana_foundation_sdk.builders import table

COLOURED_CELL = {"type": "color-background", "mode": "basic"}
WRAPPED = {"type": "auto", "wrapText": True}


def findings() -> table.Panel:
    """All open findings with their numbers and statements."""
    panel = panels.grid(
        "Findings",
        "Everything that is open now, worst first. 'Times limit' is the measure over its limit. The "
        "rule leads to the runbook.",
        panels.rows(queries.render_findings()),
        panels.rows(queries.render_finding_value("querywatch_finding_limit_ratio"), ref="B"),
        panels.rows(
            "1000 * "
            + queries.render_finding_value("querywatch_finding_acknowledged_until_timestamp_seconds"),
            ref="C",
        ),
        columns=(
            ("Value #A", "Severity"),
            ("integration", "Integration"),
            ("what", "What is wrong"),
            ("subject", "About"),
            ("Value #B", "Times limit"),
            ("shape", "Statement"),
            ("Value #C", "Acknowledged until"),
            ("rule", "Rule"),
            ("server", "Server"),
            ("fingerprint", "Fingerprint"),
        ),
        nothing="No open finding",
    )
    only = panels.linked(
        "Only this integration",
        f"{panels.INTEGRATION_PAGE}&var-integration=${{__data.fields.Integration}}",
    )
    return (
        panels.sorted_by(panel, "Severity")
        .override_by_name(
            "Severity",
            panels.column(width=105, words=words.SEVERITY, cellOptions=COLOURED_CELL, align="left"),
        )
        .override_by_name("Integration", [*panels.column(width=140), only])
        .override_by_name("What is wrong", panels.column(width=180, words=words.RULE, cellOptions=WRAPPED))
        .override_by_name("About", panels.column(width=130, cellOptions=WRAPPED))
        .override_by_name("Times limit", panels.column(unit="none", width=115, align="right"))
        .override_by_name("Statement", panels.column(cellOptions=WRAPPED, inspect=True, minWidth=320))
        .override_by_name(
            "Acknowledged until", panels.column(unit="dateTimeFromNow", width=150, align="left")
        )
        .override_by_name("Rule", [*panels.column(width=150), panels.linked("Runbook", panels.RUNBOOK)])
        .override_by_name("Server", panels.column(width=110))
        .override_by_name("Fingerprint", panels.column(width=150))
    )


def expensive_statements() -> table.Panel:
    """The five shapes that took most server time."""
    panel = panels.grid(
        "The five most expensive statements",
        "Over the time range, by server time, whoever sent them. Their text is reduced to its shape: it "
        "holds no patient's data.",
        panels.rows(queries.render_expensive_shapes()),
        panels.rows(queries.render_expensive_runs(), ref="B"),
        panels.rows(queries.render_expensive_rows(), ref="C"),
        columns=(
            ("integration", "Integration"),
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
        .override_by_name("Integration", panels.column(width=140))
        .override_by_name("Server time", panels.column(unit="s", width=130, align="right"))
        .override_by_name("Runs", panels.column(unit="short", width=90, align="right"))
        .override_by_name("Rows examined a run", panels.column(unit="short", width=160, align="right"))
        .override_by_name("Statement", panels.column(cellOptions=WRAPPED, inspect=True, minWidth=320))
        .override_by_name("Server", panels.column(width=110))
        .override_by_name("Fingerprint", panels.column(width=150))
    )
