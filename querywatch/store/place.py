"""Where the state file lies: nobody else may read it, and what cannot be used is put aside and kept."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from querywatch.errors import StateError

_SIDE_FILES = ("", "-wal", "-shm")
_CAUSES = {
    errno.ENOSPC: "make room on its disk",
    errno.EDQUOT: "make room on its disk",
    errno.EROFS: "its disk is mounted read-only: mount it so that it can be written, or name another place",
}


def make_place(path: Path) -> None:
    """Makes the directory and the file so that nobody else may read them, whatever the umask.

    A directory that is there already keeps its mode: it may serve others too. Raises StateError.
    """
    directory = path.parent
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
    except OSError as error:
        fix = _CAUSES.get(
            error.errno or 0,
            "make it writable for the account that runs querywatch, or name another under [state] directory",
        )
        raise StateError(
            f"the state directory {directory} cannot be used ({os.strerror(error.errno or 0)}): {fix}"
        ) from None


def read_identity(path: Path) -> tuple[int, int] | None:
    """Which file the path leads to now (device, inode); None for none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


@contextmanager
def hold(directory: Path) -> Iterator[None]:
    """Keeps other processes from putting the file aside at the same time. Raises StateError."""
    try:
        handle = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise StateError(f"the state directory {directory} cannot be opened ({error.strerror})") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def set_aside(path: Path) -> Path:
    """Renames the file and what SQLite keeps beside it to the first free number. Raises StateError."""
    number = 1
    while (kept := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    try:
        for suffix in _SIDE_FILES:
            side = path.with_name(path.name + suffix)
            if side.exists():
                side.rename(kept.with_name(kept.name + suffix))
    except OSError as error:
        raise StateError(f"{path} is damaged and cannot be renamed ({error.strerror}): remove it") from None
    return kept
