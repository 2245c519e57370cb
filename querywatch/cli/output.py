"""What the commands share: the --config and --format options, tables for people, JSON for machines."""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

Commands = Any  # argparse's sub-parsers action has no public type

_PLAIN_WIDTH = 120  # of a pipe or a file, which have none
SEVERITY_STYLES: Mapping[str, str] = {"critical": "bold red", "warning": "yellow", "info": "cyan"}


def add_command(commands: Commands, name: str, summary: str, description: str) -> argparse.ArgumentParser:
    """One command's parser; the description ends with an example."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=description)
    return parser


def add_config(parser: argparse.ArgumentParser) -> None:
    """--config FILE."""
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="the configuration (default: $QUERYWATCH_CONFIG, else /etc/querywatch/config.toml)",
    )


def add_format(parser: argparse.ArgumentParser) -> None:
    """--format table|json."""
    parser.add_argument(
        "--format", choices=("table", "json"), default="table", help="for people or for machines"
    )


def print_json(value: object) -> None:
    """One JSON document on standard output."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def make_console() -> Console:
    """Standard output, with colours on a terminal alone."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_PLAIN_WIDTH)


def make_table(title: str, columns: Sequence[str], *, right: Sequence[str] = ()) -> Table:
    """A table in the house's look; the columns in `right` hold numbers."""
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table


def add_rows(
    table: Table, rows: Sequence[Sequence[str]], style: Callable[[Sequence[str]], str] = lambda _: ""
) -> None:
    """Adds plain text rows: nothing in them is taken for markup."""
    for row in rows:
        table.add_row(*map(Text, row), style=style(row))
