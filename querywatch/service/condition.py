"""How one server is: its last status, whether it restarted since, and what its clock shows."""

from datetime import UTC, timedelta, timezone, tzinfo

from querywatch.counters import ServerStatus
from querywatch.hours import find_minute_of_week
from querywatch.model import ServerInfo


class Condition:
    """What the last counts said of the server itself; belongs to the watch's thread."""

    def __init__(self, zone: tzinfo | None = None) -> None:
        self._zone = zone  # None: the server's clock is the office's
        self.status: ServerStatus | None = None
        self._last_connection_id = 0
        self._last_version: tuple[str, str] | None = None
        self._last_at = 0.0

    def note(self, status: ServerStatus | None, connection_id: int) -> bool:
        """Takes a new status; whether the server restarted: its uptime fell, or its numbering of connections."""
        before, self.status = self.status, status or self.status
        restarted = connection_id < self._last_connection_id
        self._last_connection_id = connection_id
        if status is None or before is None:
            return restarted
        return restarted or status.uptime_seconds < before.uptime_seconds

    def finds_another(self, info: ServerInfo, status: ServerStatus | None, now: float) -> bool:
        """Whether another server stands there: of another version, and up since before the last one was last seen.

        What has counted before anybody looked says nothing of what happened since.
        """
        if status is None:
            return False
        version = (info.flavour.value, info.version_text)
        before, self._last_version = self._last_version, version
        before_at, self._last_at = self._last_at, now
        return before not in {None, version} and now - status.uptime_seconds <= before_at

    @property
    def performance_schema(self) -> bool:
        """Whether the server said that its performance schema is on."""
        return self.status is not None and self.status.performance_schema

    def find_minute_of_week(self, now: float) -> float | None:
        """Minutes since Monday 00:00 by the office's clock; None where it is not known."""
        if self._zone is not None:
            return find_minute_of_week(now, self._zone)
        if self.status is None or self.status.utc_offset_minutes is None:
            return None
        offset = timedelta(minutes=self.status.utc_offset_minutes)
        return find_minute_of_week(now, timezone(offset) if offset else UTC)
