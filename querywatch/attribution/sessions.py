"""Says whose each session is, poll after poll: what the configuration names, and what a session showed before."""

from collections.abc import Sequence

from querywatch.attribution.match import Matcher
from querywatch.attribution.strangers import Strangers
from querywatch.counters import Prepared, Recorded
from querywatch.model import UNKNOWN, Attribution, Kind, Session, Statement

_SHAPES_PER_SESSION = 64


class Attributor:
    """Remembers, for each session, what only some of its statements show: a marker, or that it is a stranger's."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._strangers = Strangers()
        self._sessions: dict[int, Session] = {}
        self._owners: dict[int, Attribution] = {}  # of the sessions that are not simply the configuration's
        self._ran: dict[int, set[str]] = {}
        self._revised: set[str] = set()

    def observe(self, sessions: Sequence[Session]) -> list[tuple[Session, Attribution]]:
        """Whose each session of one poll is; what is gone is forgotten."""
        known = self._sessions
        self._sessions = {session.session_id: session for session in sessions}
        for session_id in known.keys() - self._sessions.keys():
            self._owners.pop(session_id, None)
            self._ran.pop(session_id, None)
        self._strangers.keep(self._sessions)
        for session in sessions:
            before = known.get(session.session_id)
            if before is not None and (before.account, before.host) != (session.account, session.host):
                self._owners.pop(session.session_id, None)
                self._ran.pop(session.session_id, None)
        return [(session, self.attribute(session)) for session in sessions]

    def attribute(self, session: Session, statement: Statement | None = None) -> Attribution:
        """Whose a session is, by what it runs now, or by `statement` where one is given."""
        runs = statement or session.statement
        found = self._matcher.match(session.account, session.host, session.program, runs)
        if runs is not None and self._is_marked(found, runs):
            self._claim(session, found)
            return found
        owner = self._owners.get(session.session_id)
        return owner if owner is not None else found

    def note(
        self,
        session: Session,
        statement: Statement,
        now: float,
        *,
        started_at: float | None = None,
        recorded: bool = False,
    ) -> Attribution:
        """Takes one execution into what is known of its session; whose it is."""
        attribution = self.attribute(session, statement)
        ran = self._ran.setdefault(session.session_id, set())
        if attribution.integration.kind is Kind.OPENDENTAL:
            if len(ran) < _SHAPES_PER_SESSION:
                ran.add(statement.fingerprint)
            self._strangers.note(session, statement, now, started_at=started_at, recorded=recorded)
            suspicion = self._strangers.find_suspicion(session.session_id, now)
            if suspicion is not None:
                attribution = Attribution(
                    integration=UNKNOWN,
                    reason=suspicion.reason,
                    confidence=suspicion.confidence,
                    shared=True,
                )
                self._owners[session.session_id] = attribution
                self._revised |= suspicion.fingerprints
        return attribution

    def find_session(self, recorded: Recorded | Prepared) -> Session:
        """The session of a statement that the server wrote down, as the last poll saw it, or as far as it is known."""
        session = self._sessions.get(recorded.session_id) if recorded.session_id is not None else None
        if session is not None and session.account == recorded.account:
            return session
        return Session(
            session_id=recorded.session_id if recorded.session_id is not None else 0,
            account=recorded.account,
            host=recorded.host,
            database=None,
            command="",
            state="",
            seconds=0.0,
            statement=recorded.statement,
        )

    def find_owners(self) -> dict[int, tuple[Session, Attribution]]:
        """Whose each session of the last poll is as a whole, whatever it runs at the moment."""
        owners = dict[int, tuple[Session, Attribution]]()
        for session_id, session in self._sessions.items():
            found = self._owners.get(session_id) or self._matcher.match(
                session.account, session.host, session.program
            )
            owners[session_id] = (session, found)
        return owners

    def take_revised(self) -> frozenset[str]:
        """The shapes whose owner turned out to be another than was thought, since the last time."""
        revised, self._revised = frozenset(self._revised), set()
        return revised

    def _is_marked(self, found: Attribution, statement: Statement) -> bool:
        return found.integration.name in self._matcher.find_marked(statement)

    def _claim(self, session: Session, found: Attribution) -> None:
        """One marked statement tells whose the session is, but inside Open Dental's own sessions (a plugin)."""
        if found.integration.kind is Kind.PLUGIN or session.session_id in self._owners:
            return
        reason = f"{found.reason}, in an earlier statement of the session"
        self._owners[session.session_id] = Attribution(
            integration=found.integration,
            reason=reason,
            confidence=found.confidence,
            shared=found.shared,
        )
        self._revised |= self._ran.get(session.session_id, set())
