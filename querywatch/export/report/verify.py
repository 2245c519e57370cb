"""Says whether a saved report is still what querywatch wrote, in whichever form it was saved."""

import hashlib
import re

from querywatch.errors import QuerywatchError
from querywatch.export.report.compare import parse_report

_STAMP = re.compile(r"<!-- SHA-256 of all above: ([0-9a-f]{64}) -->\s*\Z")
_DOCUMENT = re.compile(r"SHA-256 (?:<code>)?([0-9a-f]{64})")


def stamp(text: str) -> str:
    """The text, and below it the checksum of its own; it ends with a newline before and after."""
    return f"{text}<!-- SHA-256 of all above: {_digest(text)} -->\n"


def find_checksum(text: str) -> str:
    """The checksum of the document that a saved report shows.

    Raises QuerywatchError when the file is foreign, cut, or changed. A checksum finds accidents and edits; it is no
    signature, for whoever rewrites a report can compute another.
    """
    if text.lstrip().startswith("{"):
        return str(parse_report(text)["sha256"])
    stamped = _STAMP.search(text)
    shown = _DOCUMENT.findall(text[: stamped.start()]) if stamped else []
    if stamped is None or not shown:
        raise QuerywatchError("that is no report of querywatch, or its end is missing")
    if _digest(text[: stamped.start()]) != stamped[1]:
        raise QuerywatchError("the saved report was changed since it was made: its checksum differs")
    return str(shown[-1])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
