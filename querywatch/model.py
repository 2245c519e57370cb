"""The nouns every stage shares: servers, sessions, statements, integrations, evidence, findings.

Values only, all immutable. `None` is "not available"; 0 is "measured, and none". Times are seconds since the
epoch (UTC), durations are seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from querywatch.hours import WeeklyHours

if TYPE_CHECKING:  # the outline's own nouns are made of these
    from querywatch.sql.hints import Hints
    from querywatch.sql.outline import Outline


class Flavour(StrEnum):
    """Whose server it is."""

    MYSQL = "mysql"
    MARIADB = "mariadb"


class Evidence(StrEnum):
    """How good the evidence behind a number or a finding is, best first."""

    COUNTED = "counted"  # the server's own counters
    SAMPLED = "sampled"  # seen in polls; what is short may have been missed
    INFERRED = "inferred"  # concluded, from the schema or the statement


class Severity(StrEnum):
    """How much a finding matters."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info, 2 for critical."""
        return list(Severity).index(self)


class Kind(StrEnum):
    """What sort of integration it is, in Open Dental's own sorting."""

    OPENDENTAL = "opendental"
    API = "api"
    NATIVE = "native"
    PROGRAM_LINK = "program-link"
    PLUGIN = "plugin"
    DIRECT_READ = "direct-read"
    DANGEROUS = "dangerous"
    UNKNOWN = "unknown"

    @property
    def is_third_party(self) -> bool:
        """Whether other people's software, rather than the office's own, is at work."""
        return self not in {Kind.OPENDENTAL, Kind.NATIVE}

    @property
    def may_write(self) -> bool:
        """Whether writes to the practice's tables are in order."""
        return self in {Kind.OPENDENTAL, Kind.NATIVE, Kind.API, Kind.PLUGIN}


class Operation(StrEnum):
    """What a statement does."""

    SELECT = "select"
    INSERT = "insert"  # LOAD DATA too
    UPDATE = "update"
    DELETE = "delete"
    REPLACE = "replace"
    DDL = "ddl"  # CREATE, ALTER, DROP, TRUNCATE, RENAME, GRANT, REVOKE
    CALL = "call"
    SET = "set"
    PREPARED = "prepared"  # a prepared statement's execution whose text is not known
    OTHER = "other"

    @property
    def is_write(self) -> bool:
        """Whether it may change data, definitions or rights."""
        return self in _WRITES


