"""`querywatch review`: judges SQL before it ever runs, against a server's tables and indexes."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.progress import track

from querywatch.cli.output import Commands, add_command, add_config, make_console
from querywatch.cli.verdicts import describe_verdict, render_summary, render_verdict
from querywatch.config import ServerSettings, Settings, find_password, read_settings
from querywatch.db.server import find_habits
from querywatch.errors import ConfigError, QuerywatchError
from querywatch.hours import parse_time_of_day, parse_weekly_hours
from querywatch.model import Severity, Statement
from querywatch.often import parse_interval
from querywatch.opendental import read_names
from querywatch.review import USUAL_SECONDS, Asked, Judged, Setting, judge
from querywatch.schemafile import SavedSchema, read_schema, write_schema
from querywatch.service.parsing import find_definitions, find_views
from querywatch.service.reviewing import make_parser, parse_all, read_live_schema
from querywatch.sql.clean import known_names
from querywatch.sql.hints import find_hints
from querywatch.sql.reduce import StatementBook
from querywatch.sql.split import find_leading_comments, split_statements

_DAY_MINUTES = 24 * 60
_ANNOTATION = "every:"
_NO_SCHEMA = (
    "there is no server and no saved schema to judge by: name a configuration with [[servers]] (--config FILE), or "
    "a schema that `querywatch review --save-schema FILE` wrote where there is one (--schema FILE), as in\n"
    "    querywatch review --schema practice.json statements.sql"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """One statement as somebody wrote it; `file` is '' where only one is read."""

    text: str
    every_seconds: float
    file: str


def add(commands: Commands) -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = add_command(
        commands,
        "review",
        "judges SQL statements before they ever run",
        "Statement by statement: the verdict, what hurts and why, the index that serves or is missing, and the\n"
        "statement as it should be. Nothing is run. A line '-- every: 30s' before a statement says how often it\n"
        "runs (30s, 15min, 1h, nightly, 4000/min).\n\n"
        "example: querywatch review --every 15min --fail-on warning vendor.sql",
    )
    add_config(parser)
    parser.add_argument(
        "file",
        nargs="?",
        help="SQL statements: a file, a directory with *.sql files, or - for standard input",
    )
    parser.add_argument(
        "--format", choices=("table", "json"), default="table", help="json: one object a line"
    )
    parser.add_argument(
        "--every", type=_parse_every, default=USUAL_SECONDS, metavar="TIME", help="how often (default: 1h)"
    )
    parser.add_argument(
        "--at", type=_parse_at, metavar="HH:MM", help="the time of day (default: while the office is open)"
    )
    parser.add_argument(
        "--fail-on", choices=[str(each) for each in Severity], help="exit 1 when a verdict is as bad as that"
    )
    parser.add_argument("--server", metavar="NAME", help="which of the configured servers")
    parser.add_argument(
        "--schema", type=Path, metavar="FILE", help="judge by this saved schema, without a server"
    )
    parser.add_argument("--save-schema", type=Path, metavar="FILE", help="save the server's schema there")
    return parser


def run(given: argparse.Namespace) -> int:
    """Prints a verdict a statement; 1 when one is as bad as --fail-on."""
    if given.file is None and given.save_schema is None:
        raise QuerywatchError("name a file of SQL statements, or - for standard input")
    settings = read_settings(given.config)
    server = _find_server(settings, given)
    saved = _find_schema(server, given)
    if given.save_schema is not None:
        write_schema(given.save_schema, saved)
        print(f"saved {len(saved.schema.tables)} tables to {given.save_schema}", file=sys.stderr)
    if given.file is None:
        return 0
    written = list(_read_written(given.file, given.every, no_backslash_escapes=saved.no_backslash_escapes))
    if not written:
        print(f"querywatch: {given.file} holds no statement", file=sys.stderr)
    worst = _judge_all(written, _make_setting(settings, server, saved, given.at), saved, given.format)
    reached = given.fail_on is not None and worst is not None and worst.rank >= Severity(given.fail_on).rank
    return 1 if reached else 0


def _find_server(settings: Settings, given: argparse.Namespace) -> ServerSettings | None:
    servers = [server for server in settings.servers if given.server in {None, server.name}]
    if given.server is not None and not servers:
        raise ConfigError(f"there is no server {given.server!r} among [[servers]]")
    if len(servers) > 1 and given.schema is None:
        names = ", ".join(server.name for server in servers)
        raise QuerywatchError(f"there are several servers: say by which to judge with --server ({names})")
    return servers[0] if servers else None


def _find_schema(server: ServerSettings | None, given: argparse.Namespace) -> SavedSchema:
    if given.schema is not None:
        return read_schema(given.schema)
    if server is None:
        raise QuerywatchError(_NO_SCHEMA)
    return read_live_schema(server, find_password(server, given.config))


def _make_setting(
    settings: Settings, server: ServerSettings | None, saved: SavedSchema, at: int | None
) -> Setting:
    hours = parse_weekly_hours((server or ServerSettings(name="saved")).office_hours)
    first_day = min((start // _DAY_MINUTES for start, _ in hours.spans), default=0)
    return Setting(
        schema=saved.schema,
        limits=settings.rules.to_limits(),
        server=saved.server,
        habits=find_habits(saved.server),
        minute_of_week=None if at is None else float(first_day * _DAY_MINUTES + at),
        office_hours=hours,
        known_names=known_names(saved.schema, read_names()),
    )


def _read_written(
    name: str, every_seconds: float, *, no_backslash_escapes: bool | None
) -> Iterator[_Written]:
    """The statements in order; what is no UTF-8 in them is replaced, as in what servers send."""
    contents = [("", sys.stdin.buffer.read())] if name == "-" else _read_files(Path(name))
    for file, content in contents:
        text = content.decode("utf-8-sig", "replace")
        for each in split_statements(text, no_backslash_escapes=no_backslash_escapes):
            yield _Written(text=each, every_seconds=_find_every(each) or every_seconds, file=file)


def _read_files(path: Path) -> Iterator[tuple[str, bytes]]:
    """(its name where there may be several, content) of the file, or of each *.sql in the directory."""
    paths = sorted(path.rglob("*.sql")) if path.is_dir() else [path]
    if not paths:
        raise QuerywatchError(f"{path}: there is no file *.sql in it")
    for file in paths:
        try:
            yield (str(file.relative_to(path)) if path.is_dir() else "", file.read_bytes())
        except OSError as error:
            raise QuerywatchError(f"{file}: cannot be read ({error.strerror})") from None


def _find_every(text: str) -> float | None:
    """What the comments before the statement say; a comment may hold anything, so it is not repeated."""
    for comment in find_leading_comments(text):
        if comment.casefold().startswith(_ANNOTATION):
            try:
                return parse_interval(comment[len(_ANNOTATION) :])
            except ValueError as error:
                raise QuerywatchError(f"a line '-- {_ANNOTATION}' {error}") from None
    return None


def _judge_all(
    written: Sequence[_Written], setting: Setting, saved: SavedSchema, output: str
) -> Severity | None:
    """Prints each verdict as soon as it is known; the worst of all."""
    book, known = StatementBook(), setting.known_names
    book.ansi_quotes, book.no_backslash_escapes = saved.ansi_quotes, saved.no_backslash_escapes
    console, verdicts = make_console(), list[Judged]()
    with closing(make_parser()) as parser:
        definitions = find_definitions(setting.schema)
        parsed = {each.fingerprint: each for each in parse_all(parser, definitions.values())}
        setting = replace(setting, views=find_views(definitions, parsed))
        statements = parse_all(parser, (book.from_text(each.text) for each in written))
        for index, statement in enumerate(_show_progress(statements, len(written))):
            hints = find_hints(
                written[index].text,
                ansi_quotes=saved.ansi_quotes,
                no_backslash_escapes=saved.no_backslash_escapes,
            )
            asked = Asked(
                statement=statement,
                hints=hints,
                every_seconds=written[index].every_seconds,
            )
            judged = judge(asked, setting)
            verdicts.append(judged)
            if output == "json":
                described = describe_verdict(index, judged, known, file=written[index].file)
                print(json.dumps(described, ensure_ascii=False))
            else:
                console.print(render_verdict(index, judged, known, file=written[index].file))
    if output != "json":
        console.print(render_summary(verdicts))
    return max(
        (each.severity for each in verdicts if each.severity), key=lambda each: each.rank, default=None
    )


def _show_progress(each: Iterator[Statement], total: int) -> Iterator[Statement]:
    console = Console(stderr=True)
    yield from track(
        each,
        "reviewing",
        total=total,
        console=console,
        transient=True,
        disable=not sys.stderr.isatty(),
    )


def _parse_every(text: str) -> float:
    try:
        return parse_interval(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} {error}") from None


def _parse_at(text: str) -> int:
    try:
        return parse_time_of_day(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} {error}") from None
