"""`querywatch trial`: an off/on test of one integration. It watches and compares; people do the switching."""

import argparse
import logging
import time
from dataclasses import asdict
from datetime import datetime
from typing import Any

from querywatch.cli.looking import add_server, find_servers
from querywatch.cli.output import Commands, add_command, add_config, add_format, make_console, print_json
from querywatch.cli.trial_words import print_trial
from querywatch.config import Settings, read_settings
from querywatch.errors import ConfigError, StateError
from querywatch.model import UNKNOWN
from querywatch.service.logs import set_up_logging
from querywatch.service.rhythms import load_rhythm
from querywatch.service.trials import RUNNING, STOPPED, end_trial, find_slice_seconds, judge_trial
from querywatch.store import Store
from querywatch.store.slices import load_slices
from querywatch.store.trail import record
from querywatch.store.trials import TrialRecord, load_trials, save_trial
from querywatch.trial.contrast import MOST_MINUTES, find_power_minutes
from querywatch.trial.judgement import CAUSE_LEAST, DEFAULT_EFFECT, Judgement, Question, find_judgement
from querywatch.trial.slices import SLICE_SECONDS

_AROUND_SECONDS = 2 * 3_600.0
_POWER_EFFECT = 0.2


def add(commands: Commands) -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = add_command(
        commands,
        "trial",
        "proves that an integration slows the office down, or rules it out",
        "start: the daemon watches for the integration to go silent and to come back, and compares the office's own "
        "statements. status: how far it is. stop: ends it. judge: the same for a silence that is over, as when the "
        "vendor was down last night. What turns it off and on: `querywatch off NAME`.\n\n"
        "example: querywatch trial start recall-texter",
    )
    parser.add_argument("action", choices=("start", "status", "stop", "judge"))
    parser.add_argument("name", metavar="NAME", help="one of the configured integrations, or unknown")
    add_config(parser)
    add_format(parser)
    add_server(parser)
    parser.add_argument(
        "--shapes",
        default="office",
        metavar="F,F",
        help="fingerprints in question (default: all of the office's)",
    )
    parser.add_argument(
        "--effect",
        type=float,
        default=DEFAULT_EFFECT,
        metavar="RATIO",
        help=f"a smaller slowdown counts as none (default: {DEFAULT_EFFECT:g})",
    )
    for side, what in (("from", "began"), ("to", "ended")):
        parser.add_argument(
            f"--{side}", dest=f"{side}_at", type=_parse_time, metavar="TIME",
            help=f"judge: when the silence {what}, as 2026-11-22T21:00",
        )  # fmt: skip
    return parser


def run(given: argparse.Namespace) -> int:
    """Does it for each server; 1 when there is no such trial."""
    set_up_logging(level=logging.WARNING)
    settings = read_settings(given.config)
    _check(given, settings)
    store = Store.open(settings.state.directory)
    servers = [server.name for server in find_servers(settings, given.server)]
    act = {"start": _start, "status": _show, "stop": _stop, "judge": _judge}[given.action]
    try:
        answers = [answer for name in servers if (answer := act(store, name, given)) is not None]
    finally:
        store.close()
    if not answers:
        raise StateError(f"there is no trial of {given.name}: querywatch trial start {given.name}")
    if given.format == "json":
        print_json(answers)
    else:
        console = make_console()
        for answer in answers:
            print_trial(console, answer)
    return 0


def _check(given: argparse.Namespace, settings: Settings) -> None:
    known = {each.name: each for each in (*settings.find_integrations(), UNKNOWN)}
    if given.name not in known:
        raise ConfigError(f"there is no integration {given.name!r}; there are: {', '.join(sorted(known))}")
    if not known[given.name].kind.is_third_party:
        raise ConfigError(f"{given.name} is the office's own software: there is nothing to prove")
    if given.action == "judge" and (not given.from_at or not given.to_at or given.from_at >= given.to_at):
        raise ConfigError("judge wants --from and --to, the one before the other")


