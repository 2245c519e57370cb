"""`querywatch report`: the dossier on one integration, from the state file alone."""

import argparse
import re
import sys
import time
from contextlib import closing
from pathlib import Path

from querywatch.cli.looking import add_server, find_servers
from querywatch.cli.output import Commands, add_command, add_config
from querywatch.config import read_settings
from querywatch.errors import ConfigError, QuerywatchError
from querywatch.export.report import (
    Document,
    Scope,
    add_comparison,
    find_checksum,
    load_report,
    parse_report,
    render_html,
    render_json,
    render_markdown,
    seal,
)
from querywatch.model import UNKNOWN
from querywatch.store import Store

_RENDER = {"html": render_html, "markdown": render_markdown, "json": render_json}


def add(commands: Commands) -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = add_command(
        commands,
        "report",
        "the dossier on one integration, without patient data",
        "Prints what the state file has of one integration: what it runs and costs, findings, forbidden writes. "
        "The checksum is that of the JSON.\n\n"
        "example: querywatch report recall-texter --format json --output report.json\n"
        "         querywatch report recall-texter --render report.json --output report.html\n"
        "         querywatch report --verify report.html",
    )
    parser.add_argument(
        "name", metavar="NAME", nargs="?", help="one of the configured integrations, or unknown"
    )
    parser.add_argument("--format", choices=tuple(_RENDER), default="html", help="default: html")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write it there")
    parser.add_argument(
        "--since", type=_parse_days, default=7.0, metavar="DAYS", help="so far back (default: 7d)"
    )
    parser.add_argument(
        "--render",
        type=Path,
        metavar="FILE",
        help="show this report, saved as JSON, in another form: its checksum stays",
    )
    parser.add_argument("--compare", type=Path, metavar="FILE", help="an earlier report, as JSON")
    parser.add_argument(
        "--verify",
        type=Path,
        metavar="FILE",
        help="say whether this report, saved in any form, is still as it was made; needs no NAME",
    )
    add_config(parser)
    add_server(parser)
    parser.set_defaults(fail=parser.error)
    return parser


def run(given: argparse.Namespace) -> int:
    """Writes the report, or one that was saved, or verifies one."""
    if given.name is None and given.verify is None:
        given.fail("the name of an integration is needed, or --verify FILE")
    try:
        if given.verify is not None:
            return _verify(given.verify)
        report = _make(given) if given.render is None else _read_saved(given)
        text = _RENDER[given.format](report)
        if given.output is None:
            sys.stdout.write(text)
        else:
            given.output.write_text(text, "utf-8")
    except (OSError, UnicodeDecodeError):
        raise QuerywatchError("a file of the report cannot be read or written") from None
    return 0


def _verify(path: Path) -> int:
    checksum = find_checksum(path.read_text("utf-8"))
    sys.stdout.write(f"{path}: whole and unchanged; the report's SHA-256 is {checksum}\n")
    return 0


def _read_saved(given: argparse.Namespace) -> Document:
    report = parse_report(given.render.read_text("utf-8"))
    if report["integration"]["name"] != given.name:
        raise QuerywatchError(f"the saved report is not about {given.name}")
    return report


def _make(given: argparse.Namespace) -> Document:
    settings = read_settings(given.config)
    servers = find_servers(settings, given.server)
    if len(servers) > 1:
        given.fail("--server is needed: there are several")
    known = {each.name: each for each in (*settings.find_integrations(), UNKNOWN)}
    if given.name not in known:
        raise ConfigError(f"there is no integration {given.name!r}; there are: {', '.join(sorted(known))}")
    now = time.time()
    since = now - given.since * 86_400
    scope = Scope(server=servers[0].name, integration=known[given.name], since=since, until=now)
    with closing(Store.open(settings.state.directory)) as store, store.reading() as connection:
        report = load_report(connection, scope)
    if given.compare is not None:
        report = add_comparison(report, parse_report(given.compare.read_text("utf-8")))
    return seal(report)


def _parse_days(text: str) -> float:
    if re.fullmatch(r"[1-9][0-9]{0,3}d", text) is None:
        raise argparse.ArgumentTypeError("must be a number of days, as 7d")
    return float(text[:-1])
