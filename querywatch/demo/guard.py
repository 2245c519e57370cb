"""Runs one command and ends it, with its directory, as soon as whoever started this process is gone.

The parent holds the other end of standard input. Its end, by any signal whatever, closes that pipe, which
no handler or `finally` in the parent can promise.
"""

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path


def main() -> int:
    """Run the command until it ends or standard input does; the exit status is the command's."""
    arguments = _parse_arguments()
    with subprocess.Popen(arguments.command, stdin=subprocess.DEVNULL) as child:
        threading.Thread(target=_end_with_parent, args=(child, arguments.container), daemon=True).start()
        status = child.wait()
    if arguments.remove is not None:
        shutil.rmtree(arguments.remove, ignore_errors=True)
    # The thread is still reading standard input; an orderly end would wait for its lock.
    os._exit(status if status >= 0 else 1)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m querywatch.demo.guard")
    parser.add_argument("--remove", type=Path, help="directory to take away afterwards")
    parser.add_argument("--container", help="the Docker container that the command runs in the foreground")
    parser.add_argument("command", nargs="+")
    return parser.parse_args()


def _end_with_parent(child: subprocess.Popen[bytes], container: str | None) -> None:
    """Kill rather than ask: nothing in the directory outlives the demo."""
    with contextlib.suppress(OSError):
        while os.read(sys.stdin.fileno(), 4096):
            pass
    if container is not None:
        command = ["docker", "rm", "--force", "--volumes", container]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    child.kill()


if __name__ == "__main__":
    sys.exit(main())
