"""The alert rules do what they promise, judged by Prometheus' own tool."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

HERE = Path(__file__).resolve().parent
DASHBOARDS = HERE.parents[1] / "dashboards"
RULES = DASHBOARDS / "rules" / "alerts.yml"
CASES = sorted(HERE.glob("*.yml"))


def run_promtool(*arguments: str | Path) -> None:
    if shutil.which("promtool") is None:
        pytest.fail("promtool is missing: install Debian's package prometheus")
    done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def read_alerts() -> list[dict[str, object]]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


def test_rules_are_valid() -> None:
    """Prometheus takes the rules, without a duplicate."""
    run_promtool("check", "rules", RULES)


@pytest.mark.parametrize("cases", CASES, ids=lambda path: path.stem)
def test_alerts_fire_as_written(cases: Path) -> None:
    """Each alert waits, fires with its exact words, resolves and keeps silent as its cases say."""
    run_promtool("test", "rules", cases)


def test_scrape_example_is_valid() -> None:
    """Prometheus takes the scrape example."""
    run_promtool("check", "config", "--syntax-only", DASHBOARDS / "provisioning" / "prometheus.yml")


def test_every_alert_has_cases_for_silence_and_for_its_words() -> None:
    """No alert goes untested: each has a moment at which it is silent, and one with its exact words."""
    silent, worded = set(), set()
    for path in CASES:
        for group in yaml.safe_load(path.read_text())["tests"]:
            for case in group.get("alert_rule_test", ()):
                (worded if case["exp_alerts"] else silent).add(case["alertname"])
    assert {str(rule["alert"]) for rule in read_alerts()} <= silent & worded


def test_every_alert_leads_to_its_runbook_heading() -> None:
    """The runbook has a heading for each alert, the alert's link leads there, and there is none besides."""
    runbook = (DASHBOARDS / "runbook.md").read_text()
    headings = {line.removeprefix("## ") for line in runbook.splitlines() if line.startswith("## Querywatch")}
    alerts = read_alerts()
    assert headings == {rule["alert"] for rule in alerts}
    for rule in alerts:
        annotations = rule["annotations"]
        assert isinstance(annotations, dict)
        assert annotations.keys() == {"summary", "description", "runbook_url"}
        assert annotations["runbook_url"].endswith(f"/dashboards/runbook.md#{str(rule['alert']).lower()}")


def test_every_runbook_entry_says_all_four_things() -> None:
    """Under each alert: what it means, what to look at, what to do, how to switch it off."""
    entries = (DASHBOARDS / "runbook.md").read_text().split("\n## ")[1:]
    for entry in entries:
        said = [line.split("**")[1] for line in entry.splitlines() if line.startswith("**")]
        assert said == ["What it means.", "What to look at.", "What to do.", "Switching off."], entry[:40]
