"""`querywatch once`: one look at each server, without a daemon and without a state."""

import argparse
import logging
import math
import random
import sys
import time
from contextlib import closing

from rich.console import Console
from rich.progress import Progress

from querywatch.cli.describe import describe_running, describe_snapshot, render_snapshot_tables
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
from querywatch.config import ServerSettings, find_password, read_settings
from querywatch.errors import ConfigError
from querywatch.findings import FindingBook
from querywatch.service.daemon import make_watch
from querywatch.service.logs import set_up_logging
from querywatch.service.parsing import Parser
from querywatch.service.watch import Watch
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
    parser.add_argument("--server", metavar="NAME", help="only this one of the configured servers")
    parser.add_argument(
        "--watch",
        type=_parse_seconds,
        default=0.0,
        metavar="SECONDS",
        help="look for so long (default: once)",
    )
    return parser


def run(given: argparse.Namespace) -> int:
    """Looks, prints; 1 when a server cannot be reached."""
    set_up_logging(level=logging.WARNING)
    settings = read_settings(given.config)
    servers = [server for server in settings.servers if given.server in {None, server.name}]
    if not servers:
        raise ConfigError(
            f"there is no server {given.server!r} among [[servers]]" if given.server else "no [[servers]]"
        )
    with closing(Parser(wait_seconds=_PARSE_SECONDS)) as parser:
        watches = [
            (server, make_watch(server, find_password(server, given.config), settings, FindingBook(), parser))
            for server in servers
        ]
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


def look(watches: list[tuple[ServerSettings, Watch]], seconds: float) -> None:
    """Cycles until the time is over, and counts at its end; progress goes to a terminal's standard error."""
    started = time.monotonic()
    interval = min(server.sample_interval for server, _ in watches)
    with Progress(
        console=Console(stderr=True), transient=True, disable=not seconds or not sys.stderr.isatty()
    ) as progress:
        task = progress.add_task("watching", total=seconds)
        for _, watch in watches:
            watch.cycle(count=True)
        while (elapsed := time.monotonic() - started) < seconds:
            progress.update(task, completed=elapsed)
            time.sleep(min(random.uniform(0.6, 1.4) * interval, max(0.0, seconds - elapsed)))  # noqa: S311 - no secret
            for _, watch in watches:
                watch.cycle()
        if seconds:
            for _, watch in watches:
                watch.cycle(count=True)
    for _, watch in watches:
        watch.close()


def _parse_seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError("must be 0 or more")
    return seconds


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
