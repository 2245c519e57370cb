"""`querywatch run`: the daemon, in the foreground."""

import argparse
import logging
import resource

from querywatch.cli.output import Commands, add_command, add_config
from querywatch.config import read_settings
from querywatch.service.daemon import Daemon
from querywatch.service.logs import set_up_logging


def add(commands: Commands) -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = add_command(
        commands,
        "run",
        "the daemon, in the foreground",
        "Watches the configured servers until SIGTERM; SIGHUP reloads the configuration.\n\n"
        "example: querywatch run --config /etc/querywatch/config.toml",
    )
    add_config(parser)
    parser.add_argument("--verbose", action="store_true", help="log more than changes of state")
    return parser


def run(given: argparse.Namespace) -> int:
    """Runs until a signal ends it."""
    # Other people's statements pass through this process's memory: it must not be written to a disk.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    set_up_logging(level=logging.DEBUG if given.verbose else logging.INFO)
    return Daemon(read_settings(given.config), given.config).run()
