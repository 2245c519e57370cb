"""What became slower or more frequent than it used to be, by how much, since when, and why, as values."""

import math
from dataclasses import dataclass
from enum import StrEnum

from querywatch.model import Evidence

_EXPLAINS = 0.5  # of a change's logarithm
_GROWN_RATIO = 1.2  # less is within what InnoDB's estimates of its tables' rows are off
_LOCKED_SHARE = 0.5  # of the time that a run takes longer


class Cause(StrEnum):
    """Why something is slower, by the evidence."""

    DATA = "data grew"
    PLAN = "plan changed"
    RUNS = "runs more often"
    LOCKS = "waits on locks"
    EVERYTHING = "everything is slower"
    UNDECIDED = "undecided"


class Measure(StrEnum):
    """What is no longer as it was."""

    TIME = "time"
    RATE = "rate"


@dataclass(frozen=True, slots=True)
class Subject:
    """One shape of one integration, as baselines know it; `tables` are the statement's, folded."""

    integration: str
    fingerprint: str
    tables: tuple[str, ...] = ()
    is_third_party: bool = True

    @property
    def key(self) -> tuple[str, str]:
        """(integration, fingerprint)."""
        return (self.integration, self.fingerprint)


@dataclass(frozen=True, slots=True)
class Runs:
    """What one shape did in an interval. None: not measured; the variances are those of estimates."""

    subject: Subject
    executions: float
    seconds: float
    rows_examined: float | None = None
    lock_seconds: float | None = None
    executions_variance: float = 0.0
    seconds_variance: float = 0.0
    evidence: Evidence = Evidence.COUNTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """A table that has more rows than it used to."""

    table: str
    rows_usual: float
    rows_now: float

    @property
    def ratio_log(self) -> float:
        """The logarithm of how much it grew."""
        return math.log(self.rows_now / self.rows_usual)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clues:
    """What there is to tell a cause by. Logarithms of ratios; None: not measured."""

    time_log: float
    rows_log: float | None = None
    locked_share: float | None = None  # of the time that a run takes longer
    growth: Growth | None = None
    index_changed: bool = False  # of one of its tables, since shortly before it became slower
    plan_changed: bool = False
    more_runs: bool = False


def find_cause(clues: Clues) -> Cause:
    """The cause that the evidence speaks for; locks before rows, for who waits reads nothing."""
    if clues.locked_share is not None and clues.locked_share >= _LOCKED_SHARE:
        return Cause.LOCKS
    explained = clues.time_log if clues.rows_log is None else clues.rows_log
    reads_more = clues.rows_log is not None and clues.rows_log >= _EXPLAINS * clues.time_log
    has_grown = clues.growth is not None and clues.growth.ratio_log >= max(
        math.log(_GROWN_RATIO), _EXPLAINS * explained
    )
    if has_grown and (reads_more or clues.rows_log is None):
        return Cause.DATA
    if reads_more or clues.index_changed or clues.plan_changed:
        return Cause.PLAN
    return Cause.RUNS if clues.more_runs else Cause.UNDECIDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """One quantity of one shape that left its usual level, with both numbers.

    Where everything is slower, `subject` has no fingerprint, and the seconds are those of a usual second.
    """

    measure: Measure
    subject: Subject
    since: float
    cause: Cause
    seconds_usual: float  # a run
    seconds_now: float
    per_minute_usual: float  # runs
    per_minute_now: float
    rows_usual: float | None = None  # a run
    rows_now: float | None = None
    locked_share: float | None = None
    growth: Growth | None = None
    sizes_are_old: bool = False  # the tables were last counted before it began
    changed: str = ""  # what changed on its tables shortly before, in words
    evidence: Evidence = Evidence.COUNTED

    @property
    def ratio(self) -> float:
        """How many times its usual level; for more runs of the same length, of its usual rate."""
        if self.measure is Measure.RATE or self.cause is Cause.RUNS:
            return self.per_minute_now / max(self.per_minute_usual, 1e-9)
        return self.seconds_now / self.seconds_usual

    @property
    def busy_ratio(self) -> float:
        """Seconds of the server's time that it takes in a second."""
        return self.per_minute_now * self.seconds_now / 60.0
