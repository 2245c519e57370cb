"""`querywatch check`: the doctor. Each fault comes with its exact fix."""

import argparse
import logging
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from rich.text import Text

from querywatch.cli.output import (
    Commands,
    add_command,
    add_config,
    add_format,
    make_console,
    make_table,
    print_json,
)
from querywatch.cli.results import Result
from querywatch.cli.web_access import ask_password, check_web
from querywatch.config import ServerSettings, find_fragments, find_password, read_settings
from querywatch.db.connection import Connection, connect
from querywatch.db.privileges import Privileges, read_privileges
from querywatch.errors import ConfigError, ServerError
from querywatch.export.auth import hash_password
from querywatch.service.intake import Intake
from querywatch.service.ladder import STEPS, Remedy, Step, find_remedy
from querywatch.service.logs import set_up_logging
from querywatch.service.reader import UNSUPPORTED
from querywatch.snapshot import SourceState

_NOT_HERE = "not on this version"
_STYLES = {"ok": "green", "could be better": "cyan", _NOT_HERE: "dim", "wrong": "bold red"}
_ADMINISTRATORS = ("ALL PRIVILEGES on *.*", "GRANT OPTION on *.*", "SUPER on *.*")
_OWN_ACCOUNT = (
    "leave that account as it is and give querywatch one of its own: an administrator runs what "
    "`querywatch grants` prints, and `user` in the configuration names it"
)


def add(commands: Commands) -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = add_command(
        commands,
        "check",
        "the doctor: configuration, connection, privileges, evidence",
        "Says what works, what is wrong and what could be better, each with its exact fix.\n"
        "Exit code 1 when something is wrong.\n\n"
        "example: sudo querywatch check",
    )
    add_config(parser)
    add_format(parser)
    parser.add_argument(
        "--hash-password",
        action="store_true",
        help="ask for a password, print what stands for it under [web] users, and look at nothing",
    )
    return parser


def run(given: argparse.Namespace) -> int:
    """Looks at everything; 1 when something is wrong."""
    if given.hash_password:
        print(hash_password(ask_password()))
        return 0
    set_up_logging(level=logging.CRITICAL)
    settings = read_settings(given.config)
    if not settings.servers:
        raise ConfigError("no [[servers]] to watch; config.example.toml shows one")
    results = [_describe_configuration(given.config), *check_web(settings.web)]
    for server in settings.servers:
        results += find_results(server, given.config)
    if given.format == "json":
        print_json([asdict(result) for result in results])
    else:
        _print(results)
    return 1 if any(result.state == "wrong" for result in results) else 0


def _describe_configuration(path: Path | None) -> Result:
    names = [file.name for file in find_fragments(path)]
    says = f"valid, with {', '.join(names)} of servers.d" if names else "valid"
    return Result(server="", what="configuration", state="ok", says=says)


def find_results(server: ServerSettings, path: Path | None) -> list[Result]:
    """Everything about one server."""
    try:
        connection = connect(server.to_endpoint(find_password(server, path)))
    except (ServerError, ConfigError) as error:
        reason = error.reason if isinstance(error, ServerError) else "configuration"
        return [Result(server=server.name, what="connection", state="wrong", says=reason, fix=str(error))]
    try:
        explains = server.explain == "guarded"
        privileges = read_privileges(connection, server.databases, reads_tables=explains)
        return [
            _check_connection(server, connection),
            *_check_privileges(server, privileges),
            *_check_evidence(server, connection, privileges.account),
        ]
    except ServerError as error:
        return [Result(server=server.name, what="reading", state="wrong", says=error.reason, fix=str(error))]
    finally:
        connection.close()


def _check_connection(server: ServerSettings, connection: Connection) -> Result:
    info = connection.server
    reached = f"{info.flavour} {info.version_text}"
    if connection.plain_reason is None:
        says = f"{reached}, encrypted with {connection.tls_version}"
        if not server.tls.verifies:
            says += ", the server's certificate is not verified"
        return Result(server=server.name, what="connection", state="ok", says=says)
    if server.socket is not None:
        return Result(server=server.name, what="connection", state="ok", says=f"{reached}, over a socket")
    return Result(
        server=server.name,
        what="connection",
        state="could be better",
        says=f"{reached}, not encrypted ({connection.plain_reason}): other people's statements cross the network "
        "as they are",
        fix='give the server a certificate and set tls = "verify-ca" with tls_ca, or reach it over a VPN',
    )