_WRITES = frozenset(
    {Operation.INSERT, Operation.UPDATE, Operation.DELETE, Operation.REPLACE, Operation.DDL, Operation.CALL}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerInfo:
    """One database server, as it described itself when the connection was made."""

    name: str  # the configuration's
    flavour: Flavour
    version: tuple[int, int, int]
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def version_text(self) -> str:
        """The version as people write it: '10.11.6'."""
        return ".".join(map(str, self.version))


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One SQL statement reduced to its shape.

    `shape` holds no literal, but it still holds identifiers as they were written, and an alias may carry
    anything: it never leaves the process except through `sql.clean.render_outward`.
    """

    fingerprint: str  # 16 hex digits
    shape: str = field(repr=False)
    operation: Operation
    tables: tuple[str, ...] = field(repr=False)  # in order of appearance, folded, without their database
    cut: bool = False  # the server or the reader cut the text
    temporary: bool = False  # it creates or drops temporary tables, and changes nothing else
    outline: "Outline | None" = field(default=None, repr=False, compare=False)  # None: not parsed
    hints: "Hints" = field(default=(), repr=False, compare=False)  # what its texts have in common


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One connection as one poll saw it (information_schema.PROCESSLIST)."""

    session_id: int
    account: str  # the user name, without host; '' is the anonymous account
    host: str  # without the port; 'localhost' for a socket
    database: str | None
    command: str  # 'Query', 'Sleep', 'Execute', ...
    state: str
    seconds: float  # in the present command and state; whole seconds on MySQL, milliseconds on MariaDB
    statement: Statement | None  # what runs now
    query_id: int | None = None  # MariaDB: grows with every statement of the server
    examined_rows: int | None = None  # MariaDB: so far, a lower bound
    program: str | None = None

    @property
    def is_active(self) -> bool:
        """Whether it runs, or waits to run, a statement."""
        return self.command in {"Query", "Execute"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """One index; columns in order, folded; a prefix index has a number in `prefixes` at that place."""

    name: str
    columns: tuple[str, ...]
    unique: bool
    prefixes: tuple[int | None, ...] = ()
    cardinalities: tuple[int | None, ...] = ()  # distinct values of the first column, of the first two, ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of the practice, from information_schema; names fold case."""

    database: str
    name: str
    engine: str | None
    rows: int | None  # exact on MyISAM and Aria, estimated on InnoDB
    columns: Mapping[str, str]  # name -> type
    indexes: tuple[Index, ...]
    nullable: frozenset[str] | None = None  # the columns that may be NULL; None: not known
    row_bytes: int | None = None  # of a row, on average
    is_view: bool = False  # then it has no rows, columns and indexes of its own
    definition: Statement | None = None  # of a view; None: it is kept from the account


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """What the account may see of the practice's tables, keyed by (database, table), folded."""

    tables: Mapping[tuple[str, str], Table]

    def find(self, table: str, database: str | None) -> Table | None:
        """The table of that name; without a database, the only one of that name there is."""
        if database is not None:
            return self.tables.get((database.casefold(), table.casefold()))
        found = [entry for (_, name), entry in self.tables.items() if name == table.casefold()]
        return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """What one integration may use; None is the general limit of the rules, or none."""

    statements_per_minute: float | None = None
    busy_ratio: float | None = None
    rows_examined_per_minute: float | None = None
    longest_seconds: float | None = None
    connections: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When one integration is expected."""

    period_seconds: float | None = None
    allowed_hours: WeeklyHours | None = None  # None: at any hour


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """One piece of software that uses the database, as the configuration names it."""

    name: str
    kind: Kind
    accounts: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()  # CIDR, address or glob
    programs: tuple[str, ...] = ()  # globs over the program_name of session_connect_attrs
    markers: tuple[str, ...] = ()  # globs over the shape of what it runs
    writes_allowed: bool = False
    budgets: Budgets = Budgets()
    schedule: Schedule = Schedule()
    off_steps: tuple[str, ...] = ()  # how to turn it off, in the office's own words
    contact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """What one account may change, by one grant. Source: the server's privilege tables."""

    account: str
    host: str  # the server's pattern: '%', '192.168.%', '10.0.0.0/255.0.0.0'
    database: str  # a pattern with _ and %; '' is every database
    table: str  # a table or a routine; '' is all of the database
    privileges: tuple[str, ...]  # in GRANT's words, those that change something: 'INSERT', 'DROP', ...
    role: str = ""  # the role that has it, where the account was given one


UNKNOWN = Integration(name="unknown", kind=Kind.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """Whose a session, a statement or an account is, and why.

    `confidence` is 1 where the configuration names it, less where it was concluded from what was seen. `shared`
    says that the account is used by others too, so that it must not be locked for this integration's sake.
    """

    integration: Integration
    reason: str
    confidence: float = 1.0
    shared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a rule found. What it is about is its identity; the rest may change from cycle to cycle.

    `subject` is the account, host, table or source it is about; `fingerprint` is '' when it is about no
    single shape. `message` and `advice` hold no literal and no identifier that the schema does not know.
    """

    rule: str
    severity: Severity
    integration: str
    subject: str
    fingerprint: str = ""
    message: str = field(compare=False)
    advice: str = field(compare=False)
    evidence: Evidence = field(compare=False)
    measured: float | None = field(default=None, compare=False)
    limit: float | None = field(default=None, compare=False)
    table: str = field(default="", compare=False)  # the one whose reading it is about, folded
    columns: tuple[str, ...] = field(default=(), compare=False)  # of that table, what no index serves
    rewrite: str = field(default="", compare=False)  # the statement as it should be, fit for anybody's eyes

    @property
    def key(self) -> tuple[str, str, str, str]:
        """(integration, rule, subject, fingerprint): a finding of the same key is the same finding."""
        return (self.integration, self.rule, self.subject, self.fingerprint)

    @property
    def limit_ratio(self) -> float | None:
        """Measured over limit, where both are known."""
        if self.measured is None or not self.limit:
            return None
        return self.measured / self.limit
