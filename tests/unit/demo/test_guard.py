"""Nothing of the demo's server outlives the demo."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

GUARD = [sys.executable, "-m", "querywatch.demo.guard"]
SLEEPER = "import os, sys, time; print(os.getpid(), flush=True); time.sleep(60)"
PARENT = "import subprocess, sys; subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE).wait()"


def start(arguments: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def is_alive(process_id: int) -> bool:
    """A zombie is not alive."""
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # gone before, or between opening and reading
        return False


def await_end(process_id: int) -> None:
    deadline = time.monotonic() + 10
    while is_alive(process_id):
        assert time.monotonic() < deadline, "still alive"
        time.sleep(0.02)


def test_the_end_of_standard_input_ends_the_command_and_its_directory(tmp_path: Path) -> None:
    directory = tmp_path / "server"
    (directory / "data").mkdir(parents=True)
    command = [*GUARD, "--remove", str(directory), "--", sys.executable, "-c", SLEEPER]
    with start(command) as guard:
        child = int(guard.stdout.readline())
        guard.stdin.close()
        guard.stdin = None
        guard.wait(10)
    await_end(child)
    assert not directory.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_parent_killed_by_a_signal_takes_the_command_along(tmp_path: Path, number: int) -> None:
    """SIGKILL leaves a process no chance to clean up; the pipe does not need one."""
    directory = tmp_path / "server"
    directory.mkdir()
    guard = [*GUARD, "--remove", str(directory), "--", sys.executable, "-c", SLEEPER]
    with start([sys.executable, "-c", PARENT, *guard]) as parent:
        child = int(parent.stdout.readline())
        os.kill(parent.pid, number)
        parent.wait(10)
        await_end(child)
    deadline = time.monotonic() + 10
    while directory.exists():
        assert time.monotonic() < deadline, "the directory is still there"
        time.sleep(0.02)


def test_a_command_that_ends_by_itself_ends_the_guard(tmp_path: Path) -> None:
    """A server that cannot start is noticed, with its exit status."""
    directory = tmp_path / "server"
    directory.mkdir()
    command = [*GUARD, "--remove", str(directory), "--", sys.executable, "-c", "raise SystemExit(7)"]
    with start(command) as guard:
        assert guard.wait(10) == 7
    assert not directory.exists()
