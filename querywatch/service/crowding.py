"""Tells a server in trouble from one at work: far more threads run than they usually do."""

import statistics
from collections import deque

_BASELINE_LOOKS = 360
_BASELINE_SECONDS = 10.0  # between two looks that are kept: all together are an hour
# Until the server's own usual is known: an office's server runs few threads, and we may well have been
# started because it is in trouble.
_USUAL_RUNNING = 3
_USUAL_LOOKS = 30
_FAR_TIMES, _FAR_MORE = 3.0, 16.0
_NEAR_TIMES, _NEAR_MORE = 2.0, 10.0
_LOOKS_TO_BELIEVE = 2  # a single look may have met a moment
_CALM_SECONDS = 20.0


class Crowding:
    """Whether far more threads run than is usual, with the usual learnt over an hour.

    A crowd that stays longer than half an hour is what is usual from then on.
    """

    def __init__(self) -> None:
        self._usual: deque[float] = deque([_USUAL_RUNNING] * _USUAL_LOOKS, maxlen=_BASELINE_LOOKS)
        self._kept_at: float | None = None
        self._far_looks = 0
        self._calm_since: float | None = None
        self.is_crowded = False

    def note(self, running: int, now: float) -> None:
        """How many threads run now."""
        if self._kept_at is None or abs(now - self._kept_at) >= _BASELINE_SECONDS:
            self._usual.append(running)
            self._kept_at = now
        median = statistics.median(self._usual)
        if self.is_crowded:
            self._await_calm(running <= max(_NEAR_TIMES * median, median + _NEAR_MORE), now)
        else:
            far = running > max(_FAR_TIMES * median, median + _FAR_MORE)
            self._far_looks = self._far_looks + 1 if far else 0
            self.is_crowded = self._far_looks >= _LOOKS_TO_BELIEVE

    def _await_calm(self, calm: bool, now: float) -> None:  # noqa: FBT001 - the one thing it is about
        if not calm:
            self._calm_since = None
        elif self._calm_since is None or now < self._calm_since:
            self._calm_since = now
        elif now - self._calm_since >= _CALM_SECONDS:
            self.is_crowded, self._calm_since, self._far_looks = False, None, 0
