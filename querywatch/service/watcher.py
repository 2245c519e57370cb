"""A watch with the thread it runs in: no fault of one cycle ends it, and what it costs sets its pace."""

import logging
import threading
import time
import traceback

from querywatch.config import ServerSettings
from querywatch.service.recent import Recent
from querywatch.service.watch import Watch
from querywatch.snapshot import Snapshot
from querywatch.units import format_seconds

log = logging.getLogger(__name__)

_WORTH_RESCHEDULING = 0.05  # of an interval: a smaller change is not worth a new schedule


class Watcher:
    """One server's watch as the daemon runs it."""

    def __init__(self, server: ServerSettings, watch: Watch) -> None:
        self.server = server
        self.watch = watch
        self.recent = Recent()
        self.busy = threading.Lock()
        self.finished_at = time.monotonic()  # the last cycle, by whatever end
        self._last_fault: str | None = None
        self._interval_seconds = server.sample_interval
        self._was_backing_off = self._was_too_small = False
        self._learning: frozenset[str] = frozenset()

    def run_cycle(self) -> None:
        """One cycle. The one place that takes any fault: a bug met on one server must not end its watch."""
        with self.busy:
            try:
                self.watch.cycle()
            except Exception as error:
                self.watch.count_crash()
                fault = _describe_place(error)
                # A bug met on every poll is one entry in the log, for as long as it stays the same.
                if fault != self._last_fault:
                    log.exception("%s: a cycle failed; the next one goes on", self.server.name)
                self._last_fault = fault
            else:
                self._last_fault = None
                self.recent.note(self.watch.snapshot)
        self.finished_at = time.monotonic()

    def find_new_interval(self) -> float | None:
        """The seconds from look to look, where they are others now than when this was last asked."""
        self._tell_changes()
        wanted, present = self.watch.pacer.sample_interval_seconds, self._interval_seconds
        returned = wanted == self.server.sample_interval != present
        if not returned and abs(wanted - present) <= _WORTH_RESCHEDULING * present:
            return None
        self._interval_seconds = wanted
        return wanted

    def _tell_changes(self) -> None:
        pacer, name = self.watch.pacer, self.server.name
        if pacer.is_backing_off and not self._was_backing_off:
            log.warning(
                "%s: far more threads run than usual; until that ends querywatch looks every %.0f s "
                "and counts every %.0f s",
                name,
                pacer.sample_interval_seconds,
                pacer.counter_interval_seconds,
            )
        if self._was_backing_off and not pacer.is_backing_off:
            log.info("%s: no more threads run than usual; querywatch comes back to its pace", name)
        if pacer.is_budget_too_small and not self._was_too_small:
            log.warning(
                "%s: even at the widest intervals watching costs more than observer_budget (%.1f times): raise it",
                name,
                pacer.budget_used_ratio,
            )
        self._was_backing_off, self._was_too_small = pacer.is_backing_off, pacer.is_budget_too_small
        self._tell_learning(self.watch.snapshot)

    def _tell_learning(self, snapshot: Snapshot) -> None:
        ends = {
            state.integration.name: state.learning_until - snapshot.at
            for state in snapshot.integrations
            if state.learning_until is not None and state.learning_until > snapshot.at
        }
        for name in sorted(ends.keys() - self._learning):
            wait = format_seconds(ends[name])
            log.info(
                "%s: what is normal for %s is learnt: no regression of it can be told for %s",
                snapshot.server,
                name,
                wait,
            )
        for name in sorted(self._learning - ends.keys()):
            log.info("%s: what is normal for %s is known from now on", snapshot.server, name)
        self._learning = frozenset(ends)

    def stop(self, deadline: float) -> bool:
        """Ends it by a monotonic deadline; False when it still hangs then."""
        self.watch.abort()
        if not self.busy.acquire(timeout=max(0.0, deadline - time.monotonic())):
            return False
        self.watch.close()
        return True


def _describe_place(error: Exception) -> str:
    """Type and place of a fault, without its text."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} {place.filename}:{place.lineno}"
