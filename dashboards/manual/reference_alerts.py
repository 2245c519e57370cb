"""Every alert with its severity, its patience and what it says."""

from pathlib import Path
from typing import Any

import yaml
from markdown import render_page, render_table

_RULES = Path(__file__).resolve().parents[1] / "rules"


def find_alerts() -> list[dict[str, Any]]:
    """The alerting rules of all files, in their order."""
    groups = [
        group for path in sorted(_RULES.glob("*.yml")) for group in yaml.safe_load(path.read_text())["groups"]
    ]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


def render() -> str:
    """The page."""
    rows = [
        (
            f"[{rule['alert']}](../runbook.md#{rule['alert'].lower()})",
            rule.get("labels", {}).get("severity", "its problem's"),
            rule.get("for", "at once"),
            rule["annotations"]["summary"],
        )
        for rule in find_alerts()
    ]
    return render_page(
        "Alerts",
        "The alerts of `dashboards/rules`, in the order of the file. Each is told once for a cause, is silent while "
        "somebody has acknowledged it, and has a heading in the [runbook](../runbook.md): what it means, "
        "what to look at, what to do.",
        render_table(("alert", "severity", "after", "summary"), rows),
    )
