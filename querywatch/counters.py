"""The servers' running totals, and the differences between two of them, kept apart as types.

A source reads a Reading of totals; two readings of one source give differences. A counter that fell is a
`Reset`, a value like any other: the server restarted, or somebody truncated the table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import Enum

from querywatch.model import Operation, Statement

# SUM_TIMER_WAIT is an unsigned 64-bit number of picoseconds: in seconds it wraps round here.
_SECONDS_SPAN = 2**64 / 1e12


class Reset(Enum):
    """What two totals give when the later one is smaller."""

    RESET = "reset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What a server has counted since it started, or since its table was truncated."""

    executions: int
    errors: int
    seconds: float
    rows_affected: int
    rows_sent: int
    rows_examined: int
    no_index_used: int
    lock_seconds: float = 0.0  # of `seconds`, what was waited for locks; 0 where it was not read

    def plus(self, other: "Totals") -> "Totals":
        """Both together: (schema, digest) may stand in more than one row."""
        return Totals(
            **{part.name: getattr(self, part.name) + getattr(other, part.name) for part in fields(self)}
        )


NO_TOTALS = Totals(
    executions=0, errors=0, seconds=0.0, rows_affected=0, rows_sent=0, rows_examined=0, no_index_used=0
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What happened between two readings; never negative when it was counted."""

    executions: float
    errors: float
    seconds: float
    rows_affected: float
    rows_sent: float
    rows_examined: float
    no_index_used: float
    lock_seconds: float = 0.0

    def plus(self, other: "Difference") -> "Difference":
        """Both together."""
        return Difference(
            **{part.name: getattr(self, part.name) + getattr(other, part.name) for part in fields(self)}
        )

    def minus(self, other: "Difference") -> "Difference":
        """What is left without the other's; may be negative until `at_least_zero`."""
        return self.plus(other.times(-1.0))

    def times(self, factor: float) -> "Difference":
        """A share of it."""
        return Difference(**{part.name: getattr(self, part.name) * factor for part in fields(self)})

    def at_least_zero(self) -> "Difference":
        """Zero for what is negative."""
        return Difference(**{part.name: max(0.0, getattr(self, part.name)) for part in fields(self)})


NO_DIFFERENCE = Difference(
    executions=0.0,
    errors=0.0,
    seconds=0.0,
    rows_affected=0.0,
    rows_sent=0.0,
    rows_examined=0.0,
    no_index_used=0.0,
)


def find_difference(earlier: Totals, later: Totals) -> Difference | Reset:
    """What was counted in between; `Reset` when a count fell.

    Only the time is allowed to fall on its own: it wraps round.
    """
    grown = {part.name: getattr(later, part.name) - getattr(earlier, part.name) for part in fields(later)}
    seconds = grown.pop("seconds")
    if any(growth < 0 for growth in grown.values()):
        return Reset.RESET
    return Difference(seconds=seconds if seconds >= 0 else seconds + _SECONDS_SPAN, **grown)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountKey:
    """One row of the per-account counters; host as the server names it, which may be a host name."""

    account: str
    host: str
    operation: Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReading:
    """performance_schema.events_statements_summary_by_account_by_event_name, by kind of statement."""

    rows: Mapping[AccountKey, Totals]
    lost: int  # Performance_schema_accounts_lost: accounts the server had no room for


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionKey:
    """One row of the per-session counters. A thread's number is given once in a server's life."""

    thread_id: int
    session_id: int
    operation: Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionReading:
    """performance_schema.events_statements_summary_by_thread_by_event_name, of the sessions there are now."""

    rows: Mapping[SessionKey, Totals]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One execution that the server itself wrote down with its session, finished unless `seconds` is None.

    Source: performance_schema.events_statements_current, _history and _history_long, or mysql.slow_log.
    """

    key: tuple[int, int]  # (thread, event): the same execution may be read again
    session_id: int | None
    account: str
    host: str
    statement: Statement
    seconds: float | None
    rows_examined: int | None  # None: not told


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """One statement that a session holds prepared.

    Source: performance_schema.prepared_statements_instances. `executions` since it was prepared; None where the
    server does not count them.
    """

    key: tuple[int, int]  # (thread, statement)
    session_id: int
    account: str
    host: str
    statement: Statement
    executions: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestKey:
    """One statement shape in the server's own hashing."""

    database: str | None
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestRow:
    """performance_schema.events_statements_summary_by_digest, one row."""

    statement: Statement
    totals: Totals
    first_seen: float
    last_seen: float
    prepared: bool = False  # a binary prepared statement's executions, which the accounts count by themselves


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestReading:
    """The rows that were read: all of them, or those that changed since the last poll."""

    rows: Mapping[DigestKey, DigestRow]
    complete: bool
    overflow: Totals | None  # the row with NULL digest: what the full table had no room for


@dataclass(frozen=True, slots=True, kw_only=True)
class UserstatTotals:
    """information_schema.USER_STATISTICS of MariaDB, one account over all its hosts."""

    select_commands: int
    update_commands: int  # every kind of write, refused ones too
    other_commands: int
    busy_seconds: float
    rows_read: int
    rows_sent: int
    rows_inserted: int
    rows_updated: int
    rows_deleted: int
    access_denied: int  # refused commands
    connections: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UserstatReading:
    """All accounts of USER_STATISTICS."""

    rows: Mapping[str, UserstatTotals]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerStatus:
    """SHOW GLOBAL STATUS and VARIABLES, the few that the cycle needs."""

    uptime_seconds: int
    threads_running: int
    threads_connected: int
    max_connections: int
    questions: int
    performance_schema: bool
    userstat: bool | None  # None: the server has no such thing
    ansi_quotes: bool
    no_backslash_escapes: bool
    max_digest_bytes: int  # max_digest_length; what is longer is cut
    utc_offset_minutes: int | None = (
        None  # of its own clock; None: its time zone is one that it does not know
    )
    variables: Mapping[str, str] = field(default_factory=dict)  # those whose change may explain a slowdown
