"""Writes the manual's reference pages from the code, or with --check says which page is not what the code says."""

import argparse
import sys
from pathlib import Path

import reference_alerts
import reference_commands
import reference_evidence
import reference_messages
import reference_metrics
import reference_rules
import reference_settings

TARGET = Path(__file__).resolve().parent
PAGES = {
    "settings.md": reference_settings.render,
    "metrics.md": reference_metrics.render,
    "rules.md": reference_rules.render,
    "alerts.md": reference_alerts.render,
    "commands.md": reference_commands.render,
    "evidence.md": reference_evidence.render,
    "messages.md": reference_messages.render,
}


def render_pages() -> dict[str, str]:
    """The text of every generated page, by file name."""
    return {name: render() for name, render in PAGES.items()}


def find_differences(rendered: dict[str, str]) -> list[str]:
    """Generated pages that are missing or say something else."""
    return sorted(
        name
        for name, text in rendered.items()
        if not (TARGET / name).is_file() or (TARGET / name).read_text() != text
    )


def main() -> int:
    """Builds or checks; 1 when a check found a difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is not current")
    rendered = render_pages()
    if parser.parse_args().check:
        stale = find_differences(rendered)
        for name in stale:
            print(f"{name} is not what the code says: run python dashboards/manual/build.py", file=sys.stderr)
        return int(bool(stale))
    for name, text in rendered.items():
        (TARGET / name).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
