"""What the rules look at: everything one cycle knows about one server, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from querywatch.analysis.budgets_burn import Burn, BurnKey
from querywatch.analysis.regression import Regression
from querywatch.analysis.timeline import Change
from querywatch.hours import WeeklyHours
from querywatch.model import (
    Attribution,
    Evidence,
    Integration,
    Kind,
    Operation,
    Right,
    Schema,
    ServerInfo,
    Session,
    Severity,
    Statement,
)
from querywatch.plan import Plan
from querywatch.sql.outline import Query
from querywatch.sql.reading import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The thresholds of the rules ([rules] in the configuration), with their defaults."""

    large_table_rows: int = 10_000
    rows_per_run: int = 100_000  # examined by one execution
    rows_per_run_critical: int = 500_000  # read by one execution that no index serves
    rows_pulled_critical: int = 200_000  # handed over by one execution that nothing bounds
    rows_per_row_sent: int = 1_000  # only where one execution examines at least `large_table_rows`
    rows_per_minute_warning: int = 5_000  # examined without an index's help
    rows_per_minute_critical: int = 50_000
    statements_per_minute: int = 600
    busy_ratio: float = 0.25  # seconds of server time a second
    repeat_per_minute: int = 600  # one-row look-ups of one shape, or of one account
    repeat_per_minute_critical: int = 3_000
    lookups_per_minute_critical: int = 20  # that no index can answer, however small the table
    poll_period_seconds: float = 60.0  # a costly poll at this period or faster is too frequent
    running_seconds_warning: float = 10.0
    running_seconds_critical: float = 60.0
    blocking_seconds: float = 3.0  # that the office waits for a third party's lock
    blocking_victims: int = 5  # who wait for one third party's session
    leak_ratio: float = 3.0  # sleeping connections over the account's own usual number ...
    leak_connections: int = 50  # ... and so many more than usual
    leak_learning_seconds: float = 86_400.0  # of sight, before an account's number is usual
    learning_seconds: float = 20.0  # rates are judged after this much sight, never sooner
    severities: Mapping[str, Severity] = field(default_factory=dict)  # rule id -> severity at the most
    switched_off: frozenset[str] = frozenset()  # rule ids


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLoad:
    """What one account of one integration did in the window.

    `rows_examined` and `rows_sent` are None where nothing counts them. With `sampled` evidence
    `statements` holds distinct executions seen, and `statements_at_least_per_minute` a lower bound of the
    true rate.
    """

    integration: Integration
    account: str
    host: str | None  # None: all hosts of the account together (userstat)
    reason: str  # why it is this integration's
    statements: Mapping[Operation, float]
    seconds: float
    rows_examined: float | None
    rows_sent: float | None
    evidence: Evidence
    statements_at_least_per_minute: float = 0.0
    confidence: float = 1.0  # less than 1: concluded from what was seen, not named by the configuration
    shared: bool = False  # the account is used by others too

    @property
    def total(self) -> float:
        """Statements of all kinds in the window."""
        return sum(self.statements.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryLoad:
    """What one shape of one integration did in the window.

    `started_at` holds the start times of the executions that polls saw, oldest first, as far as they are still
    remembered (which may be longer than the window).
    """

    integration: Integration
    account: str
    statement: Statement
    executions: float
    seconds: float
    rows_examined: float | None
    rows_sent: float | None
    no_index_used: float | None  # executions the server counted so (SUM_NO_INDEX_USED)
    evidence: Evidence
    started_at: tuple[float, ...] = ()
    reason: str = ""  # why it is this integration's
    confidence: float = 1.0  # less than 1: concluded from what was seen, not named by the configuration
    shared: bool = False  # the account is used by others too
    supposed: bool = False  # nobody was seen running it: no ground for a finding
    reading: Reading | None = None  # what a run reads of each table; None: not found out


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteSeen:
    """Writes of one account and operation since the last cycle; an event, not a state.

    What is known to have changed temporary tables alone is not among them. `perhaps_temporary` says that every
    statement of this kind that is known of the account does no more than that, and not all are known.
    """

    integration: Integration
    account: str
    host: str | None
    operation: Operation
    done: float
    refused: float
    evidence: Evidence
    done_so_far: float = 0.0  # since the daemon started, these included; 0: not told
    refused_so_far: float = 0.0
    statement: Statement | None = None  # where a poll saw one of them
    outward_shape: str = ""
    perhaps_temporary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningSession:
    """One session of now, with whose it is."""

    session: Session
    attribution: Attribution
    outward_shape: str  # '' when nothing runs


class LockKind(StrEnum):
    """What a session waits for."""

    TABLE = "table lock"  # MyISAM's, and LOCK TABLES
    METADATA = "metadata lock"  # the table's definition: ALTER and whatever uses the table exclude each other
    ROW = "row lock"  # InnoDB's
    GLOBAL = "global read lock"  # FLUSH TABLES WITH READ LOCK, and a backup's


@dataclass(frozen=True, slots=True, kw_only=True)
class Victim:
    """A session that waits; `seconds` is how long at least."""

    entry: RunningSession
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One session that waits for nobody, and all who wait for it, directly or behind others; never empty.

    `sampled` evidence is the server's own word for who waits for whom; it is `inferred` where that was concluded
    from what the sessions run.
    """

    blocker: RunningSession
    victims: tuple[Victim, ...]  # the longest wait first
    kind: LockKind  # for which those wait who wait for the blocker itself
    table: str  # folded; '' is not told
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """The sleeping connections of one account that belong to one integration; `usual` is None while it is learnt."""

    integration: Integration
    account: str
    sleeping: int
    usual: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Blindness:
    """One thing that cannot be seen. `subject` is a source's name, 'server', 'digests', 'writes', ..."""

    subject: str
    severity: Severity
    message: str
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that one cycle knows about one server, handed to every rule."""

    now: float
    server: ServerInfo | None  # None: never reached yet
    schema: Schema | None  # None: not readable, or not read yet
    limits: Limits
    integrations: Mapping[str, Integration]
    window_seconds: float  # how much time `accounts` and `queries` cover; 0: nothing yet
    accounts: tuple[AccountLoad, ...] = ()
    queries: tuple[QueryLoad, ...] = ()
    running: tuple[RunningSession, ...] = ()
    writes: tuple[WriteSeen, ...] = ()
    blindness: tuple[Blindness, ...] = ()
    rights: tuple[Right, ...] | None = None  # None: the privilege tables are not readable
    plans: Mapping[str, Plan] = field(default_factory=dict)  # fingerprint -> as the server told it
    views: Mapping[tuple[str, str], Query] = field(default_factory=dict)  # those whose definition is known
    blocks: tuple[Block, ...] = ()  # the worst moment of each since the last time the rules looked
    crowds: tuple[Crowd, ...] = ()
    office_work: Mapping[str, str] = field(default_factory=dict)  # unclaimed account -> its work
    regressions: tuple[Regression, ...] = ()  # what left its own baseline
    burns: Mapping[BurnKey, Burn] = field(default_factory=dict)  # of what has a budget of its own
    known_names: frozenset[str] = frozenset()  # what a rewritten statement may show by name
    minute_of_week: float | None = None  # since Monday 00:00 by the office's clock; None: not known
    office_hours: WeeklyHours | None = None
    maintenance: WeeklyHours | None = None
    changes: tuple[Change, ...] = ()  # of the last week, as far as they were noticed, oldest first

    @property
    def office_open(self) -> bool:
        """Whether the office is open; it is taken to be where its clock or its hours are not known."""
        if self.minute_of_week is None or self.office_hours is None:
            return True
        return self.office_hours.contains(self.minute_of_week)

    @property
    def in_maintenance(self) -> bool:
        """Whether the office is backed up or upgraded now."""
        if self.minute_of_week is None or self.maintenance is None:
            return False
        return self.maintenance.contains(self.minute_of_week)

    @property
    def third_party_queries(self) -> tuple[QueryLoad, ...]:
        """The shapes that are not the office's own, and that somebody of theirs was seen running."""
        return tuple(load for load in self.queries if self._is_theirs(load) and not load.supposed)

    @property
    def third_party_accounts(self) -> tuple[AccountLoad, ...]:
        """The accounts that are not the office's own."""
        return tuple(load for load in self.accounts if self._is_theirs(load))

    def _is_theirs(self, load: AccountLoad | QueryLoad) -> bool:
        if load.integration.kind is Kind.UNKNOWN and load.account in self.office_work:
            return False
        return load.integration.kind.is_third_party

    @property
    def rates_are_known(self) -> bool:
        """Whether the window is long enough to speak of rates."""
        return self.window_seconds >= self.limits.learning_seconds

    def per_minute(self, amount: float) -> float:
        """An amount of the window as a rate a minute."""
        return amount * 60.0 / self.window_seconds if self.window_seconds else 0.0


__all__ = [
    "AccountLoad",
    "Blindness",
    "Block",
    "Crowd",
    "Limits",
    "LockKind",
    "QueryLoad",
    "RunningSession",
    "Situation",
    "Victim",
    "WriteSeen",
]
