"""Prints the daemon's resident memory and CPU while it watches the demo's practice.

usage: python tests/benchmarks/daemon_memory.py [--seconds 60] [--evidence full] [--scale 0.15]
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from querywatch.cli.demo import write_config
from querywatch.demo.backends import ServerEvidence
from querywatch.demo.play import Play
from querywatch.demo.practice import DEFAULT_SCALE


def read_resident_bytes(pid: int) -> int:
    """VmRSS of proc(5)."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found.group(1)) * 1024


def find_children(pid: int) -> list[int]:
    """The processes that it started (proc_pid_task_children(5)): the parser."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def read_cpu_seconds(pid: int) -> float:
    """Utime and stime of proc(5)."""
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--evidence", type=ServerEvidence, default=ServerEvidence.FULL)
    parser.add_argument("--scale", type=float, default=DEFAULT_SCALE)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, Play(given.evidence, scale=given.scale) as play:
        config = write_config(Path(directory), play, "127.0.0.1:0")
        command = [sys.executable, "-m", "querywatch", "run", "--config", str(config)]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as daemon:
            play.begin()
            time.sleep(given.seconds)
            resident_bytes, cpu_seconds = read_resident_bytes(daemon.pid), read_cpu_seconds(daemon.pid)
            parser_bytes = sum(read_resident_bytes(child) for child in find_children(daemon.pid))
            daemon.terminate()
        play.stop_crowd()
    print(
        f"daemon after {given.seconds:g} s of the demo ({given.evidence}): "
        f"{resident_bytes / 2**20:.1f} MiB resident, {parser_bytes / 2**20:.1f} MiB its parser, "
        f"{cpu_seconds / given.seconds:.1%} of one core"
    )


if __name__ == "__main__":
    main()
