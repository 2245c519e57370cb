"""What the commands share that look at the configured servers for a while, without a daemon and without a state."""

import argparse
import math
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from querywatch.config import ServerSettings, Settings, find_password
from querywatch.errors import ConfigError
from querywatch.findings import FindingBook
from querywatch.service.daemon import make_watch
from querywatch.service.parsing import Parser
from querywatch.service.watch import Watch


def add_server(parser: argparse.ArgumentParser) -> None:
    """--server NAME."""
    parser.add_argument("--server", metavar="NAME", help="only this one of the configured servers")


def add_watch(parser: argparse.ArgumentParser, default: float, help_text: str) -> None:
    """--watch SECONDS."""
    parser.add_argument("--watch", type=_parse_seconds, default=default, metavar="SECONDS", help=help_text)


def _parse_seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError("must be 0 or more")
    return seconds


def find_servers(settings: Settings, name: str | None) -> list[ServerSettings]:
    """The configured servers, or the one of that name. Raises ConfigError: there is none."""
    servers = [server for server in settings.servers if name in {None, server.name}]
    if not servers:
        raise ConfigError(f"there is no server {name!r} among [[servers]]" if name else "no [[servers]]")
    return servers


def open_watch(server: ServerSettings, config: Path | None, settings: Settings, parser: Parser) -> Watch:
    """A watch of one server that remembers nothing of before."""
    return make_watch(
        server, server.to_endpoint(find_password(server, config)), settings, FindingBook(), parser
    )


def look(
    watches: Sequence[tuple[ServerSettings, Watch]],
    seconds: float,
    note: Callable[[Watch], None] = lambda _: None,
) -> None:
    """Cycles until the time is over, and counts at its end; `note` is told of each look.

    Progress goes to a terminal's standard error.
    """
    started = time.monotonic()
    interval = min(server.sample_interval for server, _ in watches)
    hidden = not seconds or not sys.stderr.isatty()
    with Progress(console=Console(stderr=True), transient=True, disable=hidden) as progress:
        task = progress.add_task("watching", total=seconds)
        _cycle(watches, note, count=True)
        while (elapsed := time.monotonic() - started) < seconds:
            progress.update(task, completed=elapsed)
            time.sleep(min(random.uniform(0.6, 1.4) * interval, max(0.0, seconds - elapsed)))  # noqa: S311 - no secret
            _cycle(watches, note, count=False)
        if seconds:
            _cycle(watches, note, count=True)
    for _, watch in watches:
        watch.close()


def _cycle(
    watches: Sequence[tuple[ServerSettings, Watch]], note: Callable[[Watch], None], *, count: bool
) -> None:
    for _, watch in watches:
        watch.cycle(count=count)
        note(watch)
