"""A real daemon in a process of its own, for the tests that need one."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from querywatch.db.endpoint import Endpoint

START_SECONDS = 20.0


def write_config(directory: Path, endpoints: Sequence[Endpoint], more: str = "") -> Path:
    """A configuration that watches these servers quickly, with `more` at its end."""
    lines = [
        "[web]",
        'listen = "127.0.0.1:0"',
        "[state]",
        f"directory = {json.dumps(str(directory / 'state'))}",
    ]
    for endpoint in endpoints:
        lines += [
            "[[servers]]",
            f"name = {json.dumps(endpoint.name)}",
            f"host = {json.dumps(endpoint.host)}",
            f"port = {endpoint.port}",
            f"user = {json.dumps(endpoint.user)}",
            f"password = {json.dumps(endpoint.password)}",
            "sample_interval = 0.2",
            'office_hours = ["00:00-24:00"]',
            "counter_interval = 1",
        ]
    path = directory / "config.toml"
    path.write_text("\n".join(lines) + "\n" + more)
    return path


class RunningDaemon:
    """A started `querywatch run`."""

    def __init__(self, process: "subprocess.Popen[str]", log: Path) -> None:
        self.process = process
        self.log = log
        self.url = ""

    def get(self, path: str) -> tuple[int, str]:
        """(status, body) of one page; (0, '') while nobody answers."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as answer:  # noqa: S310 - our own daemon
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def metrics(self) -> str:
        """The metrics as they are now."""
        return self.get("/metrics")[1]

    def value(self, series: str) -> float | None:
        """One sample's value: 'querywatch_up{server="a"}'; None where there is no such series."""
        found = re.search(rf"^{re.escape(series)} (\S+)$", self.metrics(), re.MULTILINE)
        return float(found.group(1)) if found else None

    def wait_for(self, is_so: Callable[[], bool], what: str, seconds: float = START_SECONDS) -> None:
        """Waits until it is so; says what was awaited, and the log, when it never was."""
        deadline = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < deadline, (
                f"{what}: not within {seconds} s; log:\n{self.log.read_text()}"
            )
            assert self.process.poll() is None, f"{what}: the daemon has ended; log:\n{self.log.read_text()}"
            time.sleep(0.1)

    def signal(self, wanted: signal.Signals) -> None:
        """Sends a signal."""
        self.process.send_signal(wanted)

    def stop(self) -> float:
        """SIGTERM; the seconds until it had ended."""
        started = time.monotonic()
        self.signal(signal.SIGTERM)
        self.process.wait(timeout=20)
        return time.monotonic() - started


@contextmanager
def running_daemon(config: Path) -> Iterator[RunningDaemon]:
    """`querywatch run` on this configuration, listening; killed at the end if it still lives."""
    log = config.parent / "log"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("QUERYWATCH_")}
    with log.open("a") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "querywatch", "run", "--config", str(config)],
            stderr=sink, stdout=sink, text=True, env=environment, cwd=config.parent,
        )  # fmt: skip
        try:
            daemon = RunningDaemon(process, log)
            before = len(re.findall(r"metrics at ", log.read_text()))

            def is_listening() -> bool:
                found = re.findall(r"metrics at (https?://\S+)/metrics", log.read_text())
                daemon.url = found[-1] if len(found) > before else ""
                return bool(daemon.url)

            daemon.wait_for(is_listening, "listening")
            yield daemon
        finally:
            process.kill()
            process.wait()
