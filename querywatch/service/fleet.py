"""Spreads many servers over time, and slows all of them down together where the machine cannot keep up."""

import logging
import math
import statistics
import sys
import threading
import time
from collections.abc import Callable, Sequence

log = logging.getLogger(__name__)

# What the first look at a server takes of a core, its tables and indexes included, and as much again for the rest.
_START_SECONDS_EACH = 0.2
_PROBES, _PROBE_SECONDS = 50, 0.1
# Of one core, for Python runs one thread at a time: busier than that, and threads queue.
_BUSY_RATIO, _WANTED_RATIO = 0.75, 0.6
_LATE_SECONDS, _WANTED_SECONDS = 0.05, 0.02
# After which a thread that computes gives way to one that was woken; with Python's own 5 ms one scrape of a fleet
# holds up every answer of every server.
_TURN_SECONDS = 0.0005
_MOST_STRETCH = 60.0
_STEP = 2.0  # how far one measurement may move it
_TOLD_RATIO = 1.2  # less is not worth a word


def find_spread_seconds(servers: int, interval_seconds: float) -> float:
    """Within how long the first looks at so many servers begin."""
    return max(interval_seconds, servers * _START_SECONDS_EACH)


class Strain:
    """How hard this machine finds it, measured from inside: the CPU used, and how late threads get their turn.

    `delay_seconds` and `stretch_ratio` may be read from any thread.
    """

    def __init__(self) -> None:
        self.delay_seconds = 0.0  # that a thread usually waits for its turn
        self.stretch_ratio = 1.0  # by which all intervals are longer than each server's own pace
        self._told = False
        self._over = threading.Event()

    def start(self) -> None:
        """Begins to measure, and has threads take turns sooner."""
        sys.setswitchinterval(_TURN_SECONDS)
        threading.Thread(target=self._run, name="strain", daemon=True).start()

    def stop(self) -> None:
        """Ends the measuring."""
        self._over.set()

    def _run(self) -> None:
        while not self._over.is_set():
            delays, cpu_ratio = measure(self._over.wait)
            if not self._over.is_set():
                self.note(delays, cpu_ratio)

    def note(self, delays_seconds: Sequence[float], cpu_ratio: float) -> None:
        """One measurement: how late each of the probes was, and the share of one core that was used meanwhile."""
        self.delay_seconds = statistics.median(delays_seconds)  # a machine that was put to sleep is late once
        # Work falls as intervals grow; how late threads are says nothing so exact, so that its root is taken.
        by_cpu = cpu_ratio / _WANTED_RATIO
        by_delay = math.sqrt(self.delay_seconds / _WANTED_SECONDS)
        load = max(by_cpu, by_delay)
        is_strained = cpu_ratio > _BUSY_RATIO or self.delay_seconds > _LATE_SECONDS
        if is_strained or load < 1.0:
            step = min(_STEP, max(1 / _STEP, load))
            self.stretch_ratio = min(_MOST_STRETCH, max(1.0, self.stretch_ratio * step))
        self._tell(cpu_ratio)

    def _tell(self, cpu_ratio: float) -> None:
        if self.stretch_ratio > _TOLD_RATIO and not self._told:
            log.warning(
                "this machine is too busy (%.0f %% of a core is querywatch's, its threads are %.0f ms late): every "
                "server is looked at %.1f times less often than it should be; fewer servers, a longer sample_interval "
                "or a second daemon elsewhere would help",
                cpu_ratio * 100,
                self.delay_seconds * 1000,
                self.stretch_ratio,
            )
            self._told = True
        elif self.stretch_ratio == 1.0 and self._told:
            log.info("this machine keeps up again: every server is back at its own pace")
            self._told = False


def measure(pause: Callable[[float], object], probes: int = _PROBES) -> tuple[list[float], float]:
    """(how late each probe was, the share of one core used) meanwhile; `pause` waits for so many seconds."""
    delays = list[float]()
    started, cpu_before = time.monotonic(), time.process_time()
    for _ in range(probes):
        before = time.monotonic()
        pause(_PROBE_SECONDS)
        delays.append(max(0.0, time.monotonic() - before - _PROBE_SECONDS))
    return delays, (time.process_time() - cpu_before) / max(1e-9, time.monotonic() - started)
