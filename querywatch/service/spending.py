"""Keeps account of the server time that querywatch itself takes: what was spent, and what is left to spend."""

from collections import deque

WINDOW_SECONDS = 300.0  # `used_ratio` looks back so far
SAVED_SECONDS = 120.0  # what is not spent is saved for so long


class Spending:
    """A purse that the budget fills and every cost empties; it may be in debt, but never by more than it holds.

    A cost is known at once as its client measured it, with the network in it. Where the server counts what
    its accounts take, that count comes later, corrects what was charged, and teaches what to charge next.
    """

    def __init__(self, budget_ratio: float) -> None:
        """`budget_ratio` is in seconds of server time a second."""
        self._budget_ratio = budget_ratio
        self._room_seconds = budget_ratio * SAVED_SECONDS
        self._purse_seconds = self._room_seconds  # full: the first look at the tables must not wait
        self._entries: deque[tuple[float, float]] = deque()
        self._now: float | None = None
        self._measured_seconds = self._charged_seconds = 0.0  # since the server's last count
        self._learnt = (0.0, 0.0)  # seconds that the server counted, and that we measured of the same, fading
        self._settled_seconds = self._told_seconds = 0.0

    @property
    def share_ratio(self) -> float:
        """The server's part of the time that a client measures; 1 until a server has counted."""
        counted, measured = self._learnt
        return min(1.0, counted / measured) if measured else 1.0

    @property
    def total_seconds(self) -> float:
        """What was spent so far, by the best measure there is; never falls."""
        self._told_seconds = max(self._told_seconds, self._settled_seconds + self._charged_seconds)
        return self._told_seconds

    @property
    def used_ratio(self) -> float:
        """What was spent over what might have been, in the last minutes; above 1 is over the budget."""
        return max(0.0, sum(spent for _, spent in self._entries)) / (self._budget_ratio * WINDOW_SECONDS)

    @property
    def saved_seconds(self) -> float:
        """What is left to spend at once; 0 in debt."""
        return max(0.0, self._purse_seconds)

    @property
    def saved_ratio(self) -> float:
        """The same, over the most that can be saved."""
        return self.saved_seconds / self._room_seconds

    @property
    def debt_ratio(self) -> float:
        """0 without debt; 1 when it is as high as the purse is large."""
        return max(0.0, -self._purse_seconds) / self._room_seconds

    def pass_time(self, now: float) -> None:
        """The budget of the time since; a clock that is put back gives none."""
        earned = 0.0 if self._now is None else max(0.0, now - self._now) * self._budget_ratio
        self._now = now
        self._purse_seconds = min(self._room_seconds, self._purse_seconds + earned)
        while self._entries and not 0.0 <= now - self._entries[0][0] <= WINDOW_SECONDS:
            self._entries.popleft()

    def charge(self, measured_seconds: float, now: float) -> None:
        """A cost as its client measured it."""
        charged = measured_seconds * self.share_ratio
        self._measured_seconds += measured_seconds
        self._charged_seconds += charged
        self._spend(charged, now)

    def settle(self, counted_seconds: float | None, now: float) -> None:
        """What the server counted for all that was charged since the last time; None: it does not count.

        A server whose timers are switched off counts nothing for statements that it ran: that is no count.
        """
        charged, measured = self._charged_seconds, self._measured_seconds
        self._charged_seconds = self._measured_seconds = 0.0
        if not counted_seconds or not measured:
            self._settled_seconds += charged
            return
        knew_share = self._learnt != (0.0, 0.0)
        self._learnt = (self._learnt[0] * 0.9 + counted_seconds, self._learnt[1] * 0.9 + measured)
        if not knew_share:  # what was charged before is known better now
            excess = self._settled_seconds * (1 - self.share_ratio)
            self._settled_seconds -= excess
            self._spend(-excess, now)
        self._settled_seconds += counted_seconds
        self._spend(counted_seconds - charged, now)

    def _spend(self, seconds: float, now: float) -> None:
        self.pass_time(now)
        self._purse_seconds = max(-self._room_seconds, self._purse_seconds - seconds)
        self._entries.append((now, seconds))
