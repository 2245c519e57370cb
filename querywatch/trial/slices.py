"""What a trial is judged from: the office's shapes and everybody's activity, in short slices of time."""

from collections.abc import Mapping
from dataclasses import dataclass, field

SLICE_SECONDS = 20.0  # the shorter, the better is the moment of a switch told from a load that wanders
ALL_SHAPES = ""  # the office's statements together, as its accounts' counters have them


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Statements and the server's time for them."""

    runs: float = 0.0
    seconds: float = 0.0

    def plus(self, other: "Work") -> "Work":
        """Both together."""
        return Work(runs=self.runs + other.runs, seconds=self.seconds + other.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What one third party did; `sessions` is the most that were connected at a count."""

    sessions: int = 0
    work: Work = field(default_factory=Work)

    @property
    def is_silent(self) -> bool:
        """Whether nobody was connected and nothing ran."""
        return self.sessions == 0 and self.work.runs <= 0.0


SILENCE = Activity()


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One slice of one server; `seconds` of it were in sight."""

    started_at: float
    seconds: float
    office: Mapping[str, Work] = field(default_factory=dict)  # by fingerprint
    others: Mapping[str, Activity] = field(default_factory=dict)  # by integration
    sampled: bool = False  # the shapes are known from polls, not from counters
    server_started_at: float | None = None  # by its uptime; None: it could not be read
    upkeep: bool = False  # a backup, an upgrade, or a window of maintenance
    minute_of_week: float | None = None  # at its beginning, by the office's clock; None: not known

    def find_activity(self, integration: str) -> Activity:
        """What one integration did; one that is not listed did nothing."""
        return self.others.get(integration, SILENCE)
