"""Log lines for journald and for people; a traceback shows types and frames, never a message of others."""

import logging
import os
import sys
import traceback
from collections.abc import Mapping

from querywatch.errors import QuerywatchError

_JOURNAL_PRIORITY = {
    logging.DEBUG: 7,
    logging.INFO: 6,
    logging.WARNING: 4,
    logging.ERROR: 3,
    logging.CRITICAL: 2,
}


class SafeFormatter(logging.Formatter):
    """Formats an exception as its types and frames: its text may quote a patient."""

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


def describe_error(error: BaseException) -> str:
    """The type of a foreign error, type and message of our own."""
    if isinstance(error, QuerywatchError):
        return f"{type(error).__name__}: {error}"
    return type(error).__name__


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
