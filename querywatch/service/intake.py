"""Reads what one server offers: its sessions on every cycle, counters and schema when they are due."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from querywatch.counters import ServerStatus
from querywatch.db.connection import STATEMENTS as CONNECTION_STATEMENTS
from querywatch.db.connection import Connection
from querywatch.db.privileges import STATEMENTS as PRIVILEGE_STATEMENTS
from querywatch.db.privileges import may_see_all_sessions
from querywatch.db.server import has_guarded_explain
from querywatch.model import Right, Schema, Session
from querywatch.service.counting import Readings
from querywatch.service.reader import SourceReader
from querywatch.service.records import Records
from querywatch.sources import (
    accounts,
    attributes,
    base,
    digests,
    explained,
    locks,
    plans,
    prepared,
    processlist,
    recorded,
    rights,
    schema,
    session_counters,
    slow_log,
    status,
    tables,
    threads,
    userstat,
    views,
)
from querywatch.sql.lexer import ModesFrom
from querywatch.sql.reduce import StatementBook

_RECORDS_SECONDS = 0.01  # of server time: more than reading them takes
_STATEMENTS = (
    *CONNECTION_STATEMENTS,
    *PRIVILEGE_STATEMENTS,
    *base.STATEMENTS,
    *accounts.STATEMENTS,
    *attributes.STATEMENTS,
    *digests.STATEMENTS,
    *explained.STATEMENTS,
    *locks.STATEMENTS,
    *plans.STATEMENTS,
    *prepared.STATEMENTS,
    *processlist.STATEMENTS,
    *recorded.STATEMENTS,
    *rights.STATEMENTS,
    *schema.STATEMENTS,
    *session_counters.STATEMENTS,
    *slow_log.STATEMENTS,
    *status.STATEMENTS,
    *tables.STATEMENTS,
    *threads.STATEMENTS,
    *userstat.STATEMENTS,
    *views.STATEMENTS,
)


class Intake:
    """One server's sources, with what they have in common: the shapes known, and who querywatch itself is."""

    def __init__(self, name: str, databases: tuple[str, ...], schema_interval_seconds: float) -> None:
        self._databases = databases
        self.guarded_explain = False  # whether MySQL may be asked to EXPLAIN
        self.reader = SourceReader(name)
        self.book = StatementBook(modes_from=ModesFrom.SERVER)
        # Parameters stand as %s in a statement that is sent, and as a literal in what the server made of it.
        self.own_fingerprints = frozenset(
            self.book.from_text(statement.replace("%%", "%").replace("%s", "0")).fingerprint
            for statement in _STATEMENTS
        )
        self.ever_up: frozenset[str] = frozenset()
        self.lost_accounts = 0
        self.overflow_executions = 0
        self._schema = schema.SchemaSource(databases, schema_interval_seconds)
        self._busy_tables: frozenset[str] | None = frozenset()
        self._digests = digests.DigestSource()
        self._records = Records(self.reader, self.book)
        self._programs: dict[int, str] = {}
        self._asked: set[int] = set()  # the sessions whose programs have been read, if they have any
        self._rights_known = False
        self._rights_interval_seconds = schema_interval_seconds
        self._rights_due_at = 0.0
        self._rights: tuple[Right, ...] | None = None
        self._probe_due_at = 0.0

    def connected(self) -> None:
        """A new connection: everything is tried again, and the schema is read anew."""
        self.reader.retry_all()
        self._schema.renew()
        self._programs = {}
        self._rights_known = False
        self._rights_due_at = 0.0
        self._probe_due_at = 0.0
        self._records.connected()

    def read_sessions(
        self, connection: Connection, now: float, *, with_programs: bool = False
    ) -> tuple[Session, ...] | None:
        """Everybody's sessions but our own, with their programs as last read; None: not available.

        `with_programs` reads them at once when there are new sessions.
        """
        sessions = self.reader.read("processlist", lambda: self._read_processlist(connection), now)
        self._note_up()
        self._busy_tables = schema.find_busy_tables(sessions or ())
        if sessions is None:
            return None
        if with_programs and not {session.session_id for session in sessions} <= self._asked:
            self._read_programs(connection, now)
            self._asked = {session.session_id for session in sessions}
        return tuple(
            _with_program(session, self._programs.get(session.session_id))
            for session in sessions
            if session.session_id != connection.connection_id
        )

    def _read_processlist(self, connection: Connection) -> tuple[Session, ...]:
        self._require_all_sessions(connection)
        return processlist.read_sessions(connection, self.book)

    def _require_times(self, connection: Connection) -> None:
        processlist.require_times(connection)
        self._require_all_sessions(connection)

    def _require_all_sessions(self, connection: Connection) -> None:
        # Without PROCESS the server names our own sessions alone, and says nothing of it.
        if not self._rights_known and not may_see_all_sessions(connection):
            message = "the account may see no session but its own"
            raise base.SourceUnavailableError(message, reason="privilege", advice=base.GRANT_PROCESS)
        self._rights_known = True

    def read_status(self, connection: Connection, now: float) -> ServerStatus | None:
        """The server's own state; tells the shapes how its SQL is to be read."""
        read = self.reader.read("status", lambda: status.read_status(connection), now)
        if read is not None:
            self.book.ansi_quotes = read.ansi_quotes
            self.book.no_backslash_escapes = read.no_backslash_escapes
            self.book.max_digest_bytes = read.max_digest_bytes
        return read

    def read_counters(
        self, connection: Connection, now: float, *, by_session: bool = False, thorough: bool = True
    ) -> Readings:
        """Everything that counts; USER_STATISTICS only where the performance schema does not count accounts.

        `by_session` asks for each session's own counters too, which cost more the more sessions there are. A count
        that is not `thorough` leaves the digests for later when they are costly to read.
        """
        shapes = None
        is_due = thorough or self._digests.is_due(now)
        if not is_due:
            self._digests.catch_up(self.book)
        else:
            shapes = self.reader.read("digests", lambda: self._digests.read(connection, self.book, now), now)
        # After the digests: what ends in between has room in the next interval. The other way round a shape would
        # have grown for which its account has no room, and that execution would stay nobody's.
        counted = self.reader.read("accounts", lambda: accounts.read_account_counters(connection), now)
        used = None
        if counted is None and not self._is_lost("accounts"):
            used = self.reader.read("userstat", lambda: userstat.read_userstat(connection), now)
        self.lost_accounts = counted.lost if counted is not None else self.lost_accounts
        if shapes is not None:
            self.overflow_executions = shapes.overflow.executions if shapes.overflow else 0
        self._read_programs(connection, now)
        readings = Readings(
            accounts=counted,
            userstat=used,
            digests=shapes,
            sessions=self._records.read_sessions(connection, now) if by_session else None,
            recorded=self._records.read_recorded(connection, now),
            prepared=self._records.read_prepared(connection, now),
        )
        self._probe_when_due(connection, now)
        self._note_up()
        lost = {state.name for state in self.reader.states if self._is_lost(state.name)}
        return replace(readings, lost=frozenset(lost if is_due else lost | {"digests"}))

    def collect_records(self, connection: Connection, now: float, may_spend: Callable[[float], bool]) -> None:
        """Reads what the server would write over until the next count, where the budget gives leave."""
        if may_spend(_RECORDS_SECONDS):
            self._records.collect(connection, now)

    def _read_programs(self, connection: Connection, now: float) -> None:
        programs = self.reader.read("attributes", lambda: attributes.read_programs(connection), now)
        self._programs = dict(programs or {})

    def _probe_when_due(self, connection: Connection, now: float) -> None:
        """Tries now and then what no count needs on this server, so that all the evidence there could be is known."""
        if now < self._probe_due_at:
            return
        self._probe_due_at = now + self._rights_interval_seconds
        for name, probe in (
            ("times", self._require_times),
            ("userstat", userstat.read_userstat),
            ("slow_log", slow_log.require_slow_log),
            (locks.ROWS, locks.read_row_locks),
            (locks.METADATA, locks.read_metadata_locks),
            (locks.TABLES, locks.read_table_locks),
            ("plans", self._require_plans),
            ("views", self._require_views),
        ):
            self.reader.read(name, partial(probe, connection), now)
        self._records.read_sessions(connection, now)

    def _require_plans(self, connection: Connection) -> None:
        if self.guarded_explain and has_guarded_explain(connection.server):
            explained.require_guarded_explain(connection)
        else:
            plans.require_plans(connection)

    def _require_views(self, connection: Connection) -> None:
        views.require_views(connection, self._databases or schema.read_databases(connection))

    def _is_lost(self, name: str) -> bool:
        """Whether the source is there, and could not be read when it was last tried."""
        state = self.reader.find(name)
        return state is not None and state.offered and not state.up

    def read_schema_when_due(
        self, connection: Connection, now: float, may_spend: Callable[[float], bool] = lambda _: True
    ) -> Schema | None:
        """All tables and indexes of the practice once a round of reading them ends; None: not yet, not due, or not had.

        A call goes on with the round for a moment, where `may_spend` gives leave to more than so many seconds.
        """
        if not self._schema.is_due(now):
            return None
        busy = self._busy_tables
        read = self.reader.read(
            "schema", lambda: self._schema.read_some(connection, now, busy=busy, may_spend=may_spend), now
        )
        self._note_up()
        return read

    def read_rights(self, connection: Connection, now: float) -> tuple[Right, ...] | None:
        """Who could write, read anew as often as the schema; None: not available."""
        if now < self._rights_due_at:
            return self._rights
        read = self.reader.read("rights", lambda: rights.read_rights(connection), now)
        if read is not None:
            self._rights_due_at = now + self._rights_interval_seconds
        if read is not None or not self._is_lost("rights"):
            self._rights = read
        return self._rights

    def _note_up(self) -> None:
        self.ever_up |= {state.name for state in self.reader.states if state.up}


def _with_program(session: Session, program: str | None) -> Session:
    if program is None or session.program is not None:
        return session
    return replace(session, program=program)
