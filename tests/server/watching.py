"""What tests of the watch share: a watch of a real server, and a server that can be put out of reach."""

import atexit
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from typing import Any

from server.servers import PRACTICE, RunningServer

from querywatch.analysis.situation import Limits
from querywatch.db.endpoint import Endpoint
from querywatch.findings import FindingBook
from querywatch.model import Finding, Integration, Kind
from querywatch.service.parsing import Parser
from querywatch.service.watch import Watch
from querywatch.service.watch_settings import WatchSettings
from querywatch.snapshot import IntegrationState, Snapshot

VENDOR = Integration(name="vendor", kind=Kind.DIRECT_READ, accounts=("vendor",))
OFFICE = Integration(name="opendental", kind=Kind.OPENDENTAL, accounts=("root",), writes_allowed=True)

_PATIENCE_SECONDS = 20.0  # for what a busy machine shows late

_PARSER = Parser(wait_seconds=2.0)  # one for all tests: its process takes a while to start
atexit.register(_PARSER.close)


def make_watch(
    endpoint: Endpoint,
    integrations: Sequence[Integration] = (OFFICE, VENDOR),
    *,
    counter_interval_seconds: float = 0.5,
    limits: Limits | None = None,
    clock: Callable[[], float] = time.time,
    parser: Parser = _PARSER,
    **settings: Any,
) -> Watch:
    """A watch that counts twice a second, so that a test need not wait; with these settings of a watch besides."""
    return Watch(
        WatchSettings(
            endpoint=endpoint,
            databases=(PRACTICE,),
            labels=(),
            counter_interval_seconds=counter_interval_seconds,
            **{"schema_interval_seconds": 3600.0, **settings},
        ),
        integrations,
        limits or Limits(),
        findings=FindingBook(),
        parser=parser,
        clock=clock,
        random=random.random,
    )


@contextmanager
def watching(
    server: RunningServer,
    integrations: Sequence[Integration] = (OFFICE, VENDOR),
    limits: Limits | None = None,
) -> Iterator[Watch]:
    """A watch that has looked and counted once."""
    with closing(make_watch(server.watcher(), integrations, limits=limits)) as watch:
        watch.cycle(count=True)
        assert watch.snapshot.up, watch.snapshot.trouble
        yield watch


def keep_watching(watch: Watch, seconds: float) -> Snapshot:
    """Looks and counts several times a second, as a daemon does more slowly; what the last cycle left."""
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        watch.cycle(count=True)
        time.sleep(random.uniform(0.05, 0.15))
    watch.cycle(count=True)
    return watch.snapshot


def watch_until(
    watch: Watch, is_so: Callable[[Snapshot], bool], seconds: float = _PATIENCE_SECONDS
) -> Snapshot:
    """Looks and counts until it is so, or for so long; what the last cycle left, for the test to judge."""
    ends_at = time.monotonic() + seconds
    snapshot = keep_watching(watch, 0.0)
    while not is_so(snapshot) and time.monotonic() < ends_at:
        snapshot = keep_watching(watch, 0.1)
    return snapshot


@contextmanager
def repeating(*works: Callable[[], None]) -> Iterator[None]:
    """Each of them again and again, all at once, while the block runs; what one raises is raised at its end."""
    over = threading.Event()

    def repeat(work: Callable[[], None]) -> None:
        while not over.is_set():
            work()

    with ThreadPoolExecutor(len(works)) as pool:
        running = [pool.submit(repeat, work) for work in works]
        try:
            yield
        finally:
            over.set()
        for each in running:
            each.result()


def find_integration(snapshot: Snapshot, name: str) -> IntegrationState:
    """The state of one integration."""
    return next(state for state in snapshot.integrations if state.integration.name == name)


def find_findings(snapshot: Snapshot, rule: str) -> list[Finding]:
    """The open findings of one rule."""
    return [found.finding for found in snapshot.findings if found.finding.rule == rule]


class Gate:
    """A TCP relay in front of a server, which can be let through, stalled, or shut."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._open = threading.Event()
        self._open.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._pairs: list[socket.socket] = []
        self._shut = False
        threading.Thread(target=self._accept, daemon=True).start()

    def turn_to(self, host: str, port: int) -> None:
        """Another server stands there from the next connection on."""
        self._target = (host, port)

    def stall(self) -> None:
        """Nothing passes any more, and nobody is told."""
        self._open.clear()

    def shut(self) -> None:
        """Every connection is cut, and new ones too."""
        self._shut = True
        for end in self._pairs:
            with suppress(OSError):  # its relay may have closed it by now
                end.shutdown(socket.SHUT_RDWR)
        self._pairs = []

    def reopen(self) -> None:
        """Everything passes again."""
        self._shut = False
        self._open.set()

    def close(self) -> None:
        """Ends it."""
        self._listener.close()
        self._open.set()
        self.shut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._shut:
                client.close()
                continue
            try:
                server = socket.create_connection(self._target, timeout=5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            self._pairs += [client, server]
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._relay, args=(source, sink), daemon=True).start()

    def _relay(self, source: socket.socket, sink: socket.socket) -> None:
        with source, sink, suppress(OSError):
            while data := source.recv(65536):
                self._open.wait()
                sink.sendall(data)
