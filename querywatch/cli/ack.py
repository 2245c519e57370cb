"""`querywatch ack`: says that somebody knows of a finding, until when and why; it stays visible, its alert is quiet."""

import argparse
import re
import time
from contextlib import closing
from dataclasses import asdict
from datetime import datetime, timedelta

from querywatch.analysis.rules import RULES
from querywatch.cli.looking import add_server, find_servers
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
from querywatch.config import Settings, read_settings
from querywatch.errors import ConfigError
from querywatch.findings import Acknowledgement
from querywatch.model import UNKNOWN
from querywatch.outward import render_line
from querywatch.store import Store
from querywatch.store.acknowledgements import (
    add_acknowledgement,
    end_acknowledgement,
    load_acknowledgements,
)

_DURATION = re.compile(r"([1-9][0-9]{0,3})([hdw])")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}
_WORDS_KEPT = 300
_NOBODY = "-"  # findings of no integration: what querywatch itself cannot see


def add(commands: Commands) -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = add_command(
        commands,
        "ack",
        "acknowledges a finding: who, why, until when",
        "Says that somebody knows of an integration's findings of one rule. They stay visible, and their alerts are "
        "quiet until then. Each act is kept in the state file's trail; a running daemon takes it up by itself.\n\n"
        "example: querywatch ack recall-texter index.missing --by Ann --why ticket-1234 --until 30d",
    )
    parser.add_argument(
        "name", metavar="NAME", nargs="?", help="the integration; - for what is about none, as coverage.blind"
    )
    parser.add_argument("rule", metavar="RULE", nargs="?", help="the rule's id")
    parser.add_argument("--subject", default="", help="only about this account, host or table")
    parser.add_argument("--fingerprint", default="", help="only about this statement")
    parser.add_argument("--by", metavar="WHO", type=_parse_words, help="who knows of it")
    parser.add_argument("--why", type=_parse_words, help="why it may stay")
    parser.add_argument(
        "--until",
        metavar="WHEN",
        type=_parse_until,
        help="the last day (2026-12-31), or for how long (12h, 7d, 4w)",
    )
    parser.add_argument("--end", action="store_true", help="take it back")
    parser.add_argument("--list", action="store_true", help="print what is acknowledged now")
    add_config(parser)
    add_format(parser)
    add_server(parser)
    parser.set_defaults(fail=parser.error)
    return parser


def run(given: argparse.Namespace) -> int:
    """Writes to the state file, or lists; 1 when there was nothing to take back."""
    _check_usage(given)
    settings = read_settings(given.config)
    servers = [server.name for server in find_servers(settings, given.server)]
    if not given.list:
        _check_names(given, settings)
    with closing(Store.open(settings.state.directory)) as store:
        if given.list:
            _list(store, servers, given)
            return 0
        return _end(store, servers, given) if given.end else _acknowledge(store, servers, given)


def _check_usage(given: argparse.Namespace) -> None:
    if given.list:
        return
    if given.name is None or given.rule is None:
        given.fail("NAME and RULE are needed, or --list")
    if not given.end and None in {given.by, given.why, given.until}:
        given.fail("--by, --why and --until are needed")


def _check_names(given: argparse.Namespace, settings: Settings) -> None:
    names = sorted({each.name for each in (*settings.find_integrations(), UNKNOWN)} | {_NOBODY})
    if given.name not in names:
        raise ConfigError(f"there is no integration {given.name!r}; there are: {', '.join(names)}")
    if given.rule not in {rule.id for rule in RULES}:
        given.fail(f"there is no rule {given.rule!r}: see `querywatch rules`")


def _acknowledge(store: Store, servers: list[str], given: argparse.Namespace) -> int:
    entry = _make_entry(given, time.time())
    with store.writing() as connection:
        for server in servers:
            add_acknowledgement(connection, server, entry)
    print(f"acknowledged on {', '.join(servers)} until {_render_time(entry.until)}")
    return 0


def _end(store: Store, servers: list[str], given: argparse.Namespace) -> int:
    now = time.time()
    entry = _make_entry(given, now)
    with store.writing() as connection:
        ended = [server for server in servers if end_acknowledgement(connection, server, entry, now)]
    print(f"taken back on {', '.join(ended)}" if ended else "nothing of that is acknowledged")
    return 0 if ended else 1


def _make_entry(given: argparse.Namespace, now: float) -> Acknowledgement:
    return Acknowledgement(
        integration="" if given.name == _NOBODY else given.name,
        rule=given.rule,
        subject=given.subject,
        fingerprint=given.fingerprint,
        who=given.by or "",
        why=given.why or "",
        made_at=now,
        until=given.until or now,
    )


def _list(store: Store, servers: list[str], given: argparse.Namespace) -> None:
    now = time.time()
    with store.reading() as connection:
        found = [
            (server, each) for server in servers for each in load_acknowledgements(connection, server, now)
        ]
    if given.format == "json":
        print_json([{"server": server} | asdict(each) for server, each in found])
        return
    table = make_table(
        "Acknowledged", ("server", "integration", "rule", "subject", "fingerprint", "by", "why", "until")
    )
    rows = [
        (
            *(server, each.integration, each.rule, each.subject, each.fingerprint),
            *(each.who, each.why, _render_time(each.until)),
        )
        for server, each in found
    ]
    add_rows(table, rows)
    make_console().print(table)


def _parse_words(text: str) -> str:
    words = render_line(text).strip()[:_WORDS_KEPT]
    if not words:
        raise argparse.ArgumentTypeError("must not be empty")
    return words


def _parse_until(text: str) -> float:
    """The end of that day on this machine's clock, or so long from now."""
    now = datetime.now().astimezone()
    try:
        if (found := _DURATION.fullmatch(text)) is not None:
            until = now + timedelta(**{_UNITS[found[2]]: int(found[1])})
        else:
            day = datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007 - a day of this machine's clock
            until = (day + timedelta(days=1)).astimezone()
    except (OverflowError, ValueError):
        raise argparse.ArgumentTypeError("must be a day like 2026-12-31, or 12h, 7d, 4w") from None
    if until <= now:
        raise argparse.ArgumentTypeError("must be in the future")
    return until.timestamp()


def _render_time(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().isoformat(" ", "minutes")
