"""`querywatch rules`: lists the rules, or explains one."""

import argparse

from querywatch.analysis.rules import RULES
from querywatch.cli.output import (
    Commands,
    add_command,
    add_format,
    add_rows,
    make_console,
    make_table,
    print_json,
)
from querywatch.errors import QuerywatchError


def add(commands: Commands) -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = add_command(
        commands,
        "rules",
        "lists or explains the rules",
        "Without an id lists the rules; with one says what it finds, why that hurts, and what to do.\n\n"
        "example: querywatch rules index.missing",
    )
    parser.add_argument("id", nargs="?", help="a rule's id")
    add_format(parser)
    return parser


def run(given: argparse.Namespace) -> int:
    """Prints them."""
    wanted = [rule for rule in RULES if given.id in {None, rule.id}]
    if not wanted:
        raise QuerywatchError(f"there is no rule {given.id!r}; `querywatch rules` lists them")
    if given.format == "json":
        print_json(
            [{"id": rule.id, "says": rule.says, "why": rule.why, "advice": rule.advice} for rule in wanted]
        )
        return 0
    console = make_console()
    if given.id is None:
        table = make_table("Rules", ("id", "says"))
        add_rows(table, [(rule.id, rule.says) for rule in wanted])
        console.print(table)
        return 0
    rule = wanted[0]
    console.print(
        f"[bold]{rule.id}[/bold]: {rule.says}\n\nWhy it hurts: {rule.why}\n\nWhat to do: {rule.advice}"
    )
    return 0
