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
SEEN, AWAY = {f"querywatch_up{{{SERVER}}}": 1}, {f"querywatch_up{{{SERVER}}}": 0}


def read_office_light() -> str:
    """The expression of the first light on the Office overview, all servers and integrations chosen."""
    panels = json.loads((DASHBOARDS / "office-overview.json").read_text())["panels"]
    light = next(panel for panel in panels if panel["title"] == "Is Open Dental being hurt?")
    expression = str(light["targets"][0]["expr"])
    return expression.replace("$server", ".*").replace("$integration", ".*")


def judge(series: dict[str, int], expected: int | None, place: Path) -> str:
    """What promtool says against the light being `expected` (None: dark) while these series are there."""
    samples = [] if expected is None else [{"labels": "{}", "value": expected}]
    test: dict[str, Any] = {
        "interval": "1m",
        "input_series": [{"series": name, "values": f"{value}x2"} for name, value in series.items()],
        "promql_expr_test": [{"expr": read_office_light(), "eval_time": "1m", "exp_samples": samples}],
    }
    file = place / "light.yml"
    file.write_text(json.dumps({"tests": [test]}))
    promtool = shutil.which("promtool")
    assert promtool, "promtool is missing: apt-get install prometheus"
    done = subprocess.run([promtool, "test", "rules", file], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize(
    ("series", "light"),
    [
        pytest.param({}, None, id="not watched"),
        pytest.param(SEEN, 0, id="nothing is wrong"),
        pytest.param(AWAY, 2, id="away, before it is a finding"),
        pytest.param(AWAY | {BLIND: 1}, 2, id="away, which is a critical finding of its own"),
        pytest.param(SEEN | {BLIND: 1}, 2, id="seen, but not all of it"),
        pytest.param(SEEN | {VENDOR: 1}, 4, id="hurt"),
        pytest.param(SEEN | {BLIND: 1, VENDOR: 1}, 4, id="hurt, and not fully seen"),
    ],
)
def test_the_office_light_says_what_is_so(series: dict[str, int], light: int | None, tmp_path: Path) -> None:
    """Only what hurts lights red; blindness, however bad, is 'Not fully seen', and no data is no light."""
    assert judge(series, light, tmp_path) == ""


def test_a_wrong_light_is_seen(tmp_path: Path) -> None:
    """The comparison is real: promtool finds fault with a light that is not so."""
    assert "exp: " in judge(SEEN, 4, tmp_path)
