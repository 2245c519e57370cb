"""What the lights of the dashboards say, asked of Prometheus' own evaluation: promtool runs their expressions."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

DASHBOARDS = Path(__file__).resolve().parents[2] / "dashboards" / "json"
SERVER = 'server="front"'
CRITICAL = f'querywatch_problem{{{SERVER},severity="critical",'
BLIND = CRITICAL + 'integration="",rule="coverage.blind",subject="server"}'
VENDOR = CRITICAL + 'integration="chart-bi",rule="size.wide",subject="document"}'
LIGHT = "Is Open Dental being hurt?"
CHART = '{integration="chart-bi"}'
KNOWN = f'querywatch_integration_info{{{SERVER},integration="chart-bi"}}'
_LABELS = f'integration="chart-bi",rule="size.wide",subject="document",fingerprint="f1",severity="critical",{SERVER}'
FOUND = f"querywatch_finding{{{_LABELS}}}"
FOUND_ROW = f'{{{_LABELS},what="size.wide"}}'
UNSEEN = f'querywatch_finding{{{SERVER},integration="",rule="coverage.blind",severity="info"}}'
SEEN, AWAY = {f"querywatch_up{{{SERVER}}}": 1}, {f"querywatch_up{{{SERVER}}}": 0}


def read_expression(title: str) -> str:
    """The first of a panel of the Office overview, all servers and integrations chosen."""
    panels = json.loads((DASHBOARDS / "office-overview.json").read_text())["panels"]
    found = next(panel for panel in panels if panel["title"] == title)
    expression = str(found["targets"][0]["expr"])
    return expression.replace("$server", ".*").replace("$integration", ".*")


def judge(title: str, series: dict[str, int], expected: dict[str, int], place: Path) -> str:
    """What promtool says against a panel showing what is `expected`, by labels, while these series are there."""
    samples = [{"labels": labels, "value": value} for labels, value in expected.items()]
    test: dict[str, Any] = {
        "interval": "1m",
        "input_series": [{"series": name, "values": f"{value}x2"} for name, value in series.items()],
        "promql_expr_test": [{"expr": read_expression(title), "eval_time": "1m", "exp_samples": samples}],
    }
    file = place / "light.yml"
    file.write_text(json.dumps({"tests": [test]}))
    promtool = shutil.which("promtool")
    assert promtool, "promtool is missing: apt-get install prometheus"
    done = subprocess.run([promtool, "test", "rules", file], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize(
    ("series", "shown"),
    [
        pytest.param({}, {}, id="not watched"),
        pytest.param(SEEN, {"{}": 0}, id="nothing is wrong"),
        pytest.param(AWAY, {"{}": 2}, id="away, before it is a finding"),
        pytest.param(AWAY | {BLIND: 1}, {"{}": 2}, id="away, which is a critical finding of its own"),
        pytest.param(SEEN | {BLIND: 1}, {"{}": 2}, id="seen, but not all of it"),
        pytest.param(SEEN | {VENDOR: 1}, {"{}": 4}, id="hurt"),
        pytest.param(SEEN | {BLIND: 1, VENDOR: 1}, {"{}": 4}, id="hurt, and not fully seen"),
    ],
)
def test_the_office_light_says_what_is_so(
    series: dict[str, int], shown: dict[str, int], tmp_path: Path
) -> None:
    """Only what hurts lights red; blindness, however bad, is 'Not fully seen', and no data is no light."""
    assert judge(LIGHT, series, shown, tmp_path) == ""


@pytest.mark.parametrize(
    ("series", "shown"),
    [
        pytest.param(AWAY, {}, id="away: nobody knows"),
        pytest.param(SEEN, {'{what="No open finding"}': 0}, id="seen, and nothing found"),
        pytest.param(SEEN | {FOUND: 1}, {FOUND_ROW: 3}, id="found"),
    ],
)
def test_a_table_without_findings_says_so(
    series: dict[str, int], shown: dict[str, int], tmp_path: Path
) -> None:
    """In words, while a server is seen; an unseen server's table is empty."""
    assert judge("Findings", series, shown, tmp_path) == ""


@pytest.mark.parametrize(
    ("series", "shown"),
    [
        pytest.param(AWAY | {KNOWN: 1}, {}, id="away: a gap"),
        pytest.param(SEEN | {KNOWN: 1}, {CHART: 0}, id="fine"),
        pytest.param(SEEN | {KNOWN: 1, FOUND: 1}, {CHART: 3}, id="critical"),
        pytest.param(
            SEEN | {UNSEEN: 1}, {'{integration="querywatch"}': 1}, id="blind, which is nobody's fault"
        ),
    ],
)
def test_the_history_says_fine_only_of_what_was_seen(
    series: dict[str, int], shown: dict[str, int], tmp_path: Path
) -> None:
    """Each integration is fine, or as bad as its worst finding, or not drawn."""
    assert judge("What was wrong, and when", series, shown, tmp_path) == ""


def test_a_wrong_light_is_seen(tmp_path: Path) -> None:
    """The comparison is real: promtool finds fault with a light that is not so."""
    assert "exp: " in judge(LIGHT, SEEN, {"{}": 4}, tmp_path)
