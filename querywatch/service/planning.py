"""Decides when the server is asked for the plan of a statement that runs, and remembers the answers by shape."""

from collections.abc import Callable, Mapping, Sequence

from querywatch.db.connection import Connection
from querywatch.db.server import has_show_explain
from querywatch.model import Attribution, Operation, Schema, Session
from querywatch.plan import Plan, PlanRow, is_same_design
from querywatch.service.reader import SourceReader
from querywatch.service.rendering import is_blocked
from querywatch.sources.base import StatementReducer
from querywatch.sources.explained import read_guarded_plan
from querywatch.sources.plans import WAIT_SECONDS, read_plan
from querywatch.sources.schema import find_busy_tables

SOURCE = "plans"
_REST_SECONDS = 15.0  # from one question to the next: four a minute at the most
_FRESH_SECONDS = 3600.0  # a shape with a plan is not asked about again sooner
_UNANSWERED_SECONDS = 60.0  # one that gave none: it may have been too busy, or over too soon
_KEPT_SECONDS = 86_400.0
_KEPT = 2_000


class Planner:
    """One server's plans, each of the last execution that was asked about."""

    def __init__(self, reader: SourceReader, book: StatementReducer, *, after_seconds: float) -> None:
        """Only a statement that has run for so long is asked about."""
        self._reader = reader
        self._book = book
        self._after_seconds = after_seconds
        self._plans: dict[str, Plan] = {}  # by fingerprint
        self._ask_again_at: dict[str, float] = {}
        self._next_at = 0.0
        self._schema: Schema | None = None

    def find_plans(self, now: float) -> Mapping[str, Plan]:
        """Fingerprint -> the plan; none older than a day, and none from before its tables' indexes changed."""
        return {
            fingerprint: plan
            for fingerprint, plan in self._plans.items()
            if 0.0 <= now - plan.read_at <= _KEPT_SECONDS
        }

    def set_schema(self, schema: Schema) -> None:
        """Forgets the plans of tables whose indexes have changed."""
        before, self._schema = self._schema, schema
        if before is None or before is schema:
            return
        for fingerprint, plan in tuple(self._plans.items()):
            if not is_same_design(tuple(row.table for row in plan.rows if row.table), before, schema):
                del self._plans[fingerprint]
                self._ask_again_at.pop(fingerprint, None)

    def read_one(
        self,
        connection: Connection,
        present: Sequence[tuple[Session, Attribution]],
        now: float,
        may_spend: Callable[[float], bool] = lambda _: True,
    ) -> None:
        """Asks about one of the sessions of this very moment, where one is worth it and the budget gives leave."""
        state = self._reader.find(SOURCE)
        is_resting = 0.0 < self._next_at - now <= _REST_SECONDS
        if is_resting or state is None or not state.offered:
            return
        session = self._choose(connection, present, now)
        if session is None or session.statement is None or not may_spend(WAIT_SECONDS):
            return
        self._next_at = now + _REST_SECONDS
        rows = self._reader.read(SOURCE, lambda: self._ask(connection, session), now)
        fingerprint = session.statement.fingerprint
        self._note_asked(fingerprint, now + (_FRESH_SECONDS if rows else _UNANSWERED_SECONDS))
        if rows:
            self._plans.pop(fingerprint, None)
            self._plans[fingerprint] = Plan(rows=rows, read_at=now)
            if len(self._plans) > _KEPT:
                del self._plans[next(iter(self._plans))]

    def _ask(self, connection: Connection, session: Session) -> tuple[PlanRow, ...] | None:
        if has_show_explain(connection.server):
            return read_plan(connection, session)
        tables = () if self._schema is None else self._schema.tables.values()
        known = frozenset((table.database, table.name) for table in tables if not table.is_view)
        return read_guarded_plan(connection, session, self._book, known)

    def _choose(
        self, connection: Connection, present: Sequence[tuple[Session, Attribution]], now: float
    ) -> Session | None:
        """The one that has run longest of those whose shape has no fresh plan.

        EXPLAIN opens tables, and would wait where somebody else waits; SHOW EXPLAIN opens none.
        """
        sessions = [session for session, _ in present]
        if not has_show_explain(connection.server) and _is_anyone_waiting(sessions):
            return None
        asked_about = [
            session
            for session, attribution in present
            if attribution.integration.kind.is_third_party and self._is_worth_it(session, now)
        ]
        return max(asked_about, key=lambda session: session.seconds, default=None)

    def _is_worth_it(self, session: Session, now: float) -> bool:
        statement = session.statement
        if statement is None or statement.operation is not Operation.SELECT or not statement.tables:
            return False
        if not session.is_active or session.seconds < self._after_seconds or is_blocked(session):
            return False
        return now >= self._ask_again_at.get(statement.fingerprint, 0.0)

    def _note_asked(self, fingerprint: str, again_at: float) -> None:
        self._ask_again_at.pop(fingerprint, None)
        self._ask_again_at[fingerprint] = again_at
        if len(self._ask_again_at) > _KEPT:
            del self._ask_again_at[next(iter(self._ask_again_at))]


def _is_anyone_waiting(sessions: Sequence[Session]) -> bool:
    return any(map(is_blocked, sessions)) or find_busy_tables(sessions) != frozenset()
