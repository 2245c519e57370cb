"""`querywatch suggest-config`: drafts [[integrations]] from the accounts, hosts and programs seen."""

import argparse
import logging
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, replace

from querywatch.cli.looking import add_server, add_watch, find_servers, look, open_watch
from querywatch.cli.output import Commands, add_command, add_config, add_format, print_json
from querywatch.config import read_settings
from querywatch.service.logs import set_up_logging
from querywatch.service.parsing import Parser
from querywatch.service.watch import Watch
from querywatch.suggesting import Draft, Suggestion, render_toml

_LOOK_SECONDS = 60.0


def add(commands: Commands) -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = add_command(
        commands,
        "suggest-config",
        "drafts [[integrations]] from what is seen",
        "Looks at the configured servers for a while and prints an entry for each account that no integration "
        "claims, with what was seen of it. Name them, and put them into the configuration.\n\n"
        "example: querywatch suggest-config --watch 300",
    )
    add_config(parser)
    add_format(parser)
    add_server(parser)
    add_watch(parser, _LOOK_SECONDS, f"look for so long (default: {_LOOK_SECONDS:g})")
    return parser


def run(given: argparse.Namespace) -> int:
    """Looks and prints; 1 when a server cannot be reached."""
    set_up_logging(level=logging.WARNING)
    settings = read_settings(given.config)
    servers = find_servers(settings, given.server)
    drafts = {server.name: Draft(settings.find_integrations()) for server in servers}

    def note(watch: Watch) -> None:
        draft = drafts[watch.snapshot.server]
        if draft.note(watch.snapshot):
            watch.reconfigure(draft.integrations, settings.rules.to_limits())

    with closing(Parser()) as parser:
        watches = [(server, open_watch(server, given.config, settings, parser)) for server in servers]
        for _, watch in watches:
            watch.settings = replace(watch.settings, programs_wanted=True)
        look(watches, given.watch, note)
    snapshots = [watch.snapshot for _, watch in watches]
    found = {each.server: drafts[each.server].find_suggestions(each) for each in snapshots}
    if given.format == "json":
        print_json({name: [asdict(each) for each in suggestions] for name, suggestions in found.items()})
    else:
        _print(found)
    return 0 if all(snapshot.up for snapshot in snapshots) else 1


def _print(found: Mapping[str, Sequence[Suggestion]]) -> None:
    """TOML for people to go on with; an account that several servers have is drafted once for each."""
    for server, suggestions in found.items():
        accounts = "1 account" if len(suggestions) == 1 else f"{len(suggestions)} accounts"
        print(f"# {server}: {accounts} that no integration claims\n")
        print(render_toml(suggestions), end="\n" if suggestions else "")
