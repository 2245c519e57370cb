"""`querywatch demo`: a practice in a box, five vendors at work on it, and the daemon watching them."""

import argparse
import json
import logging
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from querywatch.cli.demo_trial import (
    DEFAULT_SECONDS,
    DEFAULT_VENDOR,
    describe_played,
    judge_played,
    play_trial,
)
from querywatch.cli.describe import describe_finding, describe_snapshot, render_snapshot_tables
from querywatch.cli.output import Commands, add_command, add_format, make_console, print_json
from querywatch.cli.trial_words import print_trial
from querywatch.config import read_settings
from querywatch.demo.backends import ServerEvidence
from querywatch.demo.play import Play
from querywatch.demo.practice import DEFAULT_SCALE, LoadProgress
from querywatch.demo.traffic import VendorCounts
from querywatch.demo.vendors import VENDORS
from querywatch.errors import DemoError
from querywatch.service.daemon import Daemon
from querywatch.service.logs import set_up_logging
from querywatch.snapshot import Snapshot

SERVER = "practice"
_REFRESH_SECONDS = 1.0
_FIRST_LOOK_SECONDS = 20.0
_SETTLE_SECONDS = 0.5  # a statement may reach the counters a moment after its client has the answer


def add(commands: Commands) -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = add_command(
        commands,
        "demo",
        "a practice in a box, five vendors, and the daemon watching them",
        "Starts a private database server in a temporary directory, loads a synthetic practice, runs the office\n"
        "and five vendors' software on it, and watches them. Everything is taken away at the end.\n\n"
        "example: querywatch demo --seconds 45",
    )
    add_format(parser)
    parser.add_argument(
        "--seconds", type=_parse_seconds, metavar="N", help="end after so long (default: at Ctrl-C)"
    )
    parser.add_argument(
        "--evidence",
        type=ServerEvidence,
        choices=list(ServerEvidence),
        default=ServerEvidence.USERSTAT,
        help="what the server counts, as offices have it (default: userstat)",
    )
    parser.add_argument(
        "--trial",
        nargs="?",
        const=DEFAULT_VENDOR,
        choices=[vendor.name for vendor in VENDORS],
        metavar="NAME",
        help="play an off/on test of one vendor in two minutes, or in --seconds, and print its verdict; where that is "
        f"too short, how many more it wants (default: {DEFAULT_VENDOR})",
    )
    parser.add_argument(
        "--scale",
        type=_parse_scale,
        default=DEFAULT_SCALE,
        help=f"size of the practice; 1 is a real office's (default: {DEFAULT_SCALE:g})",
    )
    parser.add_argument(
        "--listen", default="127.0.0.1:0", help="where the metrics are served (default: a free port)"
    )
    return parser


def run(given: argparse.Namespace) -> int:
    """Plays until the time is over or Ctrl-C."""
    set_up_logging(level=logging.ERROR)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    quiet = given.format == "json"
    if given.trial:
        return _run_trial(given, quiet=quiet)
    with tempfile.TemporaryDirectory(prefix="querywatch-demo-") as directory, _load(given) as play:
        config = write_config(Path(directory), play, given.listen)
        daemon = Daemon(read_settings(config), config)
        daemon.start()
        try:
            _tell(f"metrics: {daemon.web.url}/metrics")
            _tell(f"configuration: {config}")
            counts, snapshot = _watch(daemon, play, given.seconds, quiet=quiet)
        finally:
            daemon.stop()
    result = describe_snapshot(snapshot) | {"vendors": describe_counts(counts)}
    if quiet:
        print_json(result)
    else:
        make_console().print(render_snapshot_tables(snapshot))
    return 0


def _run_trial(given: argparse.Namespace, *, quiet: bool) -> int:
    with tempfile.TemporaryDirectory(prefix="querywatch-demo-") as directory, _load(given) as play:
        config = write_config(Path(directory), play, given.listen, counter_interval=1)
        settings = read_settings(config)
        daemon = Daemon(settings, config)
        daemon.start()
        try:
            _await_first_look(daemon)
            seconds = given.seconds or DEFAULT_SECONDS
            started_at = play_trial(daemon, play, given.trial, seconds, SERVER, _tell)
        finally:
            daemon.stop()
        judgement = judge_played(settings.state.directory, SERVER, given.trial, started_at)
    result = describe_played(SERVER, given.trial, judgement)
    if quiet:
        print_json(result)
    else:
        print_trial(make_console(), result)
    return 0


