"""What every command takes."""

import argparse
import os

from markdown import render_page

from querywatch.cli import make_parser

_COLUMNS = "100"  # argparse wraps its help to the terminal


def render() -> str:
    """The page."""
    before, os.environ["COLUMNS"] = os.environ.get("COLUMNS"), _COLUMNS
    try:
        sections = [
            f"## querywatch {name}\n\n```text\n{command.format_help().rstrip()}\n```"
            for name, command in find_commands(make_parser()).items()
        ]
    finally:
        del os.environ["COLUMNS"]
        if before is not None:
            os.environ["COLUMNS"] = before
    return render_page(
        "Commands",
        "Exit codes: 0 fine, 1 failed, 2 wrong usage, 78 bad configuration. What prints a table takes `--format json` "
        "too.",
        *sections,
    )


def find_commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The commands by name, in their order."""
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to its commands
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            return dict(action.choices)
    return {}
