"""The daemon: a thread and a schedule for each server, signals, reloads, and what systemd wants to hear."""

import contextlib
import logging
import os
import random
import signal
import time
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from querywatch import __version__
from querywatch.config import ServerSettings, Settings, find_password, read_settings
from querywatch.db.endpoint import Endpoint
from querywatch.errors import ConfigError
from querywatch.export.auth import Guard
from querywatch.export.metrics import make_registry
from querywatch.export.tls import make_tls_context, renew_certificate
from querywatch.export.web import WebServer
from querywatch.findings import FindingBook
from querywatch.service.fleet import Strain, find_spread_seconds
from querywatch.service.keeping import TICK_SECONDS, Keeper, Watched
from querywatch.service.logs import describe_error
from querywatch.service.notify import Notifier
from querywatch.service.parsing import Parser
from querywatch.service.summarising import TICK_SECONDS as SUMMARY_TICK_SECONDS
from querywatch.service.summarising import Summariser
from querywatch.service.trials import SliceBook
from querywatch.service.watch import Watch
from querywatch.service.watch_settings import make_watch_settings
from querywatch.service.watcher import Watcher
from querywatch.snapshot import Past, Snapshot

log = logging.getLogger(__name__)

STOP_SECONDS = 3.0
KEEP_AT_STOP_SECONDS = 3.0
# Longer than the widest interval and all timeouts of a cycle: when no server's cycle ends, it is not the servers.
WATCHDOG_PATIENCE_SECONDS = 180.0
_KEEPER = "//keeper"
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_JITTER_SHARE = 0.4  # of the sampling interval, each way: a fixed one would lock onto other programs' periods


