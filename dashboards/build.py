"""Writes the dashboards' JSON, or with --check says which file is not what the code builds."""

import argparse
import json
import sys
from pathlib import Path

import fleet
import integration
import itself
import office_overview
import statement
import writes
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

TARGET = Path(__file__).resolve().parent / "json"
DASHBOARDS = {
    "office-overview.json": office_overview.build,
    "integration.json": integration.build,
    "statement.json": statement.build,
    "writes.json": writes.build,
    "fleet.json": fleet.build,
    "querywatch-itself.json": itself.build,
}


def render_dashboards() -> dict[str, str]:
    """The JSON of every dashboard, by file name."""
    return {name: render_json(build().build()) for name, build in DASHBOARDS.items()}


def render_json(dashboard: Dashboard) -> str:
    """One dashboard's JSON; its panels are numbered in their order, for Grafana wants each to have an id."""
    for number, panel in enumerate(dashboard.panels or [], start=1):
        panel.id_val = number
    return json.dumps(dashboard, cls=JSONEncoder, indent=2, sort_keys=True) + "\n"


def find_differences(rendered: dict[str, str]) -> list[str]:
    """Files that are missing, differ, or are no dashboard of ours."""
    present = {path.name: path.read_text() for path in TARGET.glob("*.json")}
    return sorted(
        name for name in rendered.keys() | present.keys() if rendered.get(name) != present.get(name)
    )


def main() -> int:
    """Builds or checks; 1 when a check found a difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is not current")
    rendered = render_dashboards()
    if parser.parse_args().check:
        stale = find_differences(rendered)
        for name in stale:
            print(f"{name} is not what the code builds: run python dashboards/build.py", file=sys.stderr)
        return int(bool(stale))
    for name, text in rendered.items():
        (TARGET / name).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
