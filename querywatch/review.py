"""Judges statements before they ever run, by the rules that judge what runs."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from querywatch.analysis.access.habits import Habits
from querywatch.analysis.access.reading import find_reading
from querywatch.analysis.access.resolving import Views
from querywatch.analysis.rules import find_all
from querywatch.analysis.rules.words import join_words
from querywatch.analysis.rules.write_forbidden import RULE as WRITE_FORBIDDEN
from querywatch.analysis.situation import Limits, QueryLoad, Situation
from querywatch.hours import WeeklyHours
from querywatch.model import (
    Evidence,
    Finding,
    Integration,
    Kind,
    Operation,
    Schema,
    ServerInfo,
    Severity,
    Statement,
)
from querywatch.sql.hints import Hints
from querywatch.sql.reading import Access, Reading
from querywatch.units import format_seconds

OK = "ok"
USUAL_SECONDS = 3600.0  # between two runs, where nobody says how often
_AUTHOR = Integration(name="This statement", kind=Kind.DIRECT_READ)  # messages begin with its name
_WINDOW_SECONDS = 3600.0
_RUNS_SHOWN = 30  # enough to be seen as a period
_UNREAD = "coverage.blind"
_GIVE_WHOLE = "Give the statement whole, as the server would be sent it, with ? for what is filled in."
_SERVERS_OWN = frozenset({"information_schema", "performance_schema", "mysql", "sys"})
_INDIRECT = frozenset({"PREPARE", "EXECUTE", "DEALLOCATE"})
_NOT_JUDGED = frozenset(
    {
        "ANALYZE",
        "CACHE",
        "CHECK",
        "CHECKSUM",
        "DO",
        "FLUSH",
        "GRANT",
        "HANDLER",
        "HELP",
        "KILL",
        "LOAD",
        "LOCK",
    }
    | {"OPTIMIZE", "RELEASE", "RENAME", "REPAIR", "RESET", "REVOKE", "SAVEPOINT", "SIGNAL", "UNLOCK", "XA"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One statement, and the seconds between two of its runs; `periodic` when a clock starts it, not a person."""

    statement: Statement
    hints: Hints = ()  # what its literals are like
    every_seconds: float = USUAL_SECONDS
    periodic: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where and when statements would run; without a moment they run within office hours."""

    schema: Schema
    limits: Limits
    server: ServerInfo | None = None
    habits: Habits = field(default_factory=Habits)  # of the server's optimiser
    views: Views = field(default_factory=dict)  # those whose definition is known
    minute_of_week: float | None = None
    office_hours: WeeklyHours | None = None
    known_names: frozenset[str] = frozenset()  # what may be shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What is to be said of one statement, the worst first."""

    asked: Asked
    reading: Reading
    findings: tuple[Finding, ...]

    @property
    def severity(self) -> Severity | None:
        """The worst of its findings; None when there is none."""
        return max((each.severity for each in self.findings), key=lambda each: each.rank, default=None)

    @property
    def verdict(self) -> str:
        """'ok', or the worst severity."""
        return OK if self.severity is None else str(self.severity)


def judge(asked: Asked, setting: Setting) -> Judged:
    """What the rules find in the statement, as software of somebody else's that may only read would run it."""
    found = find_reading(
        asked.statement.outline,
        setting.schema,
        hints=asked.hints,
        views=setting.views,
        habits=setting.habits,
    )
    reading = found or Reading(kind=asked.statement.operation, parsed=False)
    situation = make_situation(asked, reading, setting)
    findings = [
        *_find_writes(asked),
        *find_all(situation),
        *_find_unread(asked, reading),
        *_find_unseen(asked, reading, setting.schema),
    ]
    findings = [each for each in findings if each.rule not in setting.limits.switched_off]
    worst_first = tuple(sorted(findings, key=lambda each: -each.severity.rank))
    return Judged(asked=asked, reading=reading, findings=worst_first)