class Daemon:
    """Everything that runs between a start and a stop."""

    def __init__(
        self, settings: Settings, path: Path | None, environment: Mapping[str, str] = os.environ
    ) -> None:
        """Opens the state, as far as it can be, and the port; raises ConfigError when it cannot."""
        self._path = path
        self._environment = environment
        self._settings = settings
        endpoints = _find_endpoints(settings, path, environment)
        self._watchers: dict[str, Watcher] = {}
        self._keeper = Keeper(
            settings.state.directory, settings.state.to_retention(), self._find_watches, clock=time.time
        )
        self.summariser = Summariser(settings.state.directory, self._find_clocks, time.time)
        self._parser = Parser()
        for server in settings.servers:
            self._watchers[server.name] = self._make_watcher(server, endpoints[server.name])
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(2)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone=UTC,
        )
        self._scheduler.add_listener(_tell_fault, EVENT_JOB_ERROR)
        self._strain = Strain()
        self._notifier = Notifier(environment)
        self._tls = make_tls_context(*files) if (files := settings.web.tls_files) else None
        self.web = WebServer(
            settings.web.address,
            make_registry(self.find_snapshots),
            is_alive=lambda: self._scheduler.running,
            is_ready=lambda: all(snapshot.attempted for snapshot in self.find_snapshots()),
            find_snapshots=self.find_snapshots,
            find_past=self.find_past,
            guard=Guard(settings.web.to_users()),
            tls=self._tls,
        )

    def count_now(self, server: str, timeout_seconds: float) -> Snapshot:
        """Has a server's counters read at its next cycle, due or not, and gives the snapshot after it."""
        watch = self._watchers[server].watch
        watch.count_wanted.set()
        deadline = time.monotonic() + timeout_seconds
        while watch.count_wanted.is_set() and time.monotonic() < deadline:
            time.sleep(0.02)
        return watch.snapshot

    def find_snapshots(self) -> tuple[Snapshot, ...]:
        """The latest snapshot of each server."""
        return tuple(
            replace(watcher.watch.snapshot, summaries=self.summariser.find_latest(name))
            for name, watcher in tuple(self._watchers.items())
        )

    def find_past(self, server: str) -> tuple[Past, ...]:
        """The last hours of each of the server's integrations."""
        watcher = self._watchers.get(server)
        return () if watcher is None else watcher.recent.read()

    def shorten_slices(self, seconds: float) -> None:
        """Cuts what trials are judged from into shorter slices, from now on: for a trial that is played."""
        for watch in self._find_watches().values():
            watch.chronicle.slices = SliceBook(seconds)

    def run(self) -> int:
        """Watches until SIGTERM or SIGINT; SIGHUP reloads. Gives the exit code."""
        # Blocked in every thread and waited for in this one: a handler could be passed over, for Python runs it
        # only once the main thread comes out of whatever it waits in.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        self.start()
        while signal.sigwait(_SIGNALS) is signal.SIGHUP:
            self.reload()
        return self.stop()

    def start(self) -> None:
        """Starts the schedule and the web server, without waiting for any server."""
        self._parser.start()
        self._keeper.record("start", f"querywatch {__version__}, {len(self._watchers)} servers")
        self._schedule_all(self._watchers.values())
        self._strain.start()
        self._scheduler.add_executor(ThreadPoolExecutor(1), alias=_KEEPER)
        self._scheduler.add_job(
            self._keeper.tick, IntervalTrigger(seconds=TICK_SECONDS), id=_KEEPER, executor=_KEEPER
        )
        self._scheduler.add_job(
            self.summariser.tick,
            IntervalTrigger(seconds=SUMMARY_TICK_SECONDS),
            id="//summaries",
            executor=_KEEPER,
        )
        if self._notifier.watchdog_seconds:
            period = self._notifier.watchdog_seconds / 3
            self._scheduler.add_job(self._tell_alive, IntervalTrigger(seconds=period), id="//watchdog")
        self._scheduler.start()
        self.web.start()
        log.info(
            "querywatch %s watches %d servers, metrics at %s/metrics",
            __version__,
            len(self._watchers),
            self.web.url,
        )
        self._notifier.ready(f"watching {len(self._watchers)} servers")

    def reload(self) -> None:
        """Takes the configuration anew; one that does not validate changes nothing and says so."""
        self._notifier.reloading()
        try:
            settings = read_settings(self._path, self._environment)
            endpoints = _find_endpoints(settings, self._path, self._environment)
        except ConfigError as error:
            log.error("the new configuration is not taken, the old one goes on:\n%s", error)  # noqa: TRY400
            self._keeper.record("reload refused", "the configuration does not validate")
        else:
            self._renew_certificate()
            self._apply(settings, endpoints)
            log.info("the new configuration is taken: %d servers", len(self._watchers))
            self._keeper.record("reload", f"{len(self._watchers)} servers")
        self._notifier.ready(f"watching {len(self._watchers)} servers")

    def _renew_certificate(self) -> None:
        files = self._settings.web.tls_files
        if self._tls is None or files is None:
            return
        try:
            renew_certificate(self._tls, *files)
        except ConfigError as error:
            log.error("the web goes on with the certificate that it has: %s", error)  # noqa: TRY400

    def stop(self) -> int:
        """Ends everything within a few seconds, a hanging server or not."""
        self._notifier.stopping()
        deadline = time.monotonic() + STOP_SECONDS
        self._strain.stop()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        self.web.stop()
        for watcher in self._watchers.values():
            watcher.watch.abort()
        hanging = [name for name, watcher in self._watchers.items() if not watcher.stop(deadline)]
        self._parser.close()
        if not self._keeper.stop(KEEP_AT_STOP_SECONDS, f"{len(hanging)} servers did not answer"):
            log.error("the state could not be kept in time: its disk does not answer")
            hanging.append("state")
        log.info("querywatch has stopped")
        if hanging:
            # A thread that hangs in the resolver cannot be woken, and would hold up the interpreter's end.
            logging.shutdown()
            os._exit(0)
        return 0

    def _apply(self, settings: Settings, endpoints: Mapping[str, Endpoint]) -> None:
        if settings.web != self._settings.web or settings.state != self._settings.state:
            log.warning("[web] and [state] take effect at the next start")
        wanted = {server.name: server for server in settings.servers}
        for name, watcher in list(self._watchers.items()):
            server = wanted.get(name)
            if (
                server is None
                or make_watch_settings(server, endpoints[name], settings) != watcher.watch.settings
            ):
                self._scheduler.remove_job(name)
                self._scheduler.remove_executor(name, shutdown=False)
                watcher.watch.abort()
                del self._watchers[name]
            else:
                watcher.watch.reconfigure(settings.find_integrations(), settings.rules.to_limits())
        self._settings = settings
        new = [server for name, server in wanted.items() if name not in self._watchers]
        for server in new:
            self._watchers[server.name] = self._make_watcher(server, endpoints[server.name])
        self._schedule_all([self._watchers[server.name] for server in new])

    def _make_watcher(self, server: ServerSettings, endpoint: Endpoint) -> Watcher:
        book = FindingBook(self._keeper.load_findings(server.name))
        watch = make_watch(server, endpoint, self._settings, book, self._parser)
        memory = self._keeper.load_memory(server.name)
        watch.chronicle.recall(memory)
        watch.recall(memory.baselines, memory.changes, time.time())
        return Watcher(server, watch)

    def _find_watches(self) -> Mapping[str, Watched]:
        return {name: watcher.watch for name, watcher in tuple(self._watchers.items())}

    def _find_clocks(self) -> Mapping[str, Watch]:
        return {name: watcher.watch for name, watcher in tuple(self._watchers.items())}

    def _schedule_all(self, watchers: Collection[Watcher]) -> None:
        """A fleet's first looks are spread: all at once they would be slow, and be charged to the servers."""
        for place, watcher in enumerate(watchers):
            interval = watcher.server.sample_interval
            spread = find_spread_seconds(len(watchers), interval)
            self._schedule(watcher, (place + random.random()) / len(watchers) * spread)  # noqa: S311 - no secret

    def _schedule(self, watcher: Watcher, after_seconds: float) -> None:
        name, interval = watcher.server.name, watcher.server.sample_interval
        self._scheduler.add_executor(ThreadPoolExecutor(1), alias=name)
        self._scheduler.add_job(
            lambda: self._run_cycle(watcher),
            _make_trigger(interval),
            id=name,
            executor=name,
            next_run_time=datetime.now(UTC) + timedelta(seconds=after_seconds),
        )

    def _tell_alive(self) -> None:
        """The watchdog's sign of life: the scheduler runs this, and somebody's cycles come to an end."""
        latest = max((watcher.finished_at for watcher in tuple(self._watchers.values())), default=0.0)
        if time.monotonic() - latest < WATCHDOG_PATIENCE_SECONDS:
            self._notifier.alive()
        else:
            log.error(
                "no server's cycle has ended for %.0f s: a fault of querywatch", time.monotonic() - latest
            )

    def _run_cycle(self, watcher: Watcher) -> None:
        """One cycle, and the next after the interval that its cost allows."""
        watcher.watch.delay_seconds = self._strain.delay_seconds
        watcher.watch.pacer.stretch_ratio = self._strain.stretch_ratio
        watcher.run_cycle()
        interval = watcher.find_new_interval()
        name = watcher.server.name
        if interval is None or self._watchers.get(name) is not watcher:
            return
        with contextlib.suppress(JobLookupError):  # the daemon stops
            self._scheduler.reschedule_job(name, trigger=_make_trigger(interval))


