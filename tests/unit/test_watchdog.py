"""The watchdog hears of a daemon that works, whatever its servers do, and nothing of one that hangs."""

import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from querywatch.config import Settings
from querywatch.service import daemon as daemon_module
from querywatch.service.daemon import Daemon
from querywatch.service.watch import Watch

_PERIOD_SECONDS = 0.1


class Manager:
    """systemd's end of the notification socket."""

    def __init__(self, directory: Path) -> None:
        self.path = str(directory / "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        self._socket.setblocking(False)

    def close(self) -> None:
        self._socket.close()

    def count_signs(self, seconds: float) -> int:
        """The signs of life within the next seconds."""
        self._take()
        time.sleep(seconds)
        return self._take().count("WATCHDOG=1")

    def _take(self) -> list[str]:
        taken = list[str]()
        while True:
            try:
                taken += self._socket.recv(4096).decode().splitlines()
            except BlockingIOError:
                return taken


@contextmanager
def running(directory: Path, manager: Manager, port: int) -> Iterator[Daemon]:
    settings = Settings.model_validate(
        {
            "web": {"listen": "127.0.0.1:0"},
            "state": {"directory": directory / "state"},
            "servers": [{"name": "main", "port": port, "password": "", "sample_interval": 0.1}],
        }
    )
    environment = {
        "NOTIFY_SOCKET": manager.path,
        "WATCHDOG_USEC": str(round(_PERIOD_SECONDS * 3 * 1e6)),
    }
    daemon = Daemon(settings, None, environment)
    daemon.start()
    try:
        yield daemon
    finally:
        daemon.stop()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    with closing(Manager(tmp_path)) as ours:
        yield ours


def test_a_server_that_hangs_is_no_hang_of_the_daemon(tmp_path: Path, manager: Manager) -> None:
    silent = socket.create_server(("127.0.0.1", 0))
    with closing(silent), running(tmp_path, manager, silent.getsockname()[1]):
        assert manager.count_signs(1.5) >= 3
        silent.close()  # a thread that hangs while the daemon stops would end this process


def test_a_scheduler_that_hangs_is_silent(tmp_path: Path, manager: Manager) -> None:
    """Held by its own lock, as a deadlock would; it is heard again once it goes on."""
    with running(tmp_path, manager, 1) as daemon:
        assert manager.count_signs(1.5) >= 3
        with daemon._scheduler._jobstores_lock:
            time.sleep(_PERIOD_SECONDS)  # what had begun is over
            assert manager.count_signs(1.0) == 0
        assert manager.count_signs(1.5) >= 1


def test_cycles_that_never_end_are_silent(
    tmp_path: Path, manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The schedule alone proves nothing: when no server's cycle comes to an end, nobody is watched."""
    monkeypatch.setattr(daemon_module, "WATCHDOG_PATIENCE_SECONDS", 0.5)
    with running(tmp_path, manager, 1) as daemon:
        assert manager.count_signs(1.5) >= 3
        with daemon._watchers["main"].busy:
            time.sleep(0.7)
            assert manager.count_signs(1.0) == 0


def test_a_cycle_that_ends_in_a_fault_has_ended(
    tmp_path: Path, manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug is logged and counted; a restart every three minutes would mend nothing."""
    monkeypatch.setattr(daemon_module, "WATCHDOG_PATIENCE_SECONDS", 0.5)

    def fail(_: Watch) -> None:
        raise RuntimeError

    monkeypatch.setattr(Watch, "cycle", fail)
    with running(tmp_path, manager, 1):
        time.sleep(0.7)
        assert manager.count_signs(1.5) >= 3
