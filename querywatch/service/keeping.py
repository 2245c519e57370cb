"""Who writes state, and when: a thread beside the watches, whose cycles never wait for a disk."""

import logging
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from threading import Lock, Thread
from typing import Protocol

from querywatch.analysis.timeline import ChangeKind
from querywatch.errors import StateError
from querywatch.findings import OpenFinding
from querywatch.service.chronicle import Chronicle, Memory
from querywatch.service.server_keeper import ServerKeeper
from querywatch.service.trials import keep_trials
from querywatch.snapshot import Snapshot
from querywatch.store import Store
from querywatch.store.acknowledgements import load_acknowledgements
from querywatch.store.baselines import load_baselines
from querywatch.store.findings import load_findings
from querywatch.store.history import Gap, load_changes, save_gap
from querywatch.store.retention import Retention, prune
from querywatch.store.servers import load_server
from querywatch.store.trail import record

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0  # from one look for what commands wrote to the next
FINDINGS_SECONDS = 10.0
# What a kill may cost at the most. More often would write the same pages of the file again and again.
KEEP_SECONDS = 60.0
_PRUNE_SECONDS = 86_400.0
_CHANGES_RECALLED_SECONDS = 7 * 86_400.0
_GAP_SECONDS = 3 * KEEP_SECONDS  # longer without querywatch is a gap in sight


class Watched(Protocol):
    """What is kept of a watch."""

    snapshot: Snapshot
    chronicle: Chronicle