def _tell_fault(event: JobExecutionEvent) -> None:
    log.error("%s failed: %s", event.job_id.strip("/"), describe_error(event.exception))


def _make_trigger(interval_seconds: float) -> IntervalTrigger:
    return IntervalTrigger(seconds=interval_seconds, jitter=interval_seconds * _JITTER_SHARE)


def make_watch(
    server: ServerSettings, endpoint: Endpoint, settings: Settings, findings: FindingBook, parser: Parser
) -> Watch:
    """A watch of one configured server."""
    return Watch(
        make_watch_settings(server, endpoint, settings),
        settings.find_integrations(),
        settings.rules.to_limits(),
        findings=findings,
        parser=parser,
        clock=time.time,
        random=random.random,
    )


def _find_endpoints(
    settings: Settings, path: Path | None, environment: Mapping[str, str]
) -> dict[str, Endpoint]:
    """Of a fleet one office without a password keeps no other from being watched. Raises ConfigError: none has one."""
    if not settings.servers:
        raise ConfigError(
            f"{path or 'the configuration'}: no [[servers]] to watch; config.example.toml shows one"
        )
    found, faults = dict[str, Endpoint](), list[ConfigError]()
    for server in settings.servers:
        try:
            found[server.name] = server.to_endpoint(find_password(server, path, environment))
        except ConfigError as error:
            faults.append(error)
            found[server.name] = replace(server.to_endpoint(""), fault=str(error))
    if len(faults) == len(found):
        raise faults[0]
    return found
