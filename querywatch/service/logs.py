"""Log lines for journald and for people, and a process's last words: types and frames, never a message of others."""

import logging
import os
import sys
import threading
import traceback
from collections.abc import Mapping
from copy import copy
from types import TracebackType
from typing import Any

from querywatch.errors import QuerywatchError
from querywatch.outward import render_line

_JOURNAL_PRIORITY = {
    logging.DEBUG: 7,
    logging.INFO: 6,
    logging.WARNING: 4,
    logging.ERROR: 3,
    logging.CRITICAL: 2,
}


class SafeFormatter(logging.Formatter):
    """Formats an exception as its types and frames: its text may quote a patient.

    What a record is filled in with cannot break its line, which would forge one, and nothing in it steers a
    terminal; an exception of others among it is no more than its type.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Our own errors keep their lines, for several faults of a configuration stand below one another."""
        safe = copy(record)
        if isinstance(record.args, tuple):
            safe.args = tuple(map(_fill_in, record.args))
        return "\n".join(map(render_line, super().format(safe).split("\n")))

    def formatException(self, ei: object) -> str:  # noqa: N802 - logging's name
        """One line a frame, deepest last; the message only of querywatch's own errors."""
        error = ei[1] if isinstance(ei, tuple) else None
        lines = []
        seen = set[int]()
        while isinstance(error, BaseException) and id(error) not in seen:
            seen.add(id(error))
            frames = traceback.extract_tb(error.__traceback__)
            lines += [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
            lines.append(describe_error(error))
            error = error.__cause__ or error.__context__
        return "\n".join(lines)

    def formatStack(self, stack_info: str) -> str:  # noqa: ARG002, N802 - logging's name
        """Stacks quote source lines only, but nothing here asks for one."""
        return ""


class JournalFormatter(SafeFormatter):
    """The same with the priority prefix that systemd reads from a service's standard error (sd-daemon(3))."""

    def format(self, record: logging.LogRecord) -> str:
        """Every line of the record carries the prefix."""
        priority = f"<{_JOURNAL_PRIORITY.get(record.levelno, 6)}>"
        return "\n".join(priority + line for line in super().format(record).splitlines())


def _fill_in(value: Any) -> Any:
    if isinstance(value, BaseException):
        return str(value) if isinstance(value, QuerywatchError) else describe_error(value)
    return render_line(value) if isinstance(value, str) else value


def describe_error(error: BaseException) -> str:
    """The type of a foreign error, type and message of our own."""
    if isinstance(error, QuerywatchError):
        return f"{type(error).__name__}: {error}"
    return type(error).__name__


def set_up_last_words() -> None:
    """What nobody caught ends as one sentence on standard error, in any thread; the exit code stays 1."""
    sys.excepthook = _say_last_words
    threading.excepthook = lambda fault: _say_last_words(fault.exc_type, fault.exc_value, fault.exc_traceback)
    sys.unraisablehook = lambda fault: _say_last_words(fault.exc_type, fault.exc_value, fault.exc_traceback)


def _say_last_words(
    kind: type[BaseException], error: BaseException | None, frames: TracebackType | None
) -> None:
    if issubclass(kind, SystemExit):
        return
    said = describe_error(error) if error is not None else kind.__name__
    at = traceback.extract_tb(frames)[-1:]
    place = f" at {at[0].filename}:{at[0].lineno} in {at[0].name}" if at else ""
    sentence = f"querywatch: a fault that nobody foresaw, {render_line(said)}{place}: please report this line"
    sys.stderr.write(f"{sentence}\n")


def set_up_logging(*, level: int, environment: Mapping[str, str] = os.environ) -> None:
    """One handler on standard error; libraries that log other people's text are silenced."""
    handler = logging.StreamHandler(sys.stderr)
    if "JOURNAL_STREAM" in environment:
        handler.setFormatter(JournalFormatter("%(message)s"))
    else:
        handler.setFormatter(SafeFormatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL + 1)
    logging.getLogger("pymysql").setLevel(logging.CRITICAL + 1)
