"""Runs querywatch with its arguments, and holds its scheduler for ever once the file `hang` stands beside this one."""

import gc
import signal
import sys
import threading
import time
from pathlib import Path

from apscheduler.schedulers.background import BackgroundScheduler

from querywatch.cli import main

_WANTED = Path(__file__).with_name("hang")


def hold() -> None:
    """A deadlock: the lock that the scheduler takes for each of its jobs is never given back."""
    while not _WANTED.exists():
        time.sleep(0.1)
    scheduler = next(each for each in gc.get_objects() if isinstance(each, BackgroundScheduler))
    with scheduler._jobstores_lock:
        threading.Event().wait()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGHUP})  # they are the main thread's
    threading.Thread(target=hold, daemon=True).start()
    sys.exit(main(sys.argv[1:]))
