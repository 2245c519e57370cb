"""Tells systemd how the daemon is: the readiness protocol of sd_notify(3)."""

import os
import socket
import time
from collections.abc import Mapping


class Notifier:
    """Sends states to the service manager; without one, does nothing."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        usec = environment.get("WATCHDOG_USEC", "")
        self.watchdog_seconds = int(usec) / 1e6 if usec.isdigit() else None

    def ready(self, status: str) -> None:
        """The daemon is up."""
        self._send("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """A reload began; systemd 253 and newer want the moment with it."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        """The daemon is going down."""
        self._send("STOPPING=1")

    def alive(self) -> None:
        """The watchdog's sign of life."""
        self._send("WATCHDOG=1")

    def _send(self, *lines: str) -> None:
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notify:
                notify.connect(address)
                notify.sendall("\n".join(lines).encode())
        except OSError:
            return  # a manager that does not listen must not end the watch
