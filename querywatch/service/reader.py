"""Reads one server's sources, each on its own: one that fails says why, is counted, and is tried again."""

import logging
import time
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from querywatch.errors import LoginError, ServerAwayError, ServerError
from querywatch.snapshot import SourceState
from querywatch.sources.base import SourceUnavailableError

log = logging.getLogger(__name__)

Value = TypeVar("Value")

RETRY_SECONDS = 60.0  # of a source that is not offered: somebody would have to switch it on
LOST_RETRY_SECONDS = 5.0  # of one that is there and failed
_CHEAP_SECONDS = 0.005  # of reading: what takes no longer needs no rest
_OWN_RATIO = 0.01  # of the time, for the server and us: its rows have to be worked out as well
# Rows that are not what the server's manual says: a column too few, a word for a number, NULL for a name.
_GARBLED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_GARBLED_ADVICE = "find out what answers there: a proxy, or a server that querywatch does not know"
UNSUPPORTED = "unsupported"  # the reason of a source that this version of the server does not have
_PASSING = frozenset({"metadata-lock"})  # reasons of a source that is there, and must not be read just now


class SourceReader:
    """The states of a server's sources, kept over connections."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._states: dict[str, SourceState] = {}
        self._retry_at: dict[str, float] = {}
        self.failures: Counter[tuple[str, str]] = Counter()

    @property
    def states(self) -> tuple[SourceState, ...]:
        """Every source tried so far, in the order of the first try."""
        return tuple(self._states.values())

    def find(self, name: str) -> SourceState | None:
        """The state of one source; None before its first try."""
        return self._states.get(name)

    def retry_all(self) -> None:
        """A new connection, perhaps a server set up anew: tries everything again at once."""
        self._retry_at.clear()

    def read(
        self,
        name: str,
        read: Callable[[], Value],
        now: float,
        *,
        busy_ratio: float | None = None,
        spent: Callable[[], float] = time.monotonic,
    ) -> Value | None:
        """What `read` gives; None when the source is not to be had now.

        With `busy_ratio` it rests for so long after each reading that what `spent` counts, in seconds, takes no
        larger share of the time.
        A server that is away is not the source's own fault and is raised on.
        """
        if self._retry_at.get(name, now) > now:
            return None
        started, spent_before = time.monotonic(), spent()
        try:
            value = read()
        except SourceUnavailableError as error:
            offered = error.reason in _PASSING
            state = SourceState(
                name=name, up=False, offered=offered, reason=error.reason, advice=error.advice
            )
            self._lose(name, state, now)
            return None
        except (ServerAwayError, LoginError):
            raise
        except ServerError as error:
            self.failures[name, error.reason] += 1
            self._lose(name, SourceState(name=name, up=False, reason=error.reason, advice=str(error)), now)
            return None
        except _GARBLED:
            self.failures[name, "garbled"] += 1
            log.debug("%s: source %s", self._server, name, exc_info=True)
            state = SourceState(name=name, up=False, reason="garbled", advice=_GARBLED_ADVICE)
            self._lose(name, state, now)
            return None
        finally:
            duration = time.monotonic() - started
            if busy_ratio is not None and duration > _CHEAP_SECONDS:
                rest_seconds = max((spent() - spent_before) / busy_ratio, duration / _OWN_RATIO)
                self._retry_at[name] = max(self._retry_at.get(name, now), now + rest_seconds)
        self._gain(SourceState(name=name, up=True, last_read_at=now, duration_seconds=duration))
        return value

    def _gain(self, state: SourceState) -> None:
        before = self._states.get(state.name)
        if before is not None and not before.up:
            log.info("%s: source %s can be read again", self._server, state.name)
        self._states[state.name] = state

    def _lose(self, name: str, state: SourceState, now: float) -> None:
        before = self._states.get(name)
        self._retry_at[name] = now + (LOST_RETRY_SECONDS if state.offered else RETRY_SECONDS)
        if before is None or before.up or before.reason != state.reason:
            level = logging.WARNING if before is not None and before.up else logging.INFO
            was_never_on = before is None and not state.offered and state.reason != "privilege"
            if state.reason == UNSUPPORTED or was_never_on:
                level = logging.DEBUG  # nobody can do anything about it, or `check` says what
            log.log(
                level,
                "%s: source %s is not available (%s): %s",
                self._server,
                name,
                state.reason,
                state.advice,
            )
        self._states[name] = state
