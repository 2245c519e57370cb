"""`querywatch redact`: shows exactly what querywatch would let out of SQL text."""

import argparse
import sys
from pathlib import Path

from querywatch.cli.output import Commands, add_command, add_format, print_json
from querywatch.errors import QuerywatchError
from querywatch.opendental import read_names
from querywatch.sql.clean import known_names, render_outward
from querywatch.sql.reduce import StatementBook
from querywatch.sql.split import split_statements


def add(commands: Commands) -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = add_command(
        commands,
        "redact",
        "prints what querywatch would let out of SQL text",
        "Statement by statement, the fingerprint and the shape: no literal, no comment, and no name that\n"
        "Open Dental's own tables do not have.\n\n"
        "example: echo \"SELECT FName FROM patient WHERE LName='Doe'\" | querywatch redact -",
    )
    parser.add_argument("file", help="a file of SQL statements, or - for standard input")
    add_format(parser)
    parser.add_argument(
        "--sql-mode",
        metavar="MODE",
        help="the server's sql_mode ('' in most offices); without it, what it decides is read in the safest way",
    )
    return parser


def run(given: argparse.Namespace) -> int:
    """Prints a line a statement, or one JSON array."""
    book, known = StatementBook(), known_names(None, read_names())
    if given.sql_mode is not None:
        modes = given.sql_mode.upper().split(",")
        book.ansi_quotes, book.no_backslash_escapes = "ANSI_QUOTES" in modes, "NO_BACKSLASH_ESCAPES" in modes
    rows = []
    for text in split_statements(_read(given.file), no_backslash_escapes=book.no_backslash_escapes):
        statement = book.from_text(text)
        shape = render_outward(statement.shape, known)
        rows.append(
            {"fingerprint": statement.fingerprint, "operation": str(statement.operation), "shape": shape}
        )
    if given.format == "json":
        print_json(rows)
        return 0
    for row in rows:
        print(f"{row['fingerprint']}  {row['shape']}")
    return 0


def _read(name: str) -> str:
    """The text; what is no UTF-8 in it is replaced, as in what servers send."""
    if name == "-":
        return sys.stdin.buffer.read().decode("utf-8", "replace")
    try:
        return Path(name).read_bytes().decode("utf-8", "replace")
    except OSError as error:
        raise QuerywatchError(f"{name}: cannot be read ({error.strerror})") from None
