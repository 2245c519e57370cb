"""`querywatch once`: one look at each server, without a daemon and without a state."""

import argparse
import logging
from contextlib import closing

from querywatch.cli.describe import describe_running, describe_snapshot, render_snapshot_tables
from querywatch.cli.looking import add_server, add_watch, find_servers, look, open_watch
from querywatch.cli.output import (
    Commands,
    add_command,
    add_config,
    add_format,
    add_rows,
    make_console,
    make_table,
    print_json,
)
from querywatch.config import read_settings
from querywatch.service.logs import set_up_logging
from querywatch.service.parsing import Parser
from querywatch.snapshot import Snapshot
from querywatch.units import format_seconds

_PARSE_SECONDS = 5.0  # at the most, for what was seen: nobody waits for the next look


def add(commands: Commands) -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = add_command(
        commands,
        "once",
        "one look: who is connected, what runs, findings",
        "Looks at the configured servers once; with --watch for so many seconds, so that rates can be told.\n\n"
        "example: querywatch once --watch 60",
    )
    add_config(parser)
    add_format(parser)
    add_server(parser)
    add_watch(parser, 0.0, "look for so long (default: once)")
    return parser


def run(given: argparse.Namespace) -> int:
    """Looks, prints; 1 when a server cannot be reached."""
    set_up_logging(level=logging.WARNING)
    settings = read_settings(given.config)
    servers = find_servers(settings, given.server)
    with closing(Parser(wait_seconds=_PARSE_SECONDS)) as parser:
        watches = [(server, open_watch(server, given.config, settings, parser)) for server in servers]
        look(watches, given.watch)
    snapshots = [watch.snapshot for _, watch in watches]
    if given.format == "json":
        print_json(
            [describe_snapshot(snapshot) | {"running": describe_running(snapshot)} for snapshot in snapshots]
        )
    else:
        for snapshot in snapshots:
            _print(snapshot)
    return 0 if all(snapshot.up for snapshot in snapshots) else 1


def _print(snapshot: Snapshot) -> None:
    console = make_console()
    console.print(render_snapshot_tables(snapshot))
    if snapshot.running:
        table = make_table("Running now", ("integration", "because", "for", "state", "statement"))
        rows = [
            (
                running.attribution.integration.name,
                running.attribution.reason,
                format_seconds(running.session.seconds),
                running.session.state,
                running.outward_shape,
            )
            for running in snapshot.running
        ]
        add_rows(table, rows)
        console.print(table)
