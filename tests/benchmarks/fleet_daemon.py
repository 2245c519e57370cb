"""A daemon that notes how late each of its cycles began: one line each, the server and the seconds.

usage: python tests/benchmarks/fleet_daemon.py CONFIG NOTES
"""

import sys
import time
from pathlib import Path
from typing import TextIO

from apscheduler.events import EVENT_JOB_EXECUTED, EVENT_JOB_MAX_INSTANCES, JobExecutionEvent

from querywatch.config import read_settings
from querywatch.service.daemon import Daemon
from querywatch.service.logs import set_up_logging
from querywatch.service.watcher import Watcher


class NotingDaemon(Daemon):
    """Beside its work it notes when that began, and when it should have."""

    def note_into(self, notes: TextIO) -> None:
        """Begins to note."""
        self._notes = notes
        self._began: dict[str, float] = {}
        self._scheduler.add_listener(self._note, EVENT_JOB_EXECUTED | EVENT_JOB_MAX_INSTANCES)

    def _run_cycle(self, watcher: Watcher) -> None:
        self._began[watcher.server.name] = time.time()
        super()._run_cycle(watcher)

    def _note(self, event: JobExecutionEvent) -> None:
        if event.code == EVENT_JOB_MAX_INSTANCES:  # the cycle before is not over: this one is left out
            self._notes.write(f"{event.job_id}\tinf\n")
        elif event.job_id in self._began:
            late_seconds = self._began[event.job_id] - event.scheduled_run_time.timestamp()
            self._notes.write(f"{event.job_id}\t{late_seconds:.4f}\n")


def main() -> None:
    set_up_logging(level=20)
    path = Path(sys.argv[1])
    daemon = NotingDaemon(read_settings(path), path)
    with Path(sys.argv[2]).open("w", buffering=1) as notes:
        daemon.note_into(notes)
        sys.exit(daemon.run())


if __name__ == "__main__":
    main()
