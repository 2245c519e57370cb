"""`querywatch off`: the steps that turn one integration off and on again. It prints them, and does none."""

import argparse
import logging
from contextlib import closing
from dataclasses import asdict

from rich.console import Console
from rich.text import Text

from querywatch.cli.looking import add_server, add_watch, find_servers, look, open_watch
from querywatch.cli.output import Commands, add_command, add_config, add_format, make_console, print_json
from querywatch.config import ServerSettings, Settings, read_settings
from querywatch.errors import ConfigError
from querywatch.model import UNKNOWN, Integration, Kind
from querywatch.service.logs import set_up_logging
from querywatch.service.parsing import Parser
from querywatch.snapshot import Snapshot
from querywatch.switching import Step, Switch, find_uses, make_switch

_LOOK_SECONDS = 5.0


def add(commands: Commands) -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = add_command(
        commands,
        "off",
        "the steps that turn one integration off and on again",
        "Prints how to turn one integration off, how to see that it is off, and how to turn it on again: for this "
        "server's version and the accounts that it really uses. querywatch does none of it.\n\n"
        "example: querywatch off recall-texter",
    )
    parser.add_argument("name", metavar="NAME", help="one of the configured integrations, or unknown")
    add_config(parser)
    add_format(parser)
    add_server(parser)
    add_watch(parser, _LOOK_SECONDS, f"look so long for who uses its accounts (default: {_LOOK_SECONDS:g})")
    return parser


def run(given: argparse.Namespace) -> int:
    """Looks who uses the accounts, and prints the steps for each server; 1 when one could not be asked."""
    set_up_logging(level=logging.WARNING)
    settings = read_settings(given.config)
    integration = _find_integration(given.name, settings)
    servers = find_servers(settings, given.server)
    snapshots = [_look_at(server, settings, given) for server in servers]
    switches = [
        _make_switch(integration, settings, server, snapshot)
        for server, snapshot in zip(servers, snapshots, strict=True)
    ]
    if given.format == "json":
        print_json(
            [
                {"server": server.name} | asdict(switch)
                for server, switch in zip(servers, switches, strict=True)
            ]
        )
    else:
        console = make_console()
        for server, snapshot, switch in zip(servers, snapshots, switches, strict=True):
            _print(console, server, snapshot, switch)
    return 0 if all(snapshot.up for snapshot in snapshots) else 1


def _find_integration(name: str, settings: Settings) -> Integration:
    integrations = settings.find_integrations()
    known = {each.name: each for each in (*integrations, UNKNOWN)}
    if name not in known:
        raise ConfigError(f"there is no integration {name!r}; there are: {', '.join(sorted(known))}")
    if known[name].kind is Kind.OPENDENTAL:
        raise ConfigError(f"{name} is the office's own software: there is nothing to prove by turning it off")
    return known[name]


def _look_at(server: ServerSettings, settings: Settings, given: argparse.Namespace) -> Snapshot:
    with closing(Parser()) as parser:
        watch = open_watch(server, given.config, settings, parser)
        look([(server, watch)], given.watch)
        return watch.snapshot


def _make_switch(
    integration: Integration, settings: Settings, server: ServerSettings, snapshot: Snapshot
) -> Switch:
    uses = find_uses(integration, settings.find_integrations(), snapshot.connected)
    return make_switch(integration, uses, snapshot.info, port=server.port)


def _print(console: Console, server: ServerSettings, snapshot: Snapshot, switch: Switch) -> None:
    version = f", {snapshot.info.flavour} {snapshot.info.version_text}" if snapshot.info else ""
    console.print(Text(f"{switch.integration} on {server.name}{version}", style="bold"))
    if not snapshot.up:
        console.print(Text(f"The server could not be asked: {snapshot.trouble}", style="yellow"))
    for note in switch.notes:
        console.print(Text(f"! {note}", style="yellow"))
    for title, steps in (("Off", switch.off), ("See that it is off", switch.verify), ("On again", switch.on)):
        console.print(Text(f"\n{title}", style="bold"))
        for number, step in enumerate(steps, 1):
            _print_step(console, number, step)
    console.print()


def _print_step(console: Console, number: int, step: Step) -> None:
    console.print(Text(f"{number:3}. {step.place[0].upper()}{step.place[1:]}: {step.what}"))
    for command in step.commands:
        # To be copied as it stands: never folded.
        console.print(Text(f"     {command}", style="cyan"), soft_wrap=True)
