"""Says how long to wait before the next attempt to reach a server that is away."""

from dataclasses import dataclass

_DOUBLINGS_AT_MOST = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Waits that double from `base_seconds` to `cap_seconds`, spread so that not all return at once."""

    base_seconds: float = 1.0
    cap_seconds: float = 60.0

    def wait_seconds(self, failures: int, random: float) -> float:
        """The wait after so many failures in a row; `random` in [0, 1) spreads it over its upper half."""
        doublings = min(max(failures - 1, 0), _DOUBLINGS_AT_MOST)
        full = min(self.cap_seconds, self.base_seconds * 2.0**doublings)
        return full * (0.5 + random / 2.0)