def _start(store: Store, server: str, given: argparse.Namespace) -> dict[str, Any]:
    now = time.time()
    with store.writing() as connection:
        if any(
            each.integration == given.name and each.state == RUNNING
            for each in load_trials(connection, server)
        ):
            raise StateError(
                f"a trial of {given.name} runs on {server}: querywatch trial status {given.name}"
            )
        trial = TrialRecord(
            integration=given.name,
            question=given.shapes,
            started_at=now,
            windows={"wanted": (given.effect,)},
            state=RUNNING,
        )
        save_trial(connection, server, trial, now)
        record(connection, "trial started", f"{given.name} on {server}", now)
    return {
        "server": server,
        "integration": given.name,
        "state": "waiting",
        "power": _describe_power(given.effect),
        "next": f"turn it off; querywatch off {given.name} prints how",
    }


def _describe_power(least_effect: float) -> str:
    """What how many minutes will tell, in an office that wanders as most do."""
    cause = _render_minutes(find_power_minutes(1.0 + _POWER_EFFECT, CAUSE_LEAST, SLICE_SECONDS))
    cleared = _render_minutes(find_power_minutes(1.0, 1.0 + least_effect, SLICE_SECONDS))
    return (
        f"Off for {cause}, and on as long before and after, shows a slowdown of {_POWER_EFFECT:.0%} in four offices "
        f"of five; {cleared} rule out one of {least_effect:.0%}. Take longer where it works only now and then: "
        "several of its rounds on, and as many off."
    )


def _render_minutes(minutes: float) -> str:
    return f"about {minutes:.0f} minutes" if minutes < MOST_MINUTES else "a day or more"


def _show(store: Store, server: str, given: argparse.Namespace) -> dict[str, Any] | None:
    with store.reading() as connection:
        trial = _find_last(load_trials(connection, server), given.name)
        if trial is None:
            return None
        return describe_judgement(
            server, given.name, judge_trial(connection, server, trial, time.time()), trial.state
        )


def _stop(store: Store, server: str, given: argparse.Namespace) -> dict[str, Any] | None:
    now = time.time()
    with store.writing() as connection:
        trial = _find_last(load_trials(connection, server), given.name)
        if trial is None or trial.state != RUNNING:
            return None
        judgement = judge_trial(connection, server, trial, now)
        save_trial(connection, server, end_trial(trial, judgement, STOPPED, now), now)
        record(connection, "trial stopped", f"{given.name} on {server}", now)
    return describe_judgement(server, given.name, judgement, STOPPED)


def _judge(store: Store, server: str, given: argparse.Namespace) -> dict[str, Any]:
    with store.reading() as connection:
        slices = load_slices(
            connection, server, given.from_at - _AROUND_SECONDS, given.to_at + _AROUND_SECONDS
        )
        rhythm = load_rhythm(connection, server, slices)
    question = Question(
        integration=given.name,
        started_at=given.from_at,
        until=given.to_at + _AROUND_SECONDS,
        effect_ratio=given.effect,
        fingerprints=frozenset() if given.shapes == "office" else frozenset(given.shapes.split(",")),
        off=(given.from_at, given.to_at),
        slice_seconds=find_slice_seconds(slices),
    )
    return describe_judgement(server, given.name, find_judgement(question, slices, rhythm), STOPPED)


def _find_last(trials: tuple[TrialRecord, ...], name: str) -> TrialRecord | None:
    return next((each for each in reversed(trials) if each.integration == name), None)


def describe_judgement(server: str, name: str, judgement: Judgement, state: str) -> dict[str, Any]:
    """A judgement as it is printed, in numbers and words."""
    described = asdict(judgement)
    described |= {"verdict": str(judgement.verdict), "state": judgement.state if state == RUNNING else state}
    return {"server": server, "integration": name} | described


def _parse_time(text: str) -> float:
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except ValueError:
        raise argparse.ArgumentTypeError("a time as 2026-11-22T21:00") from None
