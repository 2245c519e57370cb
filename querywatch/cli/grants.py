"""`querywatch grants`: prints the SQL that makes the least-privileged account."""

import argparse

from querywatch.cli.output import Commands, add_command
from querywatch.db.grants import render_grants
from querywatch.model import Flavour


def add(commands: Commands) -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = add_command(
        commands,
        "grants",
        "prints the SQL for the least-privileged account",
        "An administrator runs it once on the server. The account can read no row of the practice's tables.\n\n"
        "example: querywatch grants --flavour mariadb --host 192.168.1.20 --database opendental",
    )
    parser.add_argument("--user", default="querywatch", help="the account's name (default: querywatch)")
    parser.add_argument("--host", default="%", help="the host that querywatch connects from (default: any)")
    parser.add_argument(
        "--flavour", type=Flavour, choices=list(Flavour), help="whose server it is (default: either)"
    )
    parser.add_argument(
        "--database",
        action="append",
        default=[],
        metavar="NAME",
        help="the practice's database (default: all)",
    )
    parser.add_argument(
        "--mode",
        choices=("processlist", "userstat", "full"),
        default="full",
        help="the evidence the server gives: full where performance_schema is on (default)",
    )
    parser.add_argument(
        "--privileges",
        action="store_true",
        help="also lets querywatch see which accounts could write, without their password hashes",
    )
    parser.add_argument(
        "--views",
        action="store_true",
        help="also lets querywatch see what the practice's views are made of",
    )
    return parser


def run(given: argparse.Namespace) -> int:
    """Prints it."""
    text = render_grants(
        user=given.user,
        host=given.host,
        databases=given.database,
        flavour=given.flavour,
        performance_schema=given.mode == "full",
        privileges=given.privileges,
        views=given.views,
    )
    print(text, end="")
    return 0