def make_situation(asked: Asked, reading: Reading, setting: Setting) -> Situation:
    """The server as it would be with this statement and nothing else."""
    window_seconds = max(_WINDOW_SECONDS, 2 * asked.every_seconds)
    starts = tuple(run * asked.every_seconds for run in range(_RUNS_SHOWN)) if asked.periodic else ()
    load = QueryLoad(
        integration=_AUTHOR,
        account="",
        statement=asked.statement,
        executions=window_seconds / asked.every_seconds,
        seconds=0.0,
        rows_examined=None,
        rows_sent=None,
        no_index_used=None,
        evidence=Evidence.INFERRED,
        started_at=starts,
        reading=reading,
    )
    return Situation(
        now=_RUNS_SHOWN * asked.every_seconds,
        server=setting.server,
        schema=setting.schema,
        limits=setting.limits,
        integrations={_AUTHOR.name: _AUTHOR},
        window_seconds=window_seconds,
        queries=(load,),
        known_names=setting.known_names,
        minute_of_week=setting.minute_of_week,
        office_hours=setting.office_hours,
    )


def _find_writes(asked: Asked) -> tuple[Finding, ...]:
    statement = asked.statement
    if not statement.operation.is_write or statement.temporary:
        return ()
    return (
        Finding(
            rule=WRITE_FORBIDDEN.id,
            severity=Severity.CRITICAL,
            integration=_AUTHOR.name,
            subject=str(statement.operation),
            fingerprint=statement.fingerprint,
            message=f"This statement writes ({statement.operation.upper()}), past Open Dental, every "
            f"{format_seconds(asked.every_seconds)}: other companies' software may only read.",
            advice="Write through Open Dental's API. Records changed past Open Dental leave no trace of who "
            "changed them.",
            evidence=Evidence.INFERRED,
        ),
    )


def _find_unread(asked: Asked, reading: Reading) -> tuple[Finding, ...]:
    """A statement that nobody could read is not known to be well."""
    statement = asked.statement
    if reading.parsed:
        return ()
    reason, advice = _find_reason(statement)
    message = f"This statement could not be read, so that nothing is said of its indexes: {reason}."
    return (_make_blind("parser", message, advice, statement),)


def _make_blind(subject: str, message: str, advice: str, statement: Statement) -> Finding:
    return Finding(
        rule=_UNREAD,
        severity=Severity.INFO,
        integration=_AUTHOR.name,
        subject=subject,
        fingerprint=statement.fingerprint,
        message=message,
        advice=advice,
        evidence=Evidence.INFERRED,
    )


def _find_unseen(asked: Asked, reading: Reading, schema: Schema) -> Iterator[Finding]:
    """The tables that nothing is known of; one that the schema does not have may be called anything."""
    unknown = [
        each
        for each in reading.tables
        if each.access is Access.UNKNOWN and each.database not in _SERVERS_OWN and each.name != "dual"
    ]
    names = {each.name: schema.find(each.name, each.database) for each in unknown}
    views = [name for name, table in names.items() if table is not None and table.is_view]
    if views:
        message = (
            f"Nothing is said of what this statement reads by way of {join_words(views)}: a view, whose definition a "
            "server shows to none but who may SHOW VIEW and SELECT from it, and a saved schema does not hold."
        )
        yield _make_blind("views", message, "Give the query that the view is made of.", asked.statement)
    if len(names) > len(views):
        message = (
            "Nothing is said of a table of this statement that the schema does not have: it is not there, or it "
            "cannot be told which of several databases it is in."
        )
        advice = "Write the table's name as the schema has it, with its database before it."
        yield _make_blind("tables", message, advice, asked.statement)


def _find_reason(statement: Statement) -> tuple[str, str]:
    """Why a statement could not be read, and what to do about it."""
    first = statement.shape.partition(" ")[0].upper()
    if statement.cut:
        return "its text ends within a string, a name or a comment, or is too long", _GIVE_WHOLE
    if statement.outline is not None:
        reason = "it names more tables, itself or by its views, than a server joins or querywatch follows"
        return reason, "Ask for less at a time, or give the statement without views that it does not need."
    if statement.operation is Operation.CALL:
        reason = "what it runs stands in a routine of the server's, not in its text"
        return reason, "Give the statements of the routine, each on its own."
    if first in _INDIRECT:
        reason = "what it runs is a prepared statement, whose text is a value to it"
        return reason, "Give the text that is prepared, as a statement of its own."
    if first in _NOT_JUDGED:
        reason = f"querywatch does not look into statements that begin with {first}"
        return reason, "None is needed where it reads no table; a query inside it is judged on its own."
    return "it has words that querywatch does not know in that place, or is too large to be read", _GIVE_WHOLE
