"""The `querywatch` command: one module a command, each with `add` (its arguments) and `run` (its exit code)."""

import argparse
import io
import os
import sys
from pathlib import Path

from querywatch import __version__
from querywatch.cli import (
    ack,
    check,
    demo,
    grants,
    off,
    once,
    redact,
    report,
    review,
    rules,
    run,
    suggest_config,
    trial,
)
from querywatch.errors import ConfigError, QuerywatchError
from querywatch.service.logs import set_up_last_words

EXIT_FAILED = 1
EXIT_BAD_CONFIGURATION = 78  # EX_CONFIG of sysexits(3)
EXIT_INTERRUPTED = 130

COMMANDS = (run, check, grants, once, review, redact, rules, off, ack, report, trial, suggest_config, demo)


def make_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = argparse.ArgumentParser(
        prog="querywatch",
        description="Watches, read-only, what other companies' software does to an office's database.",
        epilog="`querywatch COMMAND --help` shows a command's options and an example.",
    )
    parser.add_argument("--version", action="version", version=f"querywatch {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        added = command.add(commands)
        added.formatter_class = argparse.RawDescriptionHelpFormatter
        added.set_defaults(run=command.run)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; 0 fine, 1 failed, 2 wrong usage, 78 bad configuration."""
    set_up_last_words()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without UTF-8 shows a ? for what it lacks
    given = make_parser().parse_args(arguments)
    if getattr(given, "config", None) is None and os.environ.get("QUERYWATCH_CONFIG"):
        given.config = Path(os.environ["QUERYWATCH_CONFIG"])
    try:
        code: int = given.run(given)
    except ConfigError as error:
        print(f"querywatch: {error}", file=sys.stderr)
        return EXIT_BAD_CONFIGURATION
    except QuerywatchError as error:
        print(f"querywatch: {error}", file=sys.stderr)
        return EXIT_FAILED
    except BrokenPipeError:
        # The reader has seen enough: `querywatch rules | head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    return code
