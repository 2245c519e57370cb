"""Finds how often sessions run statements at least, from how recently each was busy at each poll."""

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from querywatch.model import Flavour, Session

_CELL_SECONDS = 0.5  # looks closer together tell of one moment
_CELLS_KEPT = 120
_CELLS_NEEDED = 12


@dataclass(slots=True)
class _Cell:
    """One moment of one session: how long before it the session was last busy, over the looks taken in it."""

    seconds: float = 0.0
    age_seconds: float = 0.0  # weighted by the time since the look before

    def add(self, age_seconds: float, seconds: float) -> None:
        whole = self.seconds + seconds
        share = seconds / whole if whole > 0 else 1.0
        self.age_seconds += (age_seconds - self.age_seconds) * share
        self.seconds = whole


class PaceMeter:
    """Follows the sessions of one server.

    A poll at a random moment finds a session's last start or end some time ago. However the statements are
    spaced, events come on average at most twice that time apart (the renewal inspection bound), so the time is
    a bound from below on how many there are, for statements far too short to be seen running.
    """

    def __init__(self, flavour: Flavour) -> None:
        # MariaDB's TIME_MS starts again at both ends of a statement; MySQL's TIME at its start, in whole seconds.
        self._events_per_statement = 2 if flavour is Flavour.MARIADB else 1
        self._unit_seconds = 0.0 if flavour is Flavour.MARIADB else 1.0
        self._cells: dict[int, deque[_Cell]] = {}

    def observe(self, sessions: Iterable[Session], gap_seconds: float = 1.0) -> None:
        """Takes one look, so long after the one before; sessions that are gone are forgotten."""
        cells = {}
        for session in sessions:
            kept = self._cells.get(session.session_id) or deque(maxlen=_CELLS_KEPT)
            if not kept or kept[-1].seconds >= _CELL_SECONDS:
                kept.append(_Cell())
            kept[-1].add(session.seconds + self._unit_seconds, gap_seconds)
            cells[session.session_id] = kept
        self._cells = cells

    def find_statements_per_minute(self, session_ids: Iterable[int]) -> float:
        """The least that these sessions run together, with the mean age taken two standard errors high."""
        return sum(self._find_rate(self._cells.get(session_id)) for session_id in session_ids) * 60.0

    def _find_rate(self, cells: "deque[_Cell] | None") -> float:
        if cells is None or len(cells) < _CELLS_NEEDED:
            return 0.0
        bound = _find_upper_mean(list(cells))
        return 1.0 / (2.0 * self._events_per_statement * bound) if bound > 0 else 0.0


def _find_upper_mean(cells: Sequence[_Cell]) -> float:
    """The mean age over time, two standard errors high.

    Ages a poll apart are not independent when a session rests for longer: the error is taken from the means of
    batches of about the square root of their number (batch means), with Student's quantile for so few.
    """
    size = math.isqrt(len(cells))
    batches = [_find_mean(cells[start : start + size]) for start in range(0, len(cells) - size + 1, size)]
    middle = sum(batches) / len(batches)
    freedom = len(batches) - 1
    spread = math.sqrt(sum((batch - middle) ** 2 for batch in batches) / freedom)
    quantile = 2.0 + 3.5 / freedom
    return _find_mean(cells) + quantile * spread / math.sqrt(len(batches))


def _find_mean(cells: Sequence[_Cell]) -> float:
    seconds = sum(cell.seconds for cell in cells)
    if seconds <= 0:
        return sum(cell.age_seconds for cell in cells) / len(cells)
    return sum(cell.age_seconds * cell.seconds for cell in cells) / seconds