def _check_privileges(server: ServerSettings, privileges: Privileges) -> Iterator[Result]:
    for fault in privileges.missing:
        says = f"{fault.what} is missing: {fault.why}"
        yield Result(server=server.name, what="privilege", state="wrong", says=says, fix=fault.fix)
    if _is_somebody_elses(privileges):
        says = (
            f"{privileges.account} is an administrator's account, with far more rights than querywatch needs"
        )
        yield Result(server=server.name, what="privilege", state="wrong", says=says, fix=_OWN_ACCOUNT)
        return
    for fault in privileges.excessive:
        says = f"{fault.what} is more than querywatch needs: {fault.why}"
        yield Result(server=server.name, what="privilege", state="wrong", says=says, fix=fault.fix)
    if not privileges.missing and not privileges.excessive:
        says = f"{privileges.account} has what it needs and no more"
        yield Result(server=server.name, what="privilege", state="ok", says=says)


def _is_somebody_elses(privileges: Privileges) -> bool:
    """Whether taking rights from the account would take them from the people who use it."""
    return any(fault.what.startswith(_ADMINISTRATORS) for fault in privileges.excessive)


def _check_evidence(server: ServerSettings, connection: Connection, account: str) -> Iterator[Result]:
    """The ladder, in its order: what needs no restart is advised before what does."""
    states = {state.name: state for state in _read_states(server, connection)}
    for step in STEPS:
        if step.name in states:
            remedy = find_remedy(states[step.name], connection.server, account)
            yield _check_step(server.name, step, states[step.name], remedy)


def _read_states(server: ServerSettings, connection: Connection) -> tuple[SourceState, ...]:
    intake = Intake(server.name, server.databases, server.schema_interval)
    intake.guarded_explain = server.explain == "guarded"
    intake.read_sessions(connection, 0.0)
    intake.read_status(connection, 0.0)
    intake.read_counters(connection, 0.0)
    intake.read_schema_when_due(connection, 0.0)
    intake.read_rights(connection, 0.0)
    return intake.reader.states


def _check_step(server: str, step: Step, state: SourceState, remedy: Remedy | None) -> Result:
    what = f"evidence {step.name}"
    if state.up:
        return Result(server=server, what=what, state="ok", says=step.brings, brings=step.brings)
    missing = f"not available ({state.reason}); it would bring: {step.brings}"
    if state.offered:
        return Result(
            server=server, what=what, state="wrong", says=missing, fix=state.advice, brings=step.brings
        )
    if state.reason == UNSUPPORTED:
        says = f"{step.of} is not to be had; it would bring: {step.brings}"
        return Result(server=server, what=what, state=_NOT_HERE, says=says, brings=step.brings)
    if remedy is None:
        fix = state.advice
        return Result(
            server=server, what=what, state="could be better", says=missing, fix=fix, brings=step.brings
        )
    return Result(
        server=server,
        what=what,
        state="could be better",
        says=f"{missing}. Cost: {remedy.cost}",
        fix=remedy.render(),
        brings=step.brings,
        cost=remedy.cost,
        statements=remedy.statements,
        my_ini=remedy.my_ini,
    )


def _print(results: list[Result]) -> None:
    table = make_table("Check", ("server", "what", "state", "says"))
    said: dict[tuple[str, str], str] = {}
    for result in results:
        before = said.setdefault((result.server, result.fix), result.what)
        fix = result.fix if before == result.what else f"as for {before}"
        says = f"{result.says}\nFix: {fix}" if result.fix else result.says
        table.add_row(
            Text(result.server),
            Text(result.what),
            Text(result.state, style=_STYLES[result.state]),
            Text(says),
        )
    make_console().print(table)