def write_config(directory: Path, play: Play, listen: str, counter_interval: int = 5) -> Path:
    """The daemon's configuration for the demo's server, in a file as an office would have it."""
    lines = [
        "[web]",
        f"listen = {json.dumps(listen)}",
        "[state]",
        f"directory = {json.dumps(str(directory / 'state'))}",
        "[[servers]]",
        f"name = {json.dumps(SERVER)}",
        f"host = {json.dumps(play.server.host)}",
        f"port = {play.server.port}",
        f"user = {json.dumps(play.watcher.user)}",
        'tls = "off"',
        'databases = ["opendental"]',
        "# A demo is short: it looks five times a second, and counts often.",
        "sample_interval = 0.2",
        'office_hours = ["00:00-24:00"]',  # the played office never closes
        "observer_budget = 0.05",
        f"counter_interval = {counter_interval}",
    ]
    for integration in play.integrations:
        lines += [
            "[[integrations]]",
            f"name = {json.dumps(integration.name)}",
            f"kind = {json.dumps(str(integration.kind))}",
            f"accounts = {json.dumps(list(integration.accounts))}",
        ]
    config = directory / "config.toml"
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    password = directory / "credentials" / SERVER
    password.parent.mkdir(mode=0o700)
    password.touch(mode=0o600)
    password.write_text(play.watcher.password, encoding="utf-8")
    return config


def describe_counts(counts: Mapping[str, VendorCounts]) -> dict[str, Any]:
    """What the vendors themselves counted, to hold querywatch's numbers against."""
    return {name: {"statements": count.statements, "writes": count.writes} for name, count in counts.items()}


def _load(given: argparse.Namespace) -> Play:
    _tell(
        f"starting a private server (evidence: {given.evidence}) and loading a practice at scale {given.scale:g}"
    )
    columns = (
        TextColumn("loading"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.description}"),
    )
    console = Console(stderr=True)
    with Progress(
        *columns, TimeElapsedColumn(), console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=None)

        def tell(progress: LoadProgress) -> None:
            bar.update(task, completed=progress.done, total=progress.total, description=progress.table)

        started = time.monotonic()
        play = Play(given.evidence, scale=given.scale, progress=tell, trial=given.trial is not None)
    if play.server.evidence is not given.evidence:
        _tell(f"this server cannot do with {given.evidence}; it is set up with {play.server.evidence}")
    rows = sum(play.rows.values())
    _tell(
        f"{play.server.version_text}: {len(play.rows)} tables, {rows:,} rows in {time.monotonic() - started:.1f} s"
    )
    return play


def _watch(
    daemon: Daemon, play: Play, seconds: float | None, *, quiet: bool
) -> tuple[Mapping[str, VendorCounts], Snapshot]:
    """From the first look to the last count; Ctrl-C ends it as the time does."""
    _await_first_look(daemon)
    play.begin()
    try:
        _show(daemon, seconds, quiet=quiet)
    except KeyboardInterrupt:
        if quiet and seconds is not None:
            raise
    counts = play.stop_crowd()
    time.sleep(_SETTLE_SECONDS)
    return counts, daemon.count_now(SERVER, _FIRST_LOOK_SECONDS)


def _await_first_look(daemon: Daemon) -> None:
    if not daemon.count_now(SERVER, _FIRST_LOOK_SECONDS).up:
        raise DemoError("the daemon does not reach the demo's own server")


def _show(daemon: Daemon, seconds: float | None, *, quiet: bool) -> None:
    deadline = time.monotonic() + seconds if seconds is not None else float("inf")
    console = make_console()
    if quiet or not console.is_terminal:
        told = set[tuple[str, ...]]()
        while (left := deadline - time.monotonic()) > 0:
            time.sleep(min(_REFRESH_SECONDS, left))
            if not quiet:
                _tell_new(daemon.find_snapshots()[0], told)
        return
    with Live(console=console, refresh_per_second=2, transient=True) as live:
        while (left := deadline - time.monotonic()) > 0:
            time.sleep(min(_REFRESH_SECONDS, left))
            live.update(render_snapshot_tables(daemon.find_snapshots()[0], with_advice=False))


def _tell_new(snapshot: Snapshot, told: set[tuple[str, ...]]) -> None:
    """Plain lines: each finding once, and again when it got worse."""
    for found in snapshot.visible_findings:
        key = (*found.finding.key, str(found.finding.severity))
        if key not in told:
            told.add(key)
            row = describe_finding(found)
            print(
                f"{row['severity']:8} {row['rule']:16} {row['integration']:14} {row['message']}", flush=True
            )


def _tell(line: str) -> None:
    """Says a line to people, on standard error: standard output is the result's."""
    print(line, file=sys.stderr, flush=True)


def _parse_seconds(text: str) -> float:
    seconds = float(text)
    if seconds <= 0:
        raise argparse.ArgumentTypeError("must be more than 0")
    return seconds


def _parse_scale(text: str) -> float:
    scale = float(text)
    if not 0.01 <= scale <= 2:
        raise argparse.ArgumentTypeError("must be from 0.01 to 2")
    return scale
