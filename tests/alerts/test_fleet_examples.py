"""What the README shows for many offices works: the fragment, federation and remote write."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from querywatch.config import read_settings
from querywatch.export.metrics import METRICS

README = Path(__file__).resolve().parents[2] / "README.md"


def find_examples(language: str) -> list[str]:
    """The blocks of that language under "Many offices"."""
    section = README.read_text().partition("\n## Many offices\n")[2].partition("\n## ")[0]
    return re.findall(rf"^```{language}\n(.*?)^```", section, re.MULTILINE | re.DOTALL)


def test_the_example_of_a_fragment_is_valid(tmp_path: Path) -> None:
    (tmp_path / "servers.d").mkdir()
    (tmp_path / "config.toml").touch()
    (example,) = find_examples("toml")
    (tmp_path / "servers.d" / "dallas.toml").write_text(example)
    (server,) = read_settings(tmp_path / "config.toml").servers
    assert server.labels["region"] == "south"


@pytest.mark.parametrize("index", [0, 1])
def test_prometheus_takes_the_examples(index: int, tmp_path: Path) -> None:
    """Federation and remote write, as they stand."""
    config = tmp_path / "prometheus.yml"
    config.write_text(find_examples("yaml")[index])
    if shutil.which("promtool") is None:
        pytest.fail("promtool is missing: install Debian's package prometheus")
    command = ["promtool", "check", "config", "--syntax-only", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def find_matched(pattern: str) -> set[str]:
    """The metrics that a pattern of the examples means, as Prometheus names their series."""
    return {name for name in METRICS if re.fullmatch(pattern, name)}


def test_federation_fetches_what_a_fleet_is_watched_by() -> None:
    """And leaves what each office alone needs: its statements."""
    (job,) = yaml.safe_load(find_examples("yaml")[0])["scrape_configs"]
    (selector,) = job["params"]["match[]"]
    fetched = find_matched(re.fullmatch(r'\{__name__=~"(.+)"\}', selector)[1])  # type: ignore[index]
    for name in ("up", "problem", "finding", "server_info", "integration_statements_total"):
        assert f"querywatch_{name}" in fetched
    assert not any("query_" in name.removeprefix("querywatch_") for name in fetched)


def test_remote_write_keeps_back_what_it_says() -> None:
    (target,) = yaml.safe_load(find_examples("yaml")[1])["remote_write"]
    (rule,) = target["write_relabel_configs"]
    assert rule["action"] == "drop"
    dropped = find_matched(rule["regex"])
    assert {"querywatch_query_seconds_total", "querywatch_query_info", "querywatch_baseline_ratio"} <= dropped
    assert all(name.startswith(("querywatch_query_", "querywatch_baseline_")) for name in dropped)
