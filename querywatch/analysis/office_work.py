"""Recognises what an office's own upkeep runs, so that nobody is blamed for it: by statements and sessions alone.

Never by the name of an account: anybody may be called backup.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from querywatch.analysis.situation import AccountLoad, QueryLoad, RunningSession
from querywatch.model import Kind, Operation, Session, Statement
from querywatch.opendental import HEARTBEAT_TABLE

_DUMP = re.compile(r"SELECT SQL_NO_CACHE (?:\*|[^()?]+) FROM [^ ,]+")
_LOCKS_TO_COPY = re.compile(
    r"LOCK TABLES \S+ READ(?: local)?(?:, \S+ READ(?: local)?)*"
    r"|FLUSH (?:local )?TABLES(?: .*WITH READ LOCK)?"
    r"|START TRANSACTION WITH consistent snapshot|backup stage \w+"
)
_UPKEEP = re.compile(
    r"(?:OPTIMIZE|CHECK|repair|ANALYZE) (?:local |NO_WRITE_TO_BINLOG )?TABLES? .*", re.DOTALL
)
# What these programs, and every client library, send besides.
_BESIDES = re.compile(
    r"(?:SHOW|SET|USE|UNLOCK TABLES|SAVEPOINT|ROLLBACK|RELEASE SAVEPOINT|COMMIT|START TRANSACTION|SELECT @@|SELECT \?|"
    r"SELECT (?:VERSION|DATABASE|CONNECTION_ID|LAST_INSERT_ID)\(|SELECT .* FROM (?:information|performance)_schema\.)",
    re.DOTALL,
)
_DUMPING_PROGRAMS = frozenset({"mysqldump", "mariadb-dump", "mydumper", "mariabackup", "mariadb-backup"})
_REPLICA_COMMANDS = frozenset({"Binlog Dump", "Binlog Dump GTID", "Register Slave"})
_AGING_TABLE = "famaging"  # Open Dental's own, filled and read by nothing but aging


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One kind of an office's own work: what shows it beyond doubt."""

    says: str  # completes "it ..."
    shapes: tuple[re.Pattern[str], ...] = ()  # of one statement, whole
    programs: frozenset[str] = frozenset()
    commands: frozenset[str] = frozenset()  # of the session
    tables: frozenset[str] = frozenset()  # one of which the statement uses
    operations: frozenset[Operation] | None = None  # None: any
    by_tools: bool = True  # by a program that offices run beside Open Dental, on an account of its own

    def shows_in(self, statement: Statement) -> bool:
        """Whether the statement shows this work."""
        if self.operations is not None and statement.operation not in self.operations:
            return False
        if self.tables & {table.casefold() for table in statement.tables}:
            return True
        return any(shape.fullmatch(statement.shape) for shape in self.shapes)

    def shows_by(self, session: Session) -> bool:
        """Whether the session shows it, whatever it runs."""
        program = (session.program or "").casefold().removesuffix(".exe")
        return session.command in self.commands or program in self.programs


WORK = (
    Work(says="makes a backup", shapes=(_DUMP, _LOCKS_TO_COPY), programs=_DUMPING_PROGRAMS),
    Work(says="keeps a replica", commands=_REPLICA_COMMANDS),
    Work(says="checks or tidies tables", shapes=(_UPKEEP,), operations=frozenset({Operation.OTHER})),
    Work(
        says="asks for Open Dental's signals",
        tables=frozenset({HEARTBEAT_TABLE}),
        operations=frozenset({Operation.SELECT}),
        by_tools=False,
    ),
    Work(says="computes Open Dental's aging", tables=frozenset({_AGING_TABLE}), by_tools=False),
)


def find_work(statement: Statement) -> Work | None:
    """The office's work that a statement shows."""
    return next((work for work in WORK if work.shows_in(statement)), None)


class OfficeTools:
    """What the accounts that no integration claims have shown to do; the clock is passed in."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}

    def observe(
        self,
        queries: Iterable[QueryLoad],
        accounts: Iterable[AccountLoad],
        running: Iterable[RunningSession],
        now: float,
        learning_seconds: float,
    ) -> Mapping[str, str]:
        """Account -> what it does for the office, by all that is seen of it.

        Before its first table every dump sends what any client does: an account that has shown nothing else yet is
        given a moment.
        """
        found = find_office_work(queries, running)
        unclaimed = {load.account for load in accounts if load.integration.kind is Kind.UNKNOWN}
        unclaimed |= {
            each.session.account for each in running if each.attribution.integration.kind is Kind.UNKNOWN
        }
        self._since = {account: min(now, self._since.get(account, now)) for account in unclaimed}
        told = {account for account, statement in _find_seen(queries, running) if not is_besides(statement)}
        new = {
            account
            for account, since in self._since.items()
            if account not in told and now - since < learning_seconds
        }
        return {**dict.fromkeys(new, "has only just come"), **found}


def find_office_work(queries: Iterable[QueryLoad], running: Iterable[RunningSession]) -> Mapping[str, str]:
    """Account that no integration claims -> what its tools do for the office, where nothing else was seen of it."""
    seen = _find_seen(queries, running)
    shown = {account: work.says for account, statement in seen if (work := _find_tool(statement)) is not None}
    shown |= {
        each.session.account: work.says
        for each in running
        for work in WORK
        if each.attribution.integration.kind is Kind.UNKNOWN and work.shows_by(each.session)
    }
    others = {
        account
        for account, statement in seen
        if account in shown and _find_tool(statement) is None and not is_besides(statement)
    }
    return {account: says for account, says in shown.items() if account not in others}


def is_besides(statement: Statement) -> bool:
    """Whether it tells nothing: what every client library and every tool sends."""
    return _BESIDES.match(statement.shape) is not None


def _find_seen(
    queries: Iterable[QueryLoad], running: Iterable[RunningSession]
) -> list[tuple[str, Statement]]:
    """(account, statement) of all that accounts were seen running which no integration claims."""
    seen = [
        (query.account, query.statement)
        for query in queries
        if query.integration.kind is Kind.UNKNOWN and not query.supposed
    ]
    return seen + [
        (entry.session.account, entry.session.statement)
        for entry in running
        if entry.attribution.integration.kind is Kind.UNKNOWN and entry.session.statement is not None
    ]


def _find_tool(statement: Statement) -> Work | None:
    work = find_work(statement)
    return work if work is not None and work.by_tools else None


def find_session_work(entry: RunningSession, office_work: Mapping[str, str]) -> str | None:
    """What one session of nobody's does for the office; None for a third party's, and where it is not known."""
    if entry.attribution.integration.kind is not Kind.UNKNOWN:
        return None
    work = None if entry.session.statement is None else find_work(entry.session.statement)
    return work.says if work is not None else office_work.get(entry.session.account)
