"""All that one cycle knows about one server, immutable: what every page, metric and command renders."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from querywatch.analysis.situation import RunningSession
from querywatch.analysis.summary import Summary
from querywatch.findings import OpenFinding, Problem
from querywatch.model import Attribution, Evidence, Integration, Operation, ServerInfo
from querywatch.trial.states import TrialState


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """One source of evidence of one server. `reason` is '' while it is up, else a short fixed word.

    `offered` is False where the server has it not, or switched off, or grants it not: nothing is wrong then.
    """

    name: str
    up: bool
    offered: bool = True
    reason: str = ""
    advice: str = ""
    last_read_at: float | None = None
    duration_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteCount:
    """Writes of one operation since the daemon started."""

    done: float = 0.0
    refused: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationState:
    """One integration: totals since the daemon started, and its sessions now.

    `seconds`, `rows_examined` and `rows_sent` are None where nothing measures them; `evidence` says how good
    each quantity is ('statements', 'seconds', 'rows_examined', 'rows_sent', 'writes').
    """

    integration: Integration
    statements: Mapping[Operation, float]
    seconds: float | None
    rows_examined: float | None
    rows_sent: float | None
    writes: Mapping[Operation, WriteCount]
    evidence: Mapping[str, Evidence]
    seconds_variance: float = 0.0  # of what was estimated, since the daemon started
    statements_variance: float = 0.0
    error_ratios: Mapping[str, float] = field(
        default_factory=dict
    )  # quantity -> half the 90 % interval, lately
    attributions: tuple[Attribution, ...] = ()  # why its present sessions are its own, each reason once
    active: int = 0
    sleeping: int = 0
    blocked: int = 0
    longest_running_seconds: float = 0.0
    budget_ratios: Mapping[str, float] = field(default_factory=dict)
    learning_until: float | None = None  # before, nothing of it is known to be normal; None: something is

    @property
    def statements_total(self) -> float:
        """Statements of every kind."""
        return sum(self.statements.values())

    @property
    def writes_done(self) -> float:
        """Writes of every kind that were carried out."""
        return sum(count.done for count in self.writes.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """The sessions of one account and host that belong to one integration, at the last look."""

    account: str
    host: str
    program: str | None
    attribution: Attribution  # of the first of them
    sessions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryState:
    """One shape of one integration: totals since it is exported. `fingerprint` is 'other' for all the rest."""

    integration: str
    fingerprint: str
    executions: float
    seconds: float
    rows_examined: float | None
    seconds_variance: float = 0.0  # of what was estimated
    executions_variance: float = 0.0
    baseline_ratio: float | None = None  # time a run lately over the usual; None: not known


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryInfo:
    """What an exported fingerprint stands for; `shape` is as it may be shown."""

    fingerprint: str
    tables: str
    shape: str
    whole_shape: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What an integration did lately, in equal steps, the oldest first; None: not seen.

    `seconds` is the server's time that it took, `running` the most of its statements that one look saw.
    """

    integration: str
    started_at: float
    step_seconds: int
    seconds: tuple[float | None, ...]
    running: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One server as its last cycle left it."""

    server: str  # the configured name
    at: float
    up: bool
    attempted: bool  # whether a first cycle has ended, well or badly
    info: ServerInfo | None = None
    trouble: str = ""  # why it is not up
    sources: tuple[SourceState, ...] = ()
    integrations: tuple[IntegrationState, ...] = ()
    queries: tuple[QueryState, ...] = ()
    query_infos: tuple[QueryInfo, ...] = ()
    running: tuple[RunningSession, ...] = ()
    connected: tuple[Connected, ...] = ()
    findings: tuple[OpenFinding, ...] = ()
    problems: tuple[Problem, ...] = ()
    findings_opened: Mapping[tuple[str, str], int] = field(default_factory=dict)  # (rule, severity)
    poll_failures: Mapping[tuple[str, str], int] = field(default_factory=dict)  # (source, reason)
    observer_seconds: float = 0.0
    observer_budget_ratio: float | None = None  # None: nothing was spent yet
    residual_ratio: float | None = None  # None: no margin to compare with
    capture_ratios: Mapping[str, float] = field(default_factory=dict)  # duration in words -> chance
    changes_noticed: Mapping[str, int] = field(default_factory=dict)  # kind of change, since the start
    trials: tuple[TrialState, ...] = ()  # each integration's last
    summaries: tuple[Summary, ...] = ()  # the last day's and week's, since the daemon started
    blocking_victims: Mapping[str, int] | None = (
        None  # integration -> who waits for it; None: it cannot be told
    )

    @property
    def sees_sessions(self) -> bool:
        """Whether the last look saw who is connected; if not, their numbers are unknown and not 0."""
        return any(source.name == "processlist" and source.up for source in self.sources)

    @property
    def visible_findings(self) -> tuple[OpenFinding, ...]:
        """The findings that are still about now: of a server that is away, only that it is."""
        if self.up:
            return self.findings
        return tuple(found for found in self.findings if found.finding.rule == "coverage.blind")