class Keeper:
    """The daemon's state file. Where it cannot be used the watch goes on, and the file is tried again.

    `tick` belongs to one thread at a time; nothing here raises StateError.
    """

    def __init__(
        self,
        directory: Path,
        retention: Retention,
        find_watches: Callable[[], Mapping[str, Watched]],
        *,
        clock: Callable[[], float],
    ) -> None:
        self._directory = directory
        self._retention = retention
        self._find_watches = find_watches
        self._clock = clock
        self._busy = Lock()
        self._store: Store | None = None
        self._servers: dict[str, ServerKeeper] = {}
        self._last: dict[str, float] = {}
        self._openings = 0
        self._trouble = ""
        self._told_warning = ""
        self._told_loss = False
        self._use(lambda _: None)

    def load_findings(self, server: str) -> tuple[OpenFinding, ...]:
        """The findings that were open when the daemon last stopped."""
        found: list[OpenFinding] = []

        def load(store: Store) -> None:
            with store.reading() as connection:
                found.extend(load_findings(connection, server))

        self._use(load)
        return tuple(found)

    def load_memory(self, server: str) -> Memory:
        """What was known of the server; the time since, where nobody watched, is a gap."""
        now, memories = self._clock(), [Memory()]

        def load(store: Store) -> None:
            with store.writing() as connection:
                known = load_server(connection, server)
                if known.seen_at is not None and now - known.seen_at > _GAP_SECONDS:
                    gap = Gap(started_at=known.seen_at, ended_at=now, reason="not running")
                    save_gap(connection, server, gap)
                memories.append(
                    Memory(
                        watched_since=known.watched_since,
                        seen_at=known.seen_at,
                        info=known.info,
                        variables=known.variables,
                        schema=known.schema,
                        names={kind: known.names.get(str(kind), frozenset()) for kind in ChangeKind},
                        changes=load_changes(connection, server, now - _CHANGES_RECALLED_SECONDS),
                        baselines=load_baselines(connection, server),
                    )
                )

        self._use(load)
        return memories[-1]

    def record(self, event: str, detail: str) -> None:
        """Adds to the trail."""
        now = self._clock()

        def write(store: Store) -> None:
            with store.writing() as connection:
                record(connection, event, detail, now)

        self._use(write)

    def tick(self) -> None:
        """Does what is due: hands on what commands wrote, keeps what changed."""
        with self._busy:
            now = self._clock()
            watches = self._look(now)
            if self._store is None and not self._is_due("open", now, KEEP_SECONDS):
                return
            self._use(lambda store: self._hand_on(store, watches, now))
            if self._is_due("findings", now, FINDINGS_SECONDS):
                self._use(lambda store: self._keep_findings(store, watches, now))
            if self._is_due("keep", now, KEEP_SECONDS):
                self._keep(watches, now)
            if self._is_due("prune", now, _PRUNE_SECONDS):
                self._use(lambda store: self._prune(store, now))

    def stop(self, timeout_seconds: float, last_words: str) -> bool:
        """Keeps everything a last time and closes the file; False when the disk did not let it in time."""
        thread = Thread(target=self._stop, args=(last_words,), daemon=True)
        thread.start()
        thread.join(timeout_seconds)
        return not thread.is_alive()

    def _stop(self, last_words: str) -> None:
        with self._busy:
            now = self._clock()
            watches = self._look(now)
            self._use(lambda store: self._keep_findings(store, watches, now))
            self._keep(watches, now)
            self.record("stop", last_words)
            if self._store is not None:
                self._store.close()

    def _look(self, now: float) -> Mapping[str, Watched]:
        watches = self._find_watches()
        for name in self._servers.keys() - watches.keys():
            del self._servers[name]
        for name, watch in watches.items():
            self._servers.setdefault(name, ServerKeeper(name)).look(watch.snapshot, now)
        return watches

    def _hand_on(self, store: Store, watches: Mapping[str, Watched], now: float) -> None:
        """What commands have acknowledged or taken back since."""
        if not store.find_news() and not any(each.is_new for each in self._servers.values()):
            return
        with store.reading() as connection:
            for name, watch in watches.items():
                watch.chronicle.acknowledge(load_acknowledgements(connection, name, now))
                self._servers[name].is_new = False

    def _keep_findings(self, store: Store, watches: Mapping[str, Watched], now: float) -> None:
        for name, watch in watches.items():
            self._servers[name].keep_findings(store, watch.snapshot, now)

    def _keep(self, watches: Mapping[str, Watched], now: float) -> None:
        for name, watch in watches.items():
            self._use(partial(keep_trials, server=name, slices=watch.chronicle.slices, now=now))
            noted, kept = watch.chronicle.take(), self._servers[name]
            if self._use(partial(kept.keep, snapshot=watch.snapshot, noted=noted, now=now)):
                self._told_loss = False
                self._tell_recovery()
            elif not watch.chronicle.give_back(noted) and not self._told_loss:
                self._told_loss = True
                log.warning("%s: the state waits for so long that the oldest of its history is dropped", name)

    def _prune(self, store: Store, now: float) -> None:
        with store.writing() as connection:
            prune(connection, self._retention, now)

    def _is_due(self, what: str, now: float, seconds: float) -> bool:
        last = self._last.get(what)
        if last is not None and 0.0 <= now - last < seconds:  # a clock that is put back holds up nothing
            return False
        self._last[what] = now
        return True

    def _use(self, work: Callable[[Store], None]) -> bool:
        """Whether it was done; what was in the way is logged once."""
        try:
            if self._store is None:
                self._store = Store.open(self._directory)
            work(self._store)
        except StateError as error:
            self._forget_saved()
            if str(error) != self._trouble:
                log.error("history is not kept, the watch goes on: %s", error)  # noqa: TRY400
            self._trouble = self._told_warning = str(error)
            return False
        self._note_opening(self._store)
        return True

    def _note_opening(self, store: Store) -> None:
        """A file that is opened anew may be another one than before."""
        if store.openings == self._openings:
            return
        self._openings = store.openings
        self._forget_saved()
        if store.warning is not None and str(store.warning) != self._told_warning:
            self._told_warning = str(store.warning)
            log.warning("%s", store.warning)

    def _forget_saved(self) -> None:
        for each in self._servers.values():
            each.forget_saved()

    def _tell_recovery(self) -> None:
        """Reading may go on where nothing can be written: only what was written shows that all is well."""
        if self._trouble:
            log.info("history is kept again")
        self._trouble = ""
