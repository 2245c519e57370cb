"""What one watch needs of the configuration."""

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from querywatch.config import ServerSettings, Settings
from querywatch.db.endpoint import Endpoint
from querywatch.hours import Calendar, parse_weekly_hours


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSettings:
    """How one server is to be watched."""

    endpoint: Endpoint
    databases: tuple[str, ...]
    labels: tuple[tuple[str, str], ...]
    counter_interval_seconds: float
    schema_interval_seconds: float
    sample_interval_seconds: float = 1.0
    observer_budget_ratio: float = 0.005  # seconds of the server's time a second
    calendar: Calendar = field(default_factory=Calendar)
    plan_after_seconds: float = 2.0  # what runs longer is asked for its plan
    guarded_explain: bool = False  # of MySQL too, where the account can do no harm
    programs_wanted: bool = False  # whether or not an integration is known by its program


def make_watch_settings(server: ServerSettings, endpoint: Endpoint, settings: Settings) -> WatchSettings:
    """What a watch of the server needs of the configuration, but for what it can take while it goes on."""
    return WatchSettings(
        endpoint=endpoint,
        databases=server.databases,
        labels=tuple(server.labels.items()),
        counter_interval_seconds=server.counter_interval,
        schema_interval_seconds=server.schema_interval,
        sample_interval_seconds=server.sample_interval,
        observer_budget_ratio=server.observer_budget,
        plan_after_seconds=server.plan_after,
        guarded_explain=server.explain == "guarded",
        calendar=Calendar(
            office_hours=parse_weekly_hours(server.office_hours) if server.office_hours else None,
            maintenance=settings.maintenance.to_hours(),
            zone=ZoneInfo(server.timezone) if server.timezone else None,
        ),
    )
